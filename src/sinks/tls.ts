/** TLS of sinks: certificates by reference, whole files where they are files. */
import { readFileSync } from 'node:fs';
import { VenuewireError } from '../errors.js';

interface TlsDeclared {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** A PEM text behind a reference. */
function pem(reference: string, part: string): string {
  const isEnv = reference.startsWith('env:');
  try {
    const text = isEnv ? process.env[reference.slice(4)] : readFileSync(reference.slice(5), 'utf8');
    if (text !== undefined && text !== '') return text;
  } catch {
    // Said below.
  }
  throw new VenuewireError(
    'VW_CREDENTIAL_MISSING',
    `${reference} (tls.${part}) could not be read`,
    'Put the PEM text there, and make it readable for this process.',
  );
}

/** What Node's `tls.connect` is given; a name is checked against the certificate. */
export function tlsOptions({ ca, certificate, key }: TlsDeclared, servername: string) {
  return {
    servername,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: pem(ca, 'ca') }),
    ...(certificate === undefined ? {} : { cert: pem(certificate, 'certificate') }),
    ...(key === undefined ? {} : { key: pem(key, 'key') }),
  };
}
