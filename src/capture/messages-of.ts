/** The messages of bytes in memory, without a feed and without the addon. */
import { VenuewireError } from '../errors.js';
import type { DecodedMessage, Decoder, Fields, Messages as Table } from '../layout/index.js';
import type { Framing } from '../patterns/framing.js';
import { findFraming } from '../patterns/framings.js';
import { withJson } from '../plain.js';
import { FramingReader, tableLengths } from './framing-reader.js';
import { framingsFor } from './messages.js';

/** A message, where its first byte is, and its number (0: it has none). */
export type MessageOf<H extends Fields, M extends Table> = DecodedMessage<Decoder<H, M>> & {
  readonly sequence: bigint;
  readonly offset: number;
};

function namedFraming(id: string): Framing {
  const framing = findFraming(id);
  if (framing !== undefined) return framing;
  throw new VenuewireError(
    'VW_FRAMING_UNKNOWN',
    `there is no framing '${id}'`,
    'venuewire list framings has the ids; a framing of your own is passed as what defineFraming returns.',
  );
}

const broken = (problem: string, offset: number): VenuewireError =>
  new VenuewireError(
    'VW_PACKET_MALFORMED',
    `the packet at byte ${offset} cannot be read: ${problem}`,
    'Give whole packets of the framing that carries this protocol: venuewire list framings.',
  );

/**
 * The messages of the packets in `bytes`, in order: of a datagram's payload, or of a stream from the beginning of a packet.
 * `framing`: how packets carry them, a record or its id; default: the one that the decoder names; `'none'`: the bytes are
 * one message. Each is a plain object, which may be kept.
 * @throws VenuewireError `VW_FRAMING_UNKNOWN`; `VW_PACKET_MALFORMED` for a packet that contradicts itself,
 * `VW_MESSAGE_TYPE` and `VW_MESSAGE_MALFORMED` for a message that the decoder refuses. What came before has been given.
 */
export function* messagesOf<H extends Fields, M extends Table>(
  decoder: Decoder<H, M>,
  bytes: Uint8Array,
  framing?: Framing | string,
): Generator<MessageOf<H, M>> {
  if (framing === 'none') {
    yield withJson({ ...decoder.decode(bytes), sequence: 0n, offset: 0 }) as unknown as MessageOf<H, M>;
    return;
  }
  const any = decoder as unknown as Decoder;
  const { udp } = framingsFor(any, typeof framing === 'string' ? namedFraming(framing) : framing);
  const reader = new FramingReader(udp, { tableLength: tableLengths(any) });
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const next = reader.read(data, at, bytes.length);
    if (next < 0) throw broken(reader.problem, at);
    const found: [offset: number, length: number, sequence: bigint][] = [];
    const whole = reader.messages(data, (offset, length, sequence) => found.push([offset, length, sequence]));
    for (const [offset, length, sequence] of found) {
      const decoded = decoder.decode(bytes.subarray(offset, offset + length));
      yield withJson({ ...decoded, sequence, offset }) as unknown as MessageOf<H, M>;
    }
    if (!whole) throw broken(reader.problem, at);
    at = next;
  }
}
