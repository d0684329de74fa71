#!/usr/bin/env node
// What docs/decisions.md says of the house, counted in the sources: node scripts/house.mjs [folder of another checkout…]
// prints one column for each checkout. Members are those of the class itself; nested records and inherited ones apart.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The text without comments, and with the contents of strings and characters taken out; lines stay where they are. */
export const bare = (text) =>
  text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'/g, (found) =>
    found.startsWith('/') ? found.replace(/[^\n]/g, '') : '""',
  );

/** Where the bracket that opens at `at` is closed. */
function closing(text, at) {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  return text.length;
}

/** The statements directly in a body, without what stands in their brackets of a body of their own. */
function statements(body) {
  const found = [];
  let begin = 0;
  for (let i = 0; i < body.length; i++) {
    if (body[i] === '{') {
      const head = body.slice(begin, i);
      const end = closing(body, i);
      const ends = /^\s*(?:const\s*)?[;,]/.test(body.slice(end + 1)) || /\b(?:struct|class|enum)\b/.test(head);
      // A function ends with its body; a value in brackets, or a record, with the semicolon behind it.
      body = `${body.slice(0, i)}${' '.repeat(end + 1 - i)}${body.slice(end + 1)}`;
      if (!ends && head.includes('(')) {
        found.push(head);
        begin = end + 1;
      }
      i = end;
    } else if (body[i] === ';') {
      found.push(body.slice(begin, i));
      begin = i + 1;
    }
  }
  return found.map((s) => s.replace(/\b(?:public|private|protected)\s*:/g, '').trim()).filter((s) => s !== '');
}

/** Fields and methods of a class or record. */
export function membersOf(text, name) {
  const declares = new RegExp(`^(?:class|struct) ${name}\\b[^;{]*\\{`, 'm');
  if (!declares.test(text)) return undefined;
  const plain = bare(text);
  const head = declares.exec(plain);
  if (head === null) return undefined;
  const open = head.index + head[0].length - 1;
  const methods = [];
  const fields = [];
  for (const one of statements(plain.slice(open + 1, closing(plain, open)))) {
    if (/^(?:using|friend|enum|static constexpr|struct|class|static_assert)\b/.test(one)) continue;
    const outside = one.replace(/^template <[^>]*>/, '').replace(/<[^<>]*(?:<[^<>]*>)?[^<>]*>/g, '');
    const call = /(~?\w+|operator\S*)\s*\(/.exec(outside);
    if (call !== null && !/=\s*[^(]*$/.test(outside.slice(0, call.index))) methods.push(call[1]);
    else
      for (const part of outside.split(','))
        fields.push(/(\w+)(?:\[.*\])?\s*(?:=.*)?$/s.exec(part.trim())?.[1] ?? part);
  }
  return { fields, methods, flags: [...plain.slice(open, closing(plain, open)).matchAll(/^ {2}bool \w+/gm)].length };
}

/** Functions as clang-format lays them out: a definition ends with a brace in the column of its first line. */
export function functionsOf(text) {
  const found = [];
  const lines = text.split('\n');
  lines.forEach((line, i) => {
    if (!/^(?! *(?:#|\/\/)).*\{$/.test(line)) return;
    let first = i;
    while (first > 0 && (/[,(]$/.test(lines[first - 1]) || /^\s+:/.test(lines[first]))) first--;
    const head = lines.slice(first, i + 1).join(' ');
    if (!head.includes('(') || !/^ {0,4}(?!namespace|struct|class|enum|union)\S/.test(head)) return;
    if (/^\s*(if|for|while|switch|else|do|try|return|case|\})(\b| )/.test(head)) return;
    // What is initialised stands farther in than the definition that it belongs to.
    const indent = /^ */.exec(head)[0];
    let end = i + 1;
    while (end < lines.length && !lines[end].startsWith(`${indent}}`)) end++;
    const name = /([~\w:]+)\(/.exec(head)?.[1] ?? line.trim();
    found.push({ name, lines: end - first + 1, text: lines.slice(first, end + 1).join('\n') });
  });
  return found;
}

const CLASSES = [
  ['Channel', 'HoleList', 'Session'],
  ['Requester', 'Connection', 'ServerList', 'RequestLimits', 'ReplyStream', 'Work', 'SnapshotWork', 'ServerRequester'],
  ['HoleRequester', 'Replay', 'SnapshotRequest', 'SnapshotOnLines', 'SnapshotLoop', 'SnapshotCycle', 'StreamLine'],
  ['Subscription', 'LiveDriver', 'CaptureDriver', 'ExternalDriver', 'Router', 'Delivery', 'Feed'],
].flat();

const filesIn = (root, folder, ending) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => ending.test(name))
        .map((name) => join(root, folder, name))
    : [];

/** What a checkout has of each class, and the sizes that the table names. */
export function measure(root) {
  const native = ['core', 'io', 'feed'].flatMap((room) => filesIn(root, `native/${room}`, /\.(cpp|hpp)$/));
  const texts = native.map((path) => readFileSync(path, 'utf8'));
  const functions = texts.flatMap(functionsOf);
  const longest = (list) => list.reduce((a, b) => (b.lines > a.lines ? b : a), { name: '', lines: 0 });
  const rows = new Map();
  for (const name of CLASSES) {
    const found = texts.map((text) => membersOf(text, name)).find((one) => one !== undefined);
    if (found === undefined) continue;
    const most = longest(functions.filter((f) => f.name.startsWith(`${name}::`)));
    rows.set(name, { fields: found.fields.length, methods: found.methods.length, flags: found.flags, longest: most });
  }
  return { rows, longest: longest(functions) };
}

function print(roots) {
  const all = roots.map(measure);
  const cell = (one) =>
    one === undefined ? '–' : `${one.fields}, ${one.methods}, ${one.flags}, ${one.longest.lines} (${one.longest.name})`;
  console.log(`| class: fields, methods, flags, lines of the longest function | ${roots.join(' | ')} |`);
  console.log(`|---|${'---|'.repeat(roots.length)}`);
  for (const name of CLASSES) console.log(`| ${name} | ${all.map(({ rows }) => cell(rows.get(name))).join(' | ')} |`);
  console.log(
    `| longest function of the core | ${all.map(({ longest: l }) => `${l.lines} (${l.name})`).join(' | ')} |`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  print([...process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url))]);
