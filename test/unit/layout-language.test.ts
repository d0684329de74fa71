import { describe, expect, it } from 'vitest';
import {
  anyAfter,
  atLeast,
  bytes,
  char,
  check,
  compileCatalogue,
  constant,
  Decoder,
  type DecoderTable,
  decimal,
  defineDecoder,
  digest,
  digits,
  dimension,
  encode,
  encodeInto,
  type Fields,
  Fnv1a64,
  f32,
  f64,
  fields,
  formatPrice,
  group,
  i24,
  i40,
  i64,
  instant,
  instrumentKey,
  leaves,
  type Message,
  type Messages,
  message,
  next,
  noI64,
  prefixedText,
  price4,
  reserved,
  scientific,
  text,
  toEnd,
  u8,
  u16,
  u24,
  u32,
  u40,
  u48,
  u64,
  untilLength,
  varBytes,
  varText,
  when,
} from '../../src/layout/index.js';

const dataOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);
const hexOf = (b: Uint8Array): string => Buffer.from(b).toString('hex');
const fromHex = (hex: string): DataView => dataOf(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')));

const table = <M extends Messages>(messages: M, more: Partial<DecoderTable<Header, M>> = {}) =>
  defineDecoder(declared(messages, more));

/** A decoder of a table that may be unsound. */
const unchecked = <M extends Messages>(messages: M) => new Decoder(declared(messages));

type Header = { type: ReturnType<typeof char> };
function declared<M extends Messages>(messages: M, more: Partial<DecoderTable<Header, M>> = {}) {
  return {
    id: 'test',
    venue: 'Test',
    feed: 'Test',
    version: '1',
    specification: 'none',
    framing: 'moldudp64',
    byteOrder: 'big' as const,
    header: { type: char(0) },
    messageType: 'type' as const,
    messages,
    ...more,
  };
}

const faultsOf = (m: Message<Fields> | Record<string, Message<Fields>>): string[] =>
  check(
    unchecked('kind' in m && m.kind === 'message' ? { one: m as Message<Fields> } : (m as Record<string, Message>)),
  ).map((f) => `${f.code} ${f.where}`);

describe('numbers', () => {
  const d = table({
    wide: message('W', 46, {
      a: u24(1),
      b: i24(4),
      c: u40(7),
      d: i40(12),
      e: u48(17),
      f: f32(23),
      g: f64(27),
      h: i64(35),
      i: u16(43).little(),
      j: u8(45),
    }),
  });
  it('of 24, 40, 48 and 64 bits and floats are read in the byte order of the field', () => {
    const v = d
      .view('wide')
      .bind(
        fromHex(
          '57 010203 fffffe 0102030405 fffffffffe 010203040506 3fc00000 c004000000000000 fffffffffffffffe 0201 ff',
        ),
        0,
        46,
      );
    expect([v.a, v.b, v.c, v.d, v.e]).toEqual([0x010203, -2, 0x0102030405, -2, 0x010203040506]);
    expect([v.f, v.g, v.h, v.hHigh, v.hLow, v.i, v.j]).toEqual([1.5, -2.5, -2n, 0xffffffff, 0xfffffffe, 0x0102, 255]);
  });
  it('are refused by the encoder when they do not fit', () => {
    expect(() => encode(d, 'wide', { a: 2 ** 24 })).toThrow(expect.objectContaining({ code: 'VW_ENCODE_RANGE' }));
    expect(() => encode(d, 'wide', { b: -(2 ** 23) - 1 })).toThrow(
      expect.objectContaining({ code: 'VW_ENCODE_RANGE' }),
    );
    expect(() => encode(d, 'wide', { h: 2n ** 63n })).toThrow(expect.objectContaining({ code: 'VW_ENCODE_RANGE' }));
    expect(() => encode(d, 'wide', { j: 1.5 })).toThrow(expect.objectContaining({ code: 'VW_ENCODE_RANGE' }));
  });
});

describe('prices', () => {
  it('are shown with every declared decimal and no rounding', () => {
    expect(formatPrice(1234500, -4)).toBe('123.4500');
    expect(formatPrice(-5, -4)).toBe('-0.0005');
    expect(formatPrice(0, -2)).toBe('0.00');
    expect(formatPrice(7, 0)).toBe('7');
    expect(formatPrice(7, 3)).toBe('7000');
    expect(formatPrice(-9_223_372_036_854_775_808n, -9)).toBe('-9223372036.854775808');
  });
  it('keep their scale in the table', () => {
    const field = table({ p: message('P', 5, { price: u32(1, price4) }) }).messages.p.fields.price;
    expect(field.data.meaning?.scale).toBe(-4);
  });
});

describe('texts', () => {
  const d = table({
    words: message('T', 30, {
      symbol: text(1, 6),
      zeros: text(7, 4).padded('nul'),
      left: text(11, 4).padded('space', 'left'),
      count: digits(15, 5),
      blankCount: digits(20, 4).padded('space', 'left'),
      raw: bytes(24, 2),
      long: text(26, 4),
    }),
  });
  it('are read without padding and written with it', () => {
    const made = encode(d, 'words', {
      symbol: 'AB',
      zeros: 'CD',
      left: 'EF',
      count: 42,
      blankCount: 7,
      raw: Uint8Array.of(1, 2),
    });
    expect(hexOf(made)).toBe(`54${hexOf(Buffer.from('AB    CD\0\0  EF00042   7\x01\x02    ', 'latin1'))}`);
    const v = d.view('words').bind(dataOf(made), 0, 30);
    expect([v.symbol, v.zeros, v.left, v.count, v.blankCount]).toEqual(['AB', 'CD', 'EF', 42, 7]);
    expect(hexOf(v.raw)).toBe('0102');
    expect(fields(v)).toMatchObject({ raw: '0102', count: 42 });
  });
  it('give the same string object again for the same bytes, whatever came between', () => {
    const v = d.view('words');
    const seen = new Map<string, string>();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3000; i++) {
        const s = v.bind(dataOf(encode(d, 'words', { symbol: `S${i}` })), 0, 30).symbol;
        expect(s).toBe(`S${i}`);
        seen.set(s, s);
      }
    }
    expect(seen.size).toBe(3000);
  });
  it('that should be numbers and are not give NaN, and text as leaves', () => {
    const v = d.view('words').bind(dataOf(Buffer.from(`T${' '.repeat(14)}12x4 ${' '.repeat(10)}`, 'latin1')), 0, 30);
    expect(v.count).toBeNaN();
    expect(leaves(v).find(([name]) => name === 'count')?.[1]).toBe('12x4');
  });
  it('are refused by the encoder when they do not fit', () => {
    expect(() => encode(d, 'words', { symbol: 'TOOLONG' })).toThrow(
      expect.objectContaining({ code: 'VW_ENCODE_TEXT' }),
    );
    expect(() => encode(d, 'words', { symbol: '€' })).toThrow(expect.objectContaining({ code: 'VW_ENCODE_TEXT' }));
    expect(() => encode(d, 'words', { count: 100_000 })).toThrow(expect.objectContaining({ code: 'VW_ENCODE_TEXT' }));
  });
});

