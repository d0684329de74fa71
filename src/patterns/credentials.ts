import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { VenuewireError } from '../errors.js';
import type { Credentials, Reference } from './types.js';

export type { Credentials, Reference } from './types.js';

/**
 * @internal
 * Who we are to a venue. Values are always references (`env:NAME`, `file:PATH`): the text itself is read when a feed is
 * opened, and is never part of a declaration, an error, a log or a printed object.
 */
export const reference = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, {
    error: 'must be a reference, env:NAME or file:PATH: credentials are never written into a declaration',
  })
  .describe('Where the value is found when the feed opens: `env:NAME` (environment variable) or `file:PATH`')
  .meta({ id: 'Reference' });

/** The value of an environment variable, read when the feed opens. */
export const env = (name: string): Reference => `env:${name}`;
/** The first line of a file, read when the feed opens. */
export const file = (path: string): Reference => `file:${path}`;

const item = <T extends string, S extends z.ZodRawShape>(type: T, says: string, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape }).describe(says);

/** @internal */
export const credentialsShape = z
  .discriminatedUnion('type', [
    item('none', 'No login: entitlement is by multicast, line or address', {}),
    item('userPassword', 'A user name and a password', {
      username: reference,
      password: reference,
      id: reference.optional().describe('A third part, where a venue has one: session, company or line'),
    }),
    item('idAndSourceAddress', 'An id; the server also checks the address that we come from', {
      id: reference,
      localAddress: z.string().optional().describe('Address of this machine that connections are made from'),
    }),
    item('token', 'A token, issued by the venue', { token: reference }),
    item('fixLogon', 'A FIX logon: company ids, user name and password', {
      senderCompId: reference,
      targetCompId: reference,
      username: reference,
      password: reference,
    }),
    item('bearer', 'A token in the Authorization header', { token: reference }),
    item('keyAndSession', 'An application key and a session token', { key: reference, session: reference }),
    item('apiKey', 'A key, and a secret that requests are signed with and that is never sent', {
      key: reference,
      secret: reference,
    }),
    item('externalLogin', 'A login that another program does, for example in a browser', {
      session: reference.describe('Where that program leaves the session'),
    }),
  ])
  .describe('Who we are to the server')
  .meta({ id: 'Credentials' });
/** @internal */
export interface CredentialsSchema extends z.ZodType<Credentials, Credentials> {}
/** @internal */
export const credentialsSchema: CredentialsSchema = credentialsShape;

function checked<T extends Credentials>(credentials: T): T {
  const result = credentialsSchema.safeParse(credentials);
  if (result.success) return Object.freeze(credentials);
  const where = result.error.issues.map((i) => i.path.join('.')).join(', ');
  throw new VenuewireError(
    'VW_CREDENTIAL_INLINE',
    `Credentials '${credentials.type}': ${where} is not a reference`,
    "Use env('NAME') or file('PATH'): credentials are never written into a declaration.",
  );
}

/** No login. */
export const none = (): Credentials => checked({ type: 'none' });
/**
 * A user name and a password.
 * @throws VenuewireError `VW_CREDENTIAL_INLINE` when a value is not a reference.
 */
export const userPassword = (username: Reference, password: Reference, id?: Reference): Credentials =>
  checked({ type: 'userPassword', username, password, ...(id === undefined ? {} : { id }) });
/** An id that goes with the address we come from. */
export const idAndSourceAddress = (id: Reference, localAddress?: string): Credentials =>
  checked({ type: 'idAndSourceAddress', id, ...(localAddress === undefined ? {} : { localAddress }) });
/** A token issued by the venue. */
export const token = (value: Reference): Credentials => checked({ type: 'token', token: value });
/** A FIX logon. */
export const fixLogon = (of: {
  senderCompId: Reference;
  targetCompId: Reference;
  username: Reference;
  password: Reference;
}): Credentials => checked({ type: 'fixLogon', ...of });
/** A token in the Authorization header. */
export const bearer = (value: Reference): Credentials => checked({ type: 'bearer', token: value });
/** An application key and a session token. */
export const keyAndSession = (key: Reference, session: Reference): Credentials =>
  checked({ type: 'keyAndSession', key, session });
/** A key, and the secret that signs. */
export const apiKey = (key: Reference, secret: Reference): Credentials => checked({ type: 'apiKey', key, secret });
/** A login that another program does. */
export const externalLogin = (session: Reference): Credentials => checked({ type: 'externalLogin', session });

/**
 * The text behind one part of the credentials, read now. Callers use it at once and keep it nowhere but in what they send.
 * @throws VenuewireError `VW_CREDENTIAL_PART` when these credentials have no such part, `VW_CREDENTIAL_MISSING` when the
 * variable or file is not there. The value is in neither.
 */
export function resolveCredential(credentials: Credentials, part: string): string {
  const found = (credentials as Readonly<Record<string, string | undefined>>)[part];
  if (part === 'type' || part === 'localAddress' || found === undefined) {
    const has = Object.keys(credentials).filter((k) => k !== 'type' && k !== 'localAddress');
    throw new VenuewireError(
      'VW_CREDENTIAL_PART',
      `The request needs the credential '${part}', but credentials '${credentials.type}' ${has.length === 0 ? 'have none' : `have ${has.join(', ')}`}`,
      'Give the credentials that this server expects, see the venue’s page.',
    );
  }
  return referenced(found, part);
}

/**
 * The text behind a reference, read now.
 * @throws VenuewireError `VW_CREDENTIAL_MISSING` when the variable or file is not there. The value is not in it.
 */
export function referenced(found: Reference, part: string): string {
  if (found.startsWith('env:')) {
    const name = found.slice(4);
    const value = process.env[name];
    if (value !== undefined && value !== '') return value;
    throw new VenuewireError(
      'VW_CREDENTIAL_MISSING',
      `The environment variable ${name} (credential '${part}') is not set`,
      `Set ${name} before the feed is opened.`,
    );
  }
  const path = found.slice(5);
  try {
    return (readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] as string) || missingFile(path, part, 'it is empty');
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    return missingFile(path, part, (cause as NodeJS.ErrnoException).code ?? 'unreadable');
  }
}

function missingFile(path: string, part: string, why: string): never {
  throw new VenuewireError(
    'VW_CREDENTIAL_MISSING',
    `The file ${path} (credential '${part}') could not be read: ${why}`,
    'Put the value on the first line of that file and make it readable for this process.',
  );
}
