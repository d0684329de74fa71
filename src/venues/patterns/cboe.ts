/** Cboe: the gap request proxy (answers on multicast) and the spin servers. Equities, options and futures alike. */
import { sessionCboeGrp } from '../../decoders/session-cboe-grp.js';
import { sessionCboeSpin } from '../../decoders/session-cboe-spin.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, emptyPacket, message, variable } from '../../patterns/table.js';

const inUnit = { framing: 'cboe-sequenced-unit' };
const login = { sessionSubId: credential('id'), username: credential('username'), password: credential('password') };

/** Answers come on the gap multicast of the unit, before or after the response, merged with those of others. */
export const cboeGapRequest = defineRecovery({
  id: 'cboe-grp',
  source: 'Cboe US Multicast PITCH 2.41.66, Gap Request Proxy',
  transport: 'tcp',
  framing: 'cboe-sequenced-unit',
  delivery: 'lines',
  login: message(sessionCboeGrp, 'login', login, inUnit),
  request: message(
    sessionCboeGrp,
    'gapRequest',
    { unit: variable('channel'), sequence: variable('begin'), count: variable('count') },
    inUnit,
  ),
  heartbeat: emptyPacket(inUnit),
  keepAlive: { send: '4s', silence: '10s' },
  limits: {
    perRequest: 100,
    age: 1_000_000,
    rates: [
      { count: 320, per: '1s' },
      { count: 1500, per: '1min' },
      { count: 100_000, per: '1d' },
    ],
  },
  replies: [
    { on: message(sessionCboeGrp, 'loginResponse', { status: 'A' }), do: 'loginAccepted' },
    { on: message(sessionCboeGrp, 'loginResponse'), do: 'loginRejected', number: 'status' },
    {
      on: message(sessionCboeGrp, 'gapResponse'),
      do: 'status',
      number: 'status',
      answers: { unit: 'channel', sequence: 'begin', count: 'count' },
      // D: nothing more today. C and I: we ask for what there is not, and always shall.
      statuses: {
        A: 'accepted',
        O: 'unavailable',
        S: 'wait',
        M: 'wait',
        D: 'giveUp',
        C: 'giveUp',
        I: 'giveUp',
        U: 'nextServer',
      },
    },
  ],
});

/** The orders of a unit as of an image that the server announces each second. */
export const cboeSpin = defineSnapshot({
  id: 'cboe-spin',
  source: 'Cboe US Multicast PITCH 2.41.66, Spin Server',
  transport: 'tcp',
  framing: 'cboe-sequenced-unit',
  connection: 'clientCloses',
  needsImage: true,
  login: message(sessionCboeSpin, 'login', login, inUnit),
  request: message(sessionCboeSpin, 'spinRequest', { sequence: variable('image') }, inUnit),
  heartbeat: emptyPacket(inUnit),
  keepAlive: { send: '4s', silence: '10s' },
  number: { is: 'lastIncluded', comes: 'after' },
  replies: [
    { on: message(sessionCboeSpin, 'loginResponse', { status: 'A' }), do: 'loginAccepted' },
    { on: message(sessionCboeSpin, 'loginResponse'), do: 'loginRejected', number: 'status' },
    { on: message(sessionCboeSpin, 'spinImageAvailable'), do: 'image', number: 'sequence' },
    { on: message(sessionCboeSpin, 'spinResponse', { status: 'A' }), do: 'snapshotBegin' },
    {
      on: message(sessionCboeSpin, 'spinResponse'),
      do: 'status',
      number: 'status',
      statuses: { O: 'retry', S: 'wait' },
    },
    { on: message(sessionCboeSpin, 'spinFinished'), do: 'snapshotEnd', number: 'sequence' },
    { of: 'message', do: 'snapshotMessage' },
  ],
});
