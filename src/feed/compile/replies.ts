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

/** One declared reply is one rule for each code that its message has. */
function compileReply(r: Reply, inclusive: boolean, where: string): CompiledReplyRule[] {
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
  const last = further === undefined ? undefined : typeof further === 'string' ? field(further) : { place: further };
  const key = r.echo !== undefined ? { place: r.echo } : r.key === undefined ? undefined : field(r.key);
  const session = r.session === undefined ? undefined : field(r.session);
  const inMessage = r.of === undefined ? outer !== undefined && !outer.isPacket : r.of === 'message';
  const rules: CompiledReplyRule[] = [];
  const each = (s: Sought | undefined): readonly (Condition | undefined)[] =>
    s === undefined || s.types.length === 0 ? [undefined] : s.types;
  const statusValue = (status: string): bigint =>
    number?.text === true ? textValue(status.padEnd(number.place.size)) : BigInt(status);
  const shared = {
    inMessage,
    action: r.do,
    number: compileField(number?.place, 'little'),
    number2: compileField(last?.place, 'little'),
    key: compileField(key?.place, 'little'),
    payloadOffset: payload,
    epochOffset: session?.place.offset ?? 0,
    epochWidth: session?.place.size ?? 0,
    inclusive,
    outcomes: Object.entries(r.statuses).map(([status, outcome]) => ({ value: statusValue(status), outcome })),
    otherwise: r.otherwise,
    echoes: Object.entries(r.answers).map(([name, variable]) => ({
      field: compileField(field(name).place, 'little'),
      variable,
    })),
  };
  for (const a of each(outer)) {
    for (const b of each(inner)) {
      const conditions = [a, b, ...fixed].filter((x): x is Condition => x !== undefined);
      if (conditions.length > 2) {
        throw wrong(`has ${conditions.length} conditions, two are possible`, 'Say it with fewer fields.');
      }
      const [one, two] = conditions;
      rules.push({
        first: compileField(one?.place, 'big'),
        firstValue: one?.value ?? 0n,
        second: compileField(two?.place, 'big'),
        secondValue: two?.value ?? 0n,
        ...shared,
      });
    }
  }
  return rules;
}

export function compileRules(pattern: Recovery | Snapshot | Stream, c: Context): CompiledReplyRule[] {
  const inclusive = 'number' in pattern && pattern.number.is === 'lastIncluded';
  return pattern.replies.flatMap((r, i) => compileReply(r, inclusive, `${c.where}: replies.${i}`));
}
