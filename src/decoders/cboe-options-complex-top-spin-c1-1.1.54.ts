import { atLeast, char, defineDecoder, group, i32, message, reserved, text, u8, u32 } from '../layout/table.js';
import { cboeOptionsComplexTopSpin1154 } from './cboe-options-complex-top-spin-1.1.54.js';
import { cboeTop } from './roles/cboe-pitch.js';

const TradingStatus = { H: 'Halted', L: 'Curb Trading', Q: 'Quote Only', T: 'RTH Trading' };

/** Cboe C1 Options Complex Top spin server 1.1.54: US OPTIONS COMPLEX MULTICAST TOP SPECIFICATION, version 1.1.54, Wednesday, April 1, 2026. What is as in cboe-options-complex-top-spin-1.1.54 is taken from there. */
export const cboeOptionsComplexTopSpinC11154 = defineDecoder({
  id: 'cboe-options-complex-top-spin-c1-1.1.54',
  venue: 'Cboe C1 Options',
  feed: 'Complex Top spin server',
  version: '1.1.54',
  specification: 'US OPTIONS COMPLEX MULTICAST TOP SPECIFICATION, version 1.1.54, Wednesday, April 1, 2026',
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
    'layout of a public dissector, Cboe_C1Options_ComplexTop_Spin_v1_1_54; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 23 of 23 alike, 251 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  events: cboeTop,
  messages: {
    login: cboeOptionsComplexTopSpin1154.messages.login,
    loginResponse: cboeOptionsComplexTopSpin1154.messages.loginResponse,
    spinImageAvailable: cboeOptionsComplexTopSpin1154.messages.spinImageAvailable,
    spinRequest: cboeOptionsComplexTopSpin1154.messages.spinRequest,
    spinResponse: cboeOptionsComplexTopSpin1154.messages.spinResponse,
    spinFinished: cboeOptionsComplexTopSpin1154.messages.spinFinished,
    instrumentDefinitionRequest: cboeOptionsComplexTopSpin1154.messages.instrumentDefinitionRequest,
    instrumentDefinitionResponse: cboeOptionsComplexTopSpin1154.messages.instrumentDefinitionResponse,
    instrumentDefinitionFinished: cboeOptionsComplexTopSpin1154.messages.instrumentDefinitionFinished,
    time: message(32, 10, {
      time: u32(2),
      epochTime: u32(6),
    }),
    symbolMapping: cboeOptionsComplexTopSpin1154.messages.symbolMapping,
    complexInstrumentDefinitionExpanded: cboeOptionsComplexTopSpin1154.messages.complexInstrumentDefinitionExpanded,
    exchangeDesignatedComplexInstrumentDefinition: message(159, atLeast(63), {
      timeOffset: u32(2),
      complexInstrumentId: text(6, 6),
      complexInstrumentUnderlying: text(12, 8),
      edciType: text(20, 20),
      edciSubtype: text(40, 20),
      reserved2: reserved(60, 2),
      legCount: u8(62),
      edcidLeg: group(63, 'legCount', 12, {
        legSymbol: text(0, 8),
        legRatio: i32(8),
      }),
    }),
    singleSideUpdateExpandedShort: cboeOptionsComplexTopSpin1154.messages.singleSideUpdateExpandedShort,
    singleSideUpdateExpandedLong: cboeOptionsComplexTopSpin1154.messages.singleSideUpdateExpandedLong,
    twoSideUpdateExpandedShort: cboeOptionsComplexTopSpin1154.messages.twoSideUpdateExpandedShort,
    twoSideUpdateExpandedLong: cboeOptionsComplexTopSpin1154.messages.twoSideUpdateExpandedLong,
    topTrade: cboeOptionsComplexTopSpin1154.messages.topTrade,
    tradingStatus: message(49, 18, {
      timeOffset: u32(2),
      complexInstrumentId: text(6, 6),
      reserved2: reserved(12, 2),
      tradingStatus: char(14, TradingStatus),
      reserved1: reserved(15, 1),
      gthTradingStatus: char(16, { H: 'Halted', Q: 'Quote Only', T: 'Trading' }),
      secondReserved: reserved(17, 1),
    }),
  },
});
