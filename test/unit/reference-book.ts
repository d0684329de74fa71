/**
 * A deliberately simple reading of roles and a deliberately simple book, to hold the native ones against: plain objects,
 * lists that are searched from end to end, no compiled form. It shares nothing with them but the roles themselves.
 */
import type { BookAction } from '../../src/contract.js';
import {
  Composite,
  type Decoder,
  type EventRoles,
  type EventRule,
  Field,
  type Fields,
  Group,
  instrumentKey,
  type Role,
  type RoleCode,
  rulesOf,
} from '../../src/layout/index.js';

export type Plain = { readonly [name: string]: unknown };
export type Side = 'bid' | 'ask';

/** What one rule makes of one message or entry. */
export interface Operation {
  readonly action: BookAction;
  readonly instrument: bigint | undefined;
  readonly side: Side | undefined;
  readonly id: bigint | undefined;
  readonly newId: bigint | undefined;
  readonly price: bigint | undefined;
  readonly size: bigint | undefined;
  readonly remaining: bigint | undefined;
  readonly orders: bigint | undefined;
  readonly level: number;
  readonly rule: EventRule;
}

interface Place {
  readonly object: Plain;
  readonly fields: Fields;
}

const IMPLIED = 1n << 63n;
const BY_ORDER = 1n << 62n;
const ONE = (role: Role | undefined): readonly string[] =>
  role === undefined || (typeof role === 'object' && 'always' in role) ? [] : typeof role === 'string' ? [role] : role;

export class Reading {
  #instrument: bigint | undefined;
  #side: Side | undefined;
  readonly #roles: EventRoles;
  constructor(readonly decoder: Decoder) {
    this.#roles = decoder.events as EventRoles;
  }

  /** The operations of a message, in order. */
  *of(name: string, object: Plain): Generator<Operation> {
    const rules = rulesOf(this.#roles, name);
    if (rules.some((rule) => rule.event !== undefined)) return;
    const fields = { ...this.decoder.header, ...this.decoder.messages[name]?.fields } as Fields;
    const message: Place = { object, fields };
    for (let i = 0; i < rules.length; ) {
      const each = rules[i]?.each;
      if (each === undefined) {
        yield* this.#rule(rules[i++] as EventRule, [message], message);
        continue;
      }
      const first = i;
      while (i < rules.length && rules[i]?.each === each) i++;
      const group = fields[each] as Group;
      for (const entry of (object[each] ?? []) as readonly Plain[]) {
        for (const rule of rules.slice(first, i)) yield* this.#entry(rule, entry, group, message);
      }
    }
  }

  *#entry(rule: EventRule, entry: Plain, group: Group, message: Place): Generator<Operation> {
    const places: Place[] = [{ object: entry, fields: group.fields }];
    if (rule.refers !== undefined) {
      const n = Number(entry[rule.refers]);
      const first = Object.entries(message.fields).find(([, part]) => part instanceof Group) as [string, Group];
      const other = ((message.object[first[0]] ?? []) as readonly Plain[])[n - 1];
      if (!(n >= 1) || other === undefined) return;
      places.push({ object: other, fields: first[1].fields });
    }
    yield* this.#rule(rule, [...places, message], message);
  }

  *#rule(rule: EventRule, places: readonly Place[], _message: Place): Generator<Operation> {
    const raw = (role: Role | undefined) => raws(role, places);
    for (const [name, codes] of Object.entries(rule.when ?? {})) if (!has(raw(name), codes)) return;
    for (const [name, codes] of Object.entries(rule.unless ?? {})) if (has(raw(name), codes)) return;
    let action: BookAction = 'none';
    if (typeof rule.does === 'string') action = rule.does;
    else {
      const value = raw(rule.does.field as Role);
      const found = Object.entries(rule.does.is).find(([code]) => has(value, [code]));
      if (found === undefined) return;
      action = found[1];
    }
    if (rule.setsTime === true) return;
    let side = this.#sideOf(rule, raw);
    let instrument = this.#key(rule, places);
    if (rule.follows === true) {
      instrument ??= this.#instrument;
      side ??= this.#side;
    }
    this.#instrument = instrument;
    this.#side = side;
    const number = (role: Role | undefined) => integer(role, places, 0, undefined);
    const own = typeof rule.priceExponent === 'number' ? rule.priceExponent : undefined;
    yield {
      action,
      instrument,
      side,
      id: number(rule.id) ?? text(this.decoder, rule.id, places),
      newId: number(rule.newId ?? rule.tradeId),
      price: this.#price(rule, places, own),
      size: integer(rule.size, places, this.#roles.sizeExponent ?? 0, rule.sizeExponent),
      remaining: integer(rule.remaining, places, this.#roles.sizeExponent ?? 0, rule.sizeExponent),
      orders: number(rule.orders ?? rule.place),
      level: Number(number(rule.level) ?? 0n),
      rule,
    };
  }

  #price(rule: EventRule, places: readonly Place[], own: number | undefined): bigint | undefined {
    const prices = this.#roles.priceExponent;
    const said = rule.priceExponent;
    if (prices === 'instrument') return integer(rule.price, places, 0, 0);
    if (typeof said !== 'object') return integer(rule.price, places, prices, own);
    const value = raws('decimals' in said ? said.decimals : (said.field as Role), places);
    if (value === undefined || value === null) return undefined;
    let exponent = 'decimals' in said ? -Number(value) : Number(value);
    if ('is' in said) {
      const found = Object.entries(said.is).find(([code]) => has(value, [code]));
      if (found === undefined) return undefined;
      exponent = found[1];
    } else if (Math.abs(exponent) >= 32) return undefined;
    const raw = integer(rule.price, places, 0, 0);
    if (raw === undefined) return undefined;
    if (exponent >= prices) return within(raw * 10n ** BigInt(exponent - prices));
    const lift = 10n ** BigInt(prices - exponent);
    return raw % lift === 0n ? raw / lift : undefined;
  }

