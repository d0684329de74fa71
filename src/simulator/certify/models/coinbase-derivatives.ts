import { udpMulticast } from '../../../patterns/index.js';
import { coinbaseDerivatives } from '../../../venues/coinbase-derivatives.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'coinbase-derivatives',
  venue: () =>
    coinbaseDerivatives({
      lines: { A: udpMulticast('239.255.3.1:26477'), B: udpMulticast('239.255.3.2:26477') },
      snapshotLines: { A: udpMulticast('239.255.3.3:26477') },
      retransmission: { servers: ['127.0.0.1:17001'] },
    }),
  feed: {
    // Messages of requests, snapshots and cycles are not part of the stream.
    without: ['retransmitRequest', 'retransmitReject', 'endOfCycle', 'endOfSnapshot', 'orderSnapshot'],
    header: {
      data: [{ offset: 18, size: 1, value: 1 }],
      retransmission: [{ offset: 18, size: 1, value: 5 }],
      snapshot: [{ offset: 18, size: 1, value: 2 }],
    },
  },
});
