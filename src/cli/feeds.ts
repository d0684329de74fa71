/** Venues for captures: a venue file, a ready venue, or just a decoder; lines as they are found in the capture. */
import type { CaptureSource } from '../feed/feed.js';
import type { Framing } from '../patterns/framing.js';
import { captureFile, type NetworkInput, udpMulticast, udpUnicast } from '../patterns/network.js';
import { defineVenue, type Venue, type VenueInput } from '../patterns/venue.js';
import { resolveVenue } from '../venues/load.js';
import { findVenue } from '../venues/registry.js';
import { chooseFeed, ipPort } from './choose.js';
import { usage } from './exit.js';
import { Findings, framingsFor } from './messages.js';
import { Progress } from './output.js';
import type { Capture } from './packets.js';
import { separateRecovery } from './recovery-traffic.js';
import { type Group, groupLines, isMulticast, Tracker } from './sequences.js';

export interface CaptureVenueOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  /** `NAME=ip:port`. */
  readonly line: readonly string[];
}

export interface CaptureVenue {
  readonly venue: Venue;
  readonly capture: CaptureSource;
  /** What was found in the capture, for people. */
  readonly found: readonly string[];
}

/** Whether the capture has to be read once before it is read as the venue's: to find its lines. */
export const findsLines = (options: CaptureVenueOptions): boolean =>
  options.line.length === 0 && (options.venue === undefined || findVenue(options.venue) !== undefined);

function parseLines(given: readonly string[]): Record<string, string> | undefined {
  if (given.length === 0) return undefined;
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), ipPort('--line', text.slice(at + 1))];
      throw usage(
        `--line '${text}' names no line`,
        'Write it as NAME=ip:port, for example --line A=233.54.12.111:26477',
      );
    }),
  );
}

function network(destination: string): NetworkInput {
  return isMulticast(destination) ? udpMulticast(destination) : udpUnicast(destination);
}

/** The lines of the capture, those that say the same together. */
async function findGroups(capture: Capture, framing: Framing, decoder: Venue['decoder']): Promise<Group[]> {
  // FIX is a stream: there are no lines to find.
  if (framing.fix) return [];
  const tracker = new Tracker(framing, decoder, new Findings(() => {}), undefined);
  const progress = new Progress('find lines', capture.size);
  try {
    await capture.read((p) => tracker.packet(p), { after: (done) => progress.update(done) });
  } finally {
    progress.done();
  }
  const groups = groupLines(
    [...tracker.lines.values()].filter((l) => l.sessions.some((s) => s.spans.list.length > 0)),
    [],
  );
  return [...separateRecovery(groups).groups];
}

const LETTERS = 'ABCDEFGHIJKLMNOP';
const named = (lines: readonly string[]): Record<string, NetworkInput> =>
  Object.fromEntries(lines.map((line, i) => [LETTERS[i] ?? `L${i}`, network(line)]));

/** Lines and channels as `defineVenue` takes them. */
function arrange(groups: readonly Group[], framing: Framing): Pick<VenueInput, 'lines' | 'channels'> {
  if (groups.length === 0) return { lines: { A: captureFile('capture') } };
  const only = groups[0] as Group;
  const destinations = [...new Set(groups.flatMap((g) => g.lines.map((l) => l.destination)))];
  if (framing.channel !== undefined) {
    const keys = [...new Set(groups.map((g) => (g.lines[0] as Group['lines'][number]).key))];
    return {
      lines: named(destinations.slice(0, LETTERS.length)),
      channels: Object.fromEntries(keys.map((key) => [String(key), { key: String(key) }])),
    };
  }
  if (groups.length === 1) return { lines: named(only.lines.map((l) => l.destination)) };
  return {
    channels: Object.fromEntries(
      groups.map((g) => {
        const lines = g.lines.map((l) => l.destination);
        return [(lines[0] as string).replace(':', '-'), { lines: named(lines) }];
      }),
    ),
  };
}

/** The venue that a capture is read as. */
export async function captureVenue(capture: Capture, options: CaptureVenueOptions): Promise<CaptureVenue> {
  const lines = parseLines(options.line);
  const source = (more: object = {}): CaptureSource => ({
    file: capture.source,
    name: capture.name,
    ...more,
  });
  const isReady = options.venue !== undefined && findVenue(options.venue) !== undefined;
  const chosen = await chooseFeed(options);
  const { venue: declared, decoder } = chosen;
  if (decoder === undefined) {
    throw usage(
      'neither --venue nor --decoder is given',
      'Name a venue file, a ready venue or a decoder: venuewire list venues',
    );
  }
  // A file says where its lines are; a ready venue's addresses come with the subscription, or are in the capture.
  if (declared !== undefined && !isReady) {
    return { venue: declared, capture: source(lines === undefined ? {} : { lines }), found: [] };
  }
  const { udp: framing } = framingsFor(decoder, chosen.framing);
  const groups = lines === undefined ? await findGroups(capture, framing, decoder) : [];
  const arranged =
    lines === undefined
      ? arrange(groups, framing)
      : { lines: Object.fromEntries(Object.entries(lines).map(([name, to]) => [name, network(to)])) };
  const found = groups.map(
    (g, i) =>
      `${groups.length === 1 ? '' : `channel ${i + 1}: `}${g.lines.map((l) => l.name).join(' and ')} (${g.because})`,
  );
  const venue = await resolveVenue(
    defineVenue({
      name: declared?.name ?? decoder.id,
      decoder,
      framing: framing as never,
      directory: declared?.directory,
      ...arranged,
    } as VenueInput),
  );
  return { venue, capture: source(), found };
}