  #sideOf(rule: EventRule, raw: (role: Role) => unknown): Side | undefined {
    const { side } = rule;
    if (side === undefined || typeof side === 'string') return side;
    const value = raw(side.field);
    if (has(value, 'bid' in side ? side.bid : ['B'])) return 'bid';
    return has(value, 'ask' in side ? side.ask : ['S']) ? 'ask' : undefined;
  }

  #key(rule: EventRule, places: readonly Place[]): bigint | undefined {
    const said = rule.instrument ?? this.decoder.instrument.find((name) => find(name, places) !== undefined);
    if (said === undefined || (typeof said === 'object' && 'together' in said)) return undefined;
    const value = raws(said, places);
    if (value === undefined || value === null) return undefined;
    let key =
      typeof value === 'string' ? instrumentKey(this.decoder, value) : BigInt.asUintN(64, BigInt(value as number));
    if (rule.implied === true) key |= IMPLIED;
    if (rule.byOrder === true) key |= BY_ORDER;
    return key;
  }
}

function find(name: string, places: readonly Place[]): { place: Place; field: Field; value: unknown } | undefined {
  for (const place of places) {
    const part = place.fields[name];
    if (part instanceof Field) return { place, field: part, value: place.object[name] };
    for (const [of, whole] of Object.entries(place.fields)) {
      if (!(whole instanceof Field) || !name.startsWith(of)) continue;
      const bit = Object.entries(whole.data.places ?? {}).find(
        ([b]) => of + b.charAt(0).toUpperCase() + b.slice(1) === name,
      );
      if (bit === undefined) continue;
      const [low, width] = typeof bit[1] === 'number' ? [bit[1], 1] : bit[1];
      const value = (BigInt(place.object[of] as number) >> BigInt(low)) & ((1n << BigInt(width)) - 1n);
      return { place, field: whole, value };
    }
  }
  return undefined;
}

function raws(role: Role | undefined, places: readonly Place[]): unknown {
  if (typeof role === 'object' && 'always' in role) return role.always;
  for (const name of ONE(role)) {
    const found = find(name, places);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

function has(value: unknown, codes: readonly RoleCode[]): boolean {
  if (value === undefined || value === null) return false;
  return codes.some((code) => {
    if (typeof value === 'string' && typeof code === 'number') return value.charCodeAt(0) === code;
    if (typeof value === 'string') return value.trimEnd() === String(code).trimEnd();
    return BigInt(value as number) === BigInt(code);
  });
}

/** The integer that a field holds, in the exponent that is asked for. */
function integer(role: Role | undefined, places: readonly Place[], exponent: number, own: number | undefined) {
  if (role === undefined) return undefined;
  if (typeof role === 'object' && 'always' in role) return BigInt(role.always);
  for (const name of ONE(role)) {
    for (const place of places) {
      const part = place.fields[name];
      if (part instanceof Composite && part.as === 'scientific') {
        const mantissa = place.object[part.first] as bigint | number | null;
        const scale = place.object[part.second] as number | null;
        if (mantissa === null || scale === null) return undefined;
        const lift = BigInt(Math.abs(scale - exponent));
        if (scale >= exponent) return within(BigInt(mantissa) * 10n ** lift);
        return BigInt(mantissa) % 10n ** lift === 0n ? BigInt(mantissa) / 10n ** lift : undefined;
      }
    }
    const found = find(name, places);
    if (found === undefined) continue;
    const { value, field } = found;
    if (value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value))) return undefined;
    if (typeof value === 'string') return undefined;
    const scale = own ?? field.data.meaning?.scale;
    return within(
      BigInt.asIntN(64, BigInt(value as number)) * (scale === undefined ? 1n : 10n ** BigInt(scale - exponent)),
    );
  }
  return undefined;
}

