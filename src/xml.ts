/** XML as the importers read it: elements with resolved namespaces. The only file that loads the XML parser. */
import { parseXml, type XmlElement as Raw } from '@rgrove/parse-xml';
import { type ErrorCode, VenuewireError } from './errors.js';

/** Longer documents than any venue publishes. */
const MOST_CHARACTERS = 64 << 20;
const DEEPEST = 200;

/** A document: its text, or its bytes (UTF-8, or as its declaration or byte order mark says). */
export type XmlSource = string | Uint8Array;

/** What every importer takes beside the document. */
export interface XmlOptions {
  /** The document's name, for messages. */
  readonly file?: string;
}

/** What a reader says in its errors. */
export interface XmlReader extends XmlOptions {
  /** The code of a document that is no XML. */
  readonly code: ErrorCode;
  /** What the document should be. */
  readonly what: string;
}

export interface XmlElement {
  /** The name without its prefix. */
  readonly name: string;
  readonly namespace: string;
  /** Attributes without a prefix, by name. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Attributes with a prefix, as `{namespace}name`. */
  readonly foreign: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside, trimmed. */
  readonly text: string;
  readonly line: number;
  /** The document it is part of, where that has a name. */
  readonly file: string | undefined;
}

/** Where an element stands, as errors say it. */
export const placeOf = (e: Pick<XmlElement, 'file' | 'line'>): string =>
  e.file === undefined ? `line ${e.line}` : `${e.file}, line ${e.line}`;

/**
 * Parses a document without a DTD.
 * @throws VenuewireError with `code` when it is not well-formed, has a document type, or is beyond the bounds.
 */
export function readXml(source: XmlSource, reader: XmlReader): XmlElement {
  const { code, what, file } = reader;
  const fail = (why: string, hint = 'Take the file as the venue publishes it.', line?: number): VenuewireError => {
    const where = line === undefined ? file : placeOf({ file, line });
    return new VenuewireError(code, `${where === undefined ? what : `${where}: ${what}`}: ${why}`, hint);
  };
  const body = textOf(source, fail);
  const { depth, doctype } = outline(body);
  if (depth > DEEPEST) throw fail(`elements are nested more than ${DEEPEST} deep`);
  const lineOf = lineCounter(body);
  if (doctype >= 0) throw fail('has a document type declaration', 'Remove it: entities are not read.', lineOf(doctype));
  let root: Raw | null;
  try {
    root = parseXml(body, { includeOffsets: true }).root;
  } catch (error) {
    const { message, pos } = error as Error & { pos?: number };
    const why = String(message)
      .split('\n')[0]
      ?.replace(/ \(line [0-9]+, column [0-9]+\)$/, '');
    throw fail(
      `not well-formed: ${why}`,
      'Take the whole file as the venue publishes it; one that was cut or edited by hand is mended at that line.',
      pos === undefined ? undefined : lineOf(pos),
    );
  }
  if (root === null) throw fail('has no element');
  return new Elements(file, lineOf, fail).of(root, new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]));
}

type Fail = (why: string, hint?: string, line?: number) => VenuewireError;

const ENCODING = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/;

