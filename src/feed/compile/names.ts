/** Names and the numbers that stand for them in the compiled form: their places in the lists of the core. */

export const KIND = [
  'data',
  'heartbeat',
  'endOfSession',
  'reset',
  'unsequenced',
  'ignore',
  'unavailable',
  'compressed',
];
export const NUMBER = ['none', 'next', 'last', 'numbered'];
export const NUMBERING = ['message', 'packet', 'none'];
export const JOIN = ['live', 'beginning', 'snapshot'];
export const ROLE = ['live', 'retransmission', 'snapshot'];
export const SNAPSHOT_FROM: readonly string[] = ['request', 'loop', 'requestOnLines'];
export const SNAPSHOT_COUNT: readonly string[] = ['channel', 'item'];
export const SNAPSHOT_NUMBER = { before: 0, after: 1, everyPacket: 2, everyInstrument: 2 } as const;
export const RUNG = ['waitForOtherLine', 'request', 'snapshot'];
export const LIFECYCLE = ['keep', 'serverCloses', 'clientCloses'];
export const VARIABLE = [
  'begin',
  'last',
  'end',
  'count',
  'session',
  'channel',
  'correlation',
  'clientSequence',
  'image',
  'time',
  'echo',
  'asked',
];
export const OUTCOME = ['accepted', 'retry', 'unavailable', 'nextServer', 'giveUp', 'wait'];
/** Reply actions and outcomes in the order of the core. */
export const ACTION = [
  'ignore',
  'loginAccepted',
  'loginRejected',
  'status',
  'begin',
  'complete',
  'message',
  'packet',
  'unavailable',
  'answer',
  'echo',
  'goodbye',
  'snapshotNumber',
  'snapshotEnd',
  'image',
  'snapshotMessage',
  'snapshotBegin',
  'snapshotItem',
  'sessionEnd',
  'answerNumber',
];
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
