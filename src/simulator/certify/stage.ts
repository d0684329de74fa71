/** A venue made ready to be played: alone, with simulated credentials, its messages and its packets. */
import { VenuewireError } from '../../errors.js';
import { type CompiledVenue, compileVenue } from '../../feed/compile.js';
import { Ring } from '../../feed/ring.js';
import type { Decoder } from '../../layout/index.js';
import type { NativeBooks } from '../../native.js';
import type { Credentials } from '../../patterns/credentials.js';
import { completeFraming, type Framing } from '../../patterns/framing.js';
import { findFraming } from '../../patterns/framings.js';
import type { Recovery } from '../../patterns/recovery.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { Stream } from '../../patterns/stream.js';
import type { Venue } from '../../patterns/venue.js';
import { PacketWriter } from '../packet-writer.js';
import { Random } from '../random.js';
import { BookAudit } from './books.js';
import { MessagePool } from './day.js';
import type { VenueModel } from './model.js';
import type { Run } from './run.js';

type Rung = Venue['recovery'][number];
type StreamUse = NonNullable<Venue['streams']>[string];
/** A stream is a way to ask as well: its own rungs stand in the ladder. */
type StreamRung = StreamUse & { readonly type: 'stream'; readonly name: string };
export type ServerRung = Exclude<Rung, { type: 'waitForOtherLine' }> | StreamRung;
export type Pattern = Recovery | Snapshot | Stream;

/** A day is short: this holds all of it, and a hundred thousand sessions can be made. */
const SMALL = { packets: 1024, bytes: 4 << 20, holes: 256 };
const RING_BYTES = 1 << 19;
const TRIES = 3;
const FIRST_SERVER_PORT = 17_000;
const FIRST_STREAM_PORT = 18_000;

const addresses = (firstPort: number, count: number): string[] =>
  Array.from({ length: count }, (_, k) => `127.0.0.1:${firstPort + k}`);

/** The pattern of a rung or a stream, which is never only named here. */
export function patternOf(rung: ServerRung | Rung | StreamUse): Pattern {
  if (!('pattern' in rung)) throw new TypeError('a wait has no pattern');
  if (typeof rung.pattern !== 'string') return rung.pattern;
  throw new VenuewireError(
    'VW_VENUE_UNRESOLVED',
    `The pattern '${rung.pattern}' has not been loaded`,
    'Resolve the venue first.',
  );
}

/** A venue ready to be played: what does not depend on the scenario is made once. */
export class Stage {
  readonly venue: Venue;
  readonly decoder: Decoder;
  readonly framing: Framing;
  readonly pool: MessagePool;
  readonly writer: PacketWriter;
  readonly rungs: readonly ServerRung[];
  readonly liveLines: number;
  readonly #channel: bigint;
  readonly #compiled = new Map<string, CompiledVenue>();
  #ring: Ring | undefined;

  /** `planted`: puts a fault into the books, for tests. */
  constructor(
    readonly model: VenueModel,
    readonly planted?: (books: NativeBooks) => NativeBooks,
  ) {
    this.venue = alone(model.venue());
    const compiled = compileVenue({ ...this.venue, join: 'live' });
    this.decoder = compiled.decoder;
    this.framing = compiled.framing;
    this.liveLines = compiled.lines.filter((l) => l.role === 'live').length;
    this.rungs = [
      ...this.venue.recovery.filter((r) => r.type !== 'waitForOtherLine'),
      ...Object.entries(this.venue.streams ?? {}).map(([name, use]) => ({ ...use, type: 'stream' as const, name })),
    ];
    this.#channel = compiled.channels[0]?.key ?? 0n;
    this.writer = this.writerOf(this.framing);
    this.pool = new MessagePool(this.decoder, this.writer, model.feed ?? {}, new Random(1).fork(model.id));
  }

  /** Whether a lost end can be known to be lost: something says how far the venue got. */
  get hasHeartbeat(): boolean {
    const { writer, pool } = this;
    return writer.has('heartbeat') || pool.control('heartbeat', 1n) !== undefined || writer.has('endOfSession');
  }

