/** Imports go one way only, as docs/architecture.md says. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));
/** Each may import those before it, and itself. */
const ROOMS = ['layout', 'decoders', 'patterns', 'venues', 'feed', 'capture', 'simulator', 'cli'];

const files = (readdirSync(src, { recursive: true }) as string[]).filter((f) => f.endsWith('.ts'));
const roomOf = (file: string): string => (file.includes('/') ? (file.split('/', 1)[0] as string) : '');

/** What a file imports of other rooms when it runs: types are erased, and what is loaded on demand is not loaded by it. */
function imported(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const found = text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)';/gms);
  return [...found].map(([, path]) => relative(src, normalize(join(src, dirname(file), path as string))));
}

describe('a room', () => {
  for (const room of ROOMS) {
    it(`${room} imports nothing of the rooms above it`, () => {
      const above = ROOMS.slice(ROOMS.indexOf(room) + 1);
      const wrong = files
        .filter((f) => roomOf(f) === room)
        .flatMap((f) => imported(f).flatMap((to) => (above.includes(roomOf(to)) ? [`${f} imports ${to}`] : [])));
      expect(wrong).toEqual([]);
    });
  }

  it('capture neither prints nor casts types away', () => {
    const wrong = files.filter((f) => {
      const text = readFileSync(join(src, f), 'utf8');
      return roomOf(f) === 'capture' && /as never|process\.std(out|err)|console\./.test(text);
    });
    expect(wrong).toEqual([]);
  });
});
