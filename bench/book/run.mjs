// Books of generated days: decoding, books, events, and beside them a book of std::map and std::unordered_map and one of
// plain TypeScript, on the same file in one run.
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bookInput } from './input.mjs';

const PLAIN = fileURLToPath(new URL('plain.mjs', import.meta.url));
/** Messages, symbols, most open orders, orders that stand from early on. */
const DAYS = [
  [10_000_000, 8_000, 676_000, 600_000],
  [10_000_000, 8_000, 2_000_000, 1_900_000],
];
const QUICK_DAYS = [[200_000, 100, 20_000, 0]];

export function run({ quick, runs, table, median, buildCore }) {
  for (const day of quick ? QUICK_DAYS : DAYS) {
    const input = bookInput(join(tmpdir(), 'venuewire-bench'), ...day);
    const text = [];
    for (let i = 0; i < runs; i++) {
      // What single messages take is asked once.
      const once = i === 0 ? [] : ['each'];
      text.push(
        execFileSync(join(buildCore(), 'bench_book'), [input.messages, input.table, '1', ...once], {
          encoding: 'utf8',
        }),
        execFileSync(process.execPath, [PLAIN, input.messages], { encoding: 'utf8' }),
      );
    }
    tell(
      day,
      text.flatMap((t) => t.trim().split('\n')).map((line) => JSON.parse(line)),
      table,
      median,
    );
  }
}

function tell([messages, symbols], rows, table, median) {
  const timed = rows.filter((r) => r.nsPerMessage !== undefined);
  const names = [...new Set(timed.map((r) => r.name))];
  const ns = new Map(
    names.map((name) => [name, median(rows.filter((r) => r.name === name).map((r) => r.nsPerMessage))]),
  );
  const book = rows.find((r) => r.name.startsWith('books: '));
  table(
    `Order books of an ITCH 5.0 day: ${messages} messages, ${symbols} symbols, at most ${book.mostOrders} live orders, processor time of one thread`,
    ['what', 'ns a message (median)', 'M messages/s', '÷ std::map'],
    names.map((name) => {
      const own = ns.get(name);
      return [
        name,
        own.toFixed(1),
        (1e3 / own).toFixed(1),
        (ns.get('std::map and std::unordered_map') / own).toFixed(1),
      ];
    }),
  );
  for (const row of rows) if (row.nsPerMessage === undefined) console.log(JSON.stringify(row));
  console.log(`${book.bytesPerOrder} bytes an order with everything, ${book.levels} levels at the end`);
  const ends = new Set(timed.filter((r) => r.orders > 0).map((r) => `${r.orders} orders, ${r.levels} levels`));
  if (ends.size !== 1) throw new Error(`the contenders disagree: ${[...ends].join('; ')}`);
}
