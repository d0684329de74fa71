// What a feed delivered is in its log, entry by entry; any part of it, and the books of any moment, can be read again.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_BYTES } from '../../src/contract.js';
import { itch50 } from '../../src/decoders/itch50.js';
import type { EventView } from '../../src/events/view.js';
import { BLOCK_HEAD_BYTES, readHead, readJson, segmentBlock, segmentName } from '../../src/log/format.js';
import { cutLog, type Log, type LogNote, openLog, openLogWriter, verifyLog } from '../../src/log/index.js';
import { eachRecord, type Span } from '../../src/log/records.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue, type Venue } from '../../src/patterns/venue.js';
import { Random } from '../../src/simulator/random.js';
import { runPipelines, type SinkLedger, sinkBalances } from '../../src/sinks/index.js';
import { resolveVenue } from '../../src/venues/load.js';
import { booksDigest, booksOver, DAYS, feedOf, listing, newFolder, removeFolders, SMALL, write } from './log-days.js';

let folder = '';
let log: Log;
/** Each message and notice of the day, as the feed gave them. */
let day: string[] = [];
beforeAll(async () => {
  folder = newFolder();
  day = await listing((await feedOf()) as never);
  await write(folder);
  log = await openLog(folder);
});
afterAll(removeFolders);
/** Conditions are waited for as long as a loaded machine needs. */
const PATIENT = { timeout: 30_000 };

const logListing = (options: Parameters<Log['read']>[0] = {}) => listing(log.read(options) as never);

describe('a log', () => {
  it('gives what the feed delivered, messages and notices in their order', async () => {
    expect(day.filter((line) => line.startsWith('notice')).length).toBeGreaterThan(10);
    expect(await logListing()).toEqual(day);
    expect(log.end - log.first).toBe(day.length);
    const { segments, blocks, bytes } = log.statistics();
    expect(segments).toBeGreaterThan(3);
    expect(blocks).toBeGreaterThan(40);
    expect(bytes).toBeGreaterThan(100_000);
  });

  it('balances: accepted is written, dropped and pending, and all of it is durable when the writer is closed', async () => {
    const said = await write(newFolder());
    expect(said).toMatchObject({ accepted: day.length, written: day.length, dropped: 0, pending: 0, unsure: 0 });
    expect(said.durable).toBe(day.length);
    expect(said.failing).toBe('');
  });

  it.each(['clean', 'lossy'] as const)(
    'takes nothing from its feed: the same notices, the same count of messages (%s)',
    async (name) => {
      const heard = async (appends: boolean): Promise<unknown> => {
        const feed = await feedOf(DAYS[name]);
        const notices: string[] = [];
        feed.on('notice', (notice) => notices.push(JSON.stringify(notice)));
        const writer = openLogWriter(newFolder(), feed as never, SMALL);
        let messages = 0;
        for await (const batch of feed) {
          if (appends) writer.append(batch as never);
          // Who reads a batch that has been logged is counted once.
          if (messages % 2 === 0) batch.read({});
          messages++;
          if (writer.full) await writer.room();
        }
        await writer.close();
        const { handed, unread, delivered } = feed.statistics().reader;
        return { notices, handed, unread, delivered };
      };
      const [plain, logged] = [await heard(false), await heard(true)];
      expect(logged).toEqual(plain);
    },
  );

  it.each(['always', 'never', 50] as const)('holds the same whenever it is synced: %s', async (sync) => {
    const other = newFolder();
    await write(other, { ...SMALL, sync });
    expect(await listing((await openLog(other)).read() as never)).toEqual(day);
  });

  it('gives any part of it, cut inside runs too', async () => {
    const random = new Random(11);
    for (let i = 0; i < 20; i++) {
      const from = random.below(day.length);
      const to = from + random.below(day.length - from + 1);
      expect(await logListing({ from, to }), `[${from}, ${to})`).toEqual(day.slice(from, to));
    }
    expect(await logListing({ from: day.length })).toEqual([]);
  });

  it('finds the first entry that is later than a time', async () => {
    const times = day.map((line) => BigInt(line.split(' ')[line.startsWith('notice') ? 7 : 3] as string));
    const random = new Random(12);
    for (let i = 0; i < 30; i++) {
      const time = (times[random.below(times.length)] as bigint) + BigInt(random.below(3) - 1);
      const expected = times.findIndex((t) => t > time);
      expect(log.positionAt(time), String(time)).toBe(expected < 0 ? undefined : expected);
    }
    const half = times[day.length >> 1] as bigint;
    const at = log.positionAt(half) as number;
    expect(await logListing({ to: { time: half } })).toEqual(day.slice(0, at));
    expect(await logListing({ from: { time: half } })).toEqual(day.slice(at));
  });

  it('is added to by the next writer, and tells where one began and ended', async () => {
    const other = newFolder();
    await write(other);
    await write(other);
    const notes: LogNote[] = [];
    const again = await openLog(other);
    const lines = await listing(again.read({ note: (note) => notes.push(note) }) as never);
    expect(lines).toEqual([...day, ...day]);
    expect(notes.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'started new',
      'ended closed',
      'started goesOn',
      'ended closed',
    ]);
    expect(await again.verify()).toMatchObject({ isSound: true, entries: 2 * day.length, end: 2 * day.length });
  });

  it('is found whole by verify, message by message', async () => {
    const report = await log.verify();
    expect(report).toMatchObject({ isSound: true, faults: [], entries: day.length, end: day.length, dropped: 0 });
    expect(report.messages).toBe(day.filter((line) => !line.startsWith('notice')).length);
  });

  it('goes on as books do: openBooks takes its batches', async () => {
    const feed = await feedOf();
    const live = booksOver(feed);
    for await (const batch of feed) live.take(batch as never);
    const reader = log.read();
    const books = booksOver(reader);
    for await (const batch of reader) books.take(batch as never);
    expect(booksDigest(books)).toBe(booksDigest(live));
    expect(books.counters()).toEqual(live.counters());
  });
});

