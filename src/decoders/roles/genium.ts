import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures } from './words.js';

const TIME = { time: 'nanoseconds', afterBase: true } as const;
const SECONDS: EventRule = { does: 'none', seconds: ['seconds', 'second'], setsTime: true };
const ORDER = { ...TIME, id: 'orderId', side: { field: 'side' } } as const;
const ADDED: EventRule = { ...ORDER, does: 'add', price: 'price', size: 'quantity' };
const EXECUTED: EventRule = { ...ORDER, does: 'execute', size: 'executedQuantity' };
const PRICED: EventRule = { ...EXECUTED, price: 'tradePrice', atPrice: true };
const PRICED_OR_NOT: EventRule[] = [
  { ...PRICED, when: { printable: ['Y'] } },
  { ...PRICED, unless: { printable: ['Y'] }, notPrinted: true },
];
const DIRECTORY: EventRule = { ...TIME, does: 'define', name: 'symbol', size: 'roundLotSize' };
const STATE: EventRule = {
  ...TIME,
  does: 'status',
  id: 'stateName',
  state: { field: 'stateName', is: {} },
};
/** Genium INET ITCH (ASX, Borsa Istanbul, OSE): an order's number is unique within a side of its order book. */
const GENIUM: EventRoles['messages'] = {
  seconds: SECONDS,
  orderBookDirectory: DIRECTORY,
  combinationOrderBookDirectory: DIRECTORY,
  orderBookState: STATE,
  addOrderNoParticipantId: ADDED,
  addOrderParticipantId: ADDED,
  addOrderNoMpidAttribution: ADDED,
  addOrderWithMpidAttribution: ADDED,
  addOrderNoMpid: ADDED,
  addOrderWithMpid: ADDED,
  orderExecuted: EXECUTED,
  orderExecutedWithPrice: PRICED_OR_NOT,
  orderReplace: { ...ORDER, does: 'modify', price: 'price', size: 'quantity' },
  orderDelete: { ...ORDER, does: 'remove' },
  orderBookFlush: { ...TIME, does: 'clear' },
  trade: {
    ...TIME,
    does: 'trade',
    side: { field: 'side' },
    price: 'tradePrice',
    size: 'quantity',
    when: { printable: ['Y'] },
  },
  equilibriumPriceUpdate: {
    ...TIME,
    does: 'imbalance',
    id: ['askQuantity', 'availableAskQuantityAtEquilibriumPrice'],
    price: 'equilibriumPrice',
    size: ['bidQuantity', 'availableBidQuantityAtEquilibriumPrice'],
  },
};
const withMatch = (rules: EventRoles['messages'][string]): EventRule | EventRule[] =>
  Array.isArray(rules)
    ? rules.map((rule: EventRule) => ({ ...rule, tradeId: 'matchId' }))
    : { ...(rules as EventRule), tradeId: 'matchId' };
/** Prices have the decimals that the order book's directory tells. */
const SCALED: EventRule = { ...DIRECTORY, instrumentExponent: { decimals: 'decimalsInPrice' } };
export const geniumItch: EventRoles = {
  shared: true,
  orders: 'instrumentAndSide',
  priceExponent: 'instrument',
  messages: {
    ...GENIUM,
    orderBookDirectory: SCALED,
    orderExecuted: withMatch(EXECUTED),
    orderExecutedWithPrice: withMatch(PRICED_OR_NOT),
    trade: { ...(GENIUM.trade as EventRule), id: 'matchId' },
  },
};
/** ASX Trade: two decimals, and match numbers of 12 bytes that no event has room for. */
export const asxTrade: EventRoles = {
  shared: true,
  orders: 'instrumentAndSide',
  priceExponent: -2,
  messages: GENIUM,
};

