/**
 * JSON as venues send it. Numbers keep their text: nothing here makes a double of one. Only the members that a table
 * names are kept; the others are read past, and must be well formed all the same.
 */
import { VenuewireError } from '../errors.js';

/** A number as it was written. */
export class JsonNumber {
  constructor(readonly text: string) {}
}
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}
export type JsonValue = string | boolean | null | JsonNumber | JsonObject | readonly JsonValue[];

/** Bounds of one message; beyond them it is refused. */
export interface JsonLimits {
  /** Characters of a message. Default 16,777,216. */
  readonly size?: number;
  /** Objects and arrays within each other. Default 32. */
  readonly depth?: number;
}
export const JSON_SIZE_MAX = 16 << 20;
export const JSON_DEPTH_MAX = 32;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const FIRST_PRINTED = 0x20;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

const isDigit = (c: number): boolean => c >= ZERO && c <= NINE;
const isExponent = (c: number): boolean => c === 0x65 || c === 0x45;

/** Names of members by their length: one that is known is recognised where it stands. */
export class JsonMembers {
  readonly #byLength: (readonly string[])[] = [];
  constructor(names: Iterable<string>) {
    for (const name of names) this.#byLength[name.length] = [...(this.#byLength[name.length] ?? []), name];
  }

  at(text: string, from: number, length: number): string | undefined {
    const names = this.#byLength[length];
    if (names === undefined) return undefined;
    for (let i = 0; i < names.length; i++) if (text.startsWith(names[i] as string, from)) return names[i];
    return undefined;
  }
  has(name: string): string | undefined {
    return this.at(name, 0, name.length);
  }
}

class Scanner {
  #at = 0;
  constructor(
    readonly text: string,
    readonly members: JsonMembers,
    readonly depth: number,
  ) {}

  whole(): JsonValue {
    const value = this.#value(true, this.depth);
    this.#space();
    if (this.#at !== this.text.length) throw this.#wrong('something follows the message');
    return value;
  }

  #wrong(what: string): VenuewireError {
    return new VenuewireError(
      'VW_JSON_SYNTAX',
      `At character ${this.#at}: ${what}`,
      'The message is damaged, or it is no JSON: record it, and compare it with what the venue documents.',
    );
  }

  #space(): void {
    const { text } = this;
    for (;;) {
      const c = text.charCodeAt(this.#at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#at++;
    }
  }

  /** `keep`: false reads past it. */
  #value(keep: boolean, depth: number): JsonValue {
    this.#space();
    const c = this.text.charCodeAt(this.#at);
    if (c === QUOTE) return this.#string(keep);
    if (c === OPEN_OBJECT) return this.#object(keep, this.#deeper(depth));
    if (c === OPEN_LIST) return this.#list(keep, this.#deeper(depth));
    if (c === MINUS || isDigit(c)) return this.#number(keep);
    for (const [word, value] of WORDS) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#wrong(this.#at >= this.text.length ? 'the message ends too early' : 'no value begins so');
  }

