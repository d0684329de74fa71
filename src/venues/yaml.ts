/**
 * YAML and JSON from outside, within bounds: so many bytes, values, levels and references, and no work that grows with the
 * square of them. What is wrong is said in our own words: those of the parser repeat the text, which may hold a secret.
 */
import { type Document, isAlias, isCollection, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { VenuewireError } from '../errors.js';
import { printableWord } from '../printable.js';

export const YAML_LIMITS = { bytes: 256 << 10, values: 20_000, depth: 64, references: 100 } as const;

/** What the parser finds, by its code. */
const SAYS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'a reference (*name) cannot have an anchor or a tag',
  BAD_ALIAS: 'a reference (*name) ends in a way that is not allowed',
  BAD_COLLECTION_TYPE: 'a tag does not fit the list or mapping behind it',
  BAD_DIRECTIVE: 'a line that begins with % is not a directive of YAML',
  BAD_DQ_ESCAPE: 'text in double quotes has an escape that YAML does not know',
  BAD_INDENT: 'this is indented in another way than what it belongs to',
  BAD_PROP_ORDER: 'anchors and tags stand in front of what they belong to, behind the - or the :',
  BAD_SCALAR_START: 'text cannot begin with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping cannot stand on the line of another one: put it on a line of its own, or in {}',
  BLOCK_IN_FLOW: 'within [] and {} nothing is written by indentation',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a closing quote, bracket or brace, a comma or a space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key ends on its line, with a colon and a space behind it',
  MULTIPLE_ANCHORS: 'there are two anchors where one is allowed',
  MULTIPLE_DOCS: 'there is more than one document: put each into a file of its own',
  MULTIPLE_TAGS: 'there are two tags where one is allowed',
  NON_STRING_KEY: 'a key is not text',
  RESOURCE_EXHAUSTION: 'this is nested too deeply',
  TAB_AS_INDENT: 'a tab indents: use spaces',
  TAG_RESOLVE_FAILED: 'there is a tag (!name) that is not known here: put text that begins with ! in quotes',
};

/** A document that has been read: its data, and where each part of it stands. */
export interface YamlDocument {
  readonly data: unknown;
  /** Line and column of a path, from 1; of a key that is missing, of what should have it. */
  readonly place: (path: readonly PropertyKey[]) => { readonly line: number; readonly col: number };
  /** `file:line:column` of a path; of a key that is missing, of what should have it. */
  readonly where: (path: readonly PropertyKey[]) => string;
}

/**
 * Reads one document.
 * @param name what errors call it: the path of the file.
 * @throws VenuewireError `VW_VENUE_SYNTAX` with file, line and column; nothing of the text is repeated.
 */
export function readYaml(text: string, name: string): YamlDocument {
  const file = printableWord(name);
  const fault = (what: string, at?: { readonly line: number; readonly col: number }): VenuewireError =>
    new VenuewireError(
      'VW_VENUE_SYNTAX',
      `${file}${at === undefined ? '' : `:${at.line}:${at.col}`}: ${what}`,
      'Correct the YAML at this place; indentation is by spaces, and text with special characters is in quotes.',
    );
  if (Buffer.byteLength(text) > YAML_LIMITS.bytes) throw fault(`is longer than ${YAML_LIMITS.bytes} bytes`);
  tooDeep(text, (line) => fault(`this is nested more than ${YAML_LIMITS.depth} levels deep`, { line, col: 1 }));
  const counter = new LineCounter();
  const position = (offset: number) => counter.linePos(offset);
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: counter,
      prettyErrors: false,
      stringKeys: true,
      // Looking for keys that are there twice costs the parser the square of their number: it is done below.
      uniqueKeys: false,
      logLevel: 'silent',
    });
  } catch {
    throw fault('the text cannot be read as YAML');
  }
  const found = document.errors[0] ?? document.warnings[0];
  if (found !== undefined) {
    throw fault(SAYS[found.code] ?? 'this is not expected here', position(found.pos[0]));
  }
  checkBounds(document, (what, offset) => fault(what, position(offset)));
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: YAML_LIMITS.references });
  } catch {
    throw fault(`references (*name) lead nowhere, or to more than ${YAML_LIMITS.references} copies`);
  }
  if (!isBounded(data))
    throw fault(`references (*name) lead to themselves, or to more than ${YAML_LIMITS.values} values`);
  const place: YamlDocument['place'] = (path) => position(offsetOf(document, path));
  return { data, place, where: (path) => at(file, place(path)) };
}

/** Whether the data is finite and small when every reference is written out, as whoever walks it will see it. */
function isBounded(data: unknown): boolean {
  let values = 0;
  const visit = (value: unknown, depth: number): boolean => {
    if (++values > YAML_LIMITS.values || depth > YAML_LIMITS.depth) return false;
    if (typeof value !== 'object' || value === null) return true;
    return Object.values(value).every((v) => visit(v, depth + 1));
  };
  return visit(data, 0);
}

const at = (file: string, { line, col }: { readonly line: number; readonly col: number }): string =>
  `${file}:${line}:${col}`;

/** Depth by brackets and by dashes, before anything recursive sees the text. Quoted brackets count: nobody has so many. */
function tooDeep(text: string, fault: (line: number) => VenuewireError): void {
  let line = 1;
  let brackets = 0;
  let dashes = 0;
  let leading = true;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\n') {
      line++;
      dashes = 0;
      leading = true;
    } else if (c === '[' || c === '{') brackets++;
    else if (c === ']' || c === '}') brackets = Math.max(0, brackets - 1);
    if (leading && (c === '-' || c === '?')) dashes++;
    else if (c !== ' ' && c !== '\n') leading = false;
    if (brackets > YAML_LIMITS.depth || dashes > YAML_LIMITS.depth) throw fault(line);
  }
}

/** Every value once: their number, their depth, and no key twice. */
function checkBounds(document: Document.Parsed, fault: (what: string, offset: number) => VenuewireError): void {
  let values = 0;
  const visit = (node: unknown, depth: number): void => {
    const offset = (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
    if (++values > YAML_LIMITS.values) throw fault(`there are more than ${YAML_LIMITS.values} values`, offset);
    if (depth > YAML_LIMITS.depth) throw fault(`this is nested more than ${YAML_LIMITS.depth} levels deep`, offset);
    if (!isCollection(node)) return;
    const keys = isMap(node) ? new Set<string>() : undefined;
    for (const item of node.items) {
      if (!isPair(item)) {
        visit(item, depth + 1);
        continue;
      }
      const key = isScalar(item.key) || isAlias(item.key) ? String(item.key) : '';
      if (keys?.has(key)) throw fault('a key is there twice', (item.key as { range?: number[] }).range?.[0] ?? offset);
      keys?.add(key);
      visit(item.value, depth + 1);
    }
  };
  visit(document.contents, 0);
}

/** Where in the text a path is; of a missing key, what should have it. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let n = path.length; n > 0; n--) {
    const parent = n === 1 ? document.contents : document.getIn(path.slice(0, n - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (p) => String((p.key as { value?: unknown } | null)?.value) === String(path[n - 1]),
      );
      const range = (pair?.key as { range?: readonly number[] } | undefined)?.range;
      if (range !== undefined) return range[0] as number;
    }
    const range = (document.getIn(path.slice(0, n), true) as { range?: readonly number[] } | undefined)?.range;
    if (range !== undefined) return range[0] as number;
  }
  return 0;
}
