/** TLS of sinks: certificates by reference, whole files where they are files. */
import { pem } from '../transports/pem.js';

interface TlsDeclared {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** What Node's `tls.connect` is given; a name is checked against the certificate. */
export function tlsOptions({ ca, certificate, key }: TlsDeclared, servername: string) {
  return {
    servername,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: pem(ca, 'tls.ca') }),
    ...(certificate === undefined ? {} : { cert: pem(certificate, 'tls.certificate') }),
    ...(key === undefined ? {} : { key: pem(key, 'tls.key') }),
  };
}
