import { defineDecoder, u8 } from '../layout/table.js';
import { cboeCanadaFullDepth1014 } from './cboe-canada-full-depth-1.0.14.js';
import { cboePitchCanada } from './roles/cboe-pitch.js';

/** Cboe Canada Multicast trades 1.0.14: Cboe Canada Equities Multicast PITCH Specification (2026-05-28), version 1.0.14, Monday, February 9, 2026. What is as in cboe-canada-full-depth-1.0.14 is taken from there. */
export const cboeCanadaTrades1014 = defineDecoder({
  id: 'cboe-canada-trades-1.0.14',
  venue: 'Cboe Canada',
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
    'layout of a public dissector, Cboe_NeoEquities_MulticastTrades_Pitch_v1_0_14 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 7 of 7 alike, 92 fields; positions only, not meanings or scales',
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
    endOfSession: cboeCanadaFullDepth1014.messages.endOfSession,
  },
});
