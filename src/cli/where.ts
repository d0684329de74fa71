/**
 * The small expressions of `--where`: comparisons of fields joined by `&&`, `||`, `!` and brackets. Nothing is evaluated
 * as code. A decimal is compared with a price in the price's own unit (`price > 100.25`), text with codes or their labels
 * (`buySellIndicator == "B"` or `"Buy"`); a field inside a group matches when one of its entries does; a message without
 * the field does not match.
 */
import { VenuewireError } from '../errors.js';
import { Composite, Constant, type Decoder, Field, type Fields, Group, type View, When } from '../layout/index.js';
import { codeAsRead } from '../layout/text.js';
import { didYouMean } from './exit.js';

type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';
type Literal = { readonly kind: 'number'; readonly text: string } | { readonly kind: 'text'; readonly text: string };
type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'compare'; readonly field: string; readonly operator: Operator; readonly literal: Literal };

export type Test = (message: View) => boolean;
type Row = Readonly<Record<string, unknown>>;

const TOKEN = /\s*(?:(&&|\|\||==|!=|<=|>=|[<>!()])|([A-Za-z_][\w.]*)|([+-]?\d+(?:\.\d+)?)|"([^"]*)"|'([^']*)')/y;

/** Of what a fault quotes. */
const QUOTED_CHARACTERS = 200;
/** Words and signs of an expression: nobody writes more, and what is read and made of them calls itself. */
const WORDS_MOST = 2_000;
/** Brackets and negations within each other. */
const DEPTH_MOST = 100;

const short = (text: string): string =>
  text.length <= QUOTED_CHARACTERS ? text : `${text.slice(0, QUOTED_CHARACTERS)}…`;

const fault = (text: string, what: string): VenuewireError =>
  new VenuewireError(
    'VW_WHERE',
    `--where '${short(text)}': ${what}`,
    `Write comparisons of fields, for example: price > 100 && (side == "B" || shares >= 500)`,
  );

interface Token {
  readonly kind: 'symbol' | 'name' | 'number' | 'text';
  readonly text: string;
}

function tokens(text: string): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(text);
    const rest = text.slice(at).trim();
    if (m === null && /^=[^=]/.test(rest)) throw fault(text, "'=' is not understood: equality is written ==");
    if (m === null) throw fault(text, `'${short(rest)}' is not understood`);
    if (out.length === WORDS_MOST) throw fault(text, `it has more than ${WORDS_MOST} words and signs`);
    if (m[1] !== undefined) out.push({ kind: 'symbol', text: m[1] });
    else if (m[2] !== undefined) out.push({ kind: 'name', text: m[2] });
    else if (m[3] !== undefined) out.push({ kind: 'number', text: m[3] });
    else out.push({ kind: 'text', text: m[4] ?? m[5] ?? '' });
  }
  return out;
}

/**
 * Parses an expression.
 * @throws VenuewireError `VW_WHERE`
 */
export function parseWhere(text: string): Expression {
  const list = tokens(text);
  let at = 0;
  let depth = 0;
  const take = (symbol: string): boolean => {
    const t = list[at];
    if (t?.kind !== 'symbol' || t.text !== symbol) return false;
    at++;
    return true;
  };
  const or = (): Expression => {
    let left = and();
    while (take('||')) left = { kind: 'or', left, right: and() };
    return left;
  };
  const and = (): Expression => {
    let left = not();
    while (take('&&')) left = { kind: 'and', left, right: not() };
    return left;
  };
  const within = (of: () => Expression): Expression => {
    if (++depth > DEPTH_MOST) throw fault(text, `more than ${DEPTH_MOST} brackets and negations are within each other`);
    const inside = of();
    depth--;
    return inside;
  };
  const not = (): Expression => {
    if (take('!')) return { kind: 'not', of: within(not) };
    if (take('(')) {
      const inside = within(or);
      if (!take(')')) throw fault(text, 'a bracket is not closed');
      return inside;
    }
    const field = list[at++];
    if (field?.kind !== 'name') throw fault(text, 'a field name is missing');
    const operator = list[at++];
    if (operator?.kind !== 'symbol' || !['==', '!=', '<', '<=', '>', '>='].includes(operator.text)) {
      throw fault(text, `'${field.text}' is not compared with anything`);
    }
    const literal = list[at++];
    if (literal?.kind !== 'number' && literal?.kind !== 'text') {
      throw fault(text, `a number or "text" is missing after ${field.text} ${operator.text}`);
    }
    return {
      kind: 'compare',
      field: field.text,
      operator: operator.text as Operator,
      literal: { kind: literal.kind, text: literal.text },
    };
  };
  const whole = or();
  if (at < list.length) throw fault(text, `'${list[at]?.text}' is too much`);
  return whole;
}

/** The field at the end of a path, and the groups and variants that lead to it. */
interface Found {
  readonly path: readonly string[];
  readonly part: Field | undefined;
}

