import { char, defineDecoder, inUnit, message, price4, reserved, u16, u32, u64 } from '../layout/table.js';
import { nasdaqOptionsDepth21 } from './nasdaq-options-depth-2.1.js';
import { nasdaqOptionsTop } from './roles/nasdaq-options.js';

/** Nasdaq ISE Trade Feed 2.1: Options Trade Feed 2.1, version 2.1, Friday, February 13, 2026. What is as in nasdaq-options-depth-2.1 is taken from there. */
export const nasdaqOptionsTrades21 = defineDecoder({
  id: 'nasdaq-options-trades-2.1',
  venue: 'Nasdaq ISE',
  feed: 'Trade Feed',
  version: '2.1',
  specification: 'Options Trade Feed 2.1, version 2.1, Friday, February 13, 2026',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'instrumentId',
  checked: [
    'layout of a public dissector, Nasdaq_GemxOptions_TradeFeed_Itch_v2_1 and 4 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 5 of 5 alike, 60 fields; positions only, not meanings or scales',
    'two byte prices have 3 whole and 2 decimal digits, four byte prices (strike too) 6 and 4: text of the venue documents of the family (ITTO, BONO, Top of Market), also in an independent public feed handler for NOM; the dissector gives no scale, or 4 decimals for both',
  ],
  events: nasdaqOptionsTop,
  messages: {
    systemEvent: nasdaqOptionsDepth21.messages.systemEvent,
    derivativeDirectory: nasdaqOptionsDepth21.messages.derivativeDirectory,
    tradingAction: nasdaqOptionsDepth21.messages.tradingAction,
    trade: message('R', 44, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      crossId: u32(15),
      tradeCondition: char(19),
      price: u32(20, price4),
      volume: u32(24),
      reserved16: reserved(28, 16),
    }),
    brokenTradeReport: message('X', 27, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      originalCrossId: u32(15),
      originalPrice: u32(19, price4),
      originalVolume: u32(23),
    }),
  },
});
