/** MIAX, Pearl, Emerald and Onyx: retransmission and last value refresh over ESesM. */
import { sessionMiaxEsesm } from '../../decoders/session-miax-esesm.js';
import { char, defineDecoder, message as row, u8, u16, u64 } from '../../layout/index.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, message, parameter, variable } from '../../patterns/table.js';

const session = {
  transport: 'tcp',
  connection: 'serverCloses',
  framing: 'miax-esesm',
  login: message(sessionMiaxEsesm, 'loginRequest', {
    esesmVersion: parameter('esesmVersion'),
    username: credential('id'),
    computerId: parameter('computerId'),
    applicationProtocol: parameter('applicationProtocol'),
    matchingEngine: [{ requestedTradingSessionId: variable('session'), requestedSequenceNumber: 0 }],
  }),
  heartbeat: message(sessionMiaxEsesm, 'clientHeartbeat'),
  logout: message(sessionMiaxEsesm, 'logoutRequest', { logoutReason: ' ' }),
  keepAlive: { send: '1s', silence: '3s' },
} as const;
const sessionReplies = [
  { on: message(sessionMiaxEsesm, 'serverHeartbeat'), do: 'ignore' },
  { on: message(sessionMiaxEsesm, 'synchronizationComplete'), do: 'ignore' },
  { on: message(sessionMiaxEsesm, 'testPacket'), do: 'ignore' },
  { on: message(sessionMiaxEsesm, 'loginResponse', { 'matchingEngine.loginStatus': ' ' }), do: 'loginAccepted' },
  { on: message(sessionMiaxEsesm, 'loginResponse'), do: 'loginRejected', number: 'matchingEngine.loginStatus' },
  { on: message(sessionMiaxEsesm, 'goodbyePacket'), do: 'goodbye' },
] as const;

/** Needs the parameters `esesmVersion`, `applicationProtocol` and `computerId`. Goodbye and close after completion. */
export const miaxRetransmission = defineRecovery({
  id: 'miax-retransmission',
  source: 'MIAX ESesM 1.0a; MACH 1.2e, Retransmission',
  unconfirmed: ['the form of versions and computer ids: they come with the subscription'],
  ...session,
  request: message(sessionMiaxEsesm, 'retransmissionRequest', {
    startSequenceNumber: variable('begin'),
    endSequenceNumber: variable('last'),
  }),
  replies: [
    {
      on: message(sessionMiaxEsesm, 'sequencedDataPacket'),
      do: 'message',
      payload: 'sequencedMessageType',
      number: 'sequenceNumber',
    },
    ...sessionReplies,
  ],
});

/** What a refresh says inside unsequenced packets; not in the table of ESesM, which knows the packets only. */
const miaxLastValue = defineDecoder({
  id: 'session-miax-last-value',
  venue: 'MIAX',
  feed: 'last value refresh',
  version: '1.3d',
  specification: 'MIAX Pearl Equities DoM 1.3d, Last Value Refresh',
  framing: 'stream',
  byteOrder: 'little',
  header: { esesmPacketLength: u16(0), esesmPacketType: char(2), refreshMessageType: char(3) },
  messageType: ['esesmPacketType', 'refreshMessageType'],
  longer: 'tolerated',
  lengthField: { name: 'esesmPacketLength', excludes: 2 },
  checked: ['neither a capture nor a second source: the places behind the two types are not confirmed'],
  messages: {
    refreshRequest: row('UR', 5, {
      refreshType: char(4, { S: 'Symbols', t: 'Trading Status', s: 'System State', O: 'Order Book' }),
    }),
    refreshResponse: row('Ur', 13, { sequenceNumber: u64(4), applicationMessage: u8(12) }),
    endOfRefresh: row('UE', 5, { refreshType: char(4) }),
  },
});

/** The order book. Every answer carries the last live number at the time of the request. */
export const miaxRefresh = defineSnapshot({
  id: 'miax-refresh',
  source: 'MIAX ESesM 1.0a; Pearl Equities DoM 1.3d, Last Value Refresh',
  unconfirmed: [
    'places in the answers: number behind the types, then the message',
    'who closes the connection after a refresh, here we',
    'the number of an empty book, whose refresh has no answer that could carry it: it is taken as failed',
  ],
  ...session,
  connection: 'clientCloses',
  request: message(miaxLastValue, 'refreshRequest', { refreshType: 'O' }),
  number: { is: 'lastIncluded', comes: 'everyPacket' },
  replies: [
    {
      on: message(miaxLastValue, 'refreshResponse'),
      do: 'snapshotMessage',
      payload: 'applicationMessage',
      number: 'sequenceNumber',
    },
    { on: message(miaxLastValue, 'endOfRefresh'), do: 'snapshotEnd' },
    ...sessionReplies,
  ],
});
