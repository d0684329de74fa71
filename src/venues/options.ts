/** Options that the ready venues have in common. */
import { VenuewireError } from '../errors.js';
import type { Decoder } from '../layout/index.js';
import type { Credentials } from '../patterns/credentials.js';
import type { Network } from '../patterns/network.js';
import { type RequestOptions, waitForOtherLine } from '../patterns/recovery.js';
import type { VenueInput } from '../patterns/venue.js';

/** Lines by name: `{ A: udpMulticast('224.0.62.2:30001', { interface: 'eth1' }), B: … }`. */
export type Lines = Readonly<Record<string, Network>>;

/** Servers of one kind. */
export interface Servers {
  /** `host:port` of each, in the order in which they are tried. */
  readonly servers: readonly string[];
  readonly credentials?: Credentials;
  readonly tries?: number;
  readonly timeout?: string;
  /** Other limits than those of the pattern: what the venue grants is a matter of the subscription. */
  readonly limits?: RequestOptions['limits'];
}

export interface VenueOptions {
  /** Where delivery begins; default `live`. */
  readonly join?: 'live' | 'beginning' | 'snapshot';
  /** How long line A may wait for line B and the other way round; default 1ms. */
  readonly reorder?: string;
  /** Rungs of your own, instead of those that follow from the servers. */
  readonly ladder?: VenueInput['recovery'];
}

/** One feed of a family whose transport and recovery are alike: its table, and what the venue is called. */
export interface FeedOf<D> {
  /** The message table; default: that of the family's first feed. */
  readonly decoder?: D;
  /** Default: the family's. */
  readonly name?: string;
}

/** The symbol directory of a table, where it has that message. */
export const directoryOf = (
  decoder: Decoder,
  message: string,
  symbol: string,
): { directory?: VenueInput['directory'] } =>
  decoder.messages[message]?.fields[symbol] === undefined ? {} : { directory: { message, symbol } };

type Rungs = NonNullable<VenueInput['recovery']>;

/** The ladder of most venues: wait for the other line, then what is configured, in this order. */
export const ladder = (
  options: VenueOptions,
  rungs: readonly (Rungs[number] | readonly Rungs[number][] | undefined)[],
): Rungs =>
  options.ladder ?? [
    waitForOtherLine(options.reorder === undefined ? {} : { for: options.reorder }),
    ...rungs.flat().filter((r): r is Rungs[number] => r !== undefined),
  ];

/** The part of `Servers` that a rung takes. */
export const rung = ({ servers, ...rest }: Servers): Omit<RequestOptions, 'servers'> & { servers: string[] } => ({
  ...rest,
  servers: [...servers],
});

/**
 * What a ready venue cannot do without, for callers that no compiler checks.
 * @throws VenuewireError `VW_VENUE` naming the venue and the option.
 */
export function needs(venue: string, options: unknown, ...required: readonly string[]): void {
  const all = required.map((name) => `${name}: …`).join(', ');
  const call = `Call it like ${venue}({ ${all || '…'} }); its declaration says what each option is.`;
  if (typeof options !== 'object' || options === null)
    throw new VenuewireError(
      'VW_VENUE',
      `${venue} takes an object of options, not ${options === null ? 'null' : typeof options}`,
      call,
    );
  const given = options as Readonly<Record<string, unknown>>;
  const missing = required.find((name) => given[name] === undefined || given[name] === null);
  if (missing !== undefined) throw new VenuewireError('VW_VENUE', `${venue} needs the option '${missing}'`, call);
}