/** What does not fit 64 bits is not there. */
const within = (value: bigint): bigint | undefined => (BigInt.asIntN(64, value) === value ? value : undefined);

function text(decoder: Decoder, role: Role | undefined, places: readonly Place[]): bigint | undefined {
  const value = raws(role, places);
  return typeof value === 'string' ? instrumentKey(decoder, value) : undefined;
}

interface Order {
  readonly id: bigint;
  readonly instrument: bigint;
  readonly side: Side;
  price: bigint;
  size: bigint;
}
type Row = readonly [price: bigint, size: bigint, orders: number];

/** Orders in one list, first in time first; levels and numbered levels in maps. */
export class ReferenceBooks {
  orders: Order[] = [];
  readonly levels = new Map<string, Map<bigint, Row>>();
  readonly numbered = new Map<string, Map<number, Row>>();
  unknownOrders = 0;
  duplicateOrders = 0;
  overfilled = 0;
  constructor(
    readonly scope: EventRoles['orders'],
    readonly depth: number | undefined,
  ) {}

  apply(op: Operation): void {
    const { action, instrument, side } = op;
    switch (action) {
      case 'none':
      case 'trade':
      case 'tradeCancel':
      case 'status':
      case 'define':
      case 'imbalance':
      case 'statistic':
        return;
      case 'clear':
        this.#clear(instrument, side);
        return;
      case 'levelSet':
      case 'quote':
        // Of a feed whose book is told by levels: the book stays as it is.
        if (op.rule.aside !== true) this.#level(op);
        return;
      case 'levelInsert':
      case 'levelChange':
      case 'levelRemove':
      case 'levelRemoveFrom':
      case 'levelRemoveThrough':
        this.#number(op);
        return;
      case 'removeFrom':
      case 'removeThrough':
        this.#places(op);
        return;
      default:
        this.#order(op);
        return;
    }
  }

