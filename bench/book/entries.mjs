#!/usr/bin/env node
// Generated days of levels in SBE (CME MDP 3.0: some entries a message) and of orders in EOBI, for bench_book.
// node bench/book/entries.mjs FOLDER [MESSAGES]
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { cmeMdp3Sbe113 as cmeMdp3 } from '../../dist/decoders/cme-mdp3-sbe-1.13.js';
import { eurexEobi141 as eurexEobi } from '../../dist/decoders/eurex-eobi-14.1.js';
import { compileEvents } from '../../dist/events/compile.js';
import { compileCatalogue, encodeInto } from '../../dist/layout/index.js';
import { Random } from '../../dist/simulator/random.js';

const INSTRUMENTS = 200;
/** Numbers as the venues have them: none of them is small. */
const FIRST_KEY = 49_613_382;
const KEY_STEP = 129;
const keyOf = (n) => FIRST_KEY + n * KEY_STEP;
const LEVELS = 10;
const TICK = 250_000_000n;
const MIDDLE = 4_500n * 1_000_000_000n;
const MOST_ENTRIES = 6;
const LIVE = 50_000;

/** Inserts, changes and removals of numbered levels: what a book of ten levels allows. */
function* levels(random, messages) {
  const books = Array.from({ length: INSTRUMENTS }, () => [0, 0]);
  for (let n = 0; n < messages; n++) {
    const noMDEntries = Array.from({ length: 1 + random.below(MOST_ENTRIES) }, () => {
      const instrument = random.below(INSTRUMENTS);
      const side = random.below(2);
      const known = books[instrument];
      const what = known[side] === 0 ? 0 : random.below(10);
      const isNew = what < 2;
      const isDelete = what > 7 && known[side] > 0;
      const mdPriceLevel = 1 + random.below(isNew ? Math.min(LEVELS, known[side] + 1) : known[side]);
      if (isNew) known[side] = Math.min(LEVELS, known[side] + 1);
      if (isDelete) known[side]--;
      return {
        mdEntryPx: MIDDLE + BigInt(side === 0 ? -mdPriceLevel : mdPriceLevel) * TICK,
        mdEntrySize: 1 + random.below(500),
        securityID: keyOf(instrument),
        rptSeq: n,
        numberOfOrders: 1 + random.below(40),
        mdPriceLevel,
        mdUpdateAction: isNew ? 0 : isDelete ? 2 : 1,
        mdEntryType: side === 0 ? '0' : '1',
        tradeableSize: null,
      };
    });
    yield [
      'mdIncrementalRefreshBook46',
      { transactTime: BigInt(n) * 1_000n, matchEventIndicator: 128, noMDEntries, noOrderIDEntries: [] },
    ];
  }
}

/** Orders that come, change and go. */
function* orders(random, messages) {
  const live = [];
  let key = 1n;
  for (let n = 0; n < messages; n++) {
    const time = BigInt(n) * 1_000n;
    const what = live.length < LIVE ? random.below(8) : 4 + random.below(6);
    const at = random.below(live.length);
    const side = 1 + random.below(2);
    const price = (10_000n + (side === 1 ? -1n : 1n) * BigInt(1 + random.below(30))) * 100_000_000n;
    if (what < 5 || live.length === 0) {
      const order = {
        securityID: BigInt(keyOf(random.below(INSTRUMENTS))),
        trdRegTSTimePriority: key++,
        side,
        price,
        displayQty: BigInt(1 + random.below(90)) * 10_000n,
      };
      live.push(order);
      yield ['orderAdd', { requestTime: time, ...order }];
    } else if (what < 8) {
      const [order] = live.splice(at, 1);
      const last = live.pop();
      if (last !== undefined) live.splice(Math.min(at, live.length), 0, last);
      yield ['orderDelete', { requestTime: time, transactTime: time, ...order }];
    } else {
      const before = live[at];
      const order = {
        ...before,
        price: before.price + (before.side === 1 ? -1n : 1n) * 100_000_000n,
        trdRegTSTimePriority: key++,
      };
      live[at] = order;
      yield [
        'orderModify',
        {
          requestTime: time,
          prevPrice: before.price,
          prevDisplayQty: before.displayQty,
          trdRegTSPrevTimePriority: before.trdRegTSTimePriority,
          ...order,
        },
      ];
    }
  }
}

const FEEDS = [
  ['SBE: CME MDP 3.0 1.13, levels', cmeMdp3, levels],
  ['EOBI 14.1, orders', eurexEobi, orders],
];

/** @returns {{ name: string, messages: string, table: string, count: number }[]} */
export function entryInputs(folder, messages = 1_000_000, seed = 1) {
  mkdirSync(folder, { recursive: true });
  return FEEDS.map(([name, decoder, day]) => {
    const file = join(folder, `${decoder.id}-${messages}-${seed}.entries`);
    const table = join(folder, `${decoder.id}.table`);
    writeFileSync(
      table,
      Buffer.concat([compileCatalogue(decoder), compileEvents(decoder, decoder.events, { orders: 2 * LIVE })]),
    );
    if (!existsSync(file)) write(file, decoder, day(new Random(seed), messages));
    return { name, messages: file, table, count: messages };
  });
}

function write(file, decoder, day) {
  const block = new Uint8Array(1 << 20);
  const view = new DataView(block.buffer);
  const fd = openSync(`${file}.part`, 'w');
  let at = 0;
  for (const [name, values] of day) {
    if (at + 4_096 > block.length) {
      writeSync(fd, block, 0, at);
      at = 0;
    }
    const length = encodeInto(decoder, name, values, view, at + 2);
    view.setUint16(at, length);
    at += 2 + length;
  }
  writeSync(fd, block, 0, at);
  closeSync(fd);
  renameSync(`${file}.part`, file);
}

if (process.argv[1]?.endsWith('entries.mjs')) {
  const [folder = '.', messages] = process.argv.slice(2);
  console.log(JSON.stringify(entryInputs(folder, messages === undefined ? undefined : Number(messages))));
}
