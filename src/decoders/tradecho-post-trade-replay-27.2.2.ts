import { char, defineDecoder, i64, message, nanosSinceEpoch, price4, u8, u16, u32, u64 } from '../layout/table.js';
import { tradecho } from './roles/lse-gtp.js';
import { tradechoPostTradeRecovery2722 } from './tradecho-post-trade-recovery-27.2.2.js';

const ReplayStatus = {
  A: 'Request Accepted',
  D: 'Request Limit Reached',
  O: 'Out of Range',
  U: 'Replay Unavailable',
  c: 'Concurrent Limit Reached',
  e: 'Failed Other',
};

/** LSEG TRADEcho GTP MiFID II post trade replay 27.2.2: gtp-002-technical-guide-tradecho-mifid-post-trade-reporting-issue-27-2-2, version 27.2.2, Tuesday, January 27, 2026. What is as in tradecho-post-trade-recovery-27.2.2 is taken from there. */
export const tradechoPostTradeReplay2722 = defineDecoder({
  id: 'tradecho-post-trade-replay-27.2.2',
  venue: 'LSEG TRADEcho',
  feed: 'GTP MiFID II post trade replay',
  version: '27.2.2',
  specification:
    'gtp-002-technical-guide-tradecho-mifid-post-trade-reporting-issue-27-2-2, version 27.2.2, Tuesday, January 27, 2026',
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
  events: tradecho,
  checked: [
    'layout of a public dissector, Lseg_TradeEcho_Mifid2PostTradeReplay_Gtp_v27_2_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 10 of 10 alike, 192 fields; positions only, not meanings or scales',
  ],
  messages: {
    loginRequest: tradechoPostTradeRecovery2722.messages.loginRequest,
    replayRequest: message(3, 15, {
      firstMessage: u32(3),
      count: u32(7),
      requestId: u32(11),
    }),
    loginResponse: tradechoPostTradeRecovery2722.messages.loginResponse,
    replayResponse: message(4, 16, {
      firstMessage: u32(3),
      count: u32(7),
      replayStatus: char(11, ReplayStatus),
      requestId: u32(12),
    }),
    replayAndRecoveryComplete: tradechoPostTradeRecovery2722.messages.replayAndRecoveryComplete,
    systemEvent: tradechoPostTradeRecovery2722.messages.systemEvent,
    instrumentDirectory: tradechoPostTradeRecovery2722.messages.instrumentDirectory,
    instrumentStatus: tradechoPostTradeRecovery2722.messages.instrumentStatus,
    statistics: message(119, 77, {
      timestamp: u64(3, nanosSinceEpoch),
      instrument: u64(11),
      sourceVenue: u16(19, { 11: 'TRADEcho' }),
      volume: u64(21, price4),
      volumeOnbookOnly: u64(29, price4),
      vwap: i64(37, price4),
      vwapOnbookOnly: i64(45, price4),
      numberOfTrades: u32(53),
      numberOfTradesOnbookOnly: u32(57),
      turnover: i64(61, price4),
      turnoverOnbookOnly: i64(69, price4),
    }),
    mifidIiTradeReport: tradechoPostTradeRecovery2722.messages.mifidIiTradeReport,
  },
});
