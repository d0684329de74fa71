/** How a venue that sends text says, or lets one find out, that something is missing. */
import { z } from 'zod';
import { patternError } from './recovery.js';
import type { Integrity, IntegrityInput } from './types.js';

export type { Integrity, IntegrityInput } from './types.js';

const name = z.string().min(1);
const messages = z.array(name).min(1);

const position = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }).describe('Messages have no numbers'),
    z
      .strictObject({
        type: z.literal('sequence'),
        field: name.describe('Field with the number, one more with each message'),
        messages: messages.describe('Messages that have it, images included'),
        of: z
          .enum(['instrument', 'connection'])
          .default('instrument')
          .describe(
            'What is numbered: the messages of each instrument; or all that a connection brings, so that a number that is ' +
              'missing may have been about any instrument',
          ),
      })
      .describe('A number, one more with each message'),
    z
      .strictObject({
        type: z.literal('range'),
        messages: messages.describe('Messages that change the state'),
        first: name.describe('Field with the first number of the message’s range'),
        last: name.describe('Field with its last number'),
        imageLast: name.describe('Field of the image with the last number that it holds'),
        held: z
          .int()
          .min(1)
          .max(1 << 20)
          .default(10_000)
          .describe('Messages of an instrument that are held until its image has come'),
      })
      .describe('Ranges of numbers, joined to an image that comes another way'),
    z
      .strictObject({
        type: z.literal('lastId'),
        messages: messages.describe('Messages that have an id'),
        field: name.describe('Field with the id, which grows'),
        told: z.strictObject({ message: name, field: name }).describe('Message that tells the last id there is'),
      })
      .describe('Ids, of which heartbeats tell the last'),
  ])
  .describe('What tells that a message is missing');

/** @internal */
export const integrityShape = z
  .strictObject({
    per: z
      .enum(['instrument', 'connection'])
      .default('instrument')
      .describe('What is stale when something is missing: the instrument, or everything that the connection brings'),
    images: z.array(name).default([]).describe('Messages with the whole state of an instrument'),
    changes: z.array(name).default([]).describe('Messages that change it'),
    position: position.default({ type: 'none' }),
    depth: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        'Levels of each side that the venue keeps up: what is pushed behind them is cut off. An image with more of them says ' +
          'that they are more',
      ),
    depthField: name.optional().describe('Field that tells the depth, instead'),
    checksum: z
      .strictObject({
        algorithm: z.literal('crc32'),
        field: name.describe('Field with the checksum of the state after the message'),
        levels: z.int().min(1).max(1000).describe('Levels of each side that it is taken of'),
      })
      .optional()
      .describe('Of prices and sizes as text without the point and leading zeros: asks, then bids, best first'),
  })
  .check((context) => {
    const { checksum, images, depth } = context.value;
    const fault = (path: string, message: string): void => {
      context.issues.push({ code: 'custom', path: [path], message, input: undefined });
    };
    if (checksum !== undefined && images.length === 0) fault('checksum', 'needs `images`: it is of a state');
    if (depth !== undefined && images.length === 0) fault('depth', 'needs `images`: it is of a state');
  })
  .describe('How messages of text are checked and held together');
/** @internal */
export interface IntegritySchema extends z.ZodType<Integrity, IntegrityInput> {}
/** @internal */
export const integritySchema: IntegritySchema = integrityShape;

/**
 * Declares how a venue is checked.
 * @throws VenuewireError `VW_INTEGRITY` naming the place in the record.
 */
export function defineIntegrity(input: IntegrityInput): Integrity {
  const result = integritySchema.safeParse(input);
  if (result.success) return Object.freeze(result.data);
  throw patternError('VW_INTEGRITY', 'Integrity', result.error);
}
