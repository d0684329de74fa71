/**
 * Framing: how packets carry messages. One declared record says where a packet keeps its length, session, number, count
 * and messages; the native core and `walk.ts` both execute it.
 */
import { z } from 'zod';
import {
  HEARTBEAT_NUMBER,
  HEARTBEAT_NUMBER_MEANING,
  NUMBERING,
  PACKET_KIND,
  PACKET_KIND_MEANING,
} from '../contract.js';
import { VenuewireError } from '../errors.js';
import { meanings, unsigned } from './units.js';

const offset = z.int().min(0).max(0xffff);
const order = z.enum(['big', 'little']).optional().describe('Byte order, where it differs from the framing’s');

/** An unsigned field of a header or message. */
export const fieldSchema = z
  .strictObject({
    offset: offset.describe(
      'Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number',
    ),
    size: z.int().min(1).max(20).describe('Bytes; at most 8 unless the field is `digits`'),
    type: z
      .enum(['uint', 'digits', 'tag', 'tagText'])
      .optional()
      .describe('`uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag'),
    byteOrder: order,
    bits: z
      .tuple([z.int().min(0).max(63), z.int().min(1).max(64)])
      .optional()
      .describe('Only these bits: the lowest (0 = least significant) and how many'),
  })
  .refine((f) => f.type === 'digits' || f.size <= 8, 'has more than 8 bytes')
  .describe('Where an unsigned number stands')
  .meta({ id: 'Field' });
export type FramingField = z.infer<typeof fieldSchema>;

/** A field of tag=value messages, found by its tag: `tag(34)`. */
export const tag = (number: number, type: 'number' | 'text' = 'number'): FramingField => ({
  offset: number,
  size: 1,
  type: type === 'text' ? 'tagText' : 'tag',
});

const HEADER_FIELDS = ['packetLength', 'sequence', 'count', 'channel', 'session'] as const;

export const kindName = z.enum(PACKET_KIND).describe(meanings(PACKET_KIND_MEANING));
export type { PacketKind } from '../contract.js';

export const numberMeaning = z
  .enum(HEARTBEAT_NUMBER)
  .default('none')
  .describe(`What the number of such a packet says. ${meanings(HEARTBEAT_NUMBER_MEANING)}`);
export type { HeartbeatNumber as NumberMeaning } from '../contract.js';

const equals = z.union([z.int().min(0), z.string().min(1).max(8)]).describe('The value; text is compared byte by byte');
const tagNumber = z.int().min(1).max(0xffff).optional().describe('Instead of `offset` and `size`: a FIX tag');

const condition = z
  .strictObject({
    offset: offset.default(0),
    size: z.int().min(1).max(8).default(1),
    tag: tagNumber,
    byteOrder: order,
    bits: fieldSchema.shape.bits,
    equals,
  })
  .describe('A field that has this value');

