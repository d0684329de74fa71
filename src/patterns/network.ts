import { z } from 'zod';
import { VenuewireError } from '../errors.js';
import type { Network } from './types.js';
import { endpoint } from './units.js';

export type { Network } from './types.js';

const multicastEndpoint = endpoint.refine((a) => {
  const first = Number(a.split('.', 1)[0]);
  return first >= 224 && first <= 239;
}, 'must be a multicast group and a port, 224.0.0.0 to 239.255.255.255, for example 233.54.12.111:26477');

const unicastEndpoint = endpoint.refine((a) => {
  const first = Number(a.split('.', 1)[0]);
  return !(first >= 224 && first <= 255);
}, 'must be an address of this machine and no multicast group: those are lines of type udpMulticast');

const networkInterface = z
  .string()
  .optional()
  .describe('Network interface, by name (`eth1`) or address; default: the one that the system’s routes choose');
/** How datagrams reach this process. */
export const RECEIVE = ['auto', 'dpdk', 'afXdp', 'socket', 'ioUring', 'packetRing'] as const;
export type Receive = (typeof RECEIVE)[number];
const tlsOptions = {
  serverName: z.string().optional().describe('Name that the server’s certificate must carry; default: the host'),
};
const item = <T extends string, S extends z.ZodRawShape>(type: T, says: string, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape }).describe(says);

/** @internal How the bytes of a line or a server come to us. */
export const networkShape = z
  .discriminatedUnion('type', [
    item('udpMulticast', 'Datagrams sent to a multicast group', {
      address: multicastEndpoint.describe('`group:port`'),
      interface: networkInterface,
      source: z.string().optional().describe('Only datagrams of this sender are joined (source-specific multicast)'),
      receive: z
        .enum(RECEIVE)
        .optional()
        .describe(
          'How they are received: `socket` (the default: no rights needed), `afXdp` (from the driver, past the kernel), ' +
            '`dpdk` (out of the ring that venuewire-dpdk fills, which `interface` names), ' +
            '`ioUring` (sockets, read by io_uring), `packetRing` (in blocks, up to a millisecond late), or `auto`: the best that the machine and the rights allow',
        ),
    }),
    item('udpUnicast', 'Datagrams sent to this machine', {
      address: unicastEndpoint.describe('`address:port` to receive on; address 0.0.0.0 for any'),
      interface: networkInterface,
    }),
    item('tcp', 'A TCP connection', { address: endpoint }),
    item('tls', 'A TCP connection inside TLS', { address: endpoint, ...tlsOptions }),
    item('websocket', 'A WebSocket', { url: z.url().describe('`wss://…`') }),
    item('httpsStream', 'An HTTPS response that does not end', { url: z.url().describe('`https://…`') }),
    item('captureFile', 'A capture instead of a network: pcap, pcapng or BinaryFILE, plain or gzip', {
      path: z.string().describe('Path of the file'),
      port: z.int().min(1).max(65535).optional().describe('Only packets for this port'),
    }),
    item('ftp', 'A file fetched by FTP', { url: z.string() }),
    item('sftp', 'A file fetched by SFTP', { url: z.string() }),
    item('rrcp', 'Reuters reliable multicast', { address: endpoint }),
    item('sqlReplication', 'A replicated database', { url: z.string() }),
  ])
  .describe('How the bytes come to us')
  .meta({ id: 'Network' });
/** @internal */
export interface NetworkSchema extends z.ZodType<Network, Network> {}
/** @internal */
export const networkSchema: NetworkSchema = networkShape;
type Of<T extends Network['type']> = Extract<Network, { type: T }>;

const checked = <T extends Network['type']>(input: Network): Of<T> => {
  const result = networkSchema.safeParse(input);
  if (result.success) return Object.freeze(result.data) as Of<T>;
  const issue = result.error.issues[0];
  throw new VenuewireError(
    'VW_NETWORK',
    `${input.type}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    'Correct the address.',
  );
};

/**
 * Datagrams of a multicast group, `group:port`.
 * @throws VenuewireError `VW_NETWORK` when the address is not one.
 */
export const udpMulticast = (
  address: string,
  options: { interface?: string; source?: string; receive?: Receive } = {},
): Of<'udpMulticast'> => checked({ type: 'udpMulticast', address, ...options });
/** Datagrams sent to this machine, `address:port`. */
export const udpUnicast = (address: string, options: { interface?: string } = {}): Of<'udpUnicast'> =>
  checked({ type: 'udpUnicast', address, ...options });
/** A TCP connection to `host:port`. */
export const tcp = (address: string): Of<'tcp'> => checked({ type: 'tcp', address });
/** A TLS connection to `host:port`. */
export const tls = (address: string, options: { serverName?: string } = {}): Of<'tls'> =>
  checked({ type: 'tls', address, ...options });
export const websocket = (url: string): Of<'websocket'> => checked({ type: 'websocket', url });
export const httpsStream = (url: string): Of<'httpsStream'> => checked({ type: 'httpsStream', url });
/** A pcap, pcapng or BinaryFILE file. */
export const captureFile = (path: string, options: { port?: number } = {}): Of<'captureFile'> =>
  checked({ type: 'captureFile', path, ...options });
export const ftp = (url: string): Of<'ftp'> => checked({ type: 'ftp', url });
export const sftp = (url: string): Of<'sftp'> => checked({ type: 'sftp', url });
export const rrcp = (address: string): Of<'rrcp'> => checked({ type: 'rrcp', address });
export const sqlReplication = (url: string): Of<'sqlReplication'> => checked({ type: 'sqlReplication', url });

/**
 * The error for a network that can be declared but that nothing here can open.
 */
export const noEngine = (type: string, where: string): VenuewireError =>
  new VenuewireError(
    'VW_NETWORK_NO_ENGINE',
    `${where}: '${type}' can be declared, but this version has no engine that opens it`,
    'Use udpMulticast or udpUnicast lines and tcp or udp servers, or a capture file; or give a transport that connects to it: openFeed(venue, { transports }).',
  );
