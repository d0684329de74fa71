import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures, quotes } from './words.js';

const UTP_TIME = { time: 'sipTimestamp' } as const;
/** A consolidated feed has a book of each market: the symbol and the market's letter tell it together. */
const utp = (originator: string): EventRoles => {
  const KEY = { ...UTP_TIME, instrument: { together: ['symbol', originator] } } as const;
  const QUOTE = quotes(
    [
      ['bidPrice', 'protectedBidPrice'],
      ['bidSize', 'protectedBidSize'],
    ],
    [
      ['askPrice', 'protectedAskPrice'],
      ['askSize', 'protectedAskSize'],
    ],
    KEY,
  );
  const TRADE: EventRule = { ...KEY, does: 'trade', id: 'tradeId', price: 'tradePrice', size: 'tradeVolume' };
  return {
    shared: true,
    priceExponent: -6,
    sizeExponent: -6,
    messages: {
      issueSymbolDirectory: { ...KEY, does: 'define' },
      crossSroTradingAction: {
        ...KEY,
        does: 'status',
        id: 'tradingActionCode',
        state: { field: 'tradingActionCode', is: { H: 'halted', Q: 'quoting', T: 'trading', P: 'paused' } },
      },
      limitUpLimitDownPriceBand: figures({ limitUpPrice: 'upperPriceLimit', limitDownPrice: 'lowerPriceLimit' }, KEY),
      quoteShortForm: QUOTE,
      quoteLongForm: QUOTE,
      utpQuoteShortform: QUOTE,
      utpQuoteLongform: QUOTE,
      combinedQuoteMessageShortForm: QUOTE,
      combinedQuoteMessageLongForm: QUOTE,
      utpCombinedQuoteMessageLongForm: QUOTE,
      tradeReportMessageShortForm: TRADE,
      tradeReportMessageLongForm: TRADE,
      tradeReportMessageShortform: TRADE,
      tradeReportMessageLongform: TRADE,
      fractionalTradeReportMessageShortform: TRADE,
      fractionalTradeReportMessageLongform: TRADE,
    },
  };
};
/** UTP quotes (UQDF) and trades (UTDF); sizes of fractional trades have six decimals. */
export const utpFeeds: EventRoles = utp('marketCenterOriginator');
/** Version 1.5 names the market's letter otherwise. */
export const utpFeeds15: EventRoles = utp('marketCenterOriginatorId');

const CTA_KEY = { instrument: { together: ['securitySymbol', 'participantId'] } } as const;
const SHORT = { time: 'nanoseconds', seconds: 'seconds' } as const;
const LONG = {
  time: ['timestamp1Nanoseconds', 'participantTimestampNanoseconds', 'nanoseconds'],
  seconds: ['timestamp1Seconds', 'participantTimestampSeconds', 'seconds'],
} as const;
const BID = [['bidPrice', 'bidPriceLowerLimitPriceBand'], ['bidSize']] as const;
const OFFER = [['offerPrice', 'offerPriceUpperLimitPriceBand'], ['offerSize']] as const;
/** A security status 0 or 9 says that the prices are limits, not quotes. */
const LIMITS = { securityStatusIndicator: ['0', '9'] } as const;
const CTA_TRADE: EventRule = {
  ...CTA_KEY,
  does: 'trade',
  price: 'tradePrice',
  size: ['tradeVolume', 'fractionalTradeVolume'],
};
/** Fractional volumes have six decimals, which the tables leave to their names. */
const FRACTION = { size: 'fractionalTradeVolume', sizeExponent: -6 } as const;
const CTA_DAY = { ...CTA_KEY, ...SHORT } as const;
/** CTA quotes (CQS) and trades (CTS). */
export const ctaFeeds: EventRoles = {
  shared: true,
  priceExponent: -6,
  sizeExponent: -6,
  messages: {
    longQuote: quotes(BID, OFFER, { ...CTA_KEY, ...LONG, unless: LIMITS, sizeExponent: 0 }),
    specialLongQuote: quotes(BID, OFFER, { ...CTA_KEY, ...LONG, sizeExponent: 0 }),
    shortQuote: quotes(BID, OFFER, { ...CTA_KEY, ...SHORT, sizeExponent: 0 }),
    longTrade: { ...CTA_TRADE, ...LONG, sizeExponent: 0 },
    shortTrade: { ...CTA_TRADE, ...SHORT, sizeExponent: 0 },
    fractionalLongTrade: { ...CTA_TRADE, ...LONG, ...FRACTION },
    fractionalShortTrade: { ...CTA_TRADE, ...SHORT, ...FRACTION },
    tradeCancelError: { ...CTA_TRADE, ...LONG, does: 'tradeCancel', sizeExponent: 0 },
    fractionalTradeCancelError: { ...CTA_TRADE, ...LONG, ...FRACTION, does: 'tradeCancel' },
    tradingStatus: {
      ...CTA_KEY,
      ...SHORT,
      does: 'status',
      id: 'securityStatus',
      state: { field: 'securityStatus', is: { 2: 'halted', 3: 'trading', 5: 'preOpen', 6: 'preOpen' } },
    },
    participantEndOfDaySummary: figures(
      { openPrice: 'openingPrice', highPrice: 'highPrice', lowPrice: 'lowPrice', lastPrice: 'closePrice' },
      CTA_DAY,
    ),
    consolidatedEndOfDaySummary: figures(
      { highPrice: 'highPrice', lowPrice: 'lowPrice', lastPrice: 'closePrice' },
      CTA_DAY,
    ),
    fractionalConsolidatedEndOfDaySummary: figures(
      { highPrice: 'highPrice', lowPrice: 'lowPrice', lastPrice: 'closePrice' },
      CTA_DAY,
    ),
    fractionalParticipantEndOfDaySummary: figures(
      { openPrice: 'openingPrice', highPrice: 'highPrice', lowPrice: 'lowPrice', lastPrice: 'closePrice' },
      CTA_DAY,
    ),
  },
};
