import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const ENTRIES = {
  './import': 'src/import.ts',
  './fast': 'src/fast/index.ts',
  './fix': 'src/fix/index.ts',
  './layout': 'src/layout/index.ts',
};

describe('public exports', () => {
  it.each(Object.entries(ENTRIES))('of %s are named one by one in %s', (entry, path) => {
    const source = readFileSync(new URL(path, root), 'utf8');
    expect(source).not.toMatch(/export \*/);
    const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    expect(exports[entry].default).toBe(`./dist/${path.slice(4).replace(/\.ts$/, '.js')}`);
  });
  it('are these', async () => {
    const names = async (path: string) => Object.keys(await import(new URL(path, root).href)).sort();
    expect(await names(ENTRIES['./import'])).toEqual([
      'decoderFromFast',
      'decoderFromSbe',
      'readFastTemplates',
      'readFixXml',
      'tableText',
    ]);
    expect(await names(ENTRIES['./fix'])).toEqual(['FixDecoder', 'FixView', 'fixDecoder', 'readFixDictionary']);
    expect(await names(ENTRIES['./fast'])).toEqual([
      ...['FastDecimal', 'FastDecoder', 'FastEncoder', 'FastMessage', 'FastRecord', 'FastRecords', 'FastStream'],
      ...['compileFast', 'fastDigest', 'fastRecordBytes'],
    ]);
    const layout = await names(ENTRIES['./layout']);
    expect(layout).toEqual(
      expect.arrayContaining(['defineDecoder', 'check', 'message', 'u32', 'leaves', 'formatPrice']),
    );
    // What makes views, plans and catalogues is the library's own.
    for (const own of ['recordClass', 'planMessage', 'SpecWriter', 'TextCache', 'malformed', 'codeValue'])
      expect(layout).not.toContain(own);
  });
});
