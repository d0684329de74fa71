/** What names of declarations are in the contract, where they differ, and numbers of the compiled form. */
import type { RungKind, SnapshotNumber } from '../../contract.js';

export const SNAPSHOT_NUMBER_OF = {
  before: 'before',
  after: 'after',
  everyPacket: 'everyItem',
  everyInstrument: 'everyItem',
} as const satisfies Record<string, SnapshotNumber>;
export const RUNG_KIND_OF = {
  waitForOtherLine: 'wait',
  request: 'request',
  snapshot: 'snapshot',
} as const satisfies Record<string, RungKind>;
export const UNIT_NS = { ns: 1, us: 1_000, ms: 1_000_000, s: 1_000_000_000 } as const;
export const NO_LIMIT = 0xffff_ffff_ffff_ffffn;
