/** Recordings of venues that send text, through the same feed: books, checksums, numbers, and what is told when they break. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openBooks } from '../../src/books/index.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/open.js';
import { crc32 } from '../../src/internet/crc32.js';
import type { Venue } from '../../src/patterns/index.js';
import { binanceSpot } from '../../src/venues/binance-spot.js';
import { krakenFutures } from '../../src/venues/kraken-futures.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import { krakenSpotV1 } from '../../src/venues/kraken-spot-v1.js';
import { oanda } from '../../src/venues/oanda.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-recordings-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
interface Said {
  readonly text: string;
  readonly dir?: 'in' | 'out' | 'open' | 'http';
  readonly url?: string;
}
const frame = ({ text, dir = 'in', url }: Said, i: number): string =>
  JSON.stringify({ t: `${1_700_000_000 + i}.5`, dir, ...(url === undefined ? {} : { url }), text });
function recording(said: readonly (string | Said)[], packed = false): string {
  const path = join(folder, `${++files}.frames.jsonl${packed ? '.gz' : ''}`);
  const lines = `${said.map((s, i) => frame(typeof s === 'string' ? { text: s } : s, i)).join('\n')}\n`;
  writeFileSync(path, packed ? gzipSync(lines) : lines);
  return path;
}

/** Plays a recording to its end. */
async function played(venue: Venue, file: string) {
  const feed = await openFeed(venue, { capture: { file } });
  const books = openBooks(feed);
  const told: string[] = [];
  feed.on('notice', (n) => {
    const range = n.type.startsWith('gap') ? ` ${n.begin}..${n.end}` : '';
    if (n.type !== 'endOfData') told.push(`${feed.channels[n.channel]} ${n.type}${range}`);
  });
  for await (const batch of feed) books.take(batch);
  const { ledger } = feed.statistics();
  expect(ledger.expected).toBe(ledger.delivered + ledger.recovered + ledger.abandoned + ledger.inFlight);
  return { feed, books, told, ledger, session: feed.session };
}

/** The levels of Kraken's published examples, with their checksums. */
const V2 = `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","asks":[${[
  [45285.2, '0.00100000'],
  [45286.4, '1.54571953'],
  [45286.6, '1.54571109'],
  [45289.6, '1.54560911'],
  [45290.2, '0.15890660'],
  [45291.8, '1.54553491'],
  [45294.7, '0.04454749'],
  [45296.1, '0.35380000'],
  [45297.5, '0.09945542'],
  [45299.5, '0.18772827'],
]
  .map(([p, q]) => `{"price":${p},"qty":${q}}`)
  .join(',')}],"bids":[${[
  ['45283.5', '0.10000000'],
  ['45283.4', '1.54582015'],
  ['45282.1', '0.10000000'],
  ['45281.0', '0.10000000'],
  ['45280.3', '1.54592586'],
  ['45279.0', '0.07990000'],
  ['45277.6', '0.03310103'],
  ['45277.5', '0.30000000'],
  ['45277.3', '1.54602737'],
  ['45276.6', '0.15445238'],
]
  .map(([p, q]) => `{"price":${p},"qty":${q}}`)
  .join(',')}],"checksum":3310070434}]}`;

