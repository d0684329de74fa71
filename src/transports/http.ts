/** HTTPS: a request with an answer, and a response that does not end. Redirects are not followed: they would take the login along. */
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { remedyOf, VenuewireError } from '../errors.js';
import type { Protection } from '../patterns/security.js';
import { Lines, tooLong } from './lines.js';
import type { ConnectMessages, MessagesEnd } from './messages.js';
import { agentOf, type ProxyRule } from './proxy.js';
import { endOf, HANDSHAKE_MS, secureOptions } from './secure.js';

const SECOND_MS = 1000;
/** Of a rest that a server asks for. */
const RETRY_AFTER_MOST_MS = 3_600_000;
const TOO_MANY = 429;
const UNAVAILABLE = 503;
/** A server that says "too many" without saying for how long. */
const TOO_MANY_REST_MS = 60_000;
const REFUSED = [401, 403];
const OK = 200;

/** Milliseconds of a `Retry-After` (RFC 9110, 10.2.3): seconds or a date. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * SECOND_MS : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MOST_MS);
}

/** What a status other than 200 means. The answer's text is not shown: it may repeat what was sent. */
export function statusEnd(where: string, status: number, retryAfter: string | undefined): MessagesEnd {
  const afterMs = retryAfterMs(retryAfter, Date.now()) ?? (status === TOO_MANY ? TOO_MANY_REST_MS : undefined);
  const isRefused = REFUSED.includes(status);
  const code = isRefused
    ? 'VW_LOGIN_REFUSED'
    : status >= 300 && status < 400
      ? 'VW_HTTP_REDIRECT'
      : status === TOO_MANY
        ? 'VW_HTTP_RATE'
        : 'VW_HTTP_STATUS';
  const rest = afterMs === undefined ? '' : `, which asks for a rest of ${afterMs / SECOND_MS} s`;
  const error = new VenuewireError(code, `${where}: the server answered ${status}${rest}`, remedyOf(code));
  return {
    reason: status === UNAVAILABLE || status === TOO_MANY ? 'connectionClosed' : 'connectionRefused',
    error,
    afterMs,
    isRefused,
  };
}

const optionsOf = (
  url: URL,
  security: readonly Protection[],
  headers: Readonly<Record<string, string>>,
  agent: RequestOptions['agent'],
): RequestOptions => ({
  ...secureOptions(security, url.hostname),
  host: url.hostname,
  port: url.port === '' ? 443 : Number(url.port),
  path: `${url.pathname}${url.search}`,
  // A connection of its own, which nothing else waits for.
  agent,
  headers: { 'User-Agent': 'venuewire', 'Accept-Encoding': 'identity', ...headers },
});

const isClear = (where: string, url: URL): VenuewireError | undefined =>
  url.protocol === 'https:' || url.protocol === 'wss:'
    ? undefined
    : new VenuewireError(
        'VW_NETWORK',
        `${where}: ${url.protocol} is not protected`,
        'Use https:// or wss://: nothing is sent in clear.',
      );

/** An HTTPS response that does not end: each line is a message; an empty one is a sign of life. */
export const connectHttps: ConnectMessages = (target, events) => {
  const { where } = target;
  let response: IncomingMessage | undefined;
  let over = false;
  const lines = new Lines(target.most, where);
  const end = (of: MessagesEnd): void => {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    req.destroy();
    events.closed(of);
  };
  const failed = (cause: unknown): void => end(endOf(cause, where));
  const url = new URL(target.url);
  const req = request({
    ...optionsOf(url, target.security, target.headers, agentOf(target.proxy, where)),
    method: 'GET',
  });
  const deadline = setTimeout(() => end({ reason: 'timedOut' }), HANDSHAKE_MS);
  const clear = isClear(where, url);
  if (clear !== undefined) setImmediate(failed, clear);
  req.on('error', failed);
  req.on('response', (res) => {
    clearTimeout(deadline);
    response = res;
    res.on('error', failed);
    if (res.statusCode !== OK) return end(statusEnd(where, res.statusCode ?? 0, res.headers['retry-after']));
    events.open();
    res.on('data', (chunk: Buffer) => {
      try {
        for (const line of lines.push(chunk)) {
          if (over) return;
          if (line === '') events.alive();
          else events.message(line);
        }
      } catch (cause) {
        failed(cause);
      }
    });
    res.on('close', () => end({ reason: 'connectionClosed' }));
  });
  req.end();
  return {
    send: () => {},
    close: () => {
      over = true;
      clearTimeout(deadline);
      req.on('error', () => {}).destroy();
    },
    pause: () => response?.pause(),
    resume: () => response?.resume(),
  };
};

export interface Answer {
  readonly text: string;
}
/** What was asked for did not come. */
export class Unanswered extends Error {
  constructor(readonly end: MessagesEnd) {
    super(end.error?.message ?? end.reason);
  }
}

export interface HttpsRequest {
  readonly url: string;
  readonly where: string;
  readonly security: readonly Protection[];
  readonly proxy?: ProxyRule | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
  /** Bytes of the answer. */
  readonly most: number;
  /** From the beginning until the last byte. */
  readonly withinMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks once.
 * @throws Unanswered with the coded error, and the rest that the server asks for.
 */
export function ask(of: HttpsRequest): Promise<Answer> {
  const { where, most, withinMs, signal } = of;
  return new Promise((resolve, reject) => {
    const url = new URL(of.url);
    const clear = isClear(where, url);
    if (clear !== undefined) throw clear;
    const fail = (end: MessagesEnd): void => {
      clearTimeout(deadline);
      reject(new Unanswered(end));
      req.destroy();
    };
    const options = {
      ...optionsOf(url, of.security, of.headers ?? {}, agentOf(of.proxy, where)),
      method: of.method ?? 'GET',
    };
    const req = request(signal === undefined ? options : { ...options, signal });
    const deadline = setTimeout(() => fail({ reason: 'timedOut' }), withinMs);
    req.on('error', (cause) => fail(endOf(cause, where)));
    req.on('response', (res) => {
      if (res.statusCode !== OK) return fail(statusEnd(where, res.statusCode ?? 0, res.headers['retry-after']));
      const parts: Buffer[] = [];
      let bytes = 0;
      res.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > most) return fail({ reason: 'wrongPeer', error: tooLong(where, most) });
        parts.push(chunk);
      });
      res.on('error', (cause) => fail(endOf(cause, where)));
      res.on('end', () => {
        clearTimeout(deadline);
        resolve({ text: Buffer.concat(parts).toString('utf8') });
      });
    });
    req.end(of.body);
  });
}
