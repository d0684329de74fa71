/** What is looked for in a server's answers, and what is done about it. */
import type { VenuewireError } from '../../errors.js';
import type { Decoder } from '../../layout/index.js';
import type { PlanField } from '../../layout/plan.js';
import { textValue } from '../../patterns/framing.js';
import type { Recovery } from '../../patterns/recovery.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { Stream } from '../../patterns/stream.js';
import { compileField, conditionPlace, fault, type Place } from './framing.js';
import type { CompiledReplyRule } from './records.js';
import { type Context, fieldOf, placeOf, recordOf, tableOf } from './templates.js';

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

/** A field of a reply, and whether its value is text. */
interface Read {
  readonly place: Place;
  readonly text: boolean;
}

/** What a declared reply looks for and reads: its messages, and the places of its fields. */
class ReplyParts {
  readonly outer: Sought | undefined;
  readonly inner: Sought | undefined;
  /** Where the payload begins; 0: there is none. */
  readonly payload: number;

  constructor(
    readonly reply: Reply,
    readonly where: string,
  ) {
    const { on, when, holding, payload, session } = reply;
    this.outer = on === undefined ? undefined : new Sought(on, 0, where);
    if (this.outer !== undefined && when !== undefined) throw this.wrong("has both 'on' and 'when'", 'Leave one out.');
    if (this.outer === undefined && (holding ?? payload ?? session) !== undefined) {
      throw this.wrong("'holding', 'payload' and 'session' need 'on'", 'Name the message that they are parts of.');
    }
    this.payload = payload === undefined || this.outer === undefined ? 0 : this.outer.begin(payload);
    if (holding !== undefined && payload === undefined) {
      throw this.wrong("'holding' needs 'payload'", 'Name the field that the payload begins with.');
    }
    this.inner = holding === undefined ? undefined : new Sought(holding, this.payload, where);
  }

  wrong(what: string, hint: string): VenuewireError {
    return fault('VW_VENUE_REPLY', `${this.where}: ${what}`, hint);
  }

  /** A field of the message that is read: the inner one, where there are two. */
  field(name: string): Read {
    const of = this.inner ?? this.outer;
    if (of === undefined) {
      throw this.wrong(`the field '${name}' needs 'on'`, 'Give its place instead: { offset, size }.');
    }
    const p = of.field(name);
    return { place: placeOf(p, of.shift), text: p.wire !== 'uint' && p.wire !== 'int' && p.wire !== 'digits' };
  }

  /** A field by its name, or its place. */
  read(what: string | Place | undefined): Read | undefined {
    if (what === undefined) return undefined;
    return typeof what === 'string' ? this.field(what) : { place: what, text: false };
  }

  /** The conditions of each rule: a message with several codes, or one in another, is several rules. */
  conditions(): (readonly Condition[])[] {
    const { reply, outer, inner } = this;
    const fixed = [...(outer?.values ?? []), ...(inner?.values ?? [])];
    for (const k of [reply.when, reply.and]) if (k !== undefined) fixed.push(conditionOf(k));
    const each = (s: Sought | undefined): (readonly Condition[])[] =>
      s === undefined || s.types.length === 0 ? [[]] : s.types.map((type) => [type]);
    const all = each(outer).flatMap((a) => each(inner).map((b) => [...a, ...b, ...fixed]));
    for (const { length } of all) {
      if (length > CONDITIONS_MAX) {
        throw this.wrong(`has ${length} conditions, two are possible`, 'Say it with fewer fields.');
      }
    }
    return all;
  }
}

/** The core looks at so many places of a reply. */
const CONDITIONS_MAX = 2;

/** One declared reply is one rule for each code that its message has. */
function compileReply(r: Reply, inclusive: boolean, where: string): CompiledReplyRule[] {
  const parts = new ReplyParts(r, where);
  const number = parts.read(r.number);
  const last = parts.read(r.last ?? r.total);
  const key = parts.read(r.echo ?? r.key);
  const session = parts.read(r.session);
  const { outer } = parts;
  const statusValue = (status: string): bigint =>
    number?.text === true ? textValue(status.padEnd(number.place.size)) : BigInt(status);
  const shared = {
    inMessage: r.of === undefined ? outer !== undefined && !outer.isPacket : r.of === 'message',
    action: r.do,
    number: compileField(number?.place, 'little'),
    number2: compileField(last?.place, 'little'),
    key: compileField(key?.place, 'little'),
    payloadOffset: parts.payload,
    sessionOffset: session?.place.offset ?? 0,
    sessionWidth: session?.place.size ?? 0,
    inclusive,
    outcomes: Object.entries(r.statuses).map(([status, outcome]) => ({ value: statusValue(status), outcome })),
    otherwise: r.otherwise,
    echoes: Object.entries(r.answers).map(([name, variable]) => ({
      field: compileField(parts.field(name).place, 'little'),
      variable,
    })),
  };
  return parts.conditions().map(([one, two]) => ({
    first: compileField(one?.place, 'big'),
    firstValue: one?.value ?? 0n,
    second: compileField(two?.place, 'big'),
    secondValue: two?.value ?? 0n,
    ...shared,
  }));
}

export function compileRules(pattern: Recovery | Snapshot | Stream, c: Context): CompiledReplyRule[] {
  const inclusive = 'number' in pattern && pattern.number.is === 'lastIncluded';
  return pattern.replies.flatMap((r, i) => compileReply(r, inclusive, `${c.where}: replies.${i}`));
}
