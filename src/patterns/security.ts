import { z } from 'zod';
import { reference } from './credentials.js';
import type { Protection } from './types.js';

export type { Protection } from './types.js';

const item = <T extends string, S extends z.ZodRawShape>(type: T, says: string, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape }).describe(says);

/** What the server's certificate is held to. */
const serverPart = {
  serverName: z.string().optional().describe('Name that the certificate must carry; default: the host'),
  ca: reference
    .optional()
    .describe('Certificates (PEM) that may have signed it; default: the public ones that Node knows'),
  revocationList: reference
    .optional()
    .describe('Certificates (PEM CRL) that are no longer good; with it every one is looked up'),
  minimum: z.enum(['TLSv1.2', 'TLSv1.3']).optional().describe('Least version; default: TLSv1.2'),
};

/** @internal One protection of a connection; a venue has a set of them. */
export const protection = z.discriminatedUnion('type', [
  item('privateLine', 'A leased line, cross-connect or extranet: nothing is encrypted', {}),
  item('sourceAllowList', 'The venue admits only addresses that it knows', {
    address: z
      .string()
      .optional()
      .describe(
        'Address of this machine that the venue has registered: it must be there, and connections come from it',
      ),
  }),
  item('vpn', 'A tunnel that is up before the feed opens', {
    interface: z.string().optional().describe('Its network interface: must be there and have an address'),
    route: z
      .string()
      .regex(/^\d+\.\d+\.\d+\.\d+(\/\d+)?$/, 'must be an IPv4 address or network: 10.20.0.0/16')
      .optional()
      .describe('Address or network behind it: must have a route of its own, by that interface where one is named'),
  }),
  item('tls', 'TLS; the server shows a certificate', serverPart),
  item('mutualTls', 'TLS; both sides show a certificate', {
    certificate: reference.describe('Our certificate (PEM), as `file:PATH`'),
    key: reference.describe('Its private key (PEM), as `file:PATH`'),
    ...serverPart,
  }),
  item('messageHmac', 'Each message is signed', { key: reference }),
]);

/** @internal What protects the connection; a set, for example a private line and a source allow-list. */
export const securitySchema = z
  .array(protection)
  .describe('What protects the connection, as a set: each kind at most once')
  .refine((set) => new Set(set.map((p) => p.type)).size === set.length, 'has the same protection twice');

export const privateLine = (): Protection => ({ type: 'privateLine' });
export const sourceAllowList = (address?: string): Protection =>
  address === undefined ? { type: 'sourceAllowList' } : { type: 'sourceAllowList', address };
export const vpn = (up: { readonly interface?: string; readonly route?: string } = {}): Protection => ({
  type: 'vpn',
  ...up,
});
export const mutualTls = (certificate: string, key: string, serverName?: string): Protection => ({
  type: 'mutualTls',
  certificate,
  key,
  ...(serverName === undefined ? {} : { serverName }),
});
export const messageHmac = (key: string): Protection => ({ type: 'messageHmac', key });
