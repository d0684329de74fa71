import { atLeast, char, defineDecoder, group, i32, message, reserved, text, u8, u32 } from '../layout/table.js';
import { cboeAustraliaSpin1012 } from './cboe-australia-spin-1.0.12.js';
import { cboeFlex } from './roles/cboe-pitch.js';

const LoginResponseStatus = {
  A: 'Login Accepted',
  N: 'Not Authorized (Invalid Username/Password)',
  B: 'Session in Use',
  S: 'Invalid Session',
};
const InstrumentDefinitionResponseStatus = {
  A: 'Accepted',
  O: 'Out of Range: Sequence Must Be > 0',
  S: 'Spin Already in Progress (Only One Spin Can Be Running at a Time)',
};
const TradingStatus = { H: 'Halted', L: 'Curb Trading', Q: 'Quote Only', T: 'RTH Trading' };

/** Cboe C1 Options FLEX spin server 1.1.30: US Options FLEX Specification, version 1.1.30, Wednesday, April 1, 2026. What is as in cboe-australia-spin-1.0.12 is taken from there. */
export const cboeC1FlexSpin1130 = defineDecoder({
  id: 'cboe-c1-flex-spin-1.1.30',
  venue: 'Cboe C1 Options',
  feed: 'FLEX spin server',
  version: '1.1.30',
  specification: 'US Options FLEX Specification, version 1.1.30, Wednesday, April 1, 2026',
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
    'layout of a public dissector, Cboe_C1Options_Flex_Spin_v1_1_30; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 16 of 16 alike, 172 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  events: cboeFlex,
  messages: {
    login: cboeAustraliaSpin1012.messages.login,
    loginResponse: message(2, 3, {
      loginResponseStatus: char(2, LoginResponseStatus),
    }),
    spinImageAvailable: cboeAustraliaSpin1012.messages.spinImageAvailable,
    spinRequest: cboeAustraliaSpin1012.messages.spinRequest,
    spinResponse: cboeAustraliaSpin1012.messages.spinResponse,
    spinFinished: cboeAustraliaSpin1012.messages.spinFinished,
    instrumentDefinitionRequest: message(132, 6, {
      sequence: u32(2),
    }),
    instrumentDefinitionResponse: message(133, 11, {
      sequence: u32(2),
      instrumentCount: u32(6),
      instrumentDefinitionResponseStatus: char(10, InstrumentDefinitionResponseStatus),
    }),
    instrumentDefinitionFinished: message(134, 2, {}),
    time: message(32, 10, {
      time: u32(2),
      epochTime: u32(6),
    }),
    symbolMapping: message(46, 38, {
      feedSymbol: text(2, 6),
      osiSymbol: text(8, 21),
      symbolCondition: char(29, { N: 'Normal', C: 'Closing Only' }),
      underlying: text(30, 8),
    }),
    flexInstrumentDefinition: message(156, 57, {
      timeOffset: u32(2),
      feedSymbol: text(6, 6),
      osiRoot: text(12, 6),
      year: text(18, 2),
      month: text(20, 2),
      day: text(22, 2),
      callPutIndicator: char(24, { C: 'Call', P: 'Put' }),
      dollarStrike: text(25, 5),
      decimalStrike: text(30, 3),
      symbolCondition: char(33, { N: 'Normal', C: 'Closing Only' }),
      underlying: text(34, 8),
      exerciseStyle: char(42, { A: 'American', E: 'European' }),
      settlementType: char(43, { A: 'AM', P: 'PM', S: 'Asian', Q: 'Cliquet' }),
      percentage: u32(44),
      observationDay: text(48, 2),
      returnCapPercentage: u32(50),
      creationDay: text(54, 2),
      bitFields: u8(56).bits({ percentage1: 0 }),
    }),
    complexFlexInstrumentDefinition: message(155, atLeast(28), {
      timeOffset: u32(2),
      complexInstrumentId: text(6, 6),
      underlying: text(12, 8),
      complexInstrumentType: text(20, 4),
      legCount: u8(24),
      messageCount: u8(25),
      messageNumber: u8(26),
      messageLegCount: u8(27),
      complexFlexLeg: group(28, 'messageLegCount', 13, {
        legSymbol: text(0, 8),
        legRatio: i32(8),
        legSecurityType: char(12, { X: 'FLEX Option', E: 'Equity', O: 'Listed Option' }),
      }),
    }),
    tradingStatus: message(49, 18, {
      timeOffset: u32(2),
      symbol: text(6, 6),
      reserved2: reserved(12, 2),
      tradingStatus: char(14, TradingStatus),
      reserved1: reserved(15, 1),
      gthTradingStatus: char(16, { H: 'Halted', Q: 'Quote Only', T: 'Trading' }),
      secondReserved: reserved(17, 1),
    }),
  },
});
