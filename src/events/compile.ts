/** Compiles a table's roles into the program that native/core/event_program.cpp reads. */
import {
  BOOK_ACTION,
  BOOK_SIDE,
  CONTRACT,
  EVENT_ROLE,
  EVENT_SOURCE,
  type EventRole,
  type EventSource,
  type Reading,
  STATISTIC,
  TRADING_STATE,
} from '../contract.js';
import { instrumentKey } from '../layout/catalogue.js';
import type { Decoder } from '../layout/decoder.js';
import { bitName, Composite } from '../layout/field.js';
import {
  codeValue,
  headerField,
  layoutError,
  type PlanField,
  type PlanGroup,
  type PlanMessage,
  type PlanPart,
  type PlanRecord,
} from '../layout/plan.js';
import { writeEventBlock, writeEventHead, writeEventLoad, writeEventRule, writeEventStep } from '../layout/records.js';
import {
  type Coded,
  type EventRoles,
  type EventRule,
  type ExponentRole,
  type Role,
  type RoleCode,
  rulesOf,
} from '../layout/roles.js';
import { SpecWriter } from '../layout/spec.js';

const FROM_FIELD = 0xff;
const FLAG = { ifKnown: 1, keepsPlace: 2, notPrinted: 4, atPrice: 8, implied: 16, byOrder: 32, aside: 64 } as const;
/** As the books say that an instrument's exponent is not known (kNoExponent). */
export const NO_EXPONENT = 127;
const NANOSECONDS: Readonly<Record<string, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, µs: 1_000n };
const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** Bounds of the books; what is beyond them is refused and counted. */
export interface BookBounds {
  /** Live orders that there is room for before the first growth. Default 65,536. */
  readonly orders?: number;
  /** Default 67,108,864. */
  readonly ordersMax?: number;
  /** Default 1,048,576. */
  readonly instrumentsMax?: number;
}

/**
 * @throws VenuewireError `VW_LAYOUT_ROLE` when a role names a field that is not there, or that a program cannot reach.
 */
export function compileEvents(decoder: Decoder, roles: EventRoles, bounds: BookBounds = {}): Uint8Array {
  const w = new SpecWriter();
  w.u32(CONTRACT);
  writeEventHead(w, {
    scope: roles.orders ?? 'all',
    priceExponent: roles.priceExponent === 'instrument' ? NO_EXPONENT : roles.priceExponent,
    sizeExponent: roles.sizeExponent ?? 0,
    depth: roles.depth ?? 0,
    ordersExpected: bounds.orders ?? 1 << 16,
    ordersMax: bounds.ordersMax ?? 1 << 26,
    instrumentsMax: bounds.instrumentsMax ?? 1 << 20,
  });
  const block = decoder.sbe && headerField(decoder, decoder.headerPlan, decoder.sbe.blockLength);
  writeEventBlock(w, {
    headerSize: decoder.headerPlan.fixedEnd,
    blockAt: block?.at ?? 0,
    blockSize: block?.size ?? 0,
    blockBig: block?.big ?? false,
  });
  for (const name of Object.keys(roles.messages)) {
    if (!decoder.names.includes(name)) {
      throw layoutError('VW_LAYOUT_ROLE', decoder, `events.messages.${name}`, 'there is no such message');
    }
  }
  w.list(decoder.names, (name) => {
    const plan = decoder.plan(decoder.names.indexOf(name));
    let before: EventRule | undefined;
    w.list(rulesOf(roles, name), (rule) => {
      const joined = rule.each !== undefined && rule.each === before?.each;
      new RuleWriter(w, decoder, roles, plan, rule).write(joined);
      before = rule;
    });
  });
  return w.finish();
}

/** Whether the messages that have roles know instruments by a text, not by a number. */
export function keyedByText(decoder: Decoder, roles: EventRoles): boolean {
  for (const name of Object.keys(roles.messages)) {
    const { record } = decoder.plan(decoder.names.indexOf(name));
    for (const field of decoder.instrument) {
      const part = record.byName.get(field);
      if (part?.kind === 'field') return part.wire === 'text';
    }
  }
  return false;
}

interface Found {
  readonly field: PlanField;
  readonly source: EventSource;
  /** Of a bit, or several: the lowest, and how many. */
  readonly place?: readonly [low: number, width: number];
}

/** What becomes of the number that a field holds. */
interface Lift {
  readonly bit?: number;
  /** The decimal exponent that the result has. */
  readonly exponent?: number;
  /** The exponent of the field, where the table does not tell. */
  readonly own?: number | undefined;
  readonly multiplier?: bigint;
  readonly composite?: Composite<unknown>;
  /** Text is a number, not a key. */
  readonly numeric?: boolean;
}

