/** Connections that bring messages of text: a WebSocket, lines of an HTTPS response, lines inside TLS. One interface for all. */
import type { VenuewireError } from '../errors.js';
import type { Protection } from '../patterns/security.js';
import type { ProxyRule } from './proxy.js';
import type { ConnectionEnd } from './transport.js';

/** What is connected to, and the bounds that it is held to. */
export interface MessageTarget {
  readonly url: string;
  /** What errors call it. */
  readonly where: string;
  readonly security: readonly Protection[];
  readonly proxy?: ProxyRule | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of a message, unpacked. */
  readonly most: number;
  /** Milliseconds between two pings of a WebSocket, and until the answer; undefined: none are sent. */
  readonly ping?: { readonly everyMs: number; readonly withinMs: number } | undefined;
}

/** How a connection ended. */
export interface MessagesEnd {
  readonly reason: ConnectionEnd;
  /** What a person has to mend. */
  readonly error?: VenuewireError | undefined;
  /** The server asks for so long a rest. */
  readonly afterMs?: number | undefined;
  /** It was refused who we are: trying again soon makes it worse. */
  readonly isRefused?: boolean;
}

export interface MessageEvents {
  open(): void;
  message(text: string): void;
  /** A sign of life that is no message. */
  alive(): void;
  /** Once. */
  closed(end: MessagesEnd): void;
}

export interface MessageConnection {
  send(text: string): void;
  close(): void;
  pause(): void;
  resume(): void;
}
/** Begins to connect; what comes of it is told by `events`, never before it returns. */
export type ConnectMessages = (target: MessageTarget, events: MessageEvents) => MessageConnection;
