import { euronextOptiq667 } from '../../../decoders/euronext-optiq-6.67.js';
import { type Decoder, encode } from '../../../layout/index.js';
import { drawMessage } from '../../message-sampler.js';
import { defineModel } from '../model.js';
import { packets, samples } from './loops.js';

const table = euronextOptiq667 as unknown as Decoder;
const live = ['marketUpdate', 'orderUpdate', 'healthStatus'];
const view = (m: Uint8Array): DataView => new DataView(m.buffer, m.byteOffset, m.byteLength);

export const model = defineModel({
  without: {
    'hole wider than the window':
      'the gap reaches to the end of the day, and only a message behind a gap proves a snapshot new enough',
  },
  feed: {
    // The market data sequence number rises, with numbers in between that other channels have.
    messages: (random, count) =>
      Array.from({ length: count }, (_, i) => {
        const message = drawMessage(table, random.pick(live), random);
        view(message).setBigUint64(8, BigInt(1_000 + 3 * i), true);
        return message;
      }),
  },
  servers: {
    'euronext-optiq-snapshot': {
      cycle: (c, boundary) => {
        let lastMDSeqNum = 999n;
        for (let p = boundary - 1; p >= 0; p--) {
          const message = c.day.units[p]?.[0];
          if (message === undefined) continue;
          lastMDSeqNum = view(message).getBigUint64(8, true);
          break;
        }
        const mark = (name: 'startOfSnapshot' | 'endOfSnapshot') => [encode(euronextOptiq667, name, { lastMDSeqNum })];
        const body = Array.from({ length: 2 + c.random.below(4) }, () => samples(table, 'marketUpdate', c.random, 2));
        return packets(c, boundary, [mark('startOfSnapshot'), ...body, mark('endOfSnapshot')], true);
      },
    },
  },
});
