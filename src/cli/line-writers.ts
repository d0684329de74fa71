/**
 * Lines of JSON and CSV straight from the bytes of a message: one function a message type, made from its table. No object
 * and no string is made for a message. What is written is what `format.ts` writes, byte for byte; a message whose parts
 * have no fixed place is left to it.
 */
import type { Found } from '../capture/messages.js';
import { Constant, type Decoder, type Fields, Filler } from '../layout/index.js';
import type { PlanField, PlanRecord } from '../layout/plan.js';
import { printable } from '../printable.js';
import * as digits from './digits.js';
import { type Formatter, json, type Prices } from './format.js';
import type { Output } from './output.js';

/** Writes a message behind the sequence number; returns where it ends. */
type Write = (data: DataView, at: number, out: Buffer, view: DataView, p: number) => number;
interface Writer {
  readonly write: Write;
  /** It never writes more bytes. */
  readonly most: number;
}

/** What the two forms differ in. */
interface Dialect {
  readonly isCsv: boolean;
  readonly prices: Prices;
}

/** The text of a program that writes, and the most bytes it can write. */
class Program {
  readonly #lines: string[] = [];
  #pending = '';
  most = 0;

  fixed(text: string): void {
    this.#pending += text;
  }
  /** A value, as an expression that gives where it ends. */
  value(most: number, expression: string): void {
    this.#spill();
    this.most += most;
    this.#lines.push(`p = ${expression};`);
  }
  /** `value` unless `isNull` holds, then `none`. */
  nullable(isNull: string, none: string, most: number, expression: string): void {
    this.#spill();
    this.most += Math.max(most, none.length);
    this.#lines.push(`if (${isNull}) { ${store(none)} } else { p = ${expression}; }`);
  }
  #spill(): void {
    if (this.#pending === '') return;
    this.most += Buffer.byteLength(this.#pending);
    this.#lines.push(store(this.#pending));
    this.#pending = '';
  }
  get text(): string {
    this.#spill();
    return `return (data, at, out, view, p) => {\n${this.#lines.join('\n')}\nreturn p;\n};`;
  }
}

/** Statements that store a text, four bytes at a time. */
function store(text: string): string {
  const bytes = Buffer.from(text);
  const parts: string[] = [];
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) parts.push(`view.setUint32(p + ${i}, ${bytes.readUInt32LE(i)}, true);`);
  for (; i < bytes.length; i++) parts.push(`out[p + ${i}] = ${bytes[i]};`);
  return `${parts.join(' ')} p += ${bytes.length};`;
}

const DIGITS_MOST = 21;
const FLOAT_MOST = 32;
/** Of a character: a backslash, the letter u and four digits. */
const ESCAPE_MOST = 6;

/** The number that a field of up to six bytes is. */
function loadNumber(f: PlanField): string {
  const o = `at + ${f.at}`;
  const little = !f.big;
  const load = (bits: number, signed: boolean, at: string): string =>
    `data.get${signed ? 'Int' : 'Uint'}${bits}(${at}${bits > 8 ? `, ${little}` : ''})`;
  const signed = f.wire === 'int';
  if (f.size === 1 || f.size === 2 || f.size === 4) return load(8 * f.size, signed, o);
  return `h.${signed ? 'readInt' : 'readUint'}(data, ${o}, ${f.size}, ${f.big})`;
}

const halves = (f: PlanField): { readonly high: string; readonly low: string } => {
  const at = (shift: number): string => `data.getUint32(at + ${f.at + shift}, ${!f.big})`;
  return f.big ? { high: at(0), low: at(4) } : { high: at(4), low: at(0) };
};

/** The test for "no value"; undefined: there is none; null: this program has none for it. */
function absence(f: PlanField): string | undefined | null {
  const bits = f.nullBits;
  if (bits === undefined) return undefined;
  if (f.wire === 'float' && Number.isNaN(f.field?.data.nullValue))
    return `Number.isNaN(data.getFloat${8 * f.size}(at + ${f.at}, ${!f.big}))`;
  if (f.size === 8 && f.wire !== 'text' && f.wire !== 'digits' && f.wire !== 'bytes') {
    const { high, low } = halves(f);
    return `${low} === ${bits & 0xffff_ffffn} && ${high} === ${bits >> 32n}`;
  }
  if (f.wire === 'uint' || f.wire === 'char') return `${loadNumber({ ...f, wire: 'uint' })} === ${bits}`;
  if (f.wire === 'int') return `${loadNumber(f)} === ${BigInt.asIntN(8 * f.size, bits)}`;
  return null;
}