  #deeper(depth: number): number {
    if (depth > 0) return depth - 1;
    throw new VenuewireError(
      'VW_JSON_DEPTH',
      `At character ${this.#at}: more than ${this.depth} objects and arrays within each other`,
      'No venue sends that: the message is hostile or damaged. Raise the limit only if the venue documents it.',
    );
  }

  #object(keep: boolean, depth: number): JsonObject {
    const found: Record<string, JsonValue> = keep ? {} : NO_MEMBERS;
    const { text } = this;
    this.#at++;
    this.#space();
    if (text.charCodeAt(this.#at) === CLOSE_OBJECT) {
      this.#at++;
      return found;
    }
    for (;;) {
      this.#space();
      if (text.charCodeAt(this.#at) !== QUOTE) throw this.#wrong('a member needs a name');
      const begin = this.#at;
      const name = this.#name(keep);
      this.#space();
      if (text.charCodeAt(this.#at++) !== COLON)
        throw this.#wrong(`member ${text.slice(begin, Math.min(this.#at - 1, begin + NAME_SHOWN))} has no value`);
      const value = this.#value(name !== undefined, depth);
      if (name !== undefined) {
        if (found[name] !== undefined) throw this.#wrong(`member '${name}' stands there twice`);
        found[name] = value;
      }
      this.#space();
      const c = text.charCodeAt(this.#at++);
      if (c === CLOSE_OBJECT) return found;
      if (c !== COMMA) throw this.#wrong('an object goes on with , or }');
    }
  }

  #list(keep: boolean, depth: number): readonly JsonValue[] {
    const found: JsonValue[] = [];
    const { text } = this;
    this.#at++;
    this.#space();
    if (text.charCodeAt(this.#at) === CLOSE_LIST) {
      this.#at++;
      return found;
    }
    for (;;) {
      const value = this.#value(keep, depth);
      if (keep) found.push(value);
      this.#space();
      const c = text.charCodeAt(this.#at++);
      if (c === CLOSE_LIST) return found;
      if (c !== COMMA) throw this.#wrong('an array goes on with , or ]');
    }
  }

  /** A member's name, where it is one that is kept. */
  #name(keep: boolean): string | undefined {
    const { text } = this;
    const from = this.#at + 1;
    let at = from;
    for (;;) {
      const c = text.charCodeAt(at);
      if (c === QUOTE) {
        this.#at = at + 1;
        return keep ? this.members.at(text, from, at - from) : undefined;
      }
      // Escapes, and what is wrong, are rare.
      if (c === BACKSLASH || !(c >= FIRST_PRINTED)) {
        const name = this.#string(true);
        return keep ? this.members.has(name) : undefined;
      }
      at++;
    }
  }

  #string(keep: boolean): string {
    const { text } = this;
    const from = ++this.#at;
    let at = from;
    for (;;) {
      const c = text.charCodeAt(at);
      if (c === QUOTE) {
        this.#at = at + 1;
        return keep ? text.slice(from, at) : '';
      }
      if (c === BACKSLASH) return this.#escaped(from, at);
      if (!(c >= FIRST_PRINTED)) {
        this.#at = at;
        throw this.#wrong(at >= text.length ? 'a text has no end' : 'a text holds a control character');
      }
      at++;
    }
  }

  /** The rest of a text that has an escape at `at`. */
  #escaped(from: number, at: number): string {
    const { text } = this;
    let out = text.slice(from, at);
    for (this.#at = at; ; ) {
      const c = text.charCodeAt(this.#at);
      if (c === QUOTE) {
        this.#at++;
        return out;
      }
      if (!(c >= FIRST_PRINTED)) throw this.#wrong('a text has no end, or holds a control character');
      if (c !== BACKSLASH) {
        out += text[this.#at++];
        continue;
      }
      const letter = text[this.#at + 1] ?? '';
      if (letter === 'u') {
        const digits = text.slice(this.#at + 2, this.#at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#wrong('\\u needs four hexadecimal digits');
        out += String.fromCharCode(Number.parseInt(digits, 16));
        this.#at += 6;
      } else {
        const meant = ESCAPES[letter];
        if (meant === undefined) throw this.#wrong('there is no such escape');
        out += meant;
        this.#at += 2;
      }
    }
  }

  /** Behind the digits that begin at `at`. */
  #digits(at: number): number {
    const { text } = this;
    if (!isDigit(text.charCodeAt(at))) {
      this.#at = at;
      throw this.#wrong('a number lacks a digit');
    }
    let end = at + 1;
    while (isDigit(text.charCodeAt(end))) end++;
    return end;
  }

  #number(keep: boolean): JsonNumber {
    const { text } = this;
    const from = this.#at;
    let at = from;
    if (text.charCodeAt(at) === MINUS) at++;
    if (text.charCodeAt(at) === ZERO) at++;
    else at = this.#digits(at);
    if (text.charCodeAt(at) === DOT) at = this.#digits(at + 1);
    if (isExponent(text.charCodeAt(at))) {
      at++;
      if (text[at] === '+' || text[at] === '-') at++;
      at = this.#digits(at);
    }
    this.#at = at;
    return keep ? new JsonNumber(text.slice(from, at)) : NOTHING;
  }
}

const NOTHING = new JsonNumber('0');
/** Of objects that are read past: nothing is put into it. */
const NO_MEMBERS: Record<string, JsonValue> = Object.freeze({});
/** Characters of a name that an error shows. */
const NAME_SHOWN = 40;

/**
 * Reads one message.
 * @throws VenuewireError `VW_JSON_SYNTAX`, `VW_JSON_DEPTH` or `VW_JSON_SIZE`.
 */
export function readJson(text: string, members: JsonMembers, limits: JsonLimits = {}): JsonValue {
  const most = limits.size ?? JSON_SIZE_MAX;
  if (text.length > most) {
    throw new VenuewireError(
      'VW_JSON_SIZE',
      `A message of ${text.length} characters; ${most} are allowed`,
      'Raise the limit of the venue if it documents such messages (images of deep books are large).',
    );
  }
  return new Scanner(text, members, limits.depth ?? JSON_DEPTH_MAX).whole();
}
