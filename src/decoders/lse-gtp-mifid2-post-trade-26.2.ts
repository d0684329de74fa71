import { char, defineDecoder, message, nanosSinceEpoch, reserved, text, u8, u16, u64 } from '../layout/table.js';
import { lseGtpAnalytics262 } from './lse-gtp-analytics-26.2.js';
import { lsePostTrade } from './roles/lse-gtp.js';

const MifidTradeType = {
  0: 'Regular or Continuous Trade',
  1: 'Auction Trade Bulk',
  2: 'Auction Trade Individual',
  9: 'Trade Cancellation',
  11: 'Trade Correction',
  22: 'RFQ Trade',
  23: 'RFQ Trade Cancellation',
  24: 'RFQ Trade Correction',
};
const AuctionType = {
  C: 'Closing Auction',
  O: 'Opening Auction',
  A: 'AESP',
  B: 'EDSP',
  E: 'Resume Auction',
  F: 'Periodic Auction',
};
const TradingMode = {
  2: 'Continuous Trading',
  3: 'At Market Close Trading',
  O: 'Scheduled Opening Auction',
  K: 'Scheduled Closing Auction',
  I: 'Scheduled Intraday Auction',
  U: 'Unscheduled Auction',
};
const ModificationIndicator = { C: 'Trade Cancellation (CANC)', A: 'Trade Amendment (AMND)', '-': 'New Trade' };
const ReferencePriceIndicator = { 1: 'Market Closing Price Trade (CLSE)', '-': 'Not a Reference Price Trade' };
const AlgorithmicIndicator = { H: 'Algorithmic Trade Algo', '-': 'Not an Algorithmic Trade' };

/** LSE GTP MiFID II post trade 26.2: gtp-002-technical-guide-london-stock-exchange-issue-26.2, version 26.2, Wednesday, October 15, 2025. What is as in lse-gtp-analytics-26.2 is taken from there. */
export const lseGtpMifid2PostTrade262 = defineDecoder({
  id: 'lse-gtp-mifid2-post-trade-26.2',
  venue: 'LSE',
  feed: 'GTP MiFID II post trade',
  version: '26.2',
  specification: 'gtp-002-technical-guide-london-stock-exchange-issue-26.2, version 26.2, Wednesday, October 15, 2025',
  framing: 'lse-unit-header',
  byteOrder: 'little',
  header: {
    messageLength: u16(0),
    messageType: u8(2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  instrument: 'instrument',
  checked: [
    'layout of a public dissector, Lseg_Lse_Mifid2PostTrade_Gtp_v26_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 4 of 4 alike, 97 fields; positions only, not meanings or scales',
  ],
  events: lsePostTrade,
  messages: {
    systemEvent: lseGtpAnalytics262.messages.systemEvent,
    instrumentDirectory: lseGtpAnalytics262.messages.instrumentDirectory,
    instrumentStatus: lseGtpAnalytics262.messages.instrumentStatus,
    mifidIiTrade: message(81, 286, {
      timestamp: u64(3, nanosSinceEpoch),
      sourceVenue: u16(11, { 1: 'London Stock Exchange' }),
      instrument: u64(13),
      transactionIdentificationCode: text(21, 52),
      mifidTradeType: u8(73, MifidTradeType),
      auctionType: char(74, AuctionType),
      mifidPrice: text(75, 20),
      mifidQuantity: text(95, 20),
      tradingDateAndTime: text(115, 27),
      instrumentIdentificationCodeType: text(142, 4, { ISIN: 'International Securities Identification Number' }),
      instrumentIdentificationCode: text(146, 12),
      priceNotation: text(158, 4, { MONE: 'Monetary Value', PERC: 'Percentage' }),
      priceMajorCurrency: text(162, 3),
      notionalAmount: text(165, 20),
      notionalCurrency: text(185, 3),
      venueOfExecution: text(188, 4),
      publicationDateAndTime: text(192, 27),
      ptRefPriceWaiverFlag: text(219, 4),
      reserved4: reserved(223, 4),
      marketClosingPriceFlag: text(227, 4, { CLSE: 'Market Closing Price' }),
      ptAlgoTrade: text(231, 4, { ALGO: 'Algorithmic Trade' }),
      ptCancellationFlag: text(235, 4, { CANC: 'Trade Cancellation' }),
      ptAmendmentFlag: text(239, 4, { AMND: 'Trade Amendment' }),
      reserved1: reserved(243, 1),
      reserved3: reserved(244, 3),
      reserved20: reserved(247, 20),
      secondReserved4: reserved(267, 4),
      tradeQualifier: char(271, { ' ': 'N/A', C: 'Closing Price Cross (CPX)' }),
      marketMechanism: char(272, { 1: 'Central Limit Order Book', 6: 'Request for Quote' }),
      tradingMode: char(273, TradingMode),
      transactionCategory: char(274, { D: 'Dark Trade', '-': 'None Apply' }),
      negotiationIndicator: char(275, { '-': 'Not a Negotiated Trade' }),
      agencyCrossIndicator: char(276, { '-': 'No Agency Cross Trade' }),
      modificationIndicator: char(277, ModificationIndicator),
      referencePriceIndicator: char(278, ReferencePriceIndicator),
      specialDividendIndicator: char(279, { '-': 'No Special Dividend Trade' }),
      offBookAutomatedIndicator: char(280, { '-': 'Unspecified or Does Not Apply' }),
      priceFormationIndicator: char(281, { P: 'Plain Vanilla Trade' }),
      algorithmicIndicator: char(282, AlgorithmicIndicator),
      postTradeDeferralReason: char(283, { '-': 'Immediate Publication' }),
      deferralEnrichmentType: char(284, { '-': 'Not Applicable / No Relevant Enrichment Type' }),
      duplicativeIndicator: char(285, { '-': 'Unique Trade Report' }),
    }),
  },
});