describe('books of a moment', () => {
  it('are those of the entries before it, with checkpoints and without; a checkpoint bounds what is read', async () => {
    const random = new Random(13);
    const moments = Array.from({ length: 6 }, () => random.below(day.length + 1));
    const digests = new Map<number, string>();
    for (const at of moments) {
      const { books, begin, fromCheckpoint } = await log.books(at);
      expect(begin).toBe(0);
      expect(fromCheckpoint).toBe(false);
      digests.set(at, booksDigest(books as never));
    }
    const made: number[] = [];
    expect(await log.checkpoint({ every: 300, made: ({ position }) => made.push(position) })).toBeGreaterThan(8);
    expect(log.statistics().checkpoints).toEqual(made);
    for (const at of moments) {
      const { books, begin, fromCheckpoint, position } = await log.books(at);
      expect(booksDigest(books as never), `before entry ${at}`).toBe(digests.get(at));
      expect(position).toBe(at);
      expect(fromCheckpoint).toBe(begin > 0);
      expect(at - begin).toBeLessThan(300 + 4096 / 24);
    }
    expect(await log.checkpoint({ every: 300 })).toBe(0);
  });

  it('at a time are those of everything received until then', async () => {
    const time = BigInt((day[1000] as string).split(' ')[3] as string);
    const { books, position } = await log.books({ time });
    expect(position).toBe(log.positionAt(time));
    expect(booksDigest(books as never)).toBe(booksDigest((await log.books(position)).books as never));
  });

  it('pass over a checkpoint that is not sound, and take the one before', async () => {
    const other = newFolder();
    await write(other);
    const own = await openLog(other);
    await own.checkpoint({ every: 1000 });
    const { checkpoints } = own.statistics();
    const [first, second] = checkpoints as [number, number];
    const path = join(other, 'checkpoints', readdirSync(join(other, 'checkpoints')).sort()[1] as string);
    const bytes = readFileSync(path);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
    writeFileSync(path, bytes);
    const { begin, books } = await own.books(second + 1);
    expect(begin).toBe(first);
    expect(booksDigest(books as never)).toBe(booksDigest((await log.books(second + 1)).books as never));
    expect((await own.verify()).faults).toMatchObject([{ type: 'damaged', path }]);
  });

  it('are refused for a moment that the log does not have', async () => {
    await expect(log.books(day.length + 1)).rejects.toMatchObject({ code: 'VW_LOG_GONE' });
  });
});

