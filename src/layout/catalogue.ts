import { assertSound } from './check.js';
import type { Decoder } from './decoder.js';
import { headerField, type PlanField, type PlanPart, type PlanRecord } from './plan.js';
import { SpecWriter } from './spec.js';
import { Fnv1a64 } from './walk.js';

/** Of the compiled form; native/core/catalogue.hpp has the same. */
export const CATALOGUE_VERSION = 2;

/**
 * The table in the form that the native core works from: message types, lengths, instrument keys, and for each message
 * its parts in wire order, so that the core walks a message as `walk` does.
 * @throws VenuewireError `VW_LAYOUT_…` when the table is not sound.
 */
export function compileCatalogue(decoder: Decoder): Uint8Array {
  assertSound(decoder);
  const w = new SpecWriter();
  const types = decoder.messageType.map((name) => headerField(decoder, decoder.headerPlan, name));
  w.u16(CATALOGUE_VERSION);
  w.text(decoder.id);
  w.list(types, (t) => {
    w.u16(t.at)
      .u8(t.size)
      .flag(t.wire === 'uint' ? t.big : true);
  });
  w.flag(decoder.longer === 'tolerated');
  const block = decoder.sbe && headerField(decoder, decoder.headerPlan, decoder.sbe.blockLength);
  w.flag(block !== undefined);
  w.u16(decoder.headerPlan.fixedEnd);
  w.u16(block?.at ?? 0)
    .u8(block?.size ?? 0)
    .flag(block?.big ?? false);
  // The version of a message: where the header has it, else the one of every message.
  const first = decoder.names.length > 0 ? decoder.plan(0) : undefined;
  w.u16(first?.versionField?.at ?? 0)
    .u8(first?.versionField?.size ?? 0)
    .flag(first?.versionField?.big ?? false)
    .u32(first?.version ?? 0);
  const codes = decoder.codes();
  const wide = types.reduce((n, t) => n + t.size, 0) > 2;
  w.list(decoder.names, (name) => {
    const plan = decoder.plan(decoder.names.indexOf(name));
    w.text(name);
    w.u32(plan.minLength).u32(plan.maxLength);
    w.list(
      [...codes].filter(([, index]) => index === plan.index),
      ([code]) => {
        if (wide) w.u64(code);
        else w.u16(code);
      },
    );
    const field = instrumentField(decoder, plan.record);
    w.flag(field !== undefined)
      .u32(field?.at ?? 0)
      .u32(field?.size ?? 0)
      .flag(field !== undefined && isText(field))
      .flag(field?.big ?? false);
    w.u16(plan.registers);
    writeRecord(w, plan.record);
  });
  return w.finish();
}

/** The field of a message that tells its instrument, where it has one at a fixed place. */
function instrumentField(decoder: Decoder, record: PlanRecord): PlanField | undefined {
  for (const name of decoder.instrument) {
    const part = record.byName.get(name);
    if (part?.kind === 'field' && part.at >= 0 && record.parts.indexOf(part) < record.firstDynamic) return part;
  }
  return undefined;
}

const isText = (p: PlanField): boolean => p.wire !== 'uint' && p.wire !== 'int';

/**
 * The key by which the native core selects an instrument: of a number its bits, of a text its characters without padding,
 * filled up with spaces to 8, most significant first; of a longer text the FNV-1a of its characters.
 */
export function instrumentKey(decoder: Decoder, value: string | number | bigint): bigint {
  if (typeof value !== 'string') {
    for (let i = 0; i < decoder.names.length; i++) {
      const p = instrumentField(decoder, decoder.plan(i).record);
      if (p !== undefined) return BigInt.asUintN(8 * Math.min(p.size, 8), BigInt(value));
    }
    return BigInt.asUintN(64, BigInt(value));
  }
  const characters = value.replace(/[ \0]+$/, '');
  if (characters.length > 8) {
    const hash = new Fnv1a64();
    for (let i = 0; i < characters.length; i++) hash.byte(characters.charCodeAt(i) & 255);
    return hash.value;
  }
  let key = 0n;
  for (let i = 0; i < 8; i++) key = (key << 8n) | BigInt(i < characters.length ? characters.charCodeAt(i) & 255 : 0x20);
  return key;
}

const PART = { field: 0, group: 1, data: 2, when: 3 } as const;
const COUNT = { fixed: 0, field: 1, toEnd: 2, untilLength: 3, dimension: 4 } as const;
const NO_REGISTER = 0xffff;

function writeRecord(w: SpecWriter, record: PlanRecord): void {
  w.flag(record.block);
  w.u32(record.fixedEnd);
  w.u32(record.firstDynamic);
  w.list(record.parts, (part) => {
    writePart(w, part);
  });
}

/** How a register takes its field's bytes: 0 unsigned, 1 signed, 2 a number in ASCII. */
function reading(p: PlanField): number {
  return p.wire === 'digits' ? 2 : p.wire === 'int' ? 1 : 0;
}

function writeField(w: SpecWriter, p: PlanField): void {
  w.u32(p.at < 0 ? 0xffff_ffff : p.at)
    .u32(p.size)
    .u16(p.slot < 0 ? NO_REGISTER : p.slot)
    .u8(reading(p))
    .flag(p.big || p.wire === 'char' || p.wire === 'text')
    .u32(p.since)
    .flag(p.nullBits !== undefined)
    .u64(p.nullBits ?? 0n);
}

function writePart(w: SpecWriter, part: PlanPart): void {
  w.u8(PART[part.kind]);
  if (part.kind === 'field') {
    writeField(w, part);
    return;
  }
  w.u32(part.at < 0 ? 0xffff_ffff : part.at);
  switch (part.kind) {
    case 'group': {
      const { count } = part;
      w.u8(COUNT[count.kind]);
      w.u32(count.kind === 'fixed' ? count.count : 0);
      w.u16(count.kind === 'field' || count.kind === 'untilLength' ? count.field.slot : NO_REGISTER);
      if (count.kind === 'dimension') {
        w.u32(count.size);
        writeField(w, count.block);
        writeField(w, count.number);
      }
      w.u32(part.size);
      w.u32(part.since);
      writeRecord(w, part.record);
      break;
    }
    case 'data':
      w.u32(part.since);
      w.flag(part.prefix !== undefined);
      if (part.prefix !== undefined) writeField(w, part.prefix);
      else w.u16(part.from?.field.slot ?? NO_REGISTER).u64(BigInt(part.from?.add ?? 0));
      break;
    case 'when':
      w.u16(part.on.slot).u8(Math.min(part.on.size, 8));
      w.flag(part.above !== undefined).u64(part.above ?? 0n);
      w.list(part.is ?? [], (value) => {
        w.u64(value);
      });
      writeRecord(w, part.record);
      break;
  }
}
