/**
 * Compiles a venue into what the native core executes: `SessionSpec::parse` in native/core/session.cpp reads exactly what
 * is written here. Credentials are resolved here and nowhere else, and end up in the compiled bytes only.
 */
import { VenuewireError } from '../errors.js';
import { compileCatalogue, type Decoder, instrumentKey } from '../layout/index.js';
import type { PlanField, PlanPart, PlanRecord } from '../layout/plan.js';
import { SpecWriter } from '../layout/spec.js';
import { type Credentials, resolveCredential } from '../patterns/credentials.js';
import { completeFraming, type Framing, textValue } from '../patterns/framing.js';
import { findFraming, framingOf } from '../patterns/framings.js';
import { type Network, noEngine } from '../patterns/network.js';
import type { Recovery } from '../patterns/recovery.js';
import type { Snapshot } from '../patterns/snapshot.js';
import type { Stream } from '../patterns/stream.js';
import type { Envelope, Outgoing, TableMessage, Value } from '../patterns/table.js';
import { nanoseconds, splitEndpoint } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';

export type { Venue } from '../patterns/venue.js';

/** Of the compiled form; kSpecVersion in native/core/session.hpp is the same. */
export const SPEC_VERSION = 2;

/** Which messages cross into JavaScript; what is not said lets everything through. */
export interface Selection {
  /** Names of messages; others do not cross. */
  readonly messages?: readonly string[] | undefined;
  /** false: messages of types that the decoder does not know do not cross. */
  readonly unknown?: boolean | undefined;
  /**
   * Text: symbols; where the decoder's instrument field is a number, it is learnt from the venue's `directory`. Numbers:
   * values of that field. Messages without an instrument always cross.
   */
  readonly instruments?: readonly (string | number | bigint)[] | undefined;
}

export interface CompileOptions {
  readonly select?: Selection | undefined;
  /** The packets come from a capture: lines that no socket can be opened for are taken by their address. */
  readonly capture?: boolean | undefined;
  /** Parts of the venue's `window`, instead. */
  readonly window?: Partial<Venue['window']> | undefined;
}

export interface CompiledLine {
  readonly name: string;
  /** Index of the line: the `line` of the native calls. */
  readonly index: number;
  /** Index of its channel; −1: told apart by the framing's channel field. */
  readonly channel: number;
  readonly role: 'live' | 'retransmission' | 'snapshot';
  readonly network: Network;
  /** `group:port`, where the line has one. */
  readonly address?: string | undefined;
}

/** A venue in the form of the native core. Printing it shows no credentials: the bytes are not a property. */
export class CompiledVenue {
  readonly #spec: Uint8Array;
  constructor(
    readonly name: string,
    readonly decoder: Decoder,
    /** Of the feed. */
    readonly framing: Framing,
    readonly channels: readonly { readonly name: string; readonly key: bigint }[],
    readonly lines: readonly CompiledLine[],
    /** By requester index. */
    readonly requesters: readonly {
      readonly name: string;
      readonly servers: readonly string[];
      readonly transport: 'udp' | 'tcp' | 'tls';
    }[],
    spec: Uint8Array,
  ) {
    this.#spec = spec;
  }
  /** The compiled declaration. It holds the credentials: hand it to the core and to nobody else. */
  get spec(): Uint8Array {
    return this.#spec;
  }
  /** What may be shown: no bytes, no credentials. */
  toJSON(): object {
    const { name, decoder, framing, lines, requesters } = this;
    const channels = this.channels.map((c) => ({ name: c.name, key: String(c.key) }));
    return { name, decoder: decoder.id, framing: framing.id, channels, lines, requesters };
  }
}

const KIND = ['data', 'heartbeat', 'endOfSession', 'reset', 'unsequenced', 'ignore', 'unavailable', 'compressed'];
const NUMBER = ['none', 'next', 'last', 'numbered'];
const NUMBERING = ['message', 'packet', 'none'];
const JOIN = ['live', 'beginning', 'snapshot'];
const ROLE = ['live', 'retransmission', 'snapshot'];
const SNAPSHOT_FROM: readonly string[] = ['request', 'loop', 'requestOnLines'];
const SNAPSHOT_COUNT: readonly string[] = ['channel', 'item'];
const SNAPSHOT_NUMBER = { before: 0, after: 1, everyPacket: 2, everyInstrument: 2 } as const;
const RUNG = ['waitForOtherLine', 'request', 'snapshot'];
const LIFECYCLE = ['keep', 'serverCloses', 'clientCloses'];
const VARIABLE = [
  'begin',
  'last',
  'end',
  'count',
  'session',
  'channel',
  'correlation',
  'clientSequence',
  'image',
  'time',
  'echo',
  'asked',
];
export const OUTCOME = ['accepted', 'retry', 'unavailable', 'nextServer', 'giveUp', 'wait'];
/** Reply actions and outcomes in the order of the core. */
export const ACTION = [
  'ignore',
  'loginAccepted',
  'loginRejected',
  'status',
  'begin',
  'complete',
  'message',
  'packet',
  'unavailable',
  'answer',
  'echo',
  'goodbye',
  'snapshotNumber',
  'snapshotEnd',
  'image',
  'snapshotMessage',
  'snapshotBegin',
  'snapshotItem',
  'sessionEnd',
  'answerNumber',
];
const ENCODING = {
  uintBig: 0,
  uintLittle: 1,
  digitsLeftBlank: 2,
  digitsLeftZero: 3,
  raw: 4,
  fixField: 5,
  fixTime: 6,
} as const;
const UNIT_NS = { ns: 1, us: 1_000, ms: 1_000_000, s: 1_000_000_000 } as const;
const NO_LIMIT = 0xffff_ffff_ffff_ffffn;
const LINES_MAX = 16;

