import { defineDecoder, message, price6, u8, u16, u32, u64 } from '../layout/table.js';
import { otcAtsMulticast45 } from './otc-ats-multicast-4.5.js';
import { otcLinkAts } from './roles/otc-link.js';

const QuoteFlagsBits = {
  updateSide: 0,
  state: 1,
  askPriced: 3,
  secondReserved1: 4,
  thirdReserved1: 5,
  bidPriced: 6,
  fourthReserved1: 7,
} as const;

/** OTC Markets Link ATS Quote Reference Price 4.10.4: OTC Markets Multicast Data Feeds, version 4.10.4, Tuesday, June 16, 2026. What is as in otc-ats-multicast-4.5 is taken from there. */
export const otcLinkAtsQuoteReferencePrice4104 = defineDecoder({
  id: 'otc-link-ats-quote-reference-price-4.10.4',
  venue: 'OTC Markets',
  feed: 'Link ATS Quote Reference Price',
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
    'layout of a public dissector, OtcMarkets_LinkAts_QuoteReferencePrice_Link_v4_10_4; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 7 of 7 alike, 91 fields; positions only, not meanings or scales',
    'prices: 6 decimals, as in the other OTC Link feeds (the dissector gives none, or a factor)',
  ],
  messages: {
    startOfSpin: otcAtsMulticast45.messages.startOfSpin,
    endOfSpin: otcAtsMulticast45.messages.endOfSpin,
    marketOpen: otcAtsMulticast45.messages.marketOpen,
    marketClose: otcAtsMulticast45.messages.marketClose,
    security: otcAtsMulticast45.messages.security,
    referencePrice: message(7, 57, {
      channelSeqNum: u32(3),
      referencePriceId: u32(7),
      referencePriceAction: u8(11, { 2: 'Add', 3: 'Delete', 4: 'Spin' }),
      quoteFlags: u8(12).bits(QuoteFlagsBits),
      securityId: u32(13),
      askPrice: u64(17, price6),
      askSize: u32(25),
      askTimeMilli: u64(29),
      bidPrice: u64(37, price6),
      bidSize: u32(45),
      bidTimeMilli: u64(49),
    }),
    referencePriceUpdate: message(8, 32, {
      channelSeqNum: u32(3),
      referencePriceId: u32(7),
      quoteFlags: u8(11).bits(QuoteFlagsBits),
      price: u64(12, price6),
      size: u32(20),
      timeMilli: u64(24),
    }),
  },
});
