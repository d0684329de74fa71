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
];

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

describe.skipIf(existsSync(shared))('books against independent truths', () => {
  it('were left out: there is no ../shared/captures', () => {});
});
