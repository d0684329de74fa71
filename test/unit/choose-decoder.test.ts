import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  aliasesOf,
  decoderFor,
  familyOf,
  findDecoders,
  supersededBy,
  venuesOf,
  versionsOf,
} from '../../src/decoders/feeds.js';
import { decoders, documentDate, findDecoder } from '../../src/decoders/registry.js';
import { codeOf } from './damage.js';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

describe('a decoder by its day', () => {
  const cfe = (date?: string) => decoderFor({ venue: 'Cboe Futures Exchange', feed: 'PITCH', date });

  it('is the one with the youngest document of that day', () => {
    expect(cfe('2020-06-01').entry.version).toBe('1.1.6');
    expect(cfe('2021-01-12').entry.version).toBe('1.1.12');
    expect(cfe('2026-12-31').entry.version).toBe('1.2.19');
    expect(cfe('2026-12-31').note).toMatch(/document is of 2026-01-05/);
  });

  it('is of the feed that went before, where one has followed another', () => {
    const asx = (date: string) => decoderFor({ venue: 'ASX 24', feed: 'ITCH', date }).entry.id;
    expect([asx('2015-01-01'), asx('2020-01-01')]).toEqual(['asx-t24-itch-1.13', 'asx-ntp-itch-1.05']);
  });

  it('says so when nothing is dated, when all are younger, when no day was given', () => {
    expect(cfe('2001-01-01')).toMatchObject({ entry: { version: '1.1.6' }, note: expect.stringMatching(/younger/) });
    expect(cfe()).toMatchObject({ entry: { version: '1.2.19' }, note: expect.stringMatching(/no day/) });
    const cme = decoderFor({ venue: 'cme globex', feed: 'mdp 3.0', date: '2019-01-01' });
    expect(cme).toMatchObject({ entry: { version: '1.13' }, note: expect.stringMatching(/no source/) });
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

describe('a decoder by the names that people use', () => {
  it.each([
    [{ feed: 'ITTO' }, 'nasdaq-nom-itto-4.0'],
    [{ feed: 'bono' }, 'nasdaq-nom-bono-3.2'],
    [{ venue: 'Cboe US Equities', feed: 'PITCH' }, 'cboe-pitch-equities-2.41'],
    [{ venue: 'Cboe EDGX Options', feed: 'PITCH' }, 'cboe-options-pitch-bzx-2.41'],
    [{ venue: 'NYSE Texas', feed: 'Trades' }, 'nyse-trades-2.6'],
    [{ venue: 'NYSE', feed: 'Integrated' }, 'nyse-pillar-integrated-2.5'],
    [{ venue: 'LTSE', feed: 'MEMOIR' }, 'memx-memoir-depth-1.3'],
    [{ venue: 'HKEX China Connect', feed: 'OMD-CC' }, 'hkex-omd-cc-1.4'],
    [{ venue: 'MIAX Emerald Options', feed: 'cToM' }, 'miax-options-ctom-1.3a'],
    [{ feed: 'UQDF' }, 'utp-uqdf-3.0c'],
    [{ feed: 'TDDS' }, 'finra-tdds-2.1'],
  ])('%o is %s', (wanted, id) => {
    expect(decoderFor(wanted).entry.id).toBe(id);
  });

  it('is refused with a code where nothing has the name, or several feeds have it', () => {
    expect(codeOf(() => decoderFor({ venue: 'Nobody', feed: 'x' }))).toBe('VW_DECODER_UNKNOWN');
    expect(codeOf(() => decoderFor({ feed: 'PITCH' }))).toBe('VW_DECODER_AMBIGUOUS');
    expect(() => decoderFor({ feed: 'PITCH' })).toThrow(/cboe-cfe-pitch/);
  });

  it('finds every current feed by its own venue and name', () => {
    for (const entry of decoders.filter((d) => supersededBy(d) === undefined)) {
      expect(
        findDecoders({ venue: entry.venue, feed: entry.feed }).map((d) => d.id),
        entry.id,
      ).toContain(entry.id);
    }
  });
});

describe('what is said of feeds beside the tables', () => {
  const source = readFileSync(fileURLToPath(new URL('../../src/decoders/feeds.ts', import.meta.url)), 'utf8');
  const families = new Set(decoders.map((d) => familyOf(d.id)));

  it('is about families that exist', () => {
    const named = [...source.matchAll(/^ {2}(?:\[)?'([a-z0-9-]+)'[,:]/gm)].map((m) => m[1] as string);
    expect(named.length).toBeGreaterThan(100);
    for (const name of named) {
      const known = name.endsWith('-') ? [...families].some((f) => f.startsWith(name)) : families.has(name);
      expect(known, name).toBe(true);
    }
  });

  it('links the versions of a feed from the oldest to the current one', () => {
    const [first, ...rest] = versionsOf(findDecoder('cme-mdp3-sbe-1.5') as (typeof decoders)[number]);
    expect([first, ...rest].map((d) => d?.version)).toEqual(['1.5', '1.6', '1.8', '1.9', '1.12', '1.13']);
    for (const entry of decoders) {
      const seen = new Set([entry.id]);
      for (let next = supersededBy(entry); next !== undefined; next = supersededBy(next)) {
        expect(seen.has(next.id), entry.id).toBe(false);
        seen.add(next.id);
      }
    }
  });

  it('gives dates, venues and names of one decoder', () => {
    const memoir = findDecoder('memx-memoir-depth-1.3') as (typeof decoders)[number];
    expect(venuesOf(memoir)).toEqual(['MEMX', 'LTSE', '24X', 'Blue Ocean ATS']);
    expect(aliasesOf(memoir)).toEqual(['MEMOIR']);
    expect(documentDate('hkex-omd-d-2.2')).toBe('2026-04-28');
    expect(supersededBy(findDecoder('hkex-omd-d-1.49') as (typeof decoders)[number])).toBeUndefined();
  });
});

describe('a newcomer who asks for a feed in one command', () => {
  const ids = (venue?: string, feed?: string) => findDecoders({ venue, feed }).map((d) => d.id);
  const current = (venue?: string, feed?: string) =>
    findDecoders({ venue, feed })
      .filter((d) => supersededBy(d) === undefined)
      .map((d) => d.id);

  it('finds it by the word that everybody uses, whatever the venue calls it', () => {
    expect(current(undefined, 'ITTO')).toEqual(['nasdaq-nom-itto-4.0']);
    expect(current(undefined, 'XDP')).toContain('nyse-pillar-integrated-2.5');
    expect(current('MIAX Emerald', 'ToM')).toEqual(['miax-emerald-tom-1.3']);
    expect(current('EDGX Options', 'TOP')).toEqual(['cboe-options-top-1.2.54']);
    expect(current(undefined, 'OMD-D')).toEqual(['hkex-omd-d-1.49', 'hkex-omd-d-2.2']);
  });

  it('may name the market, its version, or the venue with the feed', () => {
    expect(current('Xetra')).toEqual(['eurex-eobi-14.1']);
    expect(current('KRX').length).toBeGreaterThan(5);
    expect(ids(undefined, 'ITCH 5.0')).toContain('nasdaq-totalview-itch-5.0');
    // Half an id is no name: `decode --decoder` asks what was meant.
    expect(ids(undefined, 'nasdaq-totalview-itch-5')).toEqual([]);
    expect(ids('MEMX', 'options')).toContain('memx-options-memoir-depth-1.6a');
  });

  it('is told what is like a name that there is not', () => {
    expect(() => decoderFor({ venue: 'Nasdak' })).toThrow(
      expect.objectContaining({ code: 'VW_DECODER_UNKNOWN', hint: expect.stringMatching(/Did you mean Nasdaq/) }),
    );
    expect(() => decoderFor({ venue: 'Nasdaq Options Market (NOM)', feed: 'ITO' })).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/Did you mean ITTO/) }),
    );
    expect(() => decoderFor({ venue: 'Bitfinex' })).toThrow(
      expect.objectContaining({ hint: expect.not.stringMatching(/Did you mean/) }),
    );
  });
});
