/** Venues for captures: a venue file, a ready venue, or just a decoder; lines as they are found in the capture. */
import type { CaptureSource } from '../feed/feed.js';
import type { Framing } from '../patterns/framing.js';
import { framingOf } from '../patterns/framings.js';
import { captureFile, type NetworkInput, udpMulticast, udpUnicast } from '../patterns/network.js';
import { defineVenue, type Venue, type VenueInput } from '../patterns/venue.js';
import { loadVenue, resolveVenue } from '../venues/load.js';
import { findVenue, venues } from '../venues/registry.js';
import { chooseDecoder, chooseFraming } from './choose.js';
import { didYouMean, usage } from './exit.js';
import { Findings } from './messages.js';
import { Progress } from './output.js';
import type { Capture } from './packets.js';
import { type Group, groupLines, Tracker } from './sequences.js';

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
  options.line.length === 0 && (options.venue === undefined || !isFile(options.venue));

const isFile = (text: string): boolean => /[./\\]|ya?ml$|json$/.test(text) && findVenue(text) === undefined;

function parseLines(given: readonly string[]): Record<string, string> | undefined {
  if (given.length === 0) return undefined;
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw usage(
        `--line '${text}' names no line`,
        'Write it as NAME=ip:port, for example --line A=233.54.12.111:26477',
      );
    }),
  );
}

function network(destination: string): NetworkInput {
  const first = Number(destination.split('.', 1)[0]);
  return first >= 224 && first <= 239 ? udpMulticast(destination) : udpUnicast(destination);
}

/** The lines of the capture, those that say the same together. */
async function findGroups(capture: Capture, framing: Framing, decoder: Venue['decoder']): Promise<Group[]> {
  const tracker = new Tracker(framing, decoder, new Findings(() => {}), undefined);
  const progress = new Progress('find lines', capture.size);
  try {
    await capture.read((p) => tracker.packet(p), { after: (done) => progress.update(done) });
  } finally {
    progress.done();
  }
  return groupLines(
    [...tracker.lines.values()].filter((l) => l.sessions.some((s) => s.spans.list.length > 0)),
    [],
  );
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

type Factory = (options: { readonly lines: Record<string, NetworkInput> }) => Venue;

async function readyVenue(id: string): Promise<Factory> {
  const entry = findVenue(id);
  if (entry === undefined) {
    throw usage(
      `there is no venue '${id}'`,
      `${didYouMean(
        id,
        venues.map((v) => v.id),
        'list venues',
      )} A venue file ends in .yaml or .json.`,
      'VW_VENUE_UNKNOWN',
    );
  }
  const wanted = id.replaceAll('-', '').toLowerCase();
  const exported = Object.entries(await entry.load()).filter(([, value]) => typeof value === 'function');
  const factory = exported.find(([name]) => name.toLowerCase() === wanted) ?? exported[0];
  return factory?.[1] as Factory;
}

/** The venue that a capture is read as. */
export async function captureVenue(capture: Capture, options: CaptureVenueOptions): Promise<CaptureVenue> {
  const lines = parseLines(options.line);
  const source = (more: object = {}): CaptureSource => ({
    file: capture.source,
    name: capture.name,
    ...more,
  });
  if (options.venue !== undefined && isFile(options.venue)) {
    const venue = await loadVenue(options.venue);
    return { venue, capture: source(lines === undefined ? {} : { lines }), found: [] };
  }
  const factory = options.venue === undefined ? undefined : await readyVenue(options.venue);
  // A ready venue's table and framing do not depend on its lines.
  const probe = factory?.({ lines: { A: udpMulticast('239.255.0.1:1') } });
  if (probe === undefined && options.decoder === undefined) {
    throw usage(
      'neither --venue nor --decoder is given',
      'Name a venue file, a ready venue or a decoder: venuewire list venues',
    );
  }
  const decoder =
    probe?.decoder ?? ((await chooseDecoder(options.decoder as string).load()) as unknown as Venue['decoder']);
  const framing =
    options.framing !== undefined
      ? chooseFraming(options.framing)
      : typeof probe?.framing === 'string'
        ? chooseFraming(probe.framing)
        : ((probe?.framing as Framing | undefined) ?? framingOf(decoder) ?? chooseFraming(decoder.framing));
  const groups = lines === undefined ? await findGroups(capture, framing, decoder) : [];
  const arranged =
    lines === undefined
      ? arrange(groups, framing)
      : { lines: Object.fromEntries(Object.entries(lines).map(([name, to]) => [name, network(to)])) };
  const found = groups.map(
    (g, i) =>
      `${groups.length === 1 ? '' : `channel ${i + 1}: `}${g.lines.map((l) => l.name).join(' and ')} (${g.because})`,
  );
  if (factory !== undefined && arranged.lines !== undefined && arranged.channels === undefined) {
    return { venue: factory({ lines: arranged.lines }), capture: source(), found };
  }
  const venue = await resolveVenue(
    defineVenue({ name: probe?.name ?? decoder.id, decoder, framing: framing as never, ...arranged } as VenueInput),
  );
  return { venue, capture: source(), found };
}
