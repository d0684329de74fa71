import type { Decoder } from '../layout/index.js';

/** What is known of a decoder before it is loaded. */
export interface DecoderEntry {
  readonly id: string;
  readonly venue: string;
  readonly feed: string;
  readonly version: string;
  readonly framing: string;
  /** Number of messages. */
  readonly messages: number;
  /** Loads the table; only then does it cost anything. */
  readonly load: () => Promise<Decoder>;
}

const entry = (
  id: string,
  venue: string,
  feed: string,
  version: string,
  framing: string,
  messages: number,
  load: () => Promise<unknown>,
): DecoderEntry => ({ id, venue, feed, version, framing, messages, load: load as () => Promise<Decoder> });

/** Every decoder that comes with the library, by id. Written from the decoders themselves (test/unit/layout-registry.test.ts). */
// biome-ignore format: one decoder a line
export const decoders: readonly DecoderEntry[] = [
  entry('nasdaq-totalview-itch-5.0-2017', 'Nasdaq', 'TotalView-ITCH', '5.0-2017', 'moldudp64', 21, async () => (await import('./itch50-2017.js')).itch50v2017),
  entry('nasdaq-totalview-itch-5.0', 'Nasdaq', 'TotalView-ITCH', '5.0', 'moldudp64', 23, async () => (await import('./itch50.js')).itch50),
  entry('session-moldudp64', 'Nasdaq', 'MoldUDP64', '1.00', 'moldudp64', 4, async () => (await import('./moldudp64.js')).moldudp64),
  entry('session-soupbintcp-3', 'Nasdaq', 'SoupBinTCP', '3.00', 'stream', 10, async () => (await import('./soupbintcp.js')).soupbintcp),
];

/** The entry of a decoder, or undefined when there is none of that id. */
export const findDecoder = (id: string): DecoderEntry | undefined => decoders.find((d) => d.id === id);