describe('meanings', () => {
  const d = table({
    m: message('M', 24, {
      flags: u8(1).bits({ first: 0, pair: [1, 2], last: 7 }),
      size: u16(2).nullable(0xffff),
      price: i64(4, price4).nullable(noI64),
      seconds: u32(12),
      nanos: u32(16),
      time: instant('seconds', 'nanos'),
      mantissa: u8(20),
      decimals: u8(21),
      value: decimal('mantissa', 'decimals'),
      big: scientific('mantissa', 'decimals'),
      kind: constant('K'),
      rest: reserved(22, 2),
    }),
  });
  it('name bits, absence, times, decimals and constants', () => {
    const v = d
      .view('m')
      .bind(dataOf(encode(d, 'm', { flags: 0b1000_0101, seconds: 2, nanos: 3, mantissa: 25, decimals: 1 })), 0, 24);
    expect([v.flags, v.flagsFirst, v.flagsPair, v.flagsLast]).toEqual([0x85, true, 2, true]);
    expect([v.size, v.price, v.kind]).toEqual([null, null, 'K']);
    expect([v.time, v.value, v.big]).toEqual([2_000_000_003n, '2.5', '250']);
    expect(leaves(v).map(([name]) => name)).toEqual([
      ...['type', 'flags', 'size', 'price', 'seconds', 'nanos', 'mantissa', 'decimals', 'rest'],
    ]);
    expect(leaves(v)[3]?.[1]).toBe('-9223372036854775808');
    expect(fields(v)).toMatchObject({ size: null, price: null, kind: 'K' });
    expect('rest' in fields(v)).toBe(false);
  });
});