const fault = (code: string, message: string, hint: string): VenuewireError => new VenuewireError(code, message, hint);

interface Place {
  readonly offset: number;
  readonly size: number;
  readonly type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
  readonly byteOrder?: 'big' | 'little' | undefined;
  readonly bits?: readonly [number, number] | undefined;
}

function writeField(w: SpecWriter, f: Place | undefined, order: 'big' | 'little'): void {
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
const conditionPlace = (c: Place & { readonly tag?: number | undefined; readonly equals: number | string }): Place =>
  c.tag === undefined ? c : { offset: c.tag, size: 1, type: typeof c.equals === 'string' ? 'tagText' : 'tag' };

/** A field and the value that it must have; text is compared in the order of its bytes. */
function writeCondition(w: SpecWriter, f: Place, equals: number | string, order: 'big' | 'little'): void {
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
    w.u8(KIND.indexOf(k.is)).u8(NUMBER.indexOf(k.number));
  });
  w.list(f.controls, (c) => {
    writeCondition(w, conditionPlace(c.when), c.when.equals, order);
    if (c.and === undefined) {
      field(undefined);
      w.u64(0);
    } else writeCondition(w, conditionPlace(c.and), c.and.equals, order);
    w.u8(KIND.indexOf(c.is)).u8(NUMBER.indexOf(c.number));
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

/** Everything that compiling one requester needs to know. */
interface Context {
  readonly where: string;
  readonly feed: Framing;
  readonly credentials: Credentials;
  readonly parameters: Readonly<Record<string, string | number>>;
}

interface Patch {
  readonly offset: number;
  readonly width: number;
  readonly encoding: number;
  readonly variable: number;
  readonly add: number;
}
interface Template {
  readonly bytes: Uint8Array;
  readonly patches: readonly Patch[];
  readonly fix: boolean;
  /** The most that its count field can hold. */
  readonly countMax: bigint;
}
const NO_TEMPLATE: Template = { bytes: new Uint8Array(0), patches: [], fix: false, countMax: NO_LIMIT };

const isVariable = (v: Value): v is Extract<Value, { variable: unknown }> => typeof v === 'object' && 'variable' in v;
const isParameter = (v: Value): v is Extract<Value, { parameter: unknown }> =>
  typeof v === 'object' && 'parameter' in v;
const isCredential = (v: Value): v is Extract<Value, { credential: unknown }> =>
  typeof v === 'object' && 'credential' in v;

function tableOf(table: string | Decoder, where: string): Decoder {
  if (typeof table !== 'string') return table;
  throw fault(
    'VW_VENUE_UNRESOLVED',
    `${where}: the table '${table}' has not been loaded`,
    "Open it with openFeed, or pass it through resolveVenue of 'venuewire/venues/load'.",
  );
}

const recordOf = (decoder: Decoder, name: string): PlanRecord => decoder.plan(decoder.indexOf(name)).record;

/** A field at a fixed place; `group.field` is that of the group's first entry. */
function fieldOf(decoder: Decoder, name: string, field: string, where: string): PlanField {
  const record = recordOf(decoder, name);
  const [outer, inner] = field.split('.') as [string, string | undefined];
  const part = record.byName.get(outer);
  if (inner === undefined && part?.kind === 'field' && part.at >= 0) return part;
  const entry =
    inner !== undefined && part?.kind === 'group' && part.at >= 0 ? part.record.byName.get(inner) : undefined;
  if (part?.kind === 'group' && entry?.kind === 'field' && entry.at >= 0) return { ...entry, at: part.at + entry.at };
  throw fault(
    'VW_VENUE_FIELD',
    `${where}: ${decoder.id} ${name} has no field '${field}' at a fixed place`,
    `Its fields are ${[...record.byName.keys()].join(', ')}.`,
  );
}

const placeOf = (p: PlanField, shift = 0): Place => ({
  offset: p.at + shift,
  size: p.size,
  type: p.wire === 'digits' ? 'digits' : 'uint',
  byteOrder: p.big || (p.wire !== 'uint' && p.wire !== 'int') ? 'big' : 'little',
});

function patchOf(p: PlanField, v: Extract<Value, { variable: unknown }>, shift: number, where: string): Patch {
  const raw = v.variable === 'session' && (p.wire === 'text' || p.wire === 'bytes');
  const pad = p.field?.data.pad ?? (p.wire === 'digits' ? 'zero' : 'space');
  let encoding: number;
  if (raw) encoding = ENCODING.raw;
  else if (p.wire === 'uint' || p.wire === 'int' || p.wire === 'char')
    encoding = p.big ? ENCODING.uintBig : ENCODING.uintLittle;
  else if (p.wire === 'digits' || p.wire === 'text') {
    encoding = pad === 'zero' ? ENCODING.digitsLeftZero : ENCODING.digitsLeftBlank;
  } else {
    throw fault(
      'VW_VENUE_VARIABLE',
      `${where}: '${p.name}' cannot hold the variable '${v.variable}'`,
      'Use a number or text field.',
    );
  }
  return { offset: p.at + shift, width: p.size, encoding, variable: VARIABLE.indexOf(v.variable), add: v.add ?? 0 };
}

function compileOutgoing(outgoing: Outgoing | undefined, c: Context): Template {
  if (outgoing === undefined) return NO_TEMPLATE;
  if ('fix' in outgoing) return compileFix(outgoing.fix, c);
  if ('packet' in outgoing) {
    const patches: Patch[] = [];
    const bytes = envelope(outgoing.packet, c, patches).wrap(new Uint8Array(0));
    return { ...NO_TEMPLATE, bytes, patches };
  }
  return compileMessage(outgoing, c);
}

function compileFix(tags: readonly (readonly [number, Value])[], c: Context): Template {
  const bytes: number[] = [];
  const patches: Patch[] = [];
  const put = (text: string): void => {
    for (const b of Buffer.from(text, 'latin1')) bytes.push(b);
  };
  if (tags.some(([tag], i) => tag === 9 || tag === 10 || (tag === 8 && i > 0))) {
    throw fault(
      'VW_VENUE_FIX',
      `${c.where}: in a FIX message tag 8 may only come first, and 9 and 10 are left out`,
      'Correct the tags.',
    );
  }
  for (const [tag, v] of tags) {
    put(`${tag}=`);
    if (isVariable(v)) {
      if (v.variable === 'session') {
        throw fault('VW_VENUE_VARIABLE', `${c.where}: tag ${tag} cannot hold the variable 'session'`, 'Use a number.');
      }
      patches.push({
        offset: bytes.length,
        width: 0,
        encoding: v.variable === 'time' ? ENCODING.fixTime : ENCODING.fixField,
        variable: VARIABLE.indexOf(v.variable),
        add: v.add ?? 0,
      });
    } else if (isCredential(v)) {
      const secret = resolveCredential(c.credentials, v.credential);
      if (secret.includes('\x01'))
        throw fault(
          'VW_CREDENTIAL_FIELD',
          `${c.where}: the credential for tag ${tag} holds a separator`,
          'Correct it.',
        );
      put(secret);
    } else put(String(isParameter(v) ? parameterOf(v.parameter, c) : v));
    put('\x01');
  }
  return { bytes: Uint8Array.from(bytes), patches, fix: true, countMax: NO_LIMIT };
}

function parameterOf(name: string, c: Context): string | number {
  const value = c.parameters[name];
  if (value !== undefined) return value;
  throw fault(
    'VW_VENUE_PARAMETER',
    `${c.where}: the pattern needs the parameter '${name}'`,
    `Give the rung parameters: { ${name}: … }.`,
  );
}

function compileMessage(m: TableMessage, c: Context): Template {
  const decoder = tableOf(m.table, c.where);
  const where = `${c.where}: ${m.message}`;
  const record = recordOf(decoder, m.message);
  const patches: Patch[] = [];
  let countMax = NO_LIMIT;
  let secret = false;
  const head = envelope(m.in, c, patches);
  const fill = (part: PlanPart | undefined, name: string, v: Value, shift: number): unknown => {
    if (isVariable(v)) {
      if (part?.kind !== 'field' || part.at < 0) {
        const names = [...record.byName.keys()].join(', ');
        throw fault('VW_VENUE_FIELD', `${where} has no field '${name}' at a fixed place`, `Its fields are ${names}.`);
      }
      patches.push(patchOf(part, v, shift, where));
      if (v.variable === 'count') {
        const decimal = part.wire === 'digits' || part.wire === 'text';
        countMax = decimal ? 10n ** BigInt(part.size) - 1n : (1n << BigInt(8 * part.size)) - 1n;
      }
      return undefined;
    }
    if (isParameter(v)) return parameterOf(v.parameter, c);
    if (!isCredential(v)) return v;
    if (part?.kind !== 'data' && !(part?.kind === 'field' && part.wire === 'text')) {
      throw fault(
        'VW_CREDENTIAL_FIELD',
        `${where}: '${name}' is not a text field`,
        'Put credentials into text fields.',
      );
    }
    secret = true;
    return resolveCredential(c.credentials, v.credential);
  };
  const values: Record<string, unknown> = {};
  for (const [name, v] of Object.entries(m.values)) {
    const part = record.byName.get(name);
    if (!Array.isArray(v)) {
      values[name] = fill(part, name, v, head.length);
      continue;
    }
    if (part?.kind !== 'group' || part.at < 0) {
      throw fault('VW_VENUE_FIELD', `${where} has no group '${name}' at a fixed place`, 'Give a list only to a group.');
    }
    values[name] = v.map((entry, i) =>
      Object.fromEntries(
        Object.entries(entry).map(([field, x]) => {
          const at = head.length + part.at + i * part.size;
          return [field, fill(part.record.byName.get(field), `${name}.${field}`, x, at)];
        }),
      ),
    );
  }
  let body: Uint8Array;
  try {
    body = decoder.encode(m.message, values);
  } catch (cause) {
    if (!secret) throw cause;
    // The encoder's words may repeat a value.
    const code = cause instanceof VenuewireError ? cause.code : 'VW_ENCODE';
    throw fault(
      code,
      `${where}: a credential or another value does not fit its field`,
      'Compare their lengths with the table.',
    );
  }
  return { bytes: head.wrap(body), patches, fix: false, countMax };
}

/** The packet that a message to a server travels in. */
function envelope(
  e: Envelope | undefined,
  c: Context,
  patches: Patch[],
): { length: number; wrap: (body: Uint8Array) => Uint8Array } {
  if (e === undefined) return { length: 0, wrap: (body) => body };
  const f = resolveFraming(e.framing, c.feed, c.where);
  const length = f.headerLength + f.message.prefix;
  const fill = (p: Place, v: Extract<Value, { variable: unknown }>): void => {
    const big = (p.byteOrder ?? f.byteOrder) === 'big';
    patches.push({
      offset: p.offset,
      width: p.size,
      encoding: p.type === 'digits' ? ENCODING.digitsLeftZero : big ? ENCODING.uintBig : ENCODING.uintLittle,
      variable: VARIABLE.indexOf(v.variable),
      add: v.add ?? 0,
    });
  };
  if (f.sequence !== undefined && e.sequence !== undefined && isVariable(e.sequence)) fill(f.sequence, e.sequence);
  for (const s of e.set) if (typeof s.value === 'object') fill(s, s.value);
  return {
    length,
    wrap: (body) => {
      const empty = body.length === 0;
      const all = new Uint8Array(empty ? f.shortestPacket : length + body.length + f.message.trailer);
      const put = (p: Place | undefined, value: bigint): void => {
        if (p === undefined) return;
        const big = (p.byteOrder ?? f.byteOrder) === 'big';
        for (let i = 0; i < p.size; i++)
          all[p.offset + (big ? p.size - 1 - i : i)] = Number((value >> BigInt(8 * i)) & 255n);
      };
      put(f.packetLength, BigInt(all.length - (f.packetLength?.excludes ?? 0)));
      if (!empty) put(f.count, 1n);
      if (typeof e.sequence === 'number' || typeof e.sequence === 'bigint') put(f.sequence, BigInt(e.sequence));
      for (const s of e.set) if (typeof s.value !== 'object') put(s, BigInt(s.value));
      if (empty) return all;
      if (f.message.prefix > 0 && f.message.length !== undefined) {
        const step = all.length - f.headerLength;
        put(
          { ...f.message.length, offset: f.headerLength + f.message.length.offset },
          BigInt(step - f.message.length.excludes),
        );
      }
      all.set(body, length);
      if (f.message.delimiter !== undefined) all[all.length - 1] = f.message.delimiter;
      return all;
    },
  };
}

function writeTemplate(w: SpecWriter, t: Template): void {
  w.bytes(t.bytes).flag(t.fix);
  w.list(t.patches, (p) => {
    w.u16(p.offset).u8(p.width).u8(p.encoding).u8(p.variable).u64(p.add);
  });
}

interface Condition {
  readonly place: Place;
  readonly value: bigint;
}

/** The ways in which a message's type fields can say that it is this message. */
function typeConditions(decoder: Decoder, name: string, shift: number, where: string): Condition[] {
  const plan = decoder.plan(decoder.indexOf(name));
  const types = decoder.messageType.map((t) => fieldOf(decoder, name, t, where));
  const first = types[0];
  if (first === undefined) return [];
  let end = first.at;
  for (const t of types) {
    if (t.at !== end || (types.length > 1 && t.size > 1)) {
      throw fault(
        'VW_VENUE_REPLY',
        `${where}: the type fields of ${decoder.id} do not lie side by side`,
        'Name another message.',
      );
    }
    end += t.size;
  }
  const place: Place =
    types.length === 1 ? placeOf(first, shift) : { offset: first.at + shift, size: end - first.at, byteOrder: 'big' };
  return plan.codes.map((code) => ({ place, value: BigInt(code) }));
}

function conditionOf(when: NonNullable<Reply['when']>): Condition {
  const { offset, size, equals } = when;
  if (when.tag !== undefined) {
    return { place: conditionPlace(when), value: typeof equals === 'string' ? textValue(equals) : BigInt(equals) };
  }
  if (typeof equals === 'string')
    return { place: { offset, size, byteOrder: 'big' }, value: textValue(equals.padEnd(size)) };
  return { place: { offset, size, byteOrder: when.byteOrder ?? 'little' }, value: BigInt(equals) };
}

function valueConditions(on: NonNullable<Reply['on']>, decoder: Decoder, shift: number, where: string): Condition[] {
  return Object.entries(on.values).map(([name, v]) => {
    const p = fieldOf(decoder, on.message, name, where);
    return { place: placeOf(p, shift), value: typeof v === 'string' ? textValue(v.padEnd(p.size)) : BigInt(v) };
  });
}

type Reply = Recovery['replies'][number];

/** A message that a rule looks for, from byte `shift` on. */
class Sought {
  readonly #table: Decoder;
  readonly #message: string;
  constructor(
    on: NonNullable<Reply['on']>,
    readonly shift: number,
    readonly where: string,
  ) {
    this.#table = tableOf(on.table, where);
    this.#message = on.message;
    this.types = typeConditions(this.#table, on.message, shift, where);
    this.values = valueConditions(on, this.#table, shift, where);
    this.isPacket = this.#table.framing === 'stream';
  }
  readonly types: readonly Condition[];
  readonly values: readonly Condition[];
  /** The table describes whole packets of a stream. */
  readonly isPacket: boolean;

  field(name: string): PlanField {
    return fieldOf(this.#table, this.#message, name, this.where);
  }
  /** Where the part of that name begins. */
  begin(name: string): number {
    const part = recordOf(this.#table, this.#message).byName.get(name);
    return part !== undefined && part.at >= 0 ? part.at : this.field(name).at;
  }
}

/** One declared reply is one rule for each code that its message has. */
function compileReply(r: Reply, inclusive: boolean, where: string): ((w: SpecWriter) => void)[] {
  const wrong = (what: string, hint: string): VenuewireError => fault('VW_VENUE_REPLY', `${where}: ${what}`, hint);
  const outer = r.on === undefined ? undefined : new Sought(r.on, 0, where);
  if (outer !== undefined && r.when !== undefined) throw wrong("has both 'on' and 'when'", 'Leave one out.');
  if (outer === undefined && (r.holding ?? r.payload ?? r.session) !== undefined) {
    throw wrong("'holding', 'payload' and 'session' need 'on'", 'Name the message that they are parts of.');
  }
  const payload = r.payload === undefined || outer === undefined ? 0 : outer.begin(r.payload);
  if (r.holding !== undefined && r.payload === undefined) {
    throw wrong("'holding' needs 'payload'", 'Name the field that the payload begins with.');
  }
  const inner = r.holding === undefined ? undefined : new Sought(r.holding, payload, where);
  const fields = inner ?? outer;
  const fixed: Condition[] = [...(outer?.values ?? []), ...(inner?.values ?? [])];
  for (const k of [r.when, r.and]) if (k !== undefined) fixed.push(conditionOf(k));
  const field = (name: string): { place: Place; text: boolean } => {
    if (fields === undefined)
      throw wrong(`the field '${name}' needs 'on'`, 'Give its place instead: { offset, size }.');
    const p = fields.field(name);
    const text = p.wire !== 'uint' && p.wire !== 'int' && p.wire !== 'digits';
    return { place: placeOf(p, fields.shift), text };
  };
  const number =
    r.number === undefined
      ? undefined
      : typeof r.number === 'string'
        ? field(r.number)
        : { place: r.number, text: false };
  const further = r.last ?? r.total;
  const last = further === undefined ? undefined : field(further);
  const key = r.echo !== undefined ? { place: r.echo } : r.key === undefined ? undefined : field(r.key);
  const session = r.session === undefined ? undefined : field(r.session);
  const inMessage = r.of === undefined ? outer !== undefined && !outer.isPacket : r.of === 'message';
  const rules: ((w: SpecWriter) => void)[] = [];
  const each = (s: Sought | undefined): readonly (Condition | undefined)[] =>
    s === undefined || s.types.length === 0 ? [undefined] : s.types;
  for (const a of each(outer)) {
    for (const b of each(inner)) {
      const conditions = [a, b, ...fixed].filter((x): x is Condition => x !== undefined);
      if (conditions.length > 2) {
        throw wrong(`has ${conditions.length} conditions, two are possible`, 'Say it with fewer fields.');
      }
      rules.push((w) => {
        for (const k of [conditions[0], conditions[1]]) {
          writeField(w, k?.place, 'big');
          w.u64(k?.value ?? 0n);
        }
        w.flag(inMessage).u8(ACTION.indexOf(r.do));
        writeField(w, number?.place, 'little');
        writeField(w, last?.place, 'little');
        writeField(w, key?.place, 'little');
        w.u16(payload).u16(session?.place.offset ?? 0);
        w.u8(session?.place.size ?? 0).flag(inclusive);
        w.list(Object.entries(r.statuses), ([status, o]) => {
          const text = number?.text === true;
          w.u64(text ? textValue(status.padEnd(number.place.size)) : BigInt(status)).u8(OUTCOME.indexOf(o));
        });
        w.u8(OUTCOME.indexOf(r.otherwise));
        w.list(Object.entries(r.answers), ([name, v]) => {
          writeField(w, field(name).place, 'little');
          w.u8(VARIABLE.indexOf(v));
        });
      });
    }
  }
  return rules;
}

function writeRules(w: SpecWriter, pattern: Recovery | Snapshot | Stream, c: Context): void {
  const inclusive = 'number' in pattern && pattern.number.is === 'lastIncluded';
  const rules = pattern.replies.flatMap((r, i) => compileReply(r, inclusive, `${c.where}: replies.${i}`));
  w.list(rules, (write) => write(w));
}

type Rung = Exclude<Venue['recovery'][number], { type: 'waitForOtherLine' }>;
type StreamUse = NonNullable<Venue['streams']>[string];

interface Requester {
  readonly name: string;
  readonly pattern: Recovery | Snapshot | Stream;
  readonly rung: Rung | StreamUse;
  readonly channel: number;
  /** Of a stream: which line of its channel it is. */
  readonly line?: number;
}

function resolveFraming(framing: string | object | undefined, feed: Framing | undefined, where: string): Framing {
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

function patternOf<P>(rung: { readonly pattern: P | string }, where: string): P {
  if (typeof rung.pattern !== 'string') return rung.pattern;
  throw fault(
    'VW_VENUE_UNRESOLVED',
    `${where}: the pattern '${rung.pattern}' has not been loaded`,
    "Open it with openFeed, or pass it through resolveVenue of 'venuewire/venues/load'.",
  );
}

const least = (...values: (bigint | undefined)[]): bigint =>
  values.reduce<bigint>((a, b) => (b !== undefined && b < a ? b : a), NO_LIMIT);
const optionalBig = (v: number | string | undefined): bigint | undefined => (v === undefined ? undefined : BigInt(v));
const ns = (span: string | undefined): bigint => (span === undefined ? 0n : nanoseconds(span));

function writeRequester(w: SpecWriter, q: Requester, feed: Framing, framingIndex: (f: Framing) => number): void {
  const { pattern, rung } = q;
  const c: Context = { where: `${q.name}`, feed, credentials: rung.credentials, parameters: rung.parameters };
  if (pattern.transport === 'tls') throw noEngine('tls', q.name);
  const from = 'from' in pattern ? SNAPSHOT_FROM.indexOf(pattern.from) : 0;
  if ('from' in pattern && from < 0) {
    throw fault(
      'VW_SNAPSHOT_NO_ENGINE',
      `${q.name}: a snapshot from '${pattern.from}' can be declared, but this version has no engine for it`,
      "Use a snapshot from 'request', 'loop' or 'requestOnLines', or leave the rung out.",
    );
  }
  const templates = {
    login: compileOutgoing(pattern.login, c),
    request: compileOutgoing(pattern.request, c),
    heartbeat: compileOutgoing(pattern.heartbeat, c),
    logout: compileOutgoing(pattern.logout, c),
  };
  const own = pattern.limits;
  const other = rung.limits ?? {};
  const snapshot = 'from' in pattern;
  const stream = 'subscribe' in pattern ? pattern : undefined;
  const purpose = snapshot ? 1 : stream === undefined ? 0 : 2;
  w.text(q.name)
    .flag(pattern.transport !== 'udp')
    .u8(purpose)
    .u8(LIFECYCLE.indexOf(pattern.connection));
  w.u32(q.channel >>> 0);
  w.list(rung.servers, (server) => {
    const { host, port } = splitEndpoint(server);
    w.text(host).u16(port);
  });
  const source = rung.credentials.type === 'idAndSourceAddress' ? rung.credentials.localAddress : undefined;
  w.text(rung.localAddress ?? source ?? '');
  w.u16(framingIndex(resolveFraming(pattern.framing, feed, q.name)));
  w.flag(!snapshot && pattern.delivery === 'feedPackets');
  w.flag('onePerDatagram' in pattern && pattern.onePerDatagram);
  w.flag(snapshot || ('serial' in pattern && pattern.serial && pattern.delivery !== 'lines'));
  w.flag(pattern.needsImage);
  for (const t of [templates.login, templates.request, templates.heartbeat, templates.logout]) writeTemplate(w, t);
  writeRules(w, pattern, c);
  w.list(other.rates ?? own.rates, (l) => {
    w.u32(l.count).u64(nanoseconds(l.per));
  });
  w.u64(least(optionalBig(other.perRequest ?? own.perRequest), templates.request.countMax));
  w.u64(least(optionalBig(other.age ?? own.age)));
  w.u64(ns(pattern.connectTimeout)).u64(ns(pattern.loginTimeout));
  w.u64(ns(pattern.keepAlive.send)).u64(ns(pattern.keepAlive.silence));
  w.u64(ns(other.loginGap ?? own.loginGap))
    .u64(ns(other.cooldown ?? own.cooldown))
    .u64(ns(other.patience ?? own.patience));
  w.u32(other.packetBytes ?? own.packetBytes);
  w.u8(from)
    .u8('from' in pattern ? SNAPSHOT_NUMBER[pattern.number.comes] : 0)
    .u8('from' in pattern ? SNAPSHOT_COUNT.indexOf(pattern.number.of) : 0);
  for (const t of [stream?.resume, stream?.probe, stream?.answer, stream?.gapFill])
    writeTemplate(w, compileOutgoing(t, c));
  w.list(stream?.subscribe ?? [], (t) => {
    writeTemplate(w, compileOutgoing(t, c));
  });
  w.u64(ns(stream?.keepAlive.probe))
    .u64(ns(stream?.reconnect.first ?? '100ms'))
    .u64(ns(stream?.reconnect.most ?? '10s'));
  const resent = stream?.resent;
  if (resent === undefined) {
    writeField(w, undefined, 'big');
    w.u64(0);
  } else writeCondition(w, resent.field, resent.equals, 'big');
  w.u32(stream?.refresh ?? 0).u8(q.line ?? 0);
}

function epochOf(f: Framing, session: string, where: string): { high: bigint; low: bigint } {
  const s = f.session;
  if (s === undefined)
    throw fault('VW_VENUE_SESSION', `${where}: framing '${f.id}' carries no session`, 'Leave `session` out.');
  if (s.type === 'uint') {
    if (!/^\d+$/.test(session))
      throw fault('VW_VENUE_SESSION', `${where}: the session must be a number`, 'Write its decimal digits.');
    return { high: 0n, low: BigInt(session) };
  }
  if (session.length > s.size) {
    throw fault(
      'VW_VENUE_SESSION',
      `${where}: the session has at most ${s.size} characters`,
      'Write it as the venue does.',
    );
  }
  const text = session.padEnd(s.size);
  if (s.size <= 8) return { high: 0n, low: textValue(text) };
  return { high: textValue(text.slice(0, 8)), low: textValue(text.slice(8)) << BigInt(8 * (16 - s.size)) };
}

function writeSelection(w: SpecWriter, venue: Venue, decoder: Decoder, select: Selection | undefined): void {
  const types = new Uint8Array(select?.messages === undefined ? 0 : decoder.names.length);
  for (const name of select?.messages ?? []) types[decoder.indexOf(name)] = 1;
  const keys: bigint[] = [];
  const symbols: Uint8Array[] = [];
  let directory: PlanField | undefined;
  if (venue.directory !== undefined) {
    directory = fieldOf(decoder, venue.directory.message, venue.directory.symbol, `${venue.name}: directory`);
  }
  for (const v of select?.instruments ?? []) {
    if (typeof v !== 'string' || directory === undefined) keys.push(instrumentKey(decoder, v));
    else if (v.length <= directory.size) symbols.push(Buffer.from(v.padEnd(directory.size), 'latin1'));
    else
      throw fault(
        'VW_SELECT_SYMBOL',
        `Symbol '${v}' is longer than ${directory.size} characters`,
        'Write it as the venue does.',
      );
  }
  w.bytes(types);
  w.flag(select?.unknown ?? true);
  w.flag(select?.instruments !== undefined);
  w.list(keys, (k) => {
    w.u64(k);
  });
  w.list(symbols, (s) => {
    w.bytes(s);
  });
  const message = venue.directory === undefined ? 0xffff : decoder.indexOf(venue.directory.message);
  w.u16(message)
    .u16(directory?.at ?? 0)
    .u8(directory?.size ?? 0);
}

const address = (n: Network): { group: string; port: number; interface: string; source: string } => {
  const at =
    'address' in n ? splitEndpoint(n.address) : { host: '', port: n.type === 'captureFile' ? (n.port ?? 0) : 0 };
  return {
    group: at.host,
    port: at.port,
    interface: (n.type === 'udpMulticast' || n.type === 'udpUnicast' ? n.interface : undefined) ?? '',
    source: (n.type === 'udpMulticast' ? n.source : undefined) ?? '',
  };
};

/**
 * Compiles a resolved venue (see `resolveVenue`): decoders and patterns are objects, not ids.
 * @throws VenuewireError `VW_VENUE_…`, `VW_FRAMING_…`, `VW_CREDENTIAL_…`, `VW_NETWORK_NO_ENGINE`, `VW_SNAPSHOT_NO_ENGINE`,
 * `VW_SELECT_…`, naming the place in the venue. No credential is ever part of an error.
 */
export function compileVenue(venue: Venue, options: CompileOptions = {}): CompiledVenue {
  const decoder = tableOf(venue.decoder, venue.name);
  const feed = resolveFraming(venue.framing ?? framingOf(decoder) ?? decoder.framing, undefined, venue.name);
  const live = options.capture !== true;

  const framings: Framing[] = [feed];
  const framingIndex = (f: Framing): number => {
    const at = framings.indexOf(f);
    return at >= 0 ? at : framings.push(f) - 1;
  };

  const declared = Object.entries(venue.channels ?? { [venue.name]: {} as NonNullable<Venue['channels']>[string] });
  const channels = declared.map(([name, c]) => ({
    name,
    key: typeof c.key === 'string' && !/^\d+$/.test(c.key) ? textValue(c.key) : BigInt(c.key ?? 0),
    join: c.join ?? venue.join,
  }));

  const lines: CompiledLine[] = [];
  const lineNumbers: number[] = [];
  const addLines = (of: Venue['lines'], channel: number, role: CompiledLine['role'], prefix: string): void => {
    Object.entries(of ?? {}).forEach(([name, network], i) => {
      if (live && network.type !== 'udpMulticast' && network.type !== 'udpUnicast') {
        throw noEngine(network.type, `${venue.name}: line ${prefix}${name}`);
      }
      if (i >= LINES_MAX) {
        throw fault('VW_VENUE_LINES', `${venue.name}: more than ${LINES_MAX} lines for one channel`, 'Leave some out.');
      }
      const address = 'address' in network ? network.address : undefined;
      lines.push({ name: `${prefix}${name}`, index: lines.length, channel, role, network, address });
      lineNumbers.push(i);
    });
  };
  addLines(venue.lines, declared.length === 1 ? 0 : -1, 'live', '');
  declared.forEach(([name, c], i) => {
    const prefix = declared.length === 1 ? '' : `${name}/`;
    addLines(c.lines, i, 'live', prefix);
    addLines(c.retransmission, i, 'retransmission', `${prefix}retransmission/`);
    addLines(c.snapshot, i, 'snapshot', `${prefix}snapshot/`);
  });

  // One requester for one kind of server at one place, whatever the number of rungs that use it.
  const requesters: Requester[] = [];
  const known = new Map<string, number>();
  const rungs = venue.recovery.map((r, i) => {
    if (r.type === 'waitForOtherLine') {
      return { kind: r.type, requester: 0, tries: 0, timeout: ns(r.for), packets: r.packets, channel: -1 };
    }
    const pattern = patternOf<Recovery | Snapshot>(r, `${venue.name}: recovery.${i}`);
    const channel = r.channel === undefined ? -1 : channels.findIndex((c) => c.name === r.channel);
    const identity = JSON.stringify([
      r.type,
      pattern.id,
      r.servers,
      r.credentials,
      r.parameters,
      r.localAddress,
      r.limits,
      channel,
    ]);
    let requester = known.get(identity);
    if (requester === undefined) {
      const same = requesters.filter((q) => q.pattern.id === pattern.id).length;
      requester =
        requesters.push({ name: same === 0 ? pattern.id : `${pattern.id}-${same + 1}`, pattern, rung: r, channel }) - 1;
      known.set(identity, requester);
    }
    return { kind: r.type, requester, tries: r.tries, timeout: ns(r.timeout), packets: 0, channel };
  });
  // Streams are requesters too; their own rungs stand around those of the venue.
  const before: typeof rungs = [];
  const behind: typeof rungs = [];
  Object.entries(venue.streams ?? {}).forEach(([name, use], line) => {
    const pattern = patternOf<Stream>(use, `${venue.name}: streams.${name}`);
    const channel = use.channel === undefined ? 0 : channels.findIndex((c) => c.name === use.channel);
    const requester = requesters.push({ name, pattern, rung: use, channel, line }) - 1;
    const rung = { requester, tries: use.tries, timeout: ns(use.timeout), packets: 0, channel };
    if (pattern.request !== undefined) before.push({ kind: 'request', ...rung });
    if (pattern.refresh > 0) behind.push({ kind: 'snapshot', ...rung });
  });
  if (before.length + behind.length > 0) {
    const waits = rungs.findIndex((r) => r.kind !== 'waitForOtherLine');
    rungs.splice(waits < 0 ? rungs.length : waits, 0, ...before);
    rungs.push(...behind);
  }
  // Known before anything is written: framings come first.
  for (const q of requesters) framingIndex(resolveFraming(q.pattern.framing, feed, q.name));

  // Snapshot lines are framed as the pattern that reads them says.
  const onLines = requesters.find((q) => 'from' in q.pattern && q.pattern.from !== 'request');
  const snapshotFraming =
    onLines !== undefined && 'lineFraming' in onLines.pattern
      ? framingIndex(resolveFraming(onLines.pattern.lineFraming, feed, onLines.name))
      : 0;

  const w = new SpecWriter();
  w.u32(SPEC_VERSION);
  w.list(framings, (f) => {
    writeFraming(w, f);
  });
  w.list(lines, (l) => {
    const a = address(l.network);
    w.text(l.name)
      .u8(ROLE.indexOf(l.role))
      .u32(l.channel >>> 0)
      .u16(l.role === 'snapshot' ? snapshotFraming : 0);
    w.text(a.group).u16(a.port).text(a.interface).text(a.source);
    w.u8(lineNumbers[l.index] as number);
  });
  const window = { ...venue.window, ...options.window };
  w.list(channels, (c) => {
    const epoch = venue.session === undefined ? undefined : epochOf(feed, venue.session, venue.name);
    w.u64(c.key)
      .u8(JOIN.indexOf(c.join))
      .flag(epoch !== undefined);
    w.u64(epoch?.high ?? 0n).u64(epoch?.low ?? 0n);
    w.u32(window.packets).u32(window.bytes).u32(window.holes).u64(BigInt(window.jump));
  });
  w.list(rungs, (r) => {
    w.u8(RUNG.indexOf(r.kind))
      .u16(r.requester)
      .u16(r.tries)
      .u64(r.timeout)
      .u32(r.packets)
      .u32(r.channel >>> 0);
  });
  w.list(requesters, (q) => {
    writeRequester(w, q, feed, framingIndex);
  });
  writeSelection(w, venue, decoder, options.select);
  const head = w.finish();
  const catalogue = compileCatalogue(decoder);
  const spec = new Uint8Array(head.length + catalogue.length);
  spec.set(head);
  spec.set(catalogue, head.length);
  return new CompiledVenue(
    venue.name,
    decoder,
    feed,
    channels.map(({ name, key }) => ({ name, key })),
    lines,
    requesters.map((q) => ({ name: q.name, servers: q.rung.servers, transport: q.pattern.transport })),
    spec,
  );
}
