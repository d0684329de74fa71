import { defineDecoder, u8, u16 } from '../layout/table.js';
import { otcAtsMulticast45 } from './otc-ats-multicast-4.5.js';
import { otcLinkAts } from './roles/otc-link.js';

/** OTC Markets Link ATS Quote Book 4.10.4: OTC Markets Multicast Data Feeds, version 4.10.4, Tuesday, June 16, 2026. What is as in otc-ats-multicast-4.5 is taken from there. */
export const otcLinkAtsQuoteBook4104 = defineDecoder({
  id: 'otc-link-ats-quote-book-4.10.4',
  venue: 'OTC Markets',
  feed: 'Link ATS Quote Book',
  version: '4.10.4',
  specification: 'OTC Markets Multicast Data Feeds, version 4.10.4, Tuesday, June 16, 2026',
  framing: 'otc-link',
  byteOrder: 'big',
  header: {
    messageSize: u16(0),
    messageType: u8(2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageSize' },
  instrument: 'securityId',
  events: otcLinkAts,
  checked: [
    'layout of a public dissector, OtcMarkets_LinkAts_QuoteBook_Link_v4_10_4 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 7 of 7 alike, 99 fields; positions only, not meanings or scales',
    'prices: 6 decimals, as in the other OTC Link feeds (the dissector gives none, or a factor)',
  ],
  messages: {
    startOfSpin: otcAtsMulticast45.messages.startOfSpin,
    endOfSpin: otcAtsMulticast45.messages.endOfSpin,
    marketOpen: otcAtsMulticast45.messages.marketOpen,
    marketClose: otcAtsMulticast45.messages.marketClose,
    security: otcAtsMulticast45.messages.security,
    quote: otcAtsMulticast45.messages.quote,
    quoteUpdate: otcAtsMulticast45.messages.quoteUpdate,
  },
});
