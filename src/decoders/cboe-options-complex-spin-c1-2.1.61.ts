import { atLeast, defineDecoder, group, i32, message, reserved, text, u8, u32 } from '../layout/table.js';
import { cboeOptionsComplexSpin2161 } from './cboe-options-complex-spin-2.1.61.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

/** Cboe C1 Options Complex PITCH spin server 2.1.61: US OPTIONS COMPLEX MULTICAST PITCH SPECIFICATION, version 2.1.61, Wednesday, April 1, 2026. What is as in cboe-options-complex-spin-2.1.61 is taken from there. */
export const cboeOptionsComplexSpinC12161 = defineDecoder({
  id: 'cboe-options-complex-spin-c1-2.1.61',
  venue: 'Cboe C1 Options',
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
    'layout of a public dissector, Cboe_C1Options_Complex_Spin_v2_1_61; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 20 of 20 alike, 208 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  events: cboePitchDerivatives,
  messages: {
    login: cboeOptionsComplexSpin2161.messages.login,
    loginResponse: cboeOptionsComplexSpin2161.messages.loginResponse,
    spinImageAvailable: cboeOptionsComplexSpin2161.messages.spinImageAvailable,
    spinRequest: cboeOptionsComplexSpin2161.messages.spinRequest,
    spinResponse: cboeOptionsComplexSpin2161.messages.spinResponse,
    spinFinished: cboeOptionsComplexSpin2161.messages.spinFinished,
    instrumentDefinitionRequest: cboeOptionsComplexSpin2161.messages.instrumentDefinitionRequest,
    instrumentDefinitionResponse: cboeOptionsComplexSpin2161.messages.instrumentDefinitionResponse,
    instrumentDefinitionFinished: cboeOptionsComplexSpin2161.messages.instrumentDefinitionFinished,
    time: message(32, 10, {
      time: u32(2),
      epochTime: u32(6),
    }),
    symbolMapping: cboeOptionsComplexSpin2161.messages.symbolMapping,
    complexInstrumentDefinitionExpanded: cboeOptionsComplexSpin2161.messages.complexInstrumentDefinitionExpanded,
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
    addOrderLong: cboeOptionsComplexSpin2161.messages.addOrderLong,
    addOrderShort: cboeOptionsComplexSpin2161.messages.addOrderShort,
    tradingStatus: cboeOptionsComplexSpin2161.messages.tradingStatus,
  },
});
