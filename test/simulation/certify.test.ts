import { describe, expect, test } from 'vitest';
import { models } from '../../src/simulator/certify/models.js';
import { play, Stage } from '../../src/simulator/certify/runner.js';
import { scenariosOf } from '../../src/simulator/certify/scenarios.js';
import { Random } from '../../src/simulator/random.js';

const SEEDS = Number(process.env.VENUEWIRE_SEEDS ?? 2);

describe.each(Object.keys(models))('%s', (id) => {
  test('passes every scenario that its patterns call for', async () => {
    const load = models[id];
    if (load === undefined) throw new Error(id);
    const stage = new Stage(await load());
    const failures: string[] = [];
    for (const scenario of scenariosOf(stage)) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const random = new Random(seed).fork(`${id} ${scenario.name}`);
        const result = play(stage, scenario.run(random.fork('scenario')), random.seed);
        if (result.faults.length > 0)
          failures.push(`${scenario.name}, seed ${seed}: ${result.faults.slice(0, 3).join('; ')}`);
      }
    }
    expect(failures).toEqual([]);
  });
});
