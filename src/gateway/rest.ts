/** The REST side of a gateway: its routes on Fastify, every refusal with a code. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { ServerOptions } from 'node:https';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, remedyOf, VenuewireError } from '../errors.js';
import type { FeedMetrics } from '../metrics/index.js';
import { peer } from '../peer.js';
import type { Gateway } from './gateway.js';
import { feedMetrics, GatewayMetrics } from './metrics.js';
import { openApi, STATUS } from './openapi.js';
import type { Page } from './pages.js';
import { ROUTES, type Route } from './routes.js';
import { bearerOf, type User } from './tokens.js';
import type { WireError } from './wire.js';

/** Without this Node answers by itself, without a code. */
const HTTP = { requireHostHeader: false } as const;
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
/** A path has a venue and an instrument, each with at most so many characters. */
const PARAMETER_MOST = 512;
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
/** A page loads nothing from elsewhere, and runs no script that is not a file of its own. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'";

const refusal = (code: ErrorCode, message: string, hint = remedyOf(code)): VenuewireError =>
  new VenuewireError(code, message, hint);

/** Whatever went wrong, as it is answered; what is no refusal of ours says nothing of its cause. */
function wireError(error: unknown): { readonly status: number; readonly error: WireError } {
  const coded = error instanceof VenuewireError ? error : codedOf(error);
  const { code, message, hint } = coded;
  return { status: STATUS[code] ?? 500, error: { code, message, hint } };
}

function codedOf(error: unknown): VenuewireError {
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  // What Fastify finds wrong with a request: its path, its length, its type.
  if (status >= 400 && status < 500) return refusal('VW_GATEWAY_REQUEST', 'The request cannot be read');
  return refusal('VW_INTERNAL', 'The request failed inside the gateway');
}

function send(reply: FastifyReply, failure: unknown): void {
  const { status, error } = wireError(failure);
  void reply.code(status).headers(HEADERS).type('application/json; charset=utf-8').send(JSON.stringify({ error }));
}

/** What answers the requests of one gateway. */
class Rest {
  readonly #document: string;
  #metrics: GatewayMetrics | undefined;
  readonly #feedMetrics = new Map<string, FeedMetrics | undefined>();

  constructor(
    readonly gateway: Gateway,
    readonly pages: ReadonlyMap<string, Page>,
  ) {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    this.#document = JSON.stringify(openApi(version, gateway.tokens.none));
  }

