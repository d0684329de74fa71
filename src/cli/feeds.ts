/** Venues for captures: a venue file, a ready venue, or just a decoder; lines as they are found in the capture. */

import { arrangeLines, findLines, networkOf } from '../capture/find-lines.js';
import { framingsFor } from '../capture/messages.js';
import type { Capture } from '../capture/packets.js';
import type { Group } from '../capture/sequences.js';
import type { CaptureSource, Feed } from '../feed/feed.js';
import { JsonDecoder } from '../json/table.js';
import type { Decoder } from '../layout/index.js';
import type { Framing } from '../patterns/framing.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue, type VenueInput } from '../patterns/venue.js';
import { resolveVenue } from '../venues/load.js';
import { findVenue } from '../venues/registry.js';
import { chooseFeed, ipPort } from './choose.js';
import { usage } from './exit.js';
import { Progress } from './output.js';
import { say } from './terminal.js';

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
export const needsLines = (options: CaptureVenueOptions): boolean =>
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

async function linesOf(capture: Capture, framing: Framing, decoder: Venue['decoder']): Promise<readonly Group[]> {
  const progress = new Progress('find lines', capture.size);
  try {
    return await findLines(capture, framing, decoder, (done) => progress.update(done));
  } finally {
    progress.done();
  }
}

/** A venue of which no more is known than how its messages are read. */
const textVenue = (decoder: JsonDecoder): Venue =>
  defineVenue({ name: decoder.id, decoder: decoder as Decoder, lines: { A: websocket('wss://venue.invalid') } });

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
  if (decoder instanceof JsonDecoder) return { venue: declared ?? textVenue(decoder), capture: source(), found: [] };
  // A file says where its lines are; a ready venue's addresses come with the subscription, or are in the capture.
  if (declared !== undefined && !isReady) {
    return { venue: declared, capture: source(lines === undefined ? {} : { lines }), found: [] };
  }
  const { udp: framing } = framingsFor(decoder, chosen.framing);
  const groups = lines === undefined ? await linesOf(capture, framing, decoder) : [];
  const arranged =
    lines === undefined
      ? arrangeLines(groups, framing)
      : { lines: Object.fromEntries(Object.entries(lines).map(([name, to]) => [name, networkOf(to)])) };
  const found = groups.map(
    (g, i) =>
      `${groups.length === 1 ? '' : `channel ${i + 1}: `}${g.lines.map((l) => l.name).join(' and ')} (${g.because})`,
  );
  const venue = await resolveVenue(
    defineVenue({
      name: declared?.name ?? decoder.id,
      decoder,
      framing,
      directory: declared?.directory,
      ...arranged,
    } as VenueInput),
  );
  return { venue, capture: source(), found };
}

/** Says which messages of a venue of text could not be read; what they may have been about is stale. */
export function tellRefused(feed: Pick<Feed, 'session'>): void {
  const { session } = feed;
  for (const [code, times] of session?.refused ?? []) say(`${times} messages could not be read: ${code}`);
  if (session?.firstRefusal !== undefined) say(`the first of them: ${session.firstRefusal.message}`);
}
