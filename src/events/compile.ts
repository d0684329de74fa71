/** Compiles a table's roles into the program that native/core/event_program.cpp reads. */
import { BOOK_ACTION, BOOK_SIDE, ORDER_SCOPE, STATISTIC, TRADING_STATE } from '../contract.js';
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

/** Of the compiled form; native/core/event_program.cpp has the same. */
export const EVENT_PROGRAM_VERSION = 2;

const SOURCE = { absent: 0, message: 1, entry: 2, constant: 3, other: 4 } as const;
const READING = { unsigned: 0, signed: 1, digits: 2, text: 3, decimal: 4, float: 5 } as const;
const COUNT = { fixed: 0, field: 1, toEnd: 2, dimension: 3, untilLength: 4 } as const;
const FROM_FIELD = 0xff;
const FLAG = { ifKnown: 1, keepsPlace: 2, notPrinted: 4, atPrice: 8, implied: 16, byOrder: 32 } as const;
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
  w.u16(EVENT_PROGRAM_VERSION);
  w.u8(ORDER_SCOPE.indexOf(roles.orders ?? 'all'));
  const prices = roles.priceExponent === 'instrument' ? NO_EXPONENT : roles.priceExponent;
  w.u8(prices & 255).u8((roles.sizeExponent ?? 0) & 255);
  w.u8(roles.depth ?? 0);
  w.u32(bounds.orders ?? 1 << 16)
    .u32(bounds.ordersMax ?? 1 << 26)
    .u32(bounds.instrumentsMax ?? 1 << 20);
  const block = decoder.sbe && headerField(decoder, decoder.headerPlan, decoder.sbe.blockLength);
  w.u16(decoder.headerPlan.fixedEnd);
  w.u16(block?.at ?? 0)
    .u8(block?.size ?? 0)
    .flag(block?.big ?? false);
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
  readonly source: number;
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
    w.u8(flags)
      .flag(rule.afterBase ?? false)
      .flag(rule.setsTime ?? false)
      .flag(rule.follows ?? false)
      .flag(joined)
      .u8(rule.depth ?? 0)
      .u8(rule.event === undefined ? 0 : rule.event === 'begins' ? 1 : 2);
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
    const { w, rule, roles } = this;
    const keys = this.#instrument();
    if (keys[0] === undefined) w.u8(SOURCE.absent);
    else this.#role(keys[0]);
    this.#role(rule.id);
    this.#role(rule.newId ?? rule.tradeId);
    const scaled = roles.priceExponent === 'instrument' || typeof rule.priceExponent === 'object';
    const own = typeof rule.priceExponent === 'number' ? rule.priceExponent : undefined;
    const exponent = scaled ? undefined : (roles.priceExponent as number);
    this.#role(rule.price, { numeric: true, ...(exponent === undefined ? {} : { exponent, own }) });
    this.#role(rule.size, { numeric: true, exponent: roles.sizeExponent ?? 0, own: rule.sizeExponent });
    this.#role(rule.remaining, { numeric: true, exponent: roles.sizeExponent ?? 0, own: rule.sizeExponent });
    this.#role(rule.orders ?? rule.place, { numeric: true });
    this.#role(rule.level, { numeric: true });
    this.#time();
    this.#role(rule.seconds, { numeric: true });
    if (rule.last === undefined) w.u8(SOURCE.absent);
    else if (rule.last === false) w.u8(SOURCE.constant).u64(0n);
    else this.#load(this.#field(rule.last.field), rule.last.bit === undefined ? {} : { bit: rule.last.bit });
    const names = this.#together(rule.name);
    if (names[0] === undefined) w.u8(SOURCE.absent);
    else this.#role(names[0]);
    for (const more of [keys.slice(1), names.slice(1)]) {
      w.list(more, (name) => {
        this.#role(name);
      });
    }
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
      if (said === undefined) w.u8(SOURCE.absent);
      else w.u8(SOURCE.constant).u64(BigInt(names.indexOf(said)));
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
      w.u8(SOURCE.absent).flag(false);
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
    const places: readonly (readonly [PlanRecord | undefined, number])[] = [
      [this.#group?.record, SOURCE.entry],
      [this.rule.refers === undefined ? undefined : this.#first?.record, SOURCE.other],
      [this.plan.record, SOURCE.message],
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
    const { w } = this;
    if (role === undefined) {
      w.u8(SOURCE.absent);
    } else if (typeof role === 'object' && 'always' in role) {
      w.u8(SOURCE.constant).u64(BigInt(role.always));
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

  #reading(field: PlanField, lift: Lift): number {
    switch (field.wire) {
      case 'bytes':
        return this.#fail(`'${field.name}' is no number and no text`);
      case 'int':
        return READING.signed;
      case 'digits':
        return READING.digits;
      case 'float':
        return READING.float;
      case 'text':
        return lift.numeric === true ? READING.decimal : READING.text;
      default:
        return READING.unsigned;
    }
  }

  #load({ field, source, place }: Found, lift: Lift = {}): void {
    const { w } = this;
    const [low, width] = place ?? (lift.bit === undefined ? [0, 64] : [lift.bit, 1]);
    const multiplier = this.#multiplier(field, lift);
    w.u8(source).u8(this.#reading(field, lift)).u32(field.at).u8(field.size);
    w.flag(field.big)
      .flag(field.since > 0)
      .flag(field.nullBits !== undefined)
      .u64(field.nullBits ?? 0n);
    w.u64((ALL_BITS >> BigInt(64 - width)) << BigInt(low)).u8(low);
    w.u64(multiplier);
    const of = lift.composite && this.#field(lift.composite.second).field;
    if (of !== undefined && (of.wire !== 'int' || of.size !== 1)) this.#fail(`'${of.name}' is no exponent of a byte`);
    w.u32(of?.at ?? 0).u8((lift.exponent ?? 0) & 255);
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
      w.u8(COUNT[count.kind])
        .flag(after)
        .u32(after ? 0 : g.at < 0 ? this.plan.record.fixedEnd : g.at)
        .u32(count.kind === 'fixed' ? count.count : 0)
        .u32(count.kind === 'dimension' ? 0 : g.size)
        .u32(count.kind === 'dimension' ? count.size : 0);
      if (count.kind === 'dimension') {
        this.#load({ field: count.number, source: SOURCE.message });
        this.#load({ field: count.block, source: SOURCE.message });
      } else if (count.kind === 'field' || count.kind === 'untilLength') {
        this.#load({ field: count.field, source: SOURCE.message });
        w.u8(SOURCE.absent);
      } else {
        w.u8(SOURCE.absent).u8(SOURCE.absent);
      }
    });
  }
}
