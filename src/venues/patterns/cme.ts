/** CME MDP 3.0: replay over TCP (FIX text asks, packets answer) and the market recovery loop. */
import { cmeMdp3Sbe113 } from '../../decoders/cme-mdp3-sbe-1.13.js';
import { defineFraming } from '../../patterns/framing.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { credential, fix, message, variable } from '../../patterns/table.js';

/** A packet of the feed with its size in front. */
const cmeReplayStream = defineFraming({
  id: 'cme-replay-stream',
  source: 'EPAM java-cme-mdp3-handler (public), MdpTCPMessageRequester: two bytes of size before each packet',
  unconfirmed: ['no document of the venue at hand says so; the conflated TCP feed has another header (cme-tcp)'],
  byteOrder: 'little',
  headerLength: 14,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  manyPackets: true,
  sequence: { offset: 2, size: 4 },
  numbering: 'packet',
  sendTime: { offset: 6, size: 8 },
  message: { length: { offset: 0, size: 2 }, prefix: 2 },
});

/**
 * One request for each connection, for packets of the last 24 hours; the server closes. Admin Logout ends the answer, or says
 * in words why there is none: there are no codes.
 */
export const cmeTcpReplay = defineRecovery({
  id: 'cme-tcp-replay',
  source: 'CME client systems wiki, MDP 3.0 TCP Recovery; tags and stream as in the public EPAM handler',
  unconfirmed: [
    'that the FIX text needs neither BeginString (8) nor ids and times',
    'the size in front of each packet',
    'how many connections a day',
  ],
  transport: 'tcp',
  connection: 'serverCloses',
  framing: cmeReplayStream,
  delivery: 'feedPackets',
  login: fix([35, 'A'], [553, credential('username')], [554, credential('password')]),
  request: fix(
    [35, 'V'],
    [1180, variable('channel')],
    [262, variable('correlation')],
    [1182, variable('begin')],
    [1183, variable('last')],
  ),
  logout: fix([35, '5']),
  limits: { perRequest: 2000 },
  replies: [
    { on: message(cmeMdp3Sbe113, 'adminLogin15'), do: 'loginAccepted' },
    { on: message(cmeMdp3Sbe113, 'adminLogout16'), do: 'complete' },
  ],
});

/** Each instrument has the number that it contains; the loop begins with packet 1 and says how many instruments it has. */
export const cmeSnapshotLoop = defineSnapshot({
  id: 'cme-market-recovery',
  source: 'CME client systems wiki, MDP 3.0 Market Recovery; SBE schema 1.13, templates 52, 53 and 69',
  unconfirmed: [
    'that Total Number of Reports counts the messages of one loop, for books of orders as for books of prices',
  ],
  transport: 'udp',
  from: 'loop',
  number: { is: 'lastIncluded', comes: 'everyInstrument' },
  replies: [
    { when: { offset: 0, size: 4, equals: 1 }, do: 'snapshotBegin' },
    ...(['snapshotFullRefresh52', 'snapshotFullRefreshOrderBook53', 'snapshotFullRefreshLongQty69'] as const).map(
      (name) => ({
        on: message(cmeMdp3Sbe113, name),
        do: 'snapshotNumber' as const,
        number: 'lastMsgSeqNumProcessed',
        total: 'totNumReports',
      }),
    ),
  ],
});
