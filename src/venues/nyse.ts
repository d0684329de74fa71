/** NYSE Pillar and XDP: one request server, answers on retransmission lines. */
import { sessionNyseRequestServer } from '../decoders/session-nyse-request-server.js';
import { defineRecovery } from '../patterns/recovery.js';
import { credential, message, parameter, variable } from '../patterns/table.js';

/** What we send travels in ordinary packets: original message, numbers of our own. */
const packet = {
  framing: 'nyse-xdp',
  sequence: variable('clientSequence'),
  set: [{ offset: 2, size: 1, value: 11 }],
};

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
      statuses: { 0: 'accepted', 6: 'unavailable' },
    },
  ],
});
