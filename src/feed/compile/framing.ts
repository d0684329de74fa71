/** Framings in the form of the native core: `FramingSpec::parse` in native/core/framing.cpp reads what is written here. */
import { HEARTBEAT_NUMBER, NUMBERING, PACKET_KIND } from '../../contract.js';
import { type ErrorCode, VenuewireError } from '../../errors.js';
import type { SpecWriter } from '../../layout/spec.js';
import { completeFraming, type Framing, textValue } from '../../patterns/framing.js';
import { findFraming } from '../../patterns/framings.js';
import { NO_LIMIT, UNIT_NS } from './names.js';

export const fault = (code: ErrorCode, message: string, hint: string): VenuewireError =>
  new VenuewireError(code, message, hint);

export interface Place {
  readonly offset: number;
  readonly size: number;
  readonly type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
  readonly byteOrder?: 'big' | 'little' | undefined;
  readonly bits?: readonly [number, number] | undefined;
}

export function writeField(w: SpecWriter, f: Place | undefined, order: 'big' | 'little'): void {
  const big = (f?.byteOrder ?? order) === 'big';
  const mask = f?.bits === undefined ? NO_LIMIT : (1n << BigInt(f.bits[1])) - 1n;
  w.u16(f?.offset ?? 0)
    .u8(f?.size ?? 0)
    .u8(
      (f !== undefined && big ? 1 : 0) |
        (f?.type === 'digits' ? 2 : f?.type === 'tag' ? 4 : f?.type === 'tagText' ? 12 : 0),
    )
    .u8(f?.bits?.[0] ?? 0)
    .u64(BigInt.asUintN(64, mask));
}

/** The place of a condition that may be on a FIX tag. */
export const conditionPlace = (
  c: Place & { readonly tag?: number | undefined; readonly equals: number | string },
): Place =>
  c.tag === undefined ? c : { offset: c.tag, size: 1, type: typeof c.equals === 'string' ? 'tagText' : 'tag' };

/** A field and the value that it must have; text is compared in the order of its bytes. */
export function writeCondition(w: SpecWriter, f: Place, equals: number | string, order: 'big' | 'little'): void {
  const text = typeof equals === 'string';
  writeField(w, text ? { ...f, byteOrder: 'big' } : f, order);
  w.u64(text ? textValue(f.type === 'tagText' ? equals : equals.padEnd(f.size)) : BigInt(equals));
}

/** Writes a framing as `FramingSpec::parse` in native/core/framing.cpp reads it. */
export function writeFraming(w: SpecWriter, f: Framing): void {
  const order = f.byteOrder;
  const field = (x: Place | undefined): void => writeField(w, x, order);
  w.u16(f.headerLength).u16(f.shortestPacket);
  field(f.packetLength);
  w.u32((f.packetLength?.excludes ?? 0) >>> 0);
  field(f.sequence);
  field(f.sequenceHigh);
  field(f.count);
  field(f.channel);
  field(f.sendTime);
  w.u32(UNIT_NS[f.sendTime?.unit ?? 'ns']);
  field(f.sendTime?.nanos);
  const s = f.session;
  w.u16(s?.offset ?? 0)
    .u8(s?.size ?? 0)
    .u8(s?.bits?.[0] ?? 0)
    .u64(s?.bits === undefined ? NO_LIMIT : (1n << BigInt(s.bits[1])) - 1n)
    .flag(s?.type === 'text' || (s?.byteOrder ?? order) === 'big')
    .flag(s?.ordered ?? false);
  w.u8(NUMBERING.indexOf(f.numbering)).flag(f.zeroIsUnsequenced).flag(f.manyPackets);
  w.u64(BigInt(f.wrap.max)).u64(BigInt(f.wrap.first));
  w.list(f.kinds, (k) => {
    const place =
      k.when.field === undefined ? conditionPlace(k.when as Place & typeof k.when) : (f[k.when.field] as Place);
    writeCondition(w, k.when.bits === undefined ? place : { ...place, bits: k.when.bits }, k.when.equals, order);
    if (k.and === undefined) {
      field(undefined);
      w.u64(0);
    } else writeCondition(w, conditionPlace(k.and), k.and.equals, order);
    w.u8(PACKET_KIND.indexOf(k.is)).u8(HEARTBEAT_NUMBER.indexOf(k.number));
  });
  w.list(f.controls, (c) => {
    writeCondition(w, conditionPlace(c.when), c.when.equals, order);
    if (c.and === undefined) {
      field(undefined);
      w.u64(0);
    } else writeCondition(w, conditionPlace(c.and), c.and.equals, order);
    w.u8(PACKET_KIND.indexOf(c.is)).u8(HEARTBEAT_NUMBER.indexOf(c.number));
    field(c.next);
    field(c.last);
    w.u8(c.lastIs === 'next' ? 0xff : 0).flag(c.counted);
  });
  field(f.item?.key);
  field(f.item?.number);
  const m = f.message;
  field(m.lengthFrom === 'field' ? m.length : undefined);
  w.u32((m.length?.excludes ?? 0) >>> 0);
  w.u16(m.prefix).u16(m.trailer).u8(m.align);
  w.u16(m.lengthFrom === 'delimiter' && m.delimiter !== undefined ? m.delimiter : 0xffff);
  w.flag(m.lengthFrom === 'table')
    .flag(f.fix)
    .flag(f.restarts);
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
