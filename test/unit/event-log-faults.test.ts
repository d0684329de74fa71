// Whatever is killed, torn, full or cut off: nothing that was acknowledged is lost, what is cut is told, and positions go on.
// VENUEWIRE_LOG_SEEDS: power cuts; VENUEWIRE_LOG_KILLS: kills of processes (npm run test:log).
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnyDecoder } from '../../src/feed/batch.js';
import { type LogNote, openLog, openLogWriter, verifyLog } from '../../src/log/index.js';
import type { LogWriterOptions } from '../../src/log/options.js';
import { Random } from '../../src/simulator/random.js';
import { newFolder, removeFolders } from './log-days.js';
import { numbersOf, recordsOf, SOURCE } from './log-entries.mjs';
import { FaultyFiles } from './log-faults.js';

afterAll(removeFolders);
const SEEDS = Number(process.env.VENUEWIRE_LOG_SEEDS ?? 20);
const KILLS = Number(process.env.VENUEWIRE_LOG_KILLS ?? 4);
const SMALL: LogWriterOptions = { blockBytes: 4096, segmentBytes: 16_384, queueBytes: 1 << 16, lingerMs: 0 };

/** Entries of a log, in order, and its notes; each entry says which it is. */
async function read(folder: string, from = 0): Promise<{ numbers: number[]; notes: LogNote[] }> {
  const numbers: number[] = [];
  const notes: LogNote[] = [];
  const log = await openLog(folder, { decoder: SOURCE.decoder as AnyDecoder });
  const reader = log.read({ from, note: (note) => notes.push(note) });
  for await (const batch of reader) for (const n of numbersOf(reader.ring, batch.from, batch.to)) numbers.push(n);
  return { numbers, notes };
}
const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe('a power cut at any moment', () => {
  const cutAt = async (seed: number, sync: 'always' | number) => {
    const random = new Random(seed);
    const folder = newFolder();
    const files = new FaultyFiles(random, { short: true }, 1 + random.below(60));
    const writer = openLogWriter(folder, SOURCE, { ...SMALL, sync }, { files });
    let promised = 0;
    let end = 0;
    while (!files.isDead) {
      writer.appendRecords(recordsOf(writer.position, 1 + random.below(60)).bytes);
      end = writer.position;
      const done = random.below(2) === 0 ? writer.flush() : writer.sync();
      while (!files.isDead && !(await settled(done))) await new Promise((resolve) => setImmediate(resolve));
      promised = sync === 'always' ? writer.acknowledged : writer.statistics().durable;
    }
    const { accepted, written, dropped, pending } = writer.statistics();
    expect(accepted, `seed ${seed}`).toBe(written + dropped + pending);
    await writer.close(0);
    files.restart();
    return { folder, promised, end };
  };
  /** Whether a promise is done already. */
  const settled = async (done: Promise<void>): Promise<boolean> => {
    const not = Symbol();
    return (await Promise.race([done, Promise.resolve(not)])) !== not;
  };

  it.each(['always', 5] as const)(
    `sync ${'%s'}: keeps what was promised, and goes on (${SEEDS} seeds)`,
    async (sync) => {
      let torn = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { folder, promised, end } = await cutAt(seed, sync);
        const writer = openLogWriter(folder, SOURCE, { ...SMALL, sync: 'never' });
        const found = writer.position;
        expect(found, `seed ${seed}`).toBeGreaterThanOrEqual(promised);
        expect(found, `seed ${seed}`).toBeLessThanOrEqual(end);
        writer.appendRecords(recordsOf(found, 50).bytes);
        const last = writer.position;
        await writer.close();
        const { numbers, notes } = await read(folder);
        expect(numbers, `seed ${seed}`).toEqual(upTo(last));
        const cuts = notes.filter(({ type }) => type === 'tornTail');
        expect(cuts.length, `seed ${seed}`).toBe(writer.cutBytes > 0 ? 1 : 0);
        expect(cuts.every(({ code }) => code === 'VW_LOG_TORN')).toBe(true);
        torn += cuts.length;
        const report = await verifyLog(folder);
        expect(report.isSound, `seed ${seed}: ${JSON.stringify(report.faults)}`).toBe(true);
      }
      expect(torn).toBeGreaterThan(SEEDS / 10);
    },
  );
});

