/** IEX equities (TOPS, DEEP, DEEP+): gap fill over UDP and TCP, snapshots over TCP. */
import { iexDeepPlusSnap105 } from '../../decoders/iex-deep-plus-snap-1.05.js';
import { sessionIexGapFill } from '../../decoders/session-iex-gap-fill.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, message, parameter, variable } from '../../patterns/table.js';

/** Needs the parameter `messageProtocolId`: 32773 for DEEP+, 32772 for DEEP, 32771 for TOPS 1.6. */
const request = {
  ...message(sessionIexGapFill, 'gapFillRequestSequencedMessages', {
    version: 1,
    messageProtocolId: parameter('messageProtocolId'),
    channelId: variable('channel'),
    sessionId: variable('session'),
    requestRange: [{ firstMessageSequenceNumber: variable('begin'), lastMessageSequenceNumber: variable('last') }],
  }),
};

/** Invalid requests are ignored in silence; an answer may be several datagrams. */
export const iexGapFillUdp = defineRecovery({
  id: 'iex-gap-fill-udp',
  source: 'IEX Transport Protocol 1.26, Gap Fill; DEEP+ 1.04 for the limit',
  transport: 'udp',
  delivery: 'feedPackets',
  request,
  limits: { perRequest: 1000 },
});

/** One connection for one range; the server closes when it has sent everything. */
export const iexGapFillTcp = defineRecovery({
  id: 'iex-gap-fill-tcp',
  source: 'IEX Transport Protocol 1.26, Gap Fill over TCP',
  transport: 'tcp',
  connection: 'serverCloses',
  delivery: 'feedPackets',
  request,
});

/** The state as of a number that comes at its end. */
export const iexSnap = defineSnapshot({
  id: 'iex-snap',
  source: 'IEX DEEP+ SNAP 1.05',
  transport: 'tcp',
  connection: 'clientCloses',
  framing: 'iex-snap-tcp',
  request: message(iexDeepPlusSnap105, 'snapshotRequest', {
    authenticationToken: credential('token'),
    channelId: variable('channel'),
    sessionId: variable('session'),
    minimumSequenceNumber: 0,
  }),
  limits: { rates: [{ count: 1000, per: '1d' }] },
  number: { is: 'lastIncluded', comes: 'after' },
  replies: [
    { on: message(iexDeepPlusSnap105, 'snapshotData'), do: 'snapshotMessage', payload: 'iexTPMessageData' },
    { on: message(iexDeepPlusSnap105, 'snapshotStart'), do: 'snapshotBegin' },
    { on: message(iexDeepPlusSnap105, 'snapshotEnd'), do: 'snapshotEnd', number: 'snapshotSequenceNumber' },
    {
      on: message(iexDeepPlusSnap105, 'errorResponse'),
      do: 'status',
      number: 'rejectReasonCode',
      statuses: { R: 'retry', E: 'retry', U: 'retry' },
    },
  ],
});
