// A plugin of typedoc: names modules as they are imported, and gives each declaration its example, which is a region of
// test/types/examples.ts: it is compiled with the tests.
import { readFileSync } from 'node:fs';
import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

const SOURCE = new URL('../test/types/examples.ts', import.meta.url);

/** Modules as they are imported, by the path that typedoc names them by. */
const MODULES = {
  index: 'venuewire',
  'simulator/certify/testkit': 'testkit',
};

/** `../../src/layout/fast/index.js` → `venuewire/fast` */
function specifier(path) {
  const inside = path.replace(/^(\.\.\/)+src\//, '').replace(/(\/?index)?\.js$/, '');
  const module = MODULES[inside === '' ? 'index' : inside] ?? inside;
  return module === 'venuewire' ? module : `venuewire/${module}`;
}

/** Each imported name with what imports it. */
function imports(text) {
  const found = new Map();
  for (const [, names, from] of text.matchAll(/^import \{([^}]*)\} from '([^']*)';/gm)) {
    for (const name of names
      .split(',')
      .map((n) => n.trim())
      .filter(Boolean)) {
      const local = name
        .replace(/^type /, '')
        .split(' as ')
        .at(-1);
      found.set(local, { name, from: specifier(from) });
    }
  }
  return found;
}

/** The imports that an excerpt needs, one line a module. */
function importLines(body, known) {
  const words = new Set(body.match(/[A-Za-z_$][\w$]*/g) ?? []);
  const needed = new Map();
  for (const [local, { name, from }] of known) {
    if (words.has(local)) needed.set(from, [...(needed.get(from) ?? []), name]);
  }
  return [...needed].map(([from, names]) => `import { ${names.join(', ')} } from '${from}';\n`).join('');
}

/** The examples by `module.name`. */
export function examples() {
  const text = readFileSync(SOURCE, 'utf8');
  const known = imports(text);
  const out = new Map();
  for (const [, names, body] of text.matchAll(/^ *\/\/ #region (.+)\n([\s\S]*?)^ *\/\/ #endregion/gm)) {
    const lines = body.trimEnd().split('\n');
    const indent = Math.min(...lines.filter((l) => l.trim()).map((l) => l.search(/\S/)));
    const shown = lines.map((l) => l.slice(indent)).join('\n');
    const whole = `${importLines(shown, known)}\n${shown}`.trimStart();
    for (const name of names.split(' ')) out.set(name.replace(/^index\./, 'venuewire.'), whole);
  }
  return out;
}

/** What is called or made needs an example. */
const SHOWN = ReflectionKind.Function | ReflectionKind.Class;

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const wanted = examples();
    const missing = [];
    for (const module of project.children ?? []) module.name = MODULES[module.name] ?? module.name;
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Variable)) {
      // Schemas are for tools: schema/venue.schema.json says the same to people.
      if (reflection.name.endsWith('Schema')) project.removeReflection(reflection);
    }
    for (const reflection of project.getReflectionsByKind(SHOWN)) {
      const name = `${reflection.parent?.name}.${reflection.name}`;
      const text = wanted.get(name);
      if (text === undefined) {
        missing.push(name);
        continue;
      }
      const signed = reflection.signatures?.[0] ?? reflection;
      signed.comment ??= new Comment();
      signed.comment.blockTags = signed.comment.blockTags.filter((t) => t.tag !== '@example');
      signed.comment.blockTags.push(new CommentTag('@example', [{ kind: 'code', text: `\`\`\`ts\n${text}\n\`\`\`` }]));
    }
    if (missing.length > 0) app.logger.info(`without an example: ${missing.sort().join(' ')}`);
  });
}
