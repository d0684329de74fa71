import { describe, expect, test } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { VenueHistory } from '../../src/simulator/history.js';
import { BookAt, ItchBook } from '../../src/simulator/itch-book.js';
import { ItchGenerator, LONGEST_ITCH_MESSAGE, stockName } from '../../src/simulator/itch-generator.js';
import { Random } from '../../src/simulator/random.js';

const day = (seed: number, messages = 20_000, symbols = 50) =>
  VenueHistory.generate(new ItchGenerator({ seed, symbols, messages }));

function* messages(history: VenueHistory) {
  for (let s = history.first; s < history.next; s++) {
    const bytes = history.message(s);
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const index = itch50.messageIndex(data, 0, bytes.length);
    yield { bytes, data, index, name: itch50.names[index] ?? '?' };
  }
}

describe('Random', () => {
  test('gives the same numbers for the same seed and others for another', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 8 },
        (
          (r) => () =>
            r.u32()
        )(new Random(seed)),
      );
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(0).every((n) => n === 0)).toBe(false);
  });

  test('forks by name, whatever was drawn before', () => {
    const a = new Random(1);
    const b = new Random(1);
    for (let i = 0; i < 100; i++) b.u32();
    expect(a.fork('x').u32()).toBe(b.fork('x').u32());
    expect(a.fork('x').u32()).not.toBe(a.fork('y').u32());
  });

  test('draws evenly and hits probabilities', () => {
    const r = new Random(3);
    const seen = new Array<number>(10).fill(0);
    let hits = 0;
    for (let i = 0; i < 100_000; i++) {
      seen[r.below(10)] = (seen[r.below(10)] as number) + 1;
      if (r.chance(0.05)) hits++;
    }
    expect(Math.min(...seen)).toBeGreaterThan(9_000);
    expect(hits).toBeGreaterThan(4_700);
    expect(hits).toBeLessThan(5_300);
    expect(r.chance(0)).toBe(false);
    expect(r.chance(1)).toBe(true);
  });
});

describe('StreamDigest', () => {
  test('is FNV-1a over number, length and bytes', () => {
    const digest = new StreamDigest();
    digest.add(0x1_0000_0002, Uint8Array.of(9, 65, 66, 9), 1, 2);
    let expected = 0xcbf29ce484222325n;
    for (const b of [2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 65, 66]) {
      expected = BigInt.asUintN(64, (expected ^ BigInt(b)) * 0x100000001b3n);
    }
    expect(digest.value).toBe(expected);
    expect(digest.count).toBe(1);
  });
});

