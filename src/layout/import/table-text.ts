/** A decoder as the TypeScript text of a message table: what `venuewire import sbe --out` writes. */
import type { Decoder } from '../decoder.js';
import {
  Composite,
  Constant,
  type Count,
  Data,
  Field,
  type Fields,
  Filler,
  Group,
  type Labels,
  type Meaning,
  microsSinceMidnight,
  millisSinceMidnight,
  nanosSinceEpoch,
  nanosSinceMidnight,
  next,
  noI64,
  noI64Max,
  noU64,
  price2,
  price3,
  price4,
  price5,
  price6,
  price7,
  price8,
  price9,
  secondsSinceEpoch,
  toEnd,
  When,
} from '../field.js';
import { isAtLeast } from '../plan.js';
import { camelCase, capital } from './names.js';

export interface TableTextOptions {
  /** Where the words of the table language come from. */
  readonly layout?: string;
}

/** Text as a literal; what does not show stands as its code. */
function quote(text: string): string {
  let out = '';
  for (const c of text) {
    const code = c.charCodeAt(0);
    if (c === "'" || c === '\\') out += `\\${c}`;
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029)
      out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += c;
  }
  return `'${out}'`;
}
const key = (name: string): string =>
  name === '__proto__' ? `['__proto__']` : /^([A-Za-z_$][\w$]*|0|[1-9][0-9]{0,14})$/.test(name) ? name : quote(name);

/** Meanings that have a name in the table language. */
const NAMED: Readonly<Record<string, Meaning>> = {
  price2,
  price3,
  price4,
  price5,
  price6,
  price7,
  price8,
  price9,
  millisSinceMidnight,
  microsSinceMidnight,
  nanosSinceMidnight,
  nanosSinceEpoch,
  secondsSinceEpoch,
};
const AFTER: Readonly<Record<string, string>> = { ms: 'millisAfter', µs: 'microsAfter', ns: 'nanosAfter' };
const SENTINELS: readonly (readonly [string, bigint])[] = [
  ['noI64', noI64],
  ['noI64Max', noI64Max],
  ['noU64', noU64],
];
/** What a constant of a table must not be called. */
const WORDS = new Set(
  (
    'u8 u16 u24 u32 u40 u48 u64 i8 i16 i24 i32 i40 i48 i64 f32 f64 char text digits longDigits bytes reserved constant ' +
    'instant decimal scientific dimension toEnd untilLength group varText varBytes prefixedBytes prefixedText when ' +
    'message atLeast anyAfter next defineDecoder'
  ).split(' '),
);

class Writer {
  readonly used = new Set<string>(['defineDecoder', 'message']);
  readonly #shared = new Map<string, string>();
  readonly declarations: string[] = [];
  readonly #names = new Set<string>();

  word(name: string): string {
    this.used.add(name);
    return name;
  }

  /** The same labels, bits or dimension are declared once, under a name made from where they are first used. */
  share(text: string, wanted: string, bare = false): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    if (text.length < 40) return text;
    let name = wanted;
    for (let i = 2; this.#names.has(name) || WORDS.has(name); i++) name = `${wanted}${i}`;
    this.#names.add(name);
    this.#shared.set(text, name);
    this.declarations.push(`const ${name} = ${text}${bare ? '' : ' as const'};`);
    return name;
  }

  labels(labels: Labels, name: string): string {
    const text = `{ ${Object.entries(labels)
      .map(([code, said]) => `${key(code)}: ${quote(said)}`)
      .join(', ')} }`;
    return this.share(text, capital(name), true);
  }

  meaning(m: Meaning): string {
    for (const [name, known] of Object.entries(NAMED)) {
      if (
        known.scale === m.scale &&
        known.scaleFrom === m.scaleFrom &&
        known.unit === m.unit &&
        known.note === m.note &&
        known.divisor === m.divisor
      )
        return this.word(name);
    }
    if (m.divisor !== undefined) return `${this.word('dividedBy')}(${quote(m.divisor)})`;
    if (m.scaleFrom !== undefined) return `${this.word('scaledBy')}(${quote(m.scaleFrom)})`;
    const after = m.note?.startsWith('after ') ? AFTER[m.unit ?? ''] : undefined;
    if (after !== undefined) return `${this.word(after)}(${quote(m.note?.slice(6) ?? '')})`;
    if (m.unit !== undefined) return `${this.word('inUnit')}(${quote(m.unit)})`;
    return `${this.word('scaled')}(${m.scale ?? 0})`;
  }

