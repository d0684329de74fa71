import type { BookAction, OrderScope } from '../contract.js';

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

/** A field's name, or a value that is always the same. */
export type Role = string | { readonly always: number };

/** One rule: fields are named as in the table, those of the group's entry first. */
export interface EventRule {
  /** The action, or the field that says which; codes that are not listed do nothing. */
  readonly does: BookAction | { readonly field: string; readonly is: Readonly<Record<RoleCode, BookAction>> };
  /** The group whose entries the rule is for, once each. */
  readonly each?: string;
  /** Only where each of these fields has one of its values. */
  readonly when?: Readonly<Record<string, readonly RoleCode[]>>;
  /** Only where none of these fields has one of its values. */
  readonly unless?: Readonly<Record<string, readonly RoleCode[]>>;
  /** Default: the instrument field of the table, where the message has it. */
  readonly instrument?: Role;
  /** Of the order; of a print: the venue's number of the trade. */
  readonly id?: Role;
  /** Of the order that replaces it. */
  readonly newId?: string;
  /** Of an execution. */
  readonly tradeId?: string;
  /** A side, or the field that says which. A field alone: `B` is bid, `S` is ask. */
  readonly side?:
    | 'bid'
    | 'ask'
    | { readonly field: string; readonly bid: readonly RoleCode[]; readonly ask: readonly RoleCode[] }
    | { readonly field: string };
  readonly price?: Role;
  readonly size?: Role;
  /** Number of orders at the level. */
  readonly orders?: Role;
  /** Number of the level, from 1. */
  readonly level?: Role;
  /** Nanoseconds; with `seconds`, the part below a second. */
  readonly time?: string;
  readonly seconds?: string;
  /** `time` counts from what the last message with `setsTime` said. */
  readonly afterBase?: boolean;
  /** The message says the time that others count from, and nothing else. */
  readonly setsTime?: boolean;
  /** The event ends with this message or entry: always (the default), or where a field is not zero, or has a bit. */
  readonly last?: { readonly field: string; readonly bit?: number };
  /** The instrument's symbol, where messages know it by a number. */
  readonly name?: string;
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
  /** Names that the entry does not have are taken from this entry (counted from 1) of the message's first group. */
  readonly refers?: string;
}

export interface EventRoles<N extends string = string> {
  /** Default `all`: an order's id is unique in the feed. */
  readonly orders?: OrderScope;
  /** Prices of books and events: value = price * 10^priceExponent. Raw where the scale comes with the instrument. */
  readonly priceExponent: number;
  readonly sizeExponent?: number;
  /** Levels that a numbered book has. */
  readonly depth?: number;
  readonly messages: { readonly [K in N]?: EventRule | readonly EventRule[] };
}
