import { char, defineDecoder, message, price6, text, u8, u16, u32, u64 } from '../layout/table.js';
import { otcLinkNqbDepth118 } from './otc-link-nqb-depth-1.18.js';
import { otcLinkNqb } from './roles/otc-link.js';

/** OTC Markets OTC Link NQB top of book 1.18: OTC-Link-NQB-MD-Specification, version 1.18, Friday, May 1, 2026. What is as in otc-link-nqb-depth-1.18 is taken from there. */
export const otcLinkNqbTop118 = defineDecoder({
  id: 'otc-link-nqb-top-1.18',
  venue: 'OTC Markets',
  feed: 'OTC Link NQB top of book',
  version: '1.18',
  specification: 'OTC-Link-NQB-MD-Specification, version 1.18, Friday, May 1, 2026',
  framing: 'otc-link',
  byteOrder: 'big',
  header: {
    messageSize: u16(0),
    messageType: u8(2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageSize' },
  instrument: 'symbol',
  events: otcLinkNqb,
  checked: [
    'layout of a public dissector, OtcMarkets_LinkNqb_TopOfBook_Link_v1_18 and 2 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 7 of 7 alike, 87 fields; positions only, not meanings or scales',
    'code lists of the venues are merged: Trading Session',
    'prices: 6 decimals, as in the other OTC Link feeds (the dissector gives none, or a factor)',
  ],
  messages: {
    startOfSpin: otcLinkNqbDepth118.messages.startOfSpin,
    endOfSpin: otcLinkNqbDepth118.messages.endOfSpin,
    tradingSession: otcLinkNqbDepth118.messages.tradingSession,
    security: otcLinkNqbDepth118.messages.security,
    topOfBook: message(27, 46, {
      time: u32(3),
      symbol: text(7, 14),
      askPrice: u64(21, price6),
      askVolume: u32(29),
      bidPrice: u64(33, price6),
      bidVolume: u32(41),
      unsolicited: char(45, { Y: 'Unsolicited', N: 'Not Unsolicited' }),
    }),
    imbalance: otcLinkNqbDepth118.messages.imbalance,
    systemRecoveryEvent: otcLinkNqbDepth118.messages.systemRecoveryEvent,
  },
});
