import type { EventRoles } from '../../layout/table.js';
import { figures, quotes } from './words.js';

const TIME = { time: 'timestamp' } as const;
const ORDER = { ...TIME, id: 'orderReferenceNumber' } as const;
const SIDE = { field: 'buySellIndicator' } as const;
const ADDED = { ...ORDER, does: 'add', side: SIDE, price: 'price', size: 'shares', name: 'stock' } as const;
const EXECUTED = { ...ORDER, does: 'execute', size: 'executedShares', tradeId: 'matchNumber' } as const;
const PRICED = { ...EXECUTED, price: 'executionPrice', atPrice: true } as const;
const STATES = { H: 'halted', P: 'paused', Q: 'quoting', T: 'trading' } as const;
const DIRECTION = { field: 'imbalanceDirection', bid: ['B'], ask: ['S'] } as const;
/** The fields of the state of a stock, by version. */
const STATE = ['tradingState', 'currentTradingState'] as const;
const HALTED = {
  ...TIME,
  does: 'status',
  id: STATE,
  state: { field: STATE, is: STATES },
} as const;
const OPERATIONAL = {
  ...TIME,
  does: 'status',
  id: 'operationalHaltAction',
  state: { field: 'operationalHaltAction', is: { H: 'halted', T: 'trading' } },
} as const;

/** TotalView-ITCH: order by order. A cross of no shares is none. */
export const nasdaqTotalView: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    stockDirectory: { ...TIME, does: 'define', name: 'stock', size: 'roundLotSize' },
    stockTradingAction: HALTED,
    operationalHalt: OPERATIONAL,
    addOrder: ADDED,
    addOrderWithMpid: ADDED,
    orderExecuted: EXECUTED,
    orderExecutedWithPrice: [
      { ...PRICED, when: { printable: ['Y'] } },
      { ...PRICED, unless: { printable: ['Y'] }, notPrinted: true },
    ],
    orderCancel: { ...ORDER, does: 'reduce', size: 'canceledShares' },
    orderDelete: { ...ORDER, does: 'remove' },
    orderReplace: {
      ...TIME,
      does: 'replace',
      id: 'originalOrderReferenceNumber',
      newId: 'newOrderReferenceNumber',
      size: 'shares',
      price: 'price',
    },
    nonCrossTrade: { ...TIME, does: 'trade', id: 'matchNumber', side: SIDE, size: 'shares', price: 'price' },
    crossTrade: {
      ...TIME,
      does: 'trade',
      id: 'matchNumber',
      size: ['crossShares', 'shares'],
      price: 'crossPrice',
    },
    brokenTrade: { ...TIME, does: 'tradeCancel', id: 'matchNumber' },
    netOrderImbalanceIndicator: {
      ...TIME,
      does: 'imbalance',
      id: 'pairedShares',
      side: DIRECTION,
      size: 'imbalanceShares',
      price: 'currentReferencePrice',
    },
  },
};

/** Level 2: what each market participant shows on a side; the books are of the market as a whole. */
export const nasdaqLevel2: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    stockDirectory: { ...TIME, does: 'define', name: 'stock', size: 'roundLotSize' },
    stockTradingAction: HALTED,
    operationalHalt: OPERATIONAL,
    priceLevelUpdate: {
      ...TIME,
      does: 'levelSet',
      side: { field: 'marketSide' },
      price: 'price',
      size: 'aggregateShares',
    },
    netOrderImbalanceIndicator: {
      ...TIME,
      does: 'imbalance',
      id: 'pairedShares',
      side: DIRECTION,
      size: 'imbalanceShares',
      price: 'currentReferencePrice',
    },
  },
};

/** Level 2 before the levels: the quotation of each market participant is a book of its own. */
export const nasdaqParticipants: EventRoles = {
  priceExponent: -4,
  messages: {
    stockDirectory: { ...TIME, does: 'define', name: 'stock', size: 'roundLotSize' },
    stockTradingAction: HALTED,
    operationalHalt: OPERATIONAL,
    marketParticipantBidAskUpdate: {
      ...TIME,
      instrument: { together: ['stock', 'mpid'] },
      does: 'quote',
      side: { field: 'marketSide' },
      price: 'price',
      size: 'participantShares',
    },
  },
};

/** Best bid and offer, and sales of Nasdaq's books. Sizes have six decimals where the feed trades fractions of shares. */
export const nasdaqTopAndSales: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    stockDirectory: { ...TIME, does: 'define', instrument: 'stock', name: 'stock', size: 'roundLotSize' },
    stockTradingAction: HALTED,
    tradingAction: HALTED,
    operationalHalt: { ...OPERATIONAL, instrument: 'stock' },
    quotation: quotes(
      [
        ['psxBestBidPrice', 'bestBidPrice'],
        ['psxBestBidSize', 'bestBidSize'],
      ],
      [
        ['psxBestOfferPrice', 'bestOfferPrice'],
        ['psxBestOfferSize', 'bestOfferSize'],
      ],
      TIME,
    ),
    tradeReport: { ...TIME, does: 'trade', price: ['tradePrice', 'price'], size: ['tradeSize', 'size'] },
    tradeReportLongPrice: { ...TIME, does: 'trade', price: 'tradePrice', size: 'tradeSize' },
    tradeCancelError: { ...TIME, does: 'tradeCancel', price: 'originalTradePrice', size: 'originalTradeSize' },
    tradeCancelErrorLongPrice: { ...TIME, does: 'tradeCancel', price: 'originalTradePrice', size: 'originalTradeSize' },
    tradeCancel: { ...TIME, does: 'tradeCancel', id: 'matchId', price: 'price', size: 'size' },
    tradeCorrection: [
      { ...TIME, does: 'tradeCancel', price: 'originalTradePrice', size: 'originalTradeSize' },
      { ...TIME, does: 'trade', price: 'correctedTradePrice', size: 'correctedTradeSize' },
    ],
    tradeCorrectionLongPrice: [
      { ...TIME, does: 'tradeCancel', price: 'originalTradePrice', size: 'originalTradeSize' },
      { ...TIME, does: 'trade', price: 'correctedTradePrice', size: 'correctedTradeSize' },
    ],
    adjustedClosingPrice: figures({ adjustedClosingPrice: 'previousClose' }, TIME),
    adjustedClosingPriceLongPrice: figures({ adjustedClosingPrice: 'previousClose' }, TIME),
    endOfDayTradeSummary: figures(
      {
        consolidatedOpenPrice: 'openingPrice',
        consolidatedHighPrice: 'highPrice',
        consolidatedLowPrice: 'lowPrice',
        consolidatedClosingPrice: 'closePrice',
        consolidatedVolume: 'volume',
      },
      TIME,
    ),
    endOfDayTradeSummaryLongPrice: figures(
      {
        consolidatedOpenPrice: 'openingPrice',
        consolidatedHighPrice: 'highPrice',
        consolidatedLowPrice: 'lowPrice',
        consolidatedClosingPrice: 'closePrice',
        consolidatedVolume: 'volume',
      },
      TIME,
    ),
  },
};
export const nasdaqFractionalSales: EventRoles = { ...nasdaqTopAndSales, sizeExponent: -6 };

/** Net order imbalances in ASCII. */
export const nasdaqImbalances: EventRoles = {
  priceExponent: -4,
  messages: {
    stockDirectory: { ...TIME, does: 'define', name: 'symbol', size: 'roundLotSize' },
    stockTradingAction: HALTED,
    nois: {
      ...TIME,
      does: 'imbalance',
      side: DIRECTION,
      size: 'imbalanceShares',
      price: 'currentReferencePrice',
    },
  },
};
