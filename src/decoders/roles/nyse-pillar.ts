import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures, quotes } from './words.js';

/** Messages with the second and those whose second the last source time reference gave. */
const WHOLE = { time: 'sourceTimeNs', seconds: 'sourceTime' } as const;
const PART = { time: 'sourceTimeNs', afterBase: true } as const;
const SIDE = { field: 'side' } as const;
const REFERENCE: EventRule = { does: 'none', seconds: 'sourceTime', setsTime: true };
const CLEAR: EventRule = { ...WHOLE, does: 'clear' };
const MAPPED: EventRule = {
  does: 'define',
  name: 'symbol',
  size: 'lotSize',
  instrumentExponent: { decimals: 'priceScaleCode' },
};
const STATES = {
  3: 'halted',
  4: 'halted',
  5: 'trading',
  6: 'suspended',
  P: 'preOpen',
  B: 'preOpen',
  E: 'trading',
  O: 'trading',
  L: 'trading',
  X: 'closed',
  S: 'halted',
  U: 'trading',
} as const;
/** Short sale restrictions have codes of their own in the same field and are no state of trading. */
const state = (field: string): EventRule => ({
  ...WHOLE,
  does: 'status',
  id: field,
  state: { field, is: STATES },
});
const RESTRICTIONS = ['A', 'C', 'D'];
const SECURITY_STATE: EventRule = { ...state('securityStatus'), unless: { securityStatus: RESTRICTIONS } };

const added = (time: Partial<EventRule>): EventRule => ({
  ...time,
  does: 'add',
  id: 'orderId',
  side: SIDE,
  price: 'price',
  size: 'volume',
});
const ADDED = added(PART);
const REFRESHED: EventRule = { ...added(WHOLE), does: 'put' };
const MODIFIED: EventRule = { ...PART, does: 'modify', id: 'orderId', price: 'price', size: 'volume' };
const DELETED: EventRule = { ...PART, does: 'remove', id: 'orderId' };
const REPLACED: EventRule = {
  ...PART,
  does: 'replace',
  id: 'orderId',
  newId: 'newOrderId',
  price: 'price',
  size: 'volume',
};
const EXECUTED: EventRule = {
  ...PART,
  does: 'execute',
  id: 'orderId',
  price: 'price',
  size: 'volume',
  tradeId: 'tradeId',
  atPrice: true,
};
const PRINTED_OR_NOT: EventRule[] = [
  { ...EXECUTED, when: { printableFlag: [1] } },
  { ...EXECUTED, unless: { printableFlag: [1] }, notPrinted: true },
];
const HIDDEN: EventRule = {
  ...PART,
  does: 'trade',
  id: 'tradeId',
  price: 'price',
  size: 'volume',
  when: { printableFlag: [1] },
};
const CROSSED: EventRule = { ...PART, does: 'trade', id: 'crossId', price: 'price', size: 'volume' };
const IMBALANCE: EventRule = {
  ...WHOLE,
  does: 'imbalance',
  id: 'pairedQty',
  side: { field: 'imbalanceSide' },
  price: ['referencePrice', 'indicativeMatchPrice'],
  size: 'totalImbalanceQty',
};
const SUMMARY = figures(
  { open: 'openingPrice', highPrice: 'highPrice', lowPrice: 'lowPrice', close: 'closePrice', totalVolume: 'volume' },
  WHOLE,
);
const QUOTE = quotes(['bidPrice', 'bidVolume'], ['askPrice', 'askVolume'], PART);
const VOLUME = ['fractionalVolume', 'volume'] as const;
const TRADE: EventRule = { ...WHOLE, does: 'trade', id: 'tradeId', price: 'price', size: VOLUME };
const CANCEL: EventRule = { ...WHOLE, does: 'tradeCancel', id: 'originalTradeId' };
const CORRECTION: EventRule[] = [CANCEL, TRADE];

