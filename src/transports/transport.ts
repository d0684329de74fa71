/**
 * Connections that TypeScript carries: TLS, WebSocket, a tunnel of your own. A transport is asked to connect, to send and to
 * close; what arrives it pushes. Framing, login, gaps and recovery stay the core's.
 */
import type { VenuewireError } from '../errors.js';
import type { Network } from '../patterns/network.js';
import type { Protection } from '../patterns/security.js';

/** Why a connection is over, or did not come about. `wrongPeer`: the other end is not the one that was declared. */
export type ConnectionEnd = (typeof CONNECTION_ENDS)[number];
/** All of them. */
export const CONNECTION_ENDS = [
  'connectionRefused',
  'connectionClosed',
  'timedOut',
  'hostNotFound',
  'wrongPeer',
] as const;

/** What a transport is asked to connect to. */
export interface TransportTarget {
  readonly role: 'line' | 'server';
  /** Name of the line, or of the server as in `feed.requesters`. */
  readonly name: string;
  /** `host:port`; of a line that has one, its URL. */
  readonly address: string;
  /** As declared; a server is `udp`, `tcp` or `tls`. */
  readonly network: Network['type'] | 'udp';
  /** Name that a `tls` line says the certificate must carry. */
  readonly serverName?: string | undefined;
  /** The venue's protections: who `protects` by one is what carries it out. */
  readonly security: readonly Protection[];
}

/** What is known of a datagram besides its bytes. */
export interface DatagramOrigin {
  /** When it was received, ns since the Unix epoch, below 2^63; default: now. */
  readonly receivedNs?: bigint;
  /**
   * Where it was sent, `group:port`: for the external line of that address, whichever connection brought it. Default: the
   * line that the connection is of.
   */
  readonly to?: string;
  /** Who sent it, `host:port`. */
  readonly from?: string;
}

/**
 * What a transport tells of one connection. Everything behind `closed`, or behind `close()`, is ignored. What it cannot tell (no
 * `Uint8Array`, memory that has been given away, a time or an address that is none) is thrown back as `VW_TRANSPORT_EVENT`, and
 * nothing of it is taken.
 */
export interface TransportEvents {
  /**
   * The connection is there, protected as declared. Implied by the first bytes. A line that is no line of datagrams, and for which
   * neither comes within ten seconds, is given up as `timedOut` and connected to again; servers have their pattern's
   * `connectTimeout`.
   */
  connected(): void;
  /**
   * The next bytes of a stream, cut anywhere; they are copied.
   * @returns false: enough for now. Stop reading until `resume()` is called.
   * @throws VenuewireError `VW_TRANSPORT_FULL` when 16 MiB wait because it went on all the same; these bytes are not taken.
   */
  bytes(bytes: Uint8Array, receivedNs?: bigint): boolean;
  /** One whole datagram or message. As `bytes`. */
  datagram(bytes: Uint8Array, origin?: DatagramOrigin): boolean;
  /**
   * The connection is over, or did not come about. Default: `connectionClosed`; with another text it throws, and is over too.
   * `error`: what a person has to mend; the feed tells it as `connectionError`.
   */
  closed(reason?: ConnectionEnd, error?: VenuewireError): void;
}

/**
 * One connection, as the feed uses it. What it throws ends the feed with `VW_TRANSPORT`; nobody waits for a promise that a method
 * gives, but one that is rejected ends the feed too.
 */
export interface TransportConnection {
  send(bytes: Uint8Array): void;
  /** Ends it in peace: what was sent goes out first. */
  close(): void;
  /** Ends it at once. Default: `close()`. */
  abort?(): void;
  /** More is wanted again, after `bytes` or `datagram` returned false. */
  resume?(): void;
}

/** Carries the connections of a line or a server. One transport may serve several. */
export interface Transport {
  /**
   * Protections (`security` of a venue) that its connections have. A venue that declares others is refused: nothing declared
   * is ignored.
   */
  readonly protects?: readonly Protection['type'][];
  /** Begins to connect; never waits, and gives no promise. What comes of it is told by `events`, now or later. */
  connect(target: TransportTarget, events: TransportEvents): TransportConnection;
}

/** Which lines and servers are carried by which transports, by their names. */
export interface Transports {
  readonly lines?: Readonly<Record<string, Transport>>;
  /** By the names of `feed.requesters`: the pattern's id, or the name of the stream. */
  readonly servers?: Readonly<Record<string, Transport>>;
}
