/** Coinbase Derivatives: retransmission over UDP, snapshots on lines that repeat them. */
import { coinbaseDerivativesSbe17 } from '../../decoders/coinbase-derivatives-sbe-1.7.js';
import { defineFraming } from '../../patterns/framing.js';
import { coinbaseUdp } from '../../patterns/framings.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { message, variable } from '../../patterns/table.js';

/** One datagram asks, one answers with what fits; a reject says why. */
export const coinbaseRetransmission = defineRecovery({
  id: 'coinbase-retransmission',
  source: 'Coinbase Derivatives UDP Market Data 1.7, Retransmission',
  transport: 'udp',
  delivery: 'feedPackets',
  onePerDatagram: true,
  request: message(
    coinbaseDerivativesSbe17,
    'retransmitRequest',
    { beginSeqNum: variable('begin'), messageCount: variable('count') },
    { framing: 'coinbase-udp', sequence: variable('correlation') },
  ),
  replies: [
    {
      on: message(coinbaseDerivativesSbe17, 'retransmitReject'),
      do: 'status',
      number: 'reason',
      statuses: { 1: 'unavailable', 2: 'retry', 3: 'wait', 4: 'retry' },
    },
  ],
});

const { sequence: _, numbering: __, ...header } = coinbaseUdp;
/** Snapshot packets: the header's number is what the state is valid at, so it counts nothing. */
const snapshotPackets = defineFraming({
  ...header,
  id: 'coinbase-udp-snapshot',
  kinds: [{ when: { offset: 18, size: 1, bits: [0, 1], equals: 1 }, is: 'ignore' }],
});

/** Instrument after instrument, then End of Cycle. The number is in the header of every packet. */
export const coinbaseSnapshot = defineSnapshot({
  id: 'coinbase-snapshot',
  source: 'Coinbase Derivatives UDP Market Data 1.7, Snapshot',
  unconfirmed: ['whether the number is the last included, here taken so'],
  transport: 'udp',
  from: 'loop',
  lineFraming: snapshotPackets,
  number: { is: 'lastIncluded', comes: 'everyPacket' },
  replies: [
    { of: 'packet', do: 'snapshotNumber', number: { offset: 8, size: 8 } },
    { on: message(coinbaseDerivativesSbe17, 'endOfCycle'), do: 'snapshotEnd' },
  ],
});