/** The bits of a record's field that views have under a name: field name, then bit name. */
function bitsNamed(
  record: PlanRecord,
  name: string,
): { readonly field: PlanField; readonly place: readonly [number, number] } | undefined {
  for (const field of record.parts) {
    if (field.kind !== 'field' || !name.startsWith(field.name)) continue;
    for (const [bit, place] of Object.entries(field.field?.data.places ?? {})) {
      if (name !== bitName(field.name, bit)) continue;
      return { field, place: typeof place === 'number' ? [place, 1] : place };
    }
  }
  return undefined;
}

class RuleWriter {
  readonly #group: PlanGroup | undefined;
  readonly #first: PlanGroup | undefined;
  constructor(
    readonly w: SpecWriter,
    readonly decoder: Decoder,
    readonly roles: EventRoles,
    readonly plan: PlanMessage,
    readonly rule: EventRule,
  ) {
    const groups = plan.record.parts.filter((p): p is PlanGroup => p.kind === 'group');
    this.#first = groups[0];
    if (rule.each !== undefined) {
      this.#group = groups.find((g) => g.name === rule.each);
      if (this.#group === undefined) this.#fail(`there is no group '${rule.each}'`);
    }
  }

  #fail(what: string): never {
    throw layoutError('VW_LAYOUT_ROLE', this.decoder, `events.messages.${this.plan.name}`, what);
  }

  write(joined: boolean): void {
    const { w, rule } = this;
    if (typeof rule.does === 'string') {
      w.u8(BOOK_ACTION.indexOf(rule.does));
    } else {
      w.u8(FROM_FIELD);
      const at = this.#field(rule.does.field);
      this.#load(at);
      w.list(Object.entries(rule.does.is), ([code, action]) => {
        w.u64(this.#code(at.field, code)).u8(BOOK_ACTION.indexOf(action));
      });
    }
    let flags = 0;
    for (const [name, bit] of Object.entries(FLAG)) if (rule[name as keyof typeof FLAG]) flags |= bit;
    writeEventRule(w, {
      flags,
      baseTime: rule.afterBase ?? false,
      setsBaseTime: rule.setsTime ?? false,
      follows: rule.follows ?? false,
      joined,
      depth: rule.depth ?? 0,
      bounds: rule.event ?? 'none',
    });
    this.#path();
    w.flag(rule.refers !== undefined);
    if (rule.refers !== undefined) this.#load(this.#field(rule.refers));
    this.#conditions();
    this.#side();
    this.#roles();
    this.#state();
    const own = rule.priceExponent;
    this.#scale(typeof own === 'number' ? undefined : own);
    this.#scale(rule.instrumentExponent);
    this.#scale(rule.tradeExponent);
  }

  #conditions(): void {
    const { w, rule } = this;
    const conditions = [
      ...Object.entries(rule.when ?? {}).map(([name, codes]) => ({ name, codes, negated: false })),
      ...Object.entries(rule.unless ?? {}).map(([name, codes]) => ({ name, codes, negated: true })),
    ];
    w.list(conditions, (c) => {
      const at = this.#field(c.name);
      this.#load(at);
      w.flag(c.negated);
      this.#codes(at.field, c.codes);
    });
  }

