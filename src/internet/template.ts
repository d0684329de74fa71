/** Messages of a subscription with their places filled in. */
import { resolveCredential } from '../patterns/credentials.js';
import type { Subscription } from '../patterns/subscription.js';

type Json = Subscription['subscribe'][number][string];
const PLACE = /\{(instruments?|credentials\.[A-Za-z]+)(:lower)?\}/g;

/** An entry that there is one of for each instrument. */
const EACH = /\{instrument(:lower)?\}/;

/** What a text has in its places. */
export interface Filled {
  readonly text: string;
  /** The same without credentials: what may be kept. */
  readonly shown: string;
}
const HIDDEN = '***';

type Tokens = Readonly<Record<string, string>>;
const NO_TOKENS: Tokens = {};
const TOKEN = /^\{resume\.([A-Za-z]+)\}$/;

/** The template with tokens in their places. */
function withTokens(template: Readonly<Record<string, Json>>, tokens: Tokens): Record<string, Json> {
  const entries = Object.entries(template).flatMap(([name, value]): [string, Json][] => {
    const token = typeof value === 'string' ? TOKEN.exec(value)?.[1] : undefined;
    if (token === undefined) return [[name, value]];
    const given = tokens[token];
    return given === undefined ? [] : [[name, given]];
  });
  return Object.fromEntries(entries);
}

export class Templates {
  constructor(readonly subscription: Subscription) {}

  /** `tokens`: of the break before; a member whose token there is none of is left out. */
  message(
    template: Readonly<Record<string, Json>>,
    instruments: readonly string[],
    tokens: Tokens = NO_TOKENS,
  ): Filled {
    const said = withTokens(template, tokens);
    const fill = (hide: boolean): string => JSON.stringify(this.#value(said, instruments, hide));
    return { text: fill(false), shown: fill(true) };
  }

  /** Of an address: names are escaped. */
  address(template: string, instruments: readonly string[]): string {
    return this.#text(template, instruments, false, encodeURIComponent);
  }

  headers(): Record<string, string> {
    const { headers, instruments } = this.subscription;
    return Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, this.#text(text, instruments, false, String)]),
    );
  }

  #value(value: Json, instruments: readonly string[], hide: boolean): Json {
    if (typeof value === 'string') {
      return value === '{instruments}' ? [...instruments] : this.#text(value, instruments, hide, String);
    }
    if (Array.isArray(value)) {
      return value.flatMap((entry: Json) =>
        typeof entry === 'string' && EACH.test(entry)
          ? instruments.map((name) => this.#text(entry, [name], hide, String))
          : [this.#value(entry, instruments, hide)],
      );
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, v]) => [name, this.#value(v as Json, instruments, hide)]),
    );
  }

  #text(text: string, instruments: readonly string[], hide: boolean, escaped: (text: string) => string): string {
    return text.replace(PLACE, (_, name: string, lower: string | undefined) => {
      if (name.startsWith('credentials.')) {
        if (hide) return HIDDEN;
        return resolveCredential(this.subscription.credentials ?? { type: 'none' }, name.slice('credentials.'.length));
      }
      const joined = instruments.map(escaped).join(escaped(','));
      return lower === undefined ? joined : joined.toLowerCase();
    });
  }
}