  field(name: string, f: Field): string {
    const d = f.data;
    const at = d.at === next ? this.word('next') : String(d.at);
    const said = d.meaning ? `, ${this.meaning(d.meaning)}` : d.values ? `, ${this.labels(d.values, name)}` : '';
    let text: string;
    if (d.wire === 'uint' || d.wire === 'int' || d.wire === 'float') {
      text = `${this.word(`${{ uint: 'u', int: 'i', float: 'f' }[d.wire]}${8 * d.size}`)}(${at}${said})`;
    } else if (d.wire === 'char') text = `${this.word('char')}(${at}${said})`;
    else if (d.wire === 'bytes') text = `${this.word('bytes')}(${at}, ${d.size})`;
    else if (d.wire === 'digits') text = `${this.word(d.size > 15 ? 'longDigits' : 'digits')}(${at}, ${d.size}${said})`;
    else text = `${this.word('text')}(${at}, ${d.size}${said})`;
    if (d.meaning && d.values) text += `.labels(${this.labels(d.values, name)})`;
    if (d.places) {
      const list = Object.entries(d.places).map(
        ([bit, place]) => `${key(bit)}: ${typeof place === 'number' ? place : `[${place.join(', ')}]`}`,
      );
      text += list.length === 0 ? '' : `.bits(${this.share(`{ ${list.join(', ')} }`, `${capital(name)}Bits`)})`;
    }
    if (d.order !== undefined) text += `.${d.order}()`;
    if (d.pad !== undefined) text += `.padded('${d.pad}'${d.padLeft ? ", 'left'" : ''})`;
    if (d.nullValue !== undefined) {
      const named = SENTINELS.find(([, value]) => value === d.nullValue)?.[0];
      const value = named
        ? this.word(named)
        : typeof d.nullValue === 'bigint'
          ? `${d.nullValue}n`
          : Number.isNaN(d.nullValue)
            ? 'Number.NaN'
            : String(d.nullValue);
      text += `.nullable(${value})`;
    }
    if (d.encoding === 'utf8') text += '.utf8()';
    if (d.sinceVersion !== undefined) text += `.since(${d.sinceVersion})`;
    if (d.noted !== undefined) text += `.noted(${quote(d.noted)})`;
    return text;
  }

  count(count: Count, name: string): string {
    if (typeof count === 'number') return String(count);
    if (typeof count === 'string') return quote(count);
    if (count === toEnd) return this.word('toEnd');
    if ('untilLength' in count) return `${this.word('untilLength')}(${quote(count.untilLength)})`;
    this.word('dimension');
    const block = this.field('blockLength', count.blockLength);
    return this.share(
      `dimension(${count.size}, ${block}, ${this.field('numInGroup', count.numInGroup)})`,
      `${name}Size`,
      true,
    );
  }

  fields(fields: Fields, indent: string): string {
    const lines = Object.entries(fields).map(
      ([name, part]) => `${indent}  ${key(name)}: ${this.part(name, part, indent)},`,
    );
    return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
  }

