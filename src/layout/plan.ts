import { type ErrorCode, VenuewireError } from '../errors.js';
import {
  type AtLeast,
  Composite,
  Constant,
  type Count,
  Data,
  type Dimension,
  Field,
  type Fields,
  Filler,
  Group,
  type Message,
  next,
  type TextEncoding,
  toEnd,
  When,
} from './field.js';

/** A field, or filler, where it stands in its record: what readers, writers and the native core work from. */
export interface PlanField {
  readonly kind: 'field';
  readonly name: string;
  /** Bytes from the start of the record, or -1: directly after what precedes. */
  readonly at: number;
  readonly size: number;
  readonly wire: Field['data']['wire'];
  readonly big: boolean;
  readonly field: Field | undefined;
  /** The raw bits (unsigned) that stand for "no value". */
  readonly nullBits: bigint | undefined;
  /** The schema version that added it, 0 where it always was: absent in older messages, and in blocks that are shorter. */
  since: number;
  /** Register that later parts read this value from, or -1. */
  slot: number;
}
export type PlanCount =
  | { readonly kind: 'fixed'; readonly count: number }
  | { readonly kind: 'field'; readonly field: PlanField; readonly up: number }
  | { readonly kind: 'toEnd' }
  | { readonly kind: 'untilLength'; readonly field: PlanField }
  | { readonly kind: 'dimension'; readonly size: number; readonly block: PlanField; readonly number: PlanField };
export interface PlanGroup {
  readonly kind: 'group';
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly count: PlanCount;
  readonly record: PlanRecord;
  readonly since: number;
}
export interface PlanData {
  readonly kind: 'data';
  readonly name: string;
  readonly at: number;
  readonly wire: 'text' | 'bytes';
  readonly from: { readonly field: PlanField; readonly up: number; readonly add: number } | undefined;
  readonly prefix: PlanField | undefined;
  readonly encoding: TextEncoding;
  readonly since: number;
}
export interface PlanWhen {
  readonly kind: 'when';
  readonly name: string;
  readonly at: number;
  readonly on: PlanField;
  readonly up: number;
  readonly is: readonly bigint[] | undefined;
  readonly above: bigint | undefined;
  readonly record: PlanRecord;
}
export type PlanPart = PlanField | PlanGroup | PlanData | PlanWhen;

/** The fields of a message, of a group's entry or of a variant. */
export interface PlanRecord {
  readonly kind: 'message' | 'entry' | 'variant';
  readonly parent: PlanRecord | undefined;
  readonly fields: Fields;
  /** What is on the wire, in wire order. */
  readonly parts: PlanPart[];
  readonly byName: Map<string, PlanPart>;
  /** Index of the first part whose place or length is not known before the bytes are read. */
  firstDynamic: number;
  /** Bytes of the fixed fields. */
  fixedEnd: number;
  /** Bytes of the fixed fields that every version has. */
  leastEnd: number;
  /** The block on the wire may be longer or shorter than the table's (SBE). */
  readonly block: boolean;
  /** The block length that the table knows (SBE), else the fixed part. */
  readonly blockLength: number;
}

export interface PlanMessage {
  readonly name: string;
  readonly index: number;
  readonly codes: readonly number[];
  /** Codes that select this message unless another has them for its own. */
  readonly others: readonly number[];
  readonly message: Message;
  readonly record: PlanRecord;
  /** Shorter ones are refused. */
  readonly minLength: number;
  /** Longer ones are refused, unless the table tolerates them; 0 = no bound. */
  readonly maxLength: number;
  readonly registers: number;
  /** Where the block length stands in the header (SBE). */
  readonly blockLengthField: PlanField | undefined;
  /** Where the schema version stands in the header (SBE). */
  readonly versionField: PlanField | undefined;
  /** The schema version of every message where the header does not carry it; else above every version. */
  readonly version: number;
  readonly headerSize: number;
}

/** The header's field for the version of the schema, as the SBE specification names it. */
export const SBE_VERSION = 'version';
/** The version of messages that do not say theirs: they have everything. */
const NEWEST = 0xffff_ffff;

/** What a plan is made from: the part of a decoder that decides where things stand. */
export interface PlanSource {
  readonly id: string;
  readonly byteOrder: 'big' | 'little';
  readonly header: Fields;
  readonly messageType: readonly string[];
  readonly sbe: { readonly schemaId: number; readonly version: number; readonly blockLength: string } | undefined;
  readonly messages: { readonly [name: string]: Message };
}

export function layoutError(
  code: ErrorCode,
  source: { readonly id: string },
  where: string,
  what: string,
): VenuewireError {
  return new VenuewireError(code, `${source.id}: ${where}: ${what}`, 'Correct the message table.');
}

const bits64 = (value: number | bigint, size: number): bigint => BigInt.asUintN(8 * size, BigInt(value));

