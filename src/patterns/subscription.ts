/** What is said to a venue that sends text, and when: data, with places for what differs. */
import { z } from 'zod';
import { credentialsSchema } from './credentials.js';
import { patternError } from './recovery.js';
import type { Subscription, SubscriptionInput } from './types.js';
import { duration } from './units.js';

export type { Subscription, SubscriptionInput } from './types.js';

/** Connections, messages or requests in any span of a length. */
const rate = z
  .strictObject({ count: z.int().min(1).describe('So many'), per: duration.describe('… in any span of this length') })
  .optional();

const member = z.string().min(1);

const path = z.array(z.union([z.string(), z.int()])).min(1);

const signature = z
  .strictObject({
    hmac: z.enum(['sha256', 'sha512']).describe('Hash of the HMAC (RFC 2104)'),
    secret: z.enum(['text', 'base64']).default('text').describe('How the secret of the credentials is written'),
    of: z
      .array(
        z.strictObject({
          text: z.string(),
          hash: z.literal('sha256').optional().describe('The bytes of this hash of it, instead'),
        }),
      )
      .min(1)
      .describe(
        'What is signed, one behind the other. Places: `{path}`, `{body}`, `{nonce}` (grows), `{timestamp}` (seconds), ' +
          '`{credentials.NAME}`',
      ),
    as: z.enum(['base64', 'hex']).default('base64'),
  })
  .describe('A signature by the secret of `apiKey` credentials; it stands where `{signature}` is');

const template = z
  .record(z.string(), z.json())
  .describe(
    'A message. In its texts `{instruments}` stands for all instruments (alone: as an array), `{instrument}` within an array ' +
      'for one entry each, `:lower` behind the name for small letters, `{credentials.NAME}` for a part of the credentials, ' +
      '`{session}` for the token of `session`, `{signature}`, `{timestamp}` and `{nonce}` for those of `signature`',
  );

