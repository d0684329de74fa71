import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Decoder } from '../../src/layout/index.js';
import { internetVenues, venues } from '../../src/venues/registry.js';

const root = new URL('../../', import.meta.url);
const here = (path: string): string => fileURLToPath(new URL(path, root));
const manifest = JSON.parse(readFileSync(here('package.json'), 'utf8')) as {
  exports: Record<string, { types: string; default: string } | string | null>;
};
const ENTRIES = {
  './import': 'src/import.ts',
  './fast': 'src/fast/index.ts',
  './fix': 'src/fix/index.ts',
  './files': 'src/files.ts',
  './layout': 'src/layout/index.ts',
};

/** Modules with a name of their own, and what is reached through a `*`: of which folder, and what of it is not. */
const single = Object.entries(manifest.exports).filter(([, to]) => typeof to === 'object' && to !== null) as [
  string,
  { types: string; default: string },
][];
const named = single.filter(([entry]) => !entry.includes('*'));
const sourceOf = (path: string): string => path.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
/** What a user of the package is given for a name, or the code of the refusal. */
const resolved = (name: string): string => {
  try {
    return createRequire(here('test/unit/exports.test.ts')).resolve(name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};
/** The modules of a folder that users reach, by their names. */
const reached = (folder: string): string[] =>
  readdirSync(here(`src/${folder}`), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replace(/\.ts$/, ''))
    .filter((name) => resolved(`venuewire/${folder}/${name}`) !== 'ERR_PACKAGE_PATH_NOT_EXPORTED')
    .sort();

describe('public exports', () => {
  it.each(Object.entries(ENTRIES))('of %s are named one by one in %s', (entry, path) => {
    const source = readFileSync(new URL(path, root), 'utf8');
    expect(source).not.toMatch(/export \*/);
    expect((manifest.exports[entry] as { default: string }).default).toBe(
      `./dist/${path.slice(4).replace(/\.ts$/, '.js')}`,
    );
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
    expect(await names(ENTRIES['./files'])).toEqual(['fetchReferenceFile']);
    expect(await names(ENTRIES['./fix'])).toEqual(['FixDecoder', 'FixView', 'fixDecoder', 'readFixDictionary']);
    expect(await names(ENTRIES['./fast'])).toEqual([
      ...['FastDecimal', 'FastDecoder', 'FastEncoder', 'FastMessage', 'FastRecord', 'FastRecords', 'FastStream'],
      ...['compileFast', 'fastDigest', 'fastRecordBytes'],
    ]);
    const layout = await names(ENTRIES['./layout']);
    expect(layout).toEqual(
      expect.arrayContaining([
        'defineDecoder',
        'check',
        'encode',
        'encodeInto',
        'message',
        'u32',
        'leaves',
        'formatPrice',
      ]),
    );
    // What makes views, plans and catalogues is the library's own.
    for (const own of ['recordClass', 'planMessage', 'SpecWriter', 'TextCache', 'malformed', 'codeValue'])
      expect(layout).not.toContain(own);
  });

  it('lead to modules that are there, with their types', () => {
    for (const [entry, to] of named) {
      expect(to.types, entry).toBe(to.default.replace(/\.js$/, '.d.ts'));
      expect(existsSync(here(sourceOf(to.default))), entry).toBe(true);
      expect(resolved(entry.replace('.', 'venuewire')), entry).toBe(here(to.default));
    }
  });
  it('are in the reference, each of them', () => {
    const { entryPoints } = JSON.parse(readFileSync(here('typedoc.json'), 'utf8')) as { entryPoints: string[] };
    expect(named.map(([, to]) => sourceOf(to.default)).filter((path) => !entryPoints.includes(path))).toEqual([]);
  });
  it('have an example each: functions and classes, in test/types/examples.ts', async () => {
    const text = readFileSync(here('test/types/examples.ts'), 'utf8');
    const shown = new Set([...text.matchAll(/#region (.+)/g)].flatMap(([, names]) => (names as string).split(' ')));
    const modules = named.map(([entry, to]) => [entry === '.' ? 'venuewire' : entry.slice(2), to.default] as const);
    const without: string[] = [];
    for (const [module, path] of modules) {
      const exported = Object.entries((await import(here(sourceOf(path)))) as object);
      const names = exported.filter(([, value]) => typeof value === 'function').map(([name]) => `${module}.${name}`);
      without.push(...names.filter((name) => !shown.has(name) && !shown.has(name.replace('venuewire.', 'index.'))));
    }
    expect(without).toEqual([]);
  });
  it('of venuewire/venues are the ready venues, and what loads a file', () => {
    const modules = [...new Set([...venues, ...internetVenues].map((v) => v.module))];
    expect(reached('venues')).toEqual([...modules, 'load'].sort());
  });
  it('of venuewire/decoders are message tables, and what makes a decoder of a dictionary or of templates', async () => {
    const makers = ['fix44', 'moex-fast-forts'];
    for (const name of reached('decoders').filter((n) => !makers.includes(n))) {
      const exported = Object.values((await import(here(`src/decoders/${name}.ts`))) as object);
      expect(
        exported.some((x) => x instanceof Decoder),
        name,
      ).toBe(true);
    }
  });
  it.each(['venues/patterns/cboe', 'venues/own', 'decoders/roles/nasdaq', 'feed/ring', 'native', 'contract'])(
    'do not reach %s',
    (name) => {
      expect(resolved(`venuewire/${name}`)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
    },
  );
});

describe('the workspace', () => {
  it('packs the library alone, and knows the packages that are there', () => {
    const packed = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: here('.'),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as { name: string; files: { path: string }[] }[];
    expect(packed.map((p) => p.name)).toEqual(['venuewire']);
    expect(packed[0]?.files.filter((f) => f.path.startsWith('packages/'))).toEqual([]);
    const asked = execFileSync('npm', ['query', '.workspace', '--json'], { cwd: here('.'), encoding: 'utf8' });
    expect((JSON.parse(asked) as { location: string }[]).map((w) => w.location)).toEqual(
      readdirSync(here('packages'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `packages/${entry.name}`),
    );
  });
  it('is in the lock file as it is in package.json', () => {
    const { packages } = JSON.parse(readFileSync(here('package-lock.json'), 'utf8')) as {
      packages: Record<string, { workspaces?: string[] }>;
    };
    expect(packages['']?.workspaces).toEqual((manifest as unknown as { workspaces: string[] }).workspaces);
  });
});
