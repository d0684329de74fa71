import { char, defineDecoder, inUnit, message, nanosAfter, price2, reserved, text, u32 } from '../layout/table.js';
import { miaxIndexes } from './roles/miax.js';

/** MIAX Options Market Price Feed (MPF) 1.1: MIAX Product Feed v1.1 re, version 1.1, Wednesday, February 20, 2019. */
export const miaxOptionsMpf11 = defineDecoder({
  id: 'miax-options-mpf-1.1',
  venue: 'MIAX Options',
  feed: 'Market Price Feed (MPF)',
  version: '1.1',
  specification: 'MIAX Product Feed v1.1 re, version 1.1, Wednesday, February 20, 2019',
  framing: 'miax-mach',
  byteOrder: 'little',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'symbol',
  checked: [
    'layout of a public dissector, Miax_MiaxOptions_Mpf_Mach_v1_1; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 4 of 4 alike, 33 fields; positions only, not meanings or scales',
  ],
  events: miaxIndexes,
  messages: {
    systemTime: message('1', 5, {
      seconds: u32(1, inUnit('s')),
    }),
    symbolDefinition: message('s', 38, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      syntheticFutureSymbol: text(5, 8),
      settlementDate: text(13, 8),
      symbolStatus: char(21, { A: 'Active Future', I: 'Inactive Future' }),
      reserved16: reserved(22, 16),
    }),
    indexValue: message('I', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      symbol: text(5, 5),
      value: u32(10, price2),
    }),
    syntheticFutureValue: message('Z', 25, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      syntheticFutureSymbol: text(5, 8),
      value: u32(13, price2),
      reserved8: reserved(17, 8),
    }),
  },
});
