import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures, quotes } from './words.js';

const TIME = { time: 'nanoseconds', afterBase: true } as const;
/** The fields of a best price, by feed: of the market that it is the best of, compact and wide. */
const PRICE = ['mbboPrice', 'ebboPrice', 'sbboPrice', 'price', 'compactPrice', 'widePrice'] as const;
const SIZE = ['mbboSize', 'ebboSize', 'sbboSize', 'size', 'compactSize', 'wideSize'] as const;
const BID: EventRule = { ...TIME, does: 'quote', side: 'bid', price: PRICE, size: SIZE };
const OFFER: EventRule = { ...BID, side: 'ask' };
const BOTH = quotes(
  [
    ['bidPrice', 'compactBidPrice', 'wideBidPrice'],
    ['bidSize', 'compactBidSize', 'wideBidSize'],
  ],
  [
    ['offerPrice', 'compactOfferPrice', 'wideOfferPrice'],
    ['offerSize', 'compactOfferSize', 'wideOfferSize'],
  ],
  TIME,
);
const SALE: EventRule = {
  ...TIME,
  does: 'trade',
  id: 'tradeId',
  price: ['tradePrice', 'netPrice', 'price'],
  size: ['tradeSize', 'size'],
};
const CANCEL: EventRule = { ...SALE, does: 'tradeCancel' };
const SERIES: EventRule = {
  ...TIME,
  does: 'define',
  instrument: 'productId',
  name: { together: ['securitySymbol', 'expirationDate', 'callOrPut', 'strikePrice'] },
};
const STRATEGY: EventRule = { ...TIME, does: 'define', instrument: 'strategyId', name: 'underlyingSymbol' };
const all = <T>(names: readonly string[], rules: T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, rules]));

/** Messages of all Top of Market feeds of options, single and complex: each replaces a side or both; a size of 0 empties it. */
export const miaxTopOfMarket: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    systemTime: { does: 'none', seconds: 'seconds', setsTime: true },
    simpleSeriesUpdate: SERIES,
    seriesUpdate: SERIES,
    complexStrategyDefinition: STRATEGY,
    complexStrategyDefinitionUpdate: STRATEGY,
    ...all(
      [
        'topOfMarketBidCompact',
        'wideTopOfMarketBid',
        'simpleTopOfMarketBidCompact',
        'simpleTopOfMarketBidWide',
        'simpleTopOfMarketBestBidOrOfferCompactBid',
        'simpleTopOfMarketBestBidOrOfferCompactBidWithPriorityCustomer',
        'simpleTopOfMarketBestBidOrOfferCompactFormatBid',
        'simpleTopOfMarketBestBidOrOfferCompactFormatBidPriorityCustomer',
        'simpleTopOfMarketBestBidOrOfferWideBid',
        'simpleTopOfMarketBestBidOrOfferWideBidWithPriorityCustomer',
        'simpleTopOfMarketBestBidOrOfferWideFormatBid',
        'simpleTopOfMarketBestBidOrOfferWideFormatBidPriorityCustomer',
        'compactComplexTopOfMarketBid',
        'wideComplexTopOfMarketBid',
        'complexTopOfMarketBestBidOrOfferCompactFormatBid',
        'complexTopOfMarketBestBidOrOfferWideFormatBid',
      ],
      BID,
    ),
    ...all(
      [
        'topOfMarketOfferCompact',
        'wideTopOfMarketOffer',
        'simpleTopOfMarketOfferCompact',
        'simpleTopOfMarketOfferWide',
        'simpleTopOfMarketBestBidOrOfferCompactOffer',
        'simpleTopOfMarketBestBidOrOfferCompactOfferWithPriorityCustomer',
        'simpleTopOfMarketBestBidOrOfferCompactFormatOffer',
        'simpleTopOfMarketBestBidOrOfferCompactFormatOfferPriorityCustomer',
        'simpleTopOfMarketBestBidOrOfferWideOffer',
        'simpleTopOfMarketBestBidOrOfferWideOfferWithPriorityCustomer',
        'simpleTopOfMarketBestBidOrOfferWideFormatOffer',
        'simpleTopOfMarketBestBidOrOfferWideFormatOfferPriorityCustomer',
        'compactComplexTopOfMarketOffer',
        'wideComplexTopOfMarketOffer',
        'complexTopOfMarketBestBidOrOfferCompactFormatOffer',
        'complexTopOfMarketBestBidOrOfferWideFormatOffer',
      ],
      OFFER,
    ),
    ...all(
      [
        'doubleSidedTopOfMarketCompact',
        'wideDoubleSidedTopOfMarket',
        'simpleDoubleSidedTopOfMarketCompact',
        'simpleDoubleSidedTopOfMarketWide',
        'simpleDoubleSidedTopOfMarketBestBidOrOfferCompact',
        'simpleDoubleSidedTopOfMarketBestBidOrOfferCompactFormat',
        'simpleDoubleSidedTopOfMarketBestBidOrOfferWide',
        'simpleDoubleSidedTopOfMarketBestBidOrOfferWideFormat',
        'compactComplexDoubleSidedTopOfMarket',
        'wideComplexDoubleSidedTopOfMarket',
        'complexDoubleSidedTopOfMarketBestBidAndOfferCompactFormat',
        'complexDoubleSidedTopOfMarketBestBidAndOfferWideFormat',
      ],
      BOTH,
    ),
    trade: SALE,
    lastSale: SALE,
    strategyTrade: SALE,
    strategyLastSale: SALE,
    tradeCancel: CANCEL,
  },
};

