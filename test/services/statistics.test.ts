// Rolling statistics of a day, held against pandas, which nobody here wrote.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pipelineSchema } from '../../src/patterns/pipeline.js';
import { runPipelines } from '../../src/sinks/index.js';
import { jsonLines } from '../../src/sinks/json-lines.js';
import { loadVenue } from '../../src/venues/load.js';
import { document, feedRows, Memory, root } from './harm.js';

const WINDOW_NS = 100_000_000;

test('volume, VWAP, volatility, spread, imbalance and correlation of a rolling window are those of pandas', async () => {
  const traded = (await feedRows()).filter(({ kind }) => kind === 'trade').map(({ instrument }) => String(instrument));
  const reference = traded[0] as string;
  const sink = { type: 'duckdb', file: 'none' } as const;
  const pipelines = {
    ticks: pipelineSchema.parse({ shape: { type: 'ticks' }, sink }),
    made: pipelineSchema.parse({ shape: { type: 'statistics', window: `${WINDOW_NS}ns`, reference }, sink }),
  };
  const [ticks, made] = [new Memory(), new Memory()];
  const venue = await loadVenue(document('{ type: duckdb, file: none }'));
  // Best prices are looked at once a batch: small batches are many looks.
  const feed = { ringBytes: 1 << 16 };
  await (await runPipelines({ ...venue, pipelines }, { feed, sinks: { ticks, made } })).done;
  const lines = ({ batches }: Memory, is: string): string =>
    batches.map((batch) => jsonLines(batch).replaceAll(/^\{/gm, `{"is":"${is}",`)).join('');
  const input = `${JSON.stringify({ window: WINDOW_NS, reference })}\n${lines(ticks, 'tick')}${lines(made, 'made')}`;
  const python = join(root, 'build/services/python/bin/python');
  const { status, stdout, stderr } = spawnSync(python, [join(root, 'test/services/statistics.py')], {
    ...{ input, encoding: 'utf8', maxBuffer: 1 << 28 },
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { held, worst } = JSON.parse(stdout) as { held: number; worst: number };
  expect(held).toBeGreaterThan(1_000);
  console.log(`statistics: ${held} values held against pandas, at most ${worst} apart`);
});
