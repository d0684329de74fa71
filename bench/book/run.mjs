// Books of generated days: decoding, books, events, and beside them a book of std::map and std::unordered_map and one of
// plain TypeScript, on the same file in one run.
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryInputs } from './entries.mjs';
import { bookInput } from './input.mjs';

const PLAIN = fileURLToPath(new URL('plain.mjs', import.meta.url));
const DRIVEN = fileURLToPath(new URL('driven.mjs', import.meta.url));
const NATIVE = 'books: orders, levels, top';
/** As on a day of the market: some stocks are busier than others, and most of what happens concerns new orders. */
const UNEVEN = { symbolSkew: 0.7, recency: 0.9 };
/** Messages, symbols, most open orders, orders that stand from early on, and how uneven the day is (else all is drawn evenly). */
const DAYS = [
  [10_000_000, 8_000, 676_000, 600_000],
  [10_000_000, 8_000, 676_000, 600_000, UNEVEN],
  [10_000_000, 8_000, 2_000_000, 1_900_000],
];
const QUICK_DAYS = [
  [200_000, 100, 20_000, 0],
  [200_000, 100, 20_000, 0, UNEVEN],
];
const ENTRY_MESSAGES = 500_000;
const QUICK_ENTRY_MESSAGES = 20_000;

export function run({ quick, runs, table, median, buildCore }) {
  for (const day of quick ? QUICK_DAYS : DAYS) {
    const input = bookInput(join(tmpdir(), 'venuewire-bench'), ...day);
    const text = [];
    for (let i = 0; i < runs; i++) {
      // What single messages take is asked once, of even days.
      const once = i === 0 && day[4] === undefined ? [] : ['each'];
      text.push(
        execFileSync(join(buildCore(), 'bench_book'), [input.messages, input.table, '1', ...once], {
          encoding: 'utf8',
        }),
        execFileSync(process.execPath, [DRIVEN, input.messages, String(day[2])], { encoding: 'utf8' }),
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
  entries({ quick, runs, table, median, buildCore });
}

/** Entries of messages: of a level, of an order. */
function entries({ quick, runs, table, median, buildCore }) {
  const found = [];
  for (const feed of entryInputs(join(tmpdir(), 'venuewire-bench'), quick ? QUICK_ENTRY_MESSAGES : ENTRY_MESSAGES)) {
    const args = [feed.messages, feed.table, String(runs), 'each'];
    const rows = execFileSync(join(buildCore(), 'bench_book'), args, { encoding: 'utf8' }).trim().split('\n');
    const told = rows.map((line) => JSON.parse(line)).filter((r) => r.operations > 0);
    for (const name of new Set(told.map((r) => r.name))) {
      const own = told.filter((r) => r.name === name);
      const each = median(own.map((r) => (r.nsPerMessage * feed.count) / r.operations));
      found.push([feed.name, name, each.toFixed(1), (own[0].operations / feed.count).toFixed(2)]);
    }
  }
  table('Entries, processor time of one thread', ['feed', 'what', 'ns an entry (median)', 'entries a message'], found);
}

function tell([messages, symbols, , , mix], rows, table, median) {
  const timed = rows.filter((r) => r.nsPerMessage !== undefined);
  const names = [...new Set(timed.map((r) => r.name))];
  const ns = new Map(
    names.map((name) => [name, median(rows.filter((r) => r.name === name).map((r) => r.nsPerMessage))]),
  );
  const book = rows.find((r) => r.name === NATIVE);
  table(
    `Order books of an ITCH 5.0 day: ${messages} messages, ${symbols} symbols, at most ${book.mostOrders} live orders, ${mix === undefined ? 'evenly drawn' : `uneven (${JSON.stringify(mix)})`}, processor time of one thread`,
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
  const driven = rows.find((r) => r.wallNsPerMessage !== undefined).name;
  console.log(`driven from JavaScript ÷ native: ${(ns.get(driven) / ns.get(NATIVE)).toFixed(2)} (aim: at most 1.15)`);
  for (const row of rows) if (row.nsPerMessage === undefined) console.log(JSON.stringify(row));
  console.log(`${book.bytesPerOrder} bytes an order with everything, ${book.levels} levels at the end`);
  const ends = new Set(timed.filter((r) => r.orders > 0).map((r) => `${r.orders} orders, ${r.levels} levels`));
  if (ends.size !== 1) throw new Error(`the contenders disagree: ${[...ends].join('; ')}`);
}
