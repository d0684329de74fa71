import { iceImpact1151 } from '../../../decoders/ice-impact-1.1.51.js';
import { encode } from '../../../layout/index.js';
import { defineModel } from '../model.js';
import { lastWire, packets } from './loops.js';

export const model = defineModel({
  servers: {
    'ice-impact-snapshot': {
      cycle: (c, boundary) => {
        const lastMessageSequenceId = lastWire(c, boundary);
        const markets = Array.from({ length: 4 }, (_, i) => [
          encode(iceImpact1151, 'marketSnapshot', { marketId: 100 + i, lastMessageSequenceId }),
          ...Array.from({ length: c.random.below(3) }, () =>
            c.random.pick(c.day.pool.messages.filter((m) => m[0] !== 0x43)),
          ),
        ]);
        return packets(c, boundary, markets, true);
      },
    },
  },
});
