// The TypeScript in the README and the guides compiles against the library as it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a page takes for granted around its excerpts. */
const GIVEN: Readonly<Record<string, string>> = {
  'README.md': `
    declare const bytes: Uint8Array;
    declare function later(): void;`,
};

function blocks(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((m) => m[1] as string);
}

it.each(Object.keys(GIVEN))(
  'compiles the examples of %s',
  (page) => {
    const list = blocks(page);
    expect(list.length).toBeGreaterThan(1);
    // The README's excerpts build on one another: one module, imports said once. A guide's stand alone.
    const modules = page === 'README.md' ? [list] : list.map((block) => [block]);
    expect(modules.flatMap((excerpts, i) => compile(excerpts, page, i))).toEqual([]);
  },
  60_000,
);

function compile(list: readonly string[], page: string, number: number): string[] {
  const imports = new Map<string, Set<string>>();
  const bodies = list.map((block) =>
    block.replace(/^import \{([^}]*)\} from '([^']*)';\n/gm, (_, names: string, from: string) => {
      const set = imports.get(from) ?? new Set<string>();
      for (const name of names.split(',')) set.add(name.trim());
      imports.set(from, set);
      return '';
    }),
  );
  const head = [...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`).join('\n');
  const source = `${head}\n${GIVEN[page]}\n${bodies.join('\n').replaceAll('…', 'later')}\nexport {};\n`;
  const file = join(root, 'test', 'types', `${page.replaceAll(/\W/g, '-')}-${number}.example.ts`);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    baseUrl: root,
    paths: {
      venuewire: ['src/index.ts'],
      'venuewire/layout': ['src/layout/index.ts'],
      'venuewire/patterns': ['src/patterns/index.ts'],
      'venuewire/books': ['src/books/index.ts'],
      'venuewire/capture': ['src/capture/index.ts'],
      'venuewire/*': ['src/*.ts'],
    },
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || exists(name);
  host.getSourceFile = (name, language, ...rest) =>
    name === file ? ts.createSourceFile(name, source, language) : read(name, language, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map((d) => {
    const at = d.file && d.start !== undefined ? d.file.getLineAndCharacterOfPosition(d.start).line : 0;
    return `${source.split('\n')[at]}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`;
  });
}
