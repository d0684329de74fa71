import { defineDecoder, message, u8, u32 } from '../layout/table.js';
import { cboeOptionsTopSpin1254 } from './cboe-options-top-spin-1.2.54.js';
import { cboeTop } from './roles/cboe-pitch.js';

/** Cboe C1 Options Multicast Top spin server 1.2.54: US OPTIONS MULTICAST TOP SPECIFICATION, version 1.2.54, Wednesday, April 1, 2026. What is as in cboe-options-top-spin-1.2.54 is taken from there. */
export const cboeOptionsTopSpinC11254 = defineDecoder({
  id: 'cboe-options-top-spin-c1-1.2.54',
  venue: 'Cboe C1 Options',
  feed: 'Multicast Top spin server',
  version: '1.2.54',
  specification: 'US OPTIONS MULTICAST TOP SPECIFICATION, version 1.2.54, Wednesday, April 1, 2026',
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
    'layout of a public dissector, Cboe_C1Options_MulticastTop_Spin_v1_2_54; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 17 of 17 alike, 169 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  events: cboeTop,
  messages: {
    login: cboeOptionsTopSpin1254.messages.login,
    loginResponse: cboeOptionsTopSpin1254.messages.loginResponse,
    spinImageAvailable: cboeOptionsTopSpin1254.messages.spinImageAvailable,
    spinRequest: cboeOptionsTopSpin1254.messages.spinRequest,
    spinResponse: cboeOptionsTopSpin1254.messages.spinResponse,
    spinFinished: cboeOptionsTopSpin1254.messages.spinFinished,
    instrumentDefinitionRequest: cboeOptionsTopSpin1254.messages.instrumentDefinitionRequest,
    instrumentDefinitionResponse: cboeOptionsTopSpin1254.messages.instrumentDefinitionResponse,
    instrumentDefinitionFinished: cboeOptionsTopSpin1254.messages.instrumentDefinitionFinished,
    time: message(32, 10, {
      time: u32(2),
      epochTime: u32(6),
    }),
    symbolMapping: cboeOptionsTopSpin1254.messages.symbolMapping,
    singleSideUpdateExpandedShort: cboeOptionsTopSpin1254.messages.singleSideUpdateExpandedShort,
    singleSideUpdateExpandedLong: cboeOptionsTopSpin1254.messages.singleSideUpdateExpandedLong,
    twoSideUpdateExpandedShort: cboeOptionsTopSpin1254.messages.twoSideUpdateExpandedShort,
    twoSideUpdateExpandedLong: cboeOptionsTopSpin1254.messages.twoSideUpdateExpandedLong,
    topTrade: cboeOptionsTopSpin1254.messages.topTrade,
    tradingStatus: cboeOptionsTopSpin1254.messages.tradingStatus,
  },
});
