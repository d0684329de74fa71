// Getting started and the recipes: their files and commands are run as they stand, in a folder where `venuewire` is this checkout.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What recipes use beside the library: npm ci --prefix docs/site. */
const OTHERS = join(root, 'docs/site/node_modules');
const withOthers = existsSync(join(OTHERS, 'fastify'));

const pages = ['getting-started.md', ...readdirSync(join(root, 'docs/recipes')).map((name) => `recipes/${name}`)];
const textOf = (page: string): string => readFileSync(join(root, 'docs', page), 'utf8');

let folder = '';
let venue: ChildProcess | undefined;
beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  folder = mkdtempSync(join(root, 'build/recipes-'));
  copyFileSync(join(root, 'fixtures/itch50-clean.pcap'), join(folder, 'monday.pcap'));
  copyFileSync(join(root, 'fixtures/itch50-ab-lossy.pcap'), join(folder, 'lossy.pcap'));
  if (withOthers) symlinkSync(OTHERS, join(folder, 'node_modules'));
  for (const page of pages) {
    for (const [, name, code] of textOf(page).matchAll(/^```(?:js|ts|yaml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```/gm))
      writeFileSync(join(folder, name as string), code as string);
  }
});
afterAll(() => {
  venue?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const environment = (more: object = {}) => ({ ...process.env, NO_COLOR: '1', ...more });
/** What a command prints on standard output; standard error has to be empty, and the exit code 0. */
function run(command: string, more: object = {}): string {
  const local = command.replace(/^npx venuewire/, `node ${join(root, 'dist/cli/main.js')}`);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', local], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: environment(more),
  });
  expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: '' });
  return stdout.trim();
}

const LOGIN = { VENUEWIRE_SIMULATED_USER: 'SIMUSR', VENUEWIRE_SIMULATED_PASSWORD: 'SIMPASS' };
/** The venue of the page, from now on; its file is venue.yaml. */
async function simulate(): Promise<void> {
  const [, options = ''] = /npx venuewire simulate ([^\n>]+) >/.exec(textOf('getting-started.md')) ?? [];
  venue?.kill('SIGKILL');
  venue = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'simulate', ...options.trim().split(' ')], {
    cwd: folder,
    env: environment(),
  });
  let file = '';
  venue.stdout?.on('data', (text) => {
    file += text;
  });
  // The file is whole when the venue says that it publishes.
  for await (const text of venue.stderr as NodeJS.ReadableStream) if (String(text).includes('Publishing')) break;
  writeFileSync(join(folder, 'venue.yaml'), file);
}

describe('the site', () => {
  const pagesOf = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'docs/site/pages.mjs'), ...args], { encoding: 'utf8' });

  it('has no link to a file that there is not', () => {
    const { status, stderr } = pagesOf(root, join(folder, 'pages'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, 'pages/recipes/index.md'), 'utf8')).toContain('](/adding-a-venue.md)');
  });

  it('is not made where a link leads to nothing', () => {
    mkdirSync(join(folder, 'wrong/docs'), { recursive: true });
    writeFileSync(join(folder, 'wrong/docs/a.md'), '# A\n\n[there](b.md), `[not a link](c.md)`\n');
    const { status, stderr } = pagesOf(join(folder, 'wrong'), join(folder, 'wrong/pages'));
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'links to nothing:\n  docs/a.md: b.md\n' });
  });
});

describe('getting started', () => {
  it('decodes the message that the page shows', () => {
    const page = textOf('getting-started.md');
    const [, command, shown] = /```sh\n(npx venuewire decode [^\n]+)\n```\n\n```json\n([^\n]+)\n```/.exec(page) ?? [];
    expect(JSON.parse(run(command as string))).toEqual(JSON.parse(shown as string));
  });

  it('has a handler that finds orders, and a ledger that balances', () => {
    const [first, ...ledger] = run('node orders.mjs').split('\n');
    expect(first).toBe('8 stocks, dearest order: ZAAD at 393.2000');
    expect(ledger.join('')).toMatch(/expected: 2000,.*delivered: 2000,.*abandoned: 0/);
  });

  it('has books with the best prices of the capture’s end', () => {
    expect(run('node books.mjs')).toBe('bid 123.9600 ask 124.0500');
  });

  it('ends with a live feed whose gaps are filled', async () => {
    await simulate();
    const balance = /(\d+) = (\d+) \+ (\d+) \+ (\d+) \+ (\d+)$/.exec(run('node live.mjs 4', LOGIN)) ?? [];
    const [expected = 0, ...terms] = balance.slice(1).map(Number);
    expect(expected).toBeGreaterThan(0);
    expect(terms.reduce((a, b) => a + b, 0)).toBe(expected);
  }, 60_000);
});

describe('recipes', () => {
  it('captures: what was traded, and what is on no line', () => {
    expect(run('node captures.mjs')).toMatch(/^\d+ trades, \d+ messages on no line$/);
    expect(run('node packets.mjs')).toBe('1508 144');
  });

  it('a protocol of one’s own: sound, written and read back, and decoded on the command line', () => {
    expect(run('node write.mjs').split('\n')).toEqual([
      'faults: 0',
      expect.stringMatching(/^ACME 123\.4500 \{.*"size":300/),
    ]);
    const lines = run('npx venuewire decode ticks.bin --decoder ./ticks.mjs --format ndjson').split('\n');
    expect(lines.map((line) => JSON.parse(line).fields.symbol)).toEqual(['ACME', 'BETA']);
  });

  it('worker threads: trades counted elsewhere', () => {
    expect(run('node main.mjs')).toBe('72 trades');
  });

  it('a live feed: ends on SIGTERM with a ledger that balances', async () => {
    await simulate();
    const child = spawn(process.execPath, ['receive.mjs', 'venue.yaml'], { cwd: folder, env: environment(LOGIN) });
    let out = '';
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    child.stdout.on('data', (text) => {
      out += text;
      // It has received something: that is when it is stopped.
      if (!child.killed && /complete again|lost for good/.test(out)) child.kill('SIGTERM');
    });
    expect({ status: await ended, last: out.trim().split('\n').at(-1) }).toEqual({
      status: 0,
      last: 'orders: true, balances: true',
    });
  }, 60_000);

  it('bare metal: says what the sockets of both lines were granted', () => {
    expect(run('node tuned.mjs', { LINE_INTERFACE: 'lo' })).toMatch(/name: 'A'[\s\S]*name: 'B'[\s\S]*asked: 'auto'/);
  });

  it.skipIf(!withOthers)('fastify: the best prices by a request (npm ci --prefix docs/site)', () => {
    expect(JSON.parse(run('node fastify.mjs'))).toEqual({ bid: '123.9600', ask: '124.0500' });
  });

  it.skipIf(!withOthers)('Nest: orders counted by a provider (npm ci --prefix docs/site)', async () => {
    await build({
      entryPoints: [join(folder, 'nest.ts')],
      outfile: join(folder, 'nest.mjs'),
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    });
    expect(run('node nest.mjs')).toBe('754 orders');
  });

  it('every file of the pages is run here', () => {
    const here = readFileSync(fileURLToPath(import.meta.url), 'utf8');
    const files = pages.flatMap((page) =>
      [...textOf(page).matchAll(/^```(?:js|ts)\n\/\/ (\S+)\n/gm)].map(([, name]) => name as string),
    );
    const imported = new Set(['ticks.mjs', 'feed.mjs']);
    expect(files.filter((name) => !imported.has(name) && !here.includes(name))).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
    expect(new Set(files).size).toBe(files.length);
  });
});
