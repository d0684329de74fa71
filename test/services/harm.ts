/** A day of a feed, and a process that writes it to a sink while everything is killed in turn. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { ItchGenerator, Random, VenueHistory, writeCapture } from '../../src/simulator/index.js';
import { type PipelinesSummary, type RowBatch, runPipelines, type Sink, sinkBalances } from '../../src/sinks/index.js';
import { loadVenue } from '../../src/venues/load.js';
import type { Server } from './servers.js';

export const root = new URL('../../', import.meta.url).pathname;
export const MESSAGES = Number(process.env.VENUEWIRE_MESSAGES ?? 20_000);
const SEED = Number(process.env.VENUEWIRE_SEED ?? 1);
const WRITE_ROWS = Math.max(200, Math.round(MESSAGES / 100));
let folder = '';
let capture = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-sinks-'));
  capture = join(folder, 'day.pcap');
  const parts: Uint8Array[] = [];
  const history = VenueHistory.generate(new ItchGenerator({ seed: SEED, symbols: 50, messages: MESSAGES }));
  writeCapture(history, { seed: SEED }, (bytes) => parts.push(bytes));
  writeFileSync(capture, Buffer.concat(parts));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const document = (
  sink: string,
  queue = `{ writeRows: ${WRITE_ROWS} }`,
): string => `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: day }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing: moldudp64
  lines: { A: { type: captureFile, path: ${capture} } }
  pipelines:
    ticks: { shape: { type: events }, sink: ${sink}, queue: ${queue} }
`;

/** A queue of two writes, and all else on disk. */
export const spilling = (name: string): string =>
  `{ writeRows: ${WRITE_ROWS}, rows: ${2 * WRITE_ROWS}, whenFull: spill, spill: { folder: ${join(folder, name)} } }`;

/** What the feed gives, by a sink of our own. */
export class Memory implements Sink {
  readonly batches: RowBatch[] = [];
  open = () => Promise.resolve({ delivery: 'exactlyOnce' as const, positions: [] });
  write = (batch: RowBatch) => {
    this.batches.push(batch);
    return Promise.resolve(undefined);
  };
  flush = () => Promise.resolve();
  close = () => Promise.resolve();
  rows(): Record<string, unknown>[] {
    return this.batches.flatMap((b) => Array.from({ length: b.rows }, (_, i) => b.row(i)));
  }
}
let feed: Memory | undefined;
/** What the feed gives, as batches. */
export async function feedBatches(): Promise<readonly RowBatch[]> {
  await feedRows();
  return (feed as Memory).batches;
}
export async function feedRows(): Promise<Record<string, unknown>[]> {
  if (feed === undefined) {
    feed = new Memory();
    const venue = await loadVenue(document('{ type: duckdb, file: none }'));
    await (await runPipelines(venue, { sinks: { ticks: feed } })).done;
  }
  return feed.rows();
}

interface Told {
  readonly stored: number;
  readonly done: boolean;
  readonly pipelines?: PipelinesSummary['pipelines'];
}

/** Runs the pipelines in a process until they are done, and does harm at seeded moments. Returns what the last process said. */
export async function harmed(
  text: string,
  seed: number,
  server: Server,
  harms: readonly ('producer' | 'server' | 'pause')[],
) {
  const random = new Random(seed);
  const left = [...harms];
  let total = 0;
  let last: Told['pipelines'];
  while (last === undefined) {
    const child: ChildProcess = fork(join(root, 'test/unit/run-pipelines.mjs'), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.send({ document: text, closeMs: 240_000 });
    let next = random.between(1, Math.max(2, Math.round(MESSAGES / 6)));
    let busy = Promise.resolve();
    let stored = 0;
    await new Promise<void>((resolve, reject) => {
      child.on('message', (told: Told) => {
        if (told.done) last = told.pipelines;
        stored = told.done ? stored : told.stored;
        if (told.done || stored < next || left.length === 0) return;
        next = stored + random.between(1, Math.max(2, Math.round(MESSAGES / 6)));
        const harm = left.shift();
        if (harm === 'producer') child.kill('SIGKILL');
        else if (harm === 'server') busy = busy.then(() => server.kill()).then(() => server.start());
        else {
          // Paused while a write is on its way; then it goes on.
          process.kill(server.pid(), 'SIGSTOP');
          busy = busy
            .then(() => new Promise((go) => setTimeout(go, random.between(50, 500))))
            .then(() => void process.kill(server.pid(), 'SIGCONT'));
        }
      });
      child.once('exit', (code) => {
        // One that ends by itself would end so for ever.
        if (code !== null && code !== 0) reject(new Error(`the writer ended with ${code}`));
        else resolve();
      });
    });
    await busy;
    total += stored;
  }
  expect(left).toEqual([]);
  for (const { ledger } of Object.values(last)) expect(sinkBalances(ledger)).toBe(true);
  return { pipelines: last, total };
}

export const HARMS = ['producer', 'server', 'pause', 'producer', 'server', 'pause', 'producer'] as const;