describe('variable parts', () => {
  const d = table(
    {
      nested: message('N', atLeast(2), {
        count: u8(1),
        outer: group(2, 'count', 2, {
          id: u8(0),
          size: u8(1),
          inner: group(next, untilLength('size'), 2, { x: u16(0) }),
        }),
        after: u16(next),
      }),
      ends: message('E', atLeast(1), { all: group(1, toEnd, 3, { a: u8(0), b: u16(1) }) }),
      data: message('D', atLeast(3), {
        n: u16(1),
        body: varBytes(3, 'n', -2),
        note: prefixedText(next, u8(0)),
        tail: varText(next, 'n', -2),
      }),
      choice: message('C', atLeast(2), {
        kind: char(1),
        one: when(2, 'kind', ['1', '2'], { a: u16(0) }),
        other: when(next, 'kind', ['3'], { b: u8(0), text: text(1, 3) }),
        last: u8(next),
      }),
    },
    { longer: 'refused' },
  );
  const nested = {
    outer: [
      { id: 1, inner: [{ x: 7 }, { x: 8 }] },
      { id: 2, inner: [] },
    ],
    after: 0x0909,
  };

  it('nest, with counts and lengths filled in by the encoder', () => {
    const made = encode(d, 'nested', nested);
    expect(hexOf(made)).toBe('4e02 0106 0007 0008 0202 0909'.replaceAll(' ', ''));
    const v = d.view('nested').bind(dataOf(made), 0, made.length);
    expect(v.outer.length).toBe(2);
    expect(v.outer.at(0).inner.at(1).x).toBe(8);
    expect(v.outer.at(1).inner.length).toBe(0);
    expect(v.after).toBe(0x0909);
    const ids: number[] = [];
    for (const entry of v.outer) {
      // What a loop reads beside its entry does not move the entry.
      expect([v.after, v.outer.length]).toEqual([0x0909, 2]);
      ids.push(entry.id);
    }
    expect(ids).toEqual([1, 2]);
    expect(fields(v)).toEqual({
      type: 'N',
      count: 2,
      outer: [
        { id: 1, size: 6, inner: [{ x: 7 }, { x: 8 }] },
        { id: 2, size: 2, inner: [] },
      ],
      after: 0x0909,
    });
    expect(() => v.outer.at(2)).toThrow(expect.objectContaining({ code: 'VW_GROUP_INDEX' }));
  });

  it('end with the message', () => {
    const v = d.view('ends').bind(fromHex('45 010002 030004'), 0, 7);
    expect(v.all.toArray().map((e) => [e.a, e.b])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(() => d.view('ends').bind(fromHex('45 010002 03'), 0, 5).all).toThrow(
      expect.objectContaining({ code: 'VW_MESSAGE_MALFORMED' }),
    );
  });

  it('have lengths from fields and prefixes', () => {
    const made = encode(d, 'data', { body: Uint8Array.of(1, 2, 3), note: 'hi', tail: 'abc' });
    expect(hexOf(made)).toBe('44 0005 010203 026869 616263'.replaceAll(' ', ''));
    const v = d.view('data').bind(dataOf(made), 0, made.length);
    expect([hexOf(v.body), v.note, v.tail]).toEqual(['010203', 'hi', 'abc']);
    expect(() => d.view('data').bind(fromHex('44 0009 0102'), 0, 5).body).toThrow(
      expect.objectContaining({ code: 'VW_MESSAGE_MALFORMED' }),
    );
  });

  it('are there or not, as another field says', () => {
    const one = encode(d, 'choice', { kind: '2', one: { a: 5 }, last: 9 });
    expect(hexOf(one)).toBe('4332000509');
    const v = d.view('choice').bind(dataOf(one), 0, one.length);
    expect([v.one?.a, v.other, v.last]).toEqual([5, undefined, 9]);
    const other = encode(d, 'choice', { other: { b: 1, text: 'x' }, last: 2 });
    expect(hexOf(other)).toBe('43330178202002');
    v.bind(dataOf(other), 0, other.length);
    expect([v.one, v.other?.text, v.last]).toEqual([undefined, 'x', 2]);
    expect(() => encode(d, 'choice', { kind: '3', one: { a: 1 } })).toThrow(
      expect.objectContaining({ code: 'VW_ENCODE_VARIANT' }),
    );
  });

  it('are refused when a given count is not the number of entries', () => {
    expect(() => encode(d, 'nested', { ...nested, count: 3 })).toThrow(
      expect.objectContaining({ code: 'VW_ENCODE_COUNT' }),
    );
    expect(encode(d, 'nested', { ...nested, count: 2 })).toEqual(encode(d, 'nested', nested));
  });

  it('cannot be encoded into too little space', () => {
    expect(() => encodeInto(d, 'nested', nested, new DataView(new ArrayBuffer(9)), 0)).toThrow(
      expect.objectContaining({ code: 'VW_ENCODE_SPACE' }),
    );
    const room = new DataView(new ArrayBuffer(16));
    expect(encodeInto(d, 'nested', nested, room, 4)).toBe(12);
  });
});

describe('Simple Binary Encoding', () => {
  const size = dimension(3, u16(0), u8(2));
  const d = defineDecoder({
    id: 'sbe',
    venue: 'Test',
    feed: 'Test',
    version: '2',
    specification: 'none',
    framing: 'test',
    byteOrder: 'little',
    header: { blockLength: u16(0), templateId: u16(2), schemaId: u16(4), version: u16(6) },
    messageType: 'templateId',
    longer: 'tolerated',
    sbe: { schemaId: 9, version: 2, blockLength: 'blockLength' },
    messages: {
      m: message(7, 6, {
        a: u32(0),
        b: u16(4).since(2),
        rows: group(next, size, 3, { x: u8(0), y: u16(1).since(2) }),
        late: group(next, size, 1, { z: u8(0) }).since(2),
      }),
    },
  });

  it('fills in header and dimensions', () => {
    expect(hexOf(encode(d, 'm', { a: 1, b: 2, rows: [{ x: 3, y: 4 }], late: [{ z: 5 }] }))).toBe(
      '0600 0700 0900 0200 01000000 0200 0300 01 03 0400 0100 01 05'.replaceAll(' ', ''),
    );
  });
  it('reads an older version: what came later is absent', () => {
    const old = fromHex('0400 0700 0900 0100 01000000 0100 02 03 04');
    const v = d.view('m').bind(old, 0, old.byteLength);
    expect(d.lengthCheck(0, old.byteLength)).toBe('ok');
    expect([v.a, v.b, v.rows.length, v.late.length]).toEqual([1, null, 2, 0]);
    expect(v.rows.toArray()).toEqual(
      [
        { x: 3, y: null },
        { x: 4, y: null },
      ].map((e) => expect.objectContaining(e)),
    );
    expect(leaves(v).map(([n, value, at]) => [n, value, at])).toEqual([
      ...[
        ['blockLength', 4, 0],
        ['templateId', 7, 2],
        ['schemaId', 9, 4],
        ['version', 1, 6],
        ['a', 1, 8],
      ],
      ...[
        ['blockLength', 1, 12],
        ['numInGroup', 2, 14],
        ['x', 3, 15],
        ['x', 4, 16],
      ],
    ]);
  });
  it('steps over what a newer version added', () => {
    const newer = fromHex('0800 0700 0900 0300 01000000 0200 ffff 0500 02 03 0400 eeee 05 0600 eeee 0100 00');
    const v = d.view('m').bind(newer, 0, newer.byteLength);
    expect([v.a, v.b]).toEqual([1, 2]);
    expect(v.rows.toArray()).toEqual(
      [
        { x: 3, y: 4 },
        { x: 5, y: 6 },
      ].map((e) => expect.objectContaining(e)),
    );
  });
  it('meets blocks that lie with a coded error', () => {
    for (const lie of ['ff00 0700 0900 0200 01000000 0200', '0200 0700 0900 0200 01000000 0200']) {
      const data = fromHex(lie);
      const v = d.view('m').bind(data, 0, data.byteLength);
      expect(() => v.toObject()).toThrow(expect.objectContaining({ code: 'VW_MESSAGE_MALFORMED' }));
      expect(() => leaves(v)).toThrow(expect.objectContaining({ code: 'VW_MESSAGE_MALFORMED' }));
    }
  });
});

describe('type codes', () => {
  it('may leave the second field open, but for codes that are another message’s own', () => {
    const d = defineDecoder({
      id: 'open',
      venue: 'Test',
      feed: 'Test',
      version: '1',
      specification: 'none',
      framing: 'test',
      byteOrder: 'big',
      header: { category: char(0), type: char(1) },
      messageType: ['category', 'type'],
      messages: { one: message('YI', 2, {}), all: message(anyAfter('Y'), 2, {}) },
    });
    expect(check(d)).toEqual([]);
    const named = (bytes: string) => d.names[d.messageIndex(fromHex(bytes), 0, 2)];
    expect([named('5949'), named('5920'), named('59ff'), named('5a20')]).toEqual(['one', 'all', 'all', undefined]);
    expect(hexOf(encode(d, 'all', {}))).toBe('5920');
    expect(hexOf(encode(d, 'all', { type: 'Z' }))).toBe('595a');
  });
});

describe('the check of a table', () => {
  it('finds overlaps, holes and lengths that do not add up', () => {
    expect(faultsOf(message('A', 5, { a: u32(1) }))).toEqual([]);
    expect(faultsOf(message('A', 4, { a: u16(1), b: u16(2) }))).toEqual(['VW_LAYOUT_OVERLAP one.b']);
    expect(faultsOf(message('A', 6, { a: u16(1), b: u16(4) }))).toEqual(['VW_LAYOUT_HOLE one.b']);
    expect(faultsOf(message('A', 9, { a: u32(1) }))).toEqual(['VW_LAYOUT_LENGTH one']);
    expect(faultsOf(message('A', 2, { n: u8(1), g: group(2, 'n', 3, { a: u16(0) }) }))).toContain(
      'VW_LAYOUT_LENGTH one.g',
    );
    expect(faultsOf(message('A', 2, { n: u8(1), g: group(2, 'n', 2, { a: u16(0) }) }))).toEqual([
      'VW_LAYOUT_LENGTH one',
    ]);
  });
  it('finds codes used twice, references to nothing and names a view cannot have', () => {
    expect(faultsOf({ a: message('A', 1, {}), b: message(['B', 'A'], 1, {}) })).toEqual(['VW_LAYOUT_CODE b']);
    expect(faultsOf(message('A', atLeast(1), { g: group(1, 'n', 2, { a: u16(0) }) }))).toEqual([
      'VW_LAYOUT_REFERENCE one',
    ]);
    expect(faultsOf(message('A', 2, { bind: u8(1) }))).toEqual(['VW_LAYOUT_NAME one.bind']);
    expect(faultsOf(message('A', 2, { Upper: u8(1) }))).toEqual(['VW_LAYOUT_NAME one.Upper']);
    expect(faultsOf(message('A', 13, { a: u64(1), aHigh: u32(9) }))).toEqual(['VW_LAYOUT_NAME one.aHigh']);
    expect(faultsOf(message('A', 2, { a: u8(1).bits({ x: 8 }) }))).toEqual(['VW_LAYOUT_BITS one.a.x']);
  });
  it('refuses types that JavaScript numbers cannot tell apart', () => {
    const wide = (size: number) =>
      new Decoder({
        ...{
          id: 'wide',
          venue: 'v',
          feed: 'f',
          version: '1',
          specification: 's',
          framing: 'f',
          byteOrder: 'big' as const,
        },
        header: { type: text(0, size) },
        messageType: 'type',
        messages: { a: message('A', size, {}) },
      });
    expect(check(wide(6))).toEqual([]);
    expect(check(wide(7)).map((f) => f.code)).toEqual(['VW_LAYOUT_TYPE']);
  });
  it('keeps an unsound table out of the native core', () => {
    expect(() => compileCatalogue(unchecked({ a: message('A', 3, { x: u8(1) }) }))).toThrow(
      expect.objectContaining({ code: 'VW_LAYOUT_LENGTH' }),
    );
  });
});

describe('a type of more than two bytes', () => {
  const korean = defineDecoder({
    id: 'wide',
    venue: 'v',
    feed: 'f',
    version: '1',
    specification: 's',
    framing: 'f',
    byteOrder: 'big',
    header: { code: text(0, 5) },
    messageType: 'code',
    messages: {
      quote: message(['B601S', 'B601Q'], 7, { n: digits(5, 2) }),
      trade: message('A301S', 6, { side: char(5) }),
    },
  });
  const index = (s: string) => korean.messageIndex(dataOf(Buffer.from(s, 'latin1')), 0, s.length);
  it('selects by all its characters, and not where the message ends inside them', () => {
    expect([index('B601S12'), index('B601Q12'), index('A301Sx'), index('A301Tx'), index('B601')]).toEqual([
      0, 0, 1, -1, -1,
    ]);
  });
  it('is written with the first of its codes, or with the one that is given', () => {
    expect(Buffer.from(encode(korean, 'quote', { n: 7 })).toString('latin1')).toBe('B601S07');
    expect(Buffer.from(encode(korean, 'quote', { code: 'B601Q', n: 7 })).toString('latin1')).toBe('B601Q07');
  });
  it('is compiled for the native core', () => {
    expect(compileCatalogue(korean).length).toBeGreaterThan(0);
  });
});

describe('numbers that stand for whole messages', () => {
  it('are FNV-1a, 64 bits', () => {
    const hash = new Fnv1a64();
    for (const c of Buffer.from('foobar')) hash.byte(c);
    expect(hash.value).toBe(0x85944171f73967e8n);
  });
  it('feed a message’s index, and each field’s place and bytes', () => {
    const d = table({ a: message('A', 2, { x: u8(1) }) });
    const hash = new Fnv1a64();
    for (const b of [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x41, 1, 0, 0, 0, 1, 0, 0, 0, 9]) hash.byte(b);
    expect(digest(d.view('a').bind(fromHex('4109'), 0, 2))).toBe(hash.value);
  });
  it('tell instruments apart', () => {
    const d = table({ a: message('A', 7, { symbol: text(1, 6) }) }, { instrument: 'symbol' });
    expect(instrumentKey(d, 'AB')).toBe(0x4142202020202020n);
    expect(instrumentKey(d, 'AB  ')).toBe(instrumentKey(d, 'AB'));
    expect(instrumentKey(table({ a: message('A', 5, { id: u32(1) }) }, { instrument: 'id' }), -1)).toBe(0xffffffffn);
  });
});
