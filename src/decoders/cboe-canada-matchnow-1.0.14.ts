import {
  char,
  defineDecoder,
  message,
  nanosSinceEpoch,
  price4,
  reserved,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../layout/table.js';
import { cboeAustraliaPitch1012 } from './cboe-australia-pitch-1.0.12.js';
import { cboeMatchNow } from './roles/cboe-pitch.js';

const ListingExchange = {
  TSX: 'Toronto Stock Exchange',
  TSXV: 'TSX Venture Exchange',
  CSE: 'Canadian Securities Exchange',
  NEOL: 'Cboe Canada (NEO-L)',
};
const TradingStatus = { A: 'Accepting', H: 'Halted', S: 'Trading Suspended', T: 'Trading' };

/** Cboe Canada MATCHNow Multicast trades 1.0.14: Cboe Canada Equities Multicast PITCH Specification (2026-05-28), version 1.0.14, Monday, February 9, 2026. What is as in cboe-australia-pitch-1.0.12 is taken from there. */
export const cboeCanadaMatchnow1014 = defineDecoder({
  id: 'cboe-canada-matchnow-1.0.14',
  venue: 'Cboe Canada MATCHNow',
  feed: 'Multicast trades',
  version: '1.0.14',
  specification:
    'Cboe Canada Equities Multicast PITCH Specification (2026-05-28), version 1.0.14, Monday, February 9, 2026',
  framing: 'cboe-sequenced-unit',
  byteOrder: 'little',
  header: {
    messageLength: u8(0),
    messageType: u8(1),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  instrument: 'symbol',
  checked: [
    'layout of a public dissector, Cboe_MatchNow_MulticastTrades_Pitch_v1_0_14; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 4 of 4 alike, 42 fields; positions only, not meanings or scales',
  ],
  unconfirmed: ['that times are nanoseconds since 1970-01-01 UTC'],
  events: cboeMatchNow,
  messages: {
    unitClear: cboeAustraliaPitch1012.messages.unitClear,
    tradingStatus: message(67, 32, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 14),
      listingExchange: text(24, 4, ListingExchange),
      tradingStatus: char(28, TradingStatus),
      reserved3: reserved(29, 3),
    }),
    trade: message(66, 56, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 14),
      quantity: u32(24),
      price: u64(28, price4),
      executionId: u64(36),
      buyBrokerNumber: u16(44),
      sellBrokerNumber: u16(46),
      totalVolume: u32(48),
      tradeCondition: char(52, { ' ': 'Regular Trade', X: 'Trade Break' }),
      tradeFlags: u8(53).bits({ conditional: 0, oddLot: 1 }),
      reserved2: reserved(54, 2),
    }),
    endOfSession: cboeAustraliaPitch1012.messages.endOfSession,
  },
});
