import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures } from './words.js';

/** The event ends with the message that has this bit. */
const END = { field: 'matchEventIndicator', bit: 7 } as const;
const TIME = { time: 'transactTime', last: END } as const;
const ENTRY = { ...TIME, each: 'noMDEntries', instrument: 'securityID' } as const;
const REAL = { field: 'mdEntryType', bid: ['0'], ask: ['1'] } as const;
const IMPLIED = { field: 'mdEntryType', bid: ['E'], ask: ['F'] } as const;
/** Levels that a book has; what is pushed behind them is gone without a word. */
const REAL_DEPTH = 10;
const IMPLIED_DEPTH = 2;
const ACTION = {
  field: 'mdUpdateAction',
  is: {
    0: 'levelInsert',
    1: 'levelChange',
    2: 'levelRemove',
    3: 'levelRemoveThrough',
    4: 'levelRemoveFrom',
    5: 'levelChange',
  },
} as const;
const LEVEL = {
  level: 'mdPriceLevel',
  price: 'mdEntryPx',
  size: 'mdEntrySize',
  orders: 'numberOfOrders',
} as const;
const BY_PRICE: EventRule[] = [
  { ...ENTRY, does: 'clear', when: { mdEntryType: ['J'] } },
  { ...ENTRY, does: 'clear', when: { mdEntryType: ['J'] }, implied: true },
  { ...ENTRY, ...LEVEL, does: ACTION, when: { mdEntryType: ['0', '1'] }, side: REAL, depth: REAL_DEPTH },
  {
    ...ENTRY,
    ...LEVEL,
    does: ACTION,
    when: { mdEntryType: ['E', 'F'] },
    side: IMPLIED,
    depth: IMPLIED_DEPTH,
    implied: true,
  },
];
/** Orders are a book of their own beside the levels: the same interest seen twice. */
const ORDER = { id: 'orderID', size: 'mdDisplayQty', price: 'mdEntryPx', side: REAL, byOrder: true } as const;
/** The orders of a level: instrument, side and price are those of the entry that they refer to. */
const BY_ORDER: EventRule = {
  ...TIME,
  ...ORDER,
  each: 'noOrderIDEntries',
  refers: 'referenceID',
  instrument: 'securityID',
  does: { field: 'orderUpdateAction', is: { 0: 'put', 1: 'put', 2: 'remove' } },
};
const ORDERS_ONLY: EventRule = {
  ...ENTRY,
  ...ORDER,
  does: { field: 'mdUpdateAction', is: { 0: 'put', 1: 'put', 2: 'remove' } },
};
const TRADE: EventRule = {
  ...ENTRY,
  does: { field: 'mdUpdateAction', is: { 0: 'trade', 2: 'tradeCancel' } },
  side: { field: 'aggressorSide', bid: [1], ask: [2] },
  price: 'mdEntryPx',
  size: 'mdEntrySize',
};
const TRADE_WITH_NUMBER: EventRule = { ...TRADE, id: ['mdTradeEntryID', 'tradeID'] };
const SESSION: EventRule[] = [
  {
    ...ENTRY,
    does: 'statistic',
    statistic: {
      field: 'mdEntryType',
      is: { 4: 'openingPrice', 7: 'highPrice', 8: 'lowPrice', N: 'highestBid', O: 'lowestOffer' },
    },
    price: 'mdEntryPx',
  },
];
const DAILY: EventRule[] = [
  {
    ...ENTRY,
    does: 'statistic',
    statistic: {
      field: 'mdEntryType',
      is: { 6: 'settlementPrice', B: 'clearedVolume', C: 'openInterest', W: 'fixingPrice' },
    },
    price: 'mdEntryPx',
    size: 'mdEntrySize',
  },
];
const VOLUME: EventRule = { ...ENTRY, does: 'statistic', statistic: 'volume', size: 'mdEntrySize' };
const LIMITS = figures({ highLimitPrice: 'upperPriceLimit', lowLimitPrice: 'lowerPriceLimit' }, ENTRY);
const SNAPSHOT_LEVEL: EventRule = {
  each: 'noMDEntries',
  instrument: 'securityID',
  time: 'transactTime',
  ...LEVEL,
  does: 'levelChange',
  ifKnown: true,
};
/** A full refresh is the whole state of an instrument. */
const SNAPSHOT: EventRule[] = [
  { does: 'clear', instrument: 'securityID', time: 'transactTime' },
  { does: 'clear', instrument: 'securityID', time: 'transactTime', implied: true },
  { ...SNAPSHOT_LEVEL, when: { mdEntryType: ['0', '1'] }, side: REAL, depth: REAL_DEPTH },
  { ...SNAPSHOT_LEVEL, when: { mdEntryType: ['E', 'F'] }, side: IMPLIED, depth: IMPLIED_DEPTH, implied: true },
];
/** A full refresh of orders comes in chunks: the first begins. */
const ORDER_SNAPSHOT: EventRule[] = [
  { does: 'clear', instrument: 'securityID', time: 'transactTime', byOrder: true, when: { currentChunk: [1] } },
  { each: 'noMDEntries', instrument: 'securityID', time: 'transactTime', ...ORDER, does: 'put' },
];
const DEFINITION: EventRule = {
  does: 'define',
  instrument: 'securityID',
  name: 'symbol',
  last: END,
};
const STATE: EventRule = {
  ...TIME,
  does: 'status',
  instrument: 'securityID',
  id: 'securityTradingStatus',
  state: {
    field: 'securityTradingStatus',
    is: {
      2: 'halted',
      4: 'closed',
      15: 'auction',
      17: 'trading',
      18: 'closed',
      21: 'preOpen',
      24: 'auction',
      25: 'auction',
      26: 'postClose',
    },
  },
};

