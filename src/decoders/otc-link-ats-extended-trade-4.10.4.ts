import { defineDecoder, message, price6, text, u8, u16, u32, u64 } from '../layout/table.js';
import { otcAtsMulticast43 } from './otc-ats-multicast-4.3.js';
import { otcLinkAts } from './roles/otc-link.js';

/** OTC Markets Link ATS Extended Trade 4.10.4: OTC Markets Multicast Data Feeds, version 4.10.4, Tuesday, June 16, 2026. What is as in otc-ats-multicast-4.3 is taken from there. */
export const otcLinkAtsExtendedTrade4104 = defineDecoder({
  id: 'otc-link-ats-extended-trade-4.10.4',
  venue: 'OTC Markets',
  feed: 'Link ATS Extended Trade',
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
    'layout of a public dissector, OtcMarkets_LinkAts_ExtendedTrade_Link_v4_10_4; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 5 of 5 alike, 61 fields; positions only, not meanings or scales',
    'prices: 6 decimals, as in the other OTC Link feeds (the dissector gives none, or a factor)',
  ],
  messages: {
    startOfSpin: otcAtsMulticast43.messages.startOfSpin,
    endOfSpin: otcAtsMulticast43.messages.endOfSpin,
    marketOpen: otcAtsMulticast43.messages.marketOpen,
    marketClose: otcAtsMulticast43.messages.marketClose,
    extendedTrade: message(18, 54, {
      channelSeqNum: u32(3),
      tradeId: u64(7),
      tradeAction: u8(15, { 2: 'Add' }),
      tradeFlags: u8(16),
      securityId: u32(17),
      tradeStatus: u8(21).bits({ irregular: 0 }),
      venue: text(22, 3),
      deprecatedUtf85: text(25, 5),
      tradePrice: u64(30, price6),
      tradeSize: u64(38),
      tradeTimeMilli: u64(46),
    }),
  },
});
