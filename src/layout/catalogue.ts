import { CONTRACT, PART_KIND, type Reading } from '../contract.js';
import { assertSound } from './check.js';
import type { Decoder } from './decoder.js';
import { headerField, type PlanField, type PlanPart, type PlanRecord } from './plan.js';
import {
  writeCatalogueField,
  writeCatalogueGroup,
  writeCatalogueHead,
  writeCatalogueMessage,
  writeCatalogueRecord,
  writeInstrumentPlace,
  writeTypePlace,
} from './records.js';
import { SpecWriter } from './spec.js';
import { Fnv1a64 } from './walk.js';

/**
 * The table in the form that the native core works from: message types, lengths, instrument keys, and for each message
 * its parts in wire order, so that the core walks a message as `walk` does.
 * @throws VenuewireError `VW_LAYOUT_…` when the table is not sound.
 */
export function compileCatalogue(decoder: Decoder): Uint8Array {
  assertSound(decoder);
  const w = new SpecWriter();
  const types = decoder.messageType.map((name) => headerField(decoder, decoder.headerPlan, name));
  w.u32(CONTRACT);
  w.text(decoder.id);
  w.list(types, (t) => {
    writeTypePlace(w, { at: t.at, size: t.size, big: t.wire === 'uint' ? t.big : true });
  });
  const block = decoder.sbe && headerField(decoder, decoder.headerPlan, decoder.sbe.blockLength);
  // The version of a message: where the header has it, else the one of every message.
  const first = decoder.names.length > 0 ? decoder.plan(0) : undefined;
  writeCatalogueHead(w, {
    longerTolerated: decoder.longer === 'tolerated',
    hasBlock: block !== undefined,
    headerSize: decoder.headerPlan.fixedEnd,
    blockAt: block?.at ?? 0,
    blockSize: block?.size ?? 0,
    blockBig: block?.big ?? false,
    versionAt: first?.versionField?.at ?? 0,
    versionSize: first?.versionField?.size ?? 0,
    versionBig: first?.versionField?.big ?? false,
    version: first?.version ?? 0,
  });
  const codes = decoder.codes();
  const wide = types.reduce((n, t) => n + t.size, 0) > 2;
  w.list(decoder.names, (name) => {
    const plan = decoder.plan(decoder.names.indexOf(name));
    writeCatalogueMessage(w, { name, minLength: plan.minLength, maxLength: plan.maxLength });
    w.list(
      [...codes].filter(([, index]) => index === plan.index),
      ([code]) => {
        if (wide) w.u64(code);
        else w.u16(code);
      },
    );
    const field = instrumentField(decoder, plan.record);
    writeInstrumentPlace(w, {
      present: field !== undefined,
      at: field?.at ?? 0,
      size: field?.size ?? 0,
      isText: field !== undefined && isText(field),
      big: field?.big ?? false,
    });
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

const NO_REGISTER = 0xffff;

function writeRecord(w: SpecWriter, record: PlanRecord): void {
  writeCatalogueRecord(w, record);
  w.list(record.parts, (part) => {
    writePart(w, part);
  });
}

/** How a register takes its field's bytes. */
function reading(p: PlanField): Reading {
  return p.wire === 'digits' ? 'digits' : p.wire === 'int' ? 'signedBits' : 'unsignedBits';
}

function writeField(w: SpecWriter, p: PlanField): void {
  writeCatalogueField(w, {
    at: p.at < 0 ? 0xffff_ffff : p.at,
    size: p.size,
    slot: p.slot < 0 ? NO_REGISTER : p.slot,
    reading: reading(p),
    big: p.big || p.wire === 'char' || p.wire === 'text',
    since: p.since,
    hasNull: p.nullBits !== undefined,
    nullBits: p.nullBits ?? 0n,
  });
}

function writePart(w: SpecWriter, part: PlanPart): void {
  w.u8(PART_KIND.indexOf(part.kind));
  if (part.kind === 'field') {
    writeField(w, part);
    return;
  }
  w.u32(part.at < 0 ? 0xffff_ffff : part.at);
  switch (part.kind) {
    case 'group': {
      const { count } = part;
      writeCatalogueGroup(w, {
        countKind: count.kind,
        count: count.kind === 'fixed' ? count.count : 0,
        slot: count.kind === 'field' || count.kind === 'untilLength' ? count.field.slot : NO_REGISTER,
      });
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