/** The record that `defineFraming` takes. */
const framingShape = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and hyphens')
      .describe('Name of this framing; venue files refer to it'),
    source: z.string().optional().describe('Document, version and section that says so'),
    decoders: z
      .array(z.string())
      .default([])
      .describe('Beginnings of decoder ids that take this variant of the framing that they name'),
    unconfirmed: z.array(z.string()).default([]).describe('What no public source confirms: check before relying on it'),
    byteOrder: z.enum(['big', 'little']).describe('Of every field that does not say otherwise'),
    headerLength: offset.describe('Bytes from the start of a packet to its first message'),
    shortestPacket: offset.optional().describe('Bytes of the shortest legal packet; default: `headerLength`'),
    packetLength: z
      .strictObject({
        ...fieldSchema.shape,
        excludes: z
          .int()
          .default(0)
          .describe('Bytes of the packet that the field does not count (negative: counts more)'),
      })
      .optional()
      .describe('The length of the packet; absent: the datagram is the packet'),
    fix: z
      .boolean()
      .default(false)
      .describe(
        'tag=value messages: BodyLength (9) ends one, CheckSum (10) is verified; fields are found by their tags',
      ),
    packetDelimiter: z
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe('The packet ends with this byte, which is part of it, where no field says its length'),
    manyPackets: z.boolean().default(false).describe('One datagram may hold several packets, each with its header'),
    session: z
      .strictObject({
        offset,
        size: z.int().min(1).max(16),
        type: z
          .enum(['text', 'uint'])
          .default('text')
          .describe('`text`: compared as bytes; `uint`: a number of up to 8 bytes'),
        bits: fieldSchema.shape.bits,
        byteOrder: order,
        ordered: z.boolean().default(false).describe('A greater value is a newer session'),
      })
      .optional()
      .describe('Session, version or restart counter: numbers mean something only within one'),
    sequence: fieldSchema.optional().describe('The number of the packet’s first message, or of the packet'),
    sequenceHigh: fieldSchema.optional().describe('Bits of the number above its lowest 32'),
    numbering: z
      .enum(NUMBERING)
      .optional()
      .describe('What one number counts. Default: `message`, without a `sequence`: `none`'),
    restarts: z
      .boolean()
      .default(false)
      .describe(
        'Numbers may start again without a mark that can be relied on: a lower number that was sent later is a new beginning',
      ),
    zeroIsUnsequenced: z.boolean().default(false).describe('Packets numbered 0 carry messages that no number counts'),
    wrap: z
      .strictObject({ max: unsigned, first: unsigned })
      .default({ max: '18446744073709551615', first: 1 })
      .describe('After `max` the next number is `first`; `first` is also where a session begins'),
    count: fieldSchema.optional().describe('Messages in the packet; absent: messages go to the packet’s end'),
    channel: fieldSchema.optional().describe('What tells channels apart that share a line'),
    sendTime: z
      .strictObject({
        ...fieldSchema.shape,
        unit: z.enum(['ns', 'us', 'ms', 's']).default('ns'),
        nanos: fieldSchema.optional().describe('A further field that adds nanoseconds'),
      })
      .optional()
      .describe('When the venue sent the packet'),
    kinds: z
      .array(
        z.strictObject({
          when: z
            .strictObject({
              field: z.enum(HEADER_FIELDS).optional().describe('A field that is declared above'),
              offset: offset.optional(),
              size: z.int().min(1).max(8).optional(),
              tag: tagNumber,
              byteOrder: order,
              bits: fieldSchema.shape.bits,
              equals,
            })
            .refine(
              (w) =>
                [w.field, w.tag, w.offset !== undefined && w.size !== undefined ? 0 : undefined].filter(
                  (x) => x !== undefined,
                ).length === 1,
              'needs either `field`, or `tag`, or `offset` and `size`',
            ),
          and: condition.optional().describe('… and this holds too'),
          is: kindName,
          number: numberMeaning,
        }),
      )
      .default([])
      .describe('Packets that are not plain data; the first that matches decides'),
    controls: z
      .array(
        z.strictObject({
          when: condition,
          and: condition.optional().describe('… and this holds too'),
          is: kindName,
          number: numberMeaning,
          next: fieldSchema
            .optional()
            .describe(
              'Of a heartbeat or reset: the number that follows; default: the packet’s. Of `unavailable`: the first',
            ),
          last: fieldSchema.optional().describe('Of `unavailable`: the last number; default: the first'),
          lastIs: z
            .enum(['included', 'next'])
            .default('included')
            .describe('Whether `last` is the last number of the range or the one behind it'),
          counted: z
            .boolean()
            .default(true)
            .describe(
              'false: the message takes no number. Of `unavailable`: it stands in the stream, in place of its range',
            ),
        }),
      )
      .default([])
      .describe(
        'First messages that steer the session; offsets count from the message. They are delivered all the same',
      ),
    item: z
      .strictObject({
        key: fieldSchema.optional().describe('Field of the packet that names the item; absent: one count for all'),
        number: fieldSchema.describe('Its number; the offset counts from the message. All ones: the message has none'),
      })
      .optional()
      .describe('A second count that messages carry: of the product, or of several channels together'),
    message: z
      .strictObject({
        length: z
          .strictObject({
            ...fieldSchema.shape,
            excludes: z
              .int()
              .default(0)
              .describe('Bytes from the prefix to the next message that the field does not count'),
          })
          .optional()
          .describe('Length of a message; its offset counts from the first byte of the prefix'),
        lengthFrom: z
          .enum(['field', 'table', 'delimiter', 'packet'])
          .optional()
          .describe(
            'Where a message’s length comes from: its `length` field; the message `table` (its type decides); a ' +
              '`delimiter`; the `packet` (one message, to the end). Default: what is declared',
          ),
        delimiter: z.int().min(0).max(255).optional().describe('Messages end with this byte'),
        prefix: z.int().min(0).max(255).default(0).describe('Bytes in front of a message that are not part of it'),
        trailer: z.int().min(0).max(255).default(0).describe('Bytes behind a message that are not part of it'),
        align: z.int().min(1).max(64).default(1).describe('Messages begin at multiples of this, from the first one'),
      })
      .prefault({})
      .describe('How messages follow each other'),
  })
  .check((context) => {
    const f = context.value;
    const shortest = f.shortestPacket ?? f.headerLength;
    const fault = (path: string, message: string): void => {
      context.issues.push({ code: 'custom', path: path.split('.'), message, input: undefined });
    };
    const inside = {
      packetLength: f.packetLength,
      session: f.session,
      sequence: f.sequence,
      sequenceHigh: f.sequenceHigh,
      channel: f.channel,
      sendTime: f.sendTime,
      'sendTime.nanos': f.sendTime?.nanos,
      'item.key': f.item?.key,
    };
    for (const [name, x] of Object.entries(inside)) {
      const byTag = x !== undefined && 'type' in x && (x.type === 'tag' || x.type === 'tagText');
      if (x !== undefined && !byTag && x.offset + x.size > shortest) {
        fault(name, `ends at byte ${x.offset + x.size}, but the shortest packet has ${shortest}`);
      }
    }
    if (f.numbering !== undefined && f.numbering !== 'none' && f.sequence === undefined) {
      fault('numbering', `'${f.numbering}' needs a sequence`);
    }
    if (f.restarts && f.sendTime === undefined) fault('restarts', 'needs a sendTime');
    if (f.manyPackets && f.packetLength === undefined && f.packetDelimiter === undefined)
      fault('manyPackets', 'needs a packetLength or a packetDelimiter');
    if (f.packetLength !== undefined && f.packetDelimiter !== undefined)
      fault('packetDelimiter', 'is not for packets that have a packetLength');
    if (f.session?.type === 'uint' && f.session.size > 8) fault('session.size', 'a number has at most 8 bytes');
    f.kinds.forEach((k, i) => {
      if (k.when.field !== undefined && f[k.when.field] === undefined) {
        fault(`kinds.${i}.when.field`, `there is no '${k.when.field}' in this framing`);
      }
    });
    const m = f.message;
    const from = m.lengthFrom ?? lengthFrom(m);
    if (from === 'field' && m.length === undefined) fault('message.length', 'is missing');
    if (from === 'delimiter' && m.delimiter === undefined) fault('message.delimiter', 'is missing');
  })
  .describe('How packets carry messages')
  .meta({ id: 'Framing' });
