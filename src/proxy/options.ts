/** Options of a proxy, checked. */
import { remedyOf, VenuewireError } from '../errors.js';
import type { FeedOptions } from '../feed/feed.js';
import type { LogWriterOptions } from '../log/index.js';
import type { ProxyConsumer } from './consumers.js';

export interface ProxyOptions {
  /** Folder of the event log that keeps the day. */
  readonly folder: string;
  /** `host:port`, UDP for requests and TCP for replay. Default `127.0.0.1:0`: a port that is free. */
  readonly listen?: string;
  /** Who may come, and how much of it; the first that fits counts. Default: everybody, without a bound. */
  readonly consumers?: readonly ProxyConsumer[];
  /** Other proxies of the venue, `host:port`: asked before the venue is. */
  readonly peers?: readonly string[];
  /** Sends the session out again, as MoldUDP64 packets. */
  readonly rebroadcast?: ProxyRebroadcast;
  /** Shared memory for readers on this machine, by positions of the log: a path, as of `openIpcWriter`. */
  readonly shared?: string;
  /** Messages kept in memory, bytes; older ones are read from the log when they are asked for. Default 256 MiB. */
  readonly memoryBytes?: number;
  /** Most bytes of a packet. Default 1400. */
  readonly packetBytes?: number;
  /** A request for what the proxy itself is waiting for is kept so long, ms. Default 1000. */
  readonly waitMs?: number;
  /** Such requests kept at once; the oldest makes room. Default 65,536. */
  readonly waitingMost?: number;
  readonly log?: LogWriterOptions;
  readonly feed?: Omit<FeedOptions, 'capture' | 'resume' | 'events' | 'select'>;
}

export interface ProxyRebroadcast {
  /** `group:port`, or an address of one machine. */
  readonly address: string;
  /** Address of the interface that multicast leaves by. */
  readonly interface?: string;
  /** Routers it passes; default 1: none. */
  readonly ttl?: number;
}

const MIB = 1 << 20;
const DEFAULTS = {
  listen: '127.0.0.1:0',
  consumers: [] as readonly ProxyConsumer[],
  peers: [] as readonly string[],
  rebroadcast: undefined as ProxyRebroadcast | undefined,
  shared: undefined as string | undefined,
  memoryBytes: 256 * MIB,
  packetBytes: 1_400,
  waitMs: 1_000,
  waitingMost: 65_536,
  log: {} as LogWriterOptions,
  feed: {} as NonNullable<ProxyOptions['feed']>,
};

export type CompleteProxyOptions = typeof DEFAULTS & { readonly folder: string };

const refuse = (what: string): VenuewireError =>
  new VenuewireError('VW_PROXY_OPTION', `The proxy cannot be opened: ${what}`, remedyOf('VW_PROXY_OPTION'));

const ENDPOINT = /^([^\s:]+):(\d{1,5})$/;
const PORT_MOST = 65_535;
const LEAST_PACKET = 64;
const LONGEST_PACKET = 65_507;
const TTL_MOST = 255;

/** @throws VenuewireError `VW_PROXY_OPTION` */
export function endpointOf(name: string, text: string, leastPort: number): { host: string; port: number } {
  const [, host = '', port = ''] = ENDPOINT.exec(text) ?? [];
  if (host === '' || Number(port) > PORT_MOST || Number(port) < leastPort)
    throw refuse(`${name} '${text}' is no host:port`);
  return { host, port: Number(port) };
}

/** @throws VenuewireError `VW_PROXY_OPTION` for an option that there is not, or that is out of range. */
export function completeProxyOptions(given: ProxyOptions): CompleteProxyOptions {
  for (const name of Object.keys(given)) {
    if (name !== 'folder' && !Object.hasOwn(DEFAULTS, name)) throw refuse(`there is no option '${name}'`);
  }
  const options = { ...DEFAULTS, ...given } as CompleteProxyOptions;
  const whole = (name: string, value: number, least: number, most: number): void => {
    if (!Number.isInteger(value) || value < least || value > most)
      throw refuse(`${name} must be a whole number from ${least} to ${most}`);
  };
  if (typeof options.folder !== 'string' || options.folder === '') throw refuse('it needs a folder for its log');
  endpointOf('listen', options.listen, 0);
  for (const peer of options.peers) endpointOf('peer', peer, 1);
  whole('memoryBytes', options.memoryBytes, 4 * MIB, Number.MAX_SAFE_INTEGER);
  whole('packetBytes', options.packetBytes, LEAST_PACKET, LONGEST_PACKET);
  whole('waitMs', options.waitMs, 1, 60_000);
  whole('waitingMost', options.waitingMost, 1, 1 << 20);
  // A proxy that drops entries would keep no day.
  if (options.log.whenFull === 'drop') throw refuse('its log cannot drop entries');
  if (options.rebroadcast !== undefined) {
    endpointOf('rebroadcast', options.rebroadcast.address, 1);
    whole('rebroadcast.ttl', options.rebroadcast.ttl ?? 1, 0, TTL_MOST);
  }
  return options;
}
