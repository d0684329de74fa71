/** The rules of a table, compiled once: each field is a function that finds its value, checks it and gives it. */
import { VenuewireError } from '../errors.js';
import { parseDecimal } from './decimal.js';
import { type JsonLimits, JsonMembers, JsonNumber, type JsonObject, type JsonValue, readJson } from './scan.js';
import type { JsonDecoder, JsonField, JsonLevels, JsonPath, JsonRule, JsonScales, JsonTest } from './table.js';

/** A price level as it stands in a record. */
export interface JsonLevel {
  readonly side: string;
  readonly price: bigint;
  readonly size: bigint;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  /** It was not sent: it has left the depth that is kept. */
  readonly cut: number;
}

/** A record as `encode` takes it, under its message's name. */
export interface JsonFound {
  readonly message: string;
  readonly values: Record<string, unknown>;
}

/** What is known of a message besides its text. */
export interface JsonContext {
  /** The address that an answer over HTTP was asked from. */
  readonly url?: string | undefined;
}

/** The message, and the entry within it that a record is made of. */
interface Scope {
  readonly whole: JsonValue;
  readonly entry: JsonValue;
  /** The entry around that one. */
  readonly outer: JsonValue;
  readonly context: JsonContext;
}
type Getter = (scope: Scope) => unknown;

const NANOSECONDS = 1_000_000_000n;
const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const SECONDS = /^(\d{1,10})(?:\.(\d{1,9})\d*)?$/;

function step(value: JsonValue | undefined, part: string | number): JsonValue | undefined {
  if (typeof part === 'number') return Array.isArray(value) ? value.at(part) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof JsonNumber)
    return undefined;
  return (value as JsonObject)[part];
}

function walk(value: JsonValue | undefined, path: JsonPath, from = 0): JsonValue | undefined {
  let at = value;
  for (let i = from; i < path.length && at !== undefined; i++) at = step(at, path[i] as string | number);
  return at;
}

function reach(path: JsonPath): (scope: Scope) => JsonValue | undefined {
  const [first, second] = path;
  if (first === '$') return ({ whole }) => walk(whole, path, 1);
  if (first === '^') return ({ outer }) => walk(outer, path, 1);
  if (first !== undefined && second === undefined) return ({ entry }) => step(entry, first);
  return ({ entry }) => walk(entry, path);
}

const shown = (value: JsonValue | undefined): string => {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return `the text '${value.slice(0, 40)}'`;
  if (value instanceof JsonNumber) return `the number ${value.text.slice(0, 40)}`;
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : typeof value;
};

function wrong(where: string, what: string, value: JsonValue | undefined): VenuewireError {
  return new VenuewireError(
    'VW_JSON_FIELD',
    `${where} must be ${what}, and is ${shown(value)}`,
    'The venue has changed its messages, or the message is damaged: compare it with its documentation.',
  );
}

const numberText = (value: JsonValue | undefined): string | undefined =>
  value instanceof JsonNumber ? value.text : typeof value === 'string' ? value : undefined;

function decimal(value: JsonValue | undefined, exponent: number, where: string): { raw: bigint; decimals: number } {
  const text = numberText(value);
  const found = text === undefined ? undefined : parseDecimal(text, exponent);
  if (found !== undefined) return found;
  throw new VenuewireError(
    'VW_JSON_NUMBER',
    `${where} must be a number that is held exactly with ${-exponent} decimals, and is ${shown(value)}`,
    'The table needs another scale for this venue, or the message is damaged.',
  );
}

/** The minute of the time before, and when it began: most times are of the same one. */
let minute = '';
let minuteNs = 0n;
const MINUTE_LENGTH = 16;
const SECOND_END = 19;
const NANOSECOND_DIGITS = 9;

/** Seconds and their parts in the minute of the time before; undefined: it is of another one, or written otherwise. */
function inMinute(text: string): bigint | undefined {
  const end = text.length - 1;
  if (
    !text.startsWith(minute) ||
    minute === '' ||
    text.charCodeAt(end) !== 0x5a ||
    text.charCodeAt(MINUTE_LENGTH) !== 0x3a
  )
    return undefined;
  const [tens, ones] = [text.charCodeAt(MINUTE_LENGTH + 1) - 0x30, text.charCodeAt(MINUTE_LENGTH + 2) - 0x30];
  if (!(tens >= 0 && tens < 6 && ones >= 0 && ones < 10)) return undefined;
  let ns = 0;
  const digits = end - SECOND_END - 1;
  if (end !== SECOND_END && (digits < 1 || digits > NANOSECOND_DIGITS || text.charCodeAt(SECOND_END) !== 0x2e))
    return undefined;
  for (let i = 0; i < NANOSECOND_DIGITS; i++) {
    const digit = i < digits ? text.charCodeAt(SECOND_END + 1 + i) - 0x30 : 0;
    if (!(digit >= 0 && digit < 10)) return undefined;
    ns = ns * 10 + digit;
  }
  return minuteNs + BigInt((tens * 10 + ones) * 1_000_000_000 + ns);
}