export type Parsed = z.output<typeof framingShape>;
/** Its declarations name its types instead of saying them again. */
export interface FramingSchema extends z.ZodType<Parsed, FramingInput> {}
export const framingSchema: FramingSchema = framingShape;

const lengthFrom = (m: { length?: unknown; delimiter?: unknown }): LengthFrom =>
  m.length !== undefined ? 'field' : m.delimiter !== undefined ? 'delimiter' : 'packet';

type LengthFrom = 'field' | 'table' | 'delimiter' | 'packet';
export type FramingInput = z.input<typeof framingShape>;
/** A framing with every default filled in. Plain data, frozen. */
export type Framing = Parsed & {
  readonly numbering: 'message' | 'packet' | 'none';
  readonly shortestPacket: number;
  readonly message: Parsed['message'] & { readonly lengthFrom: LengthFrom };
};

/** Fills in what follows from the rest. */
export function completeFraming(parsed: Parsed): Framing {
  return deepFreeze({
    ...parsed,
    numbering: parsed.numbering ?? (parsed.sequence === undefined ? 'none' : 'message'),
    shortestPacket: parsed.shortestPacket ?? parsed.headerLength,
    message: { ...parsed.message, lengthFrom: parsed.message.lengthFrom ?? lengthFrom(parsed.message) },
  });
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

/**
 * Declares a framing. Offsets and sizes are bytes.
 * @throws VenuewireError `VW_FRAMING` when the record is not sound; the message names the place in it.
 */
export function defineFraming(input: FramingInput): Framing {
  const result = framingSchema.safeParse(input);
  if (result.success) return completeFraming(result.data);
  const issues = result.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`);
  const named = typeof input?.id === 'string' ? `Framing '${input.id}'` : 'A framing without an id';
  throw new VenuewireError('VW_FRAMING', `${named}: ${issues.join('; ')}`, 'Correct the framing record.');
}

/** The bytes of `text` as one number, most significant first. */
export function textValue(text: string): bigint {
  let value = 0n;
  for (let i = 0; i < text.length; i++) value = (value << 8n) | BigInt(text.charCodeAt(i) & 0xff);
  return value;
}
