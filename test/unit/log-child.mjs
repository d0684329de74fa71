// The writer or a reader of a log, to be killed: what it prints or keeps is what it promises.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { openLog, openLogWriter } from '../../dist/log/index.js';
import { numbersOf, recordsOf, SOURCE } from './log-entries.mjs';

const [what, folder, sync] = process.argv.slice(2);
const OPTIONS = { blockBytes: 4096, segmentBytes: 256 << 10, lingerMs: 0 };
const LEAST_RUNS = 20;
const MOST_RUNS = 400;

async function write() {
  const writer = openLogWriter(folder, SOURCE, { ...OPTIONS, sync: sync === 'always' ? sync : 20 });
  process.stdout.write(`${JSON.stringify({ began: writer.position, cut: writer.cutBytes })}\n`);
  for (let turn = 1; ; turn++) {
    const { bytes } = recordsOf(writer.position, LEAST_RUNS + ((turn * 37) % MOST_RUNS));
    writer.appendRecords(bytes);
    await writer.flush();
    process.stdout.write(`${JSON.stringify({ acknowledged: writer.acknowledged })}\n`);
  }
}

/** Position and result are kept together, in one rename. */
async function read() {
  const file = `${folder}.kept`;
  let kept = { position: 0, sum: 0 };
  try {
    kept = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // There is nothing yet.
  }
  process.stdout.write(`${JSON.stringify({ began: kept.position })}\n`);
  const log = await openLog(folder, { decoder: SOURCE.decoder });
  for await (const batch of log.tail({ from: kept.position })) {
    let { sum } = kept;
    for (const n of numbersOf(batch.log.ring, batch.from, batch.to)) sum = (sum * 31 + n) % 1_000_000_007;
    kept = { position: batch.end, sum };
    writeFileSync(`${file}.new`, JSON.stringify(kept));
    renameSync(`${file}.new`, file);
    process.stdout.write(`${JSON.stringify({ kept: kept.position })}\n`);
  }
}

await (what === 'write' ? write() : read());
