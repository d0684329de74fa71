import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures, quotes } from './words.js';

const TIME = { time: 'timestamp' } as const;
const SIDE = { field: 'side', bid: ['B'], ask: ['S'] } as const;
const STATES = {
  1: 'closed',
  2: 'suspended',
  H: 'halted',
  J: 'halted',
  K: 'halted',
  P: 'halted',
  T: 'trading',
  a: 'auction',
  b: 'postClose',
  c: 'closed',
  d: 'auction',
  e: 'auction',
  f: 'auction',
  l: 'paused',
  t: 'postClose',
  w: 'closed',
} as const;
const STATE: EventRule = {
  ...TIME,
  does: 'status',
  id: 'tradingStatus',
  state: { field: 'tradingStatus', is: STATES },
};
const CLEAR: EventRule = { ...TIME, does: 'clear' };
/** Cancelled trades come with the same number and a flag. */
const TRADE: EventRule[] = [
  {
    ...TIME,
    does: 'trade',
    id: 'tradeId',
    price: ['price', 'pricePrice'],
    size: 'executedSize',
    unless: { tradeFlagsTradeCancellation: [1] },
  },
  {
    ...TIME,
    does: 'tradeCancel',
    id: 'tradeId',
    price: ['price', 'pricePrice'],
    size: 'executedSize',
    when: { tradeFlagsTradeCancellation: [1] },
  },
];
const TOTALS = figures({ vwap: 'vwap', volume: 'volume', turnover: 'turnover', numberOfTrades: 'trades' }, TIME).map(
  (rule) => (rule.statistic === 'trades' ? { ...rule, sizeExponent: 0 } : rule),
);
const UPDATED: EventRule = {
  ...TIME,
  does: 'statistic',
  statistic: {
    field: 'statisticType',
    is: {
      1: 'indicativeOpeningPrice',
      2: 'openingPrice',
      3: 'closePrice',
      4: 'highPrice',
      5: 'lowPrice',
      6: 'highPrice',
      7: 'lowPrice',
    },
  },
  price: 'statisticPrice',
  size: 'statisticSize',
};
const COMMON: EventRoles['messages'] = {
  instrumentDirectory: { ...TIME, does: 'define', name: 'isin' },
  instrumentDirectoryEquities: { ...TIME, does: 'define', name: 'symbol' },
  instrumentDirectoryExtended: { ...TIME, does: 'define', name: 'symbol' },
  instrumentStatus: STATE,
  orderBookClear: CLEAR,
  trade: TRADE,
  tradeCross: TRADE,
  statistics: TOTALS,
  statisticsUpdate: UPDATED,
  topOfBook: quotes(['bidLimitPrice', 'bidLimitSize'], ['offerLimitPrice', 'offerLimitSize'], TIME),
};

const ADDED: EventRule = {
  ...TIME,
  does: 'put',
  id: 'orderId',
  side: SIDE,
  price: ['price', 'pricePrice'],
  size: 'size',
};
const MODIFIED: EventRule = { ...TIME, does: 'modify', id: 'orderId', price: 'newPrice', size: 'newQuantity' };
const MODIFIED_KEEPS: EventRule[] = [
  { ...MODIFIED, unless: { orderModifyFlagsPriorityFlag: [1] } },
  { ...MODIFIED, when: { orderModifyFlagsPriorityFlag: [1] }, keepsPlace: true },
];
const DELETED: EventRule = { ...TIME, does: 'remove', id: 'orderId' };
/**
 * Group Ticker Plant of the London Stock Exchange and Turquoise: best prices, orders, or books that are sent whole. Short
 * forms follow the message that begins a book and leave out what it has told.
 */