/** The bits of an IEEE 754 number, most significant first. */
function floatBits(value: number, size: number): bigint {
  const data = new DataView(new ArrayBuffer(8));
  if (size === 8) data.setFloat64(0, value);
  else data.setFloat32(4, value);
  return data.getBigUint64(0);
}

/** The `width` bytes of `code` as one number, most significant first: how type fields and conditions compare. */
export function codeValue(code: string | number, width: number): bigint {
  if (typeof code === 'number') return bits64(code, width);
  let value = 0n;
  for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(i < code.length ? code.charCodeAt(i) & 0xff : 0x20);
  return value;
}

function planField(
  source: PlanSource,
  name: string,
  field: Field,
  base: number,
  since: number,
  order = field.data.order,
): PlanField {
  const d = field.data;
  return {
    kind: 'field',
    name,
    at: d.at === next ? -1 : d.at + base,
    size: d.size,
    wire: d.wire,
    big: (order ?? source.byteOrder) === 'big',
    field,
    nullBits:
      d.nullValue === undefined
        ? undefined
        : d.wire === 'float'
          ? floatBits(Number(d.nullValue), d.size)
          : bits64(d.nullValue, d.size),
    since,
    slot: -1,
  };
}

class Planner {
  registers = 0;
  constructor(
    readonly source: PlanSource,
    readonly message: string,
  ) {}

  reference(record: PlanRecord, name: string, from: string): { field: PlanField; up: number } {
    let up = 0;
    for (let r: PlanRecord | undefined = record; r !== undefined; r = r.parent, up++) {
      const part = r.byName.get(name);
      if (part?.kind === 'field') {
        if (part.slot < 0) part.slot = this.registers++;
        return { field: part, up };
      }
    }
    throw layoutError(
      'VW_LAYOUT_REFERENCE',
      this.source,
      `${this.message}.${from}`,
      `there is no field '${name}' before it`,
    );
  }

  count(record: PlanRecord, name: string, count: Count): PlanCount {
    if (typeof count === 'number') return { kind: 'fixed', count };
    if (typeof count === 'string') return { kind: 'field', ...this.reference(record, count, name) };
    if (count === toEnd) return { kind: 'toEnd' };
    if ('untilLength' in count) {
      const { field, up } = this.reference(record, count.untilLength, name);
      if (up !== 0)
        throw layoutError(
          'VW_LAYOUT_REFERENCE',
          this.source,
          `${this.message}.${name}`,
          'the length must be in the same record',
        );
      return { kind: 'untilLength', field };
    }
    const d: Dimension = count;
    return {
      kind: 'dimension',
      size: d.size,
      block: planField(this.source, 'blockLength', d.blockLength, 0, 0),
      number: planField(this.source, 'numInGroup', d.numInGroup, 0, 0),
    };
  }

  fill(record: PlanRecord, fields: Fields, base: number): void {
    for (const [name, part] of Object.entries(fields)) {
      if (part instanceof Constant || part instanceof Composite) continue;
      const planned = this.#part(record, name, part, base);
      if (planned.kind === 'field' && planned.at >= 0 && record.firstDynamic < 0) {
        record.fixedEnd = Math.max(record.fixedEnd, planned.at + planned.size);
      } else if (record.firstDynamic < 0) {
        record.firstDynamic = record.parts.length;
      }
      record.parts.push(planned);
      record.byName.set(name, planned);
    }
    if (record.firstDynamic < 0) record.firstDynamic = record.parts.length;
    guardPadding(record);
  }

  #part(record: PlanRecord, name: string, part: Fields[string], base: number): PlanPart {
    const at = 'at' in part ? (part.at === next ? -1 : part.at + base) : 0;
    if (part instanceof Field) {
      return planField(this.source, name, part, base, record.block ? (part.data.sinceVersion ?? 0) : 0);
    }
    if (part instanceof Filler) return planFiller(name, at, part.size);
    if (part instanceof Group) return this.#group(record, name, at, part);
    if (part instanceof Data) return this.#data(record, name, at, part);
    if (part instanceof When) return this.#when(record, name, at, part);
    throw layoutError('VW_LAYOUT_PART', this.source, `${this.message}.${name}`, 'not a part of a message table');
  }

  #group(record: PlanRecord, name: string, at: number, part: Group): PlanGroup {
    const count = this.count(record, name, part.count);
    const entry = emptyRecord('entry', record, part.fields, count.kind === 'dimension', part.size);
    this.fill(entry, part.fields, 0);
    return { kind: 'group', name, at, size: part.size, count, record: entry, since: part.sinceVersion ?? 0 };
  }

  #data(record: PlanRecord, name: string, at: number, part: Data): PlanData {
    const { length, wire, encoding } = part;
    return {
      kind: 'data',
      name,
      at,
      wire,
      from: 'from' in length ? { ...this.reference(record, length.from, name), add: length.add } : undefined,
      prefix: 'prefix' in length ? planField(this.source, `${name}Length`, length.prefix, 0, 0) : undefined,
      encoding,
      since: part.sinceVersion ?? 0,
    };
  }

  #when(record: PlanRecord, name: string, at: number, part: When): PlanWhen {
    const { field: on, up } = this.reference(record, part.on, name);
    const list = 'above' in part.is ? undefined : part.is;
    const variant = emptyRecord('variant', record, part.fields, false, 0);
    this.fill(variant, part.fields, 0);
    return {
      kind: 'when',
      name,
      at,
      on,
      up,
      is: list?.map((v) => codeValue(v, on.size)),
      above: 'above' in part.is ? BigInt(part.is.above) : undefined,
      record: variant,
    };
  }
}

