// `metadata`: rows of a firm's database and venue files are one thing in two forms, or the row is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFeed } from '../../src/index.js';
import {
  defineMapping,
  driftOf,
  type MetadataRow,
  type Resource,
  readRows,
  resourcesOf,
  resourceText,
  rowsOf,
  rowsText,
} from '../../src/metadata/index.js';
import { sameRow } from '../../src/metadata/mapping.js';
import { pathOf, setAt, valueAt } from '../../src/metadata/path.js';
import { Random } from '../../src/simulator/random.js';
import { loadVenue } from '../../src/venues/load.js';
import { readYaml } from '../../src/venues/yaml.js';
import { venuewire } from './cli-process.js';

/** A row for each venue. */
const AMDB = `apiVersion: venuewire.io/v1alpha1
kind: MetadataMapping
metadata: { name: amdb }
spec:
  key: VENUE_ID
  columns:
    DECODER: { path: spec.decoder }
    NET_TYPE: { path: spec.lines.A.type, values: { MCAST: udpMulticast, RRCP: rrcp, SQLREP: sqlReplication } }
    ADDRESS_A: { path: spec.lines.A.address }
    URL_A: { path: spec.lines.A.url }
    TYPE_B: { path: spec.lines.B.type, values: { MCAST: udpMulticast } }
    ADDRESS_B: { path: spec.lines.B.address }
    REREQUEST: { path: 'spec.recovery[type=request,pattern=moldudp64-rerequest].servers', type: list, separator: ';' }
    TRIES: { path: 'spec.recovery[type=request,pattern=moldudp64-rerequest].tries', type: number }
`;
/** A row for each line. */
const FTRP = `apiVersion: venuewire.io/v1alpha1
kind: MetadataMapping
metadata: { name: ftrp }
spec:
  key: VENUE
  each: { column: LINE, of: spec.lines }
  columns:
    PROTOCOL: { path: 'spec.lines.{LINE}.type', values: { M: udpMulticast, U: udpUnicast } }
    GROUP_PORT: { path: 'spec.lines.{LINE}.address' }
    NIC: { path: 'spec.lines.{LINE}.interface' }
  constants:
    spec.decoder: nasdaq-totalview-itch-5.0
    spec.recovery: [{ type: waitForOtherLine, for: 2ms }]
`;
const mapping = (text: string) => defineMapping(readYaml(text, 'mapping').data, 'mapping');
const amdb = mapping(AMDB);
const ftrp = mapping(FTRP);

const CSV = `VENUE_ID,DECODER,NET_TYPE,ADDRESS_A,URL_A,TYPE_B,ADDRESS_B,REREQUEST,TRIES,DESK,"OPEN, LOCAL"
NASDAQ_TV,nasdaq-totalview-itch-5.0,MCAST,233.54.12.111:26477,,MCAST,233.49.196.111:26477,10.1.1.1:17000;10.1.1.2:17000,5,"Equities ""US""",09:30
old-feed,nasdaq-totalview-itch-5.0,RRCP,10.1.1.1:500,,,,,,Treasury,
sql-feed,nasdaq-totalview-itch-5.0,SQLREP,,postgres://replica/quotes,,,,,,
`;
const code = (what: () => unknown): string | undefined => {
  try {
    what();
  } catch (cause) {
    return `${(cause as { code: string }).code}: ${(cause as Error).message}`;
  }
  return undefined;
};

/** As a file keeps it. */
const kept = (resource: Resource): Resource => readYaml(resourceText(resource), 'kept').data as Resource;

