/** Decoders, framings and venues by the ids or paths that are typed. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { decoderFor, findDecoders } from '../decoders/feeds.js';
import { decoders, findDecoder } from '../decoders/registry.js';
import { VenuewireError } from '../errors.js';
import type { Decoder } from '../layout/index.js';
import { completeFraming, type Framing } from '../patterns/framing.js';
import { findFraming, framings } from '../patterns/framings.js';
import type { Venue } from '../patterns/venue.js';
import { loadVenue } from '../venues/load.js';
import { framingBeside, isPath, loadOwn } from '../venues/own.js';
import { findVenue, venues } from '../venues/registry.js';
import { didYouMean, usage } from './exit.js';

/** What a timer can wait for: beyond 2^31 - 1 ms it would fire at once. */
export const TIMER_SECONDS_MOST = 2_147_483;

/**
 * The decoder of that id, of what people call the feed where that is one feed (`ITTO`), or of a module of one's own
 * (`./own.mjs`).
 * @throws VenuewireError `VW_DECODER_UNKNOWN` with the nearest ids, `VW_DECODER_AMBIGUOUS` with the feeds of that name,
 *   `VW_MODULE`.
 */
export async function chooseDecoder(id: string): Promise<Decoder> {
  if (isPath(id)) return loadOwn('decoder', id, process.cwd());
  const entry = findDecoder(id);
  if (entry !== undefined) return entry.load();
  if (findDecoders({ feed: id }).length > 0) return decoderFor({ feed: id }).entry.load();
  throw new VenuewireError(
    'VW_DECODER_UNKNOWN',
    `there is no decoder '${id}'`,
    didYouMean(
      id,
      decoders.map((d) => d.id),
      'list decoders',
    ),
  );
}

/**
 * The framing of that id.
 * @throws VenuewireError `VW_FRAMING_UNKNOWN` with the nearest ids.
 */
export function chooseFraming(id: string): Framing {
  const framing = findFraming(id);
  if (framing !== undefined) return framing;
  throw new VenuewireError(
    'VW_FRAMING_UNKNOWN',
    `there is no framing '${id}'`,
    didYouMean(
      id,
      framings.map((f) => f.id),
      'list framings',
    ),
  );
}

/** The venue of a file, or a ready one as its own example: its table and framing do not depend on its lines. */
export async function chooseVenue(text: string): Promise<Venue> {
  const ready = findVenue(text);
  if (ready !== undefined) return (await ready.load()).example();
  if (isPath(text) || existsSync(text)) {
    // Who reads a capture wants to see it: pipelines are run by `venuewire run`.
    const { pipelines: _, ...connection } = await loadVenue(text);
    return Object.freeze(connection);
  }
  throw new VenuewireError(
    'VW_VENUE_UNKNOWN',
    `there is no venue '${text}', and no file of that name`,
    `${didYouMean(
      text,
      venues.map((v) => v.id),
      'list venues',
    )} A venue file ends in .yaml, .json or .mjs.`,
  );
}

/** What is given of a feed on the command line: each an id or a path. */
export interface Named {
  readonly venue?: string | undefined;
  readonly decoder?: string | undefined;
  readonly framing?: string | undefined;
}

/** What it comes to. `stream`: the messages frame themselves. */
export interface Chosen {
  readonly venue: Venue | undefined;
  readonly decoder: Decoder | undefined;
  readonly framing: Framing | 'stream' | undefined;
}

/**
 * Table and framing, from a venue, or by themselves. What is named by itself wins over the venue's.
 * @throws VenuewireError when there is nothing of a name, or a file is not in order.
 */
export async function chooseFeed(named: Named): Promise<Chosen> {
  const venue = named.venue === undefined ? undefined : await chooseVenue(named.venue);
  const decoder = named.decoder === undefined ? venue?.decoder : await chooseDecoder(named.decoder);
  return { venue, decoder, framing: await framingFor(named, venue, decoder) };
}

async function framingFor(
  { decoder: id, framing }: Named,
  venue: Venue | undefined,
  decoder: Decoder | undefined,
): Promise<Chosen['framing']> {
  if (framing === 'stream') return framing;
  if (framing !== undefined) {
    return isPath(framing) ? loadOwn('framing', framing, process.cwd()) : chooseFraming(framing);
  }
  if (venue?.framing !== undefined) {
    return typeof venue.framing === 'string' ? chooseFraming(venue.framing) : completeFraming(venue.framing);
  }
  if (id === undefined || decoder === undefined || !isPath(id) || findFraming(decoder.framing)) return undefined;
  return framingBeside(decoder, id, process.cwd());
}

