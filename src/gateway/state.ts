/** What a venue's feed is doing, as clients and the console see it. */
import { Feed } from '../feed/feed.js';
import type { ChannelStatistics } from '../feed/statistics.js';
import { lineNames } from '../metrics/prometheus.js';
import type { GatewayVenue } from './venue.js';
import type { WireChannel, WireLine, WireStage, WireState } from './wire.js';

/** A line is silent once it has brought nothing for so long while another one has. */
const SILENT_MS = 1_500;
const CHANNELS_MOST = 1_000;
const NS_PER_MS = 1_000_000n;
const PACKETS = ['packetsA', 'packetsB'] as const;

interface Seen {
  packets: number;
  /** When it was seen to be more, by the monotonic clock; and by the time of day. */
  atMs: number;
  atTime: bigint;
}

/** When each line was last seen to bring a packet. */
export class LineWatch {
  readonly #seen = new Map<string, Seen>();

  look(line: string, packets: number, nowMs: number, time: bigint): Seen {
    let seen = this.#seen.get(line);
    if (seen === undefined) {
      seen = { packets: 0, atMs: nowMs, atTime: 0n };
      this.#seen.set(line, seen);
    }
    if (packets !== seen.packets) {
      seen.packets = packets;
      seen.atMs = nowMs;
      seen.atTime = time;
    }
    return seen;
  }
}

interface Look {
  readonly venue: GatewayVenue;
  readonly nowMs: number;
  readonly time: bigint;
}

function linesOf({ venue, nowMs, time }: Look, index: number, counters: ChannelStatistics): WireLine[] {
  const channel = venue.source.channels[index] ?? '';
  const names = lineNames(venue.source.lines, channel);
  const looked = names.map((name, at) => {
    const counter = PACKETS[at];
    return counter && venue.lines.look(`${index} ${name}`, counters[counter], nowMs, time);
  });
  const latestMs = Math.max(...looked.map((seen) => (seen === undefined || seen.atTime === 0n ? 0 : seen.atMs)));
  return names.map((line, at) => {
    const seen = looked[at];
    return {
      line,
      packets: seen === undefined ? null : seen.packets,
      won: venue.race.won(index, at),
      lastPacket: seen === undefined || seen.atTime === 0n ? null : String(seen.atTime),
      silent: seen !== undefined && venue.status === 'running' && latestMs - seen.atMs > SILENT_MS,
    };
  });
}

function channelOf(look: Look, index: number, counters: ChannelStatistics): WireChannel {
  const { expected, delivered, recovered, abandoned, inFlight } = counters;
  return {
    channel: look.venue.source.channels[index] ?? String(index),
    ledger: { expected, delivered, recovered, abandoned, inFlight },
    counters,
    lines: linesOf(look, index, counters),
    recoveredMessages: look.venue.race.recovered(index),
  };
}

function stagesOf(feed: Feed): WireStage[] {
  if (feed.ring.stages === undefined) return [];
  return Object.entries(feed.stages().stages).map(([stage, { count, p50, p99, max }]) => ({
    stage,
    count,
    p50,
    p99,
    max,
  }));
}

export function stateOf(venue: GatewayVenue, nowMs: number): WireState {
  const { source, status, failure, name } = venue;
  const time = BigInt(Date.now()) * NS_PER_MS;
  const statistics = source instanceof Feed ? source.statistics() : undefined;
  const all = statistics?.channels ?? [];
  const channels = all.slice(0, CHANNELS_MOST).map((counters, i) => channelOf({ venue, nowMs, time }, i, counters));
  return {
    ...{ venue: name, decoder: source.decoder.id, status, failure, time: String(time) },
    instruments: venue.instruments,
    messages: source.ring.handed,
    tradesUnkept: venue.tape.unkept,
    ledger: statistics?.ledger ?? null,
    channels,
    channelsMore: all.length - channels.length,
    stages: source instanceof Feed ? stagesOf(source) : [],
  };
}
