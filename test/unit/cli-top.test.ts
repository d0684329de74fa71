// `venuewire top`: best prices of a capture and of a venue that runs, in lines and on a terminal.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fixture, main, venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-top-'));
afterAll(() => rmSync(folder, { recursive: true }));
const CLEAN = [fixture('itch50-clean.pcap'), '--decoder', 'nasdaq-totalview-itch-5.0'] as const;

interface Side {
  readonly instrument: string;
  readonly bids: readonly unknown[];
  readonly asks: readonly unknown[];
}

describe('top of a capture', () => {
  it.each([[[]], [['--at', '#1000']]])('is the first level of each book %j', async (more) => {
    const books = (await venuewire(['book', ...CLEAN, ...more])).json().slice(0, -1) as unknown as Side[];
    const tops = (await venuewire(['top', ...CLEAN, ...more])).json();
    expect(tops.length).toBeGreaterThan(3);
    expect(tops.map(({ instrument, bid, ask }) => ({ instrument, bid, ask }))).toEqual(
      books.map(({ instrument, bids, asks }) => ({ instrument, bid: bids[0] ?? null, ask: asks[0] ?? null })),
    );
  });

  it('is a table, or with more levels a ladder of the instruments that are asked for', async () => {
    const table = await venuewire(['top', ...CLEAN, '--format', 'table', '--instrument', 'ZAAB', '--instrument', '4']);
    expect(table.out).toMatch(/^INSTRUMENT +ORDERS +SIZE +BID +ASK +SIZE +ORDERS\n-.*\nZAAB .*\nZAAD .*\n$/);
    const ladder = await venuewire(['top', ...CLEAN, '--format', 'table', '--instrument', 'ZAAB', '--depth', '5']);
    const book = await venuewire(['book', ...CLEAN, '--format', 'pretty', '--instrument', 'ZAAB', '--depth', '5']);
    expect(book.out.startsWith(ladder.out)).toBe(true);
  });

  it('of a cut one is what came before the fault, which is told', async () => {
    const ran = await venuewire(['top', '-', '--decoder', 'nasdaq-totalview-itch-5.0'], {
      input: (await import('node:fs')).readFileSync(fixture('itch50-clean.pcap')).subarray(0, -7),
    });
    expect(ran.err).toContain('VW_CAPTURE_MALFORMED');
    expect(ran.json().length).toBeGreaterThan(3);
  });

  it('names what cannot be', async () => {
    expect((await venuewire(['top', 'none.yaml', '--at', '#1'])).err).toContain('--at is of captures');
    expect((await venuewire(['top', 'none.yaml'])).err).toContain('VW_');
    expect((await venuewire(['top', ...CLEAN, '--depth', '0'])).code).toBe(2);
  });
});

/** A venue that runs for as long as `use` does. */
async function simulated(use: (file: string) => Promise<void>): Promise<void> {
  let used: Promise<void> | undefined;
  await venuewire(['simulate', '--rate', '2000', '--seconds', '600', '--no-replay', '--no-glimpse'], {
    watch: (child, out) => {
      if (used !== undefined || !out.includes('timeout')) return;
      const file = join(folder, `${Math.random()}.yaml`);
      writeFileSync(file, out);
      used = use(file).finally(() => child.kill('SIGTERM'));
    },
  });
  await used;
}

describe('top of a venue that runs', () => {
  it('prints a line for an instrument whenever it has changed, and ends with an interrupt', async () => {
    await simulated(async (file) => {
      let ended = false;
      const ran = await venuewire(['top', file, '--every', '20'], {
        watch: (child, out) => {
          if (!ended && out.split('\n').length > 20) ended = child.kill('SIGINT');
        },
      });
      const lines = ran.json();
      expect(new Set(lines.map((l) => l.instrument)).size).toBeGreaterThan(1);
      const last = new Map<unknown, string>();
      for (const line of lines) {
        expect(last.get(line.instrument)).not.toBe(JSON.stringify(line));
        last.set(line.instrument, JSON.stringify(line));
      }
    });
  }, 60_000);

  const python = spawnSync('python3', ['-c', 'import pty']).status === 0;
  if (!python) console.warn('python3 is not there: no terminal is made, and the ladder is not looked at');
  it.runIf(python)(
    'on a terminal draws a ladder anew, and q ends it',
    async () => {
      await simulated(async (file) => {
        const command = [process.execPath, main, 'top', file, '--depth', '3', '--every', '20'];
        // What the terminal is told comes out; what goes in are keys.
        const child = spawn('python3', ['-c', 'import pty,sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)', ...command], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        let out = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          out += text;
          if (out.split('\x1b[J').length > 5 && out.includes('bid')) child.stdin.write('q');
        });
        const [code] = (await once(child, 'close')) as [number];
        // 1: the venue has lost packets on the way, as it was told to.
        expect([0, 1]).toContain(code);
        expect(out).toMatch(/orders +size +bid +ask +size +orders/);
        expect(out).toContain('q ends');
        // The cursor goes up over what was drawn before.
        expect(out.split('\x1b[').some((part) => /^\d+A/.test(part))).toBe(true);
      });
    },
    60_000,
  );
});