/**
 * MDP 3.0: levels by number, real and implied apart, and since 1.8 orders beside them. An event may span many messages and
 * packets. Message names carry their template's number.
 */
const MDP3: EventRoles['messages'] = {
  securityStatus30: STATE,
  mdIncrementalRefreshBook32: BY_PRICE,
  mdIncrementalRefreshDailyStatistics33: DAILY,
  mdIncrementalRefreshLimitsBanding34: LIMITS,
  mdIncrementalRefreshSessionStatistics35: SESSION,
  mdIncrementalRefreshTrade36: TRADE_WITH_NUMBER,
  mdIncrementalRefreshVolume37: VOLUME,
  mdIncrementalRefreshTradeSummary42: TRADE,
  snapshotFullRefresh38: SNAPSHOT,
  mdIncrementalRefreshOrderBook43: ORDERS_ONLY,
  snapshotFullRefreshOrderBook44: ORDER_SNAPSHOT,
  mdIncrementalRefreshBook46: [...BY_PRICE, BY_ORDER],
  mdIncrementalRefreshOrderBook47: ORDERS_ONLY,
  mdIncrementalRefreshTradeSummary48: TRADE_WITH_NUMBER,
  mdIncrementalRefreshDailyStatistics49: DAILY,
  mdIncrementalRefreshLimitsBanding50: LIMITS,
  mdIncrementalRefreshSessionStatistics51: SESSION,
  snapshotFullRefresh52: SNAPSHOT,
  snapshotFullRefreshOrderBook53: ORDER_SNAPSHOT,
  mdIncrementalRefreshBookLongQty64: [...BY_PRICE, BY_ORDER],
  mdIncrementalRefreshTradeSummaryLongQty65: TRADE_WITH_NUMBER,
  mdIncrementalRefreshVolumeLongQty66: VOLUME,
  mdIncrementalRefreshSessionStatisticsLongQty67: SESSION,
  snapshotFullRefreshLongQty69: SNAPSHOT,
  mdInstrumentDefinitionFuture54: DEFINITION,
  mdInstrumentDefinitionOption55: DEFINITION,
  mdInstrumentDefinitionSpread56: DEFINITION,
  mdInstrumentDefinitionFixedIncome57: DEFINITION,
  mdInstrumentDefinitionRepo58: DEFINITION,
  mdInstrumentDefinitionFX63: DEFINITION,
  mdInstrumentDefinitionFuture27: DEFINITION,
  mdInstrumentDefinitionSpread29: DEFINITION,
  mdInstrumentDefinitionOption41: DEFINITION,
};
/** Prices have seven decimals, levels only. */
export const cmeMdp3Levels: EventRoles = { shared: true, orders: 'instrument', priceExponent: -7, messages: MDP3 };
/** The same with orders beside the levels. */
export const cmeMdp3Orders7: EventRoles = {
  ...cmeMdp3Levels,
  messages: { ...MDP3, mdIncrementalRefreshBook32: [...BY_PRICE, BY_ORDER] },
};
/** Prices of the newer messages have nine decimals. */
export const cmeMdp3Orders9: EventRoles = { ...cmeMdp3Orders7, priceExponent: -9 };

const STREAM = { time: 'transactTime' } as const;
const SETTLED = { ...STREAM, instrument: 'securityId', sizeExponent: 0 } as const;
/** End-of-day figures: settlement prices, cleared volume, open interest, highs and lows. */
export const cmeSettlements: EventRoles = {
  priceExponent: -9,
  messages: {
    mdIncrementalRefreshSettle: {
      ...SETTLED,
      each: 'incrementalRefreshSettleGroup',
      does: { field: 'mdUpdateAction', is: { 0: 'statistic', 1: 'statistic' } },
      statistic: { field: 'mdEntryType', is: { 6: 'settlementPrice' } },
      price: 'mdEntryPx',
    },
    mdIncrementalRefreshVoi: figures(
      { clearedVolume: 'clearedVolume', openInterestQty: 'openInterest' },
      { ...SETTLED, each: 'incrementalRefreshVoiGroup' },
    ),
    mdIncrementalRefreshHighLow: [
      {
        ...SETTLED,
        each: 'incrementalRefreshHighLowGroup',
        does: 'statistic',
        statistic: 'highPrice',
        price: 'highPxMantissa',
        priceExponent: { field: 'highPxExponent' },
      },
      {
        ...SETTLED,
        each: 'incrementalRefreshHighLowGroup',
        does: 'statistic',
        statistic: 'lowPrice',
        price: 'lowPxMantissa',
        priceExponent: { field: 'lowPxExponent' },
      },
    ],
  },
};

