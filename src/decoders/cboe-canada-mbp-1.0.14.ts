import {
  char,
  defineDecoder,
  message,
  nanosSinceEpoch,
  price4,
  reserved,
  text,
  u8,
  u32,
  u64,
} from '../layout/table.js';
import { cboeCanadaFullDepth1014 } from './cboe-canada-full-depth-1.0.14.js';
import { cboePitchCanada } from './roles/cboe-pitch.js';

const OrderBookType = { 0: 'All Books', 3: 'NEO-L', 4: 'NEO-N', 5: 'NEO-D', 6: 'Crossing Facility', 7: 'SST' };

/** Cboe Canada Multicast market by price 1.0.14: Cboe Canada Equities Multicast PITCH Specification (2026-05-28), version 1.0.14, Monday, February 9, 2026. What is as in cboe-canada-full-depth-1.0.14 is taken from there. */
export const cboeCanadaMbp1014 = defineDecoder({
  id: 'cboe-canada-mbp-1.0.14',
  venue: 'Cboe Canada',
  feed: 'Multicast market by price',
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
    'layout of a public dissector, Cboe_NeoEquities_MulticastMarketByPrice_Pitch_v1_0_14; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 8 of 8 alike, 105 fields; positions only, not meanings or scales',
  ],
  unconfirmed: ['that times are nanoseconds since 1970-01-01 UTC'],
  events: cboePitchCanada,
  messages: {
    unitClear: cboeCanadaFullDepth1014.messages.unitClear,
    instrumentDirectory: cboeCanadaFullDepth1014.messages.instrumentDirectory,
    tradingStatus: cboeCanadaFullDepth1014.messages.tradingStatus,
    trade: cboeCanadaFullDepth1014.messages.trade,
    tradeBreak: cboeCanadaFullDepth1014.messages.tradeBreak,
    tradeCorrection: cboeCanadaFullDepth1014.messages.tradeCorrection,
    singleSideUpdate: message(106, 39, {
      timestamp: u64(2, nanosSinceEpoch),
      orderBookType: u8(10, OrderBookType),
      symbol: text(11, 14),
      sideIndicator: char(25, { B: 'Buy Order', S: 'Sell Order' }),
      quantity: u32(26),
      price: u64(30, price4),
      reserved1: reserved(38, 1),
    }),
    endOfSession: cboeCanadaFullDepth1014.messages.endOfSession,
  },
});
