/** TLS of a gateway: certificate and key by reference. */
import type { ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { VenuewireError } from '../errors.js';
import { pem } from '../transports/pem.js';
import type { GatewayOptions } from './options.js';

/** @throws VenuewireError `VW_TLS_FILE`, `VW_CREDENTIAL_MISSING` */
export function secureOptions(tls: GatewayOptions['tls']): ServerOptions | undefined {
  if (tls === undefined) return undefined;
  const options = {
    cert: pem(tls.certificate, 'tls.certificate'),
    key: pem(tls.key, 'tls.key'),
    minVersion: 'TLSv1.2' as const,
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new VenuewireError(
      'VW_TLS_FILE',
      `Certificate and key cannot be used: ${cause instanceof Error ? cause.message : cause}`,
      'Give PEM files, and the key that belongs to the certificate.',
    );
  }
  return options;
}
