/** Days of the fixtures for tests of the event log, and what a feed or a log says, entry by entry. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Books, openBooks } from '../../src/books/books.js';
import { itch50 } from '../../src/decoders/itch50.js';
import type { Notice, Position } from '../../src/feed/batch.js';
import type { Batch, Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import type { View } from '../../src/layout/index.js';
import { openLogWriter } from '../../src/log/index.js';
import type { WriterParts } from '../../src/log/log.js';
import type { LogWriterOptions } from '../../src/log/options.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue } from '../../src/patterns/venue.js';
import { resolveVenue } from '../../src/venues/load.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

const LINES = { A: '233.54.12.111:26477', B: '233.49.196.111:26477' };
export const DAYS = {
  clean: { file: fixture('itch50-clean.pcap'), lines: LINES },
  lossy: { file: fixture('itch50-ab-lossy.pcap'), lines: LINES },
};

/** A feed of a capture; its ring is small, so that there are many batches. */
export async function feedOf(capture: { readonly file: string } = DAYS.lossy, name = 'day') {
  const lines = { A: captureFile('a'), B: captureFile('b') };
  const venue = await resolveVenue(defineVenue({ name, decoder: itch50, framing: 'moldudp64', lines }));
  return openFeed(venue, { capture, ringBytes: 65_536 });
}

/** Each message and each notice as a line, in order. */
export function reader(decoder: { readonly names: readonly string[] }): {
  readonly lines: string[];
  take(batch: Batch<never>): void;
} {
  const lines: string[] = [];
  const take = (view: View, at: Position): void => {
    const bytes = Buffer.from(view.$data.buffer, view.$data.byteOffset + view.$at, view.$length);
    const { channel, line, sequence, receivedAt, origin, index } = at;
    lines.push([channel, line, sequence, receivedAt, origin, index, bytes.toString('hex')].join(' '));
  };
  const handlers = Object.fromEntries(decoder.names.map((name) => [name, take]));
  const sink = {
    notice: (notice: Notice) => {
      lines.push(`notice ${Object.values(notice).join(' ')}`);
    },
  };
  return { lines, take: (batch) => void batch.read(handlers as never, sink) };
}

/** Everything that a source of batches gives. */
export async function listing(source: AsyncIterable<Batch<never>> & Pick<Feed, 'decoder'>): Promise<string[]> {
  const { lines, take } = reader(source.decoder);
  for await (const batch of source) take(batch);
  return lines;
}

/** Everything that books say. */
export function booksDigest(books: Books<never>): string {
  const hash = createHash('sha256');
  books.keys().forEach((key, number) => {
    hash.update(`${key} ${books.name(number)} ${books.top({ number }).stale}\n`);
    for (const side of ['bid', 'ask'] as const) {
      for (const { price, size, orders } of books.depth({ number }, side)) {
        hash.update(`${side} ${price} ${size} ${orders} ${books.queue({ number }, side, price)}\n`);
      }
    }
  });
  return hash.digest('hex');
}

export const booksOver = (source: unknown): Books<never> => openBooks(source as never);

/** Small blocks and segments, so that a small day has many. */
export const SMALL: LogWriterOptions = { blockBytes: 4096, segmentBytes: 32_768, queueBytes: 1 << 20, lingerMs: 0 };

/** Writes a day; resolves with the writer's last words. */
export async function write(
  folder: string,
  options: LogWriterOptions = SMALL,
  capture: { readonly file: string } = DAYS.lossy,
  parts: WriterParts = {},
) {
  const feed = await feedOf(capture);
  const writer = openLogWriter(folder, feed as never, options, parts);
  for await (const batch of feed) {
    writer.append(batch as never);
    if (writer.full) await writer.room();
  }
  return writer.close();
}

const folders: string[] = [];
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-log-'));
  folders.push(folder);
  return join(folder, 'day');
}
export const removeFolders = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};