  register(app: FastifyInstance): void {
    app.addHook('onRequest', (request, reply, done) => {
      this.gateway.rest.requests++;
      try {
        this.#before(request, reply);
        done();
      } catch (error) {
        done(error as Error);
      }
    });
    app.setErrorHandler((error, _request, reply) => this.#refuse(reply, error));
    app.setNotFoundHandler((request, reply) => this.#otherwise(request, reply));
    for (const route of ROUTES) app.get(route.path, (request, reply) => this.#answer(route, request, reply));
    app.get('/v1/openapi.json', (_request, reply) => {
      void reply.headers(HEADERS).type('application/json; charset=utf-8').send(this.#document);
    });
    app.get('/livez', (_request, reply) => this.#health(reply, true));
    app.get('/readyz', (_request, reply) => this.#health(reply, !this.gateway.isClosing));
    app.get('/metrics', async (request, reply) => {
      const user = this.#user(request);
      if (!user.allows('metrics', '')) throw refusal('VW_GATEWAY_SCOPE', "No right to 'metrics' of the gateway");
      this.#metrics ??= await GatewayMetrics.make();
      const text = await this.#metrics.text(this.gateway.statistics());
      return reply.headers(HEADERS).type('text/plain; version=0.0.4; charset=utf-8').send(text);
    });
    app.get('/v1/venues/:venue/metrics', (request, reply) => this.#venueMetrics(request, reply));
  }

  #refuse(reply: FastifyReply, error: unknown): void {
    this.gateway.rest.refused++;
    send(reply, error);
  }

  /** Whose turn it is, before anything is looked at. */
  #before(request: FastifyRequest, reply: FastifyReply): void {
    const { gateway } = this;
    const { origin } = request.headers;
    gateway.checkOrigin(request);
    if (origin !== undefined) {
      reply.headers({
        ...{ 'access-control-allow-origin': origin, vary: 'Origin', 'access-control-allow-methods': 'GET' },
        ...{ 'access-control-allow-headers': 'authorization', 'access-control-max-age': '600' },
      });
    }
    const wait = gateway.rates.take(this.#nameOf(request), performance.now());
    if (wait > 0) {
      reply.header('retry-after', String(Math.ceil(wait / 1_000)));
      throw refusal(
        'VW_GATEWAY_RATE',
        'Too many requests',
        `Wait ${wait} ms; use streams instead of asking again and again.`,
      );
    }
    if (gateway.isClosing && request.url !== '/livez' && request.url !== '/readyz')
      throw refusal('VW_GATEWAY_DRAINING', 'The gateway is closing');
  }

  /** For rates: a user, or an address that has no token or tries wrong ones. */
  #nameOf(request: FastifyRequest): string {
    try {
      const token = bearerOf(request.headers.authorization);
      if (token !== undefined) return `user ${this.gateway.userOf(token).name}`;
    } catch {
      // Told when the request is answered.
    }
    return `address ${request.ip}`;
  }

  #user(request: FastifyRequest): User {
    return this.gateway.userOf(bearerOf(request.headers.authorization));
  }

  #answer(route: Route, request: FastifyRequest, reply: FastifyReply): void {
    const user = this.#user(request);
    const query = route.query.safeParse(request.query);
    if (!query.success) {
      const [issue] = query.error.issues;
      const at = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'the query');
      throw refusal('VW_GATEWAY_REQUEST', `${at}: ${issue?.message}`);
    }
    const { venues, options } = this.gateway;
    const parameters = request.params as Record<string, string>;
    const answer = route.handle({ user, venues, limits: options.limits, parameters, query: query.data });
    void reply.headers(HEADERS).type('application/json; charset=utf-8').send(JSON.stringify(answer));
  }

  async #venueMetrics(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const user = this.#user(request);
    const { venue: name } = request.params as { venue: string };
    const venue = this.gateway.venues.get(name);
    if (venue === undefined)
      throw refusal('VW_GATEWAY_NOT_FOUND', `There is no venue '${name.slice(0, 64)}' for this user`);
    if (!user.allows('metrics', name)) throw refusal('VW_GATEWAY_SCOPE', `No right to 'metrics' of ${name}`);
    if (!this.#feedMetrics.has(name)) this.#feedMetrics.set(name, await feedMetrics(venue));
    const metrics = this.#feedMetrics.get(name);
    if (metrics === undefined) throw refusal('VW_GATEWAY_NOT_FOUND', `${name} is an event log, which has no counters`);
    return reply
      .headers(HEADERS)
      .type(metrics.registry.contentType)
      .send(await metrics.text());
  }

  #health(reply: FastifyReply, isWell: boolean): void {
    const venues = [...this.gateway.venues.values()].map(({ name, status }) => ({ venue: name, status }));
    void reply
      .code(isWell ? 200 : 503)
      .headers(HEADERS)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ isClosing: this.gateway.isClosing, venues }));
  }

  /** Pages, questions of browsers before they ask, and what there is not. */
  #otherwise(request: FastifyRequest, reply: FastifyReply): void {
    const path = request.url.split('?', 1)[0] as string;
    if (request.method === 'OPTIONS') {
      void reply.code(204).send();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply.header('allow', 'GET');
      this.#refuse(reply, refusal('VW_GATEWAY_METHOD', `The gateway does not answer ${request.method}`));
      return;
    }
    const page = this.pages.get(path);
    if (page !== undefined) {
      void reply
        .headers({ ...HEADERS, 'cache-control': 'no-cache', 'content-security-policy': PAGE_POLICY })
        .type(page.type)
        .send(page.bytes);
      return;
    }
    this.#refuse(reply, refusal('VW_GATEWAY_NOT_FOUND', 'There is nothing at this path'));
  }
}

const MALFORMED = JSON.stringify({
  error: wireError(refusal('VW_GATEWAY_REQUEST', 'What was sent is no HTTP request that the gateway reads')).error,
});

/**
 * An HTTP server that is not listening yet.
 * @throws VenuewireError `VW_PEER_MISSING`
 */
export async function serveRest(
  gateway: Gateway,
  pages: ReadonlyMap<string, Page>,
  https: ServerOptions | undefined,
): Promise<{ readonly server: Server; readonly close: () => Promise<void> }> {
  const { fastify } = await peer<typeof import('fastify')>('fastify', 'A gateway');
  const app = fastify({
    ...(https === undefined ? { http: HTTP } : { https: { ...https, ...HTTP } }),
    // Nothing is taken from a request but its head.
    bodyLimit: 1,
    requestTimeout: REQUEST_MS,
    connectionTimeout: 0,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAMETER_MOST },
    frameworkErrors: (error, _request, reply) => {
      gateway.rest.refused++;
      send(reply, error);
    },
    clientErrorHandler: (error: Error & { code?: string }, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
      gateway.rest.refused++;
      socket.end(
        `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(MALFORMED)}\r\nConnection: close\r\n\r\n${MALFORMED}`,
      );
    },
  }) as unknown as FastifyInstance;
  app.server.headersTimeout = HEADERS_MS;
  app.server.on('checkExpectation', (_request, response) => {
    gateway.rest.refused++;
    response.writeHead(417, { 'content-type': 'application/json' }).end(MALFORMED);
  });
  new Rest(gateway, pages).register(app);
  await app.ready();
  return {
    server: app.server as Server,
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
