// What docs/decisions.md and docs/architecture.md say of the house, held to the sources.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { functionsOf, measure, membersOf } from '../../scripts/house.mjs';
import { ACTION } from '../../src/contract.js';
import { RECEIVE } from '../../src/patterns/network.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();
const native = ['core', 'io', 'feed', 'binding'].flatMap((room) => filesOf(`native/${room}`, /\.(cpp|hpp)$/));
const typescript = filesOf('src', /\.ts$/);
const naming = (paths: readonly string[], what: RegExp): string[] => paths.filter((path) => what.test(read(path)));

describe('what a new part touches, by those that are there', () => {
  it('a receive backend: its file, one line of the table, and its word in the schema', () => {
    const rows = [...read('native/io/linux/receive_backends.cpp').matchAll(/^ {4}\{"(\w+)", .*, (open_\w+)\},$/gm)];
    expect(rows.length).toBeGreaterThan(3);
    // A header, and what it declares for one system, are one file here.
    const withoutEnding = (path: string): string => basename(path).replace(/\.[ch]pp$/, '');
    const own = rows.map(([, , open]) =>
      naming(native, new RegExp(`ReceiveProblem ${open}\\(.*\\{$`, 'm')).map(withoutEnding),
    );
    rows.forEach(([, name, open], i) => {
      // One backend may be made of another.
      const others = own.filter((_, other) => other !== i).flat();
      const files = naming(native, new RegExp(`\\b${open}\\b`)).map(withoutEnding);
      const touched = new Set(files.filter((path) => !others.includes(path)));
      expect([...touched].sort(), name).toEqual([...new Set([...(own[i] as string[]), 'receive_backends'])].sort());
    });
    expect(rows.map(([, name]) => name).sort()).toEqual(RECEIVE.filter((name) => name !== 'auto').sort());
  });

  it('a sink: its file, one line of the registry, and its options in the schema of pipelines', () => {
    const rows = [...read('src/sinks/registry.ts').matchAll(/^ {2}(\w+): \{.*import\('\.\/([\w-]+)\.js'\)/gm)];
    expect(rows.length).toBeGreaterThan(9);
    for (const [, type, file] of rows) {
      expect(
        naming(
          typescript.filter((path) => !path.startsWith('src/cli/')),
          new RegExp(`/${file}\\.js'\\)`),
        ),
        type,
      ).toEqual(['src/sinks/registry.ts']);
      expect(naming(typescript, new RegExp(`item\\(\\s*'${type}',`)), type).toEqual(['src/patterns/pipeline.ts']);
    }
  });

  it('a verb: its file and its line', () => {
    const rows = [...read('src/cli/verbs.ts').matchAll(/name: '(\w+)',[^{]*?import\('\.\/([\w-]+)\.js'\)/g)];
    expect(rows.length).toBeGreaterThan(20);
    for (const [, verb, file] of rows)
      expect(naming(typescript, new RegExp(`import\\('[./a-z]*/${file}\\.js'\\)`)), verb).toContain('src/cli/verbs.ts');
    const main = read('src/cli/main.ts');
    expect(rows.map(([, verb]) => verb as string).filter((verb) => main.includes(`'${verb}'`))).toEqual([]);
  });

  it('a reply action: its line of the contract, and a case of the classes that do it', () => {
    const doing = native.filter((path) => /core\/.*\.cpp$/.test(path));
    for (const action of ACTION.filter((name) => name !== 'ignore')) {
      const word = action.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const files = naming(doing, new RegExp(`case Action::${word}\\b|== Action::${word}\\b|!= Action::${word}\\b`));
      expect(files.length, action).toBeGreaterThan(0);
      for (const path of files) expect(read(path), `${action}: ${path}`).toMatch(/::act\(|SnapshotCycle::/);
    }
    // TypeScript has them from the contract alone. Venues say them, and simulated servers play them.
    const others = typescript.filter((path) => !/^src\/(venues|contract|decoders|simulator)/.test(path));
    expect(naming(others, /'(?:snapshotItem|sessionUnavailable|subscriptionRejected)'/)).toEqual([]);
  });
});

describe('docs/decisions.md', () => {
  const page = read('docs/decisions.md');
  it('has every decision once, and no row of a table outside of one', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, text]) => text as string);
    expect(headings.filter((text, i) => headings.indexOf(text) !== i)).toEqual([]);
    const lines = page.split('\n');
    const stray = lines.filter((line, i) => {
      if (!line.startsWith('|')) return false;
      return !lines[i - 1]?.startsWith('|') && (lines[i - 1] !== '' || !/^\|[-|]+\|$/.test(lines[i + 1] ?? ''));
    });
    expect(stray).toEqual([]);
    expect(lines.filter((line, i) => line.startsWith('## ') && lines[i - 1] !== '')).toEqual([]);
  });

  it('says of each class how many fields and methods it has, give or take a few', () => {
    const { rows } = measure(root);
    const told = [...page.matchAll(/`(\w+)` (\d+), (\d+), (\d+)/g)];
    expect(told.length).toBeGreaterThan(15);
    const far = (a: number, b: number): boolean => Math.abs(a - b) > Math.max(3, a / 10);
    const wrong = told.flatMap(([said, name, fields, methods, lines]) => {
      const now = rows.get(name as string);
      if (now === undefined) return [`${said}: there is no such class`];
      const is = [now.fields, now.methods, now.longest.lines] as const;
      return [fields, methods, lines].some((n, i) => far(Number(n), is[i] as number)) ? [`${said}: now ${is}`] : [];
    });
    expect(wrong).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md');
  const way = page.slice(page.indexOf('## The way of a packet'), page.indexOf('## Rooms'));
  const texts = native.map(read);
  const functions = texts.flatMap(functionsOf);

  /** Whether a class declares that method, or a file defines it. */
  const isThere = (type: string, method: string): boolean =>
    functions.some(({ name }) => name === `${type}::${method}`) ||
    texts.some((text) => membersOf(text, type)?.methods.includes(method) === true);

  it('names functions, classes and files that there are', () => {
    const words = [...page.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word as string);
    const everything = [...texts, ...typescript.map(read)].join('\n');
    const known = (word: string): boolean => {
      const method = /^(\w+)::(\w+)$/.exec(word);
      if (method !== null) return isThere(method[1] as string, method[2] as string);
      if (/^(?:native|src|docs)\//.test(word))
        return [word, `${word}.hpp`, `${word}.cpp`, `${word}.ts`].some((path) => existsSync(join(root, path)));
      return !/^\w+$/.test(word) || new RegExp(`\\b${word}\\b`).test(everything);
    };
    expect(words.length).toBeGreaterThan(60);
    expect(words.filter((word) => !known(word))).toEqual([]);
  });

  /** Whether a function calls that one: by itself, or by way of functions of its own class. */
  function calls(type: string, from: string, call: RegExp, seen = new Set<string>()): boolean {
    seen.add(from);
    return functions
      .filter(({ name }) => name === `${type}::${from}`)
      .some(({ text }) => {
        const body = text.slice(text.indexOf('{'));
        if (call.test(body)) return true;
        const own = [...body.matchAll(/(?<![\w.>:])(\w+)\(/g)].map(([, name]) => name as string);
        return own.some((name) => !seen.has(name) && calls(type, name, call, seen));
      });
  }

  const STEPS: readonly (readonly [type: string, from: string, call: RegExp])[] = [
    ['LiveDriver', 'turn', /\bwait\(/],
    ['LiveDriver', 'turn', /\breceive\(/],
    ['LiveDriver', 'receive', /(?:\.|->)receive\(/],
    ['LiveDriver', 'receive', /router\.each\(/],
    ['LiveDriver', 'receive', /session_\.datagram\(/],
    ['Session', 'datagram', /\bread_packet\(/],
    ['Session', 'datagram', /\bline_packet\(/],
    ['Session', 'line_packet', /(?:\.|->)packet\(/],
    ['Channel', 'packet', /\btake_data\(/],
    ['Channel', 'take_data', /\bhold_early\(/],
    ['Channel', 'take_data', /\bhand_over\(/],
    ['Channel', 'hand_over', /output_\.deliver\(/],
    ['LiveDriver', 'turn', /\bpublish\(/],
    ['LiveDriver', 'turn', /session_\.service\(/],
  ];
  it.each(STEPS)('goes on from %s::%s by %s', (type, from, call) => {
    expect(way).toContain(from);
    expect(calls(type, from, call)).toBe(true);
  });

  it('names the steps in the order in which they are taken', () => {
    const order = [
      'LiveDriver::turn',
      'LiveDriver::receive',
      'Receiver::receive',
      'Router::each',
      'Session::datagram',
      'read_packet',
      'Session::line_packet',
      'Channel::packet',
      'Channel::take_data',
      'hold_early',
      'Channel::hand_over',
      'BatchWriter::deliver',
      'Delivery::publish',
      'UvDoorbell',
      'Dispatcher',
      'Session::service',
      'Requester::received',
    ].map((name) => way.indexOf(`\`${name}\``));
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});
