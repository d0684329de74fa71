import {
  atLeast,
  char,
  defineDecoder,
  group,
  i16,
  i32,
  i64,
  message,
  price2,
  price4,
  reserved,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../layout/table.js';
import { cboeC1FlexSpin1130 } from './cboe-c1-flex-spin-1.1.30.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

const LegSecurityType = { O: 'Leg Is an Option Instrument', E: 'Leg Is an Equity Instrument' };
const TradingStatus = { H: 'Halted', L: 'Curb Trading', Q: 'Quote Only', T: 'RTH Trading' };

/** Cboe BZX Options Complex PITCH spin server 2.1.61: US OPTIONS COMPLEX MULTICAST PITCH SPECIFICATION, version 2.1.61, Wednesday, April 1, 2026. What is as in cboe-c1-flex-spin-1.1.30 is taken from there. */
export const cboeOptionsComplexSpin2161 = defineDecoder({
  id: 'cboe-options-complex-spin-2.1.61',
  venue: 'Cboe BZX Options',
  feed: 'Complex PITCH spin server',
  version: '2.1.61',
  specification: 'US OPTIONS COMPLEX MULTICAST PITCH SPECIFICATION, version 2.1.61, Wednesday, April 1, 2026',
  framing: 'cboe-sequenced-unit',
  byteOrder: 'little',
  header: {
    messageLength: u8(0),
    messageType: u8(1),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  instrument: 'complexInstrumentId',
  checked: [
    'layout of a public dissector, Cboe_BzxOptions_Complex_Spin_v2_1_61 and 2 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 17 of 17 alike, 164 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  events: cboePitchDerivatives,
  messages: {
    login: cboeC1FlexSpin1130.messages.login,
    loginResponse: cboeC1FlexSpin1130.messages.loginResponse,
    spinImageAvailable: cboeC1FlexSpin1130.messages.spinImageAvailable,
    spinRequest: cboeC1FlexSpin1130.messages.spinRequest,
    spinResponse: cboeC1FlexSpin1130.messages.spinResponse,
    spinFinished: cboeC1FlexSpin1130.messages.spinFinished,
    instrumentDefinitionRequest: cboeC1FlexSpin1130.messages.instrumentDefinitionRequest,
    instrumentDefinitionResponse: cboeC1FlexSpin1130.messages.instrumentDefinitionResponse,
    instrumentDefinitionFinished: cboeC1FlexSpin1130.messages.instrumentDefinitionFinished,
    time: message(32, 6, {
      time: u32(2),
    }),
    symbolMapping: cboeC1FlexSpin1130.messages.symbolMapping,
    complexInstrumentDefinitionExpanded: message(154, atLeast(25), {
      timeOffset: u32(2),
      complexInstrumentId: text(6, 6),
      complexInstrumentUnderlying: text(12, 8),
      complexInstrumentType: text(20, 4),
      legCount: u8(24),
      complexLeg: group(25, 'legCount', 13, {
        legSymbol: text(0, 8),
        legRatio: i32(8),
        legSecurityType: char(12, LegSecurityType),
      }),
    }),
    addOrderLong: message(33, 34, {
      timeOffset: u32(2),
      orderId: u64(6),
      sideIndicator: char(14, { B: 'Buy Order', S: 'Sell Order' }),
      quantity: u32(15),
      complexInstrumentId: text(19, 6),
      price: i64(25, price4),
      reserved1: reserved(33, 1),
    }),
    addOrderShort: message(34, 26, {
      timeOffset: u32(2),
      orderId: u64(6),
      sideIndicator: char(14, { B: 'Buy Order', S: 'Sell Order' }),
      quantity: u16(15),
      complexInstrumentId: text(17, 6),
      price: i16(23, price2),
      reserved1: reserved(25, 1),
    }),
    tradingStatus: message(49, 18, {
      timeOffset: u32(2),
      complexSymbolId: text(6, 6),
      reserved2: reserved(12, 2),
      tradingStatus: char(14, TradingStatus),
      reserved1: reserved(15, 1),
      gthTradingStatus: char(16, { H: 'Halted', Q: 'Quote Only', T: 'Trading' }),
      secondReserved: reserved(17, 1),
    }),
  },
});