describe('rows and resources', () => {
  it('are one thing in two forms: a row for each venue, with what the mapping does not name', async () => {
    const rows = await readRows(CSV, 'venues.csv');
    const [first] = resourcesOf(rows, amdb);
    expect(first?.metadata).toEqual({
      name: 'nasdaq-tv',
      annotations: {
        'metadata.venuewire.io/VENUE_ID': 'NASDAQ_TV',
        'metadata.venuewire.io/DESK': 'Equities "US"',
        'metadata.venuewire.io/OPEN, LOCAL': '09:30',
      },
    });
    expect(first?.spec).toEqual({
      decoder: 'nasdaq-totalview-itch-5.0',
      lines: {
        A: { type: 'udpMulticast', address: '233.54.12.111:26477' },
        B: { type: 'udpMulticast', address: '233.49.196.111:26477' },
      },
      recovery: [
        { type: 'request', pattern: 'moldudp64-rerequest', servers: ['10.1.1.1:17000', '10.1.1.2:17000'], tries: 5 },
      ],
    });
    const back = resourcesOf(rows, amdb)
      .map(kept)
      .flatMap((r) => rowsOf(r, amdb));
    expect(back.every((row, i) => sameRow(row, rows[i] as MetadataRow))).toBe(true);
    expect((await loadVenue(resourceText(first as Resource))).name).toBe('nasdaq-tv');
  });

  it('are one thing in two forms: a row for each line', async () => {
    const text =
      'VENUE,LINE,PROTOCOL,GROUP_PORT,NIC,VLAN\ntv,A,M,233.54.12.111:26477,eth1,101\ntv,B,M,233.49.196.111:26477,eth2,102\n';
    const rows = await readRows(text, 'lines.csv');
    const [tv, ...none] = resourcesOf(rows, ftrp);
    expect(none).toEqual([]);
    expect(tv?.spec.lines).toEqual({
      A: { type: 'udpMulticast', address: '233.54.12.111:26477', interface: 'eth1' },
      B: { type: 'udpMulticast', address: '233.49.196.111:26477', interface: 'eth2' },
    });
    expect(tv?.metadata.annotations).toEqual({
      'metadata.venuewire.io/VLAN/A': '101',
      'metadata.venuewire.io/VLAN/B': '102',
    });
    const back = rowsOf(kept(tv as Resource), ftrp);
    expect(back.every((row, i) => sameRow(row, rows[i] as MetadataRow))).toBe(true);
    await expect(loadVenue(resourceText(tv as Resource))).resolves.toMatchObject({ name: 'tv' });
  });

  it('of networks that nothing here opens are kept there and back, and refused when they are opened', async () => {
    const rows = (await readRows(CSV, 'venues.csv')).slice(1);
    for (const [i, resource] of resourcesOf(rows, amdb).entries()) {
      const text = resourceText(resource);
      await expect(loadVenue(text)).resolves.toBeDefined();
      await expect(openFeed(text)).rejects.toMatchObject({ code: 'VW_NETWORK_NO_ENGINE' });
      expect(sameRow(rowsOf(kept(resource), amdb)[0] as MetadataRow, rows[i] as MetadataRow)).toBe(true);
    }
  });

  const LETTERS = [
    'a',
    'Z',
    '7',
    ' ',
    ',',
    ';',
    '"',
    "'",
    '\n',
    '.',
    ':',
    '-',
    '#',
    '{',
    '|',
    'é',
    '漢',
    '\t',
    '%',
    '!',
    '&',
    '*',
    '~',
    '0',
    'null',
    'true',
    '1e3',
  ];
  const word = (random: Random): string =>
    Array.from({ length: random.below(6) }, () => LETTERS[random.below(LETTERS.length)]).join('');
  const trip = async (rows: MetadataRow[], name: string): Promise<MetadataRow[]> =>
    readRows(rowsText(rows, name), name);
  it.each(Array.from({ length: 200 }, (_, i) => i + 1))(
    'by chance, seed %i: every row comes back as it was, or is refused',
    async (seed) => {
      const random = new Random(seed);
      const cell = (options: readonly string[]): string | null =>
        random.below(3) === 0 ? null : (options[random.below(options.length)] as string);
      const rows: MetadataRow[] = Array.from({ length: 5 }, (_, i) => ({
        VENUE_ID: `V${i}${word(random)}`,
        DECODER: cell(['x', word(random)]),
        NET_TYPE: cell(['MCAST', 'RRCP', 'SQLREP']),
        ADDRESS_A: cell([word(random), '233.54.12.111:26477']),
        REREQUEST: cell([word(random), 'a;b', ';', 'a']),
        TRIES: cell(['5', '1.5', '-0', '007', '1e3', word(random)]),
        DESK: word(random) || null,
        [`odd ${seed}.[x]`]: word(random) || null,
      }));
      for (const row of rows) {
        const refused = code(() => resourcesOf([row], amdb));
        if (refused !== undefined) {
          expect(refused).toMatch(/^VW_METADATA/);
          continue;
        }
        const [resource] = resourcesOf([row], amdb);
        const [back] = rowsOf(kept(resource as Resource), amdb);
        expect(sameRow(back as MetadataRow, row), JSON.stringify([row, back])).toBe(true);
        for (const name of ['rows.csv', 'rows.json']) {
          const [read] = await trip([row], name);
          expect(sameRow(read as MetadataRow, row), name).toBe(true);
        }
      }
    },
  );

  it.each<[string, () => unknown, string]>([
    [
      'a word that the mapping does not know',
      () => resourcesOf([{ VENUE_ID: 'x', NET_TYPE: 'PIGEON' }], amdb),
      'none of MCAST, RRCP, SQLREP',
    ],
    ['a number that would not come back', () => resourcesOf([{ VENUE_ID: 'x', TRIES: '007' }], amdb), 'is no number'],
    ['a row without its key', () => resourcesOf([{ VENUE_ID: null, TRIES: '7' }], amdb), 'VENUE_ID is empty'],
    ['a key that is there twice', () => resourcesOf([{ VENUE_ID: 'x' }, { VENUE_ID: 'x' }], amdb), 'is there twice'],
    [
      'two keys of one name',
      () => resourcesOf([{ VENUE_ID: 'X_1' }, { VENUE_ID: 'x-1' }], amdb),
      "comes to the name 'x-1'",
    ],
    [
      'a line that is there twice',
      () =>
        resourcesOf(
          [
            { VENUE: 'x', LINE: 'A' },
            { VENUE: 'x', LINE: 'A' },
          ],
          ftrp,
        ),
      "has 'A' twice",
    ],
    ['a line without a name', () => resourcesOf([{ VENUE: 'x', LINE: null, NIC: 'eth1' }], ftrp), 'LINE is empty'],
    [
      'a line whose name would not come back',
      () => resourcesOf([{ VENUE: 'x', LINE: 'A.1', NIC: 'eth1' }], ftrp),
      'cannot be told back',
    ],
    [
      'a value that the database has no word for',
      () =>
        rowsOf({ apiVersion: '', kind: '', metadata: { name: 'x' }, spec: { lines: { A: { type: 'tls' } } } }, amdb),
      'has no form in the database',
    ],
    [
      'a mapping with a path through a prototype',
      () => mapping(AMDB.replace('spec.decoder', 'spec.__proto__.x')),
      '__proto__',
    ],
    [
      'a mapping with two words for one value',
      () => mapping(AMDB.replace('RRCP: rrcp', 'RRCP: udpMulticast')),
      'two words for one value',
    ],
    ['a mapping with a misspelt key', () => mapping(AMDB.replace('columns:', 'colums:')), 'spec.columns'],
  ])('%s is refused', (_name, what, says) => {
    expect(code(what)).toMatch(/^VW_METADATA: /);
    expect(code(what)).toContain(says);
  });

  it.each([
    ['{', 'r.json', 'is no JSON'],
    ['{}', 'r.json', 'is no list'],
    ['[{"a":{}}]', 'r.json', 'is no single value'],
    ['[{"a":9007199254740993}]', 'r.json', 'that JSON does not keep'],
    ['a,a\n1,2', 'r.csv', 'two columns of one title'],
    ['a,b\n1', 'r.csv', 'row 1 has 1 cells'],
  ])('%j (%s) is refused: %s', async (text, name, says) => {
    await expect(readRows(text, name)).rejects.toMatchObject({
      code: 'VW_METADATA',
      message: expect.stringContaining(says),
    });
  });
});

