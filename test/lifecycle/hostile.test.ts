import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { getuid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const child = (name: string) => fileURLToPath(new URL(`./children/${name}`, import.meta.url));
const NOBODY = 65534;

function run(name: string, args: string[], options: { uid?: number } = {}) {
  return new Promise<{ code: number | null; signal: string | null; out: unknown; err: string }>((resolve) => {
    const p = spawn(process.execPath, [child(name), ...args], options);
    let out = '';
    let err = '';
    p.stdout.on('data', (d) => {
      out += d;
    });
    p.stderr.on('data', (d) => {
      err += d;
    });
    p.on('close', (code, signal) => resolve({ code, signal, out: out === '' ? '' : JSON.parse(out), err }));
  });
}
const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('the process survives', () => {
  test('every argument of the addon as something else: a code, or the exception of the value itself', async () => {
    const { code, signal, out, err } = await run('hostile.mjs', ['arguments']);
    expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
    const { VW_ARGUMENT, ...others } = out as Record<string, unknown>;
    expect(VW_ARGUMENT).toBeGreaterThan(100);
    const unknown = Object.entries(others).filter(
      ([name, what]) => !/^(none|valueOf|Illegal invocation|VW_)/.test(name) && what !== 'Illegal invocation',
    );
    expect(unknown).toEqual([]);
  });

  test('workers that are terminated while feeds open', { timeout: 120_000 }, async () => {
    expect(await run('hostile.mjs', ['terminated', '60'])).toEqual({ code: 0, signal: null, out: 'survived', err: '' });
  });

  test('another thread that writes over the ring: reading ends, with a code', { timeout: 120_000 }, async () => {
    const { code, signal, out, err } = await run('hostile.mjs', ['scribble', '20']);
    expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
    // VW_FEED: the word that says how the feed stands was written over.
    const {
      ended = 0,
      VW_RING_DAMAGED = 0,
      VW_RING_CONTRACT = 0,
      VW_FEED = 0,
      ...others
    } = out as Record<string, number>;
    expect(others).toEqual({});
    expect(ended + VW_RING_DAMAGED + VW_RING_CONTRACT + VW_FEED).toBe(20);
    expect(VW_RING_DAMAGED).toBeGreaterThan(0);
  });

  test('thousands of feeds opened and closed, in the memory of a few', { timeout: 180_000 }, async () => {
    const { code, out } = await run('hostile.mjs', ['opens', '3000']);
    expect(code).toBe(0);
    const { early, end } = out as { early: number; end: number };
    expect(end - early).toBeLessThan(64 << 20);
    expect(end).toBeLessThan(400 << 20);
  });

  test.skipIf(!has('prlimit') || process.env.ASAN_OPTIONS !== undefined)(
    'no memory for a ring or for what a server may send',
    async () => {
      expect(await run('limits.mjs', ['memory'])).toEqual({
        code: 0,
        signal: null,
        out: ['read', 'VW_MEMORY', 'VW_MEMORY', 'read'],
        err: '',
      });
    },
  );

  // Root is not limited: the child gives its rights up.
  test.skipIf(!has('prlimit') || process.env.ASAN_OPTIONS !== undefined)('no thread for a feed', async () => {
    const { code, out, err } = await run('limits.mjs', ['threads'], getuid?.() === 0 ? { uid: NOBODY } : {});
    expect({ code, out, err }).toEqual({ code: 0, out: ['read', 'VW_THREAD'], err: '' });
  });
});

describe('the addon is built to withstand', () => {
  const addon = fileURLToPath(new URL('build/Release/venuewire.node', root));
  const binutils = has('readelf') && has('objdump');
  const output = (program: string, ...args: string[]): string =>
    execFileSync(program, [...args, addon], { encoding: 'utf8' });

  test.skipIf(!binutils)('its relocations are read-only before it runs, and its stack holds no code', () => {
    expect(output('readelf', '-dW')).toMatch(/BIND_NOW|Flags:.*NOW/);
    const headers = output('readelf', '-lW');
    expect(headers).toMatch(/GNU_RELRO/);
    expect(headers).toMatch(/GNU_STACK.* RW /);
  });

  test.skipIf(!binutils || process.env.ASAN_OPTIONS !== undefined)('its functions guard the stack', () => {
    expect(output('objdump', '-T')).toContain('__stack_chk_fail');
  });

  test('both builds ask for checked library calls, and for exceptions that find their way', () => {
    const flags = ['-D_FORTIFY_SOURCE=2', '-fstack-protector-strong', '-fexceptions', 'relro', 'now'];
    for (const file of ['binding.gyp', 'native/CMakeLists.txt']) {
      const text = readFileSync(new URL(file, root), 'utf8');
      expect(flags.filter((flag) => !text.includes(flag))).toEqual([]);
    }
    const commands = new URL('build/compile_commands.json', root);
    if (!existsSync(commands)) return;
    const built = JSON.parse(readFileSync(commands, 'utf8')) as { command: string; file: string }[];
    const own = built.filter((c) => /\/native\/(core|io|feed|binding)\//.test(c.file));
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((c) => !c.command.includes('-D_FORTIFY_SOURCE=2')).map((c) => c.file)).toEqual([]);
  });
});
