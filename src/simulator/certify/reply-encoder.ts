/** Encodes what a server says by the tables that a pattern's reply rules name. */
import { type Decoder, encode } from '../../layout/index.js';
import type { PlanField, PlanRecord } from '../../layout/plan.js';
import { textValue } from '../../patterns/framing.js';
import type { Recovery } from '../../patterns/recovery.js';
import { drawMessage } from '../message-sampler.js';
import type { Asked, ServerContext } from './model.js';
import { tableOf, type Values } from './template-reader.js';

export type Reply = Recovery['replies'][number];

/** The number that a snapshot of the state before `boundary` carries. */
export function snapshotNumber(c: ServerContext, boundary: number): bigint {
  const { pattern, day } = c;
  const inclusive = 'number' in pattern && pattern.number.is === 'lastIncluded';
  const segment = day.segmentOf(Math.max(0, Math.min(boundary, day.end) - 1));
  if (!inclusive) return day.wire(boundary, segment);
  return boundary > segment.from ? day.wire(boundary - 1, segment) : day.wire(boundary, segment) - 1n;
}

export interface Inner {
  readonly rule: Reply;
  readonly bytes: Uint8Array;
}

const plain = new WeakMap<object, readonly Uint8Array[]>();
/** Messages of the feed that a snapshot may consist of: none that the pattern takes for its end, or another mark. */
function plainMessages(c: ServerContext): readonly Uint8Array[] {
  let known = plain.get(c.pattern);
  if (known === undefined) {
    const marks = c.pattern.replies.flatMap((r) => (r.holding === undefined ? [] : [r.holding]));
    known = c.day.pool.messages.filter((m) => {
      const data = new DataView(m.buffer, m.byteOffset, m.byteLength);
      return !marks.some((k) => {
        const table = tableOf(k.table);
        return table.messageIndex(data, 0, m.length) === table.indexOf(k.message);
      });
    });
    plain.set(c.pattern, known);
  }
  return known;
}

/** The messages of a snapshot: the model's, or random ones of what the rules name. */
export function snapshotMessages(c: ServerContext, boundary: number): Inner[] {
  const rules = c.pattern.replies.filter(
    (r) => r.do === 'snapshotMessage' || (r.do === 'message' && 'from' in c.pattern),
  );
  const any = rules[0];
  if (any === undefined) return [];
  const given = c.model.snapshot?.(c.random, boundary);
  if (given !== undefined) return given.map((bytes) => ({ rule: any, bytes }));
  const n = 3 + c.random.below(20);
  return Array.from({ length: n }, () => {
    const rule = c.random.pick(rules);
    if (rule.payload !== undefined || rule.on === undefined) return { rule, bytes: c.random.pick(plainMessages(c)) };
    return { rule, bytes: drawMessage(tableOf(rule.on.table), rule.on.message, c.random) };
  });
}

/** What a reply says. */
export interface Told {
  readonly number?: bigint | string | undefined;
  readonly last?: bigint;
  readonly total?: bigint;
  readonly session?: bigint | string;
  readonly payload?: Uint8Array;
}

/** The range that a reply is about. */
type Part = { readonly begin: number; readonly end: number };

/** The bytes of a reply by its rule's table. */
export function encodeReply(c: ServerContext, rule: Reply, told: Told, asked: Values, part: Part): Uint8Array {
  if (rule.on === undefined) return bare(c, rule, told);
  const outer = tableOf(rule.on.table);
  const inside = rule.holding === undefined ? undefined : tableOf(rule.holding.table);
  const name = rule.holding?.message ?? rule.on.message;
  const values = replyValues(c, rule, told, asked, part, inside ?? outer, name);
  const payload = inside === undefined ? told.payload : encode(inside, name, values);
  const own: Values = inside === undefined ? values : { ...rule.on.values };
  if (payload === undefined || rule.payload === undefined) {
    const bytes = encode(outer, rule.on.message, own);
    if (typeof rule.number === 'object' && told.number !== undefined) {
      c.replies.put(bytes, { byteOrder: 'little', ...rule.number }, BigInt(told.number));
    }
    return bytes;
  }
  const where = outer.plan(outer.indexOf(rule.on.message)).record.byName.get(rule.payload);
  if (where?.kind === 'data') return encode(outer, rule.on.message, { ...own, [rule.payload]: payload });
  return withPayload(c, encode(outer, rule.on.message, own), payload, where?.at);
}

/** The fields of a reply's message: given back from the request, told by the rule, added by the model. */
function replyValues(
  c: ServerContext,
  rule: Reply,
  told: Told,
  asked: Values,
  part: Part,
  decoder: Decoder,
  name: string,
): Values {
  const { record } = decoder.plan(decoder.indexOf(name));
  const values: Values = { ...givenBack(decoder, record, asked), ...rule.on?.values, ...rule.holding?.values };
  const put = (field: string | undefined, value: bigint | string | undefined): void => {
    if (field === undefined || value === undefined) return;
    const [group, inner] = field.split('.');
    const outerPart = record.byName.get(group as string);
    const p = inner !== undefined && outerPart?.kind === 'group' ? outerPart.record.byName.get(inner) : outerPart;
    if (p?.kind === 'field') values[field] = asField(p, value);
  };
  if (typeof rule.number === 'string') put(rule.number, told.number);
  if (typeof rule.last === 'string') put(rule.last, told.last);
  put(rule.total, told.total);
  put(rule.session, told.session);
  for (const [field, variable] of Object.entries(rule.answers)) {
    const held = asked[`@${variable}`];
    const one = record.byName.get(field);
    // A number in a field of one character is that character.
    if (typeof held === 'bigint' && one?.kind === 'field' && one.wire === 'char') {
      values[field] = String.fromCharCode(Number(held & 255n));
    } else if (typeof held === 'bigint' || typeof held === 'string') put(field, held);
  }
  const question: Asked = { ...part, fields: asked };
  Object.assign(values, c.model.fields?.(name, question, part) ?? {});
  unfold(values);
  return values;
}

