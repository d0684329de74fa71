// Capture → batches → typed-array columns of the commonest message. columns.mjs FILE GROUP [selected]: with `selected`, the feed
// gives this message alone, so that the others are not written for a reader who does not look at them.
import { readdirSync, readFileSync } from 'node:fs';
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { measure, sum } from './handlers.mjs';

const [file, group, mode] = process.argv.slice(2);
const fields = ['stockLocate', 'shares', 'price', 'orderReferenceNumberLow', 'timestamp'];
const spec = { addOrder: fields };
const select = mode === 'selected' ? { select: { messages: ['addOrder'] } } : {};
// Beside the whole way, whose bound is the slower of two threads: what the columns alone take of the reader's time, in
// the best batch, and the processor time of the feed's thread.
let best = Number.POSITIVE_INFINITY;
let feedThread = 0;
let total = 0;
const FEWEST = 1_000;
const FEED_THREAD = 'venuewire\n';

/** Processor time so far of the feed's thread, ns. */
function feedNs() {
  for (const task of readdirSync('/proc/self/task')) {
    try {
      if (readFileSync(`/proc/self/task/${task}/comm`, 'utf8') === FEED_THREAD) {
        return Number(readFileSync(`/proc/self/task/${task}/schedstat`, 'utf8').split(' ')[0]);
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return 0;
}

await measure(`venuewire, columns of addOrder${mode === undefined ? '' : `, ${mode}`}`, async () => {
  const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast(group) } }), { capture: { file }, ...select });
  let batches = 0;
  let seen = 0;
  for await (const batch of feed) {
    const from = process.hrtime.bigint();
    const { addOrder } = batch.columns(spec);
    const ns = Number(process.hrtime.bigint() - from);
    if (batch.messages >= FEWEST) best = Math.min(best, ns / batch.messages);
    const columns = fields.map((f) => addOrder[f]);
    for (let i = 0; i < addOrder.length; i++) {
      sum[0] += columns[0][i] + columns[1][i] + columns[2][i] + columns[3][i] + columns[4][i];
    }
    if (batches++ % 64 === 0) seen = Math.max(seen, feedNs());
  }
  const { messages, selectedOut } = feed.statistics().channels[0];
  feedThread = seen;
  total = messages + selectedOut;
  return total;
});
console.error(
  `columns alone, best batch: ${best.toFixed(2)} ns a message, ${(1e3 / best).toFixed(1)} M messages/s; ` +
    `feed thread, processor time seen: ${(feedThread / total).toFixed(1)} ns a message`,
);
