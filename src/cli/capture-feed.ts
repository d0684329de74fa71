/** A capture read as a feed, in the one way of the verbs that make books and events of it. */
import { Capture } from '../capture/packets.js';
import { VenuewireError } from '../errors.js';
import type { Batch, Feed } from '../feed/feed.js';
import { openFeed } from '../feed/open.js';
import { skippedFrames } from '../feed/skipped.js';
import { feedCounter } from '../feed/statistics.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { type CaptureVenueOptions, captureVenue, needsLines, tellRefused } from './feeds.js';
import { Progress } from './output.js';
import { say } from './terminal.js';

export class CaptureFeed {
  /** Gaps that were opened so far. */
  gaps = 0;
  /** What the capture ended with. */
  fault: VenuewireError | undefined;
  readonly #interrupt: Interrupt;
  readonly #progress: Progress;

  constructor(
    verb: string,
    readonly feed: Feed,
    capture: Capture,
  ) {
    this.#interrupt = new Interrupt(capture.isPipe);
    this.#interrupt.signal.addEventListener('abort', () => feed.close());
    this.#progress = new Progress(verb, capture.size);
    feed.on('gapOpened', () => this.gaps++);
  }

  /** Every batch up to the capture's end or its fault; `take` that gives true ends it before. */
  async each(take: (batch: Batch) => boolean | Promise<boolean>): Promise<void> {
    const done = feedCounter(this.feed.ring, 'captureBytes');
    try {
      for await (const batch of this.feed) {
        this.#progress.update(done());
        if (await take(batch)) break;
      }
    } catch (error) {
      // What came before the fault of a capture is printed first.
      if (!(error instanceof VenuewireError) || error.code !== 'VW_CAPTURE_MALFORMED') throw error;
      this.fault = error;
    }
    this.#progress.done();
  }

  close(): void {
    this.#progress.done();
    this.#interrupt.dispose();
    this.feed.close();
  }
}

/**
 * Opens a capture as its options say, lets `read` take and print what is in it, tells how it ended, and sets the exit code.
 * @throws VenuewireError `VW_CAPTURE_MALFORMED`, after what came before the fault
 */
export async function readCapture(
  verb: string,
  file: string,
  options: CaptureVenueOptions,
  read: (from: CaptureFeed) => Promise<void>,
): Promise<void> {
  const given = new Capture(file);
  const { capture, release } = needsLines(options) ? await given.keep() : { capture: given, release: () => {} };
  try {
    const { venue, capture: source, found } = await captureVenue(capture, options);
    for (const text of found) say(text);
    const from = new CaptureFeed(verb, await openFeed(venue, { capture: source }), capture);
    try {
      await read(from);
      tellRefused(from.feed);
      endOfCapture(
        { skipped: skippedFrames(from.feed.statistics().feed, from.feed.describe().foreign), fault: from.fault },
        from.gaps > 0,
      );
    } finally {
      from.close();
    }
  } finally {
    release();
  }
}
