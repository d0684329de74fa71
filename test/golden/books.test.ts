// Books of captures against truths that independent, deliberately simple code made of other people's decodings.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { venuewire } from '../unit/cli-process.js';

const shared = new URL('../../../shared/captures/', import.meta.url);

interface Truth {
  readonly truth: string;
  readonly capture: string;
  readonly arguments: readonly string[];
}

const TRUTHS: readonly Truth[] = [
  {
    truth: 'itch50-generated-200000-norare',
    capture: 'books/itch50-generated-200000-norare.itch.gz',
    arguments: ['--decoder', 'nasdaq-totalview-itch-5.0'],
  },
  {
    truth: 'ice-impact-v1.1.33',
    capture: 'ice-impact-v1.1.33/ice-impact-v1.1.33.pcap',
    arguments: ['--decoder', 'ice-impact-1.1.33'],
  },
  {
    truth: 'miax-tom-v1.9',
    capture: 'miax-tom-v1.9/miax-tom-v1.9.pcap',
    arguments: ['--decoder', 'miax-pearl-options-tom-1.9'],
  },
];

/** Small captures, by folder, and the table that reads them. */
const SMALL: Readonly<Record<string, string>> = {
  'Cboe/Byx.Equities.DepthOfBook.Pitch.v2.41': 'cboe-pitch-equities-2.41.29',
  'Ice/Mdf.iMpact.v1.1.33': 'ice-impact-1.1.33',
  'Iex/Deep.IexTp.v1.0': 'iex-deep-1.0',
  'Iex/DeepPlus.IexTp.1.0.2': 'iex-deep-plus-1.0',
  'Iex/Tops.IexTp.v1.6': 'iex-tops-1.6',
  'Memx/Equities.MemiorDepth.v1.3': 'memx-memoir-depth-1.3',
  'Nyse/IntegratedFeed.Pillar.v2.5': 'nyse-pillar-integrated-2.5a',
};

type Row = [price: string, size: string | number, orders: number | null];
interface Line {
  readonly instrument: string;
  readonly bids: Row[];
  readonly asks: Row[];
  readonly impliedBids?: Row[];
  readonly impliedAsks?: Row[];
}

const digest = (lines: readonly Line[]): string => {
  const hash = createHash('sha256');
  const implied = lines.some((l) => l.impliedBids !== undefined);
  const sorted = [...lines].sort((a, b) => Buffer.compare(Buffer.from(a.instrument), Buffer.from(b.instrument)));
  for (const l of sorted) {
    const sides: [string, Row[]][] = implied
      ? [
          ['bids', l.bids],
          ['asks', l.asks],
          ['implied_bids', l.impliedBids ?? []],
          ['implied_asks', l.impliedAsks ?? []],
        ]
      : [
          ['B', l.bids],
          ['S', l.asks],
        ];
    for (const [side, rows] of sides) {
      for (const [price, size, orders] of rows) {
        hash.update(`${l.instrument}\t${side}\t${price}\t${size}\t${orders ?? '-'}\n`);
      }
    }
  }
  return hash.digest('hex');
};

describe.runIf(existsSync(shared))('books against independent truths', () => {
  it.each(TRUTHS)('$truth ends as the truth does', async (t) => {
    const truth = JSON.parse(gunzipSync(readFileSync(new URL(`books/${t.truth}.json.gz`, shared))).toString()) as {
      checkpoints: { digest: { sha256: string; levels: number } }[];
    };
    const end = truth.checkpoints.at(-1)?.digest;
    const ran = await venuewire(['book', new URL(t.capture, shared).pathname, ...t.arguments]);
    const out = ran.json() as unknown as (Line & { summary?: { levels: number } })[];
    const summary = out.pop()?.summary;
    expect(summary?.levels).toBe(end?.levels);
    expect(digest(out)).toBe(end?.sha256);
  });
});

interface SmallTruth {
  readonly counts: { readonly unknown_order?: number };
  readonly instruments: Record<string, { bids?: Row[]; asks?: Row[]; implied_bids?: Row[]; implied_asks?: Row[] }>;
}

const rowsOf = (rows: readonly Row[] | undefined) => (rows ?? []).map(([p, size, orders]) => [p, String(size), orders]);

describe.runIf(existsSync(shared))('books of small captures against independent ends', () => {
  const truths = existsSync(shared)
    ? (JSON.parse(gunzipSync(readFileSync(new URL('books/omi.json.gz', shared))).toString()).captures as Record<
        string,
        SmallTruth
      >)
    : {};
  const cases = Object.entries(truths).flatMap(([path, truth]) => {
    const decoder = SMALL[path.slice(0, path.lastIndexOf('/'))];
    // Packets of several days in one file: the truth takes them as they stand there, a feed by their numbers.
    const mixed = path.endsWith('all_message_types');
    return decoder === undefined || mixed ? [] : [{ path, decoder, truth }];
  });

  it('are of every family that has roles', () => {
    expect(new Set(cases.map((c) => c.decoder)).size).toBeGreaterThanOrEqual(6);
  });

  it.each(cases)('$path', async ({ path, decoder, truth }) => {
    const file = ['.pcap', '.pcapng'].map((end) => new URL(`omi/${path}${end}`, shared)).find((f) => existsSync(f));
    const ran = await venuewire(['book', (file as URL).pathname, '--decoder', decoder]);
    const out = ran.json() as unknown as (Line & { summary?: { unknownOrders: number } })[];
    const summary = out.pop()?.summary;
    expect(summary?.unknownOrders).toBe(truth.counts.unknown_order ?? 0);
    const ours = Object.fromEntries(out.map((l) => [l.instrument, l]));
    expect(Object.keys(ours).sort()).toEqual(Object.keys(truth.instruments).sort());
    for (const [instrument, sides] of Object.entries(truth.instruments)) {
      expect(rowsOf(ours[instrument]?.bids)).toEqual(rowsOf(sides.bids));
      expect(rowsOf(ours[instrument]?.asks)).toEqual(rowsOf(sides.asks));
      expect(rowsOf(ours[instrument]?.impliedBids)).toEqual(rowsOf(sides.implied_bids));
      expect(rowsOf(ours[instrument]?.impliedAsks)).toEqual(rowsOf(sides.implied_asks));
    }
  });
});

if (!existsSync(shared)) {
  it('books against independent truths were left out: there is no ../shared/captures', () => {
    expect(existsSync(shared)).toBe(false);
  });
}
