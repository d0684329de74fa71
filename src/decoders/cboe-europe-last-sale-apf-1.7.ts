import {
  char,
  defineDecoder,
  digits,
  longDigits,
  message,
  millisSinceMidnight,
  price7,
  text,
} from '../layout/table.js';
import { cboeAsciiEurope } from './roles/cboe-pitch.js';

const TransactionCategory = {
  D: 'Dark Trade',
  RPRI: 'Trade that Has Received Price Improvement',
  TPAC: 'Package Trade',
  XFPH: 'Exchange for Physical Trade',
};
const NegotiationFlag = {
  NLIQ: 'Negotiated Trade in Liquid Instruments',
  OILQ: 'Negotiated Trade in Illiquid Instruments',
  PRIC: 'Negotiated Trade Subject to Conditions Other than the Current Market Price',
  ILQD: 'Pre-Trade Transparency Waiver for Illiquid Instrument',
  SIZE: 'Pre-Trade Transparency Waiver for Above Standard Size',
};
const PriceDiscoveryProcess = {
  NPFT: 'Non-Price Forming Trade',
  TNCP: 'Trade Not Contributing to the Price Discovery Process',
  PNDG: 'Price Is Pending',
};
const PostTradeDeferralReason = {
  NI: 'Non-Immediate Publication',
  LRGS: 'Deferral for Large in Scale',
  ILQD: 'Deferral for Illiquid Instrument',
  SIZE: 'Deferral for Size Specific',
};
const Jurisdiction = {
  EU: 'Trade Executed on an EU Regulated Venue or APA',
  UK: 'Trade Executed on a Non-EU Regulated Venue or APA',
};
const PriceNotation = {
  MONE: 'Monetary Value in the Case of Equity and Equity-Like Financial Instruments',
  PERC: 'Percentage in the Case of Certificates and Other Equity-Like Financial Instruments',
  YIEL: 'Yield in the Case of Certificates and Other Equity-Like Financial Instruments',
  BAPO: 'Basis Points in the Case of Certificates and Other Equity-Like Financial Instruments',
};
const MarketMechanism = {
  LB: 'Central Limit Order Book',
  QB: 'Quote Driven Market',
  DB: 'Dark Order Book',
  OB: 'Off Book',
  PA: 'Periodic Auction',
  RQ: 'Request for Quotes',
  AH: 'Any Other',
  HS: 'Hybrid System',
  AO: 'Any Other',
};
const TradingMode = {
  AU: 'Undefined Auction',
  OA: 'Scheduled Opening Auction',
  CA: 'Scheduled Closing Auction',
  IA: 'Scheduled Intraday Auction',
  UA: 'Unscheduled Auction',
  OD: 'On Demand Auction',
  CT: 'Continuous Trading',
  AC: 'At Market Close Trading',
  OT: 'Out of Main Session Trading',
  ON: 'Trade Reporting On Exchange',
  OF: 'Trade Reporting Off Exchange',
  SI: 'Trade Reporting Systematic Internaliser',
};
const PreTradeTransparencyWaiver = {
  SIZE: 'Pre-Trade Transparency Waiver for Above Standard Market Size on an Si',
  NTLS: 'Negotiated Trade Larger than LIS Brought onto a Venue',
};
const DeferralOrEnrichmentType = {
  LMTF: 'Limited Details Trade',
  DATF: 'Daily Aggregated Trade',
  VOLO: 'Volume Omission Trade',
  FWAF: 'Four Weeks Aggregation Trade',
  IDAF: 'Indefinite Aggregation Trade',
  VOLW: 'Volume Omission Trade',
  FULF: 'Full Details of Earlier Limited Details Trade',
  FULA: 'Full Details of Earlier Daily Aggregated Trade',
  FULV: 'Full Details of Earlier Volume Omission Trade',
  FULJ: 'Full Details of Earlier Four Weeks Aggregation Trade',
  COAF: 'Full Details in Aggregated Form of Earlier Volume Omission Trade',
};
const DeferralIlliquidInstrument = { ILQD: 'Non-Immediate Publication Deferral for Illiquid Instrument' };

