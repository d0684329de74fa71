import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures } from './words.js';

const TIME = { time: 'transactTime' } as const;
const STATE: EventRule = {
  ...TIME,
  does: 'status',
  id: 'instrumentTradingStatus',
  state: {
    field: 'instrumentTradingStatus',
    is: { C: 'closed', P: 'preOpen', N: 'preOpen', O: 'trading', U: 'paused', H: 'halted' },
  },
};
const SIDE = { field: 'side', bid: ['B'], ask: ['S'] } as const;
const ORDER = { ...TIME, id: 'orderId', side: SIDE, price: 'price', size: 'size' } as const;
const TRADE = {
  ...TIME,
  id: 'tradeId',
  side: { field: 'aggressorSide', bid: ['B'], ask: ['S'] },
  price: 'price',
  size: 'size',
} as const;
const SUMMARY = figures(
  {
    openPrice: 'openingPrice',
    highPrice: 'highPrice',
    lowPrice: 'lowPrice',
    closePrice: 'closePrice',
    settlementPrice: 'settlementPrice',
    openInterest: 'openInterest',
  },
  TIME,
);
const DEFINED: EventRule = { ...TIME, does: 'define', name: 'symbol' };
const DEFINED_SPREAD: EventRule = { ...TIME, does: 'define', name: 'spreadSymbol' };
/** The Small Exchange: orders one by one; a snapshot is the whole state of an instrument. */
export const smallx: EventRoles = {
  orders: 'instrument',
  priceExponent: -7,
  messages: {
    instrumentTradingStatusIncremental: STATE,
    tradesIncremental: { ...TRADE, each: 'incrementalTradeGroup', does: 'trade' },
    tradeCorrect: {
      ...TRADE,
      each: 'tradeCorrectGroup',
      does: { field: 'tradeUpdateAction', is: { N: 'trade', D: 'tradeCancel' } },
    },
    tradeBust: { ...TRADE, each: 'tradeBustGroup', does: 'tradeCancel' },
    orderBookIncremental: {
      ...ORDER,
      each: 'incremetalOrdersGroup',
      does: { field: 'orderUpdateAction', is: { N: 'put', U: 'put', D: 'remove' } },
    },
    orderBookSnapshot: [
      { ...TIME, does: 'clear' },
      { ...ORDER, each: 'snaphotOrdersGroup', does: 'put' },
    ],
    marketSummaryIncremental: SUMMARY,
    marketSummarySnapshot: SUMMARY,
    indexValueSnapshot: { ...TIME, does: 'statistic', statistic: 'indexValue', price: 'value' },
    singleInstrumentDefinitionIncrementalV2: DEFINED,
    singleInstrumentDefinitionSnapshotV2: DEFINED,
    multilegDefinitionIncrementalV2: DEFINED_SPREAD,
    multilegDefinitionSnapshotV2: DEFINED_SPREAD,
  },
};
