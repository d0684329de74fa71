import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures } from './words.js';

const AT = { timeUnit: 'ms' } as const;
const TOLD = { ...AT, time: 'messageDateTime' } as const;
const SIDE = { field: 'side', bid: ['1'], ask: ['2'] } as const;
const ORDER = { ...AT, does: 'put', id: 'orderId', side: SIDE, price: 'price', size: 'quantity' } as const;
const IMPLIED = 89; // Y
/** Implied orders have messages of their own and are kept apart. */
const realAndImplied = (rule: EventRule): readonly EventRule[] => [
  { ...rule, unless: { isImplied: [IMPLIED] } },
  { ...rule, when: { isImplied: [IMPLIED] }, implied: true },
];
const STATE: EventRule = {
  ...TOLD,
  does: 'status',
  id: 'tradingStatus',
  state: {
    field: 'tradingStatus',
    is: { 1: 'preOpen', 2: 'preOpen', O: 'trading', C: 'closed', E: 'closed' },
  },
};
/** Orders and prints may have different numbers of decimals, told with the market. */
const defined = (name: string): EventRule => ({
  does: 'define',
  name,
  instrumentExponent: { decimals: 'orderPriceDenominator' },
  size: 'minQty',
});
const dealt = (name: string): EventRule => ({
  ...defined(name),
  tradeExponent: { decimals: 'dealPriceDenominator' },
});
const LEVEL: EventRule = {
  ...AT,
  does: 'levelInsert',
  depth: 5,
  side: SIDE,
  level: 'priceLevelPosition',
  price: 'price',
  size: 'quantity',
  orders: 'orderCount',
};
const STATISTICS = figures(
  { volume: 'volume', blockVolume: 'blockVolume', high: 'highPrice', low: 'lowPrice', vwap: 'vwap' },
  TOLD,
);

/**
 * Orders of iMpact: an add or modify is the order's whole state. A trade takes the order away whose number it has, whatever
 * the quantities; what is left of it comes as a new order in the same bundle. Prices are raw until the market is defined.
 * Bundles are events; one may end in a later packet.
 */
const IMPACT: EventRoles = {
  shared: true,
  priceExponent: 'instrument',
  messages: {
    messageBundleMarker: [
      { does: 'none', event: 'begins', when: { startOrEnd: ['S'] } },
      { does: 'none', event: 'ends', when: { startOrEnd: ['E'] } },
    ],
    marketSnapshot: [{ does: 'clear' }, { does: 'clear', implied: true }],
    marketSnapshotOrder: realAndImplied({ ...ORDER, time: 'orderEntryDateTime' }),
    addOrModifyOrder: realAndImplied({ ...ORDER, time: 'orderEntryDateTime' }),
    deleteOrder: { ...AT, does: 'remove', id: 'orderId', time: 'messageDateTime' },
    trade: [
      { ...AT, does: 'remove', id: 'tradeId', ifKnown: true, time: 'transactDateTime' },
      {
        ...AT,
        does: 'trade',
        id: 'tradeId',
        side: { field: 'aggressorSide', bid: ['1'], ask: ['2'] },
        price: 'price',
        size: 'quantity',
        time: 'transactDateTime',
      },
    ],
    spotMarketTrade: {
      ...AT,
      does: 'trade',
      id: 'tradeId',
      price: 'price',
      size: 'quantity',
      time: 'transactDateTime',
    },
    cancelledTrade: { ...TOLD, does: 'tradeCancel', id: 'tradeId', price: 'price', size: 'quantity' },
    marketStateChange: STATE,
    marketStatistics: STATISTICS,
    openInterest: figures({ openInterest: 'openInterest' }, TOLD),
    optionOpenInterest: figures({ openInterest: 'openInterest' }, TOLD),
    openPrice: figures({ openPrice: 'openingPrice' }, TOLD),
    closePrice: figures({ closePrice: 'closePrice' }, TOLD),
    settlementPrice: figures({ settlementPriceWithDealPricePrecision: 'settlementPrice' }, TOLD),
    optionSettlementPrice: figures({ settlementPriceWithDealPricePrecision: 'settlementPrice' }, TOLD),
    endOfDayMarketSummary: figures(
      {
        openingPrice: 'openingPrice',
        high: 'highPrice',
        low: 'lowPrice',
        vwap: 'vwap',
        volume: 'volume',
        blockVolume: 'blockVolume',
        openInterest: 'openInterest',
      },
      TOLD,
    ),
    preOpenPriceIndicator: {
      ...TOLD,
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'preOpenPrice',
      size: 'preOpenVolume',
    },
    newFuturesStrategyDefinition: defined('futuresContractSymbol'),
    newExpiry: dealt('contractSymbol'),
    newOptionsStrategyDefinition: defined('contractSymbol'),
    newOptionsMarketDefinition: dealt('futuresContractSymbol'),
    marketSnapshotPriceLevel: LEVEL,
    addPriceLevel: LEVEL,
    changePriceLevel: { ...LEVEL, does: 'levelChange' },
    deletePriceLevel: { ...AT, does: 'levelRemove', depth: 5, side: SIDE, level: 'priceLevelPosition' },
  },
};
export const iceImpactOrders: EventRoles = IMPACT;
/** Versions whose deletion of an order has no time. */
export const iceImpactOrdersOld: EventRoles = {
  ...IMPACT,
  messages: { ...IMPACT.messages, deleteOrder: { does: 'remove', id: 'orderId' } },
};