describe('a log of events', () => {
  it('gives the same records of 64 bytes, to handlers and as columns', async () => {
    const other = newFolder();
    const feed = await feedOf();
    const books = booksOver(feed);
    const writer = openLogWriter(other, feed as never, { ...SMALL, holds: 'events' });
    const given: Buffer[] = [];
    for await (const batch of feed) {
      books.takeEvents(batch as never, (records, count) => {
        given.push(Buffer.from(records.subarray(0, count * EVENT_BYTES)));
        writer.appendEvents(records, count);
      });
    }
    const { accepted } = await writer.close();
    const all = Buffer.concat(given);
    expect(accepted).toBe(all.length / EVENT_BYTES);
    const own = await openLog(other);
    const read: Buffer[] = [];
    let prices = 0n;
    let columns = 0n;
    const price = (event: EventView): void => {
      prices += event.price;
    };
    for await (const batch of own.read()) {
      read.push(Buffer.from(batch.records as Uint8Array));
      batch.events({ order: price });
      const { price: list, kind } = batch.eventColumns(['price', 'kind']).columns as unknown as {
        price: BigInt64Array;
        kind: Uint8Array;
      };
      for (let i = 0; i < batch.entries; i++) if (kind[i] === 0) columns += list[i] as bigint;
    }
    expect(Buffer.concat(read).equals(all)).toBe(true);
    expect(prices).toBe(columns);
    expect(prices).toBeGreaterThan(0n);
    const some: Buffer[] = [];
    for await (const batch of own.read({ from: 100, to: 333 })) some.push(Buffer.from(batch.records as Uint8Array));
    expect(Buffer.concat(some).equals(all.subarray(100 * EVENT_BYTES, 333 * EVENT_BYTES))).toBe(true);
    await expect(own.books(10)).rejects.toMatchObject({ code: 'VW_LOG_EVENTS' });
    expect(await own.verify()).toMatchObject({ isSound: true, entries: accepted });
  });
});

describe('a reader', () => {
  it('follows a writer at work, from the end or from where it stopped', async () => {
    const other = newFolder();
    const feed = await feedOf();
    const writer = openLogWriter(other, feed as never, SMALL);
    await writer.flush();
    const reader = (await openLog(other)).tail();
    const lines = listing(reader as never);
    for await (const batch of feed) {
      writer.append(batch as never);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writer.close();
    const seen = (await openLog(other)).read();
    for await (const batch of seen) if (batch.end > 100) break;
    await expect.poll(() => reader.position, PATIENT).toBe(day.length);
    reader.close();
    expect(await lines).toEqual(day);
  });

  it('begins again with the position that a consumer has kept with its result, and misses and repeats nothing', async () => {
    const random = new Random(14);
    let kept = 0;
    const all: string[] = [];
    while (kept < day.length) {
      const reader = log.read({ from: kept });
      const batches = 1 + random.below(5);
      let taken = 0;
      for await (const batch of reader) {
        all.push(...day.slice(batch.position, batch.end));
        kept = batch.end;
        if (++taken === batches) break;
      }
    }
    expect(all).toEqual(day);
  });

  it('reads a log of another version: names have other numbers there', async () => {
    const other = newFolder();
    mkdirSync(other);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.vwlog'))) {
      const bytes = readFileSync(join(folder, name));
      const head = readHead(bytes);
      if (head === undefined) throw new Error('no head');
      const meta = readJson(bytes.subarray(BLOCK_HEAD_BYTES, BLOCK_HEAD_BYTES + head.bytes)) as Record<
        string,
        string[]
      >;
      // Two names have changed their places since: what the bytes call by the one number is the other one.
      const swap = ([first, second, ...rest]: string[]) => [second as string, first as string, ...rest];
      const older = { ...meta, reasons: swap(meta.reasons as string[]), messages: swap(meta.messages as string[]) };
      const block = segmentBlock(older as never, { position: head.position, latestTime: head.latestTime, durable: 0 });
      const rest = bytes.subarray(BLOCK_HEAD_BYTES + Math.ceil(head.bytes / 8) * 8);
      // The index counts from the beginning of the file: without it the blocks are found by their heads.
      writeFileSync(join(other, name), Buffer.concat([block, rest]));
    }
    const [a, b] = log.decoder.names as [string, string];
    const count = async (from: Log, name: string) => {
      let n = 0;
      for await (const batch of from.read()) batch.read({ [name]: () => n++ } as never);
      return n;
    };
    const older = await openLog(other);
    expect(await count(older, a)).toBe(await count(log, b));
    expect(await count(older, b)).toBe(await count(log, a));
  });

  it('is told when what it wants has been deleted, or was never there', async () => {
    await expect(openLog(newFolder())).rejects.toMatchObject({ code: 'VW_LOG_EMPTY' });
    await expect(openLog(folder, { decoder: { id: 'other' } as never })).rejects.toMatchObject({
      code: 'VW_LOG_DECODER',
    });
    const other = newFolder();
    const said = await write(other, { ...SMALL, retain: { bytes: 100_000 } });
    expect(said.retired).toBeGreaterThan(1);
    const kept = await openLog(other);
    expect(kept.first).toBeGreaterThan(0);
    expect(kept.statistics().bytes).toBeLessThan(200_000);
    expect(await listing(kept.read() as never)).toEqual(day.slice(kept.first));
    expect(() => kept.read({ from: 0 })).toThrow(expect.objectContaining({ code: 'VW_LOG_GONE' }));
  });
});

