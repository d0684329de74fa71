import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type * as contract from '../../src/contract.js';
import { CONTRACT, CONTRACT_AT, NOTICE_TYPE, REASON } from '../../src/contract.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { compileEvents } from '../../src/events/compile.js';
import { compileFast, FastDecoder } from '../../src/fast/index.js';
import { Dispatcher, read } from '../../src/feed/batch.js';
import { compileVenue } from '../../src/feed/compile.js';
import { Ring } from '../../src/feed/ring.js';
import { compileCatalogue, type EventRoles } from '../../src/layout/index.js';
import {
  ANY_THREAD,
  type LineDescription,
  type NativeAddon,
  type NativeBookCounter,
  type NativeBooks,
  type NativeExternal,
  type NativeFastDecoder,
  type NativeFeed,
  type NativeSession,
  native,
} from '../../src/native.js';
import { defineVenue, udpUnicast } from '../../src/patterns/index.js';
import { simulatedTotalView } from '../../src/simulator/scenario.js';

const root = new URL('../../', import.meta.url);
const { generated } = (await import(new URL('scripts/contract.mjs', root).href)) as {
  generated(declaration?: string): Record<string, string>;
};

describe('the contract between the languages', () => {
  test.each(Object.entries(generated()))('%s is what its declaration makes', (path, text) => {
    expect(readFileSync(new URL(path, root), 'utf8')).toBe(text);
  });

  test('a line in the declaration is all that a new notice, reason, counter or reply action takes', () => {
    const source = readFileSync(new URL('native/contract/contract.yaml', root), 'utf8');
    const added = source
      .replace('      lineUp: ', '      lineMoved: a new notice\n      lineUp: ')
      .replace('      quota: ', '      holiday: a new reason\n      quota: ')
      .replace('    resets: [', '    newThings: [counter, events, a new counter]\n    resets: [')
      .replace('      goodbye: ', '      greet: a new action\n      goodbye: ');
    const files = generated(added);
    for (const name of ['lineMoved', 'holiday', 'newThings', 'greet']) {
      expect(files['src/contract.ts']).toContain(name);
      expect(files['native/contract/contract.hpp']).toContain(name);
    }
    expect(files['src/contract.ts']).not.toContain(`CONTRACT = 0x${CONTRACT.toString(16).padStart(8, '0')}`);
  });

  test('a line in the compiled form is one for both sides, in the same order', () => {
    const source = readFileSync(new URL('native/contract/contract.yaml', root), 'utf8');
    const files = generated(source.replace('    restarts: flag\n', '    restarts: flag\n    brandNew: u32\n'));
    expect(files['native/contract/compiled.hpp']).toMatch(/out\.restarts = .*\n.*\n {2}out\.brand_new = r\.u32\(\);/);
    expect(files['src/feed/compile/records.ts']).toMatch(/w\.flag\(v\.restarts\);\n {2}w\.u32\(v\.brandNew\);/);
  });

  test('so it is in tables, event programs and FAST programs', () => {
    const source = readFileSync(new URL('native/contract/contract.yaml', root), 'utf8');
    const files = generated(source.replace('    exponentAt: u32\n', '    brandNew: u16\n    exponentAt: u32\n'));
    expect(files['native/contract/compiled.hpp']).toMatch(/out\.brand_new = r\.u16\(\);\n.*\n {2}out\.exponent_at = /);
    expect(files['src/layout/records.ts']).toMatch(/w\.u16\(v\.brandNew\);\n {2}w\.u32\(v\.exponentAt\);/);
    expect(files['src/contract.ts']).not.toContain(`CONTRACT = 0x${CONTRACT.toString(16).padStart(8, '0')}`);
  });

  test('each compiled form begins with the contract, and no other one is read', () => {
    const table = compileCatalogue(itch50);
    const program = compileEvents(itch50, itch50.events as EventRoles);
    const { bytes: fast } = compileFast(new FastDecoder([]).program);
    const ring = new Ring(1, 65536);
    const open = {
      table: (b: Uint8Array) => native().digest(b, new Uint8Array(0)),
      program: (b: Uint8Array) =>
        new (native().Books)(Buffer.concat([table, b]), ring.bytes, ring.dataAt, ring.dataBytes, null),
      fast: (b: Uint8Array) => new (native().FastDecoder)(b, 100, 100, 10, 1000, true),
    };
    for (const [name, bytes] of Object.entries({ table, program, fast })) {
      expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true), name).toBe(CONTRACT);
      const other = Uint8Array.from(bytes);
      other[0] = (other[0] as number) ^ 1;
      const run = open[name as keyof typeof open];
      expect(() => run(bytes), name).not.toThrow();
      expect(() => run(other), name).toThrow();
    }
  });

  test('wording alone makes no other version', () => {
    const source = readFileSync(new URL('native/contract/contract.yaml', root), 'utf8');
    const files = generated(source.replace('      gapOpened: numbers are missing', '      gapOpened: said otherwise'));
    expect(files['src/contract.ts']).toContain(`CONTRACT = 0x${CONTRACT.toString(16).padStart(8, '0')}`);
  });

  test.each([
    ['a counter of no kind', '    resets: [counter, ', '    resets: [tally, '],
    ['a counter of no unit', '    resets: [counter, events', '    resets: [counter, apples'],
    ['a field of no type', 'length: u32, type: u16', 'length: u24, type: u16'],
    ['a field that a compiler would pad', 'length: u32, type: u16', 'length: u16, type: u64'],
    ['counters inside a cache line that is written', 'counters: [256', 'counters: [200'],
  ])('%s is refused', (_, from, to) => {
    const source = readFileSync(new URL('native/contract/contract.yaml', root), 'utf8');
    expect(source).toContain(from);
    expect(() => generated(source.replace(from, to))).toThrow();
  });

  test('notices and reasons are literals of their types', () => {
    const notice: contract.NoticeType = NOTICE_TYPE[1];
    const reason: contract.Reason = REASON[1];
    expect([notice, reason]).toEqual(['gapOpened', 'otherLine']);
  });
});

