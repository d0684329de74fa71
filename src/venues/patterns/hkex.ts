/** HKEX OMD-C and OMD-D: retransmission on the same TCP connection, snapshots on lines that repeat them. */
import { hkexOmdCRefresh145 } from '../../decoders/hkex-omd-c-refresh-1.45.js';
import { hkexOmdCRetrans145 } from '../../decoders/hkex-omd-c-retrans-1.45.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, message, variable } from '../../patterns/table.js';

const packet = { framing: 'hkex-omd' };

/** Packets of the feed follow the response; the server's heartbeat is sent back unchanged. */
export const hkexRetransmission = defineRecovery({
  id: 'hkex-retransmission',
  source: 'HKEX OMD-C 1.45, Retransmission Service',
  transport: 'tcp',
  delivery: 'feedPackets',
  login: message(hkexOmdCRetrans145, 'logon', { username: credential('id') }, packet),
  request: message(
    hkexOmdCRetrans145,
    'retransmissionRequest',
    { channelId: variable('channel'), beginSeqNum: variable('begin'), endSeqNum: variable('last') },
    packet,
  ),
  keepAlive: { silence: '65s' },
  limits: { perRequest: 10_000, age: 50_000, rates: [{ count: 1000, per: '1d' }] },
  replies: [
    { when: { offset: 2, size: 1, equals: 0 }, do: 'echo' },
    { on: message(hkexOmdCRetrans145, 'logonResponse', { sessionStatus: 0 }), do: 'loginAccepted' },
    { on: message(hkexOmdCRetrans145, 'logonResponse'), do: 'loginRejected', number: 'sessionStatus' },
    {
      on: message(hkexOmdCRetrans145, 'retransmissionResponse'),
      do: 'status',
      number: 'retransStatus',
      answers: { channelId: 'channel', beginSeqNum: 'begin', endSeqNum: 'last' },
      // 1 and 100: we ask wrongly. 101: nothing more today, of any server.
      statuses: { 0: 'accepted', 1: 'giveUp', 2: 'unavailable', 100: 'giveUp', 101: 'giveUp' },
    },
  ],
});

/** A refresh is what lies between two Refresh Complete messages; the second says up to which number. */
export const hkexRefresh = defineSnapshot({
  id: 'hkex-refresh',
  source: 'HKEX OMD-C 1.45, Refresh Service',
  unconfirmed: ['whether the numbers of refresh packets go on from one turn to the next: both are handled'],
  transport: 'udp',
  from: 'loop',
  number: { is: 'lastIncluded', comes: 'after' },
  replies: [{ on: message(hkexOmdCRefresh145, 'refreshComplete'), do: 'snapshotEnd', number: 'lastSeqNum' }],
});