const SPECTRUM = { ...STREAM, instrument: 'securityId', name: 'symbol' } as const;
const SPECTRUM_FIGURE: EventRule = {
  ...SPECTRUM,
  does: 'statistic',
  statistic: { field: 'mdEntryTypeSpectrumEntryType', is: { 9: 'vwap', t: 'venueFigure' } },
  price: 'mdEntryPx',
  size: 'mdEntrySize',
};
/** `y` paid and `z` given are trades at the offer and at the bid. */
const TICKER: EventRule[] = [
  {
    ...SPECTRUM,
    does: 'statistic',
    statistic: {
      field: 'mdEntryTypeTickerEntryType',
      is: {
        k: 'venueFigure',
        l: 'venueFigure',
        m: 'venueFigure',
        n: 'venueFigure',
        o: 'venueFigure',
        p: 'venueFigure',
        q: 'highPrice',
        r: 'lowPrice',
        w: 'lowestOffer',
        x: 'highestBid',
      },
    },
    when: { mdEntryTypeTickerEntryType: ['k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 'w', 'x'] },
    price: 'mdEntryPx',
    size: 'mdEntrySize',
  },
  {
    ...SPECTRUM,
    does: 'trade',
    when: { mdEntryTypeTickerEntryType: ['y', 'z'] },
    side: { field: 'mdEntryTypeTickerEntryType', bid: ['y'], ask: ['z'] },
    price: 'mdEntryPx',
    size: 'mdEntrySize',
  },
];
/** EBS Spectrum: averages, highs and lows, and trades that were paid or given. */
export const cmeSpectrum: EventRoles = {
  priceExponent: -9,
  messages: {
    mdIncrementalRefreshSpectrum: { ...SPECTRUM_FIGURE, each: 'incrementalRefreshSpectrumGroup' },
    mdIncrementalRefreshTicker: TICKER.map((rule) => ({ ...rule, each: 'incrementalRefreshTickerGroup' })),
    mdSnapshotRefreshSpectrum: { ...SPECTRUM_FIGURE, each: 'snapshotRefreshSpectrumGroup' },
    mdSnapshotRefreshTicker: TICKER.filter((rule) => rule.does === 'statistic').map((rule) => ({
      ...rule,
      each: 'snapshotRefreshTickerGroup',
    })),
  },
};

const BTEC = {
  ...STREAM,
  each: 'incrementalRefreshBtecGroup',
  instrument: 'symbol',
  price: 'mantissa',
  size: 'mdEntrySize',
  priceExponent: { field: 'mdEntryPxExponent' },
} as const;
const BTEC_LEVEL = {
  ...BTEC,
  level: 'mdPriceLevel',
  does: { field: 'mdUpdateAction', is: { 0: 'levelInsert', 1: 'levelChange', 2: 'levelRemove' } },
} as const;
/** BrokerTec UST over SBE: numbered levels, real and implied, each entry with its own exponent. */
export const cmeBrokertec: EventRoles = {
  priceExponent: -9,
  messages: {
    mdIncrementalRefreshBtec: [
      { ...BTEC_LEVEL, when: { mdEntryType: ['0', '1'] }, side: REAL },
      { ...BTEC_LEVEL, when: { mdEntryType: ['E', 'F'] }, side: IMPLIED, implied: true },
      {
        ...BTEC,
        does: { field: 'mdUpdateAction', is: { 0: 'trade', 2: 'tradeCancel' } },
        when: { mdEntryType: ['2'] },
      },
      {
        ...BTEC,
        does: 'statistic',
        when: { mdEntryType: ['4', '5', '7', '8', '9'] },
        statistic: {
          field: 'mdEntryType',
          is: { 4: 'openingPrice', 5: 'closePrice', 7: 'highPrice', 8: 'lowPrice', 9: 'vwap' },
        },
      },
    ],
  },
};

/** Streamlined: values of indices. Its blocks and swaps stand in groups of groups, which no role reaches. */
export const cmeStreamlined: EventRoles = {
  priceExponent: -9,
  messages: {
    mdInstrumentDefinitionIndices: { does: 'define', instrument: 'symbol', name: 'symbol' },
    mdIncrementalRefreshIndices: {
      ...STREAM,
      each: 'incrementalRefreshIndicesGroup',
      instrument: 'symbol',
      does: 'statistic',
      statistic: {
        field: 'mdEntryTypeIndices',
        is: {
          3: 'indexValue',
          4: 'openingPrice',
          5: 'closePrice',
          6: 'settlementPrice',
          7: 'highPrice',
          8: 'lowPrice',
        },
      },
      price: 'mdEntryPxDecimalMantissa',
      priceExponent: { field: 'mdEntryPxDecimalExponent' },
      size: 'mdEntrySize',
    },
  },
};
