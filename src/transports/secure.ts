/** What connections inside TLS are held to, and what their failures mean. Nothing here turns a check off. */
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { type ErrorCode, remedyOf, VenuewireError } from '../errors.js';
import type { Protection } from '../patterns/security.js';
import { pem } from './pem.js';
import type { ConnectionEnd } from './transport.js';

type Secured = Extract<Protection, { type: 'tls' | 'mutualTls' }>;
const secured = (p: Protection): p is Secured => p.type === 'tls' || p.type === 'mutualTls';

/** Time for the connection and its handshake. */
export const HANDSHAKE_MS = 10_000;

/** The address that the venue has registered for us. */
export const registeredAddress = (security: readonly Protection[]): string | undefined =>
  security.flatMap((p) => (p.type === 'sourceAllowList' && p.address !== undefined ? [p.address] : []))[0];

/**
 * What `tls.connect`, `https.request` and `ws` are given. Files are read now.
 * @throws VenuewireError `VW_CREDENTIAL_MISSING` when a file or variable is not there.
 */
export function secureOptions(security: readonly Protection[], host: string, serverName?: string): ConnectionOptions {
  const all = security.filter(secured);
  const first = <N extends 'ca' | 'revocationList' | 'serverName' | 'minimum'>(name: N) =>
    all.find((p) => p[name] !== undefined)?.[name];
  const mutual = all.find((p) => p.type === 'mutualTls');
  const [ca, revocationList] = [first('ca'), first('revocationList')];
  const name = serverName ?? first('serverName') ?? host;
  const localAddress = registeredAddress(security);
  return {
    // Node sends no server name unless it is told to, and an address is none (RFC 6066).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    rejectUnauthorized: true,
    minVersion: first('minimum') ?? 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: pem(ca, 'ca') }),
    ...(revocationList === undefined ? {} : { crl: pem(revocationList, 'revocationList') }),
    ...(mutual === undefined ? {} : { cert: pem(mutual.certificate, 'certificate'), key: pem(mutual.key, 'key') }),
    ...(localAddress === undefined ? {} : { localAddress }),
  };
}

/** Codes of OpenSSL and Node, and what they are to us. */
const MEANING: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'VW_TLS_EXPIRED'],
  [/^ERR_TLS_CERT_ALTNAME/, 'VW_TLS_NAME'],
  [/^CERT_REVOKED$/, 'VW_TLS_REVOKED'],
  [/CRL/, 'VW_TLS_REVOCATION_LIST'],
  [/^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/, 'VW_TLS_UNTRUSTED'],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE|VERSION_TOO_LOW/, 'VW_TLS_VERSION'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/, 'VW_TLS_NONE'],
  [
    /CERTIFICATE_REQUIRED|ALERT_(BAD|UNSUPPORTED)_CERTIFICATE|ALERT_CERTIFICATE|ALERT_UNKNOWN_CA|HANDSHAKE_FAILURE|ALERT_ACCESS_DENIED/,
    'VW_TLS_CLIENT',
  ],
  [/^ERR_(OSSL|SSL|TLS)|^EPROTO$/, 'VW_TLS_HANDSHAKE'],
];
const REASON: Readonly<Record<string, ConnectionEnd>> = {
  ECONNREFUSED: 'connectionRefused',
  EHOSTUNREACH: 'connectionRefused',
  ENETUNREACH: 'connectionRefused',
  ETIMEDOUT: 'timedOut',
  ENOTFOUND: 'hostNotFound',
  EAI_AGAIN: 'hostNotFound',
};

/** Why a connection is over, and the error that a person has to mend, if there is one. */
export interface Ended {
  readonly reason: ConnectionEnd;
  readonly error?: VenuewireError;
}

/** What a failure of a connection to `where` means. */
export function endOf(cause: unknown, where: string): Ended {
  if (cause instanceof VenuewireError) return { reason: 'wrongPeer', error: cause };
  const { code = '', message = '' } = (cause ?? {}) as { code?: string; message?: string };
  const reason = REASON[code];
  if (reason !== undefined) return { reason };
  // Where OpenSSL gives no name, its text has it.
  const said = /^(ERR_SSL|EPROTO|$)/.test(code) ? `${code} ${message.toUpperCase().replaceAll(' ', '_')}` : code;
  const found = MEANING.find(([pattern]) => pattern.test(code) || pattern.test(said));
  if (found === undefined) return { reason: 'connectionClosed' };
  const [, meaning] = found;
  const error = new VenuewireError(
    meaning,
    `${where}: ${TEXT[meaning] ?? 'TLS failed'} (${code || 'no code'})`,
    remedyOf(meaning),
    cause,
  );
  return { reason: 'wrongPeer', error };
}

const TEXT: Readonly<Partial<Record<ErrorCode, string>>> = {
  VW_TLS_EXPIRED: 'the certificate is not good at this time',
  VW_TLS_NAME: 'the certificate is of another name',
  VW_TLS_REVOKED: 'the certificate has been revoked',
  VW_TLS_REVOCATION_LIST: 'the revocation list does not serve',
  VW_TLS_UNTRUSTED: 'the certificate is signed by nobody who is trusted',
  VW_TLS_VERSION: 'the two sides have no version of TLS in common',
  VW_TLS_NONE: 'what answers does not speak TLS',
  VW_TLS_CLIENT: 'our certificate is missing or was refused',
};
