/** Opening a venue that sends text: its recording, or its connection. */
import { VenuewireError } from '../errors.js';
import { liveVenue } from '../internet/live.js';
import { replayRecording, withChannels } from '../internet/replay.js';
import type { JsonDecoder } from '../json/table.js';
import { checkArranged } from '../transports/arranged.js';
import { compileVenue, type Venue } from './compile.js';
import { type CaptureSource, Feed, type FeedOptions } from './feed.js';

/**
 * A venue of text, connected to.
 * @throws VenuewireError `VW_SUBSCRIPTION`, `VW_PEER_MISSING`, `VW_SECURITY_…`
 */
async function openConnection(venue: Venue, decoder: JsonDecoder, options: FeedOptions): Promise<Feed> {
  if (options.transports !== undefined) {
    throw new VenuewireError(
      'VW_OPTION',
      'transports carry bytes of a framing, and this venue sends text',
      'Leave them out.',
    );
  }
  checkArranged(venue.name, venue.security);
  const live = await liveVenue(venue, decoder, options.frames);
  const whole = withChannels(venue, live.line, live.subscription.instruments);
  const transports = { lines: { [live.lineName]: live } };
  const feed = new Feed(whole, compileVenue(whole, { select: options.select, transports }), options);
  feed.session = live.session;
  live.tell = (error) => feed.tell(error, live.target);
  return feed;
}

/**
 * A venue of text: its recording, played through the venue's session into a capture; or connected to.
 * @throws VenuewireError as `openFeed`.
 */
export async function openText(
  venue: Venue,
  decoder: JsonDecoder,
  options: FeedOptions,
  capture: CaptureSource | undefined,
): Promise<Feed> {
  if (capture === undefined) return openConnection(venue, decoder, options);
  if (capture.lines !== undefined) {
    throw new VenuewireError('VW_CAPTURE_LINE', 'A recording of text has one line', 'Leave `lines` out.');
  }
  if (typeof capture.file !== 'string') {
    throw new VenuewireError('VW_RECORDING', 'A recording of text is a file, not bytes', 'Give its path.');
  }
  const { venue: whole, bytes, session } = await replayRecording(venue, decoder, capture.file);
  const source = { name: capture.file, speed: capture.speed ?? 0, file: bytes };
  const compiled = compileVenue(whole, { select: options.select, capture: true });
  const feed = new Feed(whole, compiled, { ...options, capture: source });
  feed.session = session;
  return feed;
}
