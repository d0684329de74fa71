import type { EventRoles } from '../../layout/index.js';

const TIME = { time: 'timeOffset', afterBase: true } as const;
const ORDER = { ...TIME, id: 'orderId' } as const;
const SIDE = { field: 'sideIndicator' } as const;
const ADDED = { ...ORDER, does: 'add', side: SIDE, price: 'price', size: 'quantity' } as const;
const REDUCED = { ...ORDER, does: 'reduce', size: 'canceledQuantity' } as const;
const MODIFIED = { ...ORDER, does: 'modify', price: 'price', size: 'quantity' } as const;
const TRADED = { ...TIME, does: 'trade', id: 'executionId', side: SIDE, price: 'price', size: 'quantity' } as const;

/** Multicast PITCH, equities: order by order; short and long forms of the same messages. */
export const cboePitchEquities: EventRoles = {
  priceExponent: -4,
  messages: {
    time: { does: 'none', seconds: 'time', setsTime: true },
    unitClear: { ...TIME, does: 'clear' },
    addOrderLong: ADDED,
    addOrderShort: ADDED,
    addOrderExpanded: ADDED,
    orderExecuted: { ...ORDER, does: 'execute', size: 'executedQuantity', tradeId: 'executionId' },
    orderExecutedAtPriceSize: {
      ...ORDER,
      does: 'execute',
      size: 'executedQuantity',
      price: 'price',
      tradeId: 'executionId',
      atPrice: true,
    },
    reduceSizeLong: REDUCED,
    reduceSizeShort: REDUCED,
    modifyOrderLong: MODIFIED,
    modifyOrderShort: MODIFIED,
    deleteOrder: { ...ORDER, does: 'remove' },
    tradeLong: TRADED,
    tradeShort: TRADED,
    tradeExpanded: TRADED,
  },
};
