/** Captures of packets that contradict each other, or themselves: what is delivered, counted and told. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../../src/feed/batch.js';
import { openFeed } from '../../src/feed/open.js';
import { defineVenue, udpMulticast, type Venue, waitForOtherLine } from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';

const ORDER_DELETE_BYTES = 19;
const BLOCK_BYTES = 2 + ORDER_DELETE_BYTES;
const HEADER_BYTES = 20;
const LINK_BYTES = 14 + 20 + 8;
const SECOND_US = 1_000_000;

interface Sent {
  readonly sequence: number | bigint;
  /** Blocks that are there, and how many the header states. */
  readonly held?: number;
  readonly stated?: number;
  readonly session?: string;
  /** Bytes behind the last block. */
  readonly stray?: number;
  /** What tells the messages of one day from those of another. */
  readonly mark?: number;
  readonly timeUs?: number;
}

/** A pcap of MoldUDP64 packets from 10.0.0.1:7000 to 233.54.12.111:26477, a second apart where they do not say. */
function pcap(packets: readonly Sent[]): Uint8Array {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  const frames = packets.map((p, i) => {
    const { held = 1, stated = held, session = 'SESSION001', stray = 0, mark = 0 } = p;
    const frame = Buffer.alloc(LINK_BYTES + HEADER_BYTES + held * BLOCK_BYTES + stray);
    frame.writeUInt16BE(0x0800, 12);
    frame[14] = 0x45;
    frame.writeUInt16BE(frame.length - 14, 16);
    frame[23] = 17;
    frame.set([10, 0, 0, 1, 233, 54, 12, 111], 26);
    frame.writeUInt16BE(7000, 34);
    frame.writeUInt16BE(26_477, 36);
    frame.writeUInt16BE(frame.length - 34, 38);
    frame.write(session.padEnd(10), LINK_BYTES);
    frame.writeBigUInt64BE(BigInt(p.sequence), LINK_BYTES + 10);
    frame.writeUInt16BE(stated, LINK_BYTES + 18);
    for (let k = 0; k < held; k++) {
      const at = LINK_BYTES + HEADER_BYTES + k * BLOCK_BYTES;
      frame.writeUInt16BE(ORDER_DELETE_BYTES, at);
      frame[at + 2] = 'D'.charCodeAt(0);
      frame.writeUInt32BE(mark, at + 9);
    }
    const record = Buffer.alloc(16);
    const timeUs = p.timeUs ?? (i + 1) * SECOND_US;
    record.writeUInt32LE(Math.floor(timeUs / SECOND_US));
    record.writeUInt32LE(timeUs % SECOND_US, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([head, ...frames]);
}

const numbers = (from: number, to: number, more: object = {}): Sent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ sequence: from + i, ...more }));

const totalView = (more: Partial<Parameters<typeof nasdaqTotalView>[0]> = {}) =>
  nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') }, ...more });

async function replayed(packets: readonly Sent[], venue: Venue = totalView() as unknown as Venue) {
  const feed = await openFeed(venue, { capture: { file: pcap(packets) } });
  const notices: Notice[] = [];
  feed.on('notice', (n) => notices.push(n));
  const { statistics } = await feed.run();
  const [channel] = statistics.channels;
  return { notices, types: notices.map((n) => n.type), ...(channel as NonNullable<typeof channel>) };
}

