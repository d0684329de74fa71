/** Coinbase Derivatives: retransmission over UDP. */
import { coinbaseDerivativesSbe17 } from '../decoders/coinbase-derivatives-sbe-1.7.js';
import { defineRecovery } from '../patterns/recovery.js';
import { message, variable } from '../patterns/table.js';

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