/** What all Pillar and XDP feeds of equities say alike; prices are raw until the symbol's mapping tells their scale. */
const COMMON: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: 'instrument',
  messages: {
    sourceTimeReference: REFERENCE,
    timeReference: REFERENCE,
    symbolIndexMapping: MAPPED,
    symbolClear: CLEAR,
    securityStatus: SECURITY_STATE,
    imbalance: IMBALANCE,
    stockSummary: SUMMARY,
    quote: QUOTE,
  },
};

/** Integrated Feed: an order's number is unique within its symbol index. */
export const nysePillarIntegrated: EventRoles = {
  ...COMMON,
  messages: {
    ...COMMON.messages,
    addOrder: ADDED,
    addOrderRefresh: REFRESHED,
    modifyOrder: MODIFIED,
    deleteOrder: DELETED,
    orderExecution: PRINTED_OR_NOT,
    replaceOrder: REPLACED,
    nonDisplayedTrade: HIDDEN,
    crossTrade: CROSSED,
    tradeCancel: { ...PART, does: 'tradeCancel', id: 'tradeId' },
  },
};
/** ArcaBook: orders; an execution takes its volume away. */
export const nyseArcaBook: EventRoles = {
  ...COMMON,
  messages: {
    ...COMMON.messages,
    addOrder: ADDED,
    attributedAddOrder: ADDED,
    addOrderRefresh: REFRESHED,
    attributedAddOrderRefresh: REFRESHED,
    modifyOrder: MODIFIED,
    deleteOrder: DELETED,
    execution: EXECUTED,
  },
};
/** Best quotes, imbalances and states. */
export const nyseQuotes: EventRoles = COMMON;
/** Trades; volumes have six decimals since shares trade in fractions. */
export const nyseTrades: EventRoles = {
  ...COMMON,
  sizeExponent: -6,
  messages: {
    ...COMMON.messages,
    symbolIndexMapping: MAPPED,
    trade: TRADE,
    tradeCancel: CANCEL,
    tradeCorrection: CORRECTION,
    trfFractionalTrade: TRADE,
    trfTradeCancel: CANCEL,
    trfFractionalTradeCorrection: CORRECTION,
    consolidatedTrade: TRADE,
    consolidatedTradeCancel: CANCEL,
    consolidatedTradeCorrection: CORRECTION,
    bestQuotes: quotes(['bidPrice', 'bidVolume'], ['askPrice', 'askVolume']),
    consolidatedFractionalStockSummary: figures(
      {
        consolidatedFirstPrice: 'openingPrice',
        consolidatedHighPrice: 'highPrice',
        consolidatedLowPrice: 'lowPrice',
        consolidatedLastPrice: 'lastPrice',
        primaryListingMarketOfficialClosePrice: 'closePrice',
      },
      WHOLE,
    ),
    consolidatedFractionalVolume: figures({ fractionalConsolidatedVolume: 'volume' }),
  },
};

const LEVEL: EventRule = {
  each: 'fullPricePoint',
  does: 'levelSet',
  side: SIDE,
  price: 'priceNumerator',
  priceExponent: { decimals: 'priceScaleCode' },
  size: 'volume',
  orders: 'numOrders',
  seconds: 'sourceTime',
};
/** OpenBook Ultra: the size of a level as a whole. Each message tells the scale of its prices. */
export const nyseOpenBook: EventRoles = {
  priceExponent: -6,
  messages: {
    fullUpdate: [{ does: 'clear', seconds: 'sourceTime' }, LEVEL],
    deltaUpdate: { ...LEVEL, each: 'deltaPricePoint' },
  },
};