describe('the addon', () => {
  const addon = native();
  const compiled = compileVenue(simulatedTotalView({}));
  const newRing = () => new Ring(compiled.channels.length, 65536);
  const methods = (of: object) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(of))
      .filter((name) => name !== 'constructor')
      .sort();
  const keys = <T>(declared: Record<keyof T, true>) => Object.keys(declared).sort();

  test('is of this contract', () => {
    expect(addon.contract).toBe(CONTRACT);
  });

  test('has exactly what native.ts declares', () => {
    expect(Object.keys(addon).sort()).toEqual(
      keys<NativeAddon>({
        contract: true,
        Session: true,
        Feed: true,
        Books: true,
        Columns: true,
        External: true,
        FastDecoder: true,
        MulticastReplay: true,
        Recorder: true,
        alignment: true,
        SharedRingReader: true,
        SharedRingWriter: true,
        crc32c: true,
        digest: true,
        lockFile: true,
      }),
    );
  });

  test('a session has exactly what native.ts declares', () => {
    const ring = newRing();
    const session = new addon.Session(compiled.spec, ring.bytes, ring.dataAt, ring.dataBytes);
    expect(methods(session)).toEqual(
      keys<NativeSession>({
        datagram: true,
        stream: true,
        connected: true,
        received: true,
        closed: true,
        service: true,
        actions: true,
        resume: true,
        settled: true,
        finish: true,
        ledgerBalances: true,
        coverage: true,
        updateGauges: true,
      }),
    );
  });

  test('a feed has exactly what native.ts declares, and describes its lines so', async () => {
    const ring = newRing();
    const { spec } = compileVenue(
      defineVenue({ name: 'one', decoder: itch50, lines: { A: udpUnicast('127.0.0.1:31877') } }),
    );
    const live = {
      kind: 'live',
      receiveBufferBytes: 65536,
      busyPollUs: 0,
      preferBusyPoll: false,
      stamps: false,
      spin: false,
      ...ANY_THREAD,
    } as const;
    const feed = new addon.Feed(spec, ring.bytes, ring.dataAt, ring.dataBytes, live, null);
    try {
      expect(methods(feed)).toEqual(
        keys<NativeFeed>({ start: true, close: true, wait: true, failure: true, describe: true, keepAlive: true }),
      );
      feed.start();
      await expect.poll(() => feed.describe().lines.length).toBeGreaterThan(0);
      expect(Object.keys(feed.describe().lines[0] as object).sort()).toEqual(
        keys<LineDescription>({ name: true, receiveBufferBytes: true, bufferIsShort: true, kernelDrops: true }),
      );
    } finally {
      feed.close();
    }
  });

  test('external connections have exactly what native.ts declares, and belong to one feed', () => {
    const ring = newRing();
    const { spec } = compileVenue(
      defineVenue({ name: 'one', decoder: itch50, lines: { A: udpUnicast('127.0.0.1:31877') } }),
    );
    const external = new addon.External([{ line: true, index: 0, connects: false }], () => {});
    expect(methods(external)).toEqual(
      keys<NativeExternal>({
        connected: true,
        bytes: true,
        datagram: true,
        closed: true,
        actions: true,
        release: true,
      }),
    );
    const live = {
      kind: 'live',
      receiveBufferBytes: 65536,
      busyPollUs: 0,
      preferBusyPoll: false,
      stamps: false,
      spin: false,
      ...ANY_THREAD,
      external,
    } as const;
    const feedWith = (source: object) =>
      new addon.Feed(spec, ring.bytes, ring.dataAt, ring.dataBytes, { ...live, ...source }, null);
    const feed = feedWith({});
    // Nothing is connected to before the feed runs.
    expect(external.bytes(0, 1, new Uint8Array(1))).toBe('gone');
    expect(external.actions()).toEqual([]);
    expect(() => feedWith({})).toThrow(/another feed/);
    for (const ends of [
      [{ line: true, index: 1 }],
      [{ line: false, index: 0 }],
      [
        { line: true, index: 0 },
        { line: true, index: 0 },
      ],
    ]) {
      const wrong = new addon.External(
        ends.map((end) => ({ ...end, connects: false })),
        () => {},
      );
      expect(() => feedWith({ external: wrong })).toThrow(/not declared, or the same one twice/);
      wrong.release();
    }
    expect(() => feedWith({ external: {} })).toThrow(/an External of this addon/);
    feed.close();
    external.release();
    external.release();
    expect(external.bytes(0, 1, new Uint8Array(1))).toBe('gone');
  });

  test('books have exactly what native.ts declares', () => {
    const ring = newRing();
    const table = Buffer.concat([compileCatalogue(itch50), compileEvents(itch50, itch50.events as EventRoles)]);
    const books = new addon.Books(table, ring.bytes, ring.dataAt, ring.dataBytes, null);
    expect(methods(books)).toEqual(
      keys<NativeBooks>({
        take: true,
        save: true,
        load: true,
        restart: true,
        depth: true,
        queue: true,
        keys: true,
        name: true,
        instruments: true,
        updates: true,
        size: true,
        counters: true,
        consistent: true,
      }),
    );
    expect(Object.keys(books.counters()).sort()).toEqual(
      keys<Record<NativeBookCounter, number>>({
        messages: true,
        operations: true,
        events: true,
        unknownOrders: true,
        duplicateOrders: true,
        overfilled: true,
        unknownLevels: true,
        crossed: true,
        locked: true,
        refused: true,
        trades: true,
        mostOrders: true,
        malformed: true,
        orders: true,
        levels: true,
        bytes: true,
      }),
    );
  });

  test('a FAST decoder has exactly what native.ts declares', () => {
    const { bytes } = compileFast(new FastDecoder([]).program);
    expect(methods(new addon.FastDecoder(bytes, 100, 100, 10, 1000, true))).toEqual(
      keys<NativeFastDecoder>({ reset: true, decode: true, record: true, digest: true, counts: true }),
    );
  });

  test('a ring that a core of another version writes is refused', () => {
    const ring = newRing();
    new addon.Session(compiled.spec, ring.bytes, ring.dataAt, ring.dataBytes);
    const dispatcher = new Dispatcher(ring, itch50, {});
    read(ring, 0, 0, dispatcher);
    const other = newRing();
    new Uint32Array(other.memory, other.bytes.byteOffset)[CONTRACT_AT / 4] = CONTRACT + 1;
    expect(() => read(other, 0, 1, new Dispatcher(other, itch50, {}))).toThrow(
      expect.objectContaining({ code: 'VW_RING_CONTRACT' }),
    );
  });
});