/** Fields of a request that its reply has by the same name, but for those that say what a message is. */
function givenBack(decoder: Decoder, record: PlanRecord, asked: Values): Values {
  const filled = new Set<string>([
    ...decoder.messageType,
    decoder.lengthField?.name ?? '',
    decoder.sbe?.blockLength ?? '',
    'schemaId',
    'version',
  ]);
  const values: Values = {};
  for (const [field, value] of Object.entries(asked)) {
    const p = record.byName.get(field);
    if (p?.kind !== 'field' || filled.has(field) || value === null || value instanceof Uint8Array) continue;
    if (typeof value !== 'object' && fits(p, value)) values[field] = value;
  }
  return values;
}

/** A message whose rest, from a byte on, is another one. */
function withPayload(c: ServerContext, head: Uint8Array, payload: Uint8Array, at = head.length): Uint8Array {
  const out = new Uint8Array(at + payload.length);
  out.set(head.subarray(0, at));
  out.set(payload, at);
  const { packetLength } = c.replies.framing;
  if (packetLength !== undefined) c.replies.put(out, packetLength, BigInt(out.length - packetLength.excludes));
  return out;
}

/** A reply that no table describes: the bytes that the rule looks for, and the number. */
function bare(c: ServerContext, rule: Reply, told: Told): Uint8Array {
  if (told.payload !== undefined) return told.payload;
  const places = [rule.when, typeof rule.number === 'object' ? rule.number : undefined];
  const bytes = new Uint8Array(
    Math.max(c.replies.framing.shortestPacket, ...places.map((p) => (p === undefined ? 0 : p.offset + p.size))),
  );
  const f = c.replies.framing;
  if (f.packetLength !== undefined)
    c.replies.put(bytes, f.packetLength, BigInt(bytes.length - f.packetLength.excludes));
  markPacket(c, rule, bytes, told.number);
  return bytes;
}

/** Puts what a rule without a message looks for, and its number, into a packet. */
export function markPacket(
  c: ServerContext,
  rule: Reply,
  bytes: Uint8Array,
  number: bigint | string | undefined,
): void {
  if (rule.when !== undefined) {
    const { equals, ...place } = rule.when;
    const text = typeof equals === 'string';
    const order = text ? 'big' : (place.byteOrder ?? 'little');
    c.lines.put(bytes, { ...place, byteOrder: order }, text ? textValue(equals.padEnd(place.size)) : BigInt(equals));
  }
  if (typeof rule.number === 'object' && number !== undefined) {
    c.lines.put(bytes, { byteOrder: 'little', ...rule.number }, BigInt(number));
  }
}

function fits(p: PlanField, value: unknown): boolean {
  if (p.wire === 'text' || p.wire === 'char') return typeof value === 'string' && value.length <= p.size;
  if (typeof value !== 'number' && typeof value !== 'bigint') return false;
  if (p.wire === 'digits') return String(value).length <= p.size;
  if (p.wire === 'float' || p.wire === 'bytes') return false;
  const v = BigInt(Math.trunc(Number(value)));
  return v >= 0n && v < 1n << BigInt(8 * p.size - (p.wire === 'int' ? 1 : 0));
}

/** `group.field` becomes that field of the group's only entry. */
function unfold(values: Values): void {
  for (const name of Object.keys(values)) {
    const [group, field] = name.split('.');
    if (field === undefined) continue;
    values[group as string] ??= [{}];
    const entries = values[group as string] as Values[];
    (entries[0] as Values)[field] = values[name];
    delete values[name];
  }
}

/** A number or code in the form that the field's encoder takes. */
function asField(p: PlanField, value: bigint | string): unknown {
  // Of a code that is longer than the field (a status that nobody knows) a mark is left.
  if (p.wire === 'char') return String(value).length === 1 ? String(value) : '?';
  if (p.wire === 'text') return String(value).slice(0, p.size);
  if (p.wire === 'bytes') return Buffer.from(String(value).padEnd(p.size), 'latin1');
  if (typeof value === 'string' && !/^-?\d+$/.test(value)) return value.charCodeAt(0);
  const big = BigInt(value);
  if (p.wire === 'digits') return p.size > 15 ? big : Number(big);
  const cut = p.wire === 'int' ? BigInt.asIntN(8 * p.size, big) : BigInt.asUintN(8 * p.size, big);
  return p.size === 8 ? cut : Number(cut);
}

/** A reply as it goes out: as it is, or in a packet of the framing that replies have. */
export function dress(c: ServerContext, rule: Reply, bytes: Uint8Array, nowNs: number): Uint8Array {
  const of = rule.of ?? (rule.on === undefined || tableOf(rule.on.table).framing === 'stream' ? 'packet' : 'message');
  if (of === 'packet') return bytes;
  const f = c.replies.framing;
  const kind = f.zeroIsUnsequenced ? 'unsequenced' : 'data';
  return c.replies.packet([c.replies.normalise(bytes)], { sequence: 0n, timeNs: nowNs }, 'reply', kind);
}
