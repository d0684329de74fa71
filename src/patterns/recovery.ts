/**
 * Recovery: how missing messages are fetched. A *requester* says how one kind of server is talked to: connection, login,
 * request, replies, limits. A *ladder* of rungs says what is tried in which order before a message is lost.
 */
import { z } from 'zod';
import { ACTION, ACTION_MEANING, LIFECYCLE, OUTCOME, OUTCOME_MEANING } from '../contract.js';
import { type ErrorCode, VenuewireError } from '../errors.js';
import { credentialsSchema } from './credentials.js';
import { fieldSchema, framingSchema } from './framing.js';
import { outgoingSchema, tableSchema, variableName } from './table.js';
import type { Recovery, RecoveryInput, Reply, ReplyInput, RequestRungInput, WaitRungInput } from './types.js';
import { duration, endpoint, meanings, unsigned } from './units.js';

export type { Recovery, RecoveryInput, Reply } from './types.js';

/** @internal What a reply makes the engine do. */
export const replyAction = z.enum(ACTION).describe(meanings(ACTION_MEANING));

/** @internal */
export const outcome = z.enum(OUTCOME).describe(meanings(OUTCOME_MEANING));

const on = z.strictObject({
  table: tableSchema,
  message: z.string().describe('Name of the message in that table'),
  values: z
    .record(z.string(), z.union([z.string(), z.number(), z.bigint()]))
    .default({})
    .describe('Fields that must have these values too'),
});

const whenSchema = z.strictObject({
  offset: z.int().min(0).max(0xffff).default(0),
  size: z.int().min(1).max(8).default(1),
  tag: z.int().min(1).max(0xffff).optional().describe('Instead of `offset` and `size`: a FIX tag'),
  byteOrder: z.enum(['big', 'little']).optional(),
  equals: z.union([z.int().min(0), z.string().min(1).max(8)]),
});

/** @internal */
export const replyShape = z
  .strictObject({
    on: on.optional().describe('The message that the rule is for; the first rule that matches decides'),
    when: whenSchema
      .optional()
      .describe('Instead of `on`: little-endian bytes, or text. Without either the rule is for all that is left'),
    and: whenSchema.optional().describe('… and this too'),
    of: z
      .enum(['packet', 'message'])
      .optional()
      .describe(
        'Whether that message is the whole `packet` or one `message` in it. Default: `packet` for tables of streams, else `message`',
      ),
    holding: on
      .optional()
      .describe('… and its payload begins with this message; the other fields are then fields of it'),
    do: replyAction,
    payload: z.string().optional().describe('Field of `on` that the payload begins with'),
    number: z
      .union([z.string(), fieldSchema])
      .optional()
      .describe('Field that holds the number, or (in little-endian order, unless it says otherwise) its place'),
    last: z
      .union([z.string(), fieldSchema])
      .optional()
      .describe('Field that holds the last number of a range (of `subscriptionRejected`: the reason), or its place'),
    echo: fieldSchema.optional().describe('Of `answer`: the FIX tag whose text is sent back'),
    key: z
      .string()
      .optional()
      .describe('Of a loop’s items: field that tells them apart. Default: the framing’s `item`'),
    total: z.string().optional().describe('Of a loop: field that says how many items a cycle has'),
    session: z.string().optional().describe('Field that must equal the feed’s session, blanks aside'),
    answers: z
      .record(z.string(), variableName)
      .default({})
      .describe('Fields that repeat what the request held. Where one does not, the reply answers another request'),
    statuses: z
      .record(z.string(), outcome)
      .default({})
      .describe('What each status code means; a character, or a number in quotes'),
    otherwise: outcome.default('giveUp').describe('What every other status code means'),
  })
  .describe('What one kind of reply means')
  .meta({ id: 'Reply' });
/** @internal */
export interface ReplySchema extends z.ZodType<Reply, ReplyInput> {}
/** @internal */
export const replySchema: ReplySchema = replyShape;

const rate = z.strictObject({
  count: z.int().min(1).max(0xffff_ffff).describe('So many requests'),
  per: duration.describe('… in any span of this length'),
});

/** @internal The part that requesters and snapshots share. */
export const serverPattern = {
  id: z.string().describe('Name of this pattern; venue files refer to it'),
  source: z.string().optional().describe('Document, version and section that says so'),
  unconfirmed: z.array(z.string()).default([]).describe('What no public source confirms: check before relying on it'),
  transport: z.enum(['udp', 'tcp', 'tls']).describe('How the server is reached'),
  connection: z
    .enum(LIFECYCLE)
    .default('keep')
    .describe('After a request has been served the connection is kept, or closed by the server, or by us'),
  framing: z
    .union([z.string(), framingSchema])
    .default('feed')
    .describe('How replies are framed: `feed`, like the feed, or the id of a framing, or a framing'),
  login: outgoingSchema.optional().describe('Sent first; without a `request` the login itself asks for the range'),
  request: outgoingSchema.optional().describe('Asks for a range'),
  heartbeat: outgoingSchema.optional().describe('Keeps the connection alive'),
  logout: outgoingSchema.optional().describe('Sent before we close'),
  replies: z
    .array(replySchema)
    .default([])
    .describe('What the server’s messages mean; the first rule that matches decides'),
  needsImage: z.boolean().default(false).describe('A request can only be sent once the server has announced an image'),
  keepAlive: z
    .strictObject({
      send: duration.optional().describe('The heartbeat is sent when we have been silent for so long'),
      silence: duration.optional().describe('A server that has been silent for so long is given up'),
    })
    .default({}),
  limits: z
    .strictObject({
      perRequest: unsigned
        .optional()
        .describe('Messages per request. What the request’s count field can hold bounds it too'),
      age: unsigned.optional().describe('Messages behind the newest that the server still has'),
      rates: z.array(rate).default([]).describe('Requests per time; all hold at once'),
      loginGap: duration.optional().describe('Least time between two logins'),
      patience: duration.default('1s').describe('Longest wait for an allowance before the next rung'),
      cooldown: duration.default('1s').describe('Rest after every server has refused, or could not be reached'),
      packetBytes: z
        .int()
        .min(64)
        .max(64 << 20)
        .default(65536)
        .describe('Longest packet that a server may send'),
    })
    .prefault({})
    .describe('What the venue allows; limits change without a protocol version, so a venue file can set them'),
  connectTimeout: duration.default('1s'),
  loginTimeout: duration.default('1s').describe('From the connection to the server’s answer to the login'),
};