/** @throws VenuewireError `VW_MESSAGE_NAME` with the nearest names. */
export function chooseMessages(decoder: Decoder, names: readonly string[]): Set<number> {
  return new Set(
    names.map((name) => {
      const index = decoder.names.findIndex((n) => n.toLowerCase() === name.toLowerCase());
      if (index >= 0) return index;
      throw new VenuewireError(
        'VW_MESSAGE_NAME',
        `${decoder.id} has no message '${name}'`,
        didYouMean(name, decoder.names, `list decoders --format ndjson; docs/protocols/${decoder.id}.md has them`),
      );
    }),
  );
}

/** An option whose value is one of a few words. */
export const oneOf = (flags: string, says: string, choices: readonly string[], fallback?: string): Option => {
  const option = new Option(flags, says).choices(choices);
  return fallback === undefined ? option : option.default(fallback);
};

/** An option that may be given several times. */
export const again = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** The arguments of verbs that read a capture through a feed. */
export const captureThroughFeed = (command: Command): Command =>
  command
    .argument('<file>', 'pcap, pcapng or BinaryFILE, plain or gzip; - for standard input')
    .option('--venue <file-or-id>', 'venue file, or a ready venue (venuewire list venues)')
    .option('--decoder <id>', 'message table, where there is no venue')
    .option('--framing <id>', 'how packets carry messages; default: what the decoder names')
    .option(
      '--line <name=ip:port>',
      'destination that is this line; again for more. Default: found in the capture',
      again,
      [],
    );

/** The first of these options that was typed, as it is typed. */
export function typed(command: Command, names: readonly string[]): string | undefined {
  const name = names.find((n) => command.getOptionValueSource(n) === 'cli');
  return command.options.find((o) => o.attributeName() === name)?.long ?? undefined;
}

/** Refuses options that say something about `what`, where that was not asked for: nothing that is said is ignored. */
export function onlyWith(command: Command, what: string, names: readonly string[]): void {
  const option = typed(command, names);
  if (option !== undefined)
    throw usage(`${option} means nothing without ${what}`, `Add ${what}, or leave ${option} out.`);
}

/** A list separated by commas. */
export const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '');

/** A whole number in a range. */
export const wholeNumber =
  (name: string, least: number, most: number) =>
  (text: string): number => {
    const n = Number(text);
    if (text.trim() !== '' && Number.isInteger(n) && n >= least && n <= most) return n;
    throw new VenuewireError(
      'VW_USAGE',
      `${name}: '${text}' is not a whole number from ${least} to ${most}`,
      'Correct the value.',
    );
  };

/** A decimal number from `least` on. */
export const decimalFrom =
  (name: string, least: number) =>
  (text: string): number => {
    const n = Number(text);
    if (text.trim() !== '' && Number.isFinite(n) && n >= least) return n;
    throw new VenuewireError('VW_USAGE', `${name}: '${text}' is not a number from ${least} on`, 'Correct the value.');
  };

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ADDRESS = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}:(\\d{1,5})$`);
const PORT_MAX = 65535;

/** `ip:port`, IPv4. */
export function ipPort(name: string, text: string): string {
  const port = Number(ADDRESS.exec(text)?.[1] ?? 0);
  if (port >= 1 && port <= PORT_MAX) return text;
  throw new VenuewireError(
    'VW_USAGE',
    `${name}: '${text}' is not an address`,
    'Write it as ip:port, for example 233.54.12.111:26477',
  );
}

const part = (name: string, text: string): number => {
  const p = Number(text);
  if (text.trim() !== '' && p >= 0 && p <= 1) return p;
  throw new VenuewireError(
    'VW_USAGE',
    `${name}: '${text}' is not a number from 0 to 1`,
    'Write for example 0.02 for two in a hundred.',
  );
};

/** A number from 0 to 1. */
export const probability =
  (name: string) =>
  (text: string): number =>
    part(name, text);

/** One number from 0 to 1, or one for each line. */
export const probabilities =
  (name: string) =>
  (text: string): number[] =>
    text.split(',').map((p) => part(name, p));
