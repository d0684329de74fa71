import { describe, expect, it } from 'vitest';
import {
  atLeast,
  char,
  type DecoderTable,
  defineDecoder,
  dimension,
  encode,
  type Fields,
  group,
  type Messages,
  message,
  next,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../../src/layout/index.js';

const table = (
  messages: Messages,
  more: Partial<DecoderTable<Fields, Messages>> = {},
): DecoderTable<Fields, Messages> => ({
  id: 'x-1',
  venue: 'X',
  feed: 'F',
  version: '1',
  specification: 'none',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: { messageType: char(0) },
  messageType: 'messageType',
  messages,
  ...more,
});
const SBE = {
  header: { blockLength: u16(0), templateId: u16(2), schemaId: u16(4), version: u16(6) },
  messageType: 'templateId',
  sbe: { schemaId: 1, version: 1, blockLength: 'blockLength' },
};

describe('defining a decoder', () => {
  it('says everything that is wrong with its table, by the code of the first fault', () => {
    const wrong = table({
      a: message('A', 20, { x: u32(1), y: u64(3) }),
      b: message('A', 20, { x: u32(5) }),
    });
    expect(() => defineDecoder(wrong)).toThrow(
      expect.objectContaining({
        code: 'VW_LAYOUT_OVERLAP',
        message:
          'x-1: a.y: begins at 3, what precedes ends at 5; a: fixed fields end at 11, the length is 20; ' +
          'b.x: begins at 5, what precedes ends at 1; b: fixed fields end at 9, the length is 20; b: has the type code of a',
        hint: expect.stringContaining('Correct the message table'),
      }),
    );
  });
  const faulty: [string, string, DecoderTable<Fields, Messages>][] = [
    ['an overlap', 'VW_LAYOUT_OVERLAP', table({ a: message('A', 6, { x: u32(1), y: u16(4) }) })],
    ['a hole', 'VW_LAYOUT_HOLE', table({ a: message('A', 8, { x: u32(1), y: u16(6) }) })],
    ['another length', 'VW_LAYOUT_LENGTH', table({ a: message('A', 8, { x: u32(1) }) })],
    ['a field without bytes', 'VW_LAYOUT_SIZE', table({ a: message('A', 1, { x: text(1, 0) }) })],
    ['a code twice', 'VW_LAYOUT_CODE', table({ a: message('A', 1, {}), b: message(['B', 'A'], 1, {}) })],
    ['a code that does not fit', 'VW_LAYOUT_CODE', table({ a: message('AB', 1, {}) })],
    [
      'a label that does not fit a number',
      'VW_LAYOUT_LABEL',
      table({ a: message('A', 2, { x: u8(1, { 256: 'Many' }) }) }),
    ],
    ['a label that is no number', 'VW_LAYOUT_LABEL', table({ a: message('A', 2, { x: u8(1, { Q: 'Q' }) }) })],
    ['a label of two characters', 'VW_LAYOUT_LABEL', table({ a: message('A', 2, { x: char(1, { USD: 'U' }) }) })],
    ['no value that does not fit', 'VW_LAYOUT_LABEL', table({ a: message('A', 2, { x: u8(1).nullable(256) }) })],
    ['bits outside their field', 'VW_LAYOUT_BITS', table({ a: message('A', 2, { x: u8(1).bits({ y: [7, 2] }) }) })],
    ['a name of the header again', 'VW_LAYOUT_NAME', table({ a: message('A', 2, { messageType: u8(1) }) })],
    ['a member of views', 'VW_LAYOUT_NAME', table({ a: message('A', 2, { bind: u8(1) }) })],
    [
      'a type field that is not there',
      'VW_LAYOUT_REFERENCE',
      table({ a: message('A', 1, {}) }, { messageType: 'type' }),
    ],
    [
      'a length field that is not there',
      'VW_LAYOUT_REFERENCE',
      table({ a: message('A', 1, {}) }, { lengthField: { name: 'size' } }),
    ],
    [
      'a count that is not there',
      'VW_LAYOUT_REFERENCE',
      table({ a: message('A', atLeast(1), { g: group(next, 'n', 1, { x: u8(0) }) }) }),
    ],
    [
      'an entry of another length',
      'VW_LAYOUT_LENGTH',
      table({ a: message('A', atLeast(2), { n: u8(1), g: group(next, 'n', 3, { x: u8(0) }) }) }),
    ],
    [
      'a dimension that nothing reads',
      'VW_LAYOUT_LENGTH',
      table({ a: message(1, 0, { g: group(next, dimension(10, u16(0), u64(2) as never), 1, { x: u8(0) }) }) }, SBE),
    ],
    [
      'a dimension shorter than its fields',
      'VW_LAYOUT_LENGTH',
      table({ a: message(1, 0, { g: group(next, dimension(3, u16(0), u16(2)), 1, { x: u8(0) }) }) }, SBE),
    ],
    ['an added field without versions', 'VW_LAYOUT_SINCE', table({ a: message('A', 2, { x: u8(1).since(2) }) })],
    [
      'an instrument that no message has',
      'VW_LAYOUT_INSTRUMENT',
      table({ a: message('A', 1, {}) }, { instrument: 'symbol' }),
    ],
    ['a message that is none', 'VW_LAYOUT_PART', table({ a: {} as never })],
    ['a field that is none', 'VW_LAYOUT_PART', table({ a: message('A', 1, { x: {} as never }) })],
  ];
  it.each(faulty)('refuses %s: %s', (_, code, wrong) => {
    expect(() => defineDecoder(wrong)).toThrow(expect.objectContaining({ code }));
  });
  it('takes a sound table, and plans nothing before it is used', () => {
    const sound = defineDecoder(table({ a: message(1, 4, { x: u32(0).nullable(-1) }) }, SBE));
    expect(encode(sound, 'a', { x: 7 }).length).toBe(12);
  });
});