describe('a writer', () => {
  it('is alone', async () => {
    const other = newFolder();
    const feed = await feedOf();
    const writer = openLogWriter(other, feed as never);
    expect(() => openLogWriter(other, feed as never)).toThrow(expect.objectContaining({ code: 'VW_LOG_LOCKED' }));
    await writer.close();
    await openLogWriter(other, feed as never).close();
    expect(() => writer.append({} as never)).toThrow(expect.objectContaining({ code: 'VW_LOG_CLOSED' }));
    feed.close();
  });

  it('refuses the log of another feed, and options that there are not', async () => {
    const feed = await feedOf();
    const refused = (options: object) => {
      expect(() => openLogWriter(newFolder(), feed as never, options)).toThrow(
        expect.objectContaining({ code: 'VW_LOG_OPTION' }),
      );
    };
    for (const options of [{ fsync: 'always' }, { sync: 0 }, { blockBytes: 1 }, { queueBytes: 5 }, { whenFull: 'x' }]) {
      refused(options);
    }
    const source = { venue: 'x', decoder: feed.decoder, channels: ['other'], lines: [], requesters: [], servers: [] };
    expect(() => openLogWriter(folder, source as never)).toThrow(expect.objectContaining({ code: 'VW_LOG_OTHER' }));
    expect(() => openLogWriter(folder, feed as never, { holds: 'events' })).toThrow(
      expect.objectContaining({ code: 'VW_LOG_OTHER' }),
    );
    feed.close();
  });

  it('leaves a folder without a file that nobody needs', () => {
    expect(readdirSync(folder).filter((name) => !/\.vwlog$|^writer\.lock$|^checkpoints$/.test(name))).toEqual([]);
    expect(existsSync(join(folder, 'checkpoints'))).toBe(true);
  });
});

describe('runs that no block takes whole', () => {
  it('are cut between messages, and a message that is too long is told', async () => {
    const feed = await feedOf(DAYS.clean);
    const parts: { entries: number; bytes: number }[] = [];
    let long = 0;
    let messages = 0;
    const most = 80;
    for await (const batch of feed) {
      const { words, view, mask } = feed.ring;
      const memory = { words, bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength), mask };
      eachRecord(memory, batch.from, batch.to, {
        room: most,
        most,
        take: (_memory, _at, bytes, { entries, messages: own }: Span) => {
          parts.push({ entries, bytes });
          messages += own;
        },
        next: () => {},
        tooLong: () => {
          long++;
        },
      });
    }
    expect(parts.every(({ bytes }) => bytes <= most)).toBe(true);
    expect(long).toBeGreaterThan(0);
    expect(messages + long).toBe(2000);
  });
});

