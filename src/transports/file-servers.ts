/** Connections to servers of files: SFTP by `ssh2-sftp-client`, FTP and FTPS by `basic-ftp`. */
import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VenuewireError } from '../errors.js';
import { resolveCredential } from '../patterns/credentials.js';
import { peer } from '../peer.js';
import { pem } from './pem.js';
import {
  Final,
  final,
  ReferenceFile,
  type ReferenceFileOptions,
  type RemoteFile,
  type RemoteFiles,
} from './reference-file.js';
import { endOf, secureOptions } from './secure.js';

const SFTP_PORT = 22;
const FTP_PORT = 21;
const CONNECT_MS = 20_000;
/** Codes of answers (RFC 959): not logged in, no such file. */
const NOT_LOGGED_IN = 530;
const NO_SUCH_FILE = 550;

interface Login {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string | undefined;
}

function loginOf({ url, credentials }: ReferenceFileOptions, defaultPort: number): Login {
  const { hostname: host, port } = new URL(url);
  const part = (name: string) =>
    credentials?.type === 'userPassword' ? resolveCredential(credentials, name) : undefined;
  return {
    host,
    port: port === '' ? defaultPort : Number(port),
    username: part('username') ?? 'anonymous',
    password: part('password'),
  };
}

const refused = (where: string, cause: unknown): Final =>
  final('VW_FILE_LOGIN', `${where}: the server of files does not let us in`, cause);
const missing = (where: string, path: string, cause: unknown): Final =>
  final('VW_FILE_MISSING', `${where}: there is no file ${path}, or it may not be read`, cause);
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const nothing = (): void => {};

/** A sink that is as fast as what is done with each piece. */
const sink = (take: (bytes: Uint8Array) => Promise<void>): Writable =>
  new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      take(bytes).then(() => done(), done);
    },
  });

async function connectSftp(options: ReferenceFileOptions, where: string): Promise<RemoteFiles> {
  const { default: Client } = await peer<{ readonly default: typeof import('ssh2-sftp-client') }>(
    'ssh2-sftp-client',
    'SFTP',
  );
  const { hostKeys = [], privateKey } = options;
  if (hostKeys.length === 0) throw final('VW_FILE_HOST_KEY', `${where}: no key of the server is given (hostKeys)`);
  // Every failure comes by a promise; by itself it would print what happens.
  const client = new Client('sftp', { error: nothing, end: nothing, close: nothing });
  let shown: string | undefined;
  const { host, port, username, password } = loginOf(options, SFTP_PORT);
  try {
    await client.connect({
      ...{ host, port, username, readyTimeout: CONNECT_MS },
      ...(privateKey === undefined ? {} : { privateKey: pem(privateKey, 'privateKey') }),
      ...(password === undefined ? {} : { password }),
      hostVerifier: (key: Buffer) => {
        shown = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        return hostKeys.includes(shown);
      },
    });
  } catch (cause) {
    if (shown !== undefined && !hostKeys.includes(shown))
      throw final('VW_FILE_HOST_KEY', `${where}: the server shows the key ${shown}, which is none of hostKeys`, cause);
    if (/authentication/i.test(messageOf(cause))) throw refused(where, cause);
    throw cause;
  }
  return {
    stat: async (path) => {
      try {
        const { size, modifyTime } = await client.stat(path);
        return { size, modifiedMs: modifyTime };
      } catch (cause) {
        if (/no such file|permission denied/i.test(messageOf(cause))) throw missing(where, path, cause);
        throw cause;
      }
    },
    read: async (path, from, take) => {
      await pipeline(client.createReadStream(path, { start: from }), sink(take));
    },
    close: () => void client.end().catch(() => {}),
  };
}

async function connectFtp(options: ReferenceFileOptions, where: string, isSecure: boolean): Promise<RemoteFiles> {
  const { Client, FTPError } = await peer<typeof import('basic-ftp')>('basic-ftp', isSecure ? 'FTPS' : 'FTP');
  const client = new Client(options.silenceMs ?? CONNECT_MS);
  const { host, port, username: user, password = 'anonymous' } = loginOf(options, FTP_PORT);
  const code = (cause: unknown): number => (cause instanceof FTPError ? cause.code : 0);
  try {
    await client.access({
      ...{ host, port, user, password, secure: isSecure },
      ...(isSecure ? { secureOptions: { host, ...secureOptions(options.security ?? [], host) } } : {}),
    });
  } catch (cause) {
    client.close();
    if (code(cause) === NOT_LOGGED_IN) throw refused(where, cause);
    const { error } = endOf(cause, where);
    throw error === undefined ? cause : new Final(error);
  }
  return {
    stat: async (path) => {
      let size: number;
      try {
        size = await client.size(path);
      } catch (cause) {
        if (code(cause) === NO_SUCH_FILE) throw missing(where, path, cause);
        throw cause;
      }
      const modified = await client.lastMod(path).catch(() => undefined);
      return { size, modifiedMs: modified?.getTime() ?? 0 };
    },
    read: async (path, from, take) => {
      await client.downloadTo(sink(take), path, from);
    },
    close: () => client.close(),
  };
}

const unused = (where: string, type: string): VenuewireError =>
  new VenuewireError(
    'VW_CREDENTIAL_UNUSED',
    `${where}: a server of files is not logged in to by '${type}'`,
    'Give userPassword; for SFTP a privateKey beside it.',
  );
const wrong = (what: string): VenuewireError =>
  new VenuewireError(
    'VW_FILE_URL',
    what,
    'Give sftp://host/path, ftps://host/path, or ftp://host/path with clear: true.',
  );

/**
 * Brings a file. What has come of it before goes on where it ended, unless the server's file has changed.
 * @throws VenuewireError `VW_FILE_…` naming the server; `VW_TLS_…`, `VW_CREDENTIAL_MISSING`, `VW_PEER_MISSING`.
 * @example
 * ```ts
 * import { fetchReferenceFile } from 'venuewire/files';
 * await fetchReferenceFile({ url: 'sftp://files.example.com/daily/instruments.csv', into: 'instruments.csv',
 *   credentials: userPassword(env('FILES_USER'), env('FILES_PASSWORD')), hostKeys: ['SHA256:…'] });
 * ```
 */
export async function fetchReferenceFile(options: ReferenceFileOptions): Promise<RemoteFile> {
  if (!URL.canParse(options.url)) throw wrong(`'${options.url}' is no address`);
  const { protocol, host, pathname, username, password } = new URL(options.url);
  if (username !== '' || password !== '') throw wrong('an address holds no login: it would be shown');
  const where = `${protocol}//${host}`;
  const path = decodeURIComponent(pathname);
  const { type = 'none' } = options.credentials ?? {};
  if (type !== 'userPassword' && type !== 'none') throw unused(where, type);
  const connect =
    protocol === 'sftp:'
      ? () => connectSftp(options, where)
      : protocol === 'ftps:'
        ? () => connectFtp(options, where, true)
        : () => connectFtp(options, where, false);
  if (!['sftp:', 'ftps:', 'ftp:'].includes(protocol)) throw wrong(`${where} is of no kind that is known`);
  if (protocol === 'ftp:' && options.clear !== true) throw wrong(`${where} protects nothing, and clear is not set`);
  return new ReferenceFile(options, path, where, connect).fetch();
}