  #clear(instrument: bigint | undefined, side: Side | undefined): void {
    this.orders = this.orders.filter(
      (o) => instrument !== undefined && (o.instrument !== instrument || (side !== undefined && o.side !== side)),
    );
    for (const map of [this.levels, this.numbered]) {
      for (const key of [...map.keys()]) {
        const [of, which] = key.split(' ');
        if (instrument === undefined || (of === String(instrument) && (side === undefined || which === side)))
          map.delete(key);
      }
    }
  }

  #find(op: Operation, id: bigint | undefined): Order | undefined {
    return this.orders.find(
      (o) =>
        o.id === (id ?? 0n) &&
        (this.scope === undefined || this.scope === 'all' || o.instrument === op.instrument) &&
        (this.scope !== 'instrumentAndSide' || o.side === op.side),
    );
  }

  #order(op: Operation): void {
    const known = this.#find(op, op.id);
    if (known === undefined) {
      if (op.action !== 'add' && op.action !== 'put') {
        if (op.rule.ifKnown !== true) this.unknownOrders++;
        return;
      }
      const { instrument, side, price, size } = op;
      if (instrument === undefined || side === undefined || price === undefined || size === undefined || size <= 0n)
        return;
      this.orders.push({ id: op.id ?? 0n, instrument, side, price, size });
      return;
    }
    const gone = () => {
      this.orders = this.orders.filter((o) => o !== known);
    };
    switch (op.action) {
      case 'add':
        this.duplicateOrders++;
        this.#change(op, known);
        return;
      case 'put':
      case 'modify':
        this.#change(op, known);
        return;
      case 'remove':
        gone();
        return;
      case 'replace': {
        gone();
        const taken = this.#find({ ...op, instrument: known.instrument, side: op.side ?? known.side }, op.newId);
        if (taken !== undefined) {
          this.duplicateOrders++;
          this.orders = this.orders.filter((o) => o !== taken);
        }
        const size = op.size ?? known.size;
        if (size <= 0n) return;
        this.orders.push({
          id: op.newId ?? 0n,
          instrument: known.instrument,
          side: op.side ?? known.side,
          price: op.price ?? known.price,
          size,
        });
        return;
      }
      default: {
        const left = op.action === 'setSize' ? op.size : op.size === undefined ? undefined : known.size - op.size;
        if (left === undefined || (op.action === 'setSize' ? left > known.size : (op.size as bigint) < 0n)) return;
        const told = op.remaining;
        const size = told !== undefined && told >= 0n && told <= known.size ? told : left;
        if (size < 0n) this.overfilled++;
        if (size <= 0n) gone();
        else known.size = size;
      }
    }
  }

  /** Another price, side, or a larger size goes to the back. */
  #change(op: Operation, known: Order): void {
    const size = op.size ?? known.size;
    const moved: Order = {
      id: known.id,
      instrument: op.instrument ?? known.instrument,
      side: op.side ?? known.side,
      price: op.price ?? known.price,
      size,
    };
    if (size <= 0n) {
      this.orders = this.orders.filter((o) => o !== known);
      return;
    }
    const stays =
      moved.instrument === known.instrument &&
      moved.side === known.side &&
      moved.price === known.price &&
      (size <= known.size || op.rule.keepsPlace === true);
    if (stays) known.size = size;
    else this.orders = [...this.orders.filter((o) => o !== known), moved];
  }

  #places(op: Operation): void {
    const at = Number(op.orders ?? 0n);
    if (at === 0 || op.instrument === undefined || op.side === undefined) return;
    const queue = this.queue(op.instrument, op.side);
    const gone = op.action === 'removeFrom' ? queue.slice(at - 1) : queue.slice(0, at);
    this.orders = this.orders.filter((o) => !gone.includes(o));
  }

  #side<T>(map: Map<string, T>, op: Operation, make: () => T): T | undefined {
    if (op.instrument === undefined || op.side === undefined) return undefined;
    const key = `${op.instrument} ${op.side}`;
    const had = map.get(key) ?? make();
    map.set(key, had);
    return had;
  }

  #level(op: Operation): void {
    const levels = this.#side(this.levels, op, () => new Map<bigint, Row>());
    if (levels === undefined) return;
    if (op.action === 'quote') levels.clear();
    if (op.price === undefined) return;
    if ((op.size ?? 0n) > 0n) levels.set(op.price, [op.price, op.size as bigint, Number(op.orders ?? 0n)]);
    else levels.delete(op.price);
  }

  /** CME's "Market by Price - Multiple Depth Book": a list with holes. */
  #number(op: Operation): void {
    const depth = op.rule.depth ?? this.depth ?? 255;
    const { level } = op;
    if (level < 1 || level > 255 || level > depth) return;
    const list = this.#side(this.numbered, op, () => new Map<number, Row>());
    if (list === undefined) return;
    const moved = new Map<number, Row>();
    for (const [n, row] of list) {
      const to =
        op.action === 'levelInsert'
          ? n >= level
            ? n + 1
            : n
          : op.action === 'levelRemove'
            ? n === level
              ? 0
              : n > level
                ? n - 1
                : n
            : op.action === 'levelRemoveFrom'
              ? n >= level
                ? 0
                : n
              : op.action === 'levelRemoveThrough'
                ? n <= level
                  ? 0
                  : n - level
                : n;
      if (to >= 1 && to <= depth) moved.set(to, row);
    }
    if (op.action === 'levelInsert' || op.action === 'levelChange') {
      moved.set(level, [op.price ?? NONE, op.size ?? 0n, Number(op.orders ?? 0n)]);
    }
    list.clear();
    for (const [n, row] of moved) list.set(n, row);
  }

  /** A side's orders, first in its queue first. */
  queue(instrument: bigint, side: Side): Order[] {
    const better = (a: Order, b: Order) => (a.price === b.price ? 0 : a.price > b.price === (side === 'bid') ? -1 : 1);
    return this.orders.filter((o) => o.instrument === instrument && o.side === side).sort(better);
  }

  /** Levels of a side, best first. */
  rows(instrument: bigint, side: Side): Row[] {
    const key = `${instrument} ${side}`;
    const numbered = [...(this.numbered.get(key) ?? [])].sort(([a], [b]) => a - b).map(([, row]) => row);
    const levels = new Map(this.levels.get(key));
    for (const o of this.queue(instrument, side)) {
      const had = levels.get(o.price);
      levels.set(o.price, [o.price, (had?.[1] ?? 0n) + o.size, (had?.[2] ?? 0) + 1]);
    }
    const sorted = [...levels.values()].sort((a, b) => (a[0] > b[0] === (side === 'bid') ? -1 : 1));
    return [...numbered, ...sorted];
  }
}

/** As the native core says that there is no price. */
const NONE = 0x7fff_ffff_ffff_ffffn;
