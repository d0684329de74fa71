import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures } from './words.js';

/** All levels are sent whole, best first; one without a quote has the size 0. */
const levels = (bid: string, ask: string, orders: boolean): EventRule[] => [
  { does: 'clear' },
  ...(['bid', 'ask'] as const).map(
    (side): EventRule => ({
      each: 'levels',
      does: 'levelSet',
      ifKnown: true,
      side,
      price: `${side}Price`,
      size: side === 'bid' ? bid : ask,
      ...(orders ? { orders: `${side}OrderCounts` } : {}),
    }),
  ),
];
const VOLUMES = levels('bidVolume', 'askVolume', false);
const COUNTED = levels('bidVolume', 'askVolume', true);
const BONDS = levels('bidRemainingQuantity', 'askRemainingQuantity', false);
const FILLED: EventRule = { does: 'trade', price: 'tradingPrice', size: 'tradingVolume' };
const CLOSING = figures({ closingPrice: 'closePrice' });
const DAY = figures({ todaysHigh: 'highPrice', todaysLow: 'lowPrice' });
const DEFINED: EventRule = { does: 'define', name: 'abbreviatedIssueCode' };

/** Korea Exchange by KOSCOM: prices are digits whose decimals are in the venue's document alone, so they stay integers. */
export const koscom: EventRoles = {
  shared: true,
  priceExponent: 'instrument',
  messages: {
    derivativesQuoteFiveLevels: COUNTED,
    derivativesQuoteTenLevels: COUNTED,
    derivativesSnapshotFiveLevels: [...COUNTED, ...DAY],
    derivativesSnapshotTenLevels: [...COUNTED, ...DAY],
    derivativesOrderFilled: FILLED,
    derivativesOrderFilledPlusQuoteFiveLevels: [FILLED, ...COUNTED],
    derivativesOrderFilledPlusQuoteTenLevels: [FILLED, ...COUNTED],
    derivativesMarketOperationTsPlusQuoteFiveLevels: COUNTED,
    derivativesMarketOperationTsPlusQuoteTenLevels: COUNTED,
    derivativesIssueClosing: CLOSING,
    derivativesBatchData: DEFINED,
    derivativesOpenInterest: figures({ openInterest: 'openInterest' }),
    futuresSettledPrice: figures({ settlementPrice: 'settlementPrice' }),

    securitiesQuoteMmLpExcluded: VOLUMES,
    securitiesQuoteMmLpIncluded: VOLUMES,
    securitiesSnapshotMmLpExcluded: [...VOLUMES, ...DAY],
    securitiesSnapshotMmLpIncluded: [...VOLUMES, ...DAY],
    securitiesSnapshotMmLpExcludedKonex: [...VOLUMES, ...DAY],
    securitiesOrderFilled: FILLED,
    securitiesIssueClosing: CLOSING,
    securitiesEquitiesBatchData: DEFINED,
    securitiesTreasuryStocksTraded: FILLED,
    equityDerivativesUnderlyingSnapshotKospi: DAY,
    equityDerivativesUnderlyingSnapshotKosdaq: DAY,
    equityDerivativesUnderlyingSnapshotKospiMmLpIncluded: DAY,

    spotGoldQuote: VOLUMES,
    spotGoldOrderFilled: FILLED,
    spotGoldOrderFilledPlusQuote: [FILLED, ...VOLUMES],
    spotGoldMarketOperationTsPlusQuote: VOLUMES,
    spotGoldSnapshot: [...VOLUMES, ...DAY],
    spotGoldBatchData: DEFINED,
    spotGoldIssueClosing: CLOSING,
    emissionsQuote: VOLUMES,
    emissionsOrderFilled: FILLED,
    emissionsOrderFilledPlusQuote: [FILLED, ...VOLUMES],
    emissionsMarketOperationTsPlusQuote: VOLUMES,
    emissionsSnapshot: [...VOLUMES, ...DAY],
    emissionsNegotiatedTrade: FILLED,
    emissionsBatchData: DEFINED,
    emissionsIssueClosing: CLOSING,

    regularBondsKtbQuote: BONDS,
    babyBondsQuote: BONDS,
    repoQuote: BONDS,
    bondsOrderFilled: FILLED,
    generalBondsKtbOrderFilledPlusQuote: [FILLED, ...BONDS],
    babyBondsOrderFilledPlusQuote: [FILLED, ...BONDS],
    repoOrderFilledPlusQuote: [FILLED, ...BONDS],
    bondsBatchData: { does: 'define' },
    repoBatchData: { does: 'define' },
    issueClosing: CLOSING,

    krxIndex: figures({ index: 'indexValue' }, { instrument: 'indexId' }),
    krxEstimatedIndex: figures({ index: 'indexValue' }, { instrument: 'indexId' }),
    globalIndex: figures({ index: 'indexValue' }, { instrument: 'indexId' }),
    kOtcIssueClosing: CLOSING,
    kOtcOrderFilled: { ...FILLED, id: 'tradingNumber' },
  },
};
