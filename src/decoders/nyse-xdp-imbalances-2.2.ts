import { char, defineDecoder, message, scaledBy, u8, u16, u32 } from '../layout/table.js';
import { nyseImbalances21 } from './nyse-imbalances-2.1.js';
import { nyseQuotes } from './roles/nyse-pillar.js';

const AuctionType = { O: 'Early Opening', M: 'Core Opening', H: 'Reopening', C: 'Closing', R: 'Regulatory Imbalance' };
const AuctionStatus = {
  0: 'Will Run Open Close',
  1: 'Will Run Interest',
  2: 'Will Not Run Imbalance',
  3: 'Will Not Run Transition to Closing',
};

/** NYSE Order Imbalances (XDP) 2.2a: XDP Imbalances Feed Client Specification v2.2a, version 2.2.a, Friday, March 8, 2019. What is as in nyse-imbalances-2.1 is taken from there. */
export const nyseXdpImbalances22 = defineDecoder({
  id: 'nyse-xdp-imbalances-2.2',
  venue: 'NYSE',
  feed: 'Order Imbalances (XDP)',
  version: '2.2a',
  specification: 'XDP Imbalances Feed Client Specification v2.2a, version 2.2.a, Friday, March 8, 2019',
  framing: 'nyse-xdp',
  byteOrder: 'little',
  header: {
    messageSize: u16(0),
    messageType: u16(2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageSize' },
  instrument: 'symbolIndex',
  checked: [
    'layout of a public dissector, Nyse_NyseEquities_ImbalancesFeed_Xdp_v2_2_a; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 12 of 12 alike, 188 fields; positions only, not meanings or scales',
    'prices: 10^-(Price Scale Code), the code comes with the symbol (symbol or series index mapping). The dissector uses a fixed 8 decimals in its newest versions; the rule of the NYSE feeds is followed',
  ],
  events: nyseQuotes,
  messages: {
    sequenceNumberReset: nyseImbalances21.messages.sequenceNumberReset,
    symbolIndexMapping: nyseImbalances21.messages.symbolIndexMapping,
    retransmissionRequest: nyseImbalances21.messages.retransmissionRequest,
    requestResponse: nyseImbalances21.messages.requestResponse,
    heartbeatResponse: nyseImbalances21.messages.heartbeatResponse,
    symbolIndexMappingRequest: nyseImbalances21.messages.symbolIndexMappingRequest,
    refreshRequest: nyseImbalances21.messages.refreshRequest,
    messageUnavailable: nyseImbalances21.messages.messageUnavailable,
    symbolClear: nyseImbalances21.messages.symbolClear,
    securityStatus: nyseImbalances21.messages.securityStatus,
    refreshHeader: nyseImbalances21.messages.refreshHeader,
    imbalance: message(105, 73, {
      sourceTime: u32(4),
      sourceTimeNs: u32(8),
      symbolIndex: u32(12),
      symbolSeqNum: u32(16),
      referencePrice: u32(20, scaledBy('priceScaleCode')),
      pairedQty: u32(24),
      totalImbalanceQty: u32(28),
      marketImbalanceQty: u32(32),
      auctionTime: u16(36),
      auctionType: char(38, AuctionType),
      imbalanceSide: char(39, { ' ': 'No Imbalance', B: 'Buy Side', S: 'Sell Side' }),
      continuousBookClearingPrice: u32(40, scaledBy('priceScaleCode')),
      closingOnlyClearingPrice: u32(44, scaledBy('priceScaleCode')),
      ssrFilingPrice: u32(48, scaledBy('priceScaleCode')),
      indicativeMatchPrice: u32(52, scaledBy('priceScaleCode')),
      upperCollar: u32(56, scaledBy('priceScaleCode')),
      lowerCollar: u32(60, scaledBy('priceScaleCode')),
      auctionStatus: u8(64, AuctionStatus),
      freezeStatus: u8(65, { 0: 'No Imbalance Freeze', 1: 'Imbalance Freeze' }),
      numExtensions: u8(66),
      unpairedQty: u32(67),
      unpairedSide: char(71, { ' ': 'Not Applicable', B: 'Buy Side', S: 'Sell Side' }),
      significantImbalance: char(72, { ' ': 'Not Applicable', Y: 'Yes' }),
    }),
  },
});
