import { afterAll, describe, expect, test } from 'vitest';
import { ACTION, NOTICE_TYPE, OUTCOME, REASON } from '../../src/contract.js';
import { runScenarioSeeds } from '../../src/simulator/certify/campaign.js';
import { branchesOf, unreached } from '../../src/simulator/certify/coverage.js';
import { models } from '../../src/simulator/certify/models.js';
import { scenariosOf } from '../../src/simulator/certify/scenarios/index.js';
import { Stage } from '../../src/simulator/certify/stage.js';
import { venues } from '../../src/venues/registry.js';

/** Seeds of each scenario here; `venuewire certify --all` plays 200. More feeds of a family differ in their table only: 1. */
const SEEDS = Number(process.env.VENUEWIRE_SEEDS ?? 3);
const isFirst = (id: string): boolean => {
  const own = venues.find((v) => v.id === id);
  return venues.find((v) => v.module === own?.module) === own;
};

const declared = new Set<string>();
const seen = new Set<string>();

describe.each(Object.keys(models))('%s', (id) => {
  test('passes every scenario that its patterns call for', async () => {
    const load = models[id];
    if (load === undefined) throw new Error(id);
    const stage = new Stage(await load());
    for (const branch of branchesOf(stage)) declared.add(branch);
    const failures: string[] = [];
    for (const scenario of scenariosOf(stage)) {
      const report = runScenarioSeeds(stage, scenario, 1, isFirst(id) ? SEEDS : 1);
      for (const word of report.seen) seen.add(word);
      for (const f of report.failures) failures.push(`${scenario.name}, seed ${f.seed}: ${f.faults.join('; ')}`);
    }
    expect(failures).toEqual([]);
  }, 120_000);
});

describe('pattern coverage', () => {
  test('every branch that the venues declare is reached by some scenario', () => {
    expect(unreached(declared, seen)).toEqual([]);
  });

  test('every action, outcome, notice and reason of the core is reached', () => {
    const elsewhere = new Set([
      // No notice and no reason.
      'notice none',
      'reason none',
      // A capture that is for other lines: test/unit/feed-habits.test.ts.
      'notice elsewhere',
      // A capture, a reader that is too slow, a feed that is closed: native/test/feed_test.cpp, batch_test.cpp.
      'notice endOfData',
      'reason endOfData',
      'notice slowConsumer',
      'reason slowConsumer',
      // Lines of another framing: native/test/session_test.cpp.
      'notice malformed',
      'reason closed',
      // Names are looked up by the driver: test/unit/venue-sessions.test.ts, native/test/client_test.cpp.
      'reason hostNotFound',
      // No failure before the last try: native/test/channel_test.cpp.
      'reason exhausted',
      // No ready venue has them: test/simulation/certify-own.test.ts.
      'action packet',
      'action unavailable',
    ]);
    const all = new Set([
      ...ACTION.map((a) => `action ${a}`),
      ...OUTCOME.map((o) => `outcome ${o}`),
      ...NOTICE_TYPE.map((n) => `notice ${n}`),
      ...REASON.map((r) => `reason ${r}`),
    ]);
    expect(unreached(all, seen).filter((w) => !elsewhere.has(w))).toEqual([]);
  });
});

afterAll(() => {
  if (process.env.VENUEWIRE_COVERAGE) console.log([...seen].sort().join('\n'));
});
