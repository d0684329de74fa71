/** Messages of a subscription with their places filled in. */

import { remedyOf, VenuewireError } from '../errors.js';
import { resolveCredential } from '../patterns/credentials.js';
import type { Subscription } from '../patterns/subscription.js';
import { Nonces, type SignatureRule, signatureOf } from '../transports/signature.js';

type Json = Subscription['subscribe'][number][string];
const PLACE = /\{(instruments?|credentials\.[A-Za-z]+|session|signature|timestamp|nonce|path|body)(:lower)?\}/g;

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

/** Values of one message or request, by the names of their places. */
type Once = Readonly<Record<string, string>>;
const NOTHING: Once = {};

export class Templates {
  readonly #nonces = new Nonces();
  /** The token of the connection, where one was asked for. */
  session: string | undefined;

  constructor(
    readonly subscription: Subscription,
    readonly nowMs: () => number = Date.now,
  ) {}

  /** The request that asks for a session's token. */
  sessionRequest(): { readonly url: string; readonly body: string; readonly headers: Record<string, string> } {
    const { session } = this.subscription;
    if (session === undefined) throw new TypeError('no session is declared');
    const once: Once = { ...this.#nonces.next(this.nowMs()), path: new URL(session.url).pathname };
    const body = this.#text(session.body, [], false, String, once);
    const signed = this.#signed(session.signature, { ...once, body });
    const headers = Object.entries(session.headers).map(([name, text]) => [
      name,
      this.#text(text, [], false, String, signed),
    ]);
    return { url: session.url, body, headers: Object.fromEntries(headers) };
  }

  #signed(rule: SignatureRule | undefined, once: Once): Once {
    if (rule === undefined) return once;
    const secret = resolveCredential(this.subscription.credentials ?? { type: 'none' }, 'secret');
    return { ...once, signature: signatureOf(rule, secret, (text) => this.#text(text, [], false, String, once)) };
  }

  /** `tokens`: of the break before; a member whose token there is none of is left out. */
  message(
    template: Readonly<Record<string, Json>>,
    instruments: readonly string[],
    tokens: Tokens = NO_TOKENS,
  ): Filled {
    const said = withTokens(template, tokens);
    const { signature } = this.subscription;
    const once = signature === undefined ? NOTHING : this.#signed(signature, this.#nonces.next(this.nowMs()));
    const fill = (hide: boolean): string => JSON.stringify(this.#value(said, instruments, hide, once));
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

  #value(value: Json, instruments: readonly string[], hide: boolean, once: Once): Json {
    if (typeof value === 'string') {
      return value === '{instruments}' ? [...instruments] : this.#text(value, instruments, hide, String, once);
    }
    if (Array.isArray(value)) {
      return value.flatMap((entry: Json) =>
        typeof entry === 'string' && EACH.test(entry)
          ? instruments.map((name) => this.#text(entry, [name], hide, String, once))
          : [this.#value(entry, instruments, hide, once)],
      );
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, v]) => [name, this.#value(v as Json, instruments, hide, once)]),
    );
  }

  #text(
    text: string,
    instruments: readonly string[],
    hide: boolean,
    escaped: (text: string) => string,
    once: Once = NOTHING,
  ): string {
    return text.replace(PLACE, (place, name: string, lower: string | undefined) => {
      if (name === 'credentials.secret') throw sent();
      if (name.startsWith('credentials.')) {
        if (hide) return HIDDEN;
        return resolveCredential(this.subscription.credentials ?? { type: 'none' }, name.slice('credentials.'.length));
      }
      if (name === 'session' || name === 'signature') {
        const value = name === 'session' ? this.session : once.signature;
        return value === undefined ? place : hide ? HIDDEN : value;
      }
      if (!name.startsWith('instrument')) return once[name] ?? place;
      const joined = instruments.map(escaped).join(escaped(','));
      return lower === undefined ? joined : joined.toLowerCase();
    });
  }
}

const sent = (): VenuewireError =>
  new VenuewireError(
    'VW_SUBSCRIPTION',
    'a message has the place {credentials.secret}: a secret signs, and is never sent',
    remedyOf('VW_SUBSCRIPTION'),
  );
