/** `venuewire record` of a venue that sends text: its messages as frames, a line each. */
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { VenuewireError } from '../errors.js';
import { openFeed } from '../feed/open.js';
import type { LiveFrame } from '../internet/live.js';
import type { Venue } from '../patterns/venue.js';
import { grouped } from './output.js';
import { clearLine, drawLine, say, watched } from './terminal.js';

const NANOSECONDS = 1_000_000_000n;
const DIGITS = 9;
const DRAW_MS = 200;

/** A line of a recording; credentials are `***` in it. */
function lineOf({ dir, text, url, receivedNs }: LiveFrame): string {
  const t = `${receivedNs / NANOSECONDS}.${String(receivedNs % NANOSECONDS).padStart(DIGITS, '0')}`;
  return `${JSON.stringify({ t, dir, ...(url === undefined ? {} : { url }), text })}\n`;
}

/** Records until the signal; returns how many messages came. The file is whole line by line. */
export async function recordText(path: string, venue: Venue, signal: AbortSignal): Promise<number> {
  // A file that is there is not written over: it may be the only copy of a day.
  const file = createWriteStream(path, { flags: 'wx' });
  const failed = new Promise<never>((_, reject) => {
    file.on('error', (cause: NodeJS.ErrnoException) => reject(unwritable(path, cause)));
  });
  failed.catch(() => {});
  let messages = 0;
  const keep = (frame: LiveFrame): void => {
    if (frame.dir === 'in' || frame.dir === 'http') messages++;
    file.write(lineOf(frame));
  };
  const feed = await openFeed(venue, { frames: keep, logger: { info: () => {}, warn: say }, signal });
  const drawing = setInterval(() => watched() && drawLine(`${grouped(messages)} messages: ${path}`), DRAW_MS);
  try {
    await Promise.race([feed.run({}), failed]);
  } finally {
    clearInterval(drawing);
    feed.close();
    if (watched()) clearLine();
    file.end();
  }
  await Promise.race([finished(file), failed]);
  return messages;
}

const unwritable = (path: string, cause: NodeJS.ErrnoException): VenuewireError =>
  new VenuewireError(
    'VW_RECORD_WRITE',
    `${path} could not be written: ${cause.code === 'EEXIST' ? 'it is there already' : cause.message}`,
    'Name another file, and make room where it goes; what is in it is whole, line by line.',
    cause,
  );
