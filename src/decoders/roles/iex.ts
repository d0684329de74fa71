import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures, quotes } from './words.js';

const TIME = { time: 'timestamp' } as const;
const TRADE = { ...TIME, does: 'trade', id: 'tradeId', price: 'price', size: 'size' } as const;
/** Flag 1 ends an event of the book; updates before it belong to the same one. */
const LEVEL = {
  ...TIME,
  does: 'levelSet',
  price: 'price',
  size: 'size',
  last: { field: 'eventFlags', bit: 0 },
} as const;
/** What all feeds tell beside their books. */
const COMMON: EventRoles['messages'] = {
  securityDirectory: { ...TIME, does: 'define', name: 'symbol', size: 'roundLotSize' },
  tradingStatus: {
    ...TIME,
    does: 'status',
    id: 'tradingStatus',
    state: { field: 'tradingStatus', is: { H: 'halted', O: 'auction', P: 'paused', T: 'trading' } },
  },
  operationalHaltStatus: {
    ...TIME,
    does: 'status',
    id: 'operationalHaltStatus',
    state: { field: 'operationalHaltStatus', is: { O: 'halted', N: 'trading' } },
  },
  tradeReport: TRADE,
  tradeBreak: { ...TRADE, does: 'tradeCancel' },
  officialPrice: {
    ...TIME,
    does: 'statistic',
    statistic: { field: 'priceType', is: { Q: 'openingPrice', M: 'closePrice' } },
    price: 'officialPrice',
  },
  auctionInformation: {
    ...TIME,
    does: 'imbalance',
    id: 'pairedShares',
    side: { field: 'imbalanceSide' },
    price: 'referencePrice',
    size: 'imbalanceShares',
  },
};

/** DEEP: the size of a level as a whole; 0 takes it away. */
export const iexDeep: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    ...COMMON,
    priceLevelBuyUpdate: { ...LEVEL, side: 'bid' },
    priceLevelSellUpdate: { ...LEVEL, side: 'ask' },
  },
};

/** TOPS: each quote replaces both sides; a size of 0 empties one. */
export const iexTops: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    ...COMMON,
    quoteUpdate: quotes(['bidPrice', 'bidSize'], ['askPrice', 'askSize'], TIME),
  },
};

/** DEEP+: orders by number, which are told apart by their symbol too. */
export const iexDeepPlus: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -4,
  messages: {
    ...COMMON,
    addOrder: {
      ...TIME,
      does: 'add',
      id: 'orderId',
      side: { field: 'side', bid: ['8'], ask: ['5'] },
      price: 'price',
      size: 'size',
    },
    orderModify: { ...TIME, does: 'modify', id: 'orderIdReference', price: 'price', size: 'size' },
    orderDelete: { ...TIME, does: 'remove', id: 'orderIdReference' },
    orderExecuted: {
      ...TIME,
      does: 'execute',
      id: 'orderIdReference',
      price: 'price',
      size: 'size',
      tradeId: 'tradeId',
      atPrice: true,
    },
    trade: TRADE,
    clearBook: { ...TIME, does: 'clear' },
  },
};

const AT = { time: 'time' } as const;
const SIDE = { field: 'side', bid: [1], ask: [2] } as const;
const ADDED: EventRule = { ...AT, does: 'add', id: 'orderId', side: SIDE, price: 'price', size: 'contracts' };
const QUOTED = quotes(['bidPrice', 'bidSize'], ['askPrice', 'askSize'], AT);
const PRINT: EventRule = { ...AT, does: 'trade', id: 'tradeId', price: 'price', size: 'contracts' };
/** IEX Options, DEEP and TOPS. */
export const iexOptions: EventRoles = {
  orders: 'instrument',
  priceExponent: -8,
  messages: {
    symbolMapping: { ...AT, does: 'define', name: 'osiSymbol' },
    instrumentClear: { ...AT, does: 'clear' },
    tradingStatus: {
      ...AT,
      does: 'status',
      id: 'tradingStatus',
      state: {
        field: 'tradingStatus',
        is: { 0: 'halted', 1: 'preOpen', 2: 'auction', 3: 'trading', 4: 'auction', 5: 'suspended', 6: 'preOpen' },
      },
    },
    optionsAuctionSummary: figures({ price: 'uncrossingPrice' }, AT),
    addOrderNonCustomer: ADDED,
    addOrderCustomer: ADDED,
    modifyOrder: [
      { ...AT, does: 'modify', id: 'orderId', price: 'price', size: 'contracts', unless: { modFlag: [1] } },
      {
        ...AT,
        does: 'modify',
        id: 'orderId',
        price: 'price',
        size: 'contracts',
        when: { modFlag: [1] },
        keepsPlace: true,
      },
    ],
    deleteOrder: { ...AT, does: 'remove', id: 'orderId' },
    orderExecution: {
      ...AT,
      does: 'execute',
      id: 'orderId',
      price: 'price',
      size: 'executedContracts',
      remaining: 'remainingContracts',
      tradeId: 'tradeId',
      atPrice: true,
    },
    deepTradeBreak: { ...AT, does: 'tradeCancel', id: 'tradeId' },
    quoteUpdateNoCustomerInterest: QUOTED,
    quoteUpdateCustomerInterest: QUOTED,
    trade: PRINT,
    tradeCorrection: [{ ...AT, does: 'tradeCancel', id: 'originalTradeId' }, PRINT],
    topsTradeBreak: { ...AT, does: 'tradeCancel', id: 'tradeId' },
  },
};
