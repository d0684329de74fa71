import { char, defineDecoder, message, price6, text, u8, u16, u32, u64 } from '../layout/table.js';
import { otcLinkNqbDepth118 } from './otc-link-nqb-depth-1.18.js';
import { otcLinkNqb } from './roles/otc-link.js';

/** OTC Markets OTC Link NQB retransmission 1.18: OTC-Link-NQB-MD-Specification, version 1.18, Friday, May 1, 2026. What is as in otc-link-nqb-depth-1.18 is taken from there. */
export const otcLinkNqbRetransmission118 = defineDecoder({
  id: 'otc-link-nqb-retransmission-1.18',
  venue: 'OTC Markets',
  feed: 'OTC Link NQB retransmission',
  version: '1.18',
  specification: 'OTC-Link-NQB-MD-Specification, version 1.18, Friday, May 1, 2026',
  framing: 'otc-link-tcp',
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
    'layout of a public dissector, OtcMarkets_LinkNqb_Retransmission_Link_v1_18 and 2 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 22 of 22 alike, 134 fields; positions only, not meanings or scales',
    'code lists of the venues are merged: Trading Session',
    'prices: 6 decimals, as in the other OTC Link feeds (the dissector gives none, or a factor)',
  ],
  messages: {
    startOfSpin: otcLinkNqbDepth118.messages.startOfSpin,
    endOfSpin: otcLinkNqbDepth118.messages.endOfSpin,
    tradingSession: otcLinkNqbDepth118.messages.tradingSession,
    security: otcLinkNqbDepth118.messages.security,
    orderAdd: otcLinkNqbDepth118.messages.orderAdd,
    orderUpdate: otcLinkNqbDepth118.messages.orderUpdate,
    orderDelete: otcLinkNqbDepth118.messages.orderDelete,
    orderExecution: otcLinkNqbDepth118.messages.orderExecution,
    orderExecutionWithPrice: otcLinkNqbDepth118.messages.orderExecutionWithPrice,
    trade: otcLinkNqbDepth118.messages.trade,
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
    loginRequest: message(108, 35, {
      userId: text(3, 16),
      password: text(19, 16),
    }),
    loginResponse: message(97, 20, {
      userId: text(3, 16),
      loginStatus: u8(19, { 89: 'Accepted' }),
    }),
    retransmissionRequest: message(114, 12, {
      startSequence: u32(3),
      numberOfMessages: u32(7),
      retranViaTcp: u8(11, { 89: 'Same TCP Channel' }),
    }),
    retransmissionResponse: message(98, 12, {
      startSequence: u32(3),
      numberOfMessages: u32(7),
      retransmissionStatus: u8(11, { 78: 'Request Ignored', 89: 'Will Follow' }),
    }),
    spinRequest: message(115, 7, {
      clientIdentifier: u32(3),
    }),
    spinResponse: message(99, 8, {
      clientIdentifier: u32(3),
      spinStatus: u8(7, { 69: 'End of Spin', 83: 'Start of Spin' }),
    }),
    enhancedSpinRequest: message(116, 7, {
      clientIdentifier: u32(3),
    }),
    enhancedSpinResponse: message(100, 12, {
      clientIdentifier: u32(3),
      enhancedSpinStatus: u8(7, { 69: 'End of Spin', 83: 'Start of Spin' }),
      lastSeqNum: u32(8),
    }),
    heartbeat: message(104, 7, {
      clientIdentifier: u32(3),
    }),
  },
});
