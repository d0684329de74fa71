import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chooseDecoder, decoders } from '../../src/decoders/registry.js';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

describe('a decoder by its day', () => {
  const cfe = (date?: string) =>
    chooseDecoder({
      venue: 'Cboe Futures Exchange',
      feed: 'Multicast PITCH depth of book',
      ...(date === undefined ? {} : { date }),
    });

  it('is the one with the youngest document of that day', () => {
    expect(cfe('2020-06-01')?.entry.version).toBe('1.1.6');
    expect(cfe('2021-01-12')?.entry.version).toBe('1.1.12');
    expect(cfe('2026-12-31')?.entry.version).toBe('1.2.19');
    expect(cfe('2026-12-31')?.note).toMatch(/document is of 2026-01-05/);
  });

  it('says so when nothing is dated, when all are younger, when no day was given', () => {
    expect(cfe('2001-01-01')).toMatchObject({ entry: { version: '1.1.6' }, note: expect.stringMatching(/younger/) });
    expect(cfe()).toMatchObject({ entry: { version: '1.2.19' }, note: expect.stringMatching(/no day/) });
    const cme = chooseDecoder({ venue: 'cme globex', feed: 'mdp 3.0', date: '2019-01-01' });
    expect(cme).toMatchObject({ entry: { version: '1.13' }, note: expect.stringMatching(/no source/) });
    expect(chooseDecoder({ venue: 'Nobody', feed: 'x' })).toBeUndefined();
  });

  // VENUEWIRE_WRITE=1 writes them anew after a decoder was added.
  it('has the dates that the tables’ documents have', async () => {
    const lines: string[] = [];
    for (const entry of decoders) {
      const { specification } = await entry.load();
      const found = /([A-Z][a-z]+) (\d{1,2}), (\d{4})/.exec(specification);
      const month = MONTHS.indexOf(found?.[1] ?? '') + 1;
      if (found === null || month === 0) continue;
      const day = `${found[3]}-${String(month).padStart(2, '0')}-${String(found[2]).padStart(2, '0')}`;
      lines.push(`  '${entry.id}': '${day}',`);
    }
    const file = fileURLToPath(new URL('../../src/decoders/registry.ts', import.meta.url));
    const source = readFileSync(file, 'utf8');
    const begin = source.indexOf('{\n', source.indexOf('const DOCUMENTS')) + 2;
    const wanted = `${source.slice(0, begin)}${lines.join('\n')}${source.slice(source.indexOf('\n};', begin))}`;
    if (process.env.VENUEWIRE_WRITE === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });
});
