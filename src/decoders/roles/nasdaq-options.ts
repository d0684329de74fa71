import type { EventRoles, EventRule, Role } from '../../layout/table.js';
import { quote, quotes } from './words.js';

const TIME = { time: 'timestamp' } as const;
const NAME = {
  together: [
    'securitySymbol',
    'expirationYear',
    'expirationMonth',
    'expirationDay',
    'explicitStrikePrice',
    'optionType',
  ],
};
/** Versions before name the day of expiration otherwise. */
const NAME_BY_DATE = { together: NAME.together.map((field) => (field === 'expirationDay' ? 'expirationDate' : field)) };
const STATE = {
  ...TIME,
  does: 'status',
  id: 'currentTradingState',
  state: {
    field: 'currentTradingState',
    is: { H: 'halted', T: 'trading', I: 'preOpen', O: 'auction', R: 'auction', X: 'closed', B: 'paused', S: 'paused' },
  },
} as const;
/** A side without a price or without size is not shown. */
const added = (side: EventRule['side'] & {}): EventRule => ({
  ...TIME,
  does: 'add',
  id: 'orderReferenceNumber',
  side,
  price: 'price',
  size: 'volume',
});
const quoted = (bidPrice: string, askPrice: string): EventRule[] => [
  {
    ...TIME,
    does: 'add',
    id: 'bidReferenceNumber',
    side: 'bid',
    price: bidPrice,
    size: 'bidSize',
    unless: { bidSize: [0] },
  },
  {
    ...TIME,
    does: 'add',
    id: 'askReferenceNumber',
    side: 'ask',
    price: askPrice,
    size: 'askSize',
    unless: { askSize: [0] },
  },
];
/** Each side gets a new order, which a size of 0 takes away. */
const sides = (of: (side: 'bid' | 'ask', Name: string) => EventRule[]): EventRule[] => [
  ...of('bid', 'Bid'),
  ...of('ask', 'Ask'),
];
const QUOTE_REPLACED = sides((side, Name) => [
  {
    ...TIME,
    does: 'replace',
    id: `original${Name}ReferenceNumber`,
    newId: `${side}ReferenceNumber`,
    price: `${side}Price`,
    size: `${side}Size`,
    unless: { [`${side}Size`]: [0] },
  },
  {
    ...TIME,
    does: 'remove',
    id: `original${Name}ReferenceNumber`,
    ifKnown: true,
    when: { [`${side}Size`]: [0] },
  },
]);
/** As above, where the message tells the instrument: a side that was empty gets an order. */
const QUOTE_MOVED = sides((side, Name) => [
  { ...TIME, does: 'remove', id: `original${Name}ReferenceNumber`, ifKnown: true },
  {
    ...TIME,
    does: 'add',
    id: `${side}ReferenceNumber`,
    side,
    price: `${side}Price`,
    size: `${side}Size`,
    unless: { [`${side}Size`]: [0] },
  },
]);
const QUOTE_DELETED: EventRule[] = [
  { ...TIME, does: 'remove', id: 'bidReferenceNumber', ifKnown: true },
  { ...TIME, does: 'remove', id: 'askReferenceNumber', ifKnown: true },
];
const priced = (id: Role): EventRule => ({
  ...TIME,
  does: 'execute',
  id,
  price: 'price',
  size: 'volume',
  tradeId: 'matchNumber',
  atPrice: true,
});
const REFERENCE = ['referenceNumber', 'orderReferenceNumber'] as const;
const EXECUTED_PRICED: EventRule[] = [
  { ...priced(REFERENCE), when: { printable: ['Y'] } },
  { ...priced(REFERENCE), unless: { printable: ['Y'] }, notPrinted: true },
];
const EXECUTED: EventRule = {
  ...TIME,
  does: 'execute',
  id: REFERENCE,
  size: ['executedContracts', 'executedVolume'],
  tradeId: 'matchNumber',
};
const CANCELED: EventRule = {
  ...TIME,
  does: 'reduce',
  id: 'orderReferenceNumber',
  size: ['cancelledContracts', 'cancelledVolume'],
};
const REPLACED: EventRule = {
  ...TIME,
  does: 'replace',
  id: ['originalReferenceNumber', 'originalOrderReferenceNumber', 'orderReferenceNumber'],
  newId: 'newReferenceNumber',
  price: 'price',
  size: 'volume',
};
const REMOVED: EventRule = { ...TIME, does: 'remove', id: REFERENCE };
const CHANGED: EventRule = { ...TIME, does: 'modify', id: REFERENCE, price: 'price', size: 'volume' };
const PRINTED: EventRule = { ...TIME, does: 'trade', id: 'matchNumber', price: 'price', size: 'volume' };
const BOUGHT = { field: 'imbalanceDirection', bid: ['B'], ask: ['S'] } as const;

