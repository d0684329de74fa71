#!/usr/bin/env node
// Holds `venuewire book` to the truth of the generator: its own open orders, not the messages that tell of them. Orders,
// levels, total size and every best bid and ask at the end of a generated day.
// node bench/book/truth.mjs [--messages 10000000] [--symbols 8000] [--open 676000] [--standing 600000] [--seed 1]
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ItchGenerator, VenueHistory, writeCapture } from '../../dist/simulator/index.js';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000000' },
    symbols: { type: 'string', default: '8000' },
    open: { type: 'string', default: '676000' },
    standing: { type: 'string', default: '600000' },
    seed: { type: 'string', default: '1' },
  },
});
const [messages, symbols, openOrders, standingOrders, seed] = [
  values.messages,
  values.symbols,
  values.open,
  values.standing,
  values.seed,
].map(Number);
const LINE = '233.54.12.111:26477';
const PRICE_DIGITS = 4;
const MOST_OUTPUT = 1 << 30;

/** What books must say: `bids` and `asks` by stock, each a map of price to [size, orders]. */
function truthOf(generator) {
  const books = Array.from({ length: generator.symbols }, () => ({ bids: new Map(), asks: new Map() }));
  generator.eachOpenOrder(({ stock, side, price, shares }) => {
    const levels = side === 'bid' ? books[stock].bids : books[stock].asks;
    const [size, orders] = levels.get(price) ?? [0, 0];
    levels.set(price, [size + shares, orders + 1]);
  });
  return books;
}

const text = (price) => {
  const digits = String(price).padStart(PRICE_DIGITS + 1, '0');
  const fraction = digits.slice(-PRICE_DIGITS).replace(/0+$/, '');
  return digits.slice(0, -PRICE_DIGITS) + (fraction === '' ? '' : `.${fraction}`);
};
const side = (levels, best) =>
  [...levels]
    .sort(([a], [b]) => best * (b - a))
    .map(([price, [size, orders]]) => `${text(price)} ${size} ${orders}`)
    .join(', ');

const folder = mkdtempSync(join(tmpdir(), 'venuewire-truth-'));
const file = join(folder, 'day.pcap');
try {
  const generator = new ItchGenerator({ seed, symbols, messages, openOrders, standingOrders });
  const fd = openSync(file, 'w');
  writeCapture(VenueHistory.generate(generator), { seed, lines: [LINE] }, (bytes) => writeSync(fd, bytes));
  closeSync(fd);
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const args = [main, 'book', file, '--decoder', 'nasdaq-totalview-itch-5.0', '--format', 'ndjson'];
  const lines = execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: MOST_OUTPUT }).trim().split('\n');
  const { summary } = JSON.parse(lines.pop());
  const said = new Map(lines.map((line) => JSON.parse(line)).map((book) => [book.instrument, book]));
  const truth = truthOf(generator);
  let orders = 0;
  let levels = 0;
  let size = 0n;
  let instruments = 0;
  const wrong = [];
  const plain = (rows) => rows.map(([price, s, n]) => `${price} ${s} ${n}`).join(', ');
  for (const [stock, { bids, asks }] of truth.entries()) {
    for (const [shares, n] of [...bids.values(), ...asks.values()]) {
      orders += n;
      size += BigInt(shares);
    }
    levels += bids.size + asks.size;
    if (bids.size + asks.size === 0) continue;
    instruments++;
    const book = said.get(String(stock + 1)) ?? { bids: [], asks: [] };
    if (plain(book.bids) !== side(bids, 1) || plain(book.asks) !== side(asks, -1)) wrong.push(stock + 1);
  }
  const agreed =
    wrong.length === 0 &&
    said.size === instruments &&
    summary.orders === orders &&
    summary.levels === levels &&
    BigInt(summary.size) === size;
  console.log(
    JSON.stringify({
      messages: summary.messages,
      instruments,
      orders,
      levels,
      size: String(size),
      seconds: summary.seconds,
      agreed,
      wrong: wrong.slice(0, 10),
      ...(agreed ? {} : { said: summary }),
    }),
  );
  process.exitCode = agreed ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
