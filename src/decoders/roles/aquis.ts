import type { EventRoles } from '../../layout/table.js';

const AQUIS = { time: 'timestamp' } as const;
const AQUIS_SIDE = { field: 'side', bid: [1], ask: [2] } as const;
/** Aquis: an order's number is unique within its security; a trade takes from the order that it names. */
export const aquisAmd: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -5,
  messages: {
    securityDefinition: { does: 'define', name: 'umtf' },
    securityStatus: {
      ...AQUIS,
      does: 'status',
      id: 'tradingStatus',
      state: { field: 'tradingStatus', is: { 1: 'trading', 2: 'halted', 3: 'suspended', 8: 'auction', 24: 'trading' } },
    },
    orderAdd: { ...AQUIS, does: 'add', id: 'orderRef', side: AQUIS_SIDE, price: 'price', size: 'quantity' },
    orderModify: { ...AQUIS, does: 'modify', id: 'orderRef', price: 'price', size: 'quantity' },
    orderCancel: { ...AQUIS, does: 'remove', id: 'orderRef' },
    trade: [
      {
        ...AQUIS,
        does: 'execute',
        id: 'orderRef',
        price: 'price',
        size: 'quantity',
        tradeId: 'tradeRef',
        atPrice: true,
        when: { tradeType: [1] },
      },
      { ...AQUIS, does: 'trade', id: 'tradeRef', price: 'price', size: 'quantity', unless: { tradeType: [1] } },
    ],
    tradeBust: { ...AQUIS, does: 'tradeCancel', id: 'tradeRef', price: 'price', size: 'quantity' },
    bookStatus: { does: 'clear' },
    bookEntry: { does: 'put', id: 'orderRef', side: AQUIS_SIDE, price: 'price', size: 'quantity' },
  },
};
/** A2X runs the same technology; the scale of its prices is told nowhere, so they stay the integers as they came. */
export const a2xAmd: EventRoles = { ...aquisAmd, priceExponent: 'instrument' };