describe('who is believed in a capture', () => {
  it('a first packet that nobody agrees with does not make the rest duplicates', async () => {
    const r = await replayed([{ sequence: 2n ** 40n }, ...numbers(1, 2_000)]);
    expect([r.delivered, r.duplicates, r.implausible]).toEqual([2_000, 0, 1]);
    expect(r.notices[0]).toMatchObject({ type: 'sessionStarted', begin: 1n, sender: '10.0.0.1:7000' });
  });

  it('two packets of a foreign session do not deafen the feed', async () => {
    const foreign = numbers(1, 2, { session: 'EVIL' });
    const r = await replayed([...numbers(1, 1_000), ...foreign, ...numbers(1_001, 2_000)]);
    expect([r.delivered, r.otherSession, r.abandoned]).toEqual([2_002, 0, 0]);
    const sessions = r.notices.filter((n) => n.type === 'sessionStarted').map((n) => `${n.session} ${n.begin}`);
    expect(sessions).toEqual(['SESSION001 1', 'EVIL 1', 'SESSION001 1001']);
    expect(r.types).toContain('stale');
  });

  it('a fixed session is not left for another one', async () => {
    const foreign = numbers(1, 20, { session: 'EVIL' });
    const venue = defineVenue({ ...totalView(), session: 'SESSION001' } as never) as unknown as Venue;
    const r = await replayed([...numbers(1, 100), ...foreign, ...numbers(101, 200)], venue);
    expect([r.delivered, r.otherSession, r.resets]).toEqual([200, 20, 0]);
  });

  it.each([
    ['with other messages', 1],
    ['with the same bytes, later', 0],
  ])('the same session begins again at 1 %s: reset, stale, and everything is delivered', async (_, mark) => {
    const r = await replayed([...numbers(1, 1_000), ...numbers(1, 1_000, { mark })]);
    expect([r.delivered, r.duplicates]).toEqual([2_000, 0]);
    expect(r.types.filter((t) => t !== 'endOfData')).toEqual(['sessionStarted', 'reset', 'stale']);
    expect(r.notices.find((n) => n.type === 'reset')?.sender).toBe('10.0.0.1:7000');
  });
});

describe('a header that states more than the packet holds', () => {
  it.each([
    ['three, with two', { stated: 3, held: 2 }],
    ['three, with two and a stray byte', { stated: 3, held: 2, stray: 1 }],
    ['twenty, with five', { stated: 20, held: 5 }],
    ['three, with none', { stated: 3, held: 0 }],
  ])('%s: it is malformed, and what it states is missing', async (_, { stated, held, ...more }) => {
    const r = await replayed([
      { sequence: 1, held: 4 },
      { sequence: 5, stated, held, ...more },
    ]);
    expect([r.expected, r.delivered, r.malformed]).toEqual([4 + stated, 4 + held, 1]);
    expect(r.abandoned).toBe(stated - held);
    expect(r.notices.find((n) => n.type === 'gapOpened')).toMatchObject({
      begin: BigInt(5 + held),
      end: BigInt(5 + stated),
    });
  });
});

describe('a capture through a venue with servers', () => {
  it('does not wait for servers that a capture cannot have: what is in it is delivered', async () => {
    const credentials = {
      type: 'userPassword',
      username: 'env:CAPTURE_USER',
      password: 'env:CAPTURE_PASSWORD',
    } as never;
    const venue = totalView({
      rerequest: { servers: ['127.0.0.1:1'] },
      glimpse: { server: '127.0.0.1:1', credentials },
      join: 'snapshot',
    }) as unknown as Venue;
    const all = numbers(1, 20_000).map((p, i) => ({ ...p, timeUs: 1 + i }));
    const lost = all.filter((p) => p.sequence !== 500 && p.sequence !== 900);
    const r = await replayed(lost, { ...venue, window: { ...venue.window, packets: 4_096 } });
    expect([r.delivered, r.abandoned, r.windowFull]).toEqual([19_998, 2, 0]);
  });
});

describe('streams whose packets carry no numbers', () => {
  it('count by their stream', async () => {
    const bytes = readFileSync(new URL('../../fixtures/itch50-soup.pcap', import.meta.url));
    const venue = defineVenue({
      name: 'soup',
      decoder: totalView().decoder,
      framing: 'soupbintcp',
      lines: { A: udpMulticast('239.1.1.1:1') },
      recovery: [waitForOtherLine({ for: '1ms' })],
    });
    const feed = await openFeed(venue as never, { capture: { file: bytes } });
    const { statistics } = await feed.run();
    expect(statistics.channels[0]).toMatchObject({ delivered: 800, duplicates: 0, abandoned: 0 });
  });
});
