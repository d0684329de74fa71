/** A venue: one item from each list. The same schema for TypeScript objects and YAML files. */
import { z } from 'zod';
import { JOIN } from '../contract.js';
import { VenuewireError } from '../errors.js';
import { credentialsSchema } from './credentials.js';
import { deploymentSchema } from './deployment.js';
import { framingSchema } from './framing.js';
import { integritySchema } from './integrity.js';
import { networkSchema } from './network.js';
import { pipelinesSchema } from './pipeline.js';
import { requestRung, waitRung } from './recovery.js';
import { securitySchema } from './security.js';
import { snapshotRung } from './snapshot.js';
import { streamUse } from './stream.js';
import { subscriptionSchema } from './subscription.js';
import { type AnyDecoder, tableSchema } from './table.js';
import type { VenueDeclaration, VenueDocument } from './types.js';
import { endpoint, unsigned } from './units.js';

export type { VenueDeclaration, VenueDocument, VenueResource } from './types.js';

export const API_VERSION = 'venuewire.io/v1alpha1';
export const KIND = 'VenueConnection';

const lines = z
  .record(z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, _ and -'), networkSchema)
  .describe('Lines by name, in order: the first is line 0 (A). All carry the same messages');

const join = z
  .enum(JOIN)
  .describe(
    'Where delivery begins: with the first packet seen (`live`); with the session’s first number (`beginning`: what was ' +
      'missed is requested); or with a `snapshot`',
  );

const channel = z
  .strictObject({
    key: z
      .union([unsigned, z.string().length(1)])
      .optional()
      .describe('Value of the framing’s channel field, a number or one character; needed where lines are shared'),
    lines: lines.optional().describe('The channel’s own lines; default: the venue’s, told apart by `key`'),
    retransmission: lines.optional().describe('Lines on which requested messages come'),
    snapshot: lines.optional().describe('Lines on which snapshots come'),
    join: join.optional().describe('Instead of the venue’s `join`'),
  })
  .describe('Messages that are numbered together');

const window = z
  .strictObject({
    packets: z
      .int()
      .min(1)
      .max(1 << 20)
      .default(4096)
      .describe('Packets held while earlier ones are missing'),
    bytes: z
      .int()
      .min(65536)
      .max(1 << 30)
      .default(16 << 20)
      .describe('Bytes of those packets'),
    holes: z.int().min(1).max(65536).default(1024).describe('Holes tracked at once; more are joined'),
    jump: unsigned.default(1 << 20).describe('A packet farther ahead than this needs a second one that agrees'),
  })
  .prefault({})
  .describe('What is held while something is missing, for each channel');

/** What a venue declares, but for its name. */
const parts = {
  description: z.string().optional(),
  unconfirmed: z.array(z.string()).default([]).describe('What no public source confirms: check before relying on it'),
  decoder: tableSchema.describe(
    'Message table of the feed, by the id of its decoder; `venuewire list decoders` shows them',
  ),
  framing: z
    .union([z.string(), framingSchema])
    .optional()
    .describe('How packets carry messages: id of a framing, or a framing. Default: the one that the decoder names'),
  lines: lines.optional().describe('Lines that every channel uses. Either these or lines in `channels`'),
  channels: z
    .record(z.string().regex(/^[A-Za-z0-9_.-]+$/, 'must be letters, digits, dots, _ and -'), channel)
    .optional()
    .describe('Channels by name; default: one channel'),
  streams: z
    .record(z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, _ and -'), streamUse)
    .optional()
    .describe('Connections that are lines by themselves, by name, in order, instead of or besides `lines`'),
  join: join.default('live'),
  session: z.string().max(16).optional().describe('Only this session is taken; default: the one that the lines carry'),
  recovery: z
    .array(z.discriminatedUnion('type', [waitRung, requestRung, snapshotRung]))
    .default([{ type: 'waitForOtherLine', for: '1ms', packets: 0 }])
    .describe('The ladder: what is tried, in order, before a missing message is lost. Default: a wait of 1ms'),
  via: z
    .strictObject({
      proxy: z
        .array(endpoint)
        .min(1)
        .max(16)
        .describe('`host:port` of each proxy, in the order in which they are tried'),
      credentials: credentialsSchema.optional().describe('User and password, where the proxy asks for them'),
    })
    .optional()
    .describe('What is missing is asked of recovery proxies (`venuewire proxy`), instead of the servers in `recovery`'),
  window,
  directory: z
    .strictObject({
      message: z.string().describe('Message that names instruments'),
      symbol: z.string().describe('Field with the symbol'),
    })
    .optional()
    .describe('Where symbols are tied to the numbers that later messages carry, for selection by symbol'),
  integrity: integritySchema
    .optional()
    .describe('Of venues that send text: how one finds out that something is missing'),
  subscription: subscriptionSchema.optional().describe('Of venues that send text: what is said to them, and when'),
  security: securitySchema.default([]),
  pipelines: pipelinesSchema.optional(),
  deployment: deploymentSchema.optional(),
};

/** What the parts must be to each other. */
function checkParts(v: z.output<z.ZodObject<typeof parts>>, issues: z.core.$ZodRawIssue[]): void {
  const fault = (path: (string | number)[], message: string): void => {
    issues.push({ code: 'custom', path, message, input: undefined });
  };
  const channels = Object.entries(v.channels ?? {});
  const streams = Object.entries(v.streams ?? {});
  if (v.lines === undefined && streams.length === 0 && !channels.some(([, c]) => c.lines !== undefined)) {
    fault(['lines'], 'there are none: give the venue `lines`, or `streams`, or each channel its own');
  }
  for (const [name, c] of channels) {
    if (c.lines === undefined && v.lines === undefined && streams.length === 0)
      fault(['channels', name, 'lines'], 'is missing');
    if (c.lines === undefined && c.key === undefined && channels.length > 1) {
      fault(['channels', name, 'key'], 'is missing: channels on shared lines are told apart by it');
    }
  }
  v.recovery.forEach((r, i) => {
    if (r.type !== 'waitForOtherLine' && r.channel !== undefined && !channels.some(([n]) => n === r.channel)) {
      fault(['recovery', i, 'channel'], 'names no channel of `channels`');
    }
  });
  if (v.recovery.length > 250) fault(['recovery'], 'has more than 250 rungs');
  const snapshots = v.recovery.some((r) => r.type === 'snapshot');
  if (v.join === 'snapshot' && !snapshots) fault(['join'], "'snapshot' needs a rung of type snapshot in `recovery`");
}

/** @internal A venue as TypeScript declares it: the parts of `spec`, and the name. */
export const venueSchema = z
  .strictObject({ name: z.string().min(1).max(64).describe('Name of the connection, in reports'), ...parts })
  .check((context) => checkParts(context.value, context.issues));

const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const NAME_MAX = 64;
const labels = z.record(z.string(), z.string()).optional();

/** @internal A venue as a resource: what files hold, and what a cluster keeps. */
export const venueResourceSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION).describe('Version of this schema'),
  kind: z.literal(KIND).describe('What the resource is'),
  metadata: z
    .strictObject({
      name: z
        .string()
        .max(NAME_MAX)
        .regex(NAME, 'must be lower-case letters, digits, dots and -')
        .describe('Name of the connection, in reports'),
      namespace: z.string().max(NAME_MAX).regex(NAME).optional().describe('Where a cluster keeps it'),
      labels: labels.describe('What it is found by'),
      annotations: labels.describe('What tools note on it'),
    })
    .describe('What it is called'),
  spec: z
    .strictObject(parts)
    .check((context) => checkParts(context.value, context.issues))
    .describe('The connection'),
  status: z.unknown().optional().describe('What a controller says of it; files have none, and it is not read'),
});