  #roles(): void {
    const { rule, roles } = this;
    const keys = this.#instrument();
    const scaled = roles.priceExponent === 'instrument' || typeof rule.priceExponent === 'object';
    const own = typeof rule.priceExponent === 'number' ? rule.priceExponent : undefined;
    const exponent = scaled ? undefined : (roles.priceExponent as number);
    const size: Lift = { numeric: true, exponent: roles.sizeExponent ?? 0, own: rule.sizeExponent };
    const names = this.#together(rule.name);
    const write: Readonly<Record<EventRole, () => void>> = {
      instrument: () => this.#role(keys[0]),
      id: () => this.#role(rule.id),
      newId: () => this.#role(rule.newId ?? rule.tradeId),
      price: () => this.#role(rule.price, { numeric: true, ...(exponent === undefined ? {} : { exponent, own }) }),
      size: () => this.#role(rule.size, size),
      remaining: () => this.#role(rule.remaining, size),
      orders: () => this.#role(rule.orders ?? rule.place, { numeric: true }),
      level: () => this.#role(rule.level, { numeric: true }),
      time: () => this.#time(),
      seconds: () => this.#role(rule.seconds, { numeric: true }),
      last: () => this.#last(),
      name: () => this.#role(names[0]),
    };
    for (const role of EVENT_ROLE) write[role]();
    for (const more of [keys.slice(1), names.slice(1)]) {
      this.w.list(more, (name) => {
        this.#role(name);
      });
    }
  }

  #last(): void {
    const { last } = this.rule;
    if (last === undefined) this.#absent();
    else if (last === false) this.#constant(0n);
    else this.#load(this.#field(last.field), last.bit === undefined ? {} : { bit: last.bit });
  }

  #source(source: EventSource): void {
    this.w.u8(EVENT_SOURCE.indexOf(source));
  }

  #absent(): void {
    this.#source('absent');
  }

  #constant(value: bigint): void {
    this.#source('constant');
    this.w.u64(value);
  }

  #together(said: EventRule['name']): Role[] {
    if (typeof said === 'object' && 'together' in said) return [...said.together];
    return said === undefined ? [] : [said];
  }

  /** The fields that tell the instrument: one, or several together. */
  #instrument(): Role[] {
    if (this.rule.instrument !== undefined) return this.#together(this.rule.instrument);
    const name = this.decoder.instrument.find((n) => this.#find(n) !== undefined);
    return name === undefined ? [] : [name];
  }

  #time(): void {
    const { time } = this.rule;
    if (time === undefined || (typeof time === 'object' && 'always' in time)) this.#role(time);
    else {
      const at = this.#field(time);
      const unit = this.rule.timeUnit ?? at.field.field?.data.meaning?.unit ?? 'ns';
      this.#load(at, { numeric: true, multiplier: NANOSECONDS[unit] ?? 1n });
    }
  }

  #state(): void {
    const { w, rule } = this;
    const said = rule.state ?? rule.statistic;
    const names: readonly string[] = rule.state === undefined ? STATISTIC : TRADING_STATE;
    if (typeof said !== 'object') {
      if (said === undefined) this.#absent();
      else this.#constant(BigInt(names.indexOf(said)));
      w.list([], () => {});
      return;
    }
    const at = this.#field(said.field);
    this.#load(at);
    w.list(Object.entries(said.is as Coded<string>['is']), ([code, name]) => {
      w.u64(this.#code(at.field, code)).u8(names.indexOf(name));
    });
  }

  #scale(role: ExponentRole | undefined): void {
    const { w } = this;
    if (role === undefined) {
      this.#absent();
      w.flag(false);
      w.list([], () => {});
      return;
    }
    const at = this.#field('decimals' in role ? role.decimals : role.field);
    const codes = 'is' in role ? Object.entries(role.is) : [];
    this.#load(at, { numeric: codes.length === 0 });
    w.flag('decimals' in role);
    w.list(codes, ([code, exponent]) => {
      w.u64(this.#code(at.field, code)).u8(exponent & 255);
    });
  }

  #find(names: string | readonly string[]): Found | undefined {
    const places: readonly (readonly [PlanRecord | undefined, EventSource])[] = [
      [this.#group?.record, 'entry'],
      [this.rule.refers === undefined ? undefined : this.#first?.record, 'other'],
      [this.plan.record, 'message'],
    ];
    for (const name of typeof names === 'string' ? [names] : names) {
      for (const [record, source] of places) {
        if (record === undefined) continue;
        const bits = bitsNamed(record, name);
        const part: PlanPart | undefined = record.byName.get(name) ?? bits?.field;
        if (part?.kind !== 'field') continue;
        if (part.at < 0 || record.parts.indexOf(part) >= record.firstDynamic) {
          this.#fail(`the place of '${name}' is not known before the message is read`);
        }
        return { field: part, source, ...(bits === undefined ? {} : { place: bits.place }) };
      }
    }
    return undefined;
  }

  #field(names: string | readonly string[]): Found {
    return (
      this.#find(names) ?? this.#fail(`there is no field '${typeof names === 'string' ? names : names.join(' or ')}'`)
    );
  }

  #code(field: PlanField, code: RoleCode): bigint {
    if (field.wire === 'char') return codeValue(code, field.size);
    if (field.wire === 'text') return instrumentKey(this.decoder, String(code));
    if (!/^-?[0-9]+$/.test(String(code))) this.#fail(`'${code}' is no value of '${field.name}'`);
    return BigInt.asUintN(64, BigInt(code));
  }

  #codes(field: PlanField, codes: readonly RoleCode[]): void {
    this.w.list(codes, (code) => {
      this.w.u64(this.#code(field, code));
    });
  }

  #side(): void {
    const { w } = this;
    const { side } = this.rule;
    if (side === undefined) w.u8(BOOK_SIDE.indexOf('none'));
    else if (typeof side === 'string') w.u8(BOOK_SIDE.indexOf(side));
    else {
      w.u8(FROM_FIELD);
      const at = this.#field(side.field);
      this.#load(at);
      this.#codes(at.field, 'bid' in side ? side.bid : ['B']);
      this.#codes(at.field, 'ask' in side ? side.ask : ['S']);
    }
  }

  #role(role: Role | undefined, lift: Lift = {}): void {
    if (role === undefined) {
      this.#absent();
    } else if (typeof role === 'object' && 'always' in role) {
      this.#constant(BigInt(role.always));
    } else {
      const composite = lift.exponent === undefined ? undefined : this.#composite(role);
      if (composite !== undefined) this.#load(this.#field(composite.first), { ...lift, composite });
      else this.#load(this.#field(role), lift);
    }
  }

  #composite(names: string | readonly string[]): Composite<unknown> | undefined {
    for (const fields of [this.#group?.record.fields, this.#first?.record.fields, this.plan.record.fields]) {
      for (const name of typeof names === 'string' ? [names] : names) {
        const part = fields?.[name];
        if (part instanceof Composite && part.as === 'scientific') return part;
      }
    }
    return undefined;
  }

  /** What the number of a field is multiplied with, to have the exponent that is asked for. */
  #multiplier(field: PlanField, lift: Lift): bigint {
    if (lift.multiplier !== undefined) return lift.multiplier;
    const scale = lift.own ?? field.field?.data.meaning?.scale;
    if (lift.exponent === undefined || scale === undefined) return 1n;
    if (scale < lift.exponent) this.#fail(`'${field.name}' has more decimals than the books' prices and sizes`);
    return 10n ** BigInt(scale - lift.exponent);
  }

  #reading(field: PlanField, lift: Lift): Reading {
    switch (field.wire) {
      case 'bytes':
        return this.#fail(`'${field.name}' is no number and no text`);
      case 'int':
        return 'signedBits';
      case 'digits':
        return 'digits';
      case 'float':
        return 'floatingBits';
      case 'text':
        return lift.numeric === true ? 'decimal' : 'text';
      default:
        return 'unsignedBits';
    }
  }

  #load({ field, source, place }: Found, lift: Lift = {}): void {
    const [low, width] = place ?? (lift.bit === undefined ? [0, 64] : [lift.bit, 1]);
    const multiplier = this.#multiplier(field, lift);
    const of = lift.composite && this.#field(lift.composite.second).field;
    if (of !== undefined && (of.wire !== 'int' || of.size !== 1)) this.#fail(`'${of.name}' is no exponent of a byte`);
    this.#source(source);
    writeEventLoad(this.w, {
      reading: this.#reading(field, lift),
      at: field.at,
      size: field.size,
      big: field.big,
      guarded: field.since > 0,
      hasNull: field.nullBits !== undefined,
      nullBits: field.nullBits ?? 0n,
      mask: (ALL_BITS >> BigInt(64 - width)) << BigInt(low),
      shift: low,
      multiplier,
      exponentAt: of?.at ?? 0,
      exponentBase: lift.exponent ?? 0,
    });
  }

  #path(): void {
    const { w } = this;
    const steps: PlanGroup[] = [];
    if (this.#group !== undefined) {
      let open = true;
      for (const part of this.plan.record.parts.slice(this.plan.record.firstDynamic)) {
        if (!open) break;
        if (part.kind === 'group') steps.push(part);
        else if (part.kind !== 'field' || part.at < 0) this.#fail(`'${part.name}' stands before the group`);
        open = part !== this.#group;
      }
    }
    w.list(steps, (g) => {
      const { count } = g;
      if (g.record.firstDynamic !== g.record.parts.length) this.#fail(`entries of '${g.name}' have no fixed size`);
      const sbe = this.decoder.sbe !== undefined;
      const after = g.at < 0 && (sbe || g !== steps[0]);
      writeEventStep(w, {
        count: count.kind,
        after,
        at: after ? 0 : g.at < 0 ? this.plan.record.fixedEnd : g.at,
        fixed: count.kind === 'fixed' ? count.count : 0,
        entrySize: count.kind === 'dimension' ? 0 : g.size,
        dimensionSize: count.kind === 'dimension' ? count.size : 0,
      });
      if (count.kind === 'dimension') {
        this.#load({ field: count.number, source: 'message' });
        this.#load({ field: count.block, source: 'message' });
      } else if (count.kind === 'field' || count.kind === 'untilLength') {
        this.#load({ field: count.field, source: 'message' });
        this.#absent();
      } else {
        this.#absent();
        this.#absent();
      }
    });
  }
}
