// Writes into the declarations of message tables (dist/decoders/*.d.ts) what each field means: scale, unit, the words of its
// codes, what its table notes. Editors show it beside the field. The tables are the only source; what tsc emits holds their
// types alone. Part of `npm run build:ts`; a declaration that is described already stays as it is.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { codeAsRead } from '../dist/layout/text.js';

const FIELD_TYPES = '../layout/field.js';
const HEAD = /^import type \{ [\w, ]+ \} from "\.\.\/layout\/field\.js";\n/;
/** What the words of one field may take: beyond it the rest is counted. */
const MOST = 1500;

const quoted = (values) => values.map((value) => `\`${value}\``).join(', ');

/** The words of a field's codes. Codes are shown as a reader of the field gets them. */
function words(field) {
  const all = Object.entries(field.data.values).map(([code, label]) => [codeAsRead(field, code), label]);
  let length = 0;
  const texts = all.map(([code, label]) => (code === '' ? `blank ${label}` : `\`${code}\` ${label}`));
  const shown = texts.filter((text, i) => {
    length += text.length + 3;
    return i === 0 || length <= MOST;
  });
  const more = all.length - shown.length;
  return shown.join(' · ') + (more > 0 ? ` · and ${more} more` : '');
}

function meaningOf({ scale, scaleFrom, divisor, unit, note }) {
  if (scale !== undefined) return scale === 0 ? 'A whole number' : `× 10^${scale}: \`fieldText\` writes the decimal`;
  if (scaleFrom !== undefined) return `Decimals: \`${scaleFrom}\``;
  if (divisor !== undefined) return `Divided by \`${divisor}\``;
  return [unit, note].filter(Boolean).join(' ');
}

function ofField(field) {
  const { meaning, values, nullValue, sinceVersion, noted } = field.data;
  return [
    meaning && meaningOf(meaning),
    values && Object.keys(values).length > 0 && words(field),
    noted,
    sinceVersion !== undefined && `Since version ${sinceVersion}, \`null\` before`,
    nullValue !== undefined && '`null`: no value',
  ];
}

function ofWhen({ on, is }) {
  return [Array.isArray(is) ? `There when \`${on}\` is ${quoted(is)}` : `There when \`${on}\` is above ${is.above}`];
}

function ofComposite({ as, first, second }) {
  if (as === 'instant') return [`ns since 1970-01-01 UTC, from \`${first}\` and \`${second}\``];
  return [
    as === 'decimal'
      ? `Decimal text of \`${first}\` with \`${second}\` decimals`
      : `Decimal text of \`${first}\` × 10^\`${second}\``,
  ];
}

function ofConstant({ value, values }) {
  return ['Not on the wire: always this', values?.[value]];
}

function ofGroup({ count, sinceVersion }) {
  const by =
    typeof count === 'string'
      ? `As many entries as \`${count}\` says`
      : typeof count === 'number' && `${count} entries`;
  return [by, sinceVersion !== undefined && `Since version ${sinceVersion}, empty before`];
}

const OF = {
  field: ofField,
  when: ofWhen,
  composite: ofComposite,
  constant: ofConstant,
  group: ofGroup,
  data: ({ sinceVersion }) => [sinceVersion !== undefined && `Since version ${sinceVersion}, \`null\` before`],
  filler: () => [],
  message: ({ notes }) => [notes.title, notes.section && `Section ${notes.section}`, notes.note],
};

/** What an editor shows of a part of a table; empty where its name and type say all. */
export function describePart(part) {
  return OF[part.kind](part)
    .filter(Boolean)
    .map((text) => (/[.:!?]$/.test(text) ? text : `${text}.`))
    .join(' ')
    .replaceAll('*/', '*∕')
    .replaceAll('@', '＠')
    .replaceAll(/\s+/g, ' ');
}

/** The members of a type that says what an object holds, also where it is put together from several. */
function membersOf(type) {
  if (type === undefined) return [];
  if (ts.isTypeLiteralNode(type)) return [...type.members];
  return ts.isIntersectionTypeNode(type) ? type.types.flatMap(membersOf) : [];
}

/** What the members of `type` are said to mean, by where they stand in the text. */
function notesOf(type, parts) {
  return membersOf(type).flatMap((member) => {
    if (!ts.isPropertySignature(member) || member.type === undefined) return [];
    const part = parts[member.name.text];
    if (part === undefined) throw new Error(`the table has no '${member.name.text}'`);
    const said = describePart(part);
    const own = said === '' ? [] : [{ at: member.getStart(), said }];
    return part.fields === undefined ? own : [...own, ...notesOf(member.type.typeArguments?.[0], part.fields)];
  });
}

/** The text of `type`, each member with what it means. What a table's source says of it comes first. */
function annotated(type, parts) {
  const text = type.getSourceFile().text;
  let out = '';
  let from = type.getStart();
  for (const { at, said } of notesOf(type, parts)) {
    const before = text.slice(from, at);
    const own = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before);
    out += own === null ? `${before}/** ${said} */ ` : `${before.slice(0, own.index)}/** ${own[1].trim()} ${said} */ `;
    from = at;
  }
  return out + text.slice(from, type.getEnd());
}

/**
 * The declaration `text` of a module with what its tables say, and with names for their types, which editors show instead of the
 * whole table. `exported`: what the module exports.
 */
export function describeDeclaration(text, exported) {
  if (HEAD.test(text)) return text;
  const file = ts.createSourceFile('decoder.d.ts', text, ts.ScriptTarget.Latest, true);
  let out = '';
  let from = 0;
  for (const statement of file.statements) {
    const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : undefined;
    const decoder = exported[declared?.name.text];
    const types = declared?.type?.typeArguments;
    if (decoder?.messages === undefined || types === undefined) continue;
    const name = declared.name.text.replace(/^./, (first) => first.toUpperCase());
    const [header, messages] = types;
    out += text.slice(from, statement.getFullStart());
    out += `type ${name}Header = ${annotated(header, decoder.header)};`;
    out += `\ntype ${name}Messages = ${annotated(messages, decoder.messages)};\n`;
    out += `${text.slice(statement.getFullStart(), header.getStart())}${name}Header, ${name}Messages`;
    from = messages.getEnd();
  }
  return from === 0 ? text : shortened(`${out}${text.slice(from).trimEnd()}\nexport {};\n`);
}

/** Types of fields by their names, imported once. */
function shortened(text) {
  const used = new Set();
  const short = text
    .replaceAll(/import\("\.\.\/layout\/field\.js"\)\.(\w+)/g, (_, name) => {
      used.add(name);
      return name;
    })
    .replaceAll(', Readonly<Record<never, never>>>', '>')
    .replaceAll(/^ +/gm, (indent) => ' '.repeat(indent.length / 4));
  return used.size === 0 ? text : `import type { ${[...used].sort().join(', ')} } from "${FIELD_TYPES}";\n${short}`;
}

if (import.meta.filename === process.argv[1]) {
  const folder = fileURLToPath(new URL('../dist/decoders/', import.meta.url));
  let bytes = 0;
  let count = 0;
  for (const name of readdirSync(folder).filter((n) => n.endsWith('.d.ts'))) {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    if (HEAD.test(text) || !text.includes(FIELD_TYPES)) continue;
    const described = describeDeclaration(text, await import(pathToFileURL(path.replace('.d.ts', '.js')).href));
    writeFileSync(path, described);
    bytes += described.length;
    count++;
  }
  if (count > 0)
    console.log(`${count} declarations of message tables say what their fields mean (${(bytes / 1e6).toFixed(1)} MB)`);
}