describe('a checksum', () => {
  it('is CRC-32', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
  });
  it('of the published book of Kraken 2 is right, by the digits as sent', async () => {
    const { session, books, told } = await played(krakenSpot(), recording([V2]));
    expect(session?.report('BTC/USD')).toMatchObject({ checks: { ok: 1, bad: 0 }, decimals: { price: 1, size: 8 } });
    expect(books.depth('BTC/USD', 'ask')).toHaveLength(10);
    expect(told).toEqual(['BTC-USD sessionStarted']);
  });
  it('is wrong once the numbers have been doubles: the instrument is stale', async () => {
    const doubles = JSON.stringify(JSON.parse(V2));
    const { session, books, told, ledger } = await played(krakenSpot(), recording([doubles]));
    expect(session?.report('BTC/USD')?.checks).toEqual({ ok: 0, bad: 1 });
    expect(books.top('BTC/USD').stale).toBe(true);
    expect(told.slice(1)).toEqual(['BTC-USD gapOpened 2..3', 'BTC-USD stale', 'BTC-USD gapAbandoned 2..3']);
    expect(ledger).toMatchObject({ delivered: 1, abandoned: 1 });
  });
  it('that is wrong leaves other instruments good, and an image makes its own good again', async () => {
    const wrong = V2.replace('"type":"snapshot"', '"type":"update"').replace('3310070434', '1');
    const other = V2.replaceAll('BTC/USD', 'XBT/EUR');
    const { session, books, told } = await played(krakenSpot(), recording([V2, other, wrong, V2], true));
    expect(session?.report('BTC/USD')).toMatchObject({ checks: { ok: 2, bad: 1 }, gaps: 1 });
    expect(books.top('BTC/USD').stale).toBe(false);
    expect(books.top('XBT/EUR').stale).toBe(false);
    expect(told.filter((n) => /stale|good/.test(n))).toEqual(['BTC-USD stale', 'BTC-USD good']);
  });
  it('of Kraken 1 is of the book as cut to its depth', async () => {
    const level = (price: number) => `["0.0${price}0","0.00000500","1582905487.684110"]`;
    const asks = [5005, 5010, 5015, 5020, 5025, 5030, 5035, 5040, 5045, 5050].map(level).join(',');
    const bids = [5000, 4995, 4990, 4980, 4975, 4970, 4965, 4960, 4955, 4950].map(level).join(',');
    const image = `[1,{"as":[${asks}],"bs":[${bids.replace(level(5000), level(4945))}]},"book-10","XBT/USD"]`;
    // A better bid comes and pushes the last one out; the checksum of the ten that stay is the published one.
    const update = `[1,{"b":[${level(5000)}],"c":"CHECK"},"book-10","XBT/USD"]`;
    const digits = `${[5005, 5010, 5015, 5020, 5025, 5030, 5035, 5040, 5045, 5050].map((p) => `${p}0500`).join('')}${[5000, 4995, 4990, 4980, 4975, 4970, 4965, 4960, 4955, 4950].map((p) => `${p}0500`).join('')}`;
    const { session, books } = await played(
      krakenSpotV1(),
      recording([image, update.replace('CHECK', String(crc32(digits)))]),
    );
    expect(session?.report('XBT/USD')?.checks).toEqual({ ok: 1, bad: 0 });
    expect(books.depth('XBT/USD', 'bid').map((l) => l.price)).not.toContain(494_500_000n);
    expect(books.depth('XBT/USD', 'bid')).toHaveLength(10);
  });
});

describe('numbers of an instrument', () => {
  const image = (seq: number, product = 'PI_AAAUSD') =>
    `{"feed":"book_snapshot","product_id":"${product}","timestamp":1612269825817,"seq":${seq},"bids":[{"price":10.5,"qty":1.0}],"asks":[{"price":11.0,"qty":2.0}]}`;
  const change = (seq: number, product = 'PI_AAAUSD') =>
    `{"feed":"book","product_id":"${product}","side":"buy","seq":${seq},"price":10.0,"qty":${seq}.0,"timestamp":1612269953629}`;
  it('that are skipped are a gap of so many, of that instrument alone', async () => {
    const { told, ledger, books, session } = await played(
      krakenFutures(),
      recording([image(7), image(3, 'PI_BBBUSD'), change(8), change(12), change(4, 'PI_BBBUSD')]),
    );
    expect(told.filter((n) => !n.endsWith('sessionStarted'))).toEqual([
      'PI_AAAUSD gapOpened 3..6',
      'PI_AAAUSD stale',
      'PI_AAAUSD gapAbandoned 3..6',
    ]);
    expect(ledger).toMatchObject({ delivered: 5, abandoned: 3 });
    expect([books.top('PI_AAAUSD').stale, books.top('PI_BBBUSD').stale]).toEqual([true, false]);
    expect(session?.report('PI_AAAUSD')?.gaps).toBe(1);
  });
  it('that come twice are passed over and counted', async () => {
    const { told, session } = await played(krakenFutures(), recording([image(7), change(8), change(8), change(7)]));
    expect(told).toEqual(['PI_AAAUSD sessionStarted']);
    expect(session?.report('PI_AAAUSD')).toMatchObject({ superseded: 2, gaps: 0 });
  });
  it('before any image are in doubt', async () => {
    const { books } = await played(krakenFutures(), recording([change(8), change(9)]));
    expect(books.top('PI_AAAUSD').stale).toBe(true);
  });
});

