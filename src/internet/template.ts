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

export class Templates {
  constructor(readonly subscription: Subscription) {}

  message(template: Readonly<Record<string, Json>>, instruments: readonly string[]): Filled {
    const fill = (hide: boolean): string => JSON.stringify(this.#value(template, instruments, hide));
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
