/** How a message is printed: JSON lines, leaves, for people, as a table, as CSV. */

import type { Found } from '../capture/messages.js';
import {
  type Decoder,
  Field,
  type Fields,
  Filler,
  formatPrice,
  Group,
  leaves,
  type Meaning,
  type View,
  When,
} from '../layout/index.js';
import { labelOf } from '../layout/text.js';
import { hex } from '../layout/values.js';
import { printableWord } from '../printable.js';

export const FORMATS = ['ndjson', 'leaves', 'pretty', 'table', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

export interface Formatter {
  /** Printed before anything else; empty: nothing. */
  readonly head: string;
  message(found: Found): string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
const ESCAPED = /["\\\u0000-\u001f]/;
export const quote = (text: string): string => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);

export const PRICES = ['raw', 'text'] as const;
/** How prices are written: the integer of the wire, or decimal text with the scale applied. */
export type Prices = (typeof PRICES)[number];

/** A value as `JSON.stringify(message.toObject())` writes it. */
export function json(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'bigint':
      return `"${value}"`;
    case 'string':
      return quote(value);
    case 'boolean':
      return value ? 'true' : 'false';
  }
  if (value === null || value === undefined) return 'null';
  if (value instanceof Uint8Array) return `"${hex(value)}"`;
  return JSON.stringify(value);
}

type FieldsWriter = (view: View) => string;

const scaleOf = (part: Fields[string] | undefined): number | undefined =>
  part instanceof Field ? part.data.meaning?.scale : undefined;

const priceText = (value: unknown, scale: number): unknown =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
    ? formatPrice(value, scale)
    : value;

/** The same record with its prices as decimal text, groups and variants included. */
function withPrices(record: object, fields: Fields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    const part = fields[name];
    const scale = scaleOf(part);
    if (scale !== undefined) out[name] = priceText(value, scale);
    else if (part instanceof Group) out[name] = (value as object[]).map((entry) => withPrices(entry, part.fields));
    else if (part instanceof When) out[name] = withPrices(value, part.fields);
    else out[name] = typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? hex(value) : value;
  }
  return out;
}

/** Writes a message's fields as JSON; made once a message type. */
export function fieldsWriter(fields: Fields, prices: Prices = 'raw'): FieldsWriter {
  if (prices === 'text') return (view) => JSON.stringify(withPrices(view.toObject(), fields));
  const names = Object.entries(fields).filter(([, part]) => !(part instanceof Filler) && part.kind !== 'composite');
  const plain = names.every(([, part]) => part instanceof Field || part.kind === 'constant');
  if (!plain) {
    return (view) => JSON.stringify(view.toObject());
  }
  const keys = names.map(([name]) => name);
  const heads = keys.map((name, i) => `${i === 0 ? '{' : ','}"${name}":`);
  if (keys.length === 0) return () => '{}';
  return (view) => {
    const source = view as unknown as Record<string, unknown>;
    let out = '';
    for (let i = 0; i < keys.length; i++) out += (heads[i] as string) + json(source[keys[i] as string]);
    return `${out}}`;
  };
}

const byIndex = <T>(decoder: Decoder, make: (index: number) => T): ((index: number) => T) => {
  const made: T[] = [];
  return (index) => {
    const known = made[index];
    if (known !== undefined) return known;
    const value = make(index);
    made[index] = value;
    void decoder;
    return value;
  };
};

function ndjson(decoder: Decoder, prices: Prices): Formatter {
  const writers = byIndex(decoder, (i) => ({
    name: quote(decoder.names[i] as string),
    write: fieldsWriter(decoder.plan(i).record.fields, prices),
  }));
  return {
    head: '',
    message({ packet, time, channel, sequence, view }) {
      const w = writers(view.$message.index);
      return `{"packet":${packet},"time":"${time}","channel":"${channel}","sequence":"${sequence}","message":${w.name},"fields":${w.write(view)}}`;
    },
  };
}

function asLeaves(): Formatter {
  return {
    head: '',
    message({ packet, view, base, frame, packetAt }) {
      const own = leaves(view, base);
      const around = frame?.(view.$data, packetAt, view.$at, view.$end, base);
      // In a stream the header may have come in the packet before.
      const all = around === undefined ? own : [...around.before.filter((l) => l[2] >= 0), ...own, ...around.after];
      return `{"packet":${packet},"message":${quote(view.$message.name)},"leaves":${JSON.stringify(all)}}`;
    },
  };
}

const two = (n: number) => String(n).padStart(2, '0');

