import { char, defineDecoder, i64, message, nanosSinceEpoch, price8, u8, u16, u32, u64 } from '../layout/table.js';
import { tradecho } from './roles/lse-gtp.js';
import { tradechoPreTradeRecovery2612 } from './tradecho-pre-trade-recovery-26.1.2.js';

const ReplayStatus = {
  A: 'Request Accepted',
  D: 'Request Limit Reached',
  O: 'Out of Range',
  U: 'Replay Unavailable',
  c: 'Concurrent Limit Reached',
  e: 'Failed Other',
};

/** LSEG TRADEcho GTP SI quotes (Level 2 incremental) replay 26.1.2: gtp-002-technical-guide-tradecho-pre-trade-si-quote-issue-26-1-2 0, version 26.1.2, Tuesday, January 27, 2026. What is as in tradecho-pre-trade-recovery-26.1.2 is taken from there. */
export const tradechoPreTradeReplay2612 = defineDecoder({
  id: 'tradecho-pre-trade-replay-26.1.2',
  venue: 'LSEG TRADEcho',
  feed: 'GTP SI quotes (Level 2 incremental) replay',
  version: '26.1.2',
  specification:
    'gtp-002-technical-guide-tradecho-pre-trade-si-quote-issue-26-1-2 0, version 26.1.2, Tuesday, January 27, 2026',
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
    'layout of a public dissector, Lseg_TradeEcho_Level2IncrementalReplay_Gtp_v26_1_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 11 of 11 alike, 130 fields; positions only, not meanings or scales',
  ],
  messages: {
    loginRequest: tradechoPreTradeRecovery2612.messages.loginRequest,
    replayRequest: message(3, 15, {
      firstMessage: u32(3),
      count: u32(7),
      requestId: u32(11),
    }),
    loginResponse: tradechoPreTradeRecovery2612.messages.loginResponse,
    replayResponse: message(4, 16, {
      firstMessage: u32(3),
      count: u32(7),
      replayStatus: char(11, ReplayStatus),
      requestId: u32(12),
    }),
    replayAndRecoveryComplete: tradechoPreTradeRecovery2612.messages.replayAndRecoveryComplete,
    systemEvent: tradechoPreTradeRecovery2612.messages.systemEvent,
    instrumentDirectory: tradechoPreTradeRecovery2612.messages.instrumentDirectory,
    instrumentStatus: tradechoPreTradeRecovery2612.messages.instrumentStatus,
    deleteOrder: message(68, 55, {
      timestamp: u64(3, nanosSinceEpoch),
      orderId: u64(11),
      instrument: u64(19),
      side: char(27, { B: 'Buy Order', S: 'Sell Order' }),
      orderBookType: u8(28, { 1: 'SI Quote Book' }),
      sourceVenue: u16(29, { 11: 'TRADEcho' }),
      previousPrice: i64(31, price8),
      previousQuantity: u64(39, price8),
      internalId: u64(47),
    }),
    orderBookClear: tradechoPreTradeRecovery2612.messages.orderBookClear,
    siQuote: tradechoPreTradeRecovery2612.messages.siQuote,
  },
});
