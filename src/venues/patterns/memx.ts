/** MEMX, and LTSE, 24X and Blue Ocean with the same transport: replay and snapshot over MEMX-TCP. */
import { memxMemoirDepth13 } from '../../decoders/memx-memoir-depth-1.3.js';
import { sessionMemxTcp } from '../../decoders/session-memx-tcp.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, message, variable } from '../../patterns/table.js';

/** The token is `user:password`. */
const session = {
  transport: 'tcp',
  framing: 'memx-tcp',
  login: message(sessionMemxTcp, 'loginRequest', { tokenType: 'P', token: credential('token') }),
  heartbeat: message(sessionMemxTcp, 'heartbeat'),
  keepAlive: { send: '1s', silence: '5s' },
} as const;
/** Only S can do better another time: the range is not there yet. R, A and P: another server may have it. */
const rejections = { S: 'retry', R: 'nextServer', A: 'nextServer', P: 'nextServer' } as const;
const sessionReplies = [
  { on: message(sessionMemxTcp, 'heartbeat'), do: 'ignore' },
  { on: message(sessionMemxTcp, 'startOfSession'), do: 'ignore' },
  { on: message(sessionMemxTcp, 'endOfSession'), do: 'goodbye' },
  { on: message(sessionMemxTcp, 'loginAccepted'), do: 'loginAccepted' },
  { on: message(sessionMemxTcp, 'loginRejected'), do: 'loginRejected', number: 'rejectCode' },
  { on: message(sessionMemxTcp, 'replayRejected'), do: 'status', number: 'rejectCode', statuses: rejections },
] as const;

/** The server may give less than was asked for: the rest is asked for again. */
export const memxReplay = defineRecovery({
  id: 'memx-replay',
  source: 'MEMX-TCP 1.2, Replay',
  unconfirmed: ['whether a rejected request can be repeated on the same connection: both are handled'],
  ...session,
  request: message(sessionMemxTcp, 'replayRequest', {
    sessionId: variable('session'),
    nextSequenceNumber: variable('begin'),
    count: variable('count'),
  }),
  replies: [
    { on: message(sessionMemxTcp, 'sequencedMessage'), do: 'message', payload: 'payload' },
    { on: message(sessionMemxTcp, 'replayBegin'), do: 'begin', number: 'nextSequenceNumber' },
    { on: message(sessionMemxTcp, 'replayComplete'), do: 'complete' },
    ...sessionReplies,
  ],
});

/** The whole state of the Memoir Depth feed; Snapshot Complete says up to which number. */
export const memxDepthSnapshot = defineSnapshot({
  id: 'memx-depth-snapshot',
  source: 'MEMX-TCP 1.2, Replay All; MEMOIR Depth 1.3, Snapshot Complete',
  ...session,
  connection: 'clientCloses',
  request: message(sessionMemxTcp, 'replayAllRequest', { sessionId: variable('session') }),
  number: { is: 'lastIncluded', comes: 'after' },
  replies: [
    {
      on: message(sessionMemxTcp, 'sequencedMessage'),
      payload: 'payload',
      holding: message(memxMemoirDepth13, 'snapshotComplete'),
      do: 'snapshotEnd',
      number: 'asOfSequenceNumber',
    },
    { on: message(sessionMemxTcp, 'sequencedMessage'), do: 'snapshotMessage', payload: 'payload' },
    { on: message(sessionMemxTcp, 'replayBegin'), do: 'snapshotBegin' },
    { on: message(sessionMemxTcp, 'replayComplete'), do: 'complete' },
    ...sessionReplies,
  ],
});
