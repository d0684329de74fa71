import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const main = join(root, 'dist/cli/main.js');
const venuewire = (...words: string[]) =>
  spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', cwd: folder });
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-pipelines-'));
  writeFileSync(
    join(folder, 'day.yaml'),
    `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: day }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing: moldudp64
  lines: { A: { type: captureFile, path: ${root}fixtures/itch50-clean.pcap } }
  pipelines:
    ticks: { shape: { type: events }, select: { kinds: [trade] }, sink: { type: duckdb, file: day.duckdb } }
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('run moves what a venue file declares into its sinks and prints their ledgers; query reads it with SQL', () => {
  const ran = venuewire('run', 'day.yaml');
  expect(ran.stderr).toContain('pipelines ticks');
  expect(ran.status).toBe(0);
  const said = JSON.parse(ran.stdout) as Record<string, unknown>;
  expect(said).toMatchObject({ pipeline: 'ticks', delivery: 'exactlyOnce', pending: 0, dropped: 0, refused: 0 });
  expect(said.stored).toBe(said.accepted);
  const { stdout, status } = venuewire('query', 'day.duckdb', 'SELECT kind, count(*) AS n FROM event GROUP BY kind');
  expect(status).toBe(0);
  const [row] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(row).toMatchObject({ kind: 'trade' });
  expect(Number(row.n)).toBe(said.stored);
  expect(venuewire('query', 'day.duckdb', 'SELECT kind FROM event LIMIT 1', '--format', 'table').stdout).toContain(
    'trade',
  );
  expect(venuewire('query', 'day.duckdb', 'SELECT kind FROM event LIMIT 1', '--format', 'csv').stdout).toBe(
    'kind\ntrade\n',
  );
});

test('a query changes nothing, and says what is wrong', () => {
  const changed = venuewire('query', 'day.duckdb', 'DELETE FROM event');
  expect(changed.stderr).toContain('VW_QUERY');
  expect(changed.status).not.toBe(0);
  expect(venuewire('query', 'nowhere.duckdb', 'SELECT 1').stderr).toContain("there is no file 'nowhere.duckdb'");
});

test('an option about printed messages is refused, not ignored', () => {
  const { stderr, status } = venuewire('run', 'day.yaml', '--symbol', 'AAPL');
  expect(stderr).toContain('declares pipelines');
  expect(status).toBe(2);
});

test.each(['index.js', 'sinks/index.js', 'patterns/index.js', 'cli/main.js'])(
  'importing %s loads no client of a broker or store',
  (module) => {
    const trace = spawnSync(
      process.execPath,
      [
        '--experimental-loader',
        `data:text/javascript,${encodeURIComponent(`
        export async function resolve(name, context, next) {
          const found = await next(name, context);
          console.error('LOADED ' + found.url);
          return found;
        }`)}`,
        '--input-type=module',
        '-e',
        `import ${JSON.stringify(join(root, 'dist', module))}`,
      ],
      { encoding: 'utf8' },
    );
    const loaded = trace.stderr.split('\n').filter((line) => line.startsWith('LOADED'));
    expect(loaded.length).toBeGreaterThan(1);
    expect(loaded.filter((url) => /node_modules\/(zeromq|msgpackr|redis|@redis|postgres|@duckdb)/.test(url))).toEqual(
      [],
    );
  },
);
