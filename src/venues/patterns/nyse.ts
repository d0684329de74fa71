/** NYSE Pillar and XDP: one request server, answers on retransmission lines. */
import { sessionNyseRequestServer } from '../../decoders/session-nyse-request-server.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, message, parameter, variable } from '../../patterns/table.js';

/** What we send travels in ordinary packets: original message, numbers of our own. */
const packet = {
  framing: 'nyse-xdp',
  sequence: variable('clientSequence'),
  set: [{ offset: 2, size: 1, value: 11 }],
};

/** 1, 7, 8 and 9: we ask wrongly. 3: too many at once. 4 and 5: nothing more today. 2 is of older systems. */
const requestStatuses = {
  0: 'accepted',
  1: 'giveUp',
  2: 'unavailable',
  3: 'giveUp',
  4: 'nextServer',
  5: 'nextServer',
  6: 'unavailable',
  7: 'giveUp',
  8: 'giveUp',
  9: 'giveUp',
} as const;

/** Needs the parameter `productId`; the channel's key is the channel id. */
export const nyseRetransmission = defineRecovery({
  id: 'nyse-retransmission',
  source: 'NYSE Pillar Common Client 2.4p, Request Server',
  transport: 'tcp',
  framing: 'nyse-xdp',
  delivery: 'lines',
  request: message(
    sessionNyseRequestServer,
    'retransmissionRequest',
    {
      beginSeqNum: variable('begin'),
      endSeqNum: variable('last'),
      sourceId: credential('id'),
      productId: parameter('productId'),
      channelId: variable('channel'),
    },
    packet,
  ),
  heartbeat: message(sessionNyseRequestServer, 'heartbeatResponse', { sourceId: credential('id') }, packet),
  keepAlive: { silence: '130s' },
  limits: { perRequest: 1000, rates: [{ count: 10_000, per: '1d' }] },
  replies: [
    { when: { offset: 2, size: 1, equals: 1 }, do: 'answer' },
    {
      on: message(sessionNyseRequestServer, 'requestResponse'),
      do: 'status',
      number: 'status',
      answers: { requestSeqNum: 'clientSequence', beginSeqNum: 'begin', channelId: 'channel' },
      statuses: requestStatuses,
    },
  ],
});

/**
 * The state of all symbols of a channel, asked of the same server, on the refresh lines. Each symbol's part begins with the
 * number that it contains; the least of them decides where delivery goes on. Needs the parameter `productId`.
 */
export const nyseRefresh = defineSnapshot({
  id: 'nyse-refresh',
  source: 'NYSE Pillar Common Client 2.4p, Refresh Request and Refresh Header',
  unconfirmed: [
    'whether the flags first and last enclose the answer to a request for all symbols, as is taken here, or each symbol',
    'numbers of refresh packets, here taken as counted from the first of an answer on',
  ],
  transport: 'tcp',
  framing: 'nyse-xdp',
  from: 'requestOnLines',
  lineFraming: 'nyse-xdp',
  request: message(
    sessionNyseRequestServer,
    'refreshRequest',
    { symbolIndex: 0, sourceId: credential('id'), productId: parameter('productId'), channelId: variable('channel') },
    packet,
  ),
  heartbeat: message(sessionNyseRequestServer, 'heartbeatResponse', { sourceId: credential('id') }, packet),
  keepAlive: { silence: '130s' },
  limits: { rates: [{ count: 500, per: '1d' }] },
  number: { is: 'lastIncluded', comes: 'everyInstrument' },
  replies: [
    { when: { offset: 2, size: 1, equals: 1 }, do: 'answer' },
    {
      on: message(sessionNyseRequestServer, 'requestResponse'),
      do: 'status',
      number: 'status',
      answers: { requestSeqNum: 'clientSequence', channelId: 'channel' },
      statuses: requestStatuses,
    },
    // The delivery flag of the packet: 17 all of it, 18 first, 20 last.
    { when: { offset: 2, size: 1, equals: 18 }, do: 'snapshotBegin' },
    { when: { offset: 2, size: 1, equals: 17 }, do: 'snapshotBegin' },
    { on: message(sessionNyseRequestServer, 'refreshHeader'), do: 'snapshotNumber', number: 'lastSeqNum' },
    { when: { offset: 2, size: 1, equals: 20 }, do: 'snapshotEnd' },
    { when: { offset: 2, size: 1, equals: 17 }, do: 'snapshotEnd' },
  ],
});
