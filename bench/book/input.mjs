#!/usr/bin/env node
// The input of the book benches: a generated day of ITCH 5.0 as BinaryFILE, and the compiled table with its roles.
// node bench/book/input.mjs FOLDER [MESSAGES] [SYMBOLS] [OPEN-ORDERS] [STANDING-ORDERS]
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { itch50 } from '../../dist/decoders/itch50.js';
import { compileEvents } from '../../dist/events/compile.js';
import { compileCatalogue } from '../../dist/layout/index.js';
import { ItchGenerator, LONGEST_ITCH_MESSAGE } from '../../dist/simulator/index.js';

/**
 * `standingOrders` are opened before any is deleted: without them, a day of the usual mix never has 300,000. `mix`: the
 * generator's symbolSkew and recency.
 * @returns {{ messages: string, table: string }}
 */
export function bookInput(
  folder,
  messages = 10_000_000,
  symbols = 8_000,
  openOrders = 2_000_000,
  standingOrders = 0,
  mix = {},
  seed = 1,
) {
  mkdirSync(folder, { recursive: true });
  const file = join(
    folder,
    `itch50-${messages}-${symbols}-${openOrders}-${standingOrders}-${seed}${mix.symbolSkew === undefined ? '' : `-${mix.symbolSkew}-${mix.recency}`}.itch`,
  );
  const table = join(folder, `itch50-${openOrders}.table`);
  const bounds = { orders: openOrders };
  writeFileSync(table, Buffer.concat([compileCatalogue(itch50), compileEvents(itch50, itch50.events, bounds)]));
  if (existsSync(file)) return { messages: file, table };
  process.stderr.write(`making ${messages} messages …\n`);
  const generator = new ItchGenerator({ seed, symbols, messages, openOrders, standingOrders, ...mix });
  const block = new Uint8Array(1 << 20);
  const view = new DataView(block.buffer);
  const fd = openSync(`${file}.part`, 'w');
  let at = 0;
  for (let i = 0; i < messages; i++) {
    if (at + 2 + LONGEST_ITCH_MESSAGE > block.length) {
      writeSync(fd, block, 0, at);
      at = 0;
    }
    const length = generator.writeInto(block, at + 2);
    view.setUint16(at, length);
    at += 2 + length;
  }
  writeSync(fd, block, 0, at);
  closeSync(fd);
  renameSync(`${file}.part`, file);
  return { messages: file, table };
}

if (process.argv[1]?.endsWith('input.mjs')) {
  const [folder, ...numbers] = process.argv.slice(2);
  console.log(JSON.stringify(bookInput(folder ?? '.', ...numbers.map(Number))));
}
