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
const SNAPSHOT_KEY = { instrument: { together: ['securitySymbol', 'participantId'] } } as const;
/** CQS snapshots: the best prices of each participant, of FINRA's members and of the nation. */
export const ctaSnapshot: EventRoles = {
  priceExponent: -6,
  messages: {
    symbolReferenceData: [
      { ...SNAPSHOT_KEY, does: 'define' },
      ...figures({ primaryListingMarketPreviousClosingPrice: 'previousClose' }, SNAPSHOT_KEY),
    ],
    participantSnapshot: quotes(['bidPrice', 'bidSize'], ['offerPrice', 'offerSize'], SNAPSHOT_KEY),
    finraSnapshot: quotes(
      ['finraBestBidPrice', 'finraBestBidSize'],
      ['finraBestOfferPrice', 'finraBestOfferSize'],
      SNAPSHOT_KEY,
    ),
    consolidatedSnapshot: [
      ...quotes(
        ['nationalBestBidPrice', 'nationalBestBidSize'],
        ['nationalBestOfferPrice', 'nationalBestOfferSize'],
        SNAPSHOT_KEY,
      ),
      ...figures({ upperLimitPriceBand: 'upperPriceLimit', lowerLimitPriceBand: 'lowerPriceLimit' }, SNAPSHOT_KEY),
    ],
  },
};

/** Decimals that the letters of OPRA's and FINRA's prices stand for; `I`: none. */
const DENOMINATORS = { A: -1, B: -2, C: -3, D: -4, E: -5, F: -6, G: -7, H: -8, I: 0 } as const;
const by = (field: string) => ({ field, is: DENOMINATORS }) as const;
const SERIES = {
  instrument: {
    together: [
      'securitySymbol',
      'expirationYear',
      'expirationMonth',
      'expirationDay',
      'strikePrice',
      'strikePriceDenominatorCode',
    ],
  },
} as const;
const PREMIUM = { ...SERIES, priceExponent: by('premiumPriceDenominatorCode') } as const;
const INDEX = { instrument: 'securitySymbol', priceExponent: by('indexValueDenominatorCode') } as const;
/**
 * OPRA: trades, open interest, figures of the day, values of underlyings. Quotes have no role: short and long ones write the
 * strike of the same series in two ways, so that a key of fields would tear its book in two.
 */
export const opra: EventRoles = {
  shared: true,
  priceExponent: -8,
  messages: {
    equityAndIndexLastSale: {
      ...PREMIUM,
      does: 'trade',
      id: 'tradeIdentifier',
      price: 'premiumPrice',
      size: 'volume',
    },
    openInterest: { ...SERIES, does: 'statistic', statistic: 'openInterest', size: 'openInterestVolume' },
    equityAndIndexEndOfDaySummary: figures(
      {
        openPrice: 'openingPrice',
        highPrice: 'highPrice',
        lowPrice: 'lowPrice',
        lastPrice: 'lastPrice',
        netChange: 'netChange',
        volume: 'volume',
        openInterestVolume: 'openInterest',
      },
      PREMIUM,
    ),
    seriesMapping: { ...SERIES, does: 'define' },
    underlyingValueLastSale: { ...INDEX, does: 'statistic', statistic: 'indexValue', price: 'indexValue' },
  },
};

const TDDS = { instrument: 'securitySymbol' } as const;
const REPORTED = (prefix: string): EventRule => ({
  ...TDDS,
  does: 'trade',
  price: `${prefix}TradePrice`,
  priceExponent: by(`${prefix}TradePriceDenominator`),
  size: `${prefix}ReportVolume`,
});
const TDDS_TRADE: EventRule = {
  ...TDDS,
  does: 'trade',
  price: 'tradePrice',
  priceExponent: by('tradePriceDenominator'),
  size: 'reportVolume',
};
const ACTION = { H: 'halted', Q: 'quoting', T: 'trading', X: 'trading' } as const;
/** FINRA trades in securities over the counter. */
export const finraTrades: EventRoles = {
  priceExponent: -8,
  messages: {
    tradeReportShortForm: TDDS_TRADE,
    tradeReportLongForm: TDDS_TRADE,
    tradeCancelError: { ...TDDS_TRADE, does: 'tradeCancel' },
    tradeCorrection: [
      { ...REPORTED('originalTradeInformation'), does: 'tradeCancel' },
      REPORTED('correctedTradeInformation'),
    ],
    tradingAction: { ...TDDS, does: 'status', id: 'action', state: { field: 'action', is: ACTION } },
    closingTradeSummaryReport: [
      ...(
        [
          ['dailyHighPrice', 'highPrice'],
          ['dailyLowPrice', 'lowPrice'],
          ['closingPrice', 'closePrice'],
        ] as const
      ).map(
        ([price, statistic]): EventRule => ({
          ...TDDS,
          does: 'statistic',
          statistic,
          price,
          priceExponent: by(`${price}Denominator`),
        }),
      ),
      { ...TDDS, does: 'statistic', statistic: 'volume', size: 'totalSecurityVolume' },
    ],
  },
};
/** FINRA quotes of market participants: each has a book of its own. */
const BBDS = {
  instrument: { together: ['otcbbSymbol', 'marketParticipantIdentifier', 'marketParticipantLocationId'] },
} as const;
export const finraQuotes: EventRoles = {
  priceExponent: -8,
  messages: {
    marketParticipantQuoteUpdate: [
      {
        ...BBDS,
        does: 'quote',
        side: 'bid',
        price: 'bidPrice',
        priceExponent: by('bidPriceDenominator'),
        size: 'bidSize',
      },
      {
        ...BBDS,
        does: 'quote',
        side: 'ask',
        price: 'askPrice',
        priceExponent: by('askPriceDenominator'),
        size: 'askSize',
      },
    ],
    tradingAction: {
      instrument: 'stockSymbol',
      does: 'status',
      id: 'action',
      state: { field: 'action', is: { H: 'halted', Q: 'quoting', T: 'trading' } },
    },
  },
};
