/** Who may do what: tokens with scopes. A token is a reference; what is kept of its value is a digest. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { VenuewireError } from '../errors.js';
import { reference, referenced } from '../patterns/credentials.js';
import type { Reference } from '../patterns/types.js';
import { optionError } from './options.js';
import { CATEGORIES, type Category } from './wire.js';

export interface TokenDeclaration {
  /** What logs, metrics and limits call whoever has it. */
  readonly name: string;
  /** `env:NAME` or `file:PATH`: 16 characters or more. */
  readonly token: Reference;
  /** Venues by name; a `*` at the end stands for any rest. Default: all. */
  readonly venues?: readonly string[] | undefined;
  /** Instruments by symbol or key, in the same way. Default: all. */
  readonly instruments?: readonly string[] | undefined;
  /** Default: all. */
  readonly categories?: readonly Category[] | undefined;
}

const patterns = z.array(z.string().min(1)).min(1).optional();
const declaration = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, { error: 'has 1 to 64 letters, digits, . _ and -' }),
  token: reference,
  venues: patterns,
  instruments: patterns,
  categories: z.array(z.enum(CATEGORIES)).min(1).optional(),
});
const file = z.strictObject({ tokens: z.array(declaration).min(1) });

/**
 * The tokens of a document, as a tokens file holds it.
 * @throws VenuewireError `VW_GATEWAY_OPTION`
 */
export function readTokens(document: unknown, where: string): readonly TokenDeclaration[] {
  const read = file.safeParse(document);
  if (read.success) return read.data.tokens as readonly TokenDeclaration[];
  const [issue] = read.error.issues;
  throw optionError(
    `${where}: ${issue?.path.join('.') || 'the document'}: ${issue?.message}`,
    'docs/gateway.md has an example of a tokens file.',
  );
}

/** A bearer of rights. */
export interface User {
  readonly name: string;
  allows(category: Category, venue: string, instrument?: string, key?: string): boolean;
}

const matches = (list: readonly string[] | undefined, ...texts: (string | undefined)[]): boolean =>
  list === undefined ||
  list.some((pattern) =>
    texts.some((text) =>
      text === undefined ? false : pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text,
    ),
  );

/** Whoever reaches a gateway without tokens, which is on loopback. */
export const EVERYBODY: User = { name: 'everybody', allows: () => true };
const LEAST_CHARACTERS = 16;
const digest = (value: string): Buffer => createHash('sha256').update(value).digest();

function userOf({ name, venues, instruments, categories }: TokenDeclaration): User {
  return {
    name,
    allows: (category, venue, instrument, key) =>
      (categories === undefined || categories.includes(category)) &&
      matches(venues, venue) &&
      (instrument === undefined ? true : matches(instruments, instrument, key)),
  };
}

/** The tokens of a gateway. Every one is compared, whatever the first ones say, and each in constant time. */
export class Tokens {
  readonly #known: readonly { readonly digest: Buffer; readonly user: User }[];

  /** @throws VenuewireError `VW_CREDENTIAL_MISSING`, `VW_GATEWAY_OPTION` */
  constructor(declared: readonly TokenDeclaration[]) {
    const { tokens } = { tokens: declared.length === 0 ? [] : readTokens({ tokens: declared }, 'tokens') };
    this.#known = tokens.map((of) => {
      const value = referenced(of.token, `token of ${of.name}`);
      if (value.length < LEAST_CHARACTERS) {
        throw optionError(
          `The token of ${of.name} has fewer than ${LEAST_CHARACTERS} characters`,
          'Make one: openssl rand -hex 32',
        );
      }
      return { digest: digest(value), user: userOf(of) };
    });
    for (const key of ['name', 'digest'] as const) {
      const values = this.#known.map(({ user, digest: d }) => (key === 'name' ? user.name : d.toString('hex')));
      if (new Set(values).size < values.length)
        throw optionError(`Two tokens have one ${key === 'name' ? 'name' : 'value'}`, 'Give each user its own.');
    }
  }

  get none(): boolean {
    return this.#known.length === 0;
  }

  /** Whose token it is. @throws VenuewireError `VW_GATEWAY_TOKEN` */
  user(value: string | undefined): User {
    if (this.none) return EVERYBODY;
    const given = digest(value ?? '');
    let found: User | undefined;
    for (const { digest: known, user } of this.#known) if (timingSafeEqual(known, given)) found = user;
    if (found !== undefined && value !== undefined) return found;
    throw new VenuewireError(
      'VW_GATEWAY_TOKEN',
      value === undefined ? 'This gateway wants a token' : 'This token is not known',
      'Send it as the header Authorization: Bearer TOKEN, or as the first message of the WebSocket.',
    );
  }
}

/** The token of an Authorization header. */
export const bearerOf = (header: string | undefined): string | undefined => /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
