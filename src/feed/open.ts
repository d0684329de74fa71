/** Opening a feed: whatever declares the venue, by live lines, a capture of them, or text. */
import { remedyOf, VenuewireError } from '../errors.js';
import type { EventHandlers } from '../events/view.js';
import { jsonDecoderOf } from '../internet/replay.js';
import type { VenueDeclaration, VenueResource } from '../patterns/venue.js';
import { checkArranged } from '../transports/arranged.js';
import { tlsTransport } from '../transports/tls.js';
import type { AnyDecoder } from './batch.js';
import { compileVenue, type Venue } from './compile.js';
import { type CaptureSource, Feed, type FeedOptions } from './feed.js';
import type { KeptBooksOptions } from './kept-books.js';
import { openText } from './open-text.js';
import { checkOptions } from './options.js';

/** Whether nothing is left to be found by its id. */
const isWhole = (venue: Venue | VenueDeclaration | VenueResource): venue is Venue =>
  !('spec' in venue) &&
  typeof venue.decoder === 'object' &&
  venue.window !== undefined &&
  venue.via === undefined &&
  (venue.recovery ?? []).every((rung) => rung.type === 'waitForOtherLine' || typeof rung.pattern === 'object') &&
  Object.values(venue.streams ?? {}).every((use) => typeof use.pattern === 'object');

async function wholeVenue(venue: Venue | VenueDeclaration | VenueResource | string | URL): Promise<Venue> {
  if (typeof venue !== 'string' && !(venue instanceof URL)) {
    if (typeof venue !== 'object' || venue === null) {
      throw new VenuewireError(
        'VW_VENUE',
        `openFeed takes a venue, not ${venue === null ? 'null' : `a ${typeof venue}`}`,
        typeof venue === 'function'
          ? `Call it: ${(venue as { name: string }).name || 'venue'}({ lines: { A: … } }).`
          : 'Pass what defineVenue or a ready venue returns, a venue document, or the path of a venue file.',
      );
    }
    if (isWhole(venue)) return venue;
  }
  // What reads files and knows all ids is loaded by those who need it.
  const { loadVenue, resolveVenue } = await import('../venues/load.js');
  if (typeof venue === 'string' || venue instanceof URL) return loadVenue(venue);
  return resolveVenue(venue);
}

/**
 * The capture that the venue's own lines name.
 * @throws VenuewireError `VW_CAPTURE_LINE` when they name several, or other lines besides.
 */
function declaredCapture(venue: Venue): CaptureSource | undefined {
  const channels = Object.values(venue.channels ?? {});
  const lines = [venue.lines, ...channels.flatMap((c) => [c.lines, c.retransmission, c.snapshot])].flatMap((of) =>
    Object.values(of ?? {}),
  );
  const paths = new Set(lines.flatMap((l) => (l.type === 'captureFile' ? [l.path] : [])));
  const [file] = paths;
  if (file === undefined) return undefined;
  if (paths.size === 1 && lines.every((l) => l.type === 'captureFile')) return { file };
  throw new VenuewireError(
    'VW_CAPTURE_LINE',
    `${venue.name}: the lines name ${paths.size === 1 ? 'a capture and sockets' : `${paths.size} captures`}; a feed reads one capture, or sockets`,
    'Put the captures together (mergecap), or open a feed for each.',
  );
}

/**
 * Opens a venue connection: a venue (what `defineVenue` or a ready venue returns), a venue document whose decoder and
 * patterns are ids, or the path or URL of a YAML or JSON file that holds one.
 * @throws VenuewireError when the declaration, a credential reference or the addon is not in order. What fails later (a
 * socket, a capture) rejects `run` or the iteration.
 */
export async function openFeed<D extends AnyDecoder>(
  venue: Venue<D>,
  options: FeedOptions & { readonly events: true | KeptBooksOptions },
): Promise<Feed<D, EventHandlers>>;
export async function openFeed(
  venue: VenueDeclaration | VenueResource | string | URL,
  options: FeedOptions & { readonly events: true | KeptBooksOptions },
): Promise<Feed<AnyDecoder, EventHandlers>>;
export async function openFeed<D extends AnyDecoder>(venue: Venue<D>, options?: FeedOptions): Promise<Feed<D>>;
export async function openFeed(
  venue: VenueDeclaration | VenueResource | string | URL,
  options?: FeedOptions,
): Promise<Feed>;
export async function openFeed(
  given: Venue | VenueDeclaration | VenueResource | string | URL,
  options: FeedOptions = {},
): Promise<Feed> {
  checkOptions(options);
  const venue = await wholeVenue(given);
  if (venue.pipelines !== undefined) {
    throw new VenuewireError(
      'VW_PIPELINES',
      `${venue.name} declares pipelines (${Object.keys(venue.pipelines).join(', ')}), which openFeed does not run`,
      remedyOf('VW_PIPELINES'),
    );
  }
  const capture = options.capture ?? declaredCapture(venue);
  if (capture !== undefined && options.transports !== undefined) {
    throw new VenuewireError(
      'VW_OPTION',
      'transports carry live connections, and this feed reads a capture',
      'Leave one of them out.',
    );
  }
  const decoder = jsonDecoderOf(venue);
  if (decoder !== undefined) return openText(venue, decoder, options, capture);
  if (capture === undefined) checkArranged(venue.name, venue.security);
  const compiled = compileVenue(venue, {
    select: options.select,
    resume: options.resume,
    capture: capture !== undefined,
    transports: options.transports,
    tls: tlsTransport,
  });
  return new Feed(venue, compiled, capture === undefined ? options : { ...options, capture });
}
