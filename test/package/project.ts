/** A clean project with the packed package installed, and a path on which no compiler is. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { made } from './prepare.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const CAPTURE = join(root, 'fixtures/itch50-clean.pcap');
const SCRIPT = fileURLToPath(new URL('first.mjs', import.meta.url));

/** What the first script prints. */
export interface First {
  readonly node: string;
  readonly arch: string;
  readonly message: string;
  readonly eventCode: string;
  readonly messages: number;
  readonly orders: number;
  readonly abandoned: number;
  readonly firstMessageMs: number;
  readonly firstCaptureMs: number;
}

export const folder = (): string => mkdtempSync(join(tmpdir(), 'venuewire-package-'));
export const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Only node and the shell: what npm needs, and no compiler, make or python. */
export function barePath(into: string): string {
  const bin = join(into, 'bin');
  mkdirSync(bin);
  for (const [name, target] of [
    ['node', process.execPath],
    ['sh', '/bin/sh'],
    ...['npm', 'pnpm', 'yarn'].map((m) => [m, join(made, 'managers/node_modules/.bin', m)]),
  ] as [string, string][])
    symlinkSync(target, join(bin, name));
  return bin;
}

export interface Ran extends SpawnSyncReturns<string> {
  readonly ms: number;
}

export function run(command: string, words: readonly string[], cwd: string, env: Record<string, string> = {}): Ran {
  const began = performance.now();
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const result = spawnSync(command, words, { cwd, encoding: 'utf8', timeout: 280_000, env: { ...inherited, ...env } });
  return { ...result, ms: Math.round(performance.now() - began) };
}

export function must(ran: Ran): string {
  if (ran.status !== 0) throw new Error(`${ran.error?.message ?? ''}\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

/** The package as `npm pack` makes it. */
export function packed(into: string): string {
  const [{ filename }] = JSON.parse(
    must(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', into], root)),
  );
  return join(into, filename);
}

export function project(into: string): void {
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, 'package.json'), JSON.stringify({ name: 'newcomer', version: '1.0.0', private: true }));
  cpSync(SCRIPT, join(into, 'first.mjs'));
  cpSync(CAPTURE, join(into, 'day.pcap'));
}

export const binaries = (installed: string): string[] =>
  readdirSync(join(installed, 'prebuilds'), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.node'))
    .sort();

export const own = dirname(SCRIPT);