export const lseGtp: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -8,
  sizeExponent: -8,
  messages: {
    ...COMMON,
    addOrderIncremental: { ...ADDED, does: 'add' },
    orderModify: MODIFIED_KEEPS,
    orderDelete: DELETED,
    addOrderMbo: ADDED,
    addOrderShortMbo: {
      does: 'put',
      id: 'orderId',
      price: 'price',
      size: 'size',
      follows: true,
    },
    addOrderMbp: { ...TIME, does: 'levelSet', side: SIDE, price: 'price', size: 'size', orders: 'splits' },
    addOrderShortMbp: { does: 'levelSet', price: 'price', size: 'size', orders: 'splits', follows: true },
  },
};
/** Post-trade reports: prices and sizes are decimal text. */
const REPORT: EventRule = {
  ...TIME,
  does: 'trade',
  price: ['mifidPrice', 'miFidPrice'],
  size: ['mifidQuantity', 'miFidQuantity'],
};
const REPORTED: EventRule[] = [
  { ...REPORT, unless: { modificationIndicator: ['C'] } },
  { ...REPORT, does: 'tradeCancel', when: { modificationIndicator: ['C'] } },
];
export const lsePostTrade: EventRoles = {
  ...lseGtp,
  messages: { ...COMMON, mifidIiTrade: REPORTED, mifidIiTradeCross: REPORTED },
};
/** TRADEcho: reports of trades with prices and sizes as decimal text, and quotes of systematic internalisers. */
const ECHO_REPORT: EventRule = { ...TIME, does: 'trade', price: 'price', size: 'quantity' };
export const tradecho: EventRoles = {
  ...lseGtp,
  messages: {
    ...COMMON,
    mifidIiTradeReport: [
      { ...ECHO_REPORT, unless: { cancellationFlag: ['CANC'] } },
      { ...ECHO_REPORT, does: 'tradeCancel', when: { cancellationFlag: ['CANC'] } },
    ],
    siQuote: ADDED,
    deleteOrder: DELETED,
  },
};
export const turquoiseGtp: EventRoles = {
  ...lseGtp,
  messages: {
    ...COMMON,
    addOrderIncremental: { ...ADDED, does: 'add' },
    modifyOrder: [
      { ...MODIFIED, unless: { orderModifyFlagsPriority: [1] } },
      { ...MODIFIED, when: { orderModifyFlagsPriority: [1] }, keepsPlace: true },
    ],
    deleteOrder: DELETED,
  },
};

const PART = { time: 'nanosecond', afterBase: true } as const;
const MITCH_ADDED: EventRule = {
  ...PART,
  does: 'add',
  id: 'orderId',
  side: SIDE,
  price: 'price',
  size: 'quantity',
};
const MITCH_EXECUTED: EventRule = {
  ...PART,
  does: 'execute',
  id: 'orderId',
  size: 'executedQuantity',
  tradeId: 'tradeMatchId',
};
/** Millennium ITCH: orders at the market have no price and are in no book. */
export const lseMitch: EventRoles = {
  priceExponent: -8,
  messages: {
    time: { does: 'none', seconds: 'seconds', setsTime: true },
    symbolDirectory: { ...PART, does: 'define', name: 'isin' },
    symbolStatus: { ...STATE, ...PART },
    addOrder: { ...MITCH_ADDED, unless: { addOrderFlagsMarketOrder: [1] } },
    addAttributedOrder: { ...MITCH_ADDED, unless: { addAttributedOrderFlagsNamedMarketOrder: [1] } },
    orderDeleted: { ...PART, does: 'remove', id: 'orderId' },
    orderModified: [
      {
        ...PART,
        does: 'modify',
        id: 'orderId',
        price: 'newPrice',
        size: 'newQuantity',
        unless: { orderModifiedFlagsPriorityFlag: [1] },
      },
      {
        ...PART,
        does: 'modify',
        id: 'orderId',
        price: 'newPrice',
        size: 'newQuantity',
        when: { orderModifiedFlagsPriorityFlag: [1] },
        keepsPlace: true,
      },
    ],
    orderBookClear: { ...PART, does: 'clear' },
    orderExecuted: MITCH_EXECUTED,
    orderExecutedWithPriceSize: [
      {
        ...MITCH_EXECUTED,
        remaining: 'displayQuantity',
        price: 'price',
        atPrice: true,
        when: { printable: ['Y'] },
      },
      {
        ...MITCH_EXECUTED,
        remaining: 'displayQuantity',
        price: 'price',
        atPrice: true,
        unless: { printable: ['Y'] },
        notPrinted: true,
      },
    ],
    trade: { ...PART, does: 'trade', id: 'tradeMatchId', price: 'price', size: 'executedQuantity' },
    auctionTrade: { ...PART, does: 'trade', id: 'tradeMatchId', price: 'price', size: 'quantity' },
    auctionInfo: {
      ...PART,
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'price',
      size: 'pairedQuantity',
    },
    statistics: {
      ...PART,
      does: 'statistic',
      statistic: { field: 'statisticType', is: { O: 'openingPrice', C: 'closePrice' } },
      price: 'price',
    },
  },
};
