/** SIAC, for CTA and OPRA: retransmission requests to the Autolink facility, answers on retransmission lines. */
import { char, type Decoder, defineDecoder, digits, longDigits, message as row, text } from '../../layout/index.js';
import { defineFraming } from '../../patterns/framing.js';
import { defineRecovery, request } from '../../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../../patterns/security.js';
import { credential, message, parameter, variable } from '../../patterns/table.js';
import { defineVenue, type Venue } from '../../patterns/venue.js';
import { type Lines, ladder, rung, type Servers, type VenueOptions } from '../options.js';

/**
 * The fields are those that the guide lists, in its order. Where they stand, how wide they are and what separates them is
 * NOT confirmed: the widths, the type and the missing separators are placeholders, good for a simulation only.
 */
const siacAutolink = defineDecoder({
  id: 'session-siac-autolink',
  venue: 'SIAC',
  feed: 'retransmission requests',
  version: '1.6',
  specification: 'SIAC Autolink Facility User Guide 1.6 (June 24, 2016), Field Descriptions',
  framing: 'stream',
  byteOrder: 'big',
  header: { blockLength: digits(0, 4), direction: char(4) },
  messageType: 'direction',
  lengthField: { name: 'blockLength' },
  checked: ['placeholders: offsets, widths, separators and response codes are in no public source'],
  messages: {
    request: row('Q', 57, {
      lowMessageSequence: longDigits(5, 10),
      highMessageSequence: longDigits(15, 10),
      multicastLine: digits(25, 3),
      system: text(28, 4),
      userId: text(32, 12),
      password: text(44, 12),
      responseCode: char(56),
    }),
    response: row('R', 57, {
      lowMessageSequence: longDigits(5, 10),
      highMessageSequence: longDigits(15, 10),
      multicastLine: digits(25, 3),
      system: text(28, 4),
      userId: text(32, 12),
      password: text(44, 12),
      responseCode: char(56, { 0: 'Accepted' }),
    }),
  },
});

const siacAutolinkBlock = defineFraming({
  id: 'siac-autolink',
  source: 'SIAC Autolink Facility User Guide 1.6',
  unconfirmed: ['all of it: a block length of four digits is a placeholder'],
  byteOrder: 'big',
  headerLength: 5,
  packetLength: { offset: 0, size: 4, type: 'digits' },
  manyPackets: true,
});

/** Needs the parameter `system` (CTS, CQS, OPRA); the channel's key is the multicast line. */
export const siacRetransmission = defineRecovery({
  id: 'siac-retransmission',
  source: 'SIAC Autolink Facility User Guide 1.6; CTA CQS 2.10a; OPRA Binary 6.3a',
  unconfirmed: [
    'the layout of request and response: places and widths are placeholders, compare them with the guide before use',
    'response codes: only that there are some',
    'thresholds for a day, and how many blocks a request may name',
    'that one of the two connections is enough',
  ],
  transport: 'tcp',
  framing: siacAutolinkBlock,
  delivery: 'lines',
  request: message(siacAutolink, 'request', {
    lowMessageSequence: variable('begin'),
    highMessageSequence: variable('last'),
    multicastLine: variable('channel'),
    system: parameter('system'),
    userId: credential('username'),
    password: credential('password'),
  }),
  replies: [
    {
      on: message(siacAutolink, 'response'),
      do: 'status',
      number: 'responseCode',
      answers: { lowMessageSequence: 'begin', multicastLine: 'channel' },
      statuses: { 0: 'accepted' },
      otherwise: 'unavailable',
    },
  ],
});

export interface SiacOptions extends VenueOptions {
  /** The multicast lines by name, each with its two feeds and the retransmission groups that belong to it. */
  readonly channels: Readonly<
    Record<string, { readonly line: number; readonly lines: Lines; readonly retransmission?: Lines }>
  >;
  /** The retransmission facility. Credentials: user id and password. */
  readonly retransmission?: Servers;
}

/** One plan's feed: a channel for each multicast line. `system` is what its retransmission requests name. */
export function siacVenue<D extends Decoder>(
  plan: { readonly name: string; readonly decoder: D; readonly framing: string; readonly system: string },
  options: SiacOptions,
): Venue<D> {
  const { system, ...named } = plan;
  return defineVenue({
    ...named,
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { line, lines, retransmission }]) => [
        name,
        { key: line, lines, ...(retransmission === undefined ? {} : { retransmission }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      options.retransmission &&
        request(siacRetransmission, { timeout: '1s', ...rung(options.retransmission), parameters: { system } }),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'the layout of retransmission requests and responses; thresholds for a day',
      'whether Reset Block Sequence takes the number that it sets',
      'addresses and line numbers: they come with the subscription',
    ],
  });
}