/** Bytes that mean nothing. */
const planFiller = (name: string, at: number, size: number): PlanField => ({
  kind: 'field',
  name,
  at,
  size,
  wire: 'bytes',
  big: false,
  field: undefined,
  nullBits: undefined,
  since: 0,
  slot: -1,
});

/** Padding came with the field behind it: an older block ends before both. */
function guardPadding(record: PlanRecord): void {
  let since = 0;
  record.leastEnd = 0;
  for (let i = record.firstDynamic - 1; i >= 0; i--) {
    const part = record.parts[i] as PlanField;
    if (part.field === undefined && since > 0) part.since = since;
    since = part.since;
    if (since === 0) record.leastEnd = Math.max(record.leastEnd, part.at + part.size);
  }
}

function emptyRecord(
  kind: PlanRecord['kind'],
  parent: PlanRecord | undefined,
  fields: Fields,
  block: boolean,
  blockLength: number,
): PlanRecord {
  return {
    kind,
    parent,
    fields,
    parts: [],
    byName: new Map(),
    firstDynamic: -1,
    fixedEnd: 0,
    leastEnd: 0,
    block,
    blockLength,
  };
}

export function headerPlan(source: PlanSource): PlanRecord {
  const record = emptyRecord('message', undefined, source.header, false, 0);
  new Planner(source, 'header').fill(record, source.header, 0);
  return record;
}

export function planMessage(source: PlanSource, name: string, index: number, message: Message): PlanMessage {
  const planner = new Planner(source, name);
  const sbe = source.sbe;
  const blockLength = typeof message.length === 'number' ? message.length : message.length.atLeast;
  const record = emptyRecord(
    'message',
    undefined,
    { ...source.header, ...message.fields },
    sbe !== undefined,
    blockLength,
  );
  planner.fill(record, source.header, 0);
  const headerSize = record.fixedEnd;
  record.firstDynamic = -1;
  planner.fill(record, message.fields, sbe === undefined ? 0 : headerSize);
  const types = source.messageType.map((n) => headerField(source, record, n));
  const width = types.reduce((n, t) => n + t.size, 0);
  const codes: number[] = [];
  const others: number[] = [];
  for (const code of message.codes) {
    if (typeof code !== 'object') {
      codes.push(Number(codeValue(code, width)));
      continue;
    }
    const first = Number(codeValue(code.prefix, width));
    // The blank that fills a short code comes first: it is the one that the encoder takes.
    others.push(first);
    for (let low = 0; low < 256; low++) if (low !== (first & 255)) others.push((first & ~255) | low);
  }
  let minLength: number;
  let maxLength = 0;
  let blockLengthField: PlanField | undefined;
  const versioned = sbe === undefined ? undefined : record.byName.get(SBE_VERSION);
  const fixedVersion = sbe === undefined ? undefined : source.header[SBE_VERSION];
  if (sbe !== undefined) {
    blockLengthField = headerField(source, record, sbe.blockLength);
    minLength = Math.max(headerSize, record.leastEnd);
  } else {
    minLength = blockLength;
    maxLength = isAtLeast(message.length) ? 0 : message.length;
  }
  return {
    name,
    index,
    codes,
    others,
    message,
    record,
    minLength,
    maxLength,
    registers: planner.registers,
    blockLengthField,
    versionField: versioned?.kind === 'field' && versioned.wire === 'uint' ? versioned : undefined,
    version: fixedVersion instanceof Constant ? Number(fixedVersion.value) : NEWEST,
    headerSize,
  };
}

/** A field that the header must have, at a fixed place. */
export function headerField(source: PlanSource, record: PlanRecord, name: string): PlanField {
  const part = record.byName.get(name);
  if (part?.kind === 'field' && part.at >= 0) return part;
  throw layoutError('VW_LAYOUT_REFERENCE', source, 'header', `there is no field '${name}'`);
}

export const isAtLeast = (length: number | AtLeast): length is AtLeast => typeof length !== 'number';
