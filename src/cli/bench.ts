/** `venuewire bench`: the benchmarks of a checkout; the package does not carry them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { VenuewireError } from '../errors.js';

async function bench(args: string[]): Promise<void> {
  const script = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));
  if (!existsSync(script)) {
    throw new VenuewireError(
      'VW_BENCH_MISSING',
      `there is no ${script}`,
      'Benchmarks come with the repository, not with the package: clone it, npm install, npm run bench.',
    );
  }
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 3;
}

export function configure(command: Command): void {
  command
    .argument('[arguments...]', 'passed on to bench/run.mjs')
    .allowUnknownOption()
    .addHelpText('after', '\nExample:\n  venuewire bench\n')
    .action(bench);
}