/** Cboe Europe Equities Last Sale (APF) 1.7: BATS Europe Last Sale Specification, version 1.7, Monday, October 2, 2023. */
export const cboeEuropeLastSaleApf17 = defineDecoder({
  id: 'cboe-europe-last-sale-apf-1.7',
  venue: 'Cboe Europe Equities',
  feed: 'Last Sale (APF)',
  version: '1.7',
  specification: 'BATS Europe Last Sale Specification, version 1.7, Monday, October 2, 2023',
  framing: 'souptcp',
  byteOrder: 'big',
  header: {
    timestamp: digits(0, 8, millisSinceMidnight),
    sequencedMessageType: char(8),
  },
  messageType: 'sequencedMessageType',
  longer: 'tolerated',
  instrument: 'symbol',
  checked: [
    'layout of a public dissector, Cboe_BxeEquities_LastSale_Apf_v1_7 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 2 of 2 alike, 62 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'numbers are ASCII, implied decimals: prices of 10 digits have 6 whole and 4 decimal digits, of 14 digits 10 and 4, of 19 digits 12 and 7 (family rule, not confirmed with a document here)',
    'that prices of 18 digits have 7 decimals, and times of 8 digits are milliseconds since midnight',
  ],
  events: cboeAsciiEurope,
  messages: {
    lastSaleEurope: message('u', 166, {
      tradingDateTime: text(9, 27),
      symbol: text(36, 12),
      price: longDigits(48, 18, price7),
      priceCurrency: text(66, 3),
      executedShares: digits(69, 12),
      executionVenue: text(81, 4),
      publicationDateTime: text(85, 27),
      tradeId: text(112, 12),
      transactionCategory: text(124, 4, TransactionCategory),
      negotiationFlag: text(128, 4, NegotiationFlag),
      agencyCrossTrade: text(132, 4, { ACTX: 'Agency Cross Trade' }),
      modificationIndicator: text(136, 4, { CANC: 'Trade Cancellation', AMND: 'Trade Amendment' }),
      benchmarkReferenceIndicator: text(140, 4, { BENC: 'Benchmark Trade', RFPT: 'Reference Price Trade' }),
      specialDividend: text(144, 4, { SDIV: 'Special Dividend Trade' }),
      priceDiscoveryProcess: text(148, 4, PriceDiscoveryProcess),
      algorithmicIndicator: text(152, 4, { ALGO: 'Algorithmic Trade' }),
      postTradeDeferralReason: text(156, 4, PostTradeDeferralReason),
      duplicativeIndicator: text(160, 4, { DUPL: 'Duplicative Trade Report' }),
      jurisdiction: text(164, 2, Jurisdiction),
    }),
    lastSaleEuropeMessageNew: message('7', 243, {
      tradingDateTime: text(9, 27),
      symbol: text(36, 12),
      price: longDigits(48, 18, price7),
      priceNotation: text(66, 4, PriceNotation),
      priceCurrency: text(70, 3),
      executedShares: digits(73, 12),
      notionalAmount: longDigits(85, 18),
      notionalCurrency: text(103, 3),
      executionVenue: text(106, 4),
      thirdCountryTradingVenue: text(110, 4),
      publicationDateTime: text(114, 27),
      tradeId: text(141, 12),
      marketMechanism: text(153, 4, MarketMechanism),
      tradingMode: text(157, 4, TradingMode),
      transactionCategory: text(161, 4, TransactionCategory),
      negotiationFlag: text(165, 4, NegotiationFlag),
      agencyCrossTrade: text(169, 4, { ACTX: 'Agency Cross Trade' }),
      modificationIndicator: text(173, 4, { CANC: 'Trade Cancellation', AMND: 'Trade Amendment' }),
      benchmarkIndicator: text(177, 4),
      specialDividend: text(181, 4, { SDIV: 'Special Dividend Trade' }),
      offBookAutomated: text(185, 4, { M: 'Off Book Non-Automated', Q: 'Off Book Automated' }),
      priceDiscoveryProcess: text(189, 4, PriceDiscoveryProcess),
      algorithmicIndicator: text(193, 4, { ALGO: 'Algorithmic Trade' }),
      preTradeTransparencyWaiver: text(197, 4, PreTradeTransparencyWaiver),
      portfolioFlag: text(201, 4, { PORT: 'Portfolio Trade', CONT: 'Contingent Trade' }),
      contingentFlag: text(205, 4),
      giveupFlag: text(209, 4, { GIVE: 'RFMD Give Up Trade' }),
      postTradeDeferralReason: text(213, 4, PostTradeDeferralReason),
      deferralOrEnrichmentType: text(217, 4, DeferralOrEnrichmentType),
      deferralIlliquidInstrument: text(221, 4, DeferralIlliquidInstrument),
      deferralSizeSpecific: text(225, 4, { SIZE: 'Deferral for Size Specific' }),
      duplicativeWithinJurisdiction: text(229, 4, { DUPL: 'Duplicative Trade Report' }),
      duplicativeAcrossJurisdiction: text(233, 4, { XBDT: 'Cross Border Duplicative Trade Report' }),
      intraGroupIndicator: text(237, 4, { IGRP: 'Intra Group Trade' }),
      jurisdiction: text(241, 2, Jurisdiction),
    }),
  },
});
