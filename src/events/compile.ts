/** Compiles a table's roles into the program that native/core/event_program.cpp reads. */
import { BOOK_ACTION, BOOK_SIDE, ORDER_SCOPE } from '../contract.js';
import type { Decoder } from '../layout/decoder.js';
import { Composite } from '../layout/field.js';
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
import type { EventRoles, EventRule, Role, RoleCode } from '../layout/roles.js';
import { SpecWriter } from '../layout/spec.js';

/** Of the compiled form; native/core/event_program.cpp has the same. */
export const EVENT_PROGRAM_VERSION = 1;

const SOURCE = { absent: 0, message: 1, entry: 2, constant: 3, other: 4 } as const;
const READING = { unsigned: 0, signed: 1, digits: 2, text: 3 } as const;
const COUNT = { fixed: 0, field: 1, toEnd: 2, dimension: 3 } as const;
const FROM_FIELD = 0xff;
const FLAG = { ifKnown: 1, keepsPlace: 2, notPrinted: 4, atPrice: 8, implied: 16 } as const;
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
  w.u8(roles.priceExponent & 255).u8((roles.sizeExponent ?? 0) & 255);
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
    const said = roles.messages[name];
    const rules: readonly EventRule[] = said === undefined ? [] : Array.isArray(said) ? said : [said as EventRule];
    w.list(rules, (rule) => {
      new RuleWriter(w, decoder, roles, decoder.plan(decoder.names.indexOf(name)), rule).write();
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

  write(): void {
    const { w, rule } = this;
    if (typeof rule.does === 'string') {
      w.u8(BOOK_ACTION.indexOf(rule.does));
    } else {
      const { field, is } = rule.does;
      w.u8(FROM_FIELD);
      const at = this.#field(field);
      this.#load(at);
      w.list(Object.entries(is), ([code, action]) => {
        w.u64(this.#code(at.field, code)).u8(BOOK_ACTION.indexOf(action));
      });
    }
    let flags = 0;
    for (const [name, bit] of Object.entries(FLAG)) if (rule[name as keyof typeof FLAG]) flags |= bit;
    w.u8(flags)
      .flag(rule.afterBase ?? false)
      .flag(rule.setsTime ?? false);
    this.#path();
    w.flag(rule.refers !== undefined);
    if (rule.refers !== undefined) this.#load(this.#field(rule.refers));
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
    this.#side();
    this.#role(rule.instrument ?? this.#instrument());
    this.#role(rule.id);
    this.#role(rule.newId ?? rule.tradeId);
    this.#role(rule.price, this.roles.priceExponent);
    this.#role(rule.size, this.roles.sizeExponent ?? 0);
    this.#role(rule.orders);
    this.#role(rule.level);
    this.#role(rule.time);
    this.#role(rule.seconds);
    if (rule.last === undefined) w.u8(SOURCE.absent);
    else this.#load(this.#field(rule.last.field), rule.last.bit);
    this.#role(rule.name);
  }

  #instrument(): string | undefined {
    return this.decoder.instrument.find((name) => this.#find(name) !== undefined);
  }

  #find(name: string): { field: PlanField; source: number } | undefined {
    const places: readonly (readonly [PlanRecord | undefined, number])[] = [
      [this.#group?.record, SOURCE.entry],
      [this.rule.refers === undefined ? undefined : this.#first?.record, SOURCE.other],
      [this.plan.record, SOURCE.message],
    ];
    for (const [record, source] of places) {
      const part: PlanPart | undefined = record?.byName.get(name);
      if (record === undefined || part?.kind !== 'field') continue;
      if (part.at < 0 || record.parts.indexOf(part) >= record.firstDynamic) {
        this.#fail(`the place of '${name}' is not known before the message is read`);
      }
      return { field: part, source };
    }
    return undefined;
  }

  #field(name: string): { field: PlanField; source: number } {
    return this.#find(name) ?? this.#fail(`there is no field '${name}'`);
  }

  #code(field: PlanField, code: RoleCode): bigint {
    if (field.wire === 'char') return codeValue(code, field.size);
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

  #role(role: Role | undefined, exponent?: number): void {
    const { w } = this;
    if (role === undefined) {
      w.u8(SOURCE.absent);
    } else if (typeof role !== 'string') {
      w.u8(SOURCE.constant).u64(BigInt(role.always));
    } else {
      const composite = this.#composite(role);
      if (composite !== undefined && exponent !== undefined)
        this.#load(this.#field(composite.first), undefined, exponent, composite);
      else this.#load(this.#field(role), undefined, exponent);
    }
  }

  #composite(name: string): Composite<unknown> | undefined {
    for (const fields of [this.#group?.record.fields, this.#first?.record.fields, this.plan.record.fields]) {
      const part = fields?.[name];
      if (part instanceof Composite && part.as === 'scientific') return part;
    }
    return undefined;
  }

  #load(
    { field, source }: { field: PlanField; source: number },
    bit?: number,
    exponent?: number,
    composite?: Composite<unknown>,
  ): void {
    const { w } = this;
    const scale = field.field?.data.meaning?.scale;
    const lift = exponent === undefined || scale === undefined ? 0 : scale - exponent;
    if (lift < 0) this.#fail(`'${field.name}' has more decimals than the books' prices and sizes`);
    if (field.wire === 'bytes' || field.wire === 'float') this.#fail(`'${field.name}' is no number and no text`);
    const reading =
      field.wire === 'int'
        ? READING.signed
        : field.wire === 'digits'
          ? READING.digits
          : field.wire === 'text'
            ? READING.text
            : READING.unsigned;
    w.u8(source).u8(reading).u32(field.at).u8(field.size);
    w.flag(field.big)
      .flag(field.since > 0)
      .flag(field.nullBits !== undefined)
      .u64(field.nullBits ?? 0n);
    w.u64(bit === undefined ? ALL_BITS : 1n << BigInt(bit)).u8(bit ?? 0);
    w.u64(10n ** BigInt(lift));
    const of = composite && this.#field(composite.second).field;
    if (of !== undefined && (of.wire !== 'int' || of.size !== 1)) this.#fail(`'${of.name}' is no exponent of a byte`);
    w.u32(of?.at ?? 0).u8((exponent ?? 0) & 255);
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
      if (count.kind === 'untilLength') this.#fail(`'${g.name}' ends where another field says`);
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
      } else if (count.kind === 'field') {
        this.#load({ field: count.field, source: SOURCE.message });
        w.u8(SOURCE.absent);
      } else {
        w.u8(SOURCE.absent).u8(SOURCE.absent);
      }
    });
  }
}