function textOf(source: unknown, fail: Fail): string {
  let text: string;
  if (typeof source === 'string') text = source;
  else if (source instanceof Uint8Array) {
    if (source.length > MOST_CHARACTERS) throw fail(`longer than ${MOST_CHARACTERS} bytes`);
    const wide =
      source[0] === 0xff && source[1] === 0xfe
        ? 'utf-16le'
        : source[0] === 0xfe && source[1] === 0xff
          ? 'utf-16be'
          : '';
    const declared = ENCODING.exec(Buffer.from(source.subarray(0, 200)).toString('latin1'))?.[1];
    const encoding = wide || declared || 'utf-8';
    try {
      text = new TextDecoder(encoding, { fatal: true }).decode(source);
    } catch {
      throw fail(`its bytes are no ${encoding}`, 'Convert it to UTF-8, and let its first line say so.');
    }
  } else throw fail('neither text nor bytes', "Give what readFileSync(file) or readFileSync(file, 'utf8') returns.");
  if (text.length > MOST_CHARACTERS) throw fail(`longer than ${MOST_CHARACTERS} characters`);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** The line of a place in the text, from 1. */
function lineCounter(text: string): (offset: number) => number {
  const ends: number[] = [];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) ends.push(i);
  return (offset) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** What the parser makes, with names resolved. */
class Elements {
  constructor(
    readonly file: string | undefined,
    readonly lineOf: (offset: number) => number,
    readonly fail: Fail,
  ) {}

  of(raw: Raw, outer: ReadonlyMap<string, string>): XmlElement {
    const line = this.lineOf(raw.start);
    const entries = Object.entries(raw.attributes);
    const declared = entries.filter(([key]) => key === 'xmlns' || key.startsWith('xmlns:'));
    const scope =
      declared.length === 0 ? outer : new Map([...outer, ...declared.map(([k, v]) => [k.slice(6), v] as const)]);
    const attributes = new Map<string, string>();
    const foreign = new Map<string, string>();
    for (const [key, value] of entries) {
      if (key === 'xmlns' || key.startsWith('xmlns:')) continue;
      const [space, name] = this.#split(key, scope, line);
      if (space === undefined) attributes.set(name, value);
      else foreign.set(`{${space}}${name}`, value);
    }
    const [space, name] = this.#split(raw.name, scope, line);
    const children: XmlElement[] = [];
    let text = '';
    for (const child of raw.children) {
      if (child.type === 'element') children.push(this.of(child as Raw, scope));
      else if (child.type === 'text' || child.type === 'cdata') text += (child as unknown as { text: string }).text;
    }
    const namespace = space ?? scope.get('') ?? '';
    return { name, namespace, attributes, foreign, children, text: text.trim(), line, file: this.file };
  }

  #split(name: string, scope: ReadonlyMap<string, string>, line: number): [string | undefined, string] {
    const colon = name.indexOf(':');
    if (colon < 0) return [undefined, name];
    const space = scope.get(name.slice(0, colon));
    if (space === undefined)
      throw this.fail(`the prefix of ${name} is not declared`, `Declare it: xmlns:${name.slice(0, colon)}="…".`, line);
    return [space, name.slice(colon + 1)];
  }
}

/**
 * How deep elements stand in each other, and where a document type is declared (-1: nowhere). Looked for before the parser
 * runs, which goes as deep as the document; each character is looked at once.
 */
function outline(text: string): { depth: number; doctype: number } {
  let depth = 0;
  let deepest = 0;
  let at = text.indexOf('<');
  while (at >= 0 && deepest <= DEEPEST) {
    let end: number;
    if (text.startsWith('<!--', at)) end = text.indexOf('-->', at + 4);
    else if (text.startsWith('<![CDATA[', at)) end = text.indexOf(']]>', at + 9);
    else if (text.startsWith('<?', at)) end = text.indexOf('?>', at + 2);
    else if (text.startsWith('<!', at)) return { depth: deepest, doctype: at };
    else if (text.startsWith('</', at)) {
      depth--;
      end = text.indexOf('>', at);
    } else {
      end = endOfTag(text, at + 1);
      if (end >= 0 && text[end - 1] !== '/') deepest = Math.max(deepest, ++depth);
    }
    // Something that does not end: the parser says so.
    if (end < 0) break;
    at = text.indexOf('<', end);
  }
  return { depth: deepest, doctype: -1 };
}

/** Where the `>` of a tag is: not one in the quotes of a value. */
function endOfTag(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const c = text[at];
    if (c === '>') return at;
    if (c !== '"' && c !== "'") continue;
    at = text.indexOf(c, at + 1);
    if (at < 0) return -1;
  }
  return -1;
}
