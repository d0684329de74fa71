/** A recording becomes a capture in memory, which the feed reads like any other. */
import { VenuewireError } from '../errors.js';
import { JsonDecoder } from '../json/table.js';
import { defineIntegrity, type Integrity } from '../patterns/integrity.js';
import { type Network, udpUnicast } from '../patterns/network.js';
import type { Venue } from '../patterns/venue.js';
import { CAPTURED_ADDRESS, CaptureBytes } from './packets.js';
import { recordedMessages } from './recording.js';
import { VenueSession } from './session.js';

/** Bytes that a recording may become. */
const CAPTURE_MAX = 1 << 30;
const INSTRUMENTS_MAX = 4_096;

/**
 * The venue's table, where it is one of JSON.
 * @throws VenuewireError `VW_INTEGRITY` when the venue declares a check that its table cannot be put to.
 */
export function jsonDecoderOf(venue: Venue): JsonDecoder | undefined {
  const decoder: unknown = venue.decoder;
  const { integrity, name } = venue;
  if (!(decoder instanceof JsonDecoder)) {
    if (integrity === undefined) return undefined;
    throw wrong(name, `${venue.decoder.id} is no table of JSON, and nothing else is checked so`);
  }
  if (integrity !== undefined) checkNames(name, decoder, integrity);
  return decoder;
}

const wrong = (venue: string, what: string): VenuewireError =>
  new VenuewireError('VW_INTEGRITY', `${venue}: integrity: ${what}`, 'Name messages and fields of the table.');

/** Every message and field that is named is one of the table's. */
function checkNames(venue: string, decoder: JsonDecoder, integrity: Integrity): void {
  const check = (message: string, ...fields: readonly (string | undefined)[]): void => {
    const found = decoder.messages[message];
    if (found === undefined) throw wrong(venue, `${decoder.id} has no message '${message}'`);
    for (const field of fields)
      if (field !== undefined && !(field in found.fields)) throw wrong(venue, `${message} has no field '${field}'`);
  };
  const { position, images, changes, checksum, depthField } = integrity;
  for (const message of [...images, ...changes]) check(message, depthField);
  for (const message of changes) check(message, checksum?.field);
  if (position.type === 'none') return;
  for (const message of position.messages) {
    if (position.type === 'range') check(message, position.first, position.last);
    else check(message, position.field);
  }
  if (position.type === 'range') for (const message of images) check(message, position.imageLast);
  if (position.type === 'lastId') check(position.told.message, position.told.field);
}

export interface Replay {
  /** The venue with a channel for each instrument of the recording. */
  readonly venue: Venue;
  /** pcap. */
  readonly bytes: Uint8Array;
  readonly session: VenueSession;
}

/** Instruments that messages of the recording are about, in the order in which they come. */
async function instrumentsOf(decoder: JsonDecoder, path: string): Promise<string[]> {
  const found = new Set<string>();
  const key = decoder.instrument[0] ?? '';
  for await (const { text, url } of recordedMessages(path)) {
    try {
      for (const { values } of decoder.read(text, { url })) {
        const symbol = values[key];
        if (typeof symbol === 'string') found.add(symbol);
      }
    } catch (error) {
      // It is counted, and told, when the recording is played.
      if (!(error instanceof VenuewireError)) throw error;
    }
    if (found.size > INSTRUMENTS_MAX) break;
  }
  return [...found].slice(0, INSTRUMENTS_MAX);
}

/** A channel's name: letters, digits, dots, _ and - of the symbol. */
const channelName = (symbol: string): string => symbol.replace(/[^A-Za-z0-9_.-]/g, '-');

/** The connection's own channel, and one for each instrument. */
function channelsFor(instruments: readonly string[]): NonNullable<Venue['channels']> {
  const names = instruments.map(channelName);
  return Object.fromEntries([
    ['connection', { key: 0n }],
    ...names.map((name, i) => [
      names.indexOf(name) === i && name !== 'connection' ? name : `${name}.${i + 1}`,
      { key: BigInt(i + 1) },
    ]),
  ]) as NonNullable<Venue['channels']>;
}

/**
 * Plays a recording through the venue's session.
 * @throws VenuewireError `VW_RECORDING` when it cannot be read, `VW_RECORDING_SIZE` when it becomes too large.
 */
export async function replayRecording(venue: Venue, decoder: JsonDecoder, path: string): Promise<Replay> {
  const integrity = venue.integrity ?? defineIntegrity({ per: 'connection' });
  const instruments = integrity.per === 'instrument' ? await instrumentsOf(decoder, path) : [];
  const capture = new CaptureBytes(CAPTURE_MAX);
  const session = new VenueSession(decoder, integrity, instruments, (packets, receivedNs) => {
    if (capture.add(packets, receivedNs)) return;
    throw new VenuewireError(
      'VW_RECORDING_SIZE',
      `${path} becomes more than ${CAPTURE_MAX} bytes of records`,
      'Cut it into parts that begin with images.',
    );
  });
  let lastNs = 0n;
  for await (const { text, receivedNs, url } of recordedMessages(path)) {
    lastNs = receivedNs;
    session.message(text, receivedNs, { url });
  }
  session.finish(lastNs);
  return { venue: withChannels(venue, udpUnicast(CAPTURED_ADDRESS), instruments), bytes: capture.bytes, session };
}

/** The venue as the core knows it: its line brings packets of records, a channel for each instrument. */
export function withChannels(venue: Venue, network: Network, instruments: readonly string[]): Venue {
  const [line = 'A'] = Object.keys(venue.lines ?? {});
  return {
    ...venue,
    framing: 'venue-messages',
    lines: { [line]: network },
    channels: channelsFor(venue.integrity?.per === 'connection' ? [] : instruments),
    recovery: [],
    // A number that is missing before the first record is a gap too.
    join: 'beginning',
  } as Venue;
}
