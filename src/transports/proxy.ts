/** A way through a proxy: a tunnel by HTTP CONNECT (RFC 9110, 9.3.6), inside of which TLS is with the server itself. */
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { remedyOf, VenuewireError } from '../errors.js';
import { resolveCredential } from '../patterns/credentials.js';
import type { Subscription } from '../patterns/types.js';
import { HANDSHAKE_MS } from './secure.js';

export type ProxyRule = NonNullable<Subscription['proxy']>;
const OK = 200;

const refused = (where: string, proxy: string, why: string): VenuewireError =>
  new VenuewireError('VW_PROXY', `${where}: the proxy ${proxy} ${why}`, remedyOf('VW_PROXY'));

function loginOf({ credentials }: ProxyRule): Record<string, string> {
  if (credentials === undefined || credentials.type === 'none') return {};
  const login = `${resolveCredential(credentials, 'username')}:${resolveCredential(credentials, 'password')}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}` };
}

/** What Node calls it with. */
type Wanted = Parameters<Agent['createConnection']>[0];
type Made = Parameters<Agent['createConnection']>[1];

/** Makes connections of `https.request` and `ws`: one tunnel each, which nothing else uses. */
export class Tunnel extends Agent {
  constructor(
    readonly rule: ProxyRule,
    readonly where: string,
  ) {
    super({ keepAlive: false });
  }

  /** Called by Node. `options`: of the connection to the server, with all that its certificate is held to. */
  override createConnection(options: Wanted, made?: Made): undefined {
    const proxy = new URL(this.rule.url);
    const to = `${options.host}:${options.port}`;
    let over = false;
    const end = (error: Error | null, socket?: TLSSocket): void => {
      if (over) return;
      over = true;
      // It looks at the socket where there is no error only.
      made?.(error, socket as TLSSocket);
    };
    const ask = proxy.protocol === 'https:' ? secureRequest : plainRequest;
    const asked = ask({
      host: proxy.hostname,
      port: proxy.port === '' ? undefined : proxy.port,
      method: 'CONNECT',
      path: to,
      headers: { Host: to, ...loginOf(this.rule) },
      timeout: HANDSHAKE_MS,
      agent: false,
    });
    asked.on('timeout', () => asked.destroy(refused(this.where, proxy.host, 'does not answer')));
    asked.on('error', (cause) =>
      end(cause instanceof VenuewireError ? cause : refused(this.where, proxy.host, `is not there: ${cause.message}`)),
    );
    const deny = ({ statusCode }: IncomingMessage): void =>
      end(refused(this.where, proxy.host, `answers ${statusCode} and opens no tunnel to ${to}`));
    asked.on('response', (response) => {
      response.destroy();
      deny(response);
    });
    asked.on('connect', (response: IncomingMessage, socket: Socket) => {
      if (response.statusCode !== OK) {
        socket.destroy();
        deny(response);
      } else end(null, connect({ ...(options as ConnectionOptions), socket }));
    });
    asked.end();
    return undefined;
  }
}

/** Of a request: its own connection, or one through the proxy. */
export const agentOf = (proxy: ProxyRule | undefined, where: string): Tunnel | false =>
  proxy === undefined ? false : new Tunnel(proxy, where);
