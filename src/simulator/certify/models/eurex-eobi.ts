import { eurexEobi141 } from '../../../decoders/eurex-eobi-14.1.js';
import { type Decoder, encode } from '../../../layout/index.js';
import { drawMessage } from '../../message-sampler.js';
import { defineModel } from '../model.js';
import { packets, samples } from './loops.js';

const PRODUCTS = 3;
const table = eurexEobi141 as unknown as Decoder;
/** Messages in which the security stands at one place: here it says the product. */
const live = ['instrumentStateChange', 'quoteRequest'];
const view = (m: Uint8Array): DataView => new DataView(m.buffer, m.byteOffset, m.byteLength);

export const model = defineModel({
  without: {
    'hole wider than the window':
      'the gap reaches to the end of the day, and only a message behind a gap proves a snapshot new enough',
  },
  feed: {
    // Each product has its own numbers; a packet is of one product.
    messages: (random, count) =>
      Array.from({ length: count }, (_, i) => {
        const message = drawMessage(table, random.pick(live), random);
        view(message).setUint32(4, Math.floor(i / PRODUCTS) + 1, true);
        view(message).setBigInt64(8, BigInt(i % PRODUCTS), true);
        return message;
      }),
    seal: (packet) => {
      const v = view(packet);
      const product =
        packet.length >= 48 && live.some((n) => v.getUint16(34, true) === code(n)) ? v.getUint8(40) : undefined;
      if (product !== undefined) v.setInt32(12, product, true);
    },
  },
  servers: {
    'eurex-eobi-snapshot': {
      cycle: (c, boundary) => {
        const last = Array.from({ length: PRODUCTS }, () => 0);
        for (let p = 0; p < boundary; p++) {
          const message = c.day.units[p]?.[0];
          if (message === undefined || message.length < 16) continue;
          const v = view(message);
          last[v.getUint8(8) % PRODUCTS] = v.getUint32(4, true);
        }
        let number = 0;
        const parts = last.map((lastMsgSeqNumProcessed) => {
          const orders = samples(table, 'snapshotOrder', c.random, 1 + c.random.below(3));
          const all = [encode(eurexEobi141, 'productSummary', { lastMsgSeqNumProcessed }), ...orders];
          for (const m of all) view(m).setUint32(4, number++, true);
          return all;
        });
        const out = packets(c, boundary, parts, true);
        out.forEach((packet, product) => {
          view(packet).setInt32(12, product, true);
        });
        return out;
      },
    },
  },
});

function code(name: string): number {
  return Number(table.plan(table.indexOf(name)).codes[0]);
}