describe('damage', () => {
  const damagedCopy = async (change: (bytes: Buffer) => void): Promise<string> => {
    const other = newFolder();
    await write(other);
    const name = readdirSync(other)
      .filter((file) => file.endsWith('.vwlog'))
      .sort()[1] as string;
    const bytes = readFileSync(join(other, name));
    change(bytes);
    writeFileSync(join(other, name), bytes);
    return other;
  };

  it('in a segment is refused by a reader, named by verify, and cut by cut', async () => {
    const other = await damagedCopy((bytes) => {
      bytes[20_000] = (bytes[20_000] as number) ^ 0x10;
    });
    const own = await openLog(other);
    await expect(listing(own.read() as never)).rejects.toMatchObject({ code: 'VW_LOG_DAMAGED' });
    const report = await own.verify();
    expect(report.isSound).toBe(false);
    expect(report.faults[0]).toMatchObject({ type: 'damaged' });
    const cut = await cutLog(other);
    expect(cut?.files.every((path) => existsSync(path))).toBe(true);
    expect(await own.verify()).toMatchObject({ isSound: true, end: cut?.position });
    expect(await listing(own.read() as never)).toEqual(day.slice(0, cut?.position));
    expect(await cutLog(other)).toBeUndefined();
    const writer = openLogWriter(other, (await feedOf()) as never, SMALL);
    expect(writer.position).toBe(cut?.position);
    await writer.close();
  });

  it.each([
    ['always', 'in front of entries that were durable is no torn end: no writer cuts it by itself'],
    ['never', 'in front of entries that nobody called durable is a torn end'],
  ] as const)('%s: %s', async (sync, _says) => {
    const other = newFolder();
    await write(other, { ...SMALL, sync, segmentBytes: 1 << 20 });
    const name = join(other, segmentName(0));
    const bytes = readFileSync(name);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(name, bytes);
    const feed = await feedOf();
    const open = () => openLogWriter(other, feed as never, SMALL);
    if (sync === 'always') {
      expect(open).toThrow(expect.objectContaining({ code: 'VW_LOG_DAMAGED' }));
    } else {
      const writer = open();
      expect(writer.cutBytes).toBeGreaterThan(50_000);
      expect(writer.position).toBeLessThan(day.length);
      await writer.close();
      const report = await verifyLog(other);
      expect(report.isSound).toBe(true);
      expect(report.notes).toContainEqual(expect.objectContaining({ type: 'tornTail', code: 'VW_LOG_TORN' }));
      expect(await listing((await openLog(other)).read() as never)).toEqual(day.slice(0, writer.position));
    }
    feed.close();
  });
});

describe('a pipeline into a log', () => {
  const dayVenue = async (pipeline: object) => {
    const lines = { A: captureFile('a'), B: captureFile('b') };
    const day = { name: 'day', decoder: itch50, framing: 'moldudp64', lines, pipelines: { day: pipeline } };
    return (await resolveVenue(defineVenue(day as never))) as Venue;
  };
  const options = { feed: { capture: DAYS.lossy, ringBytes: 65_536 } };

  it('has everything once, whatever it is stopped by, and goes on where it stopped', async () => {
    const other = newFolder();
    const sink = { type: 'log', folder: other, segmentBytes: 32_768, blockBytes: 4096, sync: 'always' };
    const venue = await dayVenue({ shape: { type: 'records' }, sink, queue: { writeRows: 2 } });
    let stopped = 0;
    for (const batches of [3, 7, 15]) {
      const run = await runPipelines(venue, options);
      await expect.poll(() => (run.statistics().day?.writes ?? 0) >= batches || run.feed.closed, PATIENT).toBe(true);
      const { pipelines } = await run.close();
      expect(pipelines.day?.delivery).toBe('exactlyOnce');
      expect(sinkBalances(pipelines.day?.ledger as SinkLedger)).toBe(true);
      stopped = (await openLog(other)).end;
    }
    expect(stopped).toBeGreaterThan(0);
    const last = await (await runPipelines(venue, options)).done;
    expect(last.pipelines.day).toMatchObject({ failing: '', ledger: { pending: 0, dropped: 0, refused: 0 } });
    expect(last.pipelines.day?.resumed).toBeGreaterThan(0);
    const own = await openLog(other);
    expect(await listing(own.read() as never)).toEqual(day);
    expect(await own.verify()).toMatchObject({ isSound: true, entries: day.length });
  });

  it('is refused for another shape', async () => {
    const sink = { type: 'log', folder: newFolder() };
    await expect(dayVenue({ shape: { type: 'events' }, sink })).rejects.toThrow(
      'log and shape records belong together',
    );
  });
});