  part(name: string, part: Fields[string], indent: string): string {
    const at = 'at' in part ? (part.at === next ? this.word('next') : String(part.at)) : '';
    if (part instanceof Field) return this.field(name, part);
    if (part instanceof Filler) return `${this.word('reserved')}(${at}, ${part.size})`;
    if (part instanceof Constant) {
      const value =
        typeof part.value === 'string'
          ? quote(part.value)
          : `${part.value}${typeof part.value === 'bigint' ? 'n' : ''}`;
      return `${this.word('constant')}(${value}${part.values ? `, ${this.labels(part.values, name)}` : ''})`;
    }
    if (part instanceof Composite) return `${this.word(part.as)}(${quote(part.first)}, ${quote(part.second)})`;
    if (part instanceof Group) {
      const inner = this.fields(part.fields, `${indent}  `);
      const text = `${this.word('group')}(${at}, ${this.count(part.count, name)}, ${part.size}, ${inner})`;
      return part.sinceVersion === undefined ? text : `${text}.since(${part.sinceVersion})`;
    }
    if (part instanceof Data) {
      const more = `${part.encoding === 'utf8' ? '.utf8()' : ''}${part.sinceVersion === undefined ? '' : `.since(${part.sinceVersion})`}`;
      if ('prefix' in part.length)
        return `${this.word(part.wire === 'text' ? 'prefixedText' : 'prefixedBytes')}(${at}, ${this.field('length', part.length.prefix)})${more}`;
      const { from, add } = part.length;
      return `${this.word(part.wire === 'text' ? 'varText' : 'varBytes')}(${at}, ${quote(from)}${add === 0 ? '' : `, ${add}`})${more}`;
    }
    if (part instanceof When) {
      const is = 'above' in part.is ? `{ above: ${part.is.above} }` : JSON.stringify(part.is);
      return `${this.word('when')}(${at}, ${quote(part.on)}, ${is}, ${this.fields(part.fields, `${indent}  `)})`;
    }
    return '';
  }
}

/** The table of `decoder` as a TypeScript module. */
export function tableText(decoder: Decoder, options: TableTextOptions = {}): string {
  const w = new Writer();
  const messages = decoder.names.map((name) => {
    const m = decoder.messages[name];
    if (m === undefined) return '';
    const codes = m.codes.map((c) =>
      typeof c === 'object'
        ? `${w.word('anyAfter')}(${quote(c.prefix)})`
        : typeof c === 'string'
          ? quote(c)
          : String(c),
    );
    const length = isAtLeast(m.length) ? `${w.word('atLeast')}(${m.length.atLeast})` : String(m.length);
    const notes = Object.entries(m.notes).map(([k, v]) => `${k}: ${typeof v === 'string' ? quote(v) : String(v)}`);
    const code = codes.length === 1 ? codes[0] : `[${codes.join(', ')}]`;
    const more = notes.length > 0 ? `, { ${notes.join(', ')} }` : '';
    return `    ${key(name)}: message(${code}, ${length}, ${w.fields(m.fields, '    ')}${more}),`;
  });
  const header = w.fields(decoder.header, '  ');
  const type = decoder.messageType;
  const said = `${decoder.venue} ${decoder.feed} ${decoder.version}: ${decoder.specification}`;
  const lines = [
    `/** ${said.replaceAll('*/', '* /').replace(/\s+/g, ' ')}. */`,
    `export const ${camelCase(decoder.id)} = defineDecoder({`,
    `  id: ${quote(decoder.id)},`,
    `  venue: ${quote(decoder.venue)},`,
    `  feed: ${quote(decoder.feed)},`,
    `  version: ${quote(decoder.version)},`,
    `  specification: ${quote(decoder.specification)},`,
    `  framing: ${quote(decoder.framing)},`,
    `  byteOrder: '${decoder.byteOrder}',`,
    `  header: ${header},`,
    `  messageType: ${type.length === 0 ? 'null' : type.length === 1 ? quote(type[0] as string) : JSON.stringify(type)},`,
    `  longer: '${decoder.longer}',`,
  ];
  if (decoder.lengthField) {
    const { name, excludes } = decoder.lengthField;
    lines.push(`  lengthField: { name: ${quote(name)}, excludes: ${excludes} },`);
  }
  if (decoder.sbe) {
    const { schemaId, version, blockLength } = decoder.sbe;
    lines.push(`  sbe: { schemaId: ${schemaId}, version: ${version}, blockLength: ${quote(blockLength)} },`);
  }
  if (decoder.instrument.length > 0) lines.push(`  instrument: [${decoder.instrument.map(quote).join(', ')}],`);
  if (decoder.checked.length > 0) lines.push(`  checked: [${decoder.checked.map(quote).join(', ')}],`);
  lines.push('  messages: {', ...messages, '  },', '});', '');
  const imports = [...w.used].sort().map((word) => `  ${word},`);
  const head = ['import {', ...imports, `} from ${quote(options.layout ?? 'venuewire/layout')};`, ''];
  return [...head, ...w.declarations, ...(w.declarations.length > 0 ? [''] : []), ...lines].join('\n');
}