/** ITCH to Trade Options: orders and quotes, each side of a quote an order of its own. */
export const nasdaqItto: EventRoles = {
  priceExponent: -4,
  messages: {
    optionsDirectory: { ...TIME, does: 'define', name: NAME_BY_DATE },
    tradingAction: STATE,
    addOrderMessageShortMessageForm: added({ field: 'marketSide' }),
    addOrderMessageLongForm: added({ field: 'marketSide' }),
    addQuoteMessageShortForm: quoted('bidPrice', 'askPrice'),
    addQuoteMessageLongForm: quoted('bid', 'ask'),
    singleSideExecuted: EXECUTED,
    singleSideExecutedWithPrice: EXECUTED_PRICED,
    orderCancel: CANCELED,
    singleSideReplaceMessageShortForm: REPLACED,
    singleSideReplaceMessageLongForm: REPLACED,
    singleSideDelete: REMOVED,
    singleSideChange: CHANGED,
    quoteReplaceMessageShortForm: QUOTE_REPLACED,
    quoteReplaceMessageLongForm: QUOTE_REPLACED,
    quoteDelete: QUOTE_DELETED,
    optionsTradeMessagesNonAuction: { ...PRINTED, side: { field: 'buySellIndicator' } },
    optionsCrossTrade: PRINTED,
    brokenTradeOrderExecuted: { ...TIME, does: 'tradeCancel', id: 'matchNumber' },
    noii: {
      ...TIME,
      does: 'imbalance',
      id: 'pairedContracts',
      side: BOUGHT,
      price: 'imbalancePrice',
      size: 'imbalanceVolume',
    },
  },
};

/** Options depth since 2.x. Implied orders of spreads are kept apart. */
const DEPTH: EventRoles['messages'] = {
  tradingAction: STATE,
  addQuoteShortForm: quoted('bidPrice', 'askPrice'),
  addQuoteLongForm: quoted('bidPrice', 'askPrice'),
  orderCancel: CANCELED,
  quoteReplaceShortForm: QUOTE_MOVED,
  quoteReplaceLongForm: QUOTE_MOVED,
  quoteDelete: QUOTE_DELETED,
  trade: { ...PRINTED, when: { printable: ['Y'] } },
};
const realAndImplied: EventRule[] = [
  { ...added({ field: 'side' }), when: { side: ['B', 'S'] } },
  { ...added({ field: 'side', bid: ['M'], ask: ['N'] }), when: { side: ['M', 'N'] }, implied: true },
];
export const nasdaqOptionsDepth: EventRoles = {
  priceExponent: -4,
  messages: {
    ...DEPTH,
    derivativeDirectory: { ...TIME, does: 'define', name: NAME },
    addOrderShortForm: realAndImplied,
    addOrderLongForm: realAndImplied,
    singleSideExecuted: EXECUTED,
    singleSideExecutedWithPrice: EXECUTED_PRICED,
    singleSideReplaceShortForm: REPLACED,
    singleSideReplaceLongForm: REPLACED,
    singleSideDelete: REMOVED,
    singleSideUpdate: CHANGED,
    netOrderImbalance: {
      ...TIME,
      does: 'imbalance',
      id: 'pairedQuantity',
      side: { field: 'sideImbalanceDirection' },
      price: 'priceImbalancePrice',
      size: 'imbalanceVolume',
    },
  },
};
export const nasdaqTexasOptionsDepth: EventRoles = {
  priceExponent: -4,
  messages: {
    ...DEPTH,
    derivativeDirectory: { ...TIME, does: 'define', name: NAME_BY_DATE },
    addOrderShortForm: added({ field: 'marketSide', bid: ['B', 'X'], ask: ['S', 'Y'] }),
    addOrderLongForm: added({ field: 'marketSide', bid: ['B', 'X'], ask: ['S', 'Y'] }),
    orderExecuted: EXECUTED,
    orderExecutedWithPrice: EXECUTED_PRICED,
    orderReplaceShortForm: REPLACED,
    orderReplaceLongForm: REPLACED,
    orderDelete: REMOVED,
    orderChange: CHANGED,
    netOrderImbalance: {
      ...TIME,
      does: 'imbalance',
      id: 'pairedQuantity',
      side: BOUGHT,
      price: 'imbalancePrice',
      size: 'imbalanceVolume',
    },
  },
};

/** Depth of complex strategies. Orders at the market have no price and are left out. */
const strategyAdded: EventRule = { ...added({ field: 'depthSide' }), when: { depthSide: ['B', 'S'] } };
const strategyReplaced: EventRule = {
  ...REPLACED,
  newId: 'newOrderReferenceNumber',
  ifKnown: true,
};
export const nasdaqSpreadDepth: EventRoles = {
  priceExponent: -4,
  messages: {
    complexStrategyDirectory: { ...TIME, does: 'define', name: 'underlyingSymbol' },
    strategyTradingAction: STATE,
    addOrderShortForm: strategyAdded,
    addOrderLongForm: strategyAdded,
    singleSideExecuted: { ...EXECUTED, ifKnown: true },
    singleSideExecutedWithPrice: { ...priced('orderReferenceNumber'), ifKnown: true },
    singleSideReplaceShortForm: strategyReplaced,
    singleSideReplaceLongForm: strategyReplaced,
    singleSideDelete: { ...REMOVED, ifKnown: true },
    singleSideUpdate: { ...CHANGED, ifKnown: true },
    complexStrategyTrade: PRINTED,
  },
};

