import { statSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Capture } from '../../src/capture/packets.js';
import { consume } from '../../src/cli/consume.js';
import { Output, Progress } from '../../src/cli/output.js';
import { openFeed } from '../../src/feed/open.js';
import { feedCounter } from '../../src/feed/statistics.js';
import { udpMulticast } from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { fixture } from './cli-process.js';

const file = fixture('itch50-clean.pcap');
const { size } = statSync(file);

describe('progress', () => {
  it('of a capture counts its bytes up to its size, as packets and through a feed', async () => {
    const packets: number[] = [];
    await new Capture(file).read(() => {}, { after: (done) => void packets.push(done) });
    const venue = nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } });
    const feed = await openFeed(venue, { capture: { file }, ringBytes: 65536 });
    const done = feedCounter(feed.ring, 'captureBytes');
    const through: number[] = [];
    await consume(feed, new Output(), {
      format: 'ndjson',
      summary: true,
      limit: Number.POSITIVE_INFINITY,
      passes: () => true,
      after: () => void through.push(done()),
    });
    for (const seen of [packets, through]) {
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen.at(-1)).toBe(size);
    }
    expect(through.length).toBeGreaterThan(1);
  });
});

describe('the bar', () => {
  afterEach(() => vi.restoreAllMocks());
  const drawn = (isTTY: boolean): string => {
    const text: string[] = [];
    const stream = { isTTY, write: (t: unknown) => text.push(String(t)) > 0 };
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const progress = new Progress('replay', 1000, undefined, stream);
    for (const [at, done] of [
      [500, 100],
      [2000, 400],
      [2050, 450],
      [3000, 1000],
    ] as const) {
      now.mockReturnValue(at);
      progress.update(done);
    }
    progress.done();
    return text.join('');
  };

  it('is drawn on a terminal once a second has passed, and taken away', () => {
    expect([...drawn(true).matchAll(/(\d+) %/g)].map((m) => m[1])).toEqual(['40', '100']);
    vi.restoreAllMocks();
    expect(drawn(true).endsWith('\r\x1b[K')).toBe(true);
  });

  it('is not drawn elsewhere', () => {
    expect(drawn(false)).toBe('');
  });
});
