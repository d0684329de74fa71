import type { EventRoles, EventRule } from '../../layout/index.js';

const SIDE = { field: 'side', bid: ['1'], ask: ['2'] } as const;
const ORDER = { does: 'put', id: 'orderId', side: SIDE, price: 'price', size: 'quantity' } as const;
const IMPLIED = 89; // Y
/** Implied orders have messages of their own and are kept apart. */
const realAndImplied = (rule: EventRule): readonly EventRule[] => [
  { ...rule, unless: { isImplied: [IMPLIED] } },
  { ...rule, when: { isImplied: [IMPLIED] }, implied: true },
];

/**
 * Orders of iMpact: an add or modify is the order's whole state. A trade takes the order away whose number it has, whatever
 * the quantities; what is left of it comes as a new order in the same bundle. Prices are raw: the denominator comes with the
 * market.
 */
export const iceImpactOrders: EventRoles = {
  priceExponent: 0,
  messages: {
    marketSnapshot: [{ does: 'clear' }, { does: 'clear', implied: true }],
    marketSnapshotOrder: realAndImplied(ORDER),
    addOrModifyOrder: realAndImplied({ ...ORDER, time: 'orderEntryDateTime' }),
    deleteOrder: { does: 'remove', id: 'orderId', time: 'messageDateTime' },
    trade: [
      { does: 'remove', id: 'tradeId', ifKnown: true, time: 'transactDateTime' },
      {
        does: 'trade',
        id: 'tradeId',
        side: { field: 'aggressorSide', bid: ['1'], ask: ['2'] },
        price: 'price',
        size: 'quantity',
        time: 'transactDateTime',
      },
    ],
  },
};
