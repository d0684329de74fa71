import { char, defineDecoder, message, scaledBy, u16, u32 } from '../layout/table.js';
import { nyseXdpBbo24 } from './nyse-xdp-bbo-2.4.js';
import { nyseQuotes } from './roles/nyse-pillar.js';

const QuoteCondition = { C: 'Closing', O: 'Opening Quote', R: 'Regular Quote', W: 'Slow on the Bid and Ask' };
const RpiIndicator = {
  ' ': 'No Retail Interest',
  A: 'Retail Interest on Bid Side',
  B: 'Retail Interest on Offer Side',
  C: 'Retail Interest on the Bid and Offer Side',
};

/** NYSE BBO Feed (XDP) 2.4g: XDP BBO Client Specification V2.4c, version 2.4.g, Monday, January 29, 2018. What is as in nyse-xdp-bbo-2.4 is taken from there. */
export const nyseXdpBbo24g = defineDecoder({
  id: 'nyse-xdp-bbo-2.4g',
  venue: 'NYSE',
  feed: 'BBO Feed (XDP)',
  version: '2.4g',
  specification: 'XDP BBO Client Specification V2.4c, version 2.4.g, Monday, January 29, 2018',
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
    'layout of a public dissector, Nyse_NyseEquities_Bbo_Xdp_v2_4_g; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 14 of 14 alike, 198 fields; positions only, not meanings or scales',
    'prices: 10^-(Price Scale Code), the code comes with the symbol (symbol or series index mapping). The dissector uses a fixed 8 decimals in its newest versions; the rule of the NYSE feeds is followed',
  ],
  events: nyseQuotes,
  messages: {
    sequenceNumberReset: nyseXdpBbo24.messages.sequenceNumberReset,
    sourceTimeReference: nyseXdpBbo24.messages.sourceTimeReference,
    symbolIndexMapping: nyseXdpBbo24.messages.symbolIndexMapping,
    retransmissionRequest: nyseXdpBbo24.messages.retransmissionRequest,
    requestResponse: nyseXdpBbo24.messages.requestResponse,
    heartbeatResponse: nyseXdpBbo24.messages.heartbeatResponse,
    symbolIndexMappingRequest: nyseXdpBbo24.messages.symbolIndexMappingRequest,
    refreshRequest: nyseXdpBbo24.messages.refreshRequest,
    messageUnavailable: nyseXdpBbo24.messages.messageUnavailable,
    symbolClear: nyseXdpBbo24.messages.symbolClear,
    tradingSessionChange: nyseXdpBbo24.messages.tradingSessionChange,
    securityStatus: nyseXdpBbo24.messages.securityStatus,
    refreshHeader: nyseXdpBbo24.messages.refreshHeader,
    quote: message(140, 34, {
      sourceTimeNs: u32(4),
      symbolIndex: u32(8),
      symbolSeqNum: u32(12),
      askPrice: u32(16, scaledBy('priceScaleCode')),
      askVolume: u32(20),
      bidPrice: u32(24, scaledBy('priceScaleCode')),
      bidVolume: u32(28),
      quoteCondition: char(32, QuoteCondition),
      rpiIndicator: char(33, RpiIndicator),
    }),
  },
});