const SERIES: EventRule = {
  does: 'define',
  instrument: 'seriesIndex',
  name: { together: ['optionSymbolRoot', 'maturityDate', 'putOrCall', 'strikePrice'] },
  instrumentExponent: { decimals: 'priceScaleCode' },
};
const OPTION_QUOTE = quotes(['bidPrice', 'bidVolume'], ['askPrice', 'askVolume'], WHOLE);
const OPTION_VOLUME = ['volume', 'volume4'] as const;
const OPTION_TRADE: EventRule = {
  ...WHOLE,
  does: 'trade',
  id: 'tradeId',
  price: ['price', 'tradePrice'],
  size: OPTION_VOLUME,
};
const OPTION_CORRECTION: EventRule[] = [CANCEL, OPTION_TRADE];
const OPTION_IMBALANCE: EventRule = {
  ...IMBALANCE,
  price: ['referencePrice', 'indicativeMatchPrice', 'continuousBookClearingPrice'],
};
/** One side of an XDP depth of three levels replaces all of it. */
const threeLevels = (side: 'bid' | 'ask'): EventRule[] => [
  { does: 'clear', side, seconds: 'sourceTime' },
  ...(['first', 'second', 'third'] as const).map(
    (nth): EventRule => ({
      does: 'levelSet',
      side,
      price: `${nth}LevelPrice`,
      size: [`${nth}LevelVolume`, `${nth}Volume`],
      seconds: 'sourceTime',
      ifKnown: true,
    }),
  ),
];
/** Options: quotes, orders and depth by the series' index. */
export const nyseOptions: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: 'instrument',
  messages: {
    timeReference: REFERENCE,
    sourceTimeReference: REFERENCE,
    outrightSeriesIndexMapping: SERIES,
    seriesIndexMapping: SERIES,
    optionsStatus: { ...state('seriesStatus'), instrument: 'seriesIndex' },
    outrightSeriesStatus: {
      ...state('securityStatus'),
      state: { field: 'securityStatus', is: { O: 'trading', X: 'closed', S: 'halted', U: 'trading' } },
    },
    optionsQuote: QUOTE,
    outrightQuote: OPTION_QUOTE,
    refreshOutrightQuote: OPTION_QUOTE,
    optionsTrade: OPTION_TRADE,
    outrightTrade: OPTION_TRADE,
    optionsTradeCorrection: OPTION_CORRECTION,
    outrightTradeCorrection: OPTION_CORRECTION,
    outrightTradeCancel: CANCEL,
    optionsImbalance: OPTION_IMBALANCE,
    outrightImbalance: OPTION_IMBALANCE,
    refreshOutrightImbalance: OPTION_IMBALANCE,
    outrightSeriesSummary: SUMMARY,
    optionsOutrightSeriesSummary: SUMMARY,
    outrightSummary: SUMMARY,
    optionsAddOrder: ADDED,
    optionsAddOrderRefresh: REFRESHED,
    optionsModifyOrder: MODIFIED,
    optionsDeleteOrder: DELETED,
    optionsReplaceOrder: REPLACED,
    optionsOrderExecution: PRINTED_OR_NOT,
    optionsNonDisplayedTrade: HIDDEN,
    optionsCrossTrade: CROSSED,
    optionsTradeCancel: { does: 'tradeCancel', id: ['originalTradeId', 'tradeId'] },
    outrightMarketDepthBuy: threeLevels('bid'),
    outrightMarketDepthSell: threeLevels('ask'),
    refreshOutrightMarketDepthBuy: threeLevels('bid'),
    refreshOutrightMarketDepthSell: threeLevels('ask'),
  },
};
const COMPLEX = { instrument: 'complexIndex' } as const;
/** Complex options of XDP: their scale is that of the legs' underlying, which no message of theirs tells. */
export const nyseXdpComplex: EventRoles = {
  priceExponent: 'instrument',
  messages: {
    complexSymbolDefinition: { ...COMPLEX, does: 'define', name: 'complexSymbol' },
    complexQuote: quotes(['bidPrice', 'bidVolume'], ['askPrice', 'askVolume'], { ...WHOLE, ...COMPLEX }),
    refreshComplexQuote: quotes(['bidPrice', 'bidVolume'], ['askPrice', 'askVolume'], { ...WHOLE, ...COMPLEX }),
    complexTrade: { ...OPTION_TRADE, ...COMPLEX },
    complexStatus: {
      ...state('securityStatus'),
      ...COMPLEX,
      state: { field: 'securityStatus', is: { O: 'trading', X: 'closed', S: 'halted', U: 'trading' } },
    },
  },
};
