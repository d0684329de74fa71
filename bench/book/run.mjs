// Books of a generated day: decoding, books, events, and beside them a book of std::map and std::unordered_map, in one run.
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bookInput } from './input.mjs';

export function run({ quick, runs, table, median, buildCore }) {
  const input = quick ? bookInputOf(200_000, 100, 20_000) : bookInputOf(10_000_000, 8_000, 2_000_000);
  const text = execFileSync(join(buildCore(), 'bench_book'), [input.messages, input.table, String(runs)], {
    encoding: 'utf8',
  });
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const timed = rows.filter((r) => r.nsPerMessage !== undefined);
  const names = [...new Set(timed.map((r) => r.name))];
  const ns = new Map(
    names.map((name) => [name, median(rows.filter((r) => r.name === name).map((r) => r.nsPerMessage))]),
  );
  const plain = ns.get(names.at(-1));
  table(
    'Order books of an ITCH 5.0 day, processor time of one thread',
    ['what', 'ns a message (median)', 'M messages/s', '÷ std::map'],
    names.map((name) => {
      const own = ns.get(name);
      return [name, own.toFixed(1), (1e3 / own).toFixed(1), (plain / own).toFixed(1)];
    }),
  );
  for (const row of rows) if (row.nsPerMessage === undefined) console.log(JSON.stringify(row));
  const book = rows.find((r) => r.name.startsWith('books: '));
  console.log(
    `most live orders ${book.mostOrders}, ${book.bytesPerOrder} bytes each with everything, levels ${book.levels} at the end`,
  );
}

const bookInputOf = (messages, symbols, orders) =>
  bookInput(join(tmpdir(), 'venuewire-bench'), messages, symbols, orders);
