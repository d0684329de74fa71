import type { EventRoles } from '../../layout/index.js';

const TIME = { time: 'timestamp' } as const;
const ORDER = { ...TIME, id: 'orderId' } as const;

/** MEMOIR Depth: order by order. */
export const memxDepth: EventRoles = {
  orders: 'instrument',
  priceExponent: -6,
  messages: {
    instrumentDirectory: { ...TIME, does: 'none', name: 'symbol' },
    orderAdded: { ...ORDER, does: 'add', side: { field: 'side' }, price: 'price', size: 'quantity' },
    orderDeleted: { ...ORDER, does: 'remove' },
    orderReduced: { ...ORDER, does: 'reduce', size: 'quantity' },
    orderExecuted: {
      ...ORDER,
      does: 'execute',
      price: 'price',
      size: 'quantity',
      tradeId: 'tradeId',
      atPrice: true,
    },
    trade: { ...TIME, does: 'trade', id: 'tradeId', price: 'price', size: 'quantity' },
    clearBook: { ...TIME, does: 'clear' },
  },
};
