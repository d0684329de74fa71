// The rules of CONTRIBUTING.md that a machine can hold the sources to.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../scripts/house.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();

const sources = filesOf('src', /\.ts$/);

describe('arrows', () => {
  /** Rooms from the ground up: a room may import only from those before it. */
  const ROOMS = [
    ['contract', 'printable', 'nearest', 'plain', 'sql', 'best-first'],
    ['errors'],
    ['xml', 'peer'],
    ['layout'],
    ['layout/import', 'fast', 'fix', 'json'],
    ['import'],
    ['addon'],
    ['native'],
    ['decoders', 'patterns'],
    ['venues'],
    ['transports'],
    ['files', 'internet'],
    ['compile'],
    ['events'],
    ['feed'],
    ['books'],
    ['formats'],
    ['capture'],
    ['index'],
    ['log'],
    ['ipc'],
    ['sinks', 'proxy'],
    ['services'],
    ['plan', 'classify', 'compare'],
    ['kubernetes'],
    ['metadata', 'metrics'],
    ['gateway'],
    ['simulator'],
    ['simulator/certify'],
    ['cli'],
  ];
  const INNER = ['layout/import', 'simulator/certify'];
  const rankOf = (room: string): number => ROOMS.findIndex((level) => level.includes(room));
  const roomOf = (path: string): string => {
    const parts = path.split('/').slice(1);
    const inner = parts.slice(0, 2).join('/');
    if (INNER.includes(inner)) return inner;
    return parts.length === 1 ? (parts[0] as string).replace('.ts', '') : (parts[0] as string);
  };

  it('of TypeScript point down: every room is known, and no import goes up', () => {
    const wrong: string[] = [];
    for (const path of sources) {
      const own = roomOf(path);
      if (rankOf(own) < 0) wrong.push(`${path}: the room '${own}' has no place in the order`);
      for (const [, to] of read(path).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
        const target = roomOf(normalize(join(dirname(path), to as string)).replace(/\.js$/, '.ts'));
        if (target !== own && rankOf(target) >= rankOf(own)) wrong.push(`${path} (${own}) imports ${to} (${target})`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('of C++ point down: contract, core, io, feed, binding', () => {
    const order = ['contract', 'core', 'io', 'feed', 'binding'];
    const wrong = order.flatMap((room, rank) =>
      filesOf(`native/${room}`, /\.(cpp|hpp)$/).flatMap((path) =>
        [...read(path).matchAll(/^#include "(?:\.\.\/)?([a-z]+)\/[^"]+"/gm)]
          .filter(([, to]) => order.indexOf(to as string) > rank || order.indexOf(to as string) < 0)
          .map(([line]) => `${path}: ${line}`),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('functions', () => {
  const MOST = 70;

  /** Functions of a TypeScript file that are longer than allowed; a function that only returns a table is one. */
  function longInTypeScript(path: string): string[] {
    const file = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && ts.isBlock(node.body as ts.Node)) {
        const line = (at: number): number => file.getLineAndCharacterOfPosition(at).line;
        const lines = line(node.end) - line(node.getStart(file)) + 1;
        const named = node as ts.NamedDeclaration;
        const parent = node.parent as ts.NamedDeclaration;
        const name = named.name?.getText(file) ?? parent.name?.getText(file) ?? 'a function';
        if (lines > MOST) found.push(name === 'constructor' ? `constructor` : name);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  }

  const longInCpp = (path: string): string[] =>
    functionsOf(read(path))
      .filter(({ lines }) => lines > MOST)
      .map(({ name }) => name);

  it(`have at most ${MOST} lines, tables aside`, () => {
    const paths = [
      ...sources.filter((path) => !path.startsWith('src/decoders/')),
      ...['core', 'io', 'feed', 'binding'].flatMap((room) => filesOf(`native/${room}`, /\.(cpp|hpp)$/)),
    ];
    const long = paths.flatMap((path) =>
      (path.endsWith('.ts') ? longInTypeScript(path) : longInCpp(path)).map((name) => `${path}: ${name}`),
    );
    expect(long).toEqual([]);
  });
});

describe('declarations', () => {
  it('are read by somebody: no export of a file is used nowhere', () => {
    const words = new Map<string, number>();
    const everything = [
      ...sources,
      ...filesOf('test', /\.(ts|mjs)$/),
      ...filesOf('scripts', /\.mjs$/),
      ...filesOf('bench', /\.(mjs|ts|js)$/),
    ];
    for (const path of everything) {
      for (const word of new Set(read(path).match(/[A-Za-z_$][\w$]*/g) ?? []))
        words.set(word, (words.get(word) ?? 0) + 1);
    }
    const unread = sources
      // What a message table, a venue or the contract declares is for users.
      .filter((path) => !/^src\/(decoders|venues|contract\.ts)/.test(path))
      .flatMap((path) =>
        [...read(path).matchAll(/^export (?:async )?(?:const|function|class|let) (\w+)/gm)]
          .filter(([, name]) => {
            const inOwnFile = (read(path).match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length;
            return words.get(name as string) === 1 && inOwnFile === 1;
          })
          .map(([, name]) => `${path}: ${name}`),
      );
    expect(unread).toEqual([]);
  });
});

describe('words', () => {
  /** What docs/vocabulary.md does not call a thing, and what it does. A venue's own words stay in its table. */
  const NOT: Readonly<Record<string, string>> = {
    seqno: 'sequence or number',
    seqnum: 'sequence or number',
    cookie: 'echo',
    recoverer: 'requester',
    replayer: 'requester, or a replay to multicast',
    rerequester: 'requester',
    backfill: 'recovery',
    partition: 'channel',
    tradingsession: 'session',
    // Instants count from the Unix epoch, and formats of instants are named after it.
    '(?<!unix |since |since_)epoch(?!Seconds|Milliseconds)': 'session',
    gaplist: 'holes',
    reorderbuffer: 'window',
    reorder_buffer: 'window',
    retransmitter: 'server',
    gapreport: 'notice',
    flyweight: 'view',
    'msg\\b': 'message',
    'pkt\\b': 'packet',
    'buf\\b': 'bytes, or what is in them',
    'idx\\b': 'index',
    'cnt\\b': 'count',
    'cfg\\b': 'config, or options',
    'ctx\\b': 'context',
  };

  /** Where a partition is a broker's or a store's own, and an epoch what positions of rows are in. */
  const isOfStores = (path: string): boolean =>
    path.startsWith('src/sinks/') || /^src\/(patterns\/(pipeline|types)|errors)\.ts$/.test(path);
  const OF_STORES = /partition|epoch/;

  it('are those of docs/vocabulary.md, in both languages', () => {
    const own = [
      ...sources.filter((path) => !/^src\/(decoders|venues|simulator|fix)\//.test(path)),
      ...['contract', 'core', 'io', 'feed', 'binding'].flatMap((room) =>
        filesOf(`native/${room}`, /\.(cpp|hpp|yaml)$/),
      ),
    ];
    const found = own.flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, i) =>
          Object.entries(NOT)
            .filter(([word]) => !(OF_STORES.test(word) && isOfStores(path)))
            .filter(([word]) => new RegExp(`\\b${word}`, 'i').test(line))
            .map(([word, instead]) => `${path}:${i + 1}: ${word}, which is called ${instead}`),
        ),
    );
    expect(found).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  const page = read('CONTRIBUTING.md');
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  it('names only files that are there', () => {
    const named = [...page.matchAll(/`([\w.-]+\/[\w./<>*-]*)`|\]\(([^)h][^)]*)\)/g)]
      .map(([, code, link]) => (code ?? link) as string)
      .filter((path) => !/[<>*]|^build\//.test(path) && !path.startsWith('npm '));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
  it('names only scripts that there are', () => {
    const named = [...page.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name as string);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
  it('names only functions that the library exports', () => {
    const named = [...page.matchAll(/`(define\w+|extend|check|assertSound)\b/g)].map(([, name]) => name as string);
    const exported = `${read('src/patterns/index.ts')}${read('src/layout/index.ts')}`;
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(exported))).toEqual([]);
  });
});

describe('the README and the guides', () => {
  const PAGES = ['README.md', ...filesOf('docs', /\.md$/).filter((path) => !/^docs\/(protocols|site)\//.test(path))];
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  const UNPKG = 'https://unpkg.com/venuewire/';
  const links = (path: string): string[] =>
    [
      ...read(path)
        .replace(/^```[\s\S]*?^```/gm, '')
        .matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g),
    ].map(([, to]) => to as string);

  it('lead to pages that are there', () => {
    const broken = PAGES.flatMap((page) =>
      links(page)
        .filter((to) => !/^[a-z]+:/.test(to))
        .filter((to) => !existsSync(join(root, dirname(page), to)))
        .map((to) => `${page}: ${to}`),
    );
    expect(broken).toEqual([]);
  });
  it('work from the npm page: the README links to files that the package carries, by a whole address', () => {
    const wrong = links('README.md').filter((to) => {
      if (!to.startsWith(UNPKG)) return !/^https:/.test(to);
      const path = to.slice(UNPKG.length);
      const carried = files.some((f) => path === f || path.startsWith(`${f}/`)) || path === 'LICENSE';
      return !carried || !existsSync(join(root, path));
    });
    expect(wrong).toEqual([]);
  });
});

describe('generated files', () => {
  it('are up to date: errors, notices, counters', async () => {
    const { spawnSync } = await import('node:child_process');
    const ran = spawnSync(process.execPath, [join(root, 'scripts/reference.mjs'), '--check', '--pages'], {
      encoding: 'utf8',
    });
    expect(ran.stdout + ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  });
});
