// Books as they stood at a moment, against the checkpoints of independent truths; and which truths cannot be compared, and why.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fixture, venuewire } from '../unit/cli-process.js';

const shared = new URL('../../../shared/captures/', import.meta.url);

/** The capture of each truth, its table, and what of a checkpoint is the sequence number. */
const CAPTURES: Readonly<Record<string, readonly [capture: string, decoder: string, at: 'sequence' | 'message']>> = {
  'cme-mdp3-v1.6-ab': ['cme-mdp3-v1.6-ab/cme-mdp3-v1.6-ab.pcapng', 'cme-mdp3-sbe-1.6', 'sequence'],
  'ice-impact-v1.1.33': ['ice-impact-v1.1.33/ice-impact-v1.1.33.pcap', 'ice-impact-1.1.33', 'sequence'],
  'itch50-generated-200000-norare': [
    'books/itch50-generated-200000-norare.itch.gz',
    'nasdaq-totalview-itch-5.0',
    'message',
  ],
  'miax-tom-v1.9': ['miax-tom-v1.9/miax-tom-v1.9.pcap', 'miax-pearl-options-tom-1.9', 'sequence'],
};
/** Truths whose checkpoints are compared nowhere, and why. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  'cme-mdp3-v1.9-multichannel': 'an end of each of six channels: books.test.ts compares them',
  'databento-esh4-20231224-mbo': 'its capture is a DBN file, which nothing here reads as a feed',
  'iex-deep10-sample': 'its capture is IEX’s and not here',
  'iex-tops16-sample': 'its capture is IEX’s and not here',
  'moex-fast-forts-2013': 'a stream of FAST: fast/moex-books.test.ts compares it',
  omi: 'ends of small captures: books.test.ts compares them',
};

type Row = readonly [price: string, size: string | number, orders: number | null, level?: number];
type Sides = Readonly<Record<string, readonly Row[] | undefined>>;
interface Checkpoint {
  readonly at: Readonly<Record<string, number>>;
  readonly digest: { readonly sha256?: string; readonly levels?: number };
  readonly instruments: Readonly<Record<string, Sides>>;
}
interface Line extends Sides {
  readonly instrument: never;
}

const NAMES = [
  ['bids', 'bids'],
  ['asks', 'asks'],
  ['impliedBids', 'implied_bids'],
  ['impliedAsks', 'implied_asks'],
] as const;
const plainRows = (rows: readonly Row[] | undefined) => (rows ?? []).map(([p, size, n]) => [p, String(size), n]);

function digestOf(lines: readonly Line[], implied: boolean): string {
  const hash = createHash('sha256');
  const byName = [...lines].sort((a, b) => Buffer.compare(Buffer.from(a.instrument), Buffer.from(b.instrument)));
  for (const line of byName) {
    for (const [own, theirs] of implied ? NAMES : NAMES.slice(0, 2)) {
      const side = implied ? theirs : own === 'bids' ? 'B' : 'S';
      for (const [price, size, orders] of line[own] ?? []) {
        hash.update(`${line.instrument}\t${side}\t${price}\t${size}\t${orders ?? '-'}\n`);
      }
    }
  }
  return hash.digest('hex');
}

describe.runIf(existsSync(shared))('books at a moment against independent checkpoints', () => {
  const cases = Object.entries(CAPTURES).flatMap(([truth, [capture, decoder, at]]) => {
    if (!existsSync(shared)) return [];
    const file = new URL(`books/${truth}.json.gz`, shared);
    const { checkpoints } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { checkpoints: Checkpoint[] };
    return checkpoints.map((checkpoint) => ({
      truth,
      capture,
      decoder,
      number: checkpoint.at[at] as number,
      checkpoint,
    }));
  });

  it.each(cases)('$truth at #$number', async ({ truth, capture, decoder, number, checkpoint }) => {
    const file = new URL(capture, shared).pathname;
    const ran = await venuewire(['book', file, '--decoder', decoder, '--at', `#${number}`]);
    const lines = ran.json().slice(0, -1) as unknown as Line[];
    if (truth.startsWith('cme')) {
      const ours = new Map<string, Line>(lines.map((line) => [line.instrument, line]));
      for (const [instrument, sides] of Object.entries(checkpoint.instruments)) {
        const told = NAMES.map(([own]) => plainRows(ours.get(instrument)?.[own]));
        const meant = NAMES.map(([, theirs]) => plainRows(sides[theirs]));
        expect({ instrument, told }).toEqual({ instrument, told: meant });
      }
    } else {
      expect(digestOf(lines, truth.startsWith('ice'))).toBe(checkpoint.digest.sha256);
    }
  });

  it('are of every truth that can be compared', () => {
    const truths = readdirSync(new URL('books', shared)).flatMap((name) => /^(.*)\.json\.gz$/.exec(name)?.[1] ?? []);
    expect(truths.sort()).toEqual([...Object.keys(CAPTURES), ...Object.keys(NOT_COMPARED)].sort());
  });
});

if (!existsSync(shared)) {
  it('books at a moment against independent checkpoints were left out: there is no ../shared/captures', () => {
    expect(existsSync(shared)).toBe(false);
  });
}

describe('venuewire book --at', () => {
  const CLEAN = ['book', fixture('itch50-clean.pcap'), '--decoder', 'nasdaq-totalview-itch-5.0'] as const;
  const events = async () =>
    (await venuewire(['events', ...CLEAN.slice(1)])).json() as { sequence: string; receiveTime: string }[];
  const summary = async (...at: string[]) => {
    const last = (await venuewire([...CLEAN, ...at])).json().at(-1) as { summary: Record<string, unknown> };
    return { ...last.summary, seconds: undefined };
  };

  it('a number behind the end is the end; a number in front of the first leaves nothing', async () => {
    expect(await summary('--at', '#99999999')).toEqual(await summary());
    expect(await summary('--at', '#0')).toMatchObject({ orders: 0, levels: 0, events: 0 });
  });

  it('a time holds what was received until then: the books of the last number before it', async () => {
    const all = await events();
    const middle = all[all.length >> 1] as (typeof all)[number];
    const last = all.filter((e) => BigInt(e.receiveTime) <= BigInt(middle.receiveTime)).at(-1);
    const byTime = await venuewire([...CLEAN, '--at', middle.receiveTime]);
    const byNumber = await venuewire([...CLEAN, '--at', `#${last?.sequence}`]);
    expect(byTime.json().slice(0, -1)).toEqual(byNumber.json().slice(0, -1));
    const ms = Number(BigInt(middle.receiveTime) / 1_000_000n);
    const text = `${new Date(ms).toISOString().slice(0, 19)}.${String(BigInt(middle.receiveTime) % 1_000_000_000n).padStart(9, '0')}Z`;
    expect((await venuewire([...CLEAN, '--at', text])).json().slice(0, -1)).toEqual(byTime.json().slice(0, -1));
  });

  it.each(['yesterday', '#', '#x', '2024-13-45T00:00:00', '12'])('%s is no moment', async (text) => {
    const ran = await venuewire([...CLEAN, '--at', text]);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/VW_USAGE: --at: '.*' is no moment/);
  });

  it('takes several instruments', async () => {
    const lines = (await venuewire([...CLEAN, '--instrument', 'ZAAC', '--instrument', '5'])).json().slice(0, -1);
    expect(lines.map((line) => line.instrument).sort()).toEqual(['3', '5']);
  });
});