/** Whether a price of it is written as decimal text. */
const isPrice = (f: PlanField, prices: Prices): boolean => {
  const scale = f.field?.data.meaning?.scale;
  return prices === 'text' && scale !== undefined && (f.wire === 'uint' || f.wire === 'int' || f.wire === 'digits');
};

/** How a field is written: the most bytes, and the expression; undefined where there is no program for it. */
function expressionOf(
  f: PlanField,
  { isCsv, prices }: Dialect,
): { readonly most: number; readonly expression: string } | undefined {
  const place = `data, at + ${f.at}, ${f.size}`;
  const quoted = isCsv ? 0 : 1;
  if (isPrice(f, prices)) {
    const scale = f.field?.data.meaning?.scale as number;
    const most = DIGITS_MOST + f.size + Math.abs(scale) + 4;
    if (f.wire === 'digits') return { most, expression: `h.digitsPrice(out, p, ${place}, ${scale}, ${quoted})` };
    const load = `data.getBig${f.wire === 'int' ? 'Int' : 'Uint'}64(at + ${f.at}, ${!f.big})`;
    const value = f.size === 8 ? load : loadNumber(f);
    return { most, expression: `h.price(out, p, ${value}, ${scale}, ${quoted})` };
  }
  switch (f.wire) {
    case 'uint':
    case 'int': {
      if (f.size < 8) {
        const put = f.wire === 'int' ? 'signed' : 'unsigned';
        return { most: DIGITS_MOST, expression: `h.${put}(out, view, p, ${loadNumber(f)})` };
      }
      const { high, low } = halves(f);
      const put = f.wire === 'int' ? 'signed64' : 'unsigned64';
      return { most: DIGITS_MOST + 2, expression: `h.${put}(out, view, p, ${high}, ${low}, ${quoted})` };
    }
    case 'float':
      return {
        most: FLOAT_MOST,
        expression: `h.float(out, p, data.getFloat${8 * f.size}(at + ${f.at}, ${!f.big}), ${isCsv})`,
      };
    case 'char':
      return {
        most: ESCAPE_MOST + 4,
        expression: `h.${isCsv ? 'csvCharacter' : 'character'}(out, p, data.getUint8(at + ${f.at}))`,
      };
    case 'text': {
      const { padLeft, encoding } = f.field?.data ?? {};
      const put = `${isCsv ? 'csvText' : 'text'}`;
      return {
        most: ESCAPE_MOST * f.size + 2,
        expression: `h.${put}(out, p, ${place}, ${padLeft === true}, ${encoding === 'utf8'})`,
      };
    }
    case 'digits':
      return { most: DIGITS_MOST + f.size + 4, expression: `h.digits(out, view, p, ${place}, ${isCsv})` };
    case 'bytes':
      return { most: 2 * f.size + 2, expression: `h.hex(out, p, ${place}, ${quoted})` };
  }
}

/** Adds a field's value to the program; false where it has none for it. */
function addField(program: Program, f: PlanField, dialect: Dialect): boolean {
  if (f.at < 0 || f.since > 0) return false;
  const none = absence(f);
  const value = expressionOf(f, dialect);
  if (none === null || value === undefined) return false;
  if (none === undefined) program.value(value.most, value.expression);
  else program.nullable(none, dialect.isCsv ? '' : 'null', value.most, value.expression);
  return true;
}

/** Fields as they are printed. */
const printed = (fields: Fields): [string, Fields[string]][] =>
  Object.entries(fields).filter(([, part]) => !(part instanceof Filler) && part.kind !== 'composite');

function jsonProgram(name: string, record: PlanRecord, dialect: Dialect): Program | undefined {
  const program = new Program();
  program.fixed(`","message":${printable(JSON.stringify(name))},"fields":{`);
  let between = '';
  for (const [key, part] of printed(record.fields)) {
    program.fixed(`${between}"${key}":`);
    between = ',';
    if (part instanceof Constant) {
      program.fixed(printable(json(part.value)));
      continue;
    }
    const planned = record.byName.get(key);
    if (planned?.kind !== 'field' || !addField(program, planned, dialect)) return undefined;
  }
  program.fixed('}}\n');
  return program;
}

