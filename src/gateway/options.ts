/** What a gateway can be asked for, and its bounds. */
import { VenuewireError } from '../errors.js';
import type { Reference } from '../patterns/types.js';
import type { TokenDeclaration } from './tokens.js';

/** Bounds; every one has a default. */
export interface GatewayLimits {
  /** WebSockets at once. Default 4,096. */
  readonly clients: number;
  /** … of one token or, without tokens, of one address. Default 4,096. */
  readonly clientsPerUser: number;
  /** Subscriptions of one WebSocket. Default 1,000. */
  readonly subscriptions: number;
  /** Levels of a side that a subscription or request can have. Default 100. */
  readonly levels: number;
  /** REST requests a second of one user; twice as many at once. Default 50. */
  readonly requestsPerSecond: number;
  /** Messages a second that one WebSocket may send; twice as many at once, or all its subscriptions. Default 100. */
  readonly messagesPerSecond: number;
  /** Bytes that wait for a client before it counts as slow and is sent nothing until it has read. Default 262,144. */
  readonly queueBytes: number;
  /** Milliseconds that a slow client has until it is disconnected. Default 30,000. */
  readonly slowMs: number;
  /** Deltas or records of a stream that are kept, so that clients can resume. Default 512. */
  readonly history: number;
  /** Trades of each instrument that are kept. Default 200. */
  readonly trades: number;
  /** Candles of each instrument and interval that are kept. Default 500. */
  readonly candles: number;
  /** Trades and candles of a venue that are kept in all; beyond it each instrument replaces its own oldest. Default 1,000,000. */
  readonly records: number;
}

export const LIMITS: GatewayLimits = {
  clients: 4_096,
  clientsPerUser: 4_096,
  subscriptions: 1_000,
  levels: 100,
  requestsPerSecond: 50,
  messagesPerSecond: 100,
  queueBytes: 262_144,
  slowMs: 30_000,
  history: 512,
  trades: 200,
  candles: 500,
  records: 1_000_000,
};

/** Highest value of any limit. */
const LIMIT_MOST = 2 ** 31 - 1;

export interface GatewayOptions {
  /** `host:port`. Default `127.0.0.1:8080`; port 0: a free one. */
  readonly listen?: string;
  /** Who may do what. Without any, the gateway listens on loopback alone and everybody there may do everything. */
  readonly tokens?: readonly TokenDeclaration[];
  /** Certificate and key, PEM, by reference. TLS 1.2 or later. */
  readonly tls?: { readonly certificate: Reference; readonly key: Reference };
  /** Origins of web pages that may ask, `https://desk.example`; the gateway's own always may. */
  readonly origins?: readonly string[];
  /** How often streams are looked at, milliseconds. Default 20. */
  readonly everyMs?: number;
  /** Default 5,000: WebSockets that have not answered a ping within twice that are ended. */
  readonly heartbeatMs?: number;
  /** How long a closing gateway waits until its clients have read what is on its way, milliseconds. Default 5,000. */
  readonly drainMs?: number;
  readonly limits?: Partial<GatewayLimits>;
  /** Folder of a web page served at `/`; `true`: the console, package `@venuewire/console`. */
  readonly console?: boolean | string;
}

const INTERVALS = { everyMs: 20, heartbeatMs: 5_000, drainMs: 5_000 } as const;

export interface CompleteOptions extends GatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: GatewayLimits;
  readonly everyMs: number;
  readonly heartbeatMs: number;
  readonly drainMs: number;
}

export const optionError = (message: string, hint: string): VenuewireError =>
  new VenuewireError('VW_GATEWAY_OPTION', message, hint);

/** @throws VenuewireError `VW_GATEWAY_OPTION` */
export function completeOptions(options: GatewayOptions): CompleteOptions {
  const { listen = '127.0.0.1:8080' } = options;
  const place = /^(.*):(\d{1,5})$/.exec(listen);
  const port = Number(place?.[2]);
  if (place === null || port > 65_535) {
    throw optionError(`'${listen}' is no place to listen`, 'Write it as 127.0.0.1:8080, or 0.0.0.0:8443.');
  }
  const host = (place[1] as string).replace(/^\[|\]$/g, '') || '0.0.0.0';
  const limits = { ...LIMITS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) wholeNumber(`limits.${name}`, value, LIMITS);
  const intervals = Object.fromEntries(
    Object.entries(INTERVALS).map(([name, value]) => [name, options[name as keyof typeof INTERVALS] ?? value]),
  ) as Record<keyof typeof INTERVALS, number>;
  for (const [name, value] of Object.entries(intervals))
    wholeNumber(name, value, undefined, name === 'drainMs' ? 0 : 1);
  for (const origin of options.origins ?? []) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw optionError(`'${origin}' is no origin`, 'Write it as https://desk.example, without a path.');
  }
  return { ...options, ...intervals, host, port, limits };
}

function wholeNumber(name: string, value: unknown, known?: object, least = 1): void {
  if (known !== undefined && !(name.replace('limits.', '') in known))
    throw optionError(`There is no option '${name}'`, `The limits are ${Object.keys(known).join(', ')}.`);
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > LIMIT_MOST)
    throw optionError(`'${name}' is ${String(value)}`, `Give a whole number from ${least} to ${LIMIT_MOST}.`);
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);
