/**
 * Names and the numbers that stand for them in the compiled form: their places in the lists of the core. The schemas keep
 * theirs in that order.
 */
import { kindName, numberMeaning } from '../../patterns/framing.js';
import { outcome, replyAction } from '../../patterns/recovery.js';
import { variableName } from '../../patterns/table.js';

export const KIND: readonly string[] = kindName.options;
export const NUMBER: readonly string[] = numberMeaning.unwrap().options;
export const NUMBERING = ['message', 'packet', 'none'];
export const JOIN = ['live', 'beginning', 'snapshot'];
export const ROLE = ['live', 'retransmission', 'snapshot'];
export const SNAPSHOT_FROM: readonly string[] = ['request', 'loop', 'requestOnLines'];
export const SNAPSHOT_COUNT: readonly string[] = ['channel', 'item'];
export const SNAPSHOT_NUMBER = { before: 0, after: 1, everyPacket: 2, everyInstrument: 2 } as const;
export const RUNG = ['waitForOtherLine', 'request', 'snapshot'];
export const LIFECYCLE = ['keep', 'serverCloses', 'clientCloses'];
export const VARIABLE: readonly string[] = variableName.options;
export const OUTCOME: readonly string[] = outcome.options;
export const ACTION: readonly string[] = replyAction.options;
export const ENCODING = {
  uintBig: 0,
  uintLittle: 1,
  digitsLeftBlank: 2,
  digitsLeftZero: 3,
  raw: 4,
  fixField: 5,
  fixTime: 6,
} as const;
export const UNIT_NS = { ns: 1, us: 1_000, ms: 1_000_000, s: 1_000_000_000 } as const;
export const NO_LIMIT = 0xffff_ffff_ffff_ffffn;
