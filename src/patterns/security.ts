import { z } from 'zod';
import { reference } from './credentials.js';

const item = <T extends string, S extends z.ZodRawShape>(type: T, says: string, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape }).describe(says);

/** One protection of a connection; a venue has a set of them. */
export const protection = z.discriminatedUnion('type', [
  item('privateLine', 'A leased line, cross-connect or extranet: nothing is encrypted', {}),
  item('sourceAllowList', 'The venue admits only addresses that it knows', {
    address: z.string().optional().describe('Address of this machine that the venue has registered'),
  }),
  item('vpn', 'A tunnel that is up before the feed opens', {}),
  item('tls', 'TLS; the server shows a certificate', {
    serverName: z.string().optional().describe('Name that the certificate must carry; default: the host'),
  }),
  item('mutualTls', 'TLS; both sides show a certificate', {
    certificate: reference.describe('Our certificate (PEM), as `file:PATH`'),
    key: reference.describe('Its private key (PEM), as `file:PATH`'),
    serverName: z.string().optional().describe('Name that the certificate must carry; default: the host'),
  }),
  item('messageHmac', 'Each message is signed', { key: reference }),
]);
export type Protection = z.infer<typeof protection>;

/** What protects the connection; a set, for example a private line and a source allow-list. */
export const securitySchema = z
  .array(protection)
  .describe('What protects the connection, as a set: each kind at most once')
  .refine((set) => new Set(set.map((p) => p.type)).size === set.length, 'has the same protection twice');

export const privateLine = (): Protection => ({ type: 'privateLine' });
export const sourceAllowList = (address?: string): Protection =>
  address === undefined ? { type: 'sourceAllowList' } : { type: 'sourceAllowList', address };
export const vpn = (): Protection => ({ type: 'vpn' });
export const mutualTls = (certificate: string, key: string, serverName?: string): Protection => ({
  type: 'mutualTls',
  certificate,
  key,
  ...(serverName === undefined ? {} : { serverName }),
});
export const messageHmac = (key: string): Protection => ({ type: 'messageHmac', key });
