/**
 * The framings of the venues, one record each. `source` names the document; section numbers are those of the document.
 * Ids are what the message tables call their framing; a variant has a suffix.
 */
import { defineFraming, type Framing } from './framing.js';

const ROLLS_TO_ONE = { max: 0xffff_ffff, first: 1 };

/** Nasdaq MoldUDP64: Nasdaq, ASX, JNX, OSE and UTP feeds. */
export const moldudp64 = defineFraming({
  id: 'moldudp64',
  source: 'MoldUDP64 1.00, Downstream Packet',
  byteOrder: 'big',
  headerLength: 20,
  session: { offset: 0, size: 10, type: 'text' },
  sequence: { offset: 10, size: 8 },
  count: { offset: 18, size: 2 },
  kinds: [
    { when: { field: 'count', equals: 0 }, is: 'heartbeat', number: 'next' },
    { when: { field: 'count', equals: 0xffff }, is: 'endOfSession', number: 'next' },
  ],
  message: { length: { offset: 0, size: 2, excludes: 2 }, prefix: 2 },
});

/** Nasdaq SoupBinTCP: a stream of packets; messages are counted, not numbered. */
export const soupbintcp = defineFraming({
  id: 'soupbintcp',
  source: 'SoupBinTCP 3.00, Packet Types',
  byteOrder: 'big',
  headerLength: 3,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  manyPackets: true,
  kinds: [
    { when: { offset: 2, size: 1, equals: 'S' }, is: 'data' },
    { when: { offset: 2, size: 1, equals: 'U' }, is: 'unsequenced' },
    { when: { offset: 2, size: 1, equals: 'H' }, is: 'heartbeat' },
    { when: { offset: 2, size: 1, equals: 'R' }, is: 'heartbeat' },
    { when: { offset: 2, size: 1, equals: 'Z' }, is: 'endOfSession' },
    { when: { offset: 2, size: 1, equals: '+' }, is: 'ignore' },
    { when: { offset: 2, size: 1, equals: 'A' }, is: 'ignore' },
    { when: { offset: 2, size: 1, equals: 'J' }, is: 'ignore' },
    { when: { offset: 2, size: 1, equals: 'L' }, is: 'ignore' },
    { when: { offset: 2, size: 1, equals: 'O' }, is: 'ignore' },
  ],
});

/** Nasdaq BinaryFILE: messages behind their length, nothing else; a length of 0 ends the session. */
export const binaryfile = defineFraming({
  id: 'binaryfile',
  source: 'BinaryFILE 1.00, File Format',
  byteOrder: 'big',
  headerLength: 2,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  manyPackets: true,
  kinds: [{ when: { field: 'packetLength', equals: 0 }, is: 'endOfSession' }],
});

export const framings: readonly Framing[] = [moldudp64, soupbintcp, binaryfile];
/** The framing of that id, or undefined. */
export const findFraming = (id: string): Framing | undefined => framings.find((f) => f.id === id);
void ROLLS_TO_ONE;
