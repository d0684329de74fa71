/** London Stock Exchange, GTP and Millennium MITCH: replay and recovery over TCP, one request for each connection. */
import { lseGtpRecovery262 } from '../../decoders/lse-gtp-recovery-26.2.js';
import { lseGtpReplay262 } from '../../decoders/lse-gtp-replay-26.2.js';
import { sessionLseMitch } from '../../decoders/session-lse-mitch.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, message, parameter, variable } from '../../patterns/table.js';

/** The market data group stands in the header: the request has no place for it. */
const unit = { framing: 'lse-unit-header', set: [{ offset: 3, size: 1, value: variable('channel') }] };

/** The server closes after the request; logins that follow each other too soon are answered late. */
export const lseGtpReplay = defineRecovery({
  id: 'lse-gtp-replay',
  source: 'LSE GTP 26.2, Replay Service',
  unconfirmed: [
    'the table of the document prints other offsets for First Message; its order of fields is followed',
    'numbers of replayed packets, here taken to be those of the live feed',
    'whether the header of a request must name the market data group',
  ],
  transport: 'tcp',
  connection: 'serverCloses',
  delivery: 'feedPackets',
  login: message(lseGtpReplay262, 'loginRequest', { username: credential('id') }, unit),
  request: message(
    lseGtpReplay262,
    'replayRequest',
    { firstMessage: variable('begin'), count: variable('count'), requestId: variable('correlation') },
    unit,
  ),
  limits: { age: 65_000, rates: [{ count: 3000, per: '1d' }], loginGap: '100ms' },
  replies: [
    { on: message(lseGtpReplay262, 'loginResponse', { loginStatus: 'A' }), do: 'loginAccepted' },
    { on: message(lseGtpReplay262, 'loginResponse'), do: 'loginRejected', number: 'loginStatus' },
    {
      on: message(lseGtpReplay262, 'replayResponse'),
      do: 'status',
      number: 'replayStatus',
      answers: { requestId: 'correlation' },
      statuses: { A: 'accepted', D: 'giveUp', O: 'unavailable', U: 'nextServer', c: 'retry', e: 'retry' },
    },
    {
      on: message(lseGtpReplay262, 'replayAndRecoveryComplete'),
      do: 'complete',
      answers: { requestId: 'correlation' },
    },
  ],
});

/** The order books of a channel. The response says up to which number, before the books come. */
export const lseGtpRecovery = defineSnapshot({
  id: 'lse-gtp-recovery',
  source: 'LSE GTP 26.2, Recovery Service',
  transport: 'tcp',
  connection: 'serverCloses',
  framing: 'lse-unit-header',
  login: message(lseGtpRecovery262, 'loginRequest', { username: credential('id') }, unit),
  // Level 2: the whole channel; type 1: order books, 0: of all kinds.
  request: message(
    lseGtpRecovery262,
    'recoveryRequest',
    { requestLevel: 2, requestOrderBookType: 0, recoveryType: 1, requestId: variable('correlation') },
    unit,
  ),
  limits: { rates: [{ count: 3000, per: '1d' }], loginGap: '100ms' },
  number: { is: 'lastIncluded', comes: 'before' },
  replies: [
    { on: message(lseGtpRecovery262, 'loginResponse', { loginStatus: 'A' }), do: 'loginAccepted' },
    { on: message(lseGtpRecovery262, 'loginResponse'), do: 'loginRejected', number: 'loginStatus' },
    {
      on: message(lseGtpRecovery262, 'recoveryResponse', { recoveryStatus: 'A' }),
      do: 'snapshotNumber',
      number: 'sequenceNumber',
      answers: { requestId: 'correlation' },
    },
    {
      on: message(lseGtpRecovery262, 'recoveryResponse'),
      do: 'status',
      number: 'recoveryStatus',
      answers: { requestId: 'correlation' },
      statuses: { O: 'unavailable', a: 'giveUp', b: 'giveUp', c: 'retry', d: 'giveUp', e: 'retry' },
    },
    {
      on: message(lseGtpRecovery262, 'replayAndRecoveryComplete'),
      do: 'snapshotEnd',
      answers: { requestId: 'correlation' },
    },
    { of: 'message', do: 'snapshotMessage' },
  ],
});

const mitchUnit = { framing: 'lse-unit-header-mitch' };
const mitchLogin = message(
  sessionLseMitch,
  'loginRequest',
  { username: credential('username'), password: credential('password') },
  mitchUnit,
);
const mitchReplies = [
  { on: message(sessionLseMitch, 'loginResponse', { status: 'A' }), do: 'loginAccepted' },
  { on: message(sessionLseMitch, 'loginResponse'), do: 'loginRejected', number: 'status' },
] as const;

/** MITCH: where any part of a range is missing the whole request is refused. */
export const lseMitchReplay = defineRecovery({
  id: 'lse-mitch-replay',
  source: 'LSE MIT303 11.9, Replay Channel',
  transport: 'tcp',
  connection: 'clientCloses',
  framing: 'lse-unit-header-mitch',
  delivery: 'feedPackets',
  login: mitchLogin,
  request: message(
    sessionLseMitch,
    'replayRequest',
    { marketDataGroup: variable('channel'), firstMessage: variable('begin'), count: variable('count') },
    mitchUnit,
  ),
  logout: message(sessionLseMitch, 'logoutRequest', {}, mitchUnit),
  limits: { age: 65_000 },
  replies: [
    ...mitchReplies,
    {
      on: message(sessionLseMitch, 'replayResponse'),
      do: 'status',
      number: 'status',
      answers: { marketDataGroup: 'channel', firstMessage: 'begin' },
      statuses: {
        A: 'accepted',
        D: 'giveUp',
        I: 'giveUp',
        O: 'unavailable',
        U: 'nextServer',
        c: 'retry',
        d: 'giveUp',
        e: 'retry',
      },
    },
  ],
});

/** MITCH: the books of a segment, the parameter `segment`. Snapshot Complete says up to which number, after the books. */
export const lseMitchSnapshot = defineSnapshot({
  id: 'lse-mitch-snapshot',
  source: 'LSE MIT303 11.9, Recovery Channel',
  unconfirmed: [
    'status codes of a Snapshot Response other than A, here taken to be those of a Replay Response',
    'what a Snapshot Request holds behind the instrument',
  ],
  transport: 'tcp',
  connection: 'clientCloses',
  framing: 'lse-unit-header-mitch',
  login: mitchLogin,
  request: message(sessionLseMitch, 'snapshotRequest', { segment: parameter('segment') }, mitchUnit),
  logout: message(sessionLseMitch, 'logoutRequest', {}, mitchUnit),
  number: { is: 'lastIncluded', comes: 'after' },
  replies: [
    ...mitchReplies,
    {
      on: message(sessionLseMitch, 'snapshotResponse', { status: 'A' }),
      do: 'snapshotBegin',
    },
    {
      on: message(sessionLseMitch, 'snapshotResponse'),
      do: 'status',
      number: 'status',
      statuses: { O: 'unavailable', U: 'nextServer', c: 'retry', e: 'retry' },
    },
    { on: message(sessionLseMitch, 'snapshotComplete'), do: 'snapshotEnd', number: 'sequenceNumber' },
    { of: 'message', do: 'snapshotMessage' },
  ],
});
