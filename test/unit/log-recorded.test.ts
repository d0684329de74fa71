// A day has two recordings: packets of both lines (pcapng) and the log of what was delivered. Either makes the other again.
import { afterAll, expect, test } from 'vitest';
import { openBooks } from '../../src/books/books.js';
import { record } from '../../src/capture/record.js';
import { itch50 } from '../../src/decoders/itch50.js';
import type { Position } from '../../src/feed/batch.js';
import type { Batch, Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import type { View } from '../../src/layout/index.js';
import { openLog, openLogWriter } from '../../src/log/index.js';
import { waitForOtherLine } from '../../src/patterns/index.js';
import type { Venue } from '../../src/patterns/venue.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { LoopbackVenue } from '../../src/simulator/loopback-venue.js';
import { booksDigest, newFolder, removeFolders, SMALL } from './log-days.js';

afterAll(removeFolders);
const MESSAGES = 4_000;

/** What was delivered, as one number, and the books that it makes. */
async function told(source: AsyncIterable<Batch<never>> & Pick<Feed, 'ring'>) {
  const digest = new StreamDigest();
  const { view } = source.ring;
  const memory = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const take = (m: View, at: Position): void => digest.add(at.sequence, memory, m.$at, m.$length);
  const handlers = Object.fromEntries(itch50.names.map((name) => [name, take]));
  const books = openBooks(source as never);
  for await (const batch of source) {
    books.take(batch as never);
    batch.read(handlers as never, {});
  }
  return { digest: digest.toString(), messages: digest.count, books: booksDigest(books as never) };
}

test('the pcapng of both lines and the log of the same day agree by digest, whatever a line loses', async () => {
  const venue = new LoopbackVenue({
    publisher: { heartbeatNs: 50_000_000, endPackets: 4 },
    ...{ seed: 33, messages: MESSAGES, rate: 20_000, faults: [{ loss: 0.3 }, {}] },
  });
  await venue.start();
  // What is given up depends on when packets are read; with time enough, the other line brings all of it in any run.
  const patient = { recovery: [waitForOtherLine({ for: '20s' }) as Venue['recovery'][number]] };
  const declared: Venue = { ...venue.venue({ recovery: [], join: 'beginning' }), ...patient };
  const folder = newFolder();
  const path = `${folder}.pcapng`;
  const groups = Object.values(declared.lines ?? {}).map((line) => {
    const [ip = '', port = ''] = (line as { readonly address: string }).address.split(':');
    return { ip, port: Number(port), source: '' };
  });
  const ending = new AbortController();
  let seen = { packets: -1, started: false };
  let isOver = false;
  const recording = record({
    path,
    sources: [{ interface: 'lo', groups }],
    receive: 'socket',
    ...{ receiveBufferBytes: 4 << 20, rotateBytes: 0, rotateNs: 0, keep: 0 },
    signal: ending.signal,
    after: ({ packets, receive }) => {
      // The feed is over, and nothing more has come since the last look.
      if (isOver && packets > 0 && packets === seen.packets) ending.abort();
      seen = { packets, started: receive.length > 0 };
    },
  });
  const feed = await openFeed(declared);
  feed.on('sessionEnded', () => feed.close());
  const writer = openLogWriter(folder, feed as never, SMALL);
  const reading = (async () => {
    for await (const batch of feed) writer.append(batch as never);
  })();
  await expect.poll(() => seen.started && feed.receive.length > 0, { timeout: 30_000 }).toBe(true);
  venue.begin();
  await reading;
  isOver = true;
  await writer.close();
  const { packets, dropped } = await recording;
  await venue.stop();
  expect(dropped).toBe(0);
  expect(packets).toBeGreaterThan(100);
  expect(venue.stats().lost[0]).toBeGreaterThan(10);

  const fromLog = await told((await openLog(folder)).read() as never);
  const fromPackets = await told((await openFeed(declared, { capture: { file: path } })) as never);
  expect(fromLog).toEqual(fromPackets);
  expect(fromLog.messages).toBe(MESSAGES);

  // The log made again of the packets, another day, is the same log by digest.
  const again = newFolder();
  const replayed = await openFeed(declared, { capture: { file: path } });
  const second = openLogWriter(again, replayed as never, SMALL);
  for await (const batch of replayed) second.append(batch as never);
  await second.close();
  expect(await told((await openLog(again)).read() as never)).toEqual(fromLog);
});
