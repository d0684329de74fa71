// What comes from packets and files reaches a terminal as text, never as orders to it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { printable, printableWord } from '../../src/printable.js';
import { pcapOf, venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-terminal-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileWith = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
const HOSTILE = '\x1b]0;X\x07\x9b2J\x7f\r\n';
const ITCH = ['--decoder', 'nasdaq-totalview-itch-5.0'];

/** Two stock directory messages of a BinaryFILE whose symbols are orders to a terminal. */
function hostileDay(): Buffer {
  const record = (symbol: string): Buffer => {
    const m = Buffer.alloc(39, 0x20);
    m.write('R', 0, 'latin1');
    m.writeUInt16BE(1, 1);
    m.write(symbol, 11, 'latin1');
    return Buffer.concat([Buffer.from([0, m.length]), m]);
  };
  return Buffer.concat([record('\x1b]0;X\x07A'), record('\x1b[2J\x9b\x07\r\n'), record('\x9b31m\x7f')]);
}

describe('printable text', () => {
  it('shows every control character as JSON writes it, and leaves the rest', () => {
    expect(printable(`a${HOSTILE}b\tc`)).toBe('a\\u001b]0;X\\u0007\\u009b2J\\u007f\\u000d\nb\tc');
    expect(printable('\u202eevil\u2066')).toBe('\\u202eevil\\u2066');
    expect(printable('Zürich – 東京 ✓')).toBe('Zürich – 東京 ✓');
    expect(JSON.parse(printable('"\x9b"'))).toBe('\x9b');
  });
  it('keeps a word on its line', () => {
    expect(printableWord('a\nb\tc\x1b')).toBe('a\\u000ab\\u0009c\\u001b');
  });
});

describe('text of packets', () => {
  const day = fileWith('day.bin', hostileDay());
  it.each(['ndjson', 'leaves', 'pretty', 'table', 'csv'])(
    'is printed without orders to a terminal: %s',
    async (format) => {
      const ran = await venuewire(['decode', day, ...ITCH, '--format', format]);
      expect(ran.out).toContain('\\u001b');
      expect(ran.out).not.toMatch(CONTROLS);
      expect(ran.err).not.toMatch(CONTROLS);
    },
  );
  it('is the same text to whoever reads the JSON', async () => {
    const ran = await venuewire(['decode', day, ...ITCH]);
    const stocks = ran.json().map((m) => (m.fields as { stock: string }).stock);
    expect(stocks).toEqual(['\x1b]0;X\x07A', '\x1b[2J\x9b\x07\r\n', '\x9b31m\x7f']);
  });
  it.each(['ndjson', 'pretty', 'table'])('is printed so by replay: %s', async (format) => {
    const ran = await venuewire(['replay', day, ...ITCH, '--framing', 'binaryfile', '--format', format]);
    expect(ran.out).toContain('\\u001b');
    expect(ran.out + ran.err).not.toMatch(CONTROLS);
  });
  it('is printed so where it is the session of a notice', async () => {
    const capture = pcapOf(
      'itch50-clean.pcap',
      (p) => p.number <= 4,
      (payload) => payload.write('\x1b[2J\x9b\x07ABCD', 0, 'latin1'),
    );
    const file = fileWith('session.pcap', capture);
    for (const format of ['ndjson', 'pretty']) {
      const ran = await venuewire(['replay', file, ...ITCH, '--format', format]);
      expect(ran.out).toContain('sessionStarted');
      expect(ran.out).toContain('\\u001b[2J');
      expect(ran.out + ran.err).not.toMatch(CONTROLS);
    }
    const gaps = await venuewire(['gaps', file, ...ITCH]);
    expect(gaps.out + gaps.err).not.toMatch(CONTROLS);
  });
});

describe('text of files', () => {
  it('is printed so where a venue file is refused', async () => {
    const file = fileWith('keys.yaml', `kind: x\nspec:\n  "li\\e]0;X\\ane\\ns": 1\n`);
    const ran = await venuewire(['run', file]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('\\u001b]0;X\\u0007ne\\u000as is not known here');
    expect(ran.err).not.toMatch(CONTROLS);
  });
  it.each(['decode', 'run', 'certify', 'replay', 'gaps', 'import'])(
    'is printed so where %s is given it',
    async (verb) => {
      const ran = await venuewire([verb, '\x1b]0;X\x07\x9b', '--decoder', '\x1b[2J', '--framing', '\x9b2J']);
      expect(ran.code).toBe(2);
      expect(ran.err + ran.out).not.toMatch(CONTROLS);
    },
  );
});

it('nothing of the command line writes but the one module that makes text printable', () => {
  const source = fileURLToPath(new URL('../../src/cli/', import.meta.url));
  const writers = readdirSync(source).filter((name) =>
    /process\.std(out|err)\.write|console\.|process\.stdout\b|writeSync\(/.test(
      readFileSync(join(source, name), 'utf8'),
    ),
  );
  expect(writers).toEqual(['terminal.ts']);
});
