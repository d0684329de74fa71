/** XML as the importers read it: elements with resolved namespaces. The only file that loads the XML parser. */
import { parseXml, type XmlElement as Raw } from '@rgrove/parse-xml';
import { type ErrorCode, VenuewireError } from '../../errors.js';

/** Longer documents than any venue publishes. */
const MOST_CHARACTERS = 64 << 20;
const DEEPEST = 200;

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
}

/**
 * Parses a document without a DTD.
 * @throws VenuewireError with `code` when it is not well-formed, has a document type, or is beyond the bounds.
 */
export function readXml(source: string, code: ErrorCode, what: string): XmlElement {
  const fail = (why: string, hint = 'Take the file as the venue publishes it.'): VenuewireError =>
    new VenuewireError(code, `${what}: ${why}`, hint);
  if (source.length > MOST_CHARACTERS) throw fail(`longer than ${MOST_CHARACTERS} characters`);
  const body = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  if (nesting(body) > DEEPEST) throw fail(`elements are nested more than ${DEEPEST} deep`);
  if (/<!DOCTYPE/i.test(body)) throw fail('has a document type declaration', 'Remove it: entities are not read.');
  let root: Raw | null;
  try {
    root = parseXml(body, { includeOffsets: true }).root;
  } catch (error) {
    throw fail(`not well-formed: ${String((error as Error).message).split('\n')[0]}`);
  }
  if (root === null) throw fail('has no element');
  const lines: number[] = [];
  for (let i = body.indexOf('\n'); i >= 0; i = body.indexOf('\n', i + 1)) lines.push(i);
  const lineOf = (offset: number): number => {
    let low = 0;
    let high = lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((lines[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };

  const element = (raw: Raw, outer: ReadonlyMap<string, string>): XmlElement => {
    let scope = outer;
    for (const [key, value] of Object.entries(raw.attributes)) {
      const prefix = key === 'xmlns' ? '' : key.startsWith('xmlns:') ? key.slice(6) : undefined;
      if (prefix !== undefined) scope = new Map([...scope, [prefix, value]]);
    }
    const split = (name: string): [string | undefined, string] => {
      const colon = name.indexOf(':');
      if (colon < 0) return [undefined, name];
      const space = scope.get(name.slice(0, colon));
      if (space === undefined) throw fail(`the prefix of ${name} is not declared (line ${lineOf(raw.start)})`);
      return [space, name.slice(colon + 1)];
    };
    const attributes = new Map<string, string>();
    const foreign = new Map<string, string>();
    for (const [key, value] of Object.entries(raw.attributes)) {
      if (key === 'xmlns' || key.startsWith('xmlns:')) continue;
      const [space, name] = split(key);
      if (space === undefined) attributes.set(name, value);
      else foreign.set(`{${space}}${name}`, value);
    }
    const [space, name] = split(raw.name);
    const children: XmlElement[] = [];
    let text = '';
    for (const child of raw.children) {
      if (child.type === 'element') children.push(element(child as Raw, scope));
      else if (child.type === 'text' || child.type === 'cdata') text += (child as unknown as { text: string }).text;
    }
    return {
      name,
      namespace: space ?? scope.get('') ?? '',
      attributes,
      foreign,
      children,
      text: text.trim(),
      line: lineOf(raw.start),
    };
  };
  return element(root, new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]));
}

/** How deep elements stand in each other; counted before the parser, which goes as deep as the document. */
function nesting(source: string): number {
  let depth = 0;
  let most = 0;
  const tag = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<(\/?)[^\s<>!?][^<>]*?(\/?)>/g;
  for (const found of source.matchAll(tag)) {
    if (found[0].startsWith('<!')) continue;
    if (found[1] === '/') depth--;
    else if (found[2] !== '/') most = Math.max(most, ++depth);
  }
  return most;
}
