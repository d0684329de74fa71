/** Framings in the form of the native core. */
import { type ErrorCode, VenuewireError } from '../../errors.js';
import { completeFraming, type Framing, textValue } from '../../patterns/framing.js';
import { findFraming } from '../../patterns/framings.js';
import { NO_LIMIT, UNIT_NS } from './names.js';
import type { CompiledControlRule, CompiledField, CompiledFraming, CompiledKindRule } from './records.js';

export const fault = (code: ErrorCode, message: string, hint: string): VenuewireError =>
  new VenuewireError(code, message, hint);

export interface Place {
  readonly offset: number;
  readonly size: number;
  readonly type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
  readonly byteOrder?: 'big' | 'little' | undefined;
  readonly bits?: readonly [number, number] | undefined;
}

export function compileField(f: Place | undefined, order: 'big' | 'little'): CompiledField {
  if (f === undefined) return NO_FIELD;
  return {
    offset: f.offset,
    width: f.size,
    bigEndian: (f.byteOrder ?? order) === 'big',
    digits: f.type === 'digits',
    tag: f.type === 'tag' || f.type === 'tagText',
    tagText: f.type === 'tagText',
    shift: f.bits?.[0] ?? 0,
    mask: f.bits === undefined ? NO_LIMIT : (1n << BigInt(f.bits[1])) - 1n,
  };
}
const NO_FIELD: CompiledField = {
  offset: 0,
  width: 0,
  bigEndian: false,
  digits: false,
  tag: false,
  tagText: false,
  shift: 0,
  mask: NO_LIMIT,
};

/** The place of a condition that may be on a FIX tag. */
export const conditionPlace = (
  c: Place & { readonly tag?: number | undefined; readonly equals: number | string },
): Place =>
  c.tag === undefined ? c : { offset: c.tag, size: 1, type: typeof c.equals === 'string' ? 'tagText' : 'tag' };

/** A field and the value that it must have; text is compared in the order of its bytes. */
export function compileCondition(
  f: Place | undefined,
  equals: number | string,
  order: 'big' | 'little',
): readonly [field: CompiledField, value: bigint] {
  if (f === undefined) return [NO_FIELD, 0n];
  if (typeof equals === 'number') return [compileField(f, order), BigInt(equals)];
  const text = textValue(f.type === 'tagText' ? equals : equals.padEnd(f.size));
  return [compileField({ ...f, byteOrder: 'big' }, order), text];
}

type Condition = Parameters<typeof conditionPlace>[0];
const compileOptional = (c: Condition | undefined, order: 'big' | 'little'): readonly [CompiledField, bigint] =>
  c === undefined ? [NO_FIELD, 0n] : compileCondition(conditionPlace(c), c.equals, order);

function compileKind(k: Framing['kinds'][number], f: Framing): CompiledKindRule {
  const place =
    k.when.field === undefined ? conditionPlace(k.when as Place & typeof k.when) : (f[k.when.field] as Place);
  const when = k.when.bits === undefined ? place : { ...place, bits: k.when.bits };
  const [field, value] = compileCondition(when, k.when.equals, f.byteOrder);
  const [also, alsoValue] = compileOptional(k.and, f.byteOrder);
  return { field, value, also, alsoValue, kind: k.is, number: k.number };
}

function compileControl(c: Framing['controls'][number], f: Framing): CompiledControlRule {
  const [type, value] = compileCondition(conditionPlace(c.when), c.when.equals, f.byteOrder);
  const [also, alsoValue] = compileOptional(c.and, f.byteOrder);
  return {
    type,
    value,
    also,
    alsoValue,
    kind: c.is,
    number: c.number,
    next: compileField(c.next, f.byteOrder),
    last: compileField(c.last, f.byteOrder),
    lastAdd: c.lastIs === 'next' ? -1 : 0,
    counted: c.counted,
  };
}

export function compileFraming(f: Framing): CompiledFraming {
  const field = (x: Place | undefined): CompiledField => compileField(x, f.byteOrder);
  const s = f.session;
  const m = f.message;
  return {
    headerLength: f.headerLength,
    headerLengthMin: f.shortestPacket,
    packetLength: field(f.packetLength),
    packetLengthAdd: f.packetLength?.excludes ?? 0,
    packetDelimiter: f.packetDelimiter ?? -1,
    sequence: field(f.sequence),
    sequenceHigh: field(f.sequenceHigh),
    count: field(f.count),
    channel: field(f.channel),
    sendTime: field(f.sendTime),
    sendTimeUnitNs: UNIT_NS[f.sendTime?.unit ?? 'ns'],
    sendTimeNanos: field(f.sendTime?.nanos),
    sessionOffset: s?.offset ?? 0,
    sessionWidth: s?.size ?? 0,
    sessionShift: s?.bits?.[0] ?? 0,
    sessionMask: s?.bits === undefined ? NO_LIMIT : (1n << BigInt(s.bits[1])) - 1n,
    sessionBigEndian: s?.type === 'text' || (s?.byteOrder ?? f.byteOrder) === 'big',
    sessionOrdered: s?.ordered ?? false,
    numbering: f.numbering,
    zeroIsUnsequenced: f.zeroIsUnsequenced,
    manyPackets: f.manyPackets,
    wrapMax: BigInt(f.wrap.max),
    wrapFirst: BigInt(f.wrap.first),
    kinds: f.kinds.map((k) => compileKind(k, f)),
    controls: f.controls.map((c) => compileControl(c, f)),
    item: field(f.item?.key),
    itemNumber: field(f.item?.number),
    messageLength: field(m.lengthFrom === 'field' ? m.length : undefined),
    messageLengthAdd: m.length?.excludes ?? 0,
    messagePrefix: m.prefix,
    messageTrailer: m.trailer,
    messageAlign: m.align,
    messageDelimiter: m.lengthFrom === 'delimiter' && m.delimiter !== undefined ? m.delimiter : -1,
    messageTable: m.lengthFrom === 'table',
    fix: f.fix,
    restarts: f.restarts,
  };
}

export function resolveFraming(
  framing: string | object | undefined,
  feed: Framing | undefined,
  where: string,
): Framing {
  if (framing === 'feed' && feed !== undefined) return feed;
  if (typeof framing === 'string') {
    const found = findFraming(framing);
    if (found !== undefined) return found;
    throw fault(
      'VW_FRAMING_UNKNOWN',
      `${where}: there is no framing '${framing}'`,
      '`venuewire list framings` shows them; or write the record inline.',
    );
  }
  const made = completed.get(framing as object) ?? completeFraming(framing as Framing);
  completed.set(framing as object, made);
  return made;
}
/** One framing for one record, so that it is written once. */
const completed = new WeakMap<object, Framing>();