const ASX24_ORDER = { ...TIME, id: ['orderId', 'orderNumber'], side: { field: 'side' } } as const;
const ASX24_ADDED: EventRule = { ...ASX24_ORDER, does: 'add', price: 'price', size: 'quantity' };
const TRADE_ID = ['tradeId', 'matchNumber'] as const;
/** What remains of the order is told and set, whatever was there. */
const ASX24_EXECUTED: EventRule = {
  ...ASX24_ORDER,
  does: 'execute',
  size: 'executedQuantity',
  remaining: 'quantityRemaining',
  price: 'tradePrice',
  tradeId: TRADE_ID,
  atPrice: true,
};
const ASX24_STATES = {
  p: 'preOpen',
  P: 'preOpen',
  H: 'halted',
  R: 'halted',
  C: 'closed',
  l: 'auction',
  L: 'closed',
  O: 'trading',
  U: 'closed',
  I: 'closed',
  M: 'closed',
} as const;
const ASX24_STATE_FIELD = ['sessionState', 'tradingStatus'] as const;
const FRACTION = {
  field: 'priceFractionalDenominator',
  is: { 1: 0, 10: -1, 100: -2, 1000: -3, 10000: -4, 100000: -5, 1000000: -6 },
} as const;
const ASX24_SUMMARY = figures(
  {
    openingTrade: 'openingPrice',
    highestTrade: 'highPrice',
    lowestTrade: 'lowPrice',
    lastTrade: 'lastPrice',
    totalTradedVolume: 'volume',
  },
  TIME,
);
const KEYS = ['tradeableInstrumentId', 'contractNumber'] as const;
const keyed = (rules: EventRule | EventRule[]): EventRule[] =>
  [rules].flat().map((rule) => ({ ...rule, instrument: KEYS }));
const ASX24_DIRECTORY = (name: EventRule['name'] & {}): EventRule[] =>
  keyed({ ...TIME, does: 'define', name, instrumentExponent: FRACTION });
/** ASX 24: orders are told apart by instrument and side; implied ones are kept apart. */
const ASX24: EventRoles = {
  shared: true,
  orders: 'instrumentAndSide',
  priceExponent: 'instrument',
  messages: {
    seconds: SECONDS,
    time: SECONDS,
    orderBookState: keyed({
      ...TIME,
      does: 'status',
      id: ASX24_STATE_FIELD,
      state: { field: ASX24_STATE_FIELD, is: ASX24_STATES },
    }),
    addOrder: keyed(ASX24_ADDED),
    orderAdded: keyed(ASX24_ADDED),
    orderReplaced: keyed({ ...ASX24_ORDER, does: 'modify', price: 'price', size: 'quantity' }),
    orderVolumeCancelled: keyed({ ...ASX24_ORDER, does: 'reduce', size: 'quantity' }),
    orderDeleted: keyed({ ...ASX24_ORDER, does: 'remove' }),
    orderExecuted: keyed(ASX24_EXECUTED),
    auctionOrderExecuted: keyed(ASX24_EXECUTED),
    combinationOrderExecuted: keyed(ASX24_EXECUTED),
    spreadExecuted: keyed(ASX24_EXECUTED),
    impliedOrderAdded: keyed({ ...ASX24_ADDED, implied: true }),
    impliedOrderReplaced: keyed({
      ...ASX24_ORDER,
      does: 'modify',
      price: 'price',
      size: 'quantity',
      implied: true,
    }),
    impliedOrderDeleted: keyed({ ...ASX24_ORDER, does: 'remove', implied: true }),
    orderExecutedWithPrice: keyed([
      {
        ...TIME,
        does: 'execute',
        id: 'buyingOrderNumber',
        side: 'bid',
        size: 'executedQuantity',
        remaining: 'buyerQuantityRemaining',
        price: 'tradePrice',
        tradeId: TRADE_ID,
        atPrice: true,
      },
      {
        ...TIME,
        does: 'execute',
        id: 'sellingOrderNumber',
        side: 'ask',
        size: 'executedQuantity',
        remaining: 'sellerQuantityRemaining',
        price: 'tradePrice',
        tradeId: TRADE_ID,
        atPrice: true,
        notPrinted: true,
      },
    ]),
    tradeExecuted: keyed({ ...TIME, does: 'trade', id: TRADE_ID, price: 'tradePrice', size: 'executedQuantity' }),
    tradeCancellation: { ...TIME, does: 'tradeCancel', id: TRADE_ID },
    equilibriumPrice: keyed({
      ...TIME,
      does: 'imbalance',
      id: 'askQuantity',
      price: 'equilibriumPrice',
      size: 'bidQuantity',
    }),
    equilibriumPriceAuctionInfo: keyed({
      ...TIME,
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'equilibriumPrice',
    }),
    openHighLowLastTradeAdjustment: keyed(ASX24_SUMMARY),
    volumeAndOpenInterest: keyed(figures({ cumulativeVolume: 'volume', openInterest: 'openInterest' }, TIME)),
  },
};
export const asxNtp: EventRoles = {
  ...ASX24,
  messages: {
    ...ASX24.messages,
    futureSymbolDirectory: ASX24_DIRECTORY('symbolName'),
    optionsSymbolDirectory: ASX24_DIRECTORY('symbolName'),
    combinationSymbolDirectory: ASX24_DIRECTORY('symbolName'),
    bundlesSymbolDirectory: ASX24_DIRECTORY('symbolName'),
    combinationTradeExecuted: keyed({
      ...TIME,
      does: 'trade',
      id: 'tradeId',
      price: 'tradePrice',
      size: 'executedQuantity',
    }),
    marketSettlement: keyed(ASX24_SUMMARY),
  },
};
/** Before NTP: decimals, not a denominator. Custom markets have no instrument of their own and make no book. */
const DECIMALS = (name: EventRule['name'] & {}): EventRule[] =>
  keyed({ ...TIME, does: 'define', name, instrumentExponent: { decimals: 'priceDecimalPosition' } });