const BOTH = quotes(['bidPrice', 'bidSize'], ['askPrice', 'askSize'], TIME);
const BID = quote('bid', 'price', 'size', TIME);
const ASK = quote('ask', 'price', 'size', TIME);

/** Best bid and offer of options and strategies, and their trades. */
export const nasdaqOptionsTop: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    derivativeDirectory: { ...TIME, does: 'define', name: 'securitySymbol' },
    complexStrategyDirectory: { ...TIME, does: 'define', name: 'underlyingSymbol' },
    tradingAction: STATE,
    strategyTradingAction: STATE,
    bestBidAndAskUpdateShortForm: BOTH,
    bestBidAndAskUpdateLongForm: BOTH,
    bestBidUpdateShortForm: BID,
    bestBidUpdateLongForm: BID,
    bestAskUpdateShortForm: ASK,
    bestAskUpdateLongForm: ASK,
    strategyBestBidAndAskUpdate: BOTH,
    strategyBestBidUpdate: BID,
    strategyBestAskUpdate: ASK,
    trade: { ...TIME, does: 'trade', id: 'crossId', price: 'price', size: 'volume' },
    tradeReport: { ...TIME, does: 'trade', id: 'crossId', price: 'price', size: 'volume' },
    complexStrategyTradeReport: { ...TIME, does: 'trade', id: 'crossId', price: 'price', size: 'volume' },
    brokenTradeReport: {
      ...TIME,
      does: 'tradeCancel',
      id: 'originalCrossId',
      price: 'originalPrice',
      size: 'originalVolume',
    },
  },
};

/** Prices of the ticker have eight decimals. */
export const nasdaqIseTop: EventRoles = {
  ...nasdaqOptionsTop,
  priceExponent: -8,
  messages: {
    ...nasdaqOptionsTop.messages,
    complexStrategyTicker: { ...TIME, does: 'trade', price: 'lastPrice', size: 'size' },
  },
};

const PART = { time: 'nanoseconds', afterBase: true } as const;
const NOM_BOTH = quotes(['bidPrice', 'bidSize'], ['askPrice', 'askSize'], PART);
const NOM_BID = quote('bid', 'price', 'size', PART);
const NOM_ASK = quote('ask', 'price', 'size', PART);
/** Best of Nasdaq Options: times count from the last second. */
export const nasdaqBono: EventRoles = {
  priceExponent: -4,
  messages: {
    timestamp: { does: 'none', seconds: 'second', setsTime: true },
    optionsDirectory: {
      ...PART,
      does: 'define',
      name: {
        together: ['securitySymbol', 'expirationYear', 'expirationMonth', 'expirationDay', 'strikePrice', 'optionType'],
      },
    },
    tradingAction: { ...STATE, ...PART },
    shortBestBidAndAskUpdate: NOM_BOTH,
    longBestBidAndAskUpdate: NOM_BOTH,
    shortBestBidUpdate: NOM_BID,
    longBestBidUpdate: NOM_BID,
    shortBestAskUpdate: NOM_ASK,
    longBestAskUpdate: NOM_ASK,
    tradeReport: { ...PART, does: 'trade', id: 'crossId', price: 'price', size: 'volume' },
    brokenTradeReport: {
      ...PART,
      does: 'tradeCancel',
      id: 'originalCrossId',
      price: 'originalPrice',
      size: 'originalVolume',
    },
  },
};

/** Orders with their owners: an order is open until it is filled or cancelled. */
const OPEN = { orderStatus: ['O'] } as const;
const ordersRule = (more: Partial<EventRule>): EventRule[] => [
  {
    ...TIME,
    does: 'put',
    id: 'orderReferenceNumber',
    side: { field: 'side' },
    price: 'limitPrice',
    size: 'executableOrderVolume',
    when: { ...OPEN, orderType: ['L'] },
    ...more,
  },
  { ...TIME, does: 'remove', id: 'orderReferenceNumber', unless: OPEN, ifKnown: true, ...more },
];
export const nasdaqOptionsOrders: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    derivativeDirectory: { ...TIME, does: 'define', name: NAME },
    complexStrategyDirectory: { ...TIME, does: 'define', name: 'underlyingSymbol' },
    tradingAction: STATE,
    strategyTradingAction: STATE,
    addOrder: ordersRule({}),
    complexAddOrder: ordersRule({}),
  },
};
/** Single orders are shown once, without a number: there is no book to be made of them. */
export const nasdaqIseOrders: EventRoles = {
  priceExponent: -4,
  messages: {
    complexStrategyDirectory: { ...TIME, does: 'define', name: 'underlyingSymbol' },
    strategyTradingAction: STATE,
  },
};
