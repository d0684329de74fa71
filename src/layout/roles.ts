import type { BookAction, OrderScope, Statistic, TradingState } from '../contract.js';

/**
 * What the messages of a table mean for order books and normalised events: roles, not code. The native core runs them
 * (native/core/event_program.hpp); `compileEvents` (src/events) checks them against the table.
 *
 * ```ts
 * events: {
 *   orders: 'all', priceExponent: -4,
 *   messages: {
 *     addOrder: { does: 'add', id: 'orderReferenceNumber', side: 'buySellIndicator', price: 'price', size: 'shares' },
 *     orderDelete: { does: 'remove', id: 'orderReferenceNumber' },
 *   },
 * }
 * ```
 */

export type RoleCode = string | number;

/** A field's name, or that of a bit of it as views have it (`eventFlagsProcessing`); several: the first that the message has; or a value that is always the same. */
export type Role = string | readonly string[] | { readonly always: number };

/** Fields that tell something together. */
export interface Together {
  readonly together: readonly string[];
}

/** A field, and what its codes stand for. */
export interface Coded<T> {
  readonly field: string | readonly string[];
  readonly is: Readonly<Record<RoleCode, T>>;
}

/**
 * The decimal exponent of a price: the field that has it, its decimals (the exponent's negative), or a code for it.
 * `value = price * 10^exponent`.
 */
export type ExponentRole = { readonly field: string } | { readonly decimals: string } | Coded<number>;

/** One rule: fields are named as in the table, those of the group's entry first. */
export interface EventRule {
  /** The action, or the field that says which; codes that are not listed do nothing. */
  readonly does: BookAction | Coded<BookAction>;
  /** The group whose entries the rule is for, once each. */
  readonly each?: string;
  /** Only where each of these fields has one of its values. */
  readonly when?: Readonly<Record<string, readonly RoleCode[]>>;
  /** Only where none of these fields has one of its values. */
  readonly unless?: Readonly<Record<string, readonly RoleCode[]>>;
  /** Default: the instrument field of the table, where the message has it. Several fields that tell it `together`. */
  readonly instrument?: Role | Together;
  /** Of the order; of a print: the venue's number of the trade; of an imbalance: what would be paired. */
  readonly id?: Role;
  /** Of the order that replaces it. */
  readonly newId?: string;
  /** Of an execution. */
  readonly tradeId?: Role;
  /** A side, or the field that says which. A field alone: `B` is bid, `S` is ask. Of a trade: the aggressor's. */
  readonly side?:
    | 'bid'
    | 'ask'
    | { readonly field: string; readonly bid: readonly RoleCode[]; readonly ask: readonly RoleCode[] }
    | { readonly field: string };
  readonly price?: Role;
  /** Of this message's price, where each message tells it; a number: the price field has this exponent. */
  readonly priceExponent?: ExponentRole | number;
  readonly size?: Role;
  /** What is left of an executed order, where the venue tells it. */
  readonly remaining?: Role;
  /** Of the size field, where the table does not tell. */
  readonly sizeExponent?: number;
  /** Number of orders at the level. */
  readonly orders?: Role;
  /** Of an order in the queue of its side, from 1. */
  readonly place?: Role;
  /** Number of the level, from 1. */
  readonly level?: Role;
  /** Levels that a numbered book has: what is behind them is pushed out. Default: that of the feed. */
  readonly depth?: number;
  /** Of `status`. The venue's own code is `id`. */
  readonly state?: TradingState | Coded<TradingState>;
  /** Of `statistic`: which figure. */
  readonly statistic?: Statistic | Coded<Statistic>;
  /** Time in the field's unit; with `seconds`, the part below a second. */
  readonly time?: Role;
  readonly seconds?: string | readonly string[];
  /** Of the time field, where the table does not tell; default nanoseconds. */
  readonly timeUnit?: 's' | 'ms' | 'µs' | 'ns';
  /** `time` counts from what the last message with `setsTime` said. */
  readonly afterBase?: boolean;
  /** The message says the time that others count from, and nothing else. */
  readonly setsTime?: boolean;
  /** Instrument and side are those of the message before, where this one does not tell. */
  readonly follows?: boolean;
  /**
   * The event ends with this message: always (the default), never, or where a field is not zero, or has a bit. Of an
   * entry's field: with the entry.
   */
  readonly last?: false | { readonly field: string; readonly bit?: number };
  /** The message begins or ends an event of several messages, and is nothing else. */
  readonly event?: 'begins' | 'ends';
  /** The instrument's symbol, where messages know it by a number. */
  readonly name?: Role | Together;
  /** Of `define`: the exponent that this instrument's prices have from now on (`priceExponent: 'instrument'`). */
  readonly instrumentExponent?: ExponentRole;
  /** The same of its trades' prices, where the venue tells another one. */
  readonly tradeExponent?: ExponentRole;
  /** An order or level that is not known is nothing to count. */
  readonly ifKnown?: boolean;
  /** A modified order keeps its place in the queue even if it grows. */
  readonly keepsPlace?: boolean;
  /** The execution is not printed: its trade is reported elsewhere. */
  readonly notPrinted?: boolean;
  /** The execution has a price of its own. */
  readonly atPrice?: boolean;
  /** Implied orders and levels are kept apart from the real ones. */
  readonly implied?: boolean;
  /** Orders of a feed that tells levels too: a book of their own beside them. */
  readonly byOrder?: boolean;
  /** A quote of a feed whose book is told by levels or orders: an event alone, which leaves the book as it is. */
  readonly aside?: boolean;
  /** Names that the entry does not have are taken from this entry (counted from 1) of the message's first group. */
  readonly refers?: string;
}

