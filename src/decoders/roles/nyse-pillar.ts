import type { EventRoles } from '../../layout/index.js';

const ORDER = { id: 'orderId', time: 'sourceTimeNs' } as const;
const ADDED = { ...ORDER, does: 'add', side: { field: 'side' }, price: 'price', size: 'volume' } as const;
const EXECUTED = {
  ...ORDER,
  does: 'execute',
  price: 'price',
  size: 'volume',
  tradeId: 'tradeId',
  atPrice: true,
} as const;

/**
 * Integrated Feed: an order's number is unique within its symbol index. Prices are raw: the scale comes with the symbol. Times
 * are the nanoseconds of the second that the last source time reference gave.
 */
export const nysePillarIntegrated: EventRoles = {
  orders: 'instrument',
  priceExponent: 0,
  messages: {
    symbolIndexMapping: { does: 'none', name: 'symbol' },
    symbolClear: { does: 'clear', time: 'sourceTimeNs' },
    addOrder: ADDED,
    addOrderRefresh: { ...ADDED, does: 'put' },
    modifyOrder: { ...ORDER, does: 'modify', price: 'price', size: 'volume' },
    deleteOrder: { ...ORDER, does: 'remove' },
    orderExecution: [
      { ...EXECUTED, when: { printableFlag: [1] } },
      { ...EXECUTED, unless: { printableFlag: [1] }, notPrinted: true },
    ],
    replaceOrder: { ...ORDER, does: 'replace', newId: 'newOrderId', price: 'price', size: 'volume' },
    nonDisplayedTrade: {
      does: 'trade',
      id: 'tradeId',
      price: 'price',
      size: 'volume',
      time: 'sourceTimeNs',
      when: { printableFlag: [1] },
    },
    crossTrade: { does: 'trade', id: 'crossId', price: 'price', size: 'volume', time: 'sourceTimeNs' },
  },
};
