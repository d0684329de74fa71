import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures, quotes } from './words.js';

const SIDE = { field: 'side', bid: [0], ask: [1] } as const;
const ADDED: EventRule = { does: 'add', id: 'orderId', side: SIDE, price: 'price', size: 'quantity' };
/** Aggregated books: levels by number, ten of them; those that fall behind are gone without a word. */
const DEPTH = 10;
const LEVELS: EventRule[] = [
  { each: 'bookEntry', does: 'clear', when: { updateAction: [74] } },
  {
    each: 'bookEntry',
    does: { field: 'updateAction', is: { 0: 'levelInsert', 1: 'levelChange', 2: 'levelRemove' } },
    side: SIDE,
    depth: DEPTH,
    level: 'priceLevel',
    price: 'price',
    size: 'aggregateQuantity',
    orders: 'numberOfOrders',
  },
];

/** HKEX securities market: OMD-C and MMDH, orders or aggregated levels. Odd lots have a board of their own and no book here. */
export const hkexSecurities: EventRoles = {
  shared: true,
  orders: 'instrumentAndSide',
  priceExponent: -3,
  messages: {
    securityDefinition: { does: 'define', name: 'securityShortName', size: 'lotSize' },
    securityStatus: {
      does: 'status',
      id: ['suspensionIndicator', 'securityTradingStatus'],
      state: { field: ['suspensionIndicator', 'securityTradingStatus'], is: { 2: 'suspended', 3: 'trading' } },
    },
    addOrder: ADDED,
    modifyOrder: { does: 'modify', id: 'orderId', side: SIDE, size: 'quantity' },
    deleteOrder: { does: 'remove', id: 'orderId', side: SIDE },
    aggregateOrderBookUpdate: LEVELS,
    trade: { does: 'trade', id: 'tradeId', price: 'price', size: 'quantity', time: 'tradeTime' },
    tradeCancel: { does: 'tradeCancel', id: 'tradeId' },
    tradeTicker: [
      {
        does: 'trade',
        id: 'tickerId',
        price: 'price',
        size: 'aggregateQuantity',
        time: 'tradeTime',
        unless: { trdCancelFlag: ['Y'] },
      },
      {
        does: 'tradeCancel',
        id: 'tickerId',
        price: 'price',
        size: 'aggregateQuantity',
        time: 'tradeTime',
        when: { trdCancelFlag: ['Y'] },
      },
    ],
    closingPrice: figures({ closingPrice: 'closePrice' }),
    nominalPrice: figures({ nominalPrice: 'lastPrice' }),
    referencePrice: figures({
      referencePrice: 'referencePrice',
      upperPrice: 'upperPriceLimit',
      lowerPrice: 'lowerPriceLimit',
    }),
    indicativeEquilibriumPrice: {
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'price',
      size: 'aggregateQuantity',
    },
    orderImbalance: {
      does: 'imbalance',
      side: { field: 'orderImbalanceDirection', bid: ['B'], ask: ['S'] },
      size: 'orderImbalanceQuantity',
    },
    statistics: figures({
      highPrice: 'highPrice',
      lowPrice: 'lowPrice',
      lastPrice: 'lastPrice',
      sharesTraded: 'volume',
    }),
    topOfBook: quotes(['bidPrice', 'aggregateBidQuantity'], ['askPrice', 'aggregateAskQuantity']),
  },
};

/** HKEX derivatives market: prices have the decimals that the series' definition tells. */
export const hkexDerivatives: EventRoles = {
  shared: true,
  orders: 'instrumentAndSide',
  priceExponent: 'instrument',
  messages: {
    seriesDefinitionBase: {
      does: 'define',
      name: 'symbol',
      instrumentExponent: { decimals: 'numberOfDecimalsPrice' },
    },
    instrumentDefinition: { does: 'define', name: 'symbol' },
    addOrder: ADDED,
    modifyOrder: { does: 'modify', id: 'orderId', side: SIDE, price: 'price', size: 'quantity' },
    deleteOrder: { does: 'remove', id: 'orderId', side: SIDE },
    orderbookClear: { does: 'clear' },
    aggregateOrderBookUpdate: LEVELS,
    trade: {
      does: 'trade',
      id: 'tradeId',
      price: 'price',
      size: ['tradeQuantity', 'quantity'],
      time: 'tradeTime',
    },
    calculatedOpeningPrice: {
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'calculatedOpeningPrice',
      size: ['calculatedOpeningQuantity', 'quantity'],
    },
    seriesStatus: {
      does: 'status',
      id: 'suspensionIndicator',
      state: { field: 'suspensionIndicator', is: { 1: 'suspended', 2: 'trading', 3: 'closed' } },
    },
    instrumentStatus: {
      does: 'status',
      id: 'suspensionIndicator',
      state: { field: 'suspensionIndicator', is: { 1: 'suspended', 2: 'trading', 3: 'closed' } },
    },
    tradeStatistics: figures({ high: 'highPrice', low: 'lowPrice', open: 'openingPrice' }),
  },
};
/** Since 2.2 statistics name their prices in full. */
export const hkexDerivatives2: EventRoles = {
  ...hkexDerivatives,
  messages: {
    ...hkexDerivatives.messages,
    tradeStatistics: figures({
      highPrice: 'highPrice',
      lowPrice: 'lowPrice',
      openPrice: 'openingPrice',
      lastPrice: 'lastPrice',
    }),
  },
};