/** Nanoseconds since the Unix epoch. */
export function rfc3339(text: string): bigint | undefined {
  const quick = inMinute(text);
  if (quick !== undefined) return quick;
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms)) return undefined;
  if (match[3] === 'Z') {
    minute = text.slice(0, MINUTE_LENGTH);
    minuteNs = BigInt(Math.floor(ms / 60_000)) * 60_000_000_000n;
  }
  return BigInt(ms) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/** Nanoseconds of seconds in decimal text; digits beyond the ninth are cut. */
export function epochSeconds(text: string): bigint | undefined {
  const match = SECONDS.exec(text);
  if (match === null) return undefined;
  return BigInt(match[1] as string) * NANOSECONDS + BigInt((match[2] ?? '').padEnd(9, '0'));
}

const INTEGER = /^-?\d{1,20}$/;
function integer(value: JsonValue | undefined, where: string): number | bigint {
  const text = numberText(value);
  if (text === undefined || !INTEGER.test(text)) throw wrong(where, 'an integer', value);
  return text.length < 16 ? Number(text) : BigInt(text);
}

function converter(of: JsonField, where: string): (value: JsonValue | undefined, scope: Scope) => unknown {
  switch (of.as) {
    case 'text':
      return (value) => {
        if (typeof value === 'string') return value;
        throw wrong(where, 'a text', value);
      };
    case 'integer':
      return (value) => integer(value, where);
    case 'flag':
      return (value) => {
        if (typeof value === 'boolean') return value ? 1 : 0;
        throw wrong(where, 'true or false', value);
      };
    case 'rfc3339':
    case 'epochSeconds': {
      const read = of.as === 'rfc3339' ? rfc3339 : epochSeconds;
      return (value) => {
        const time = read(numberText(value) ?? '');
        if (time === undefined) throw wrong(where, of.as === 'rfc3339' ? 'a time' : 'a time in seconds', value);
        return time;
      };
    }
    case 'epochMilliseconds':
      return (value) => BigInt(integer(value, where)) * 1_000_000n;
    case 'code':
      return (value) => {
        const text = numberText(value);
        const code = text !== undefined && Object.hasOwn(of.codes, text) ? of.codes[text] : undefined;
        if (code === undefined) throw wrong(where, `one of ${Object.keys(of.codes).join(', ')}`, value);
        return code;
      };
    case 'query':
      return (_, { context }) => {
        const { url } = context;
        const found = url !== undefined && URL.canParse(url) ? new URL(url).searchParams.get(of.name) : null;
        if (found !== null) return found;
        throw wrong(`the parameter ${of.name} of the address`, 'there', undefined);
      };
    default:
      throw new VenuewireError('VW_JSON_PLAN', `${where} is of no known kind`, 'Use the words of `from`.');
  }
}

function getter(of: JsonField, where: string): Getter {
  const find = reach(of.path);
  const convert = converter(of, where);
  return (scope) => {
    const value = find(scope);
    if (of.optional === true && (value === undefined || value === null)) return undefined;
    return convert(value, scope);
  };
}

/** Texts one behind the other. */
function joined(of: Extract<JsonField, { as: 'joined' }>, where: string): FieldReader {
  const name = where.slice(where.indexOf('.') + 1);
  const [first, ...more] = [of.path, ...of.more].map(reach);
  return (scope, values) => {
    const begin = first?.(scope);
    const text = numberText(begin);
    if (text === undefined) throw wrong(where, 'a text or a number', begin);
    const rest = more.flatMap((find) => numberText(find(scope)) ?? []);
    values[name] = [text, ...rest].join(of.separator);
  };
}

type FieldReader = (scope: Scope, values: Record<string, unknown>) => void;

function fieldReader(name: string, of: JsonField, where: string): FieldReader {
  if (of.as === 'joined') return joined(of, where);
  if (of.as !== 'decimal') {
    const get = getter(of, where);
    return (scope, values) => {
      const value = get(scope);
      if (value !== undefined) values[name] = value;
    };
  }
  const find = reach(of.path);
  const { exponent, decimals } = of;
  return (scope, values) => {
    const value = find(scope);
    if (of.optional === true && (value === undefined || value === null)) return;
    const found = decimal(value, exponent, where);
    values[name] = found.raw;
    if (decimals !== undefined) values[decimals] = found.decimals;
  };
}

function levelsReader(of: JsonLevels, scales: JsonScales, where: string): (scope: Scope, into: JsonLevel[]) => void {
  const { list, sideAt, sides, price, size } = of;
  const find = list === 'self' ? undefined : reach(list);
  const one = (level: JsonValue, into: JsonLevel[]): void => {
    const text = sideAt === undefined ? undefined : step(level, sideAt);
    const side = of.side ?? (typeof text === 'string' && sides !== undefined ? sides[text] : undefined);
    if (side === undefined) throw wrong(`${where} side`, `one of ${Object.keys(sides ?? {}).join(', ')}`, text);
    const p = decimal(step(level, price), scales.price, `${where} price`);
    const s = decimal(step(level, size), scales.size, `${where} size`);
    if (s.raw < 0n) throw wrong(`${where} size`, 'a size of 0 or more', step(level, size));
    into.push({ side, price: p.raw, size: s.raw, priceDecimals: p.decimals, sizeDecimals: s.decimals, cut: 0 });
  };
  return (scope, into) => {
    const value = find === undefined ? scope.entry : find(scope);
    if (value === undefined) return;
    if (find === undefined) one(value, into);
    else if (Array.isArray(value)) for (const level of value) one(level, into);
    else throw wrong(where, 'an array', value);
  };
}