/** `HH:MM:SS.nnnnnnnnn` of nanoseconds since a midnight. */
export function clock(ns: bigint): string {
  const seconds = Number(ns / 1_000_000_000n);
  const rest = String(ns % 1_000_000_000n).padStart(9, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${rest}`;
}

/** `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, UTC. */
export function instantText(ns: bigint): string {
  const day = ns / 86_400_000_000_000n;
  const date = new Date(Number(day) * 86_400_000);
  return `${date.toISOString().slice(0, 10)} ${clock(ns - day * 86_400_000_000_000n)}`;
}

function meant(value: number | bigint, meaning: Meaning | undefined): string | undefined {
  if (meaning === undefined) return undefined;
  if (meaning.scale !== undefined) return formatPrice(value, meaning.scale);
  if (meaning.unit === 'ns' && meaning.note === 'since midnight') return clock(BigInt(value));
  if (meaning.unit === 'ns' && meaning.note?.startsWith('since 1970') && BigInt(value) < 1n << 62n) {
    return instantText(BigInt(value));
  }
  return undefined;
}

/** A value for people: prices with their decimals, times as times, codes with what they mean. */
export function human(value: unknown, field: Field | undefined): string {
  if (value === null) return '–';
  if (typeof value === 'number' || typeof value === 'bigint') {
    const text = (Number.isInteger(value) || typeof value === 'bigint') && meant(value, field?.data.meaning);
    if (text) return text;
  }
  if (value instanceof Uint8Array) return hex(value);
  const label = field && labelOf(field, value);
  return printableWord(label === undefined ? String(value) : `${value} (${label})`);
}

const isNested = (part: unknown): part is Group | When => part instanceof Group || part instanceof When;

/** Calls `put` for each field: depth, name, text. */
function each(
  view: object,
  fields: Fields,
  depth: number,
  put: (depth: number, name: string, text: string) => void,
): void {
  for (const [name, part] of Object.entries(fields)) {
    if (part instanceof Filler) continue;
    const value = (view as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (isNested(part)) {
      const entries = part instanceof Group ? [...(value as Iterable<object>)].length : 1;
      put(depth, name, part instanceof Group ? `${entries} ${entries === 1 ? 'entry' : 'entries'}` : '');
      if (part instanceof Group) {
        let i = 0;
        for (const entry of value as Iterable<object>) {
          put(depth + 1, `[${i++}]`, '');
          each(entry, part.fields, depth + 2, put);
        }
      } else each(value as object, part.fields, depth + 1, put);
      continue;
    }
    put(depth, name, human(value, part instanceof Field ? part : undefined));
  }
}

function pretty(): Formatter {
  return {
    head: '',
    message({ packet, time, channel, sequence, view }) {
      const lines = [`#${packet}  ${instantText(time)}  ${channel}  seq ${sequence}  ${view.$message.name}`];
      each(view, view.$record.fields, 1, (depth, name, text) => {
        lines.push(`${'  '.repeat(depth + 1)}${name.padEnd(Math.max(1, 36 - 2 * depth))} ${text}`.trimEnd());
      });
      return `${lines.join('\n')}\n`;
    },
  };
}

/** The head of a table whose message names take `width` characters, and a row of it. */
export const rowHead = (width: number): string =>
  `${'PACKET'.padStart(8)}  ${'TIME (UTC)'.padEnd(18)}  ${'CHANNEL'.padEnd(21)}  ${'SEQUENCE'.padStart(12)}  ${'MESSAGE'.padEnd(width)}  FIELDS`;
export const rowText = (
  { packet, time, channel, sequence }: Found,
  name: string,
  width: number,
  cells: string,
): string =>
  `${String(packet).padStart(8)}  ${clock(time % 86_400_000_000_000n)}  ${channel.padEnd(21)}  ${String(sequence).padStart(12)}  ${name.padEnd(width)}  ${cells}`;

function asTable(decoder: Decoder): Formatter {
  const width = decoder.names.reduce((w, n) => Math.max(w, n.length), 7);
  const skip = new Set(Object.keys(decoder.header));
  return {
    head: rowHead(width),
    message(found) {
      const { view } = found;
      const cells: string[] = [];
      each(view, view.$record.fields, 0, (depth, name, text) => {
        if (depth === 0 && skip.has(name)) return;
        cells.push(name.startsWith('[') || text === '' ? name : `${name}=${text.replace(/^(.+) \(.*\)$/, '$1')}`);
      });
      return rowText(found, view.$message.name, width, cells.join(' '));
    },
  };
}

const csvCell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function csv(decoder: Decoder, messages: ReadonlySet<number> | undefined, prices: Prices): Formatter {
  const columns = new Map<string, number>();
  decoder.names.forEach((_, i) => {
    if (messages !== undefined && !messages.has(i)) return;
    for (const [name, part] of Object.entries(decoder.plan(i).record.fields)) {
      if (!(part instanceof Filler) && part.kind !== 'composite' && !columns.has(name)) columns.set(name, columns.size);
    }
  });
  const names = [...columns.keys()];
  return {
    head: ['packet', 'time', 'channel', 'sequence', 'message', ...names].join(','),
    message({ packet, time, channel, sequence, view }) {
      const own = view.$record.fields;
      const source = view as unknown as Record<string, unknown>;
      let out = `${packet},${time},${channel},${sequence},${view.$message.name}`;
      for (const name of names) {
        const part = own[name];
        out += ',';
        if (part === undefined) continue;
        if (isNested(part)) {
          const object = view.toObject() as unknown as Record<string, unknown>;
          const priced = prices === 'text' ? withPrices(object, own) : object;
          if (priced[name] !== undefined) out += csvCell(json(priced[name]));
          continue;
        }
        const scale = prices === 'text' ? scaleOf(part) : undefined;
        const value = scale === undefined ? source[name] : priceText(source[name], scale);
        if (value === null || value === undefined) continue;
        out += csvCell(value instanceof Uint8Array ? hex(value) : String(value));
      }
      return out;
    },
  };
}

/** The formatter of that name; `messages`: the only types that will come. */
export function formatter(
  format: Format,
  decoder: Decoder,
  messages?: ReadonlySet<number>,
  prices: Prices = 'raw',
): Formatter {
  switch (format) {
    case 'ndjson':
      return ndjson(decoder, prices);
    case 'leaves':
      return asLeaves();
    case 'pretty':
      return pretty();
    case 'table':
      return asTable(decoder);
    case 'csv':
      return csv(decoder, messages, prices);
  }
}
