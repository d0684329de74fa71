/** Sentences that roles of many tables are made of. */
import type { EventRule, Role } from '../../layout/table.js';

/** Price, size and number of orders of a side, by the names of their fields. */
export type SideFields = readonly [price: Role, size: Role, orders?: Role];

/** A message that replaces the best price of both sides. A size of 0 empties a side. */
export const quotes = (bid: SideFields, ask: SideFields, more: Partial<EventRule> = {}): EventRule[] =>
  (['bid', 'ask'] as const).map((side) => {
    const [price, size, orders] = side === 'bid' ? bid : ask;
    return { does: 'quote', side, price, size, ...(orders === undefined ? {} : { orders }), ...more };
  });

/** A message that replaces the best price of one side. */
export const quote = (side: 'bid' | 'ask', price: Role, size: Role, more: Partial<EventRule> = {}): EventRule => ({
  does: 'quote',
  side,
  price,
  size,
  ...more,
});

/** Figures of one message: which one each field is. */
export const figures = (
  fields: Readonly<Record<string, EventRule['statistic'] & string>>,
  more: Partial<EventRule> = {},
): EventRule[] =>
  Object.entries(fields).map(([field, statistic]) => ({
    does: 'statistic',
    statistic,
    ...(SIZES.has(statistic) ? { size: field } : { price: field }),
    ...more,
  }));

/** Figures that are quantities, not prices. */
const SIZES: ReadonlySet<string> = new Set(['clearedVolume', 'openInterest', 'blockVolume', 'volume', 'trades']);
