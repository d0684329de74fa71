import type { EventRoles } from '../../layout/table.js';
import { DIRECTION, HALTED, OPERATIONAL, TIME } from './nasdaq-totalview.js';
import { figures, quotes } from './words.js';

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