describe('paths', () => {
  it('make what is missing when they set, and nothing when they read', () => {
    const root: Record<string, unknown> = {};
    expect(valueAt(root, pathOf('a.b[c=d].e'))).toBeUndefined();
    expect(root).toEqual({});
    setAt(root, pathOf('a.b[c=d].e'), 1, '');
    setAt(root, pathOf('a.b[c=d].f'), 2, '');
    setAt(root, pathOf('a.b[c=g].e'), 3, '');
    expect(root).toEqual({
      a: {
        b: [
          { c: 'd', e: 1, f: 2 },
          { c: 'g', e: 3 },
        ],
      },
    });
    expect(valueAt(root, pathOf('a.b[c=g].e'))).toBe(3);
    expect(code(() => setAt(root, pathOf('a.b.x'), 1, 'a.b.x'))).toContain('leads through a value');
    for (const text of ['', '.', 'a..b', 'a[', 'a[b]', 'constructor.x', 'a[__proto__=1]'])
      expect(
        code(() => pathOf(text)),
        text,
      ).toMatch(/^VW_METADATA/);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe('drift', () => {
  it('is told by row and column, and by whole rows on either side', async () => {
    const rows = await readRows(CSV, 'venues.csv');
    const resources = resourcesOf(rows, amdb).map(kept);
    expect(driftOf(rows, resources, amdb)).toEqual([]);
    const changed = rows
      .map((row, i) => (i === 0 ? { ...row, ADDRESS_B: '233.49.196.112:26477', DESK: null } : row))
      .slice(0, 2);
    const drift = driftOf([...changed, { VENUE_ID: 'new' }], resources, amdb);
    expect(drift).toEqual([
      { key: 'NASDAQ_TV', column: 'ADDRESS_B', database: '233.49.196.112:26477', file: '233.49.196.111:26477' },
      { key: 'NASDAQ_TV', column: 'DESK', database: null, file: 'Equities "US"' },
      { key: 'new', column: undefined, database: 'is there', file: undefined },
      { key: 'sql-feed', column: undefined, database: undefined, file: 'is there' },
    ]);
  });
});

describe('venuewire metadata', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vw-metadata-'));
  const at = (name: string): string => join(folder, name);
  beforeAll(() => {
    writeFileSync(at('amdb.yaml'), AMDB);
    writeFileSync(at('rows.csv'), CSV);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const files = (): string[] =>
    readdirSync(at('venues'))
      .sort()
      .map((name) => at(`venues/${name}`));
  const run = (...args: string[]) => venuewire(['metadata', ...args, '--mapping', at('amdb.yaml')]);

  it('imports, says what cannot be opened here, leaves alone what is the same, exports the same, and sees no drift', async () => {
    const first = await run('import', at('rows.csv'), '--to', at('venues'));
    expect(first.code).toBe(0);
    expect(first.err).toContain('3 venues of 3 rows: 3 written, 0 unchanged, 0 refused');
    expect(first.err).toContain("'rrcp' can be declared, but this version has no engine that opens it");
    expect((await run('import', at('rows.csv'), '--to', at('venues'))).err).toContain('0 written, 3 unchanged');
    const exported = await run('export', ...files(), '--to', at('back.csv'));
    expect(exported.code).toBe(0);
    const [rows, back] = await Promise.all(
      ['rows.csv', 'back.csv'].map((n) => readRows(readFileSync(at(n), 'utf8'), n)),
    );
    for (const row of rows as MetadataRow[])
      expect(
        back?.some((b) => sameRow(b, row)),
        String(row.VENUE_ID),
      ).toBe(true);
    const drift = await run('drift', at('rows.csv'), ...files());
    expect([drift.code, drift.out]).toEqual([0, '']);
  });
  it('ends with 1 where the database and the files differ', async () => {
    writeFileSync(at('other.csv'), CSV.replace('233.49.196.111', '233.49.196.9'));
    const { code: ended, out } = await run('drift', at('other.csv'), ...files());
    expect(ended).toBe(1);
    expect(out).toBe(
      'NASDAQ_TV: ADDRESS_B is "233.49.196.9:26477" in the database and "233.49.196.111:26477" in the file\n',
    );
  });
  it('writes no venue that is none, and ends with 1', async () => {
    writeFileSync(
      at('bad.csv'),
      'VENUE_ID,DECODER,NET_TYPE,ADDRESS_A\nbad,no-such-decoder,MCAST,233.54.12.111:26477\n',
    );
    const { code: ended, err } = await run('import', at('bad.csv'), '--to', at('none'));
    expect(ended).toBe(1);
    expect(err).toContain('bad: spec.decoder names no decoder');
    expect(readdirSync(at('none'))).toEqual([]);
  });
  it.each([
    [['import'], 'where venue files go'],
    [['import', '--to', 'x'], 'one file of rows'],
    [['import', '--database', '--to', 'x'], 'has no postgresql'],
  ])('%j is refused', async (args, says) => {
    const ran = await run(...args);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(says);
  });
});
