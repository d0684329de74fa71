/**
 * Streams: connections that are themselves a line of a channel. They are opened with the feed and kept; after a break they
 * log in again and go on with the first number that is missing. SoupBinTCP and FIX sessions are streams.
 */
import { z } from 'zod';
import { fieldSchema } from './framing.js';
import { patternError, rungParts, serverPattern } from './recovery.js';
import { outgoingSchema, valueSchema } from './table.js';

const streamShape = z
  .strictObject({
    ...serverPattern,
    delivery: z
      .enum(['replies', 'feedPackets'])
      .default('replies')
      .describe(
        'Where the messages come: out of `replies` by the rules; or every packet of the stream is one of the feed, with its ' +
          'own number (`feedPackets`), whatever the rules do besides',
      ),
    resume: outgoingSchema.optional().describe('The login after a break, where it differs from the first'),
    subscribe: z.array(outgoingSchema).default([]).describe('Sent after each login'),
    resend: z
      .array(outgoingSchema)
      .default([])
      .describe(
        'The messages of `subscribe` as they are sent a second time, by `answerNumber` rules: with their numbers, marked as ' +
          'the protocol wants it. Default: they are filled over like everything else',
      ),
    peer: z
      .array(z.tuple([z.int().min(1).max(0xffff), valueSchema]))
      .default([])
      .describe(
        'FIX tags and what every message of the server must hold in them; one that does not ends the connection',
      ),
    probe: outgoingSchema.optional().describe('Sent once to a server that has been silent for `keepAlive.probe`'),
    answer: outgoingSchema.optional().describe('Sent by `answer` rules; default: the heartbeat'),
    gapFill: outgoingSchema
      .optional()
      .describe(
        'Sent by `answerNumber` rules for what will not be sent again: our messages from `asked` up to (not with) `filledTo`. ' +
          'Takes no number of its own',
      ),
    keepAlive: z
      .strictObject({
        send: rungParts.duration.optional().describe('The heartbeat is sent when we have been silent for so long'),
        probe: rungParts.duration.optional().describe('A silent server is probed after so long'),
        silence: rungParts.duration.optional().describe('… and given up after so long'),
      })
      .default({}),
    reconnect: z
      .strictObject({
        first: rungParts.duration.default('100ms').describe('Rest before the first new attempt; it doubles …'),
        most: rungParts.duration.default('10s').describe('… up to this. A rejected login waits for so long at once'),
      })
      .prefault({})
      .describe('Between two connections, and between two subscriptions of which the first has failed'),
    resent: z
      .strictObject({ field: fieldSchema, equals: z.union([z.int().min(0), z.string().min(1).max(8)]) })
      .optional()
      .describe('What marks a message that was sent before; a number that is too low without it ends the connection'),
    refresh: z
      .int()
      .min(0)
      .default(0)
      .describe(
        'So many `snapshotEnd` messages after `subscribe` make the state whole again (one for each instrument)',
      ),
    refreshTimeout: rungParts.duration
      .default('10s')
      .describe('From a subscription until its state has made progress; then it is subscribed to again'),
  })
  .check((context) => {
    const { resend, subscribe } = context.value;
    if (resend.length === 0 || resend.length === subscribe.length) return;
    const message = `has ${resend.length} messages, subscribe has ${subscribe.length}`;
    context.issues.push({ code: 'custom', path: ['resend'], message, input: undefined });
  })
  .describe('A connection that is itself a line of the feed');
/** Its declarations name its types instead of saying them again. */
export interface StreamSchema extends z.ZodType<Stream, StreamInput> {}
export const streamSchema: StreamSchema = streamShape;
export type StreamInput = z.input<typeof streamShape>;
export type Stream = z.output<typeof streamShape>;

/** A stream of a venue. */
export const streamUse = z
  .strictObject({
    pattern: z.union([z.string(), streamSchema]).describe('How the server is talked to: id of a stream, or a stream'),
    ...rungParts.use,
    options: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Of a pattern that is made for its use, for example the symbols of a FIX session'),
    timeout: rungParts.duration
      .default('2s')
      .describe('From a request on the stream until its answer must have made progress'),
  })
  .describe(
    'A stream that is a line of a channel. Where its pattern has a `request`, missing messages are asked for on it, before ' +
      'the rungs of `recovery`; where it has a `refresh`, it is subscribed to again when they are lost for good',
  );

/**
 * Declares a stream.
 * @throws VenuewireError `VW_STREAM` naming the place in the record.
 */
export function defineStream(input: StreamInput): Stream {
  const result = streamSchema.safeParse(input);
  if (result.success) return Object.freeze(result.data);
  throw patternError('VW_STREAM', `Stream '${input.id}'`, result.error);
}

export type StreamOptions = Omit<z.input<typeof streamUse>, 'pattern'>;
/** A stream: `stream(soupbintcpFeed, { servers: ['10.1.1.5:18300'], credentials })`. */
export const stream = (pattern: Stream | string, options: StreamOptions): z.input<typeof streamUse> => ({
  pattern,
  ...options,
});
