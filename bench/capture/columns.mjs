// Capture → batches → typed-array columns of the commonest message.
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { measure, sum } from './handlers.mjs';

const [file, group] = process.argv.slice(2);
const fields = ['stockLocate', 'shares', 'price', 'orderReferenceNumberLow', 'timestamp'];
const spec = { addOrder: fields };
await measure('venuewire, columns of addOrder', async () => {
  const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast(group) } }), { capture: { file } });
  for await (const batch of feed) {
    const { addOrder } = batch.columns(spec);
    const columns = fields.map((f) => addOrder[f]);
    for (let i = 0; i < addOrder.length; i++) {
      sum[0] += columns[0][i] + columns[1][i] + columns[2][i] + columns[3][i] + columns[4][i];
    }
  }
  return feed.messages;
});
