/** Snapshots: the state as of a number, for a late start or a hole that no request can fill. */
import { z } from 'zod';
import { SNAPSHOT_COUNT } from '../contract.js';
import { framingSchema } from './framing.js';
import { patternError, replySchema, rungParts, serverPattern } from './recovery.js';
import type { Snapshot, SnapshotInput, SnapshotRungInput } from './types.js';

export type { Snapshot, SnapshotInput } from './types.js';

/** @internal */
export const snapshotShape = z
  .strictObject({
    ...serverPattern,
    from: z
      .enum(['request', 'loop', 'requestOnLines', 'firstMessages', 'inBand'])
      .default('request')
      .describe(
        'Where it comes from: `request`: a server, on the same connection; `loop`: a line that repeats it; ' +
          '`requestOnLines`: a server, on separate lines; `firstMessages` after a subscription; `inBand`: on the live line',
      ),
    lineFraming: z
      .union([z.string(), framingSchema])
      .default('feed')
      .describe('How the snapshot lines are framed: `feed`, or the id of a framing, or a framing'),
    number: z
      .strictObject({
        is: z
          .enum(['lastIncluded', 'firstToApply'])
          .describe('Whether the snapshot’s number is the last that it contains or the first that it does not'),
        comes: z
          .enum(['before', 'after', 'everyPacket', 'everyInstrument'])
          .describe('… and comes before the data, after it, or with every packet or instrument'),
        of: z
          .enum(SNAPSHOT_COUNT)
          .default('channel')
          .describe(
            'What it counts: the `channel`’s messages or packets, or what the framing declares as `item`: a count that is ' +
              'each product’s own, or that several channels share. Only what is held can then prove a snapshot new enough',
          ),
      })
      .describe('How the snapshot is joined with the live numbers'),
    replies: z.array(replySchema).default([]),
  })
  .describe('Where a snapshot comes from and how it joins the live feed')
  .meta({ id: 'Snapshot' });
/** @internal */
export interface SnapshotSchema extends z.ZodType<Snapshot, SnapshotInput> {}
/** @internal */
export const snapshotSchema: SnapshotSchema = snapshotShape;

/** @internal */
export const snapshotRung = z
  .strictObject({
    type: z.literal('snapshot'),
    pattern: z.union([z.string(), snapshotSchema]).describe('Where it comes from: id of a snapshot, or a snapshot'),
    ...rungParts.use,
    servers: rungParts.use.servers
      .or(z.array(z.never()).length(0))
      .default([])
      .describe('`host:port` of each server; none where the snapshot comes on lines by itself'),
    timeout: rungParts.duration.default('30s').describe('Longest time for a whole snapshot'),
  })
  .describe('The state is taken from a snapshot; what is missing before it is given up');

/**
 * Declares where a snapshot comes from and what its number means.
 * @throws VenuewireError `VW_SNAPSHOT` naming the place in the record.
 */
export function defineSnapshot(input: SnapshotInput): Snapshot {
  const result = snapshotSchema.safeParse(input);
  if (result.success) return Object.freeze(result.data);
  throw patternError('VW_SNAPSHOT', `Snapshot '${input.id}'`, result.error);
}

export type SnapshotOptions = Omit<SnapshotRungInput, 'type' | 'pattern'>;
/** Takes a snapshot: `snapshot(glimpse, { servers: ['10.1.1.7:18301'], credentials })`. */
export const snapshot = (pattern: Snapshot | string, options: SnapshotOptions): SnapshotRungInput => ({
  type: 'snapshot',
  pattern,
  ...options,
});