describe('a full disk', () => {
  it('is waited for: nothing is lost, and the ledger says what waits', async () => {
    const folder = newFolder();
    const faults = { room: 20_000 as number };
    const files = new FaultyFiles(new Random(1), faults);
    const writer = openLogWriter(folder, SOURCE, { ...SMALL, sync: 'always' }, { files });
    for (let i = 0; i < 20; i++) writer.appendRecords(recordsOf(writer.position, 40).bytes);
    await expect.poll(() => writer.statistics().failing).toContain('ENOSPC');
    expect(writer.full).toBe(true);
    const { accepted, written, dropped, pending, durable } = writer.statistics();
    expect(pending).toBeGreaterThan(0);
    expect(dropped).toBe(0);
    expect(accepted).toBe(written + pending);
    const kept = (await read(folder)).numbers;
    expect(kept.length).toBeGreaterThanOrEqual(durable);
    expect(kept).toEqual(upTo(kept.length));
    faults.room = 1 << 30;
    await writer.flush();
    expect(writer.statistics()).toMatchObject({ failing: '', pending: 0, written: accepted });
    await writer.close();
    expect((await read(folder)).numbers).toEqual(upTo(accepted));
    expect((await verifyLog(folder)).isSound).toBe(true);
  });

  it('with the policy drop costs what did not fit: counted, told in the log, positions go on', async () => {
    const folder = newFolder();
    const faults = { room: 30_000 as number };
    const files = new FaultyFiles(new Random(2), faults);
    const writer = openLogWriter(folder, SOURCE, { ...SMALL, whenFull: 'drop' }, { files });
    const given: number[] = [];
    const append = (): void => {
      const first = writer.position;
      const { bytes, end } = recordsOf(first, 40);
      const isTaken = writer.fits(bytes.length);
      if (isTaken) writer.appendRecords(bytes);
      else writer.skip(end - first, 'queueFull');
      if (isTaken) for (let n = first; n < end; n++) given.push(n);
    };
    for (let i = 0; i < 60; i++) {
      append();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => writer.statistics().failing).toContain('ENOSPC');
    faults.room = 1 << 30;
    await expect.poll(() => writer.full).toBe(false);
    append();
    const said = await writer.close();
    expect(said.dropped).toBeGreaterThan(0);
    expect(said.accepted).toBe(said.written + said.dropped);
    const { numbers, notes } = await read(folder);
    expect(numbers).toEqual(given);
    const holes = notes.filter(({ type }) => type === 'dropped');
    expect(holes.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBe(said.dropped);
    expect(holes[0]).toMatchObject({ code: 'VW_LOG_FULL', reason: 'queueFull' });
    expect(await verifyLog(folder)).toMatchObject({ isSound: true, dropped: said.dropped, end: said.position });
  });
});

describe('a disk that does not confirm', () => {
  it('always: what was not confirmed is written again before it is acknowledged', async () => {
    const folder = newFolder();
    const faults = { syncFails: 0 };
    const files = new FaultyFiles(new Random(3), faults);
    const writer = openLogWriter(folder, SOURCE, { ...SMALL, sync: 'always' }, { files });
    for (let i = 0; i < 8; i++) {
      faults.syncFails = i % 3;
      writer.appendRecords(recordsOf(writer.position, 40).bytes);
      await writer.flush();
      expect(writer.acknowledged).toBe(writer.position);
    }
    const { failures, position, unsure } = await writer.close();
    expect(failures).toBeGreaterThan(3);
    expect(unsure).toBe(0);
    files.restart();
    expect((await read(folder)).numbers).toEqual(upTo(position));
    expect((await verifyLog(folder)).isSound).toBe(true);
  });

  it('later: the entries are named in the log and counted, and another segment is begun', async () => {
    const folder = newFolder();
    const faults = { syncFails: 0 };
    const files = new FaultyFiles(new Random(4), faults);
    const writer = openLogWriter(folder, SOURCE, { ...SMALL, sync: 60_000 }, { files });
    writer.appendRecords(recordsOf(0, 40).bytes);
    await writer.flush();
    faults.syncFails = 1;
    await writer.sync();
    const before = writer.position;
    writer.appendRecords(recordsOf(before, 40).bytes);
    await writer.sync();
    const said = await writer.close();
    expect(said.unsure).toBe(before);
    expect(said.segments).toBe(2);
    const { numbers, notes } = await read(folder);
    expect(numbers).toEqual(upTo(said.position));
    expect(notes).toContainEqual(
      expect.objectContaining({ type: 'syncFailed', code: 'VW_LOG_SYNC', begin: 0, end: before }),
    );
  });
});

describe('kill -9 of writer and reader', () => {
  const script = fileURLToPath(new URL('log-child.mjs', import.meta.url));
  interface Said {
    readonly began?: number;
    readonly cut?: number;
    readonly acknowledged?: number;
    readonly kept?: number;
  }
  /** Runs a child until it has said so many things, and kills it in the midst of the next. */
  async function killed(args: readonly string[], lines: number, delay: number): Promise<Said[]> {
    const child: ChildProcess = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: Said[] = [];
    const exited = new Promise((resolve) => child.once('close', resolve));
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      // What was cut off with the process was not said.
      if (!line.endsWith('}')) break;
      said.push(JSON.parse(line) as Said);
      if (said.length !== lines) continue;
      for (let i = 0; i < delay; i++) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
    }
    await exited;
    return said;
  }

  const lane = async (seed: number, kills: number): Promise<{ end: number; cut: number }> => {
    const random = new Random(seed);
    const folder = newFolder();
    await openLogWriter(folder, SOURCE, SMALL).close();
    let acknowledged = 0;
    let cut = 0;
    let kept = 0;
    for (let i = 0; i < kills; i++) {
      const sync = random.below(2) === 0 ? 'always' : 'later';
      const writer = killed(['write', folder, sync], 2 + random.below(12), random.below(200));
      // The reader is killed, too; where the writer is dead already it may have nothing more to say.
      const reader = killed(['read', folder], 1, random.below(400));
      const [written, seen] = await Promise.all([writer, reader]);
      expect(written[0]?.began, `seed ${seed}, kill ${i}`).toBeGreaterThanOrEqual(acknowledged);
      expect(seen[0]?.began, `seed ${seed}, kill ${i}`).toBeGreaterThanOrEqual(kept);
      acknowledged = Math.max(acknowledged, ...written.map((line) => line.acknowledged ?? 0));
      kept = Math.max(kept, ...seen.map((line) => line.kept ?? line.began ?? 0));
      cut += (written[0]?.cut ?? 0) > 0 ? 1 : 0;
    }
    const writer = openLogWriter(folder, SOURCE, SMALL);
    const end = writer.position;
    expect(end).toBeGreaterThanOrEqual(acknowledged);
    await writer.close();
    const { numbers, notes } = await read(folder);
    expect(numbers, `seed ${seed}`).toEqual(upTo(end));
    expect((await verifyLog(folder)).isSound).toBe(true);
    expect(notes.filter(({ type }) => type === 'tornTail').length).toBeGreaterThanOrEqual(cut);
    checkKept(`${folder}.kept`, kept);
    return { end, cut };
  };

  /** The reader's result is that of all entries before its position, each once. */
  function checkKept(file: string, least: number): void {
    if (least === 0) return;
    const { position, sum } = JSON.parse(readFileSync(file, 'utf8')) as { position: number; sum: number };
    expect(position).toBeGreaterThanOrEqual(least);
    let expected = 0;
    for (let n = 0; n < position; n++) expected = (expected * 31 + n) % 1_000_000_007;
    expect(sum).toBe(expected);
  }

  it(`at seeded moments: nothing acknowledged is lost, and each entry is there once (${KILLS} kills of each)`, async () => {
    const LANES = KILLS > 100 ? 4 : 2;
    const done = await Promise.all(upTo(LANES).map((i) => lane(100 + i, Math.ceil(KILLS / LANES))));
    const entries = done.reduce((sum, { end }) => sum + end, 0);
    expect(entries).toBeGreaterThan(0);
    if (KILLS > 100) console.log(`${KILLS} kills of writer and reader, ${entries} entries`);
  }, 3_600_000);
});
