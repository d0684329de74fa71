/** MIAX, Pearl, Emerald and Onyx: retransmission over ESesM. */
import { sessionMiaxEsesm } from '../decoders/session-miax-esesm.js';
import { defineRecovery } from '../patterns/recovery.js';
import { credential, message, parameter, variable } from '../patterns/table.js';

/** Needs the parameters `esesmVersion`, `applicationProtocol` and `computerId`. Goodbye and close after completion. */
export const miaxRetransmission = defineRecovery({
  id: 'miax-retransmission',
  source: 'MIAX ESesM 1.0a; MACH 1.2e, Retransmission',
  unconfirmed: ['the form of versions and computer ids: they come with the subscription'],
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
  request: message(sessionMiaxEsesm, 'retransmissionRequest', {
    startSequenceNumber: variable('begin'),
    endSequenceNumber: variable('last'),
  }),
  heartbeat: message(sessionMiaxEsesm, 'clientHeartbeat'),
  keepAlive: { send: '1s', silence: '3s' },
  replies: [
    {
      on: message(sessionMiaxEsesm, 'sequencedDataPacket'),
      do: 'message',
      payload: 'sequencedMessageType',
      number: 'sequenceNumber',
    },
    { on: message(sessionMiaxEsesm, 'serverHeartbeat'), do: 'ignore' },
    { on: message(sessionMiaxEsesm, 'loginResponse', { 'matchingEngine.loginStatus': ' ' }), do: 'loginAccepted' },
    { on: message(sessionMiaxEsesm, 'loginResponse'), do: 'loginRejected', number: 'matchingEngine.loginStatus' },
    { on: message(sessionMiaxEsesm, 'goodbyePacket'), do: 'goodbye' },
  ],
});
