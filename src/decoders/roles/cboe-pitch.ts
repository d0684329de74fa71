import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures, quote, quotes } from './words.js';

const TIME = { time: ['timeOffset', 'timestamp', 'lastUpdateTimestamp', 'transactionTime'], afterBase: true } as const;
const ORDER = { ...TIME, id: 'orderId' } as const;
const SIDE = { field: 'sideIndicator' } as const;
const SIZE = ['quantity', 'shares', 'contracts', 'sharesContracts'] as const;
const ADDED: EventRule = { ...ORDER, does: 'add', side: SIDE, price: 'price', size: SIZE };
const REDUCED: EventRule = {
  ...ORDER,
  does: 'reduce',
  size: ['canceledQuantity', 'cancelledQuantity', 'canceledShares', 'cancelledShares'],
};
const MODIFIED: EventRule = { ...ORDER, does: 'modify', price: 'price', size: SIZE };
const EXECUTED: EventRule = {
  ...ORDER,
  does: 'execute',
  size: ['executedQuantity', 'executedShares'],
  tradeId: 'executionId',
};
const PRICED: EventRule = { ...EXECUTED, price: 'price', atPrice: true };
const REMAINING = ['remainingQuantity', 'remainingShares'] as const;
const TRADED: EventRule = { ...TIME, does: 'trade', id: 'executionId', side: SIDE, price: 'price', size: SIZE };
const PRINTED: EventRule = { ...TIME, does: 'trade', id: 'executionId', price: 'price', size: SIZE };
const STATES = {
  A: 'preOpen',
  C: 'closed',
  E: 'auction',
  F: 'halted',
  H: 'halted',
  M: 'auction',
  O: 'preOpen',
  P: 'postClose',
  Q: 'quoting',
  R: 'auction',
  S: 'suspended',
  T: 'trading',
  V: 'auction',
  X: 'trading',
} as const;
const STATUS = ['tradingStatus', 'haltStatus', 'status'] as const;
const STATE: EventRule = { ...TIME, does: 'status', id: STATUS, state: { field: STATUS, is: STATES } };
/** Auctions tell what would be bought and sold, not which side is short of it: the size is the buyers', `id` the sellers'. */
const KEYS = ['symbol', 'stockSymbol', 'symbolId', 'complexInstrumentId'] as const;
const AUCTION: EventRule = {
  ...TIME,
  instrument: KEYS,
  does: 'imbalance',
  id: ['sellShares', 'sellContracts'],
  price: 'indicativePrice',
  size: ['buyShares', 'buyContracts'],
};
const AUCTIONED: EventRule = {
  ...TIME,
  does: 'statistic',
  instrument: KEYS,
  statistic: 'uncrossingPrice',
  price: 'price',
  size: SIZE,
};
const MAPPED: EventRule = { does: 'define', instrument: 'feedSymbol', name: 'osiSymbol' };

/** What messages of all Cboe books mean; short and long forms of the same messages. */
const BOOK: EventRoles['messages'] = {
  time: { does: 'none', seconds: ['epochTime', 'epoch', 'time'], setsTime: true },
  unitClear: { does: 'clear', afterBase: true },
  symbolClear: { ...TIME, does: 'clear' },
  transactionBegin: { does: 'none', event: 'begins' },
  transactionEnd: { does: 'none', event: 'ends' },
  symbolMapping: MAPPED,
  addOrder: ADDED,
  addOrderLong: ADDED,
  addOrderShort: ADDED,
  addOrderExpanded: ADDED,
  addOrderExtended: ADDED,
  addOrderMessageLongForm: ADDED,
  orderExecuted: EXECUTED,
  orderExecutedMessageLongForm: EXECUTED,
  orderExecutedAtPrice: PRICED,
  orderExecutedAtPriceSize: { ...PRICED, remaining: REMAINING },
  reduceSize: REDUCED,
  reduceSizeLong: REDUCED,
  reduceSizeShort: REDUCED,
  orderCancel: REDUCED,
  orderCancelMessageLongForm: REDUCED,
  modifyOrder: MODIFIED,
  modifyOrderLong: MODIFIED,
  modifyOrderShort: MODIFIED,
  deleteOrder: { ...ORDER, does: 'remove' },
  tradeLong: TRADED,
  tradeShort: TRADED,
  tradeExpanded: TRADED,
  tradeBreak: { ...TIME, does: 'tradeCancel', id: 'executionId' },
  tradingStatus: STATE,
  auctionSummary: AUCTIONED,
  extendedAuctionSummary: AUCTIONED,
  priceLimits: figures({ upperPriceLimit: 'upperPriceLimit', lowerPriceLimit: 'lowerPriceLimit' }, TIME),
  settlement: figures({ settlementPrice: 'settlementPrice' }, TIME),
  openInterest: figures({ openInterest: 'openInterest' }, TIME),
  endOfDaySummary: figures(
    {
      openPrice: 'openingPrice',
      highPrice: 'highPrice',
      lowPrice: 'lowPrice',
      closePrice: 'closePrice',
      totalVolume: 'volume',
      openInterest: 'openInterest',
      blockVolume: 'blockVolume',
    },
    TIME,
  ),
};

