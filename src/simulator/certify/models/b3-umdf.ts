import { b3UmdfSbe22 } from '../../../decoders/b3-umdf-sbe-2.2.js';
import { type Decoder, encode } from '../../../layout/index.js';
import { defineModel } from '../model.js';
import { lastWire, packets, samples } from './loops.js';

export const model = defineModel({
  servers: {
    'b3-umdf-snapshot': {
      cycle: (c, boundary) => {
        const totNumReports = 2 + c.random.below(4);
        const lastMsgSeqNumProcessed = lastWire(c, boundary);
        const parts = Array.from({ length: totNumReports }, (_, i) => [
          encode(b3UmdfSbe22, 'snapshotFullRefreshHeader30', {
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
