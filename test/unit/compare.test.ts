// Two sides held against each other, and the switch between them: by seed, on a clock of the test.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  Comparison,
  Cutover,
  type CutoverStep,
  comparedText,
  differenceText,
  dueStep,
  MIGRATION_STEPS,
  type MigrationState,
  prove,
  readSide,
  type SideMessage,
  type SideName,
} from '../../src/compare/index.js';
import { Random } from '../../src/simulator/random.js';

const message = (n: number, more: object = {}, channel = 'c'): SideMessage => ({
  ...{ channel, sequence: BigInt(n), message: 'addOrder' },
  fields: { orderReference: BigInt(n) * 7n, price: n % 100, side: n % 2 ? 'BUY' : 'SELL', ...more },
});

describe('a message', () => {
  it('is compared by what it says: order of keys and kind of number are nothing', () => {
    const a = {
      channel: 'c',
      sequence: 1n,
      message: 'm',
      fields: { a: 1n, b: '2', c: [1, null], d: new Uint8Array([255]) },
    };
    const b = { channel: 'c', sequence: 1n, message: 'm', fields: { d: 'ff', c: ['1', undefined], b: 2, a: 1 } };
    expect(comparedText(a)).toBe(comparedText(b));
    expect(comparedText(a)).not.toBe(comparedText({ ...a, message: 'n' }));
  });
});

describe('a comparison', () => {
  it('begins with the first number that both have, in each channel', () => {
    const comparison = new Comparison();
    for (let n = 1; n <= 10; n++) comparison.add('old', message(n), 0);
    for (let n = 5; n <= 10; n++) comparison.add('new', message(n), 0);
    expect([comparison.total.equal, comparison.total.compared, comparison.before, comparison.waiting]).toEqual([
      6, 6, 4, 0,
    ]);
    expect(comparison.first).toBe(undefined);
  });

  it('shows the first difference with the bytes around it', () => {
    const comparison = new Comparison();
    for (let n = 1; n <= 3; n++) {
      comparison.add('old', message(n), 0);
      comparison.add('new', message(n, n === 2 ? { price: 3 } : {}), 0);
    }
    const { first } = comparison;
    expect([first?.kind, first?.sequence, comparison.total.different]).toEqual(['different', 2n, 1]);
    const text = differenceText(first as never).join('\n');
    expect(text).toMatch(
      /^c 2: differs from byte \d+ on\n {2}old +\d+: .*32 22.*\n.*"price":"2".*\n {2}new +\d+: .*33 22.*\n.*"price":"3"/,
    );
  });

  it('tells what is missing when its time is over, and what comes twice at once', () => {
    const comparison = new Comparison({ waitMs: 100 });
    for (const side of ['old', 'new'] as const) comparison.add(side, message(1), 0);
    comparison.add('old', message(2), 10);
    comparison.tick(109);
    expect(comparison.first).toBe(undefined);
    comparison.tick(110);
    expect(comparison.first).toMatchObject({ kind: 'missing', side: 'new', sequence: 2n });
    comparison.add('new', message(1), 111);
    expect(comparison.total).toMatchObject({ missing: 1, twice: 1, equal: 1, compared: 3, score: 1 / 3 });
  });

  it('scores minutes: one in which nothing came is none of the equal ones', () => {
    const comparison = new Comparison({ minuteMs: 1_000 });
    const both = (n: number, at: number) => {
      for (const side of ['old', 'new'] as const) comparison.add(side, message(n), at);
    };
    both(1, 0);
    both(2, 1_000);
    comparison.tick(2_000);
    expect([comparison.minutes.map((m) => m.score), comparison.equalMinutes]).toEqual([[1, 1], 2]);
    comparison.tick(3_000);
    expect([comparison.minutes.map((m) => m.score), comparison.equalMinutes]).toEqual([[1, 1, 0], 0]);
  });

  it('holds no more than is declared, whatever a side does', () => {
    const comparison = new Comparison({ waiting: 100 });
    for (let n = 1; n <= 1_000; n++) comparison.add('old', message(n), 0);
    expect([comparison.waiting, comparison.before]).toEqual([100, 900]);
    for (let n = 1_001; n <= 2_000; n++) comparison.add('new', message(n), 0);
    expect(comparison.waiting).toBeLessThanOrEqual(200);
  });
});

/** Both sides give the same numbers, each at its own pace; on the new one `broken` is done to one of them. */
function cutOver(seed: number, broken: 'nothing' | 'different' | 'missing' | 'twice') {
  const random = new Random(seed);
  const channels = ['x', 'y'];
  const all = 1_000;
  const at = 100 + random.below(800);
  const forwarded: [string, bigint, SideName][] = [];
  const steps: CutoverStep[] = [];
  const cutover = new Cutover({
    ...{ minuteMs: 50, waitMs: 40, promoteAfter: 3, removeAfter: 3 },
    forward: (m, side) => forwarded.push([m.channel, m.sequence, side]),
    stepped: (step) => steps.push(step),
  });
  const next: Record<SideName, number> = { old: 1, new: 1 + random.below(50) };
  for (let now = 0; next.old <= all || next.new <= all; now++) {
    for (const side of ['old', 'new'] as const) {
      // Neither is more than 30 ahead: what is late is not missing.
      const ahead = next[side] - next[side === 'old' ? 'new' : 'old'];
      for (let i = ahead > 30 ? 0 : random.below(6); i > 0 && next[side] <= all; i--) {
        const n = next[side]++;
        for (const channel of channels) {
          const isHere = side === 'new' && n === at && channel === 'y';
          if (isHere && broken === 'missing') continue;
          cutover.add(side, message(n, isHere && broken === 'different' ? { price: -1 } : {}, channel), now);
          if (isHere && broken === 'twice') cutover.add(side, message(n, {}, channel), now);
        }
      }
    }
    cutover.tick(now);
  }
  return { cutover, forwarded, steps, at, all };
}
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);