export const asxT24: EventRoles = {
  ...ASX24,
  messages: {
    ...ASX24.messages,
    futureSymbolDirectory: DECIMALS({ together: ['exchange', 'instrument', 'expiryYear', 'expiryMonth'] }),
    spreadSymbolDirectory: DECIMALS('exchange'),
    optionSymbolDirectory: DECIMALS({
      together: ['exchange', 'instrument', 'expiryYear', 'expiryMonth', 'optionType', 'strike'],
    }),
    marketSettlement: keyed(figures({ settlementPrice: 'settlementPrice' }, TIME)),
  },
};

const JNX_ORDER = { ...TIME, id: 'orderNumber' } as const;
const JNX_ADDED: EventRule = {
  ...JNX_ORDER,
  does: 'add',
  side: { field: 'buySellIndicator' },
  price: 'price',
  size: 'quantity',
};
const JNX_EXECUTED: EventRule = { ...JNX_ORDER, does: 'execute', size: 'executedQuantity', tradeId: 'matchNumber' };
const JNX_STATE: EventRule = {
  ...TIME,
  does: 'status',
  id: 'tradingState',
  state: { field: 'tradingState', is: { T: 'trading', V: 'suspended' } },
};
/** Japannext and Osaka Digital Exchange: ITCH with one number for an order in the whole feed. */
const japannext = (priceExponent: number): EventRoles => ({
  shared: true,
  priceExponent,
  messages: {
    seconds: SECONDS,
    orderbookDirectory: { ...TIME, does: 'define', name: 'orderbookCode', size: 'roundLotSize' },
    tradingState: JNX_STATE,
    orderAdded: JNX_ADDED,
    orderAddedWithoutAttributes: JNX_ADDED,
    orderAddedMessageNoAttributes: JNX_ADDED,
    orderAddedWithAttributes: JNX_ADDED,
    orderExecuted: JNX_EXECUTED,
    orderExecutedWithPrice: { ...JNX_EXECUTED, price: 'tradePrice', atPrice: true },
    orderDeleted: { ...JNX_ORDER, does: 'remove' },
    orderReplaced: {
      ...TIME,
      does: 'replace',
      id: 'originalOrderNumber',
      newId: 'newOrderNumber',
      price: 'price',
      size: 'quantity',
    },
    orderBookState: {
      ...TIME,
      does: 'status',
      id: 'stateName',
      state: {
        field: 'stateName',
        is: {
          PreOpen: 'preOpen',
          PreOpenNCP: 'preOpen',
          OpeningAuction: 'auction',
          Break: 'paused',
          PreClose: 'preOpen',
          PreCloseNCP: 'preOpen',
          ClosingAuction: 'auction',
          Closed: 'closed',
        },
      },
    },
    equilibriumPriceUpdate: figures({ equilibriumPrice: 'indicativeOpeningPrice' }, TIME),
  },
});
export const japannextEquities = japannext(-1);
export const japannextBonds = japannext(-3);
export const osakaDigitalTokens = japannext(-2);

