import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures } from './words.js';

const TIME = { time: ['mdEntryTimestamp', 'transactTime'], last: { field: 'matchEventIndicator', bit: 7 } } as const;
const SIDE = { field: 'mdEntryType', bid: ['0'], ask: ['1'] } as const;
const ORDER = { id: 'secondaryOrderID', side: SIDE, price: 'mdEntryPx', size: 'mdEntrySize' } as const;
const figure = (statistic: EventRule['statistic'] & string, field = 'mdEntryPx'): EventRule[] =>
  figures({ [field]: statistic }, TIME);
const TRADE: EventRule = { ...TIME, does: 'trade', id: 'tradeID', price: 'mdEntryPx', size: 'mdEntrySize' };

/**
 * B3 binary UMDF: orders by number, with their places in the queue. A mass deletion takes a side's orders away from a place
 * on or up to it. Closing prices have eight decimals, all others four.
 */
const UMDF: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -8,
  messages: {
    securityStatus3: {
      time: 'transactTime',
      last: { field: 'matchEventIndicator', bit: 7 },
      does: 'status',
      id: 'securityTradingStatus',
      state: {
        field: 'securityTradingStatus',
        is: { 2: 'paused', 4: 'closed', 17: 'trading', 18: 'closed', 21: 'auction', 101: 'auction' },
      },
    },
    emptyBook9: { ...TIME, does: 'clear' },
    channelReset11: { ...TIME, does: 'clear' },
    orderMBO50: { ...TIME, ...ORDER, does: { field: 'mdUpdateAction', is: { 0: 'put', 1: 'put', 5: 'put' } } },
    deleteOrderMBO51: { ...TIME, does: 'remove', id: 'secondaryOrderID' },
    massDeleteOrdersMBO52: {
      ...TIME,
      does: { field: 'mdUpdateAction', is: { 3: 'removeThrough', 4: 'removeFrom' } },
      side: SIDE,
      place: 'mdEntryPositionNo',
    },
    snapshotFullRefreshHeader30: { does: 'clear' },
    snapshotFullRefreshOrdersMBO71: { each: 'noMDEntries', ...ORDER, does: 'put' },
    trade53: TRADE,
    forwardTrade54: TRADE,
    tradeBust57: { ...TRADE, does: 'tradeCancel' },
    openingPrice15: figure('openingPrice'),
    theoreticalOpeningPrice16: [
      {
        ...TIME,
        does: 'statistic',
        statistic: 'indicativeOpeningPrice',
        price: 'mdEntryPx',
        size: 'mdEntrySize',
      },
    ],
    closingPrice17: figure('closePrice'),
    highPrice24: figure('highPrice'),
    lowPrice25: figure('lowPrice'),
    lastTradePrice27: figure('lastPrice'),
    settlementPrice28: figure('settlementPrice'),
    openInterest29: figure('openInterest', 'mdEntrySize'),
    priceBand20: figures({ highLimitPrice: 'upperPriceLimit', lowLimitPrice: 'lowerPriceLimit' }, TIME),
    priceBand22: figures({ highLimitPrice: 'upperPriceLimit', lowLimitPrice: 'lowerPriceLimit' }, TIME),
    executionStatistics56: figures({ vwapPx: 'vwap', tradeVolume: 'volume', numberOfTrades: 'trades' }, TIME),
    auctionImbalance19: [
      {
        ...TIME,
        does: 'imbalance',
        side: 'bid',
        size: 'mdEntrySize',
        when: { imbalanceConditionImbalanceMoreBuyers: [1] },
      },
      {
        ...TIME,
        does: 'imbalance',
        side: 'ask',
        size: 'mdEntrySize',
        when: { imbalanceConditionImbalanceMoreSellers: [1] },
      },
    ],
  },
};
export const b3Umdf: EventRoles = UMDF;
/** Since 2.0 orders have no places: a mass deletion takes a side as a whole. */
export const b3Umdf2: EventRoles = {
  ...UMDF,
  messages: { ...UMDF.messages, massDeleteOrdersMBO52: { ...TIME, does: 'clear', side: SIDE } },
};