/** @internal */
export const recoveryShape = z
  .strictObject({
    ...serverPattern,
    delivery: z
      .enum(['replies', 'feedPackets', 'lines'])
      .default('replies')
      .describe(
        'Where the messages come: out of `replies` by the rules; as packets of the feed (`feedPackets`: what no rule ' +
          'matches); or on the venue’s retransmission `lines`',
      ),
    serial: z
      .boolean()
      .default(true)
      .describe(
        'TCP: the next request waits until this one has been answered to its end. Never so where the messages come on `lines`',
      ),
    onePerDatagram: z
      .boolean()
      .default(false)
      .describe('One datagram answers one request, however much was asked for: the rest is asked for again'),
  })
  .describe('How missing messages are requested from a server')
  .meta({ id: 'Recovery' });
/** @internal */
export interface RecoverySchema extends z.ZodType<Recovery, RecoveryInput> {}
/** @internal */
export const recoverySchema: RecoverySchema = recoveryShape;

/** @internal */
export const servers = z
  .array(endpoint)
  .min(1)
  .describe(
    '`host:port` of each server, in the order in which they are tried. A host name is resolved anew for every connection',
  );
const use = {
  servers,
  credentials: credentialsSchema.default({ type: 'none' }),
  channel: z.string().optional().describe('Only for this channel; default: for all'),
  localAddress: z.string().optional().describe('Address of this machine that requests come from'),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .default({})
    .describe('Values that the pattern leaves to the venue, for example a product number'),
  tries: z.int().min(1).max(1000).default(3).describe('Attempts without progress before the next rung'),
  limits: z
    .strictObject({
      perRequest: unsigned.optional(),
      age: unsigned.optional(),
      rates: z.array(rate).optional(),
      loginGap: duration.optional(),
      patience: duration.optional(),
      cooldown: duration.optional(),
      packetBytes: z
        .int()
        .min(64)
        .max(64 << 20)
        .optional(),
    })
    .optional()
    .describe('Other limits than the pattern’s'),
};

/** @internal Put together in `venue.ts`, where the snapshot pattern is known too. */
export const rungParts = { use, duration };

/** @internal */
export const waitRung = z
  .strictObject({
    type: z.literal('waitForOtherLine'),
    for: duration.default('1ms').describe('How long the other line may take'),
    packets: z
      .int()
      .min(0)
      .default(0)
      .describe('The wait is also over once so many packets are held behind the hole; 0: no such bound'),
  })
  .describe('What one line lost the other may still bring');

/** @internal */
export const requestRung = z
  .strictObject({
    type: z.literal('request'),
    pattern: z
      .union([z.string(), recoverySchema])
      .describe('How the server is talked to: id of a recovery, or a recovery'),
    ...use,
    timeout: duration.default('250ms').describe('From a request until its answer must have made progress'),
  })
  .describe('Missing messages are requested from a server');

/**
 * Declares how one kind of server is asked for missing messages.
 * @throws VenuewireError `VW_RECOVERY` naming the place in the record.
 */
export function defineRecovery(input: RecoveryInput): Recovery {
  const result = recoverySchema.safeParse(input);
  if (result.success) return Object.freeze(result.data);
  throw patternError('VW_RECOVERY', `Recovery '${input.id}'`, result.error);
}

/** @internal */
export function patternError(code: ErrorCode, what: string, error: z.ZodError): VenuewireError {
  const issues = error.issues.map((i) => `${i.path.map(String).join('.')}: ${i.message}`);
  return new VenuewireError(code, `${what}: ${issues.join('; ')}`, 'Correct the record.');
}

/** Waits for what one line lost to come on the other. `for` defaults to 1ms. */
export const waitForOtherLine = (options: { for?: string; packets?: number } = {}): WaitRungInput => ({
  type: 'waitForOtherLine',
  ...options,
});

export type RequestOptions = Omit<RequestRungInput, 'type' | 'pattern'>;
/** Asks a server: `request(moldudp64Rerequest, { servers: ['10.1.1.1:17000'], tries: 3, timeout: '50ms' })`. */
export const request = (pattern: Recovery | string, options: RequestOptions): RequestRungInput => ({
  type: 'request',
  pattern,
  ...options,
});