describe('a cut-over', () => {
  it.each(SEEDS)('with no difference is promoted, and no message is lost or repeated (seed %i)', (seed) => {
    const { cutover, forwarded, steps, all } = cutOver(seed, 'nothing');
    expect(steps).toEqual(['promoted', 'oldRemoved']);
    for (const channel of ['x', 'y'])
      expect(forwarded.filter(([c]) => c === channel).map(([, n]) => Number(n))).toEqual(
        Array.from({ length: all }, (_, i) => i + 1),
      );
    const { ledger } = cutover;
    expect(ledger).toMatchObject({ forwarded: 2 * all, lost: 0 });
    expect(ledger.fromOld + ledger.fromNew).toBe(2 * all);
    expect(Math.min(ledger.fromOld, ledger.fromNew)).toBeGreaterThan(0);
    for (const channel of ['x', 'y']) {
      const sides = forwarded.filter(([c]) => c === channel).map(([, , side]) => side);
      expect(sides.lastIndexOf('old')).toBe(sides.indexOf('new') - 1);
    }
  });

  it.each(SEEDS.flatMap((seed) => (['different', 'missing', 'twice'] as const).map((what) => [seed, what] as const)))(
    'finds one message at its number, and goes back: seed %i, %s',
    (seed, broken) => {
      const { cutover, forwarded, steps, at, all } = cutOver(seed, broken);
      const { first } = cutover.comparison;
      if (steps.includes('oldRemoved')) {
        // It came after the old side had gone: nothing is compared any more.
        expect(first).toBe(undefined);
        return;
      }
      expect(first).toMatchObject({ kind: broken, channel: 'y', sequence: BigInt(at) });
      expect(steps.at(-1)).toBe('rolledBack');
      expect(cutover.active).toBe('old');
      const numbers = forwarded.filter(([c]) => c === 'x').map(([, n]) => Number(n));
      expect(numbers).toEqual(Array.from({ length: all }, (_, i) => i + 1));
      // What the new side left out before the difference was found is the one thing that may be lacking.
      const y = forwarded.filter(([c]) => c === 'y').map(([, n]) => Number(n));
      expect(new Set(y).size).toBe(y.length);
      expect(all - y.length).toBeLessThanOrEqual(broken === 'missing' ? 1 : 0);
    },
  );

  it('is rolled back by hand until the old side is removed, and not after', () => {
    const { cutover } = cutOver(1, 'nothing');
    expect(() => cutover.rollBack('wanted')).toThrow(expect.objectContaining({ code: 'VW_CUTOVER' }));
    const other = new Cutover({ promoteAfter: 1 });
    other.rollBack('wanted');
    expect([other.step, other.active]).toEqual(['rolledBack', 'old']);
    expect(() => new Cutover({ promoteAfter: 0 })).toThrow(expect.objectContaining({ code: 'VW_CUTOVER' }));
  });
});

describe('a migration', () => {
  const yes = { ok: true, summary: 'shown', at: '2026-01-05T14:30:00Z' };
  it('has one order of steps, each with what proves it', () => {
    let state: MigrationState = { name: 'totalview', proved: [] };
    expect(() => prove(state, 'certified', yes)).toThrow(expect.objectContaining({ code: 'VW_MIGRATION' }));
    for (const step of MIGRATION_STEPS) state = prove(state, step, yes);
    expect(dueStep(state)).toBe(undefined);
    expect(state.proved.map((p) => p.step)).toEqual(MIGRATION_STEPS);
  });
  it('goes no further after a fact that says no', () => {
    const state = prove({ name: 'totalview', proved: [] }, 'planned', { ...yes, ok: false, summary: 'two errors' });
    expect(state.rolledBack).toMatchObject({ at: 'planned', evidence: { summary: 'two errors' } });
    expect(() => prove(state, 'planned', yes)).toThrow(expect.objectContaining({ code: 'VW_MIGRATION' }));
  });
});

describe('a side that is a file', () => {
  it('is followed while it grows; notices are skipped, and what is no record is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vw-side-'));
    const file = join(folder, 'old.ndjson');
    const line = (n: number): string => `{"channel":"c","sequence":"${n}","message":"m","fields":{"n":${n}}}\n`;
    writeFileSync(file, `${line(1)}{"notice":"sessionStarted"}\n${line(2).slice(0, 20)}`);
    const got: bigint[] = [];
    const side = await readSide(file, (m) => got.push(m.sequence));
    try {
      await expect.poll(() => got).toEqual([1n]);
      appendFileSync(file, line(2).slice(20));
      await expect.poll(() => got).toEqual([1n, 2n]);
      expect(side.skipped).toBe(1);
      appendFileSync(file, 'not a record\n');
      await expect(side.done).rejects.toMatchObject({ code: 'VW_COMPARE_SIDE' });
      await expect(readSide(join(folder, 'none'), () => {})).rejects.toMatchObject({ code: 'VW_COMPARE_SIDE' });
    } finally {
      side.close();
      rmSync(folder, { recursive: true });
    }
  });
});
