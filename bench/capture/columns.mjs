// Capture → batches → typed-array columns of the commonest message.
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { measure, sum } from './handlers.mjs';

const [file, group] = process.argv.slice(2);
const fields = ['stockLocate', 'shares', 'price', 'orderReferenceNumberLow', 'timestamp'];
const spec = { addOrder: fields };
// Beside the whole way, whose bound is the feed thread: what the columns alone take of the reader's time, in the best batch.
let best = Number.POSITIVE_INFINITY;
const FEWEST = 1_000;
await measure('venuewire, columns of addOrder', async () => {
  const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast(group) } }), { capture: { file } });
  for await (const batch of feed) {
    const from = process.hrtime.bigint();
    const { addOrder } = batch.columns(spec);
    const ns = Number(process.hrtime.bigint() - from);
    if (batch.messages >= FEWEST) best = Math.min(best, ns / batch.messages);
    const columns = fields.map((f) => addOrder[f]);
    for (let i = 0; i < addOrder.length; i++) {
      sum[0] += columns[0][i] + columns[1][i] + columns[2][i] + columns[3][i] + columns[4][i];
    }
  }
  return feed.messages;
});
console.error(`columns alone, best batch: ${best.toFixed(2)} ns a message, ${(1e3 / best).toFixed(1)} M messages/s`);