/** @internal */
export const subscriptionShape = z
  .strictObject({
    instruments: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(4096)
      .describe('What is subscribed to, as the venue writes it in its messages'),
    login: z.array(template).default([]).describe('Sent first'),
    subscribe: z
      .array(template)
      .default([])
      .describe('Sent behind it, and for one instrument alone when it is recovered'),
    alongside: z
      .array(template)
      .default([])
      .describe('Sent behind that, once for a connection: what has no state, which no recovery subscribes to anew'),
    unsubscribe: z.array(template).default([]).describe('Sent before an instrument is subscribed to anew'),
    path: z.string().default('').describe('Behind the address of the line, with places as in messages'),
    headers: z.record(z.string(), z.string()).default({}).describe('Of the HTTP request, with places as in messages'),
    credentials: credentialsSchema.optional(),
    proxy: z
      .strictObject({
        url: z
          .string()
          .regex(/^https?:\/\/[^/@]+\/?$/, 'must be http://host:port or https://host:port, without a login')
          .describe(
            'The proxy: connections go through tunnels of it (HTTP CONNECT); TLS is with the venue all the same',
          ),
        credentials: credentialsSchema.optional().describe('`userPassword`, where the proxy wants a login'),
      })
      .optional()
      .describe('Of WebSockets and HTTPS'),
    signature: signature
      .optional()
      .describe('Of messages that have the places `{signature}`, `{timestamp}` or `{nonce}`'),
    session: z
      .strictObject({
        url: z.string().startsWith('https://').describe('Where it is asked for, by POST'),
        body: z.string().default('').describe('What is posted, with places `{nonce}` and `{timestamp}`'),
        headers: z.record(z.string(), z.string()).default({}).describe('With places as in messages, and `{signature}`'),
        signature: signature.optional(),
        token: path.describe('Where in the answer the token is: it stands where messages have `{session}`'),
        refused: path.optional().describe('Where the answer says why there is none'),
      })
      .optional()
      .describe('A token that is asked for before each connection'),
    image: z
      .strictObject({
        url: z.string().startsWith('https://').describe('Where it is asked for, with `{instrument}`'),
        most: z
          .int()
          .min(1024)
          .default(64 << 20)
          .describe('Bytes of an answer'),
      })
      .optional()
      .describe('Of venues whose images are asked for over HTTPS'),
    recover: z
      .enum(['subscription', 'image', 'connection', 'next'])
      .describe(
        'How an instrument that something is missing of becomes good: it is subscribed to anew; its image is asked for; all is ' +
          'connected to anew; or by the next image, which comes unasked',
      ),
    resume: z
      .strictObject({
        tokens: z
          .array(member)
          .min(1)
          .describe('Members of messages: the last value of each goes into the next subscription'),
        part: z
          .strictObject({ member, last: member.describe('What it is of the last part') })
          .optional()
          .describe('Member of messages that are parts of one: only the last part has tokens'),
        answer: z
          .strictObject({
            member,
            patch: member.describe('What was missed'),
            image: member.describe('Everything anew'),
          })
          .describe('Member of the message that tells what comes instead'),
        refused: z.strictObject({ member, equals: member }).describe('Member of the answer to tokens that are too old'),
      })
      .optional()
      .describe(
        'How a venue goes on after a break. A template has `{resume.NAME}` where a token stands; without tokens the member is left out',
      ),
    refused: z
      .array(
        z.strictObject({
          path: z
            .array(z.union([z.string(), z.int()]))
            .min(1)
            .describe('Where in an answer'),
          equals: z.union([z.string(), z.boolean()]).describe('… this stands when something is refused'),
          text: z
            .array(z.union([z.string(), z.int()]))
            .optional()
            .describe('Where it says why'),
          fatal: z.boolean().default(false).describe('It concerns the connection: that one is ended'),
        }),
      )
      .default([])
      .describe('How one knows that the venue has refused what was asked of it'),
    maintenance: z
      .array(
        z.strictObject({
          path: z
            .array(z.union([z.string(), z.int()]))
            .min(1)
            .describe('Where in a message'),
          equals: z.union([z.string(), z.boolean()]).describe('… this stands when the venue rests, or is about to'),
        }),
      )
      .default([])
      .describe('How one knows of maintenance: it is told, and the connection stays until the venue ends it'),
    clock: z
      .strictObject({
        field: member.describe('Field of records with the time of the venue'),
        within: duration.default('5s').describe('More than that between it and our clock is told'),
      })
      .optional()
      .describe('How one knows that one of the two clocks is wrong'),
    keepAlive: z
      .strictObject({ send: template.optional(), every: duration, within: duration.default('10s') })
      .optional()
      .describe('What is sent while nothing else is; without `send` a WebSocket ping, which must be answered `within`'),
    silence: duration.default('30s').describe('A connection that brings nothing for so long is given up'),
    imageWithin: duration.default('15s').describe('From a subscription until its image; then it is asked for again'),
    lifetime: duration.optional().describe('A connection is made anew after so long, before the venue ends it'),
    rates: z
      .strictObject({ connects: rate, messages: rate, requests: rate })
      .prefault({})
      .describe('What the venue allows'),
    reconnect: z
      .strictObject({
        first: duration
          .default('250ms')
          .describe('Rest before the first new attempt; it doubles, and half of it is random …'),
        most: duration.default('60s').describe('… up to this. A refused login waits for so long at once'),
      })
      .prefault({}),
    most: z
      .int()
      .min(1024)
      .default(16 << 20)
      .describe('Bytes of a message, unpacked'),
  })
  .describe('What is said to a venue that sends text');
/** @internal */
export interface SubscriptionSchema extends z.ZodType<Subscription, SubscriptionInput> {}
/** @internal */
export const subscriptionSchema: SubscriptionSchema = subscriptionShape;

/**
 * Declares what is said to a venue.
 * @throws VenuewireError `VW_SUBSCRIPTION` naming the place in the record.
 */
export function defineSubscription(input: SubscriptionInput): Subscription {
  const result = subscriptionSchema.safeParse(input);
  if (result.success) return Object.freeze(result.data);
  throw patternError('VW_SUBSCRIPTION', 'Subscription', result.error);
}