describe('ItchGenerator', () => {
  test('gives the same day for the same seed and another day for another', () => {
    expect(day(1).digest()).toBe(day(1).digest());
    expect(day(1).digest()).not.toBe(day(2).digest());
  });

  test('gives the same messages one by one and into a buffer', () => {
    const options = { seed: 5, symbols: 3, messages: 500 };
    const one = new ItchGenerator(options);
    const other = new ItchGenerator(options);
    const buffer = new Uint8Array(LONGEST_ITCH_MESSAGE + 3);
    for (let i = 0; i < 500; i++) {
      const n = other.writeInto(buffer, 3);
      expect(one.next()).toEqual(buffer.slice(3, 3 + n));
    }
    expect(one.next()).toBeNull();
    expect(other.writeInto(buffer, 0)).toBe(0);
  });

  test('writes only messages of the table, at their exact lengths', () => {
    const names = new Set<string>();
    for (const m of messages(day(11, 60_000))) {
      expect(m.index).toBeGreaterThanOrEqual(0);
      if (itch50.lengthCheck(m.index, m.bytes.length) !== 'ok') expect.fail(`${m.name} of ${m.bytes.length} bytes`);
      names.add(m.name);
    }
    expect(names.size).toBeGreaterThanOrEqual(19);
  });

  test('opens with a directory, trading actions and short-sale states and closes with the end events', () => {
    const all = [...messages(day(2, 1_000, 10))];
    const names = all.map((m) => m.name);
    expect(names.slice(0, 12)).toEqual(['systemEvent', ...Array(10).fill('stockDirectory'), 'stockTradingAction']);
    expect(names[21]).toBe('regShoRestriction');
    const codes = all
      .filter((m) => m.name === 'systemEvent')
      .map((m) => itch50.view('systemEvent').bind(m.data, 0, m.bytes.length).eventCode);
    expect(codes.join('')).toBe('OSQMEC');
    expect(names.slice(-3)).toEqual(['systemEvent', 'systemEvent', 'systemEvent']);
    const first = all[1];
    expect(first && itch50.view('stockDirectory').bind(first.data, 0, first.bytes.length).stock).toBe(stockName(0));
  });

  test('keeps timestamps from falling and within the day', () => {
    let before = 0;
    const view = itch50.view('orderDelete');
    for (const m of messages(day(3))) {
      const now = view.bind(m.data, 0, m.bytes.length).timestamp;
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
    expect(before).toBeLessThan(86_400e9);
  });

  test('lets every order reference live once and executes no more than is left', () => {
    const history = day(4, 100_000);
    const book = new ItchBook();
    for (let s = history.first; s < history.next; s++) book.apply(history.message(s));
    expect(book.faults).toBe(0);
    expect(book.openOrders).toBeGreaterThan(100);
  });

  test('mixes messages as a real day does', () => {
    const counts = new Map<string, number>();
    for (const m of messages(day(6, 50_000, 10))) counts.set(m.name, (counts.get(m.name) ?? 0) + 1);
    const share = (...names: string[]) => names.reduce((n, name) => n + (counts.get(name) ?? 0), 0) / 50_000;
    expect(share('addOrder', 'addOrderWithMpid')).toBeCloseTo(0.45, 1);
    expect(share('orderDelete')).toBeCloseTo(0.4, 1);
    expect(share('orderReplace')).toBeCloseTo(0.07, 1);
    expect(share('orderExecuted', 'orderExecutedWithPrice')).toBeCloseTo(0.041, 2);
    expect(share('orderCancel')).toBeCloseTo(0.02, 2);
  });

  test('bounds the open orders', () => {
    const generator = new ItchGenerator({ seed: 1, symbols: 2, messages: 20_000, openOrders: 50 });
    let most = 0;
    while (generator.next() !== null) most = Math.max(most, generator.openOrders);
    expect(most).toBe(50);
  });

  test('opens the standing orders before any is deleted, and goes on with the usual mix', () => {
    const options = { seed: 2, symbols: 3, messages: 9_000, openOrders: 3_000, standingOrders: 2_000 };
    const generator = new ItchGenerator(options);
    const isDelete = itch50.indexOf('orderDelete');
    let first: number | undefined;
    for (let m = generator.next(); m !== null; m = generator.next()) {
      if (itch50.messageIndex(new DataView(m.buffer), 0, m.length) === isDelete) first ??= generator.openOrders;
    }
    expect(first).toBe(1_999);
    expect(generator.openOrders).toBeGreaterThan(1_900);
    let open = 0;
    generator.eachOpenOrder(({ shares, price }) => {
      if (shares > 0 && price > 0) open++;
    });
    expect(open).toBe(generator.openOrders);
    expect(() => new ItchGenerator({ ...options, standingOrders: 3_000 })).toThrow(
      expect.objectContaining({ code: 'VW_SIMULATOR_OPTION' }),
    );
  });

  test('refuses a day that is too short for its stocks', () => {
    expect(() => new ItchGenerator({ seed: 1, symbols: 20, messages: 60 })).toThrow(
      expect.objectContaining({ code: 'VW_SIMULATOR_OPTION' }),
    );
  });
});

describe('BookAt', () => {
  test('gives a snapshot that continues exactly as the whole day does', () => {
    const history = day(8, 5_000, 5);
    const middle = 3_000;
    const snapshot = new BookAt(history).at(middle).snapshot();
    const late = new ItchBook();
    for (const m of snapshot) late.apply(m);
    for (let s = middle; s < history.next; s++) late.apply(history.message(s));
    const whole = new BookAt(history).at(history.next);
    expect(late.faults).toBe(0);
    // The same orders; the order in which they were added differs.
    const sorted = (book: ItchBook) =>
      book
        .snapshot()
        .map((m) => Buffer.from(m).toString('hex'))
        .sort();
    expect(sorted(late)).toEqual(sorted(whole));
  });

  test('starts over for an older position', () => {
    const books = new BookAt(day(8, 1_000, 5));
    const early = books.at(400).snapshot();
    books.at(900);
    expect(books.at(400).snapshot()).toEqual(early);
  });
});

describe('VenueHistory', () => {
  test('reads back what it writes as a BinaryFILE', () => {
    const history = day(9, 300, 3);
    const copy = VenueHistory.fromBinaryFile(history.toBinaryFile());
    expect(copy.length).toBe(300);
    expect(copy.digest()).toBe(history.digest());
    expect(() => VenueHistory.fromBinaryFile(history.toBinaryFile().subarray(0, 100))).toThrow(
      expect.objectContaining({ code: 'VW_SIMULATOR_FILE' }),
    );
  });

  test('refuses numbers that the venue has not used', () => {
    const history = day(9, 300, 3);
    for (const s of [0, 302, Number.NaN]) {
      expect(() => history.blocks(s, s + 1)).toThrow(expect.objectContaining({ code: 'VW_SIMULATOR_RANGE' }));
    }
  });

  test('falls unevenly on the stocks, and on new orders, where that is asked for', () => {
    const day = (more: object) => {
      const generator = new ItchGenerator({
        seed: 5,
        symbols: 200,
        messages: 60_000,
        openOrders: 20_000,
        standingOrders: 10_000,
        ...more,
      });
      const perStock = new Map<number, number>();
      let newest = 0;
      let deleted = 0;
      let young = 0;
      for (let m = generator.next(); m !== null; m = generator.next()) {
        const v = new DataView(m.buffer, m.byteOffset);
        const type = String.fromCharCode(m[0] as number);
        if (type === 'A') {
          perStock.set(v.getUint16(1), (perStock.get(v.getUint16(1)) ?? 0) + 1);
          newest = Number(v.getBigUint64(11));
        }
        if (type !== 'D') continue;
        deleted++;
        // References grow by 4 an order on average: an eighth of what stands is young.
        if (newest - Number(v.getBigUint64(11)) < 4 * 1_250) young++;
      }
      const all = [...perStock.values()];
      return { busiest: Math.max(...all) / all.reduce((a, b) => a + b), young: young / deleted };
    };
    const even = day({});
    const uneven = day({ symbolSkew: 1, recency: 0.9 });
    expect(even.busiest).toBeLessThan(0.01);
    expect(uneven.busiest).toBeGreaterThan(0.12);
    expect(even.young).toBeLessThan(0.3);
    expect(uneven.young).toBeGreaterThan(0.45);
    for (const wrong of [{ symbolSkew: -1 }, { symbolSkew: 4 }, { recency: 1.1 }]) {
      expect(() => day(wrong)).toThrowError(expect.objectContaining({ code: 'VW_SIMULATOR_OPTION' }));
    }
  });
});
