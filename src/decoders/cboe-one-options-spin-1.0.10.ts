import { char, defineDecoder, message, u8, u32, u64 } from '../layout/table.js';
import { cboeC1FlexSpin1130 } from './cboe-c1-flex-spin-1.1.30.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

const TradeReplayResponseStatus = {
  A: 'Accepted',
  O: 'Out of Range: Sequence Must Be > 0',
  U: 'Trade Replay Functionality Is Not Available on This Unit',
  S: 'Spin Already in Progress (Only One Spin Can Be Running at a Time)',
};

/** Cboe US Options Cboe One spin server 1.0.10: Cboe Options One Feed Specification, version 1.0.10, Wednesday, April 1, 2026. What is as in cboe-c1-flex-spin-1.1.30 is taken from there. */
export const cboeOneOptionsSpin1010 = defineDecoder({
  id: 'cboe-one-options-spin-1.0.10',
  venue: 'Cboe US Options',
  feed: 'Cboe One spin server',
  version: '1.0.10',
  specification: 'Cboe Options One Feed Specification, version 1.0.10, Wednesday, April 1, 2026',
  framing: 'cboe-sequenced-unit',
  byteOrder: 'little',
  header: {
    messageLength: u8(0),
    messageType: u8(1),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  checked: [
    'layout of a public dissector, Cboe_TitaniumConsolidated_OneOptions_Spin_v1_0_10; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 13 of 13 alike, 101 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  unconfirmed: ['that times are nanoseconds since 1970-01-01 UTC'],
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
    symbolMapping: cboeC1FlexSpin1130.messages.symbolMapping,
    tradeReplayRequest: message(135, 6, {
      sequence: u32(2),
    }),
    tradeReplayResponse: message(136, 15, {
      sequence: u32(2),
      messageCount: u64(6),
      tradeReplayResponseStatus: char(14, TradeReplayResponseStatus),
    }),
    tradeReplayFinished: message(137, 2, {}),
  },
});