const NSX_TIME = { time: 'timestamp', afterBase: true } as const;
const NSX_EXECUTED: EventRule = {
  ...NSX_TIME,
  does: 'execute',
  id: 'orderNumber',
  size: 'executedQuantity',
  tradeId: 'matchNumber',
};
/** NSX Australia: the last `timestamp` message is the base of all times. */
export const nsxAustralia: EventRoles = {
  priceExponent: 'instrument',
  messages: {
    timestamp: { does: 'none', time: 'nanosecond', setsTime: true },
    orderbookDirectory: {
      ...NSX_TIME,
      does: 'define',
      name: 'securityCode',
      instrumentExponent: { decimals: 'priceDecimals' },
    },
    orderbookTradingAction: {
      ...NSX_TIME,
      does: 'status',
      id: 'tradingState',
      state: { field: 'tradingState', is: { T: 'trading', V: 'suspended' } },
    },
    addOrder: {
      ...NSX_TIME,
      does: 'add',
      id: 'orderNumber',
      side: { field: 'orderVerb' },
      price: 'price',
      size: 'quantity',
    },
    orderExecuted: [
      { ...NSX_EXECUTED, when: { printable: ['Y'] } },
      { ...NSX_EXECUTED, unless: { printable: ['Y'] }, notPrinted: true },
    ],
    orderExecutedWithPrice: [
      { ...NSX_EXECUTED, price: 'executionPrice', atPrice: true, when: { printable: ['Y'] } },
      { ...NSX_EXECUTED, price: 'executionPrice', atPrice: true, unless: { printable: ['Y'] }, notPrinted: true },
    ],
    orderDelete: { ...NSX_TIME, does: 'remove', id: 'orderNumber' },
    orderReplace: {
      ...NSX_TIME,
      does: 'replace',
      id: 'originalOrderNumber',
      newId: 'newOrderNumber',
      price: 'price',
      size: 'quantity',
    },
    brokenTrade: { ...NSX_TIME, does: 'tradeCancel', id: 'matchNumber' },
    trade: {
      ...NSX_TIME,
      does: 'trade',
      id: 'matchNumber',
      price: 'executionPrice',
      size: 'executedQuantity',
      when: { printable: ['Y'] },
    },
    indicativePriceQuantity: {
      ...NSX_TIME,
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'theoreticalOpeningPrice',
      size: 'theoreticalOpeningQuantity',
    },
  },
};

const ASPEN_TIME = { time: 'timestamp' } as const;
const ASPEN_SIZE = ['shares', 'quantity'] as const;
const aspen = (more: EventRoles['messages'], sizeExponent?: number): EventRoles => ({
  priceExponent: -6,
  ...(sizeExponent === undefined ? {} : { sizeExponent }),
  messages: {
    symbolInformation: { ...ASPEN_TIME, does: 'define', name: 'symbol' },
    symbolState: {
      ...ASPEN_TIME,
      does: 'status',
      id: 'state',
      state: {
        field: 'state',
        is: { H: 'halted', T: 'trading', A: 'trading', E: 'trading', I: 'closed', D: 'halted' },
      },
    },
    newOrderAdd: {
      ...ASPEN_TIME,
      does: 'add',
      id: 'orderId',
      side: { field: 'side' },
      price: 'price',
      size: ASPEN_SIZE,
      unless: { side: ['C'] },
    },
    orderPartialCancel: { ...ASPEN_TIME, does: 'reduce', id: 'orderId', size: ['sharesCanceled', 'quantityCanceled'] },
    orderCancelAll: { ...ASPEN_TIME, does: 'remove', id: 'orderId' },
    orderExecuted: {
      ...ASPEN_TIME,
      does: 'execute',
      id: 'orderId',
      size: ASPEN_SIZE,
      price: 'price',
      tradeId: 'executionId',
      atPrice: true,
    },
    trade: { ...ASPEN_TIME, does: 'trade', id: 'executionId', price: 'price', size: 'shares' },
    ...more,
  },
});
/** IntelligentCross ASPEN. */
export const cixAspen: EventRoles = aspen({
  orderUpdated: { ...ASPEN_TIME, does: 'modify', id: 'orderId', price: 'price', size: 'shares' },
  tradeBreak: { ...ASPEN_TIME, does: 'tradeCancel', id: 'executionId' },
});
/** Its Canadian version: sizes have six decimals. */
export const cixAspenCanada: EventRoles = aspen(
  {
    tradeCancel: { ...ASPEN_TIME, does: 'tradeCancel', id: 'executionId', price: 'price', size: 'shares' },
    tradeCorrect: [
      {
        ...ASPEN_TIME,
        does: 'tradeCancel',
        id: 'originalExecutionId',
        price: 'originalTradePrice',
        size: 'originalTradeQuantity',
      },
      {
        ...ASPEN_TIME,
        does: 'trade',
        id: 'executionId',
        price: 'correctedTradePrice',
        size: 'correctedTradeQuantity',
      },
    ],
  },
  -6,
);