function csvProgram(
  name: string,
  record: PlanRecord,
  columns: readonly string[],
  dialect: Dialect,
): Program | undefined {
  const program = new Program();
  program.fixed(`,${name}`);
  for (const key of columns) {
    program.fixed(',');
    const part = record.fields[key];
    if (part === undefined) continue;
    if (part instanceof Constant) {
      const text = String(part.value);
      program.fixed(printable(/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text));
      continue;
    }
    const planned = record.byName.get(key);
    if (planned?.kind !== 'field' || !addField(program, planned, dialect)) return undefined;
  }
  program.fixed('\n');
  return program;
}

let made = 0;

/** Undefined where the runtime makes no code from text. */
function compile(program: Program | undefined): Writer | undefined {
  if (program === undefined) return undefined;
  try {
    // V8 gives equal texts the same code, hence the number.
    const write = new Function('h', `/* ${++made} */ ${program.text}`)(digits) as Write;
    return { write, most: program.most };
  } catch {
    return undefined;
  }
}

/** What is in front of every message of a packet, as bytes; made again when the packet is another. */
class PacketHead {
  bytes = Buffer.alloc(0);
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, 0);
  length = 0;
  #packet = -1;
  #time = -1n;
  #channel: string | undefined;
  #behind = Buffer.alloc(0);
  readonly #parts: readonly Buffer[];
  constructor(readonly isCsv: boolean) {
    this.#parts = (isCsv ? ['', ','] : ['{"packet":', ',"time":"']).map((text) => Buffer.from(text));
  }

  of(found: Found): void {
    if (found.channel !== this.#channel) this.#to(found.channel);
    if (found.packet === this.#packet && found.time === this.#time) return;
    this.#packet = found.packet;
    this.#time = found.time;
    const { bytes, view } = this;
    const [first, second] = this.#parts as [Buffer, Buffer];
    let p = digits.unsigned(bytes, view, copy(bytes, 0, first), found.packet);
    p = copy(bytes, p, second);
    p = found.time < 0n ? p + bytes.write(String(found.time), p) : digits.bigint(bytes, view, p, found.time);
    this.length = copy(bytes, p, this.#behind);
  }
  #to(channel: string): void {
    this.#channel = channel;
    this.#behind = Buffer.from(this.isCsv ? `,${channel},` : `","channel":"${channel}","sequence":"`);
    const fixed = this.#parts.reduce((sum, part) => sum + part.length, this.#behind.length);
    this.bytes = Buffer.alloc(fixed + 2 * DIGITS_MOST + 2 * digits.OVERSHOOT);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.#packet = -1;
  }
}

function copy(to: Buffer, at: number, from: Buffer): number {
  for (let i = 0; i < from.length; i++) to[at + i] = from[i] as number;
  return at + from.length;
}

/** Writes found messages as lines of `format`. */
export function lineWriter(
  format: 'ndjson' | 'csv',
  decoder: Decoder,
  slow: Formatter,
  prices: Prices,
): (found: Found, out: Output) => void {
  const dialect = { isCsv: format === 'csv', prices };
  const columns = dialect.isCsv ? slow.head.split(',').slice(5) : [];
  const writers: (Writer | null)[] = [];
  const writerOf = (index: number): Writer | null => {
    const name = decoder.names[index] as string;
    const { record } = decoder.plan(index);
    const program = dialect.isCsv ? csvProgram(name, record, columns, dialect) : jsonProgram(name, record, dialect);
    const writer = compile(program) ?? null;
    writers[index] = writer;
    return writer;
  };
  const head = new PacketHead(dialect.isCsv);
  return (found, out) => {
    const { view } = found;
    const { index } = view.$message;
    const writer = writers[index] === undefined ? writerOf(index) : (writers[index] as Writer | null);
    if (writer === null) return out.line(slow.message(found));
    head.of(found);
    const { length, view: headView } = head;
    let p = out.reserve(length + DIGITS_MOST + writer.most + 2 * digits.OVERSHOOT);
    const target = out.bytes;
    const words = out.view;
    for (let i = 0; i < length; i += 4) words.setUint32(p + i, headView.getUint32(i, true), true);
    p = digits.bigint(target, words, p + length, found.sequence);
    out.at = writer.write(view.$data, view.$at, target, words, p);
  };
}
