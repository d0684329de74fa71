// docs/adding-a-venue.md, followed as it stands by somebody who has only the package: installed from its tarball, offline, in
// a folder of its own.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbs as known } from '../../src/cli/verbs.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/adding-a-venue.md'), 'utf8');

/** The files of the page: each block begins with a comment that is its name. */
const files = [...page.matchAll(/^```(?:js|yaml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```/gm)].map(
  ([, name, text]) => [name as string, text as string] as const,
);
/** The commands of section 6. Those that run live belong together: some listen, the last sends. */
const proof = page.slice(page.indexOf('## 6.'));
const all = [...proof.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, text]) =>
  (text as string).split('\n').filter((line) => line !== ''),
);
const live = all.filter((c) => /venuewire (run|record)|--to-multicast/.test(c));
const commands = all.filter((c) => !live.includes(c));

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'venuewire-own-')));
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ filename: string }];
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  // What it depends on comes from this checkout: no registry is asked.
  const overrides = Object.fromEntries(
    Object.keys(dependencies).map((name) => [name, `file:${join(root, 'node_modules', name)}`]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'own', type: 'module', private: true, overrides }),
  );
  execFileSync(
    'npm',
    ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, packed.filename)],
    { cwd: folder, stdio: 'ignore' },
  );
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The addon of this checkout: an installed package has its prebuild. */
const environment = { ...process.env, VENUEWIRE_PREBUILD: root, NO_COLOR: '1' };
const run = (command: string) =>
  spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8', timeout: 120_000, env: environment });

interface Listener {
  /** It has said that it listens, or has ended. */
  readonly ready: Promise<unknown>;
  readonly ended: Promise<{ readonly status: number | null; readonly out: string }>;
}

/** A command that waits for what others send. */
function listen(command: string, sign: string): Listener {
  const child = spawn('sh', ['-c', command], { cwd: folder, env: environment });
  let out = '';
  const ended = new Promise<{ status: number | null; out: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, out }));
  });
  const said = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        out += text;
        if (out.includes(sign)) resolve();
      });
    }
  });
  return { ready: Promise.race([said, ended]), ended };
}

describe('the page about adding a venue', () => {
  it('has every file that its commands need', async () => {
    expect(files.map(([name]) => name)).toEqual([
      'totalview.yaml',
      'fix.yaml',
      'decoder.mjs',
      'framing.mjs',
      'recovery.mjs',
      'venue.mjs',
      'venue.yaml',
      'make-day.mjs',
      'read.mjs',
      'certify.test.mjs',
    ]);
    // Those that take a venue, a table or a framing of one's own: a verb that joins them belongs on the page.
    const verbs = new Set(all.flatMap((c) => /venuewire (\w+)/.exec(c)?.[1] ?? []));
    const takers = [];
    for (const { name, load } of known) {
      const command = new Command(name);
      (await load()).configure(command);
      if (/--venue <file-or-id>|<venue-file>|venue file that uses/.test(command.helpInformation())) takers.push(name);
    }
    // gateway needs packages beside this one, and proxy speaks MoldUDP64 alone: their pages are docs/gateway.md and docs/proxy.md.
    const elsewhere = ['gateway', 'proxy'];
    expect([...verbs, ...elsewhere].sort()).toEqual(takers.sort());
    expect(verbs.size).toBeGreaterThan(5);
  });
  it('installs nothing but the package and what it depends on', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((n) => !n.startsWith('.'))).toContain('venuewire');
    expect(readFileSync(join(folder, 'node_modules/venuewire/package.json'), 'utf8')).toContain('"name": "venuewire"');
  });
  it.each(commands.map((c) => [c.replace(/\s*#.*$/, '')]))(
    'has a command that works: %s',
    (command) => {
      const ran = run(command);
      expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/VW_[A-Z]+/);
      expect(ran.status).toBe(0);
      if (command.includes('replay')) {
        expect(ran.stdout).toContain('expected 100 = delivered 100 + recovered 0 + abandoned 0 + in flight 0');
      }
      if (command.includes('gaps')) expect(ran.stdout).toContain('lost on A: 6 — filled by B');
      if (command.includes('decode') && command.includes('--limit 3')) {
        expect(ran.stdout.trim().split('\n')).toHaveLength(3);
        expect(JSON.parse(ran.stdout.split('\n')[0] as string)).toMatchObject({ message: 'addOrder', sequence: '1' });
      }
      if (command.includes('venuewire book')) {
        const [book, end] = ran.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect(book).toMatchObject({ instrument: 'XMPL' });
        expect(book.bids).toHaveLength(2);
        expect(book.asks).toHaveLength(2);
        expect(end).toBeDefined();
      }
      if (command.includes('venuewire certify')) expect(ran.stdout).toContain('all good');
    },
    120_000,
  );
  it('runs live: what is sent to its groups is put together from both lines, and recorded', async () => {
    expect(live).toHaveLength(3);
    const [read, record, send] = live as [string, string, string];
    const reading = listen(read, 'example: 2 lines; ends with');
    const recording = listen(record, 'recorded by socket');
    await Promise.all([reading.ready, recording.ready]);
    expect(run(send).status).toBe(0);
    const [delivered, kept] = await Promise.all([reading.ended, recording.ended]);
    expect(delivered).toMatchObject({ status: 0 });
    expect(delivered.out).toContain('expected 100 = delivered 100 + recovered 0 + abandoned 0 + in flight 0');
    expect(kept).toMatchObject({ status: 0 });
    expect(kept.out).toContain('190 packets');
  }, 60_000);
  it('says which credential is missing', () => {
    const without = run('npx venuewire run ./venue.yaml --seconds 1');
    expect(without.stderr).toContain('VW_CREDENTIAL_MISSING: The environment variable EXAMPLE_USER');
    expect(without.status).toBe(3);
  });
  it('has YAML of the first section that is taken as it stands', () => {
    mkdirSync(join(folder, 'check'));
    writeFileSync(
      join(folder, 'check/load.mjs'),
      `import { loadVenue } from 'venuewire/venues/load';
       for (const file of ['totalview.yaml', 'fix.yaml']) console.log((await loadVenue(file)).name);`,
    );
    const ran = run('node check/load.mjs');
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toBe('my-totalview\nmy-fix\n');
  });
  it('compiles: every name and type of its JavaScript is known', () => {
    const options =
      '--allowJs --checkJs --noEmit --strict --module nodenext --target es2022 --skipLibCheck --types node';
    const sources = files.map(([name]) => name).filter((name) => name.endsWith('.mjs'));
    const ran = run(
      `node ${join(root, 'node_modules/typescript/bin/tsc')} ${options} --typeRoots ${join(root, 'node_modules/@types')} ${sources.join(' ')}`,
    );
    expect(ran.stdout).toBe('');
  }, 60_000);
});
