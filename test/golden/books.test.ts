// Books of captures against truths that independent, deliberately simple code made of other people's decodings.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
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
  'Asx/Ntp.Itch.v1.05': 'asx-ntp-itch-1.05',
  'Cboe/Byx.Equities.DepthOfBook.Pitch.v2.41': 'cboe-pitch-equities-2.41.29',
  'Cboe/Futures.DepthOfBook.Pitch.v1.1.6': 'cboe-cfe-pitch-1.1.6',
  'Cboe/Options.ComplexDepthOfBook.Pitch.v2.1.18': 'cboe-options-complex-pitch-2.1.18',
  'Cboe/Options.DepthOfBook.Pitch.v2.39.4': 'cboe-pitch-options-2.39',
  'Cme/Mdp3.Sbe.v1.5': 'cme-mdp3-sbe-1.5',
  'Cme/Mdp3.Sbe.v1.9': 'cme-mdp3-sbe-1.9',
  'Coinbase/MarketDataApi.v1.2': 'coinbase-derivatives-sbe-1.2',
  'Eurex/Eobi.T7.v3.0': 'eurex-eobi-3.0',
  'Eurex/Eobi.T7.v6.0': 'eurex-eobi-6.0',
  'Ice/Mdf.iMpact.v1.1.33': 'ice-impact-1.1.33',
  'Iex/Deep.IexTp.v1.0': 'iex-deep-1.0',
  'Iex/DeepPlus.IexTp.1.0.2': 'iex-deep-plus-1.0',
  'Iex/Tops.IexTp.v1.5': 'iex-tops-1.5',
  'Iex/Tops.IexTp.v1.6': 'iex-tops-1.6',
  'Imperative/IntelligentCross.Mdf.v1.11': 'cix-aspen-1.11',
  'Jnx/JnxEquities.Pts.Itch.v1.6': 'jnx-itch-1.6',
  'Memx/Equities.MemiorDepth.v1.3': 'memx-memoir-depth-1.3',
  'Nasdaq/Bx.Equities.TotalView.Itch.v5.0': 'nasdaq-totalview-itch-5.0-2017',
  'Nasdaq/Bx.Equities.TotalView.Itch.v5.0.20230822': 'nasdaq-totalview-itch-5.0',
  'Nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0': 'nasdaq-totalview-itch-5.0-2017',
  'Nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0.20230822': 'nasdaq-totalview-itch-5.0',
  'Nyse/Arca.Options.TopFeed.Pillar.1.2.c': 'nyse-arca-options-top-1.2',
  'Nyse/IntegratedFeed.Pillar.v2.5': 'nyse-pillar-integrated-2.5a',
  'Nyse/IntegratedFeed.Xdp.v2.1': 'nyse-xdp-integrated-2.1',
};