function find(fields: Fields, name: string): Found | undefined {
  const [first, ...rest] = name.split('.') as [string, ...string[]];
  const own = fields[first];
  if (rest.length === 0 && (own instanceof Field || own instanceof Constant || own instanceof Composite)) {
    return { path: [first], part: own instanceof Field ? own : undefined };
  }
  if (rest.length > 0 && (own instanceof Group || own instanceof When)) {
    const inner = find(own.fields, rest.join('.'));
    return inner && { path: [first, ...inner.path], part: inner.part };
  }
  for (const [key, part] of Object.entries(fields)) {
    if (!(part instanceof Group || part instanceof When)) continue;
    const inner = find(part.fields, name);
    if (inner) return { path: [key, ...inner.path], part: inner.part };
  }
  return undefined;
}

/** Calls `test` with each value at `path`; true as soon as one of them passes. */
function any(from: unknown, path: readonly string[], test: (value: unknown) => boolean): boolean {
  const value = (from as Row)[path[0] as string];
  if (path.length === 1) return value !== undefined && value !== null && test(value);
  if (value === undefined || value === null) return false;
  const rest = path.slice(1);
  if (Symbol.iterator in (value as object)) {
    for (const entry of value as Iterable<unknown>) if (any(entry, rest, test)) return true;
    return false;
  }
  return any(value, rest, test);
}

const ordered: Readonly<Record<Operator, (a: number) => boolean>> = {
  '==': (a) => a === 0,
  '!=': (a) => a !== 0,
  '<': (a) => a < 0,
  '<=': (a) => a <= 0,
  '>': (a) => a > 0,
  '>=': (a) => a >= 0,
};

/** `text` times 10^`shift`, rounded down, and whether that was exact. */
function shifted(text: string, shift: number): { readonly whole: bigint; readonly exact: boolean } {
  const [, sign = '', units = '0', decimals = ''] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const digits = units + decimals;
  const places = decimals.length - shift;
  const all = BigInt(digits) * 10n ** BigInt(Math.max(0, -places));
  const divisor = 10n ** BigInt(Math.max(0, places));
  const down = all / divisor;
  const exact = all % divisor === 0n;
  return { whole: sign === '-' ? -down - (exact ? 0n : 1n) : down, exact };
}

function comparison(operator: Operator, literal: Literal, field: Field | undefined): (value: unknown) => boolean {
  const passes = ordered[operator];
  if (literal.kind === 'text') {
    const labels = field?.data.values;
    const wanted = literal.text;
    const labelled =
      labels && !(wanted in labels)
        ? (Object.keys(labels).find((k) => labels[k]?.toLowerCase() === wanted.toLowerCase()) ?? wanted)
        : wanted;
    const code = field ? codeAsRead(field, labelled) : labelled;
    return (value) => {
      const text = String(value);
      return passes(text < code ? -1 : text > code ? 1 : 0);
    };
  }
  const { whole, exact } = shifted(literal.text, -(field?.data.meaning?.scale ?? 0));
  const decimal = Number(literal.text);
  return (value) => {
    if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) {
      // Where the literal lies between two integers, the lower one is below it and the next above.
      if (value > whole) return passes(1);
      if (value < whole || !exact) return passes(-1);
      return passes(0);
    }
    const n = typeof value === 'number' ? value : Number(value);
    return Number.isNaN(n) ? false : passes(n - decimal);
  };
}

/**
 * A test for each message of the decoder, by index; undefined where no message of that type can pass.
 * @throws VenuewireError `VW_WHERE` when no message has a field that is named.
 */
export function compileWhere(text: string, decoder: Decoder): (Test | undefined)[] {
  const whole = parseWhere(text);
  const known = new Set<string>();
  const compile = (e: Expression, fields: Fields): Test => {
    if (e.kind === 'compare') {
      const found = find(fields, e.field);
      if (found === undefined) return () => false;
      known.add(e.field);
      const passes = comparison(e.operator, e.literal, found.part);
      const { path } = found;
      return (m) => any(m, path, passes);
    }
    if (e.kind === 'not') {
      const of = compile(e.of, fields);
      return (m) => !of(m);
    }
    const left = compile(e.left, fields);
    const right = compile(e.right, fields);
    return e.kind === 'and' ? (m) => left(m) && right(m) : (m) => left(m) || right(m);
  };
  const tests = decoder.names.map((_, i) => compile(whole, decoder.plan(i).record.fields));
  const named = (e: Expression): string[] =>
    e.kind === 'compare' ? [e.field] : e.kind === 'not' ? named(e.of) : [...named(e.left), ...named(e.right)];
  for (const name of named(whole)) {
    if (known.has(name)) continue;
    const all = [...new Set(decoder.names.flatMap((_, i) => Object.keys(decoder.plan(i).record.fields)))];
    throw new VenuewireError(
      'VW_WHERE',
      `--where '${text}': no message of ${decoder.id} has a field '${name}'`,
      didYouMean(name, all, `decode --help`),
    );
  }
  return tests;
}
