import { b3UmdfSbe22 } from '../../../decoders/b3-umdf-sbe-2.2.js';
import type { Decoder } from '../../../layout/index.js';
import { udpMulticast } from '../../../patterns/index.js';
import { b3Umdf } from '../../../venues/b3-umdf.js';
import { defineModel } from '../model.js';
import { lastWire, packets, samples } from './loops.js';

export const model = defineModel({
  id: 'b3-umdf',
  venue: () =>
    b3Umdf({
      channels: {
        'channel-78': {
          channelId: 78,
          lines: { A: udpMulticast('239.255.10.1:26477'), B: udpMulticast('239.255.10.2:26477') },
          snapshot: { A: udpMulticast('239.255.10.3:26477'), B: udpMulticast('239.255.10.4:26477') },
        },
      },
    }),
  servers: {
    'b3-umdf-snapshot': {
      cycle: (c, boundary) => {
        const totNumReports = 2 + c.random.below(4);
        const lastMsgSeqNumProcessed = lastWire(c, boundary);
        const parts = Array.from({ length: totNumReports }, (_, i) => [
          b3UmdfSbe22.encode('snapshotFullRefreshHeader30', {
            securityID: BigInt(1 + i),
            lastMsgSeqNumProcessed,
            totNumReports,
          }),
          ...samples(b3UmdfSbe22 as unknown as Decoder, 'snapshotFullRefreshOrdersMBO71', c.random, 1),
        ]);
        return packets(c, boundary, parts, false);
      },
    },
  },
});
