// `npm run demo:platform`, with the servers that start quickly.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { root } from './harm.js';

test('demo:platform shows rows on their way into what is installed, and what the stores say in the end', () => {
  const words = ['scripts/demo-platform.mjs', '--seconds', '1', '--only', 'duckdb,parquet,zeromq,redis,nats'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
  });
  expect(stderr).toBe('');
  for (const name of ['duckdb', 'parquet', 'zeromq', 'redis'])
    expect(stdout).toMatch(new RegExp(`${name} .*pending +0 .*the store says [1-9]`));
  expect(stdout).toMatch(/nats .*pending +0 /);
  expect(stdout).toContain('Every row that a pipeline accepted is stored, and the stores say the same.');
  expect(status).toBe(0);
});
