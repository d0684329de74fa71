// Books out of MOEX's FAST refreshes, held against an independent builder: its checkpoints, and every snapshot of the venue.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type MarketDataBooks, openMarketDataBooks } from '../../../src/books/index.js';
import { bookLines } from '../../../src/cli/book-lines.js';
import { moexFastForts, moexMessageNumber } from '../../../src/decoders/moex-fast-forts.js';
import type { FastMessage } from '../../../src/fast/index.js';

const shared = fileURLToPath(new URL('../../../../shared/captures/', import.meta.url));
const folder = `${shared}moex-fast-forts-2013/`;
const there = existsSync(`${folder}templates.xml`);
if (!there) console.warn('../shared has no moex-fast-forts-2013: this test is skipped');

type Row = readonly [price: string, size: number, orders: null];
interface Checkpoint {
  readonly at: { readonly sequence: number };
  readonly counts: { readonly before_join: number; readonly entries: number };
  readonly digest: { readonly sha256: string; readonly instruments: number; readonly levels: number };
  readonly instruments: Readonly<
    Record<string, { readonly bids: Row[]; readonly asks: Row[]; readonly rptSeq: number }>
  >;
}

const read = (name: string): FastMessage[] => [
  ...moexFastForts(readFileSync(`${folder}templates.xml`, 'utf8')).messages(
    new Uint8Array(readFileSync(`${folder}${name}.dat`)),
  ),
];

/** Each number once, in order, whichever line has it. */
function arbitrated(): [number, FastMessage][] {
  const byNumber = new Map<number, FastMessage>();
  for (const m of [...read('increment_a'), ...read('increment_b')]) {
    const number = moexMessageNumber(m);
    if (number !== undefined && !byNumber.has(number)) byNumber.set(number, m);
  }
  return [...byNumber].sort(([a], [b]) => a - b);
}

const rows = (side: readonly (readonly [string, string, unknown])[]) => side.map(([price, size]) => `${price} ${size}`);
const shown = (market: MarketDataBooks) => {
  const lines = [...bookLines(market.books, 0, 100, [])];
  return new Map(lines.map(({ instrument, bids, asks }) => [instrument, { bids: rows(bids), asks: rows(asks) }]));
};

function digestOf(market: MarketDataBooks): string {
  const hash = createHash('sha256');
  for (const [instrument, { bids, asks }] of [...shown(market)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const [side, levels] of [
      ['B', bids],
      ['S', asks],
    ] as const) {
      for (const level of levels) hash.update(`${instrument}\t${side}\t${level.replace(' ', '\t')}\t-\n`);
    }
  }
  return hash.digest('hex');
}

/** The levels of a snapshot, as books are shown. */
function levelsOf(message: FastMessage, type: string): string[] {
  const entries = message.fields.get('MDEntries') as { get(name: string): unknown }[];
  return entries
    .filter((e) => e.get('MDEntryType') === type)
    .sort((a, b) => Number(a.get('MDPriceLevel')) - Number(b.get('MDPriceLevel')))
    .map(
      (e) =>
        `${String(e.get('MDEntryPx'))
          .replace(/(\.\d*?)0+$/, '$1')
          .replace(/\.$/, '')} ${e.get('MDEntrySize')}`,
    );
}

it.skipIf(!there)(
  'MOEX FORTS: books of FAST agree with ten checkpoints of another builder and with every snapshot',
  () => {
    const truth = JSON.parse(gunzipSync(readFileSync(`${shared}books/moex-fast-forts-2013.json.gz`)).toString()) as {
      checkpoints: Checkpoint[];
    };
    const market = openMarketDataBooks({ entriesBy: 'level', marketDepth: 5, reported: true });
    const snapshots = read('snapshot').filter((m) => m.fields.get('LastMsgSeqNumProcessed') !== undefined);
    const checkpoints = [...truth.checkpoints];
    const first = new Set<string>();
    let next = 0;
    let events = 0;
    let equal = 0;
    const different: unknown[] = [];
    const upTo = (number: number) => {
      for (; next < snapshots.length; next++) {
        const snapshot = snapshots[next] as FastMessage;
        if (Number(snapshot.fields.get('LastMsgSeqNumProcessed')) > number) return;
        const id = String(snapshot.fields.get('SecurityID'));
        market.take(snapshot);
        if (!first.has(id)) first.add(id);
        else {
          const book = shown(market).get(id) ?? { bids: [], asks: [] };
          const meant = { bids: levelsOf(snapshot, '0'), asks: levelsOf(snapshot, '1') };
          if (JSON.stringify(book) === JSON.stringify(meant)) equal++;
          else different.push({ next, id, book, meant, at: market.reported(id), says: snapshot.fields.get('RptSeq') });
        }
      }
    };
    for (const [number, message] of arbitrated()) {
      market.take(message, {}, (_records, count) => {
        events += count;
      });
      upTo(number);
      if (checkpoints[0]?.at.sequence !== number) continue;
      const { digest, instruments } = checkpoints.shift() as Checkpoint;
      expect({ number, digest: digestOf(market) }).toEqual({ number, digest: digest.sha256 });
      for (const [id, { rptSeq }] of Object.entries(instruments)) expect(market.reported(id)).toBe(rptSeq);
    }
    expect(checkpoints).toEqual([]);
    expect(different.slice(0, 3)).toEqual([]);
    const { gaps, held, unreadable, dropped, superseded } = market.counters();
    expect({ gaps, held, unreadable, dropped }).toEqual({ gaps: 0, held: 0, unreadable: 0, dropped: 0 });
    expect(market.books.consistent()).toBe(true);
    console.log(`${equal} snapshots equal, ${events} events, ${superseded} entries before a snapshot`);
  },
);
