// Books driven from JavaScript: a feed's thread brings the messages, the reader's thread makes the books, a call a batch.
// usage: node bench/book/driven.mjs MESSAGES ORDERS
import { readFileSync } from 'node:fs';
import { openBooks } from '../../dist/books/index.js';
import { openFeed } from '../../dist/index.js';
import { captureFile } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';

const [file, orders] = process.argv.slice(2);
/** Processor time of this thread so far, ns: the garbage collector's helpers and the feed have their own. */
const thread = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);

const feed = await openFeed(nasdaqTotalView({ lines: { A: captureFile(file) } }));
const books = openBooks(feed, { orders: Number(orders) });
const from = thread();
const began = process.hrtime.bigint();
let batches = 0;
for await (const batch of feed) {
  books.take(batch);
  batches++;
}
const ns = thread() - from;
const wall = Number(process.hrtime.bigint() - began);
const { messages, orders: open, levels } = books.counters();
console.log(
  JSON.stringify({
    name: 'books driven from JavaScript, its thread',
    nsPerMessage: ns / messages,
    wallNsPerMessage: wall / messages,
    batches,
    orders: open,
    levels,
  }),
);