const prefixed = (prefix: string, roles: EventRoles): EventRoles => ({
  ...roles,
  messages: Object.fromEntries(
    Object.entries(roles.messages).map(([name, rules]) => [
      `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      rules,
    ]),
  ),
});

/** Multicast PITCH, US equities: order by order. */
export const cboePitchEquities: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    ...BOOK,
    auctionUpdate: { ...AUCTION, priceExponent: -4 },
  },
};
/** ASCII PITCH; numbers of orders and executions are texts of 12 characters, known by their hash. */
export const cboeAsciiPitch: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    ...BOOK,
    auctionUpdate: AUCTION,
    extendedAuctionUpdate: AUCTION,
    tradeExtended: TRADED,
    lastSale: { ...PRINTED, size: 'executedShares' },
    lastSaleExtended: { ...PRINTED, size: 'executedShares' },
  },
};
const EUROPEAN_STATISTIC = {
  field: 'statisticType',
  is: { C: 'closePrice', H: 'highPrice', L: 'lowPrice', O: 'openingPrice' },
} as const;
const INDICATIVE: EventRule = {
  ...TIME,
  does: 'statistic',
  statistic: 'indicativeOpeningPrice',
  price: 'indicativePrice',
  size: 'indicativeShares',
};
/** Multicast PITCH of Cboe Europe. */
export const cboePitchEurope: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    ...BOOK,
    tradeExtended: { ...PRINTED, id: 'tradeId' },
    statistics: { ...TIME, does: 'statistic', statistic: EUROPEAN_STATISTIC, price: 'price' },
    auctionUpdate: INDICATIVE,
  },
};
/** ASCII PITCH of Cboe Europe: long forms have seven decimals. */
export const cboeAsciiEurope: EventRoles = {
  shared: true,
  priceExponent: -7,
  messages: {
    ...BOOK,
    trade: TRADED,
    tradeMessageLongForm: TRADED,
    tradeMessageExtendedForm: { ...PRINTED, id: 'tradeId' },
    statistics: { ...TIME, does: 'statistic', statistic: EUROPEAN_STATISTIC, price: 'price' },
    auctionUpdate: INDICATIVE,
    lastSaleEurope: { does: 'trade', id: 'tradeId', price: 'price', size: 'executedShares' },
    lastSaleEuropeMessageNew: { does: 'trade', id: 'tradeId', price: 'price', size: 'executedShares' },
  },
};
const CALCULATED: EventRule = {
  ...TIME,
  does: 'statistic',
  statistic: 'venueFigure',
  price: 'value',
  id: 'valueCategory',
};
/** Depth of Cboe Australia. */
export const cboePitchAustralia: EventRoles = {
  shared: true,
  priceExponent: -7,
  messages: {
    ...BOOK,
    trade: PRINTED,
    calculatedValue: CALCULATED,
    auctionUpdate: AUCTION,
  },
};
const CORRECTED: EventRule[] = [
  { ...TIME, does: 'tradeCancel', id: 'executionId', price: 'originalPrice', size: 'originalQuantity' },
  { ...TIME, does: 'trade', id: 'executionId', price: 'correctedPrice', size: 'correctedQuantity' },
];
/** Books and trades of Cboe Canada. */
export const cboePitchCanada: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    ...BOOK,
    instrumentDirectory: { ...TIME, does: 'define', size: 'lotSize' },
    trade: PRINTED,
    tradeCorrection: CORRECTED,
    singleSideUpdate: { ...TIME, does: 'levelSet', side: SIDE, price: 'price', size: 'quantity' },
    auctionUpdate: {
      ...TIME,
      does: 'imbalance',
      id: 'matchedShares',
      side: { field: 'imbalanceSideIndicator' },
      price: 'indicativePrice',
      size: 'imbalanceQuantity',
    },
  },
};
/** Match Now prints only; a trade condition takes one back. */
export const cboeMatchNow: EventRoles = {
  priceExponent: -4,
  messages: {
    unitClear: { does: 'clear' },
    tradingStatus: STATE,
    trade: [
      { ...PRINTED, unless: { tradeCondition: ['X'] } },
      { ...PRINTED, does: 'tradeCancel', when: { tradeCondition: ['X'] } },
    ],
  },
};
/** Options and futures, single and complex, and FLEX. */
export const cboePitchDerivatives: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    ...BOOK,
    futuresInstrumentDefinition: {
      ...TIME,
      does: 'define',
      name: 'reportSymbol',
      size: 'contractSize',
      price: 'priceIncrement',
    },
    flexInstrumentDefinition: {
      ...TIME,
      does: 'define',
      instrument: 'feedSymbol',
      name: { together: ['osiRoot', 'year', 'month', 'day', 'callPutIndicator', 'dollarStrike', 'decimalStrike'] },
    },
    complexInstrumentDefinitionExpanded: {
      ...TIME,
      does: 'define',
      name: { together: ['complexInstrumentUnderlying', 'complexInstrumentId'] },
    },
    complexFlexInstrumentDefinition: {
      ...TIME,
      does: 'define',
      instrument: 'complexInstrumentId',
      name: { together: ['underlying', 'complexInstrumentId'] },
    },
    exchangeDesignatedComplexInstrumentDefinition: {
      ...TIME,
      does: 'define',
      name: { together: ['complexInstrumentUnderlying', 'complexInstrumentId'] },
    },
    tradingStatus: { ...STATE, instrument: ['symbol', 'complexSymbolId', 'complexInstrumentId'] },
    optionsAuctionUpdate: AUCTION,
    auctionUpdate: AUCTION,
  },
};
/** FLEX names the instrument of a trade by its own field. */
const FLEX: EventRule = { ...TRADED, instrument: 'flexInstrumentId' };
export const cboeFlex: EventRoles = {
  ...cboePitchDerivatives,
  messages: { ...cboePitchDerivatives.messages, tradeLong: FLEX, tradeShort: FLEX, dacTrade: FLEX },
};
/** The same with the table's prefix `ox`. */
export const cboePitchOptionsPrefixed: EventRoles = prefixed('ox', cboePitchDerivatives);

const ONE_SIDE: EventRule = { ...TIME, does: 'quote', side: { field: 'side' }, price: 'price', size: 'quantity' };
const BOTH_SIDES = quotes(['bidPrice', 'bidQuantity'], ['askPrice', 'askQuantity'], TIME);
const SNAPSHOT = [...BOTH_SIDES, ...figures({ lastTradePrice: 'lastPrice', totalVolume: 'volume' }, TIME), STATE];
/** A trade condition X takes a print back. */
const TOP_TRADE: EventRule[] = [
  { ...PRINTED, unless: { tradeCondition: ['X'] } },
  { ...PRINTED, does: 'tradeCancel', when: { tradeCondition: ['X'] } },
];
/** Top of book of options, complex instruments and futures: each message replaces a side or both. */
export const cboeTop: EventRoles = {
  ...cboePitchDerivatives,
  messages: {
    ...cboePitchDerivatives.messages,
    singleSideUpdateShort: ONE_SIDE,
    singleSideUpdateLong: ONE_SIDE,
    singleSideUpdateExpandedShort: ONE_SIDE,
    singleSideUpdateExpandedLong: ONE_SIDE,
    twoSideUpdateShort: BOTH_SIDES,
    twoSideUpdateLong: BOTH_SIDES,
    twoSideUpdateExpandedShort: BOTH_SIDES,
    twoSideUpdateExpandedLong: BOTH_SIDES,
    marketSnapshotShort: SNAPSHOT,
    marketSnapshotLong: SNAPSHOT,
    topTrade: TOP_TRADE,
  },
};
export const cboeTopAustralia: EventRoles = {
  ...cboePitchAustralia,
  messages: {
    ...cboePitchAustralia.messages,
    singleSideUpdate: ONE_SIDE,
    twoSideUpdate: BOTH_SIDES,
    topTrade: PRINTED,
  },
};

const ASCII_BID = quote('bid', 'bidPrice', 'bidQuantity', { afterBase: true });
const ASCII_ASK = quote('ask', 'askPrice', 'askQuantity', { afterBase: true });
const ASCII_BOTH: EventRule[] = [ASCII_BID, ASCII_ASK];
const ASCII_TRADE: EventRule = { afterBase: true, does: 'trade', price: 'lastPrice', size: 'lastQuantity' };
/** Top in ASCII: times are to the second, of the last `seconds`. */
export const cboeAsciiTop: EventRoles = {
  priceExponent: -4,
  messages: {
    seconds: { does: 'none', seconds: 'seconds', setsTime: true },
    expandedSpin: ASCII_BOTH,
    extendedSpin: ASCII_BOTH,
    expandedBidUpdate: ASCII_BID,
    longBidUpdate: ASCII_BID,
    shortBidUpdate: ASCII_BID,
    extendedBidUpdate: ASCII_BID,
    expandedAskUpdate: ASCII_ASK,
    longAskUpdate: ASCII_ASK,
    shortAskUpdate: ASCII_ASK,
    extendedAskUpdate: ASCII_ASK,
    expandedTwoSidedUpdate: ASCII_BOTH,
    longTwoSidedUpdate: ASCII_BOTH,
    shortTwoSidedUpdate: ASCII_BOTH,
    extendedTwoSidedUpdate: ASCII_BOTH,
    expandedTrade: ASCII_TRADE,
    longTrade: ASCII_TRADE,
    shortTrade: ASCII_TRADE,
    extendedTrade: ASCII_TRADE,
    tradingStatus: { does: 'status', afterBase: true, id: 'haltStatus', state: { field: 'haltStatus', is: STATES } },
  },
};

const ONE_SUMMARY = quotes(
  ['consolidatedBestBidPrice', 'consolidatedBestBidQuantity'],
  ['consolidatedBestAskPrice', 'consolidatedBestAskQuantity'],
  TIME,
);
const ONE_QUOTE: EventRule = {
  ...TIME,
  does: 'quote',
  side: SIDE,
  price: 'consolidatedBestQuotePrice',
  size: 'consolidatedQuoteQuantity',
};
const ONE_TRADE: EventRule = {
  ...TIME,
  does: 'trade',
  id: 'marketCenterExecutionId',
  price: 'lastPrice',
  size: 'lastQuantity',
};
const ONE_BREAK: EventRule = { ...TIME, does: 'tradeCancel', id: 'marketCenterExecutionId' };
const ONE_OPEN_CLOSE: EventRule = {
  ...TIME,
  does: 'statistic',
  statistic: { field: 'openCloseIndicator', is: { O: 'openingPrice', C: 'closePrice' } },
  price: 'price',
};
const ONE_DAY = figures(
  { openingPrice: 'openingPrice', closingPrice: 'closePrice', highPrice: 'highPrice', lowPrice: 'lowPrice' },
  TIME,
);
/** Cboe One: the best of the group's markets. */
export const cboeOne: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    fractionalSymbolSummary: ONE_SUMMARY,
    expandedFractionalSymbolSummary: ONE_SUMMARY,
    shortSymbolSummary: ONE_SUMMARY,
    longSymbolSummary: ONE_SUMMARY,
    bestQuoteUpdate: ONE_QUOTE,
    expandedBestQuoteUpdate: ONE_QUOTE,
    fractionalTrade: ONE_TRADE,
    expandedFractionalTrade: ONE_TRADE,
    trade: ONE_TRADE,
    fractionalTradeBreak: ONE_BREAK,
    expandedFractionalTradeBreak: ONE_BREAK,
    tradeBreak: ONE_BREAK,
    tradingStatus: STATE,
    expandedTradingStatus: STATE,
    openingClosingPrice: ONE_OPEN_CLOSE,
    expandedOpeningClosingPrice: ONE_OPEN_CLOSE,
    fractionalEndOfDaySummary: ONE_DAY,
    expandedFractionalEndOfDaySummary: ONE_DAY,
  },
};
/** The same with the table's prefix `eq`. */
export const cboePitchEquitiesPrefixed: EventRoles = prefixed('eq', cboePitchEquities);
/** Summary depth: the levels stand in blocks of two widths, which the event program does not reach; trades and states. */
export const cboeSummaryDepth: EventRoles = {
  priceExponent: -4,
  messages: {
    clearQuote: { ...TIME, does: 'clear' },
    trade: { ...ONE_TRADE, id: 'executionId' },
    tradeBreak: { ...TIME, does: 'tradeCancel', id: 'executionId' },
    tradingStatus: STATE,
  },
};