export type VenueInput<D extends AnyDecoder = AnyDecoder> = Omit<VenueDeclaration, 'decoder'> & {
  readonly decoder: D;
};
/** A checked venue with every default filled in; it knows the type of its decoder. */
export type Venue<D extends AnyDecoder = AnyDecoder> = Omit<VenueDocument, 'decoder'> & {
  readonly decoder: D;
};

/**
 * Checks a venue and fills in its defaults. Nothing is opened and no credential is read.
 * @throws VenuewireError `VW_VENUE` naming each place that is not right and what it may be.
 */
export function defineVenue<D extends AnyDecoder>(input: VenueInput<D>): Venue<D> {
  const result = venueSchema.safeParse(input);
  if (result.success) return Object.freeze(result.data) as Venue<D>;
  const faults = venueFaults(result.error);
  throw new VenuewireError(
    'VW_VENUE',
    `Venue '${String((input as { name?: unknown }).name)}': ${faults.map((f) => `${f.path.join('.')}: ${f.message}`).join('; ')}`,
    'Correct these places; the schema is in schema/venue.schema.json.',
  );
}

export interface VenueFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** @internal The places that are not right, innermost and in plain words. Values are never repeated: they may be secrets. */
export function venueFaults(error: z.ZodError): VenueFault[] {
  const out: VenueFault[] = [];
  const visit = (issues: readonly z.core.$ZodIssue[], base: readonly PropertyKey[]): void => {
    for (const issue of issues) {
      const path = [...base, ...issue.path];
      if (issue.code === 'invalid_union' && issue.errors.length > 0) {
        // Of the alternatives, the one that got farthest is the one that was meant.
        const depth = (list: readonly z.core.$ZodIssue[]): number =>
          Math.max(...list.map((i) => (i.code === 'invalid_type' && i.path.length === 0 ? -1 : i.path.length)));
        const best = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0];
        if (best !== undefined && depth(best) >= 0) {
          visit(best, path);
          continue;
        }
        const wanted = issue.errors.flat().map((i) => (i.code === 'invalid_type' ? i.expected : i.message));
        out.push({ path, message: `must be one of: ${[...new Set(wanted)].join(', ')}` });
      } else if (issue.code === 'invalid_union') {
        const options = (issue as { options?: readonly unknown[] }).options;
        const allowed = options === undefined ? '' : `: ${options.map((o) => String(o)).join(', ')}`;
        out.push({ path, message: allowed === '' ? issue.message : `must be one of${allowed}` });
      } else if (issue.code === 'invalid_value') {
        const value =
          issue.values.length === 1
            ? `must be ${String(issue.values[0])}`
            : `must be one of: ${issue.values.map(String).join(', ')}`;
        out.push({ path, message: value });
      } else if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) out.push({ path: [...path, key], message: 'is not known here' });
      } else if (issue.code === 'invalid_type') {
        const missing = issue.message.includes('received undefined');
        out.push({ path, message: missing ? `is missing (${issue.expected})` : `must be ${issue.expected}` });
      } else out.push({ path, message: issue.message });
    }
  };
  visit(error.issues, []);
  return out;
}

/** The JSON Schema (draft 2020-12) of a venue file. */
export function venueJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(venueResourceSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete (jsonSchema as Record<string, unknown>).id;
      // An alternative that only TypeScript can give (a decoder object, a bigint) has no JSON form.
      if (jsonSchema.anyOf !== undefined) {
        const real = jsonSchema.anyOf.filter((a) => Object.keys(a).length > 0);
        if (real.length !== jsonSchema.anyOf.length) {
          delete jsonSchema.anyOf;
          if (real.length === 1) Object.assign(jsonSchema, { ...real[0], ...jsonSchema });
          else jsonSchema.anyOf = real;
        }
      }
    },
  });
  return { ...schema, title: 'Venue connection', $id: `https://${API_VERSION}/venue.schema.json` };
}
