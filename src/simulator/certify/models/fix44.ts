import { defineModel } from '../model.js';

export const model = defineModel({
  feed: {
    // Type and fields, without header and trailer: incremental refreshes.
    messages: (random, count) =>
      Array.from({ length: count }, () => {
        const entries = Array.from({ length: 1 + random.below(4) }, () => {
          const price = (1 + random.real()).toFixed(5);
          return `279=0|269=${random.below(3)}|55=EUR/USD|270=${price}|271=${1 + random.below(1_000_000)}|`;
        });
        return new Uint8Array(Buffer.from(`35=X|268=${entries.length}|${entries.join('')}`.replaceAll('|', '\x01')));
      }),
  },
});