describe('ranges that are joined to an image', () => {
  const change = (first: number, last: number) =>
    `{"e":"depthUpdate","E":1672515782136,"s":"AAABTC","U":${first},"u":${last},"b":[["0.00240000","${last}.00000000"]],"a":[]}`;
  const image = (last: number): Said => ({
    dir: 'http',
    url: 'https://venue.test/api/v3/depth?symbol=AAABTC&limit=10',
    text: `{"lastUpdateId":${last},"bids":[["0.00230000","1.00000000"]],"asks":[["0.00260000","1.00000000"]]}`,
  });
  it('hold what came before the image, and go on behind it', async () => {
    const { books, told, session } = await played(
      binanceSpot(),
      recording([change(1, 3), change(4, 6), change(7, 9), image(5), change(10, 12)]),
    );
    expect(told).toEqual(['AAABTC sessionStarted']);
    expect(session?.report('AAABTC')).toMatchObject({ superseded: 1, gaps: 0 });
    expect(books.depth('AAABTC', 'bid').map((l) => [l.price, l.size])).toEqual([
      [24_000_000n, 1_200_000_000n],
      [23_000_000n, 100_000_000n],
    ]);
  });
  it('with numbers between them missing are a gap of so many, until the next image', async () => {
    const { books, told } = await played(
      binanceSpot(),
      recording([image(5), change(6, 6), change(9, 9), image(20), change(21, 21)]),
    );
    expect(told.slice(1, 4)).toEqual(['AAABTC gapOpened 3..5', 'AAABTC stale', 'AAABTC gapAbandoned 3..5']);
    expect(told.at(-1)).toBe('AAABTC good');
    expect(books.top('AAABTC').stale).toBe(false);
  });
  it('whose image is too old wait for the next one, and are in doubt without any', async () => {
    const { books, session } = await played(binanceSpot(), recording([change(10, 12), image(5)]));
    expect(session?.report('AAABTC')).toMatchObject({ superseded: 1, gaps: 1 });
    expect(books.top('AAABTC').stale).toBe(true);
  });
});

describe('ids of which a heartbeat tells the last', () => {
  const transaction = (id: number) =>
    `{"id":"${id}","accountID":"A","time":"2019-05-28T13:06:39.123456789Z","type":"MARKET_ORDER"}`;
  const heartbeat = (id: number) =>
    `{"type":"HEARTBEAT","lastTransactionID":"${id}","time":"2019-05-28T13:06:38.000000000Z"}`;
  it('are a gap where they are above what has come', async () => {
    const { told, ledger } = await played(
      oanda(),
      recording([heartbeat(10), transaction(11), heartbeat(11), heartbeat(13), transaction(14)]),
    );
    expect(told.filter((n) => n.includes('gap'))).toEqual([
      'connection gapOpened 4..6',
      'connection gapAbandoned 4..6',
    ]);
    expect(ledger).toMatchObject({ delivered: 5, abandoned: 2 });
  });
});

describe('a recording', () => {
  it('with a damaged message leaves in doubt what it may have been about, and says why', async () => {
    const { told, session, books } = await played(krakenSpot(), recording([V2, V2.slice(0, 300)]));
    expect([...(session?.refused ?? [])]).toEqual([['VW_JSON_SYNTAX', 1]]);
    expect(told.filter((n) => n.endsWith('stale')).sort()).toEqual(['BTC-USD stale', 'connection stale']);
    expect(books.top('BTC/USD').stale).toBe(true);
  });
  it('of a deep book is cut into records, and is the whole book', async () => {
    const levels = (from: number) =>
      Array.from({ length: 2_500 }, (_, i) => `["${from + i}.50","1.00000000"]`).join(',');
    const deep = `{"lastUpdateId":5,"bids":[${levels(1)}],"asks":[${levels(5_000)}]}`;
    const { books, ledger } = await played(
      binanceSpot(),
      recording([{ text: deep, dir: 'http', url: 'https://venue.test/api/v3/depth?symbol=AAABTC' }]),
    );
    expect(ledger.delivered).toBe(5);
    expect([books.depth('AAABTC', 'bid', 5_000).length + books.depth('AAABTC', 'ask', 5_000).length]).toEqual([2_000]);
    expect(books.counters().levels).toBe(5_000);
  });
  it('that is not there is refused with a code, and so is connecting', async () => {
    await expect(openFeed(krakenSpot(), { capture: { file: join(folder, 'none') } })).rejects.toMatchObject({
      code: 'VW_RECORDING',
    });
    await expect(openFeed(krakenSpot())).rejects.toMatchObject({ code: 'VW_SUBSCRIPTION' });
  });
  it('is refused where what is declared cannot be done', async () => {
    const file = recording([V2]);
    const without = (change: object) => openFeed({ ...krakenSpot(), ...change } as Venue, { capture: { file } });
    const { integrity } = krakenSpot();
    await expect(without({ decoder: itch50 })).rejects.toMatchObject({ code: 'VW_INTEGRITY' });
    await expect(without({ integrity: { ...integrity, images: ['nothing'] } })).rejects.toThrow(/no message 'nothing'/);
    await expect(without({ integrity: { ...integrity, depthField: 'deep' } })).rejects.toThrow(/no field 'deep'/);
    await expect(openFeed(krakenSpot(), { capture: { file, lines: { A: '127.0.0.1:1' } } })).rejects.toMatchObject({
      code: 'VW_CAPTURE_LINE',
    });
    await expect(openFeed(krakenSpot(), { capture: { file }, transports: {} })).rejects.toMatchObject({
      code: 'VW_OPTION',
    });
  });
});