export interface EventRoles<N extends string = string> {
  /** Several tables have these roles: messages that a table does not have are left out. */
  readonly shared?: boolean;
  /** Default `all`: an order's id is unique in the feed. */
  readonly orders?: OrderScope;
  /**
   * Prices of books and events: value = price * 10^priceExponent. `instrument`: each instrument has its own, raw until a
   * definition tells it.
   */
  readonly priceExponent: number | 'instrument';
  readonly sizeExponent?: number;
  /** Levels that a numbered book has. */
  readonly depth?: number;
  readonly messages: { readonly [K in N]?: EventRule | readonly EventRule[] };
}

/** The rules of a message, in order. */
export function rulesOf(roles: EventRoles, message: string): readonly EventRule[] {
  const said = roles.messages[message];
  return said === undefined ? [] : Array.isArray(said) ? said : [said as EventRule];
}

/** The roles of a table: of shared ones, those whose messages it has. */
export function rolesFor(roles: EventRoles, messages: Readonly<Record<string, unknown>>): EventRoles {
  if (roles.shared !== true) return roles;
  const own = Object.entries(roles.messages).filter(([name]) => name in messages);
  return { ...roles, messages: Object.fromEntries(own) };
}

/** What is made of a table's messages: a book of orders, of levels, of best prices; events alone. */
export type Gives = 'L3' | 'L2' | 'top' | 'events';

const MAKES: Readonly<Partial<Record<BookAction, Gives>>> = {
  add: 'L3',
  put: 'L3',
  levelSet: 'L2',
  levelInsert: 'L2',
  levelChange: 'L2',
  quote: 'top',
};

/** What roles give, deepest book first; every table with roles gives events. */
export function givesOf(roles: EventRoles | undefined): Gives[] {
  if (roles === undefined) return [];
  const found = new Set<Gives>(['events']);
  for (const name of Object.keys(roles.messages)) {
    for (const { does, aside } of rulesOf(roles, name)) {
      if (aside === true) continue;
      for (const action of typeof does === 'string' ? [does] : Object.values(does.is)) {
        const kind = MAKES[action];
        if (kind !== undefined) found.add(kind);
      }
    }
  }
  return (['L3', 'L2', 'top', 'events'] as const).filter((kind) => found.has(kind));
}
