import type { EventRoles, EventRule } from '../../layout/table.js';
import { quotes } from './words.js';

/** The first states are those of one stock, the others those of a group of stocks. */
const STOCK_STATES = {
  A: 'trading',
  I: 'preOpen',
  AR: 'paused',
  IR: 'paused',
  AS: 'halted',
  IS: 'halted',
  AE: 'paused',
  IE: 'paused',
} as const;
const TIME = { time: 'tradingSystemTimeStamp' } as const;
const SIDE = { field: 'orderSide', bid: ['B'], ask: ['S'] } as const;
const STATE: EventRule = { does: 'status', id: 'stockState', state: { field: 'stockState', is: STOCK_STATES } };
const ORDER: EventRule = { does: 'put', id: 'orderId', side: SIDE, price: 'price', size: 'volume' };
/** An order that gets another place gets it with its price and volume: its old place is gone. */
const PLACED: EventRule[] = [{ ...ORDER, ...TIME }];
const GONE: EventRule = { ...TIME, does: 'remove', id: 'orderId' };
const PRINT: EventRule = { ...TIME, does: 'trade', id: 'tradeNumber', price: 'price', size: 'volume' };
/** What is left of an order is what it still displays; one of the two is mostly in no book. */
const filled = (order: string, left: string): EventRule => ({
  ...TIME,
  does: 'execute',
  id: order,
  size: 'volume',
  remaining: left,
  tradeId: 'tradeNumber',
  ifKnown: true,
  notPrinted: true,
});
const REPORT: EventRule[] = [
  filled('buyOrderId', 'buyDisplayVolume'),
  filled('sellOrderId', 'sellDisplayVolume'),
  PRINT,
];
const CANCELLED: EventRule = { ...TIME, does: 'tradeCancel', id: 'tradeNumber' };
const CORRECTED: EventRule[] = [
  { ...TIME, does: 'tradeCancel', id: 'origTradeNumber' },
  { ...TIME, does: 'trade', id: 'tradeNumber', price: 'price', size: 'volume' },
];
const IMBALANCE: EventRule = {
  ...TIME,
  does: 'imbalance',
  id: 'pairedVolume',
  side: { field: 'imbalanceSide' },
  price: 'imbalanceReferencePrice',
  size: 'imbalanceVolume',
};

/**
 * TSX, TSX Venture and Alpha, orders one by one. Orders and trades with special terms trade in a market of their own: their
 * orders make no book here, their trades are prints.
 */
export const tmxLevel2: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -6,
  messages: {
    symbolStatus: [{ does: 'define' }, STATE],
    stockStatus: { ...STATE, ...TIME },
    orderBook: ORDER,
    orderBooked: { ...ORDER, ...TIME },
    orderPriceTimeAssigned: PLACED,
    orderCancelled: GONE,
    tradeReport: REPORT,
    tradeReportTerms: PRINT,
    tradeCancelled: CANCELLED,
    tradeCancelledTerms: CANCELLED,
    tradeCorrection: CORRECTED,
    tradeCorrectionTerms: CORRECTED,
    mocImbalance: IMBALANCE,
  },
};
const QUOTE = quotes(['bidPrice', 'bidSize'], ['askPrice', 'askSize'], TIME);
/** The same markets, best prices and trades. */
export const tmxLevel1: EventRoles = {
  shared: true,
  priceExponent: -6,
  messages: {
    symbolStatus: [{ does: 'define' }, STATE],
    stockStatus: { ...STATE, ...TIME },
    quote: QUOTE,
    equityQuote: QUOTE,
    trade: PRINT,
    tradeReport: PRINT,
    tradeCancelled: { ...CANCELLED, price: 'price', size: 'volume' },
    mocImbalance: IMBALANCE,
  },
};
