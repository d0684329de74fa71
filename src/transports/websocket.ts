/** WebSockets, by the package `ws`. */
import type { IncomingMessage } from 'node:http';
import type { ClientOptions, RawData, WebSocket } from 'ws';
import { remedyOf, VenuewireError } from '../errors.js';
import { peer } from '../peer.js';
import { statusEnd } from './http.js';
import { tooLong } from './lines.js';
import type { ConnectMessages, MessageConnection, MessageEvents, MessagesEnd, MessageTarget } from './messages.js';
import { Tunnel } from './proxy.js';
import { endOf, HANDSHAKE_MS, secureOptions } from './secure.js';

const SWITCHING_MS = HANDSHAKE_MS;
/** What is not compressed: it would become longer. */
const COMPRESS_FROM = 1024;
const TRY_LATER_REST_MS = 5_000;
/** Of the text that a close has. */
const REASON_MOST = 120;

/** Codes of a close (RFC 6455, 7.4.1, and the registry) of which a person should hear. */
const CLOSED_BY: Readonly<Record<number, string>> = {
  1002: 'of a breach of the protocol',
  1003: 'it does not take what was sent',
  1007: 'of a text that is none',
  1008: 'its policy was broken',
  1009: 'a message was too long',
  1011: 'of a fault of its own',
};

/** What a close code means. 1000 and 1001 are peaceful, 1005 and 1006 say nothing, 1012 is a restart, 1013 asks for a rest. */
export function closeEnd(where: string, code: number, reason: string): MessagesEnd {
  if (code === 1013) return { reason: 'connectionClosed', afterMs: TRY_LATER_REST_MS };
  const why = CLOSED_BY[code] ?? (code >= 3000 ? 'of a reason of its own' : undefined);
  if (why === undefined) return { reason: 'connectionClosed' };
  const said = reason === '' ? '' : `: ${reason.slice(0, REASON_MOST)}`;
  return {
    reason: 'connectionClosed',
    error: new VenuewireError(
      'VW_WEBSOCKET_CLOSE',
      `${where}: the server closed the WebSocket (${code}), because ${why}${said}`,
      remedyOf('VW_WEBSOCKET_CLOSE'),
    ),
  };
}

const MAX_PAYLOAD = ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'];

/** One WebSocket, with its pings. */
class Connection implements MessageConnection {
  #over = false;
  #last: MessagesEnd | undefined;
  #ping: NodeJS.Timeout | undefined;
  #pong: NodeJS.Timeout | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly target: MessageTarget,
    readonly events: MessageEvents,
  ) {
    const { where, most } = target;
    socket.on('open', () => {
      this.#keepAlive();
      events.open();
    });
    socket.on('message', (data: RawData, isBinary: boolean) => this.#take(data, isBinary));
    socket.on('ping', () => events.alive());
    socket.on('pong', () => {
      clearTimeout(this.#pong);
      this.#pong = undefined;
      events.alive();
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      this.#last = statusEnd(where, response.statusCode ?? 0, response.headers['retry-after']);
      response.destroy();
      socket.terminate();
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      this.#last ??= MAX_PAYLOAD.includes(cause.code ?? '')
        ? { reason: 'wrongPeer', error: tooLong(where, most) }
        : /^WS_ERR/.test(cause.code ?? '')
          ? { reason: 'wrongPeer', error: breach(where, cause) }
          : /Opening handshake has timed out/.test(cause.message)
            ? { reason: 'timedOut' }
            : endOf(cause, where);
    });
    socket.on('close', (code: number, reason: Buffer) =>
      this.#end(this.#last ?? closeEnd(where, code, reason.toString())),
    );
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#over) return;
    if (isBinary) {
      this.#drop({ reason: 'wrongPeer', error: breach(this.target.where, new Error('a message of bytes')) });
      return;
    }
    this.events.message((data as Buffer).toString('utf8'));
  }

  #keepAlive(): void {
    const { ping } = this.target;
    if (ping === undefined) return;
    this.#ping = setInterval(() => {
      this.socket.ping();
      // The first ping that is not answered counts, however many follow it.
      this.#pong ??= setTimeout(() => this.#drop({ reason: 'timedOut' }), ping.withinMs);
    }, ping.everyMs);
  }

  #drop(end: MessagesEnd): void {
    this.#last = end;
    this.socket.terminate();
  }

  #end(end: MessagesEnd): void {
    this.#still();
    if (this.#over) return;
    this.#over = true;
    this.events.closed(end);
  }
  #still(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
  }

  send(text: string): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(text);
  }
  close(): void {
    this.#over = true;
    this.#still();
    if (this.socket.readyState === this.socket.OPEN) this.socket.close(1000);
    else this.socket.terminate();
  }
  pause(): void {
    this.socket.pause();
  }
  resume(): void {
    this.socket.resume();
  }
}

const breach = (where: string, cause: Error): VenuewireError =>
  new VenuewireError('VW_WEBSOCKET', `${where}: ${cause.message}`, remedyOf('VW_WEBSOCKET'), cause);

/**
 * Loads what connects WebSockets.
 * @throws VenuewireError `VW_PEER_MISSING` when the package `ws` is not installed.
 */
export async function loadWebSocket(what: string): Promise<ConnectMessages> {
  const ws = await peer<typeof import('ws')>('ws', what);
  return (target, events) => {
    const url = new URL(target.url);
    if (url.protocol !== 'wss:') throw breach(target.where, new Error(`${url.protocol} is not protected: use wss://`));
    const options: ClientOptions = {
      // Its types know an older form of `checkServerIdentity`; it is handed to tls.connect as it is.
      ...(secureOptions(target.security, url.hostname) as object),
      headers: { 'User-Agent': 'venuewire', ...target.headers },
      handshakeTimeout: SWITCHING_MS,
      // Of the message as it is once unpacked.
      maxPayload: target.most,
      followRedirects: false,
      ...(target.proxy === undefined ? {} : { agent: new Tunnel(target.proxy, target.where) }),
      perMessageDeflate: { threshold: COMPRESS_FROM, concurrencyLimit: 1 },
    };
    return new Connection(new ws.WebSocket(target.url, options), target, events);
  };
}