function tester([path, test]: readonly [JsonPath, JsonTest]): (message: JsonValue) => boolean {
  if (typeof test === 'string') return (message) => walk(message, path) === test;
  if ('present' in test) return (message) => walk(message, path) !== undefined;
  return (message) => {
    const value = walk(message, path);
    return typeof value === 'string' && value.startsWith(test.begins);
  };
}

interface CompiledRule {
  readonly message: string;
  readonly fits: readonly ((message: JsonValue) => boolean)[];
  readonly each: readonly JsonPath[];
  readonly fields: readonly FieldReader[];
  readonly levels: readonly ((scope: Scope, into: JsonLevel[]) => void)[] | undefined;
  readonly mayHaveNone: boolean;
  readonly instead:
    | {
        readonly message: string;
        readonly find: (scope: Scope) => JsonValue | undefined;
        readonly equals: string | true;
      }
    | undefined;
}

function compileRule(rule: JsonRule, scales: JsonScales): CompiledRule {
  const { message } = rule;
  return {
    message,
    fits: rule.when.map(tester),
    each: rule.each ?? [],
    fields: Object.entries(rule.fields).map(([name, of]) => fieldReader(name, of, `${message}.${name}`)),
    levels: rule.levels?.map((of) => levelsReader(of, scales, `${message}.levels`)),
    mayHaveNone: rule.mayHaveNone === true,
    instead: rule.instead && {
      message: rule.instead.message,
      find: reach(rule.instead.where),
      equals: rule.instead.equals ?? true,
    },
  };
}

/** Every member that a rule looks at. */
function membersOf(rules: readonly JsonRule[]): Set<string> {
  const members = new Set<string>();
  const add = (path: JsonPath | string | number | undefined): void => {
    for (const part of Array.isArray(path) ? path : [path]) if (typeof part === 'string') members.add(part);
  };
  for (const rule of rules) {
    for (const [path] of rule.when) add(path);
    for (const path of rule.each ?? []) add(path);
    for (const of of Object.values(rule.fields)) {
      add(of.path);
      if (of.as === 'joined') for (const path of of.more) add(path);
    }
    add(rule.instead?.where);
    for (const of of rule.levels ?? [])
      for (const path of [of.list, of.sideAt, of.price, of.size]) add(path as JsonPath);
  }
  return members;
}

/** Characters of a message that no rule fits, as `other` keeps them. */
export const OTHER_CHARACTERS = 1_000;

export class JsonReader {
  readonly #rules: readonly CompiledRule[];
  readonly #members: JsonMembers;
  readonly #limits: JsonLimits;

  constructor(decoder: JsonDecoder, limits: JsonLimits = {}) {
    const { rules, scales } = decoder.json;
    this.#members = new JsonMembers(membersOf(rules));
    this.#rules = rules.map((rule) => compileRule(rule, scales));
    this.#limits = limits;
  }

  /**
   * The records of one message, in order; none where an array has no entry.
   * @throws VenuewireError `VW_JSON_…`: the message is damaged, beyond a bound, or not as the venue documents it.
   */
  read(text: string, context: JsonContext = {}): JsonFound[] {
    const whole = readJson(text, this.#members, this.#limits);
    const rule = this.#rules.find(({ fits }) => fits.every((test) => test(whole)));
    if (rule === undefined) return [{ message: 'other', values: { text: text.slice(0, OTHER_CHARACTERS) } }];
    const found: JsonFound[] = [];
    this.#entries(rule, whole, 0, { whole, entry: whole, outer: whole, context }, found);
    return found;
  }

  #entries(rule: CompiledRule, at: JsonValue, depth: number, scope: Scope, found: JsonFound[]): void {
    const { each } = rule;
    const path = each[depth];
    if (path === undefined) {
      found.push(this.#record(rule, scope));
      return;
    }
    const list = path[0] === '$' ? walk(scope.whole, path, 1) : walk(at, path);
    if (list === undefined && rule.mayHaveNone) return;
    if (!Array.isArray(list)) throw wrong(`${rule.message}: ${path.join('.')}`, 'an array', list);
    const { whole, context, entry: outer } = scope;
    for (const entry of list) this.#entries(rule, entry, depth + 1, { whole, entry, outer, context }, found);
  }

  #record(rule: CompiledRule, scope: Scope): JsonFound {
    const values: Record<string, unknown> = {};
    for (const read of rule.fields) read(scope, values);
    if (rule.levels !== undefined) {
      const levels: JsonLevel[] = [];
      for (const read of rule.levels) read(scope, levels);
      values.levels = levels;
    }
    const { instead } = rule;
    const isInstead = instead !== undefined && instead.find(scope) === instead.equals;
    return { message: isInstead ? instead.message : rule.message, values };
  }
}