  /** Writes packets of a framing as this venue's: its channel, its header bytes, its checksum. */
  writerOf(framing: Framing): PacketWriter {
    const { feed } = this.model;
    return new PacketWriter(framing, { channel: this.#channel, header: feed?.header ?? {}, seal: feed?.seal });
  }

  /** The venue as a scenario wants it. */
  compiled(run: Run): CompiledVenue {
    const { join = 'live', only, serverCount = 1, tries = TRIES, window, limits } = run;
    const key = JSON.stringify([join, only ?? null, serverCount, tries, window ?? null, limits ?? null]);
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      compiled = compileVenue({
        ...this.venue,
        ...this.#streams(serverCount, tries),
        join,
        recovery: this.#ladder(run, serverCount, tries),
        window: this.window(run),
      });
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }

  /** The window that a run has. */
  window(run: Run): Venue['window'] {
    return { ...this.venue.window, ...SMALL, ...run.window };
  }

  /** The rungs that a run has. Servers are never dialled: each has an address of its own. */
  #ladder(run: Run, serverCount: number, tries: number): Venue['recovery'] {
    return this.venue.recovery.flatMap((rung, i) => {
      if (rung.type === 'waitForOtherLine') return [rung];
      if (run.only !== undefined && !run.only.includes(patternOf(rung).id)) return [];
      const servers = rung.servers.length === 0 ? [] : addresses(FIRST_SERVER_PORT + 100 * i, serverCount);
      const limits = run.limits === undefined ? rung.limits : { ...rung.limits, ...run.limits };
      return [{ ...rung, servers, tries, limits } as Rung];
    });
  }

  #streams(serverCount: number, tries: number): Pick<Venue, 'streams'> {
    if (this.venue.streams === undefined) return {};
    const streams = Object.entries(this.venue.streams).map(([name, use], i) => {
      const servers = addresses(FIRST_STREAM_PORT + 100 * i, serverCount);
      return [name, { ...use, servers, tries }];
    });
    return { streams: Object.fromEntries(streams) };
  }

  /** A ring, blank: its memory is used again. */
  ring(channels: number): Ring {
    this.#ring ??= new Ring(channels, RING_BYTES);
    this.#ring.bytes.fill(0, 0, this.#ring.dataAt);
    return this.#ring;
  }

  /** What holds the books of a run against what they must be; undefined where the venue's messages make none. */
  books(ring: Ring): BookAudit | undefined {
    if (this.#books === undefined && BookAudit.knows(this.decoder)) {
      this.#books = new BookAudit(ring, this.decoder, this.planted);
    }
    this.#books?.begin();
    return this.#books;
  }
  #books: BookAudit | undefined;
}

const SIMULATED = { user: 'VENUEWIRE_SIMULATED_USER', password: 'VENUEWIRE_SIMULATED_PASSWORD' };

/** The same kind of credentials with simulated values: nothing of a real venue is read. */
function withSimulatedValues(c: Credentials): Credentials {
  process.env[SIMULATED.user] ??= 'SIMU';
  process.env[SIMULATED.password] ??= 'SIMPW';
  return Object.fromEntries(
    Object.entries(c).map(([key, value]) => {
      if (key === 'type' || typeof value !== 'string') return [key, value];
      if (key === 'localAddress') return [key, '127.0.0.1'];
      return [key, `env:${/password|token|key/i.test(key) ? SIMULATED.password : SIMULATED.user}`];
    }),
  ) as Credentials;
}

/** Of several channels only the first is played; credentials are simulated. */
function alone(venue: Venue): Venue {
  const first = Object.entries(venue.channels ?? {})[0];
  const recovery = venue.recovery
    .filter((r) => r.type === 'waitForOtherLine' || r.channel === undefined || r.channel === first?.[0])
    .map((r) => (r.type === 'waitForOtherLine' ? r : { ...r, credentials: withSimulatedValues(r.credentials) }));
  // Delivery begins where the scenario says.
  const channels = first === undefined ? undefined : { [first[0]]: { ...first[1], join: undefined } };
  const streams =
    venue.streams &&
    Object.fromEntries(
      Object.entries(venue.streams).map(([name, use]) => [
        name,
        { ...use, credentials: withSimulatedValues(use.credentials) },
      ]),
    );
  const { session: _, channels: __, ...rest } = venue;
  return {
    ...rest,
    ...(channels === undefined ? {} : { channels }),
    ...(streams === undefined ? {} : { streams }),
    recovery,
  } as Venue;
}

/** The framing that a pattern names, or has. */
export const framingOf = (named: string | object, feed: Framing): Framing => {
  if (named === 'feed') return feed;
  if (typeof named === 'string') {
    const found = findFraming(named);
    if (found !== undefined) return found;
    throw new VenuewireError('VW_FRAMING_UNKNOWN', `There is no framing '${named}'`, 'Correct the pattern.');
  }
  return completeFraming(named as Framing);
};