const ORDERED: EventRule = {
  ...TIME,
  does: 'put',
  id: 'orderId',
  side: { field: 'orderSide' },
  price: 'orderPrice',
  size: 'remainingVolumeOpen',
  when: { orderType: ['L'] },
};
/** Order feeds: an order is open with what remains of it until it is closed. Orders at the market have no price. */
export const miaxOrders: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    systemTime: { does: 'none', seconds: 'seconds', setsTime: true },
    simpleSeriesUpdate: SERIES,
    seriesUpdate: SERIES,
    complexStrategyDefinitionUpdate: STRATEGY,
    order: ORDERED,
    simpleOrder: { ...ORDERED, instrument: 'productId' },
    complexOrder: { ...ORDERED, instrument: 'strategyId' },
    orderClose: { ...TIME, does: 'remove', id: 'orderId', ifKnown: true },
  },
};

const EQUITY_STATES = { 1: 'preOpen', 2: 'trading', 3: 'halted', 4: 'halted', 5: 'closed' } as const;
const EQUITY = { ...TIME, instrument: 'symbolId' } as const;
const kept = (flag: string, more: Partial<EventRule>): EventRule[] => [
  { does: 'modify', id: 'orderId', price: 'price', size: 'size', unless: { [flag]: [1] }, ...more },
  { does: 'modify', id: 'orderId', price: 'price', size: 'size', when: { [flag]: [1] }, keepsPlace: true, ...more },
];
/** Pearl Equities, depth and top. */
export const miaxEquities: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -6,
  messages: {
    systemTime: { does: 'none', seconds: 'seconds', setsTime: true },
    symbolUpdate: { ...EQUITY, does: 'define', name: 'tickerSymbol', size: 'lotSize' },
    securityTradingStatusNotification: {
      ...EQUITY,
      does: 'status',
      id: 'tradingStatus',
      state: { field: 'tradingStatus', is: EQUITY_STATES },
    },
    symbolClear: { ...EQUITY, does: 'clear' },
    addOrder: { ...EQUITY, does: 'add', id: 'orderId', side: { field: 'orderSide' }, price: 'price', size: 'size' },
    modifyOrder: kept('modifyOrderFlagsOrderPosition', EQUITY),
    deleteOrder: { ...EQUITY, does: 'remove', id: 'orderId' },
    orderExecution: {
      ...EQUITY,
      does: 'execute',
      id: 'orderId',
      price: 'price',
      size: 'size',
      tradeId: 'tradeId',
      atPrice: true,
    },
    trade: { ...SALE, ...EQUITY },
    lastSale: { ...SALE, ...EQUITY },
    tradeCancel: { ...CANCEL, ...EQUITY },
    compactTopOfMarketBestBidAndOffer: BOTH.map((rule) => ({ ...rule, ...EQUITY })),
    wideTopOfMarketBestBidAndOffer: BOTH.map((rule) => ({ ...rule, ...EQUITY })),
  },
};

const FUTURE = { time: 'timestamp' } as const;
const FILLED: EventRule = {
  ...FUTURE,
  does: 'execute',
  id: 'buyOrderId',
  price: 'price',
  size: 'size',
  tradeId: 'tradeId',
  atPrice: true,
  ifKnown: true,
};
/** Onyx futures: an execution takes from both orders, of which one may never have rested. */
export const miaxOnyx: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -9,
  messages: {
    simpleInstrumentDefinition: {
      ...FUTURE,
      does: 'define',
      name: { together: ['productGroupCode', 'maturityMonthYear'] },
      price: 'tick',
    },
    instrumentTradingStatusNotification: {
      ...FUTURE,
      does: 'status',
      id: 'tradingStatus',
      state: {
        field: 'tradingStatus',
        is: { 1: 'preOpen', 2: 'auction', 3: 'trading', 4: 'halted', 5: 'halted', 6: 'closed' },
      },
    },
    anticipatedOpeningPrice: {
      ...FUTURE,
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'anticipatedOpeningPrice',
      size: 'openingMatchQuantity',
    },
    settlementPriceUpdate: figures({ settlementPrice: 'settlementPrice' }, FUTURE),
    openInterestUpdate: figures({ openInterestQuantity: 'openInterest' }, FUTURE),
    totalVolumeUpdate: figures({ totalVolume: 'volume' }, FUTURE),
    instrumentClear: { ...FUTURE, does: 'clear' },
    addOrder: { ...FUTURE, does: 'add', id: 'orderId', side: { field: 'orderSide' }, price: 'price', size: 'size' },
    modifyOrder: kept('modifyFlagsOrderPosition', FUTURE),
    deleteOrder: { ...FUTURE, does: 'remove', id: 'orderId' },
    orderExecution: [FILLED, { ...FILLED, id: 'sellOrderId', notPrinted: true }],
    bestBidAndOffer: quotes(['mbbPrice', 'mbbSize'], ['mboPrice', 'mboSize'], FUTURE),
    lastSale: { ...FUTURE, does: 'trade', id: 'tradeId', price: 'price', size: 'size' },
    tradeCancel: { ...FUTURE, does: 'tradeCancel', id: 'tradeId', price: 'price', size: 'size' },
  },
};
/** Miami product feed: values of indexes. */
export const miaxIndexes: EventRoles = {
  priceExponent: -2,
  messages: {
    systemTime: { does: 'none', seconds: 'seconds', setsTime: true },
    indexValue: figures({ value: 'indexValue' }, TIME),
    syntheticFutureValue: figures({ value: 'indexValue' }, { ...TIME, instrument: 'syntheticFutureSymbol' }),
  },
};