type Row = [price: string, size: string | number, orders: number | null];
interface Line {
  readonly instrument: string;
  readonly bids: Row[];
  readonly asks: Row[];
  readonly impliedBids?: Row[];
  readonly impliedAsks?: Row[];
  readonly orderBids?: Row[];
  readonly orderAsks?: Row[];
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

interface LevelTruth {
  readonly at: { readonly groups?: readonly string[]; readonly sequence: number };
  readonly counts: { readonly unknown_order?: number; readonly order_delete_unknown?: number };
  readonly instruments: SmallTruth['instruments'];
  readonly orders?: SmallTruth['orders'];
}
const truthOf = <T>(name: string): T =>
  JSON.parse(gunzipSync(readFileSync(new URL(`books/${name}.json.gz`, shared))).toString()) as T;

/** Books of numbered levels and of orders beside them, instrument by instrument. */
function agree(lines: readonly Line[], truth: Pick<LevelTruth, 'instruments' | 'orders'>): void {
  const ours = new Map(lines.map((l) => [l.instrument, l]));
  for (const [instrument, sides] of Object.entries(truth.instruments)) {
    const line = ours.get(instrument);
    const told = [line?.bids, line?.asks, line?.impliedBids, line?.impliedAsks].map((rows) => rowsOf(rows));
    const meant = [sides.bids, sides.asks, sides.implied_bids, sides.implied_asks].map((rows) => rowsOf(rows));
    expect({ instrument, levels: told }).toEqual({ instrument, levels: meant });
  }
  for (const [instrument, sides] of Object.entries(truth.orders ?? {})) {
    const line = ours.get(instrument);
    expect({ instrument, bids: rowsOf(line?.orderBids), asks: rowsOf(line?.orderAsks) }).toEqual({
      instrument,
      bids: levelsOf(sides.bids),
      asks: levelsOf(sides.asks),
    });
  }
}

describe.runIf(existsSync(shared))('books of CME captures against independent truths', () => {
  it('depth pushes levels out: 127 instruments with real and implied levels, lines A and B', async () => {
    const end = truthOf<{ checkpoints: LevelTruth[] }>('cme-mdp3-v1.6-ab').checkpoints.at(-1) as LevelTruth;
    const file = new URL('cme-mdp3-v1.6-ab/cme-mdp3-v1.6-ab.pcapng', shared).pathname;
    const ran = await venuewire(['book', file, '--decoder', 'cme-mdp3-sbe-1.6']);
    const lines = ran.json() as unknown as Line[];
    expect(Object.keys(end.instruments)).toHaveLength(127);
    agree(lines.slice(0, -1), end);
    expect(
      lines
        .slice(0, -1)
        .map((l) => l.instrument)
        .sort(),
    ).toEqual(
      Object.keys(end.instruments)
        .filter((key) => hasLevel(end.instruments[key] as object))
        .sort(),
    );
  });

  it('levels, and orders beside them, of six channels that begin in the middle', async () => {
    const ends = truthOf<{ checkpoints: LevelTruth[] }>('cme-mdp3-v1.9-multichannel').checkpoints;
    const file = new URL('cme-mdp3-v1.9-multichannel/cme-mdp3-v1.9-multichannel.pcap', shared).pathname;
    const ran = await venuewire(['book', file, '--decoder', 'cme-mdp3-sbe-1.9']);
    const lines = ran.json() as unknown as Line[];
    expect(ends).toHaveLength(6);
    for (const end of ends) agree(lines, end);
  });
});

interface SmallTruth {
  readonly counts: { readonly unknown_order?: number; readonly order_delete_unknown?: number };
  readonly instruments: Record<string, { bids?: Row[]; asks?: Row[]; implied_bids?: Row[]; implied_asks?: Row[] }>;
  /** Rows of orders: id, price, size, priority. */
  readonly orders?: Record<string, { bids?: OrderRow[]; asks?: OrderRow[] }>;
}

type OrderRow = readonly [id: string, price: string, size: number, ...rest: unknown[]];
/** The levels that orders, best first, make. */
const levelsOf = (orders: readonly OrderRow[] | undefined): Row[] => {
  const levels = new Map<string, [size: number, orders: number]>();
  for (const [, price, size] of orders ?? []) {
    const [had, n] = levels.get(price) ?? [0, 0];
    levels.set(price, [had + size, n + 1]);
  }
  return [...levels].map(([price, [size, n]]) => [price, String(size), n]);
};
const hasLevel = (sides: object): boolean =>
  Object.values(sides).some((rows) => Array.isArray(rows) && rows.length > 0);

const rowsOf = (rows: readonly Row[] | undefined, factor = 1) =>
  (rows ?? []).map(([p, size, orders]) => [factor === 1 ? p : String(Number(p) * factor), String(size), orders]);

const MIXED = 'packets of several moments in one file: a feed takes them by their numbers';
/** Ends that cannot be compared as they are, and why. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  'Iex/DeepPlus.IexTp.1.0.2/all_message_types': MIXED,
  'Nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0/Multiple.Packets': MIXED,
  'Coinbase/MarketDataApi.v1.2/OrderSnapshotMessage':
    'the instrument of a snapshot stands in the packet header, which is no message',
};
/** The dissector that these ends were made from shows hundredths of the raw integers. */
const HUNDREDTHS = new Set(['Asx/Ntp.Itch.v1.05']);

const scratch = mkdtempSync(join(tmpdir(), 'venuewire-books-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

const PCAP_HEAD = 24;
const RECORD_HEAD = 16;
const VLAN = 0x8100;
/** Where the IP header begins in a captured frame. */
const ipAt = (data: Buffer, frame: number) => frame + (data.readUInt16BE(frame + 12) === VLAN ? 18 : 14);
/** A capture whose addresses and MoldUDP64 numbers were made zero gets some, so that a feed can tell and order its packets. */
function numbered(file: string, name: string): string {
  const data = readFileSync(file);
  if (!file.endsWith('.pcap') || data.readUInt32BE(ipAt(data, PCAP_HEAD + RECORD_HEAD) + 16) !== 0) return file;
  let next = 1n;
  for (let at = PCAP_HEAD; at + RECORD_HEAD < data.length; at += RECORD_HEAD + data.readUInt32LE(at + 8)) {
    const ip = ipAt(data, at + RECORD_HEAD);
    const udp = ip + 20;
    data.writeUInt32BE(0xe900_0001, ip + 16);
    data.writeUInt16BE(1000, udp + 2);
    data.writeBigUInt64BE(next, udp + 18);
    next += BigInt(data.readUInt16BE(udp + 26));
  }
  const out = join(scratch, `${name.replaceAll('/', '-')}.pcap`);
  writeFileSync(out, data);
  return out;
}

describe.runIf(existsSync(shared))('books of small captures against independent ends', () => {
  const truths = existsSync(shared)
    ? (JSON.parse(gunzipSync(readFileSync(new URL('books/omi.json.gz', shared))).toString()).captures as Record<
        string,
        SmallTruth
      >)
    : {};
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));
  const cases = Object.entries(truths).flatMap(([path, truth]) => {
    const decoder = SMALL[folderOf(path)];
    return decoder === undefined || path in UNREACHABLE ? [] : [{ path, decoder, truth }];
  });

  it('are of every folder that has ends', () => {
    const folders = new Set(Object.keys(truths).map(folderOf));
    expect([...folders].filter((folder) => SMALL[folder] === undefined).sort()).toEqual([]);
  });

  it.each(cases)('$path', async ({ path, decoder, truth }) => {
    const found = ['.pcap', '.pcapng'].map((end) => new URL(`omi/${path}${end}`, shared)).find((f) => existsSync(f));
    const file = numbered((found as URL).pathname, path);
    const ran = await venuewire(['book', file, '--decoder', decoder]);
    const out = ran.json() as unknown as (Line & { symbol?: string; summary?: { unknownOrders: number } })[];
    const summary = out.pop()?.summary;
    const { unknown_order, order_delete_unknown } = truth.counts;
    expect(summary?.unknownOrders).toBe((unknown_order ?? 0) + (order_delete_unknown ?? 0));
    const ours = Object.fromEntries(
      out.map((l) => [l.symbol !== undefined && l.symbol in truth.instruments ? l.symbol : l.instrument, l]),
    );
    const factor = HUNDREDTHS.has(folderOf(path)) ? 100 : 1;
    const named = Object.entries({ ...truth.orders, ...truth.instruments }).filter(
      ([key]) => hasLevel(truth.instruments[key] ?? {}) || hasLevel(truth.orders?.[key] ?? {}),
    );
    expect(Object.keys(ours).sort()).toEqual(named.map(([key]) => key).sort());
    for (const [instrument, sides] of Object.entries(truth.instruments)) {
      expect(rowsOf(ours[instrument]?.bids)).toEqual(rowsOf(sides.bids, factor));
      expect(rowsOf(ours[instrument]?.asks)).toEqual(rowsOf(sides.asks, factor));
      expect(rowsOf(ours[instrument]?.impliedBids)).toEqual(rowsOf(sides.implied_bids, factor));
      expect(rowsOf(ours[instrument]?.impliedAsks)).toEqual(rowsOf(sides.implied_asks, factor));
    }
    for (const [instrument, sides] of Object.entries(truth.orders ?? {})) {
      expect(rowsOf(ours[instrument]?.orderBids)).toEqual(levelsOf(sides.bids));
      expect(rowsOf(ours[instrument]?.orderAsks)).toEqual(levelsOf(sides.asks));
    }
  });
});

if (!existsSync(shared)) {
  it('books against independent truths were left out: there is no ../shared/captures', () => {
    expect(existsSync(shared)).toBe(false);
  });
}
