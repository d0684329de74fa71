/**
 * Recovery and snapshot patterns that several venues share: each says once how one kind of server is talked to. Venue files
 * refer to them by id.
 */
import { glimpse50 } from '../../decoders/glimpse50.js';
import { moldudp64 } from '../../decoders/moldudp64.js';
import { soupbintcp } from '../../decoders/soupbintcp.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, message, variable } from '../../patterns/table.js';

/** MoldUDP64 re-request: one datagram asks, one ordinary packet answers, silence is the only refusal. */
export const moldudp64Rerequest = defineRecovery({
  id: 'moldudp64-rerequest',
  source: 'MoldUDP64 1.00, Request Packet',
  unconfirmed: ['request rates: none are in the specification, real servers limit and drop'],
  transport: 'udp',
  delivery: 'feedPackets',
  onePerDatagram: true,
  request: message(moldudp64, 'requestPacket', {
    session: variable('session'),
    sequenceNumber: variable('begin'),
    messageCount: variable('count'),
  }),
});

const soupLogin = { username: credential('username'), password: credential('password') };
const soupKeepAlive = {
  heartbeat: message(soupbintcp, 'clientHeartbeat'),
  logout: message(soupbintcp, 'logoutRequest'),
  keepAlive: { send: '1s', silence: '15s' },
};
const soupEnd = [
  { on: message(soupbintcp, 'loginRejected'), do: 'loginRejected', number: 'rejectReasonCode' },
  { on: message(soupbintcp, 'serverHeartbeat'), do: 'ignore' },
  { on: message(soupbintcp, 'debugPacket'), do: 'ignore' },
  { on: message(soupbintcp, 'endOfSession'), do: 'goodbye' },
] as const;

/** SoupBinTCP replay: the login names the first message wanted, the server sends from there on, we close when we have enough. */
export const soupbintcpReplay = defineRecovery({
  id: 'soupbintcp-replay',
  source: 'SoupBinTCP 3.00, Login Request Packet',
  transport: 'tcp',
  connection: 'clientCloses',
  framing: 'soupbintcp',
  login: message(soupbintcp, 'loginRequest', {
    ...soupLogin,
    requestedSession: variable('session'),
    requestedSequenceNumber: variable('begin'),
  }),
  ...soupKeepAlive,
  replies: [
    { on: message(soupbintcp, 'sequencedData'), do: 'message', payload: 'message' },
    { on: message(soupbintcp, 'loginAccepted'), do: 'loginAccepted', number: 'sequenceNumber', session: 'session' },
    ...soupEnd,
  ],
});

/** GLIMPSE: the state at login as ITCH messages; the End of Snapshot says which number comes next. */
export const glimpse = defineSnapshot({
  id: 'glimpse',
  source: 'Nasdaq GLIMPSE 5.0 (2026)',
  transport: 'tcp',
  connection: 'clientCloses',
  framing: 'soupbintcp',
  login: message(soupbintcp, 'loginRequest', { ...soupLogin, requestedSequenceNumber: 1 }),
  ...soupKeepAlive,
  number: { is: 'firstToApply', comes: 'after' },
  replies: [
    {
      on: message(soupbintcp, 'sequencedData'),
      payload: 'message',
      holding: message(glimpse50, 'endOfSnapshot'),
      do: 'snapshotEnd',
      number: 'sequenceNumber',
    },
    { on: message(soupbintcp, 'sequencedData'), do: 'snapshotMessage', payload: 'message' },
    { on: message(soupbintcp, 'loginAccepted'), do: 'loginAccepted' },
    ...soupEnd,
  ],
});
