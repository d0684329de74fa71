// The event log: events written and read back, beside better-sqlite3 and plain files in the same run; what it costs a feed; the books of
// an event of a day. node bench/log/run.mjs [--quick] [--runs N] [--messages N] [--events N] [--sqlite FOLDER]: SQLite is that of Node 22
// and later; with a folder that has better-sqlite3 installed that one too. Under Node 20 npm installs it (it is compiled: minutes).
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFeed } from '../../dist/index.js';
import { openLog, openLogWriter } from '../../dist/log/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { GROUP, input } from '../input.mjs';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const option = (name, fallback) => {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? fallback : args[i + 1];
};
const EVENTS = Number(option('events', quick ? 1_000_000 : 10_000_000));
const MESSAGES = Number(option('messages', quick ? 200_000 : 10_000_000));
const EVERY = Number(option('every', quick ? 50_000 : 250_000));
const ROUNDS = Number(option('runs', quick ? 1 : 3));
const BATCH = 8_192;
const EVENT_BYTES = 64;
const PACED = 5_000_000;

const folder = mkdtempSync(join(tmpdir(), 'venuewire-bench-log-'));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const million = (x) => (x / 1e6).toFixed(1);
const table = (title, head, rows) => {
  console.log(`\n### ${title}\n\n| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
};

/** A batch of events; numbers differ, so that nothing is found to be the same. */
const batch = new Uint8Array(BATCH * EVENT_BYTES);
const view = new DataView(batch.buffer);
for (let i = 0; i < BATCH; i++) {
  view.setBigInt64(i * EVENT_BYTES + 8, 1_700_000_000_000_000_000n + BigInt(i), true);
  view.setBigUint64(i * EVENT_BYTES + 16, BigInt(i), true);
  view.setBigInt64(i * EVENT_BYTES + 32, BigInt(1_000_000 + (i % 977)), true);
}
const PRICE_AT = 32;
const SOURCE = { venue: 'bench', channels: ['one'], lines: ['A'], requesters: [], servers: [] };
const decoder = { id: 'bench', names: ['event'] };

/** Seconds of the wall, and processor seconds of all threads of this process, which other work on the machine changes less. */
async function timed(work) {
  const before = process.cpuUsage();
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpu: (user + system) / 1e6, result };
}

async function writeLog(path, events, pace = 0) {
  const writer = openLogWriter(path, { ...SOURCE, decoder }, { holds: 'events', sync: 1_000 });
  const began = performance.now();
  let appending = 0;
  let longest = 0;
  for (let done = 0; done < events; done += BATCH) {
    const before = performance.now();
    writer.appendEvents(batch);
    const took = performance.now() - before;
    appending += took;
    longest = Math.max(longest, took);
    const due = pace === 0 ? 0 : began + (done / pace) * 1000 - performance.now();
    if (due > 1) await new Promise((resolve) => setTimeout(resolve, due));
    if (writer.full) await writer.room();
  }
  const seconds = (performance.now() - began) / 1000;
  const said = await writer.close();
  return { appending, longest, seconds, said };
}

async function readLog(path) {
  const log = await openLog(path, { decoder });
  let sum = 0;
  let events = 0;
  for await (const { records, entries } of log.read()) {
    const data = new DataView(records.buffer, records.byteOffset, records.byteLength);
    for (let at = PRICE_AT; at < records.length; at += EVENT_BYTES) sum += data.getUint32(at, true);
    events += entries;
  }
  return { sum, events };
}

function writePlain(path, events) {
  const fd = openSync(path, 'a');
  for (let done = 0; done < events; done += BATCH) writeSync(fd, batch);
  fdatasyncSync(fd);
  closeSync(fd);
}
function readPlain(path) {
  const fd = openSync(path, 'r');
  const bytes = new Uint8Array(batch.length);
  const data = new DataView(bytes.buffer);
  let sum = 0;
  let events = 0;
  for (let n = readSync(fd, bytes); n > 0; n = readSync(fd, bytes)) {
    for (let at = PRICE_AT; at < n; at += EVENT_BYTES) sum += data.getUint32(at, true);
    events += n / EVENT_BYTES;
  }
  closeSync(fd);
  return { sum, events };
}

function sqlite() {
  let at = option('sqlite');
  if (at === undefined) {
    at = join(folder, 'sqlite');
    const flags = ['--prefix', at, '--no-audit', '--no-fund', '--silent'];
    execFileSync('npm', ['install', ...flags, 'better-sqlite3'], { stdio: 'inherit' });
  }
  return createRequire(join(at, 'node_modules', 'x.js'))('better-sqlite3');
}
function writeSqlite(Database, path, events) {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec('CREATE TABLE event (position INTEGER PRIMARY KEY, record BLOB)');
  const insert = db.prepare('INSERT INTO event VALUES (?, ?)');
  const all = db.transaction((first) => {
    for (let i = 0; i < BATCH; i++) insert.run(first + i, batch.subarray(i * EVENT_BYTES, (i + 1) * EVENT_BYTES));
  });
  for (let done = 0; done < events; done += BATCH) all(done);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
function readSqlite(Database, path) {
  const db = new Database(path, { readonly: true });
  let sum = 0;
  let events = 0;
  for (const { record } of db.prepare('SELECT record FROM event ORDER BY position').iterate()) {
    sum += record.readUInt32LE(PRICE_AT);
    events++;
  }
  db.close();
  return { sum, events };
}

/** The SQLite that Node 22 and later have inside; undefined: this one has none. */
async function nodeSqlite() {
  const { DatabaseSync } = await import('node:sqlite').catch(() => ({}));
  return DatabaseSync;
}
function writeNodeSqlite(Database, path, events) {
  const db = new Database(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec('CREATE TABLE event (position INTEGER PRIMARY KEY, record BLOB)');
  const insert = db.prepare('INSERT INTO event VALUES (?, ?)');
  for (let done = 0; done < events; done += BATCH) {
    db.exec('BEGIN');
    for (let i = 0; i < BATCH; i++) insert.run(done + i, batch.subarray(i * EVENT_BYTES, (i + 1) * EVENT_BYTES));
    db.exec('COMMIT');
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}
function readNodeSqlite(Database, path) {
  const db = new Database(path);
  let sum = 0;
  let events = 0;
  for (const { record } of db.prepare('SELECT record FROM event ORDER BY position').iterate()) {
    sum += new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(PRICE_AT, true);
    events++;
  }
  db.close();
  return { sum, events };
}

/** What SQLite there is: Node's own, and better-sqlite3 where it was named or Node has none. */
async function sqlites(events) {
  const own = await nodeSqlite();
  const list = [];
  if (own !== undefined) {
    list.push({
      name: `node:sqlite of Node ${process.version}, WAL, a transaction a batch`,
      events,
      write: (path, n) => writeNodeSqlite(own, path, n),
      read: (path) => readNodeSqlite(own, path),
    });
  }
  if (own === undefined || option('sqlite') !== undefined) {
    const Database = sqlite();
    list.push({
      name: 'better-sqlite3, WAL, a transaction a batch',
      events,
      write: (path, n) => writeSqlite(Database, path, n),
      read: (path) => readSqlite(Database, path),
    });
  }
  return list;
}

async function events() {
  const few = Math.ceil(EVENTS / 10);
  const contenders = [
    { name: 'event log, synced each second', events: EVENTS, write: (p, n) => writeLog(p, n), read: readLog },
    { name: 'plain writeSync of the same batches, one fdatasync', events: EVENTS, write: writePlain, read: readPlain },
    ...(await sqlites(few)),
  ];
  const results = contenders.map(() => ({ write: [], read: [], writeCpu: [], readCpu: [], bytes: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { events: n, write, read }] of contenders.entries()) {
      const path = join(folder, `events-${i}`);
      const written = await timed(() => write(path, n));
      const got = await timed(() => read(path));
      const wanted = Math.ceil(n / BATCH) * BATCH;
      if (got.result.events !== wanted) throw new Error(`${got.result.events} events read, ${wanted} written`);
      results[i].write.push(n / written.seconds);
      results[i].read.push(n / got.seconds);
      results[i].writeCpu.push((written.cpu * 1e9) / n);
      results[i].readCpu.push((got.cpu * 1e9) / n);
      results[i].bytes = existsSync(join(path, 'writer.lock'))
        ? (await openLog(path, { decoder })).statistics().bytes
        : statSync(path).size;
      results[i].each = results[i].bytes / wanted;
      rmSync(path, { recursive: true });
      rmSync(`${path}-wal`, { force: true });
    }
  }
  table(
    `Events of 64 bytes (${EVENTS}; SQLite ${few}), to the closed and synced file, and read back with one field of each`,
    ['what', 'M written/s', 'CPU ns each', 'M read/s', 'CPU ns each', 'bytes each'],
    contenders.map(({ name }, i) => {
      const { write, read, writeCpu, readCpu, each } = results[i];
      const ns = (list) => median(list).toFixed(1);
      return [name, million(median(write)), ns(writeCpu), million(median(read)), ns(readCpu), each.toFixed(1)];
    }),
  );
}

/** At a rate that does not depend on what it costs. */
async function paced() {
  const path = join(folder, 'paced');
  const seconds = quick ? 1 : 5;
  const { cpu, result } = await timed(() => writeLog(path, PACED * seconds, PACED));
  const { appending, longest, seconds: took, said } = result;
  const { queueBytesMax, dropped, failures } = said;
  console.log(
    `\nPaced at ${million(PACED)} M events/s for ${seconds} s: took ${took.toFixed(2)} s, ${((appending * 1e6) / (PACED * seconds)).toFixed(1)} ns an event in append ` +
      `(${((appending / (took * 1000)) * 100).toFixed(1)} % of the reader's thread, the longest call ${longest.toFixed(2)} ms), ${((cpu * 1e9) / (PACED * seconds)).toFixed(1)} ns of processor time of all threads, at most ${(queueBytesMax / 2 ** 20).toFixed(1)} MiB waited, ${dropped} dropped, ${failures} failures`,
  );
  rmSync(path, { recursive: true });
}

const feedOf = ({ file }) => openFeed(nasdaqTotalView({ lines: { A: udpMulticast(GROUP) } }), { capture: { file } });

/** A day read by a feed that gives every batch away, without and with a log. */
async function feeds(day) {
  const seconds = { without: [], with: [] };
  const cpu = { without: [], with: [] };
  const appending = [];
  const path = join(folder, 'day');
  for (let round = 0; round < ROUNDS; round++) {
    const plain = await timed(async () => {
      for await (const _ of await feedOf(day));
    });
    seconds.without.push(plain.seconds);
    cpu.without.push(plain.cpu);
    rmSync(path, { recursive: true, force: true });
    const logged = await timed(async () => {
      const feed = await feedOf(day);
      const writer = openLogWriter(path, feed, { sync: 1_000 });
      let ms = 0;
      for await (const batch of feed) {
        const before = performance.now();
        writer.append(batch);
        ms += performance.now() - before;
        if (writer.full) await writer.room();
      }
      const end = performance.now();
      await writer.close();
      return { ms, closing: performance.now() - end };
    });
    seconds.with.push(logged.seconds - logged.result.closing / 1000);
    cpu.with.push(logged.cpu);
    appending.push(logged.result.ms);
  }
  const each = (list) => ((median(list) * 1e9) / day.messages).toFixed(1);
  const [without, withLog] = [median(seconds.without), median(seconds.with)];
  table(
    `A feed of ${day.messages} messages, as fast as it goes`,
    ['what', 's', 'M messages/s', 'CPU ns a message'],
    [
      ['every batch asked for', without.toFixed(2), million(day.messages / without), each(cpu.without)],
      ['… and appended to a log', withLog.toFixed(2), million(day.messages / withLog), each(cpu.with)],
    ],
  );
  console.log(`append: ${((median(appending) * 1e6) / day.messages).toFixed(1)} ns a message of the reader's thread`);
  return path;
}

async function readBack(path, messages) {
  const log = await openLog(path);
  const rates = [];
  const cpus = [];
  for (let round = 0; round < ROUNDS; round++) {
    let shares = 0;
    let adds = 0;
    const handlers = {
      addOrder: (m) => {
        shares += m.shares;
        adds++;
      },
    };
    const { seconds, cpu } = await timed(async () => {
      for await (const batch of log.read()) batch.read(handlers);
    });
    if (adds === 0 || shares === 0) throw new Error('nothing was read');
    rates.push(messages / seconds);
    cpus.push((cpu * 1e9) / messages);
  }
  console.log(
    `\nMessages read back, blocks checked, a handler for addOrder: ${million(median(rates))} M/s, ${median(cpus).toFixed(1)} ns of processor time each`,
  );
}

async function books(path) {
  const log = await openLog(path);
  const sizes = [];
  const made = await timed(() => log.checkpoint({ every: EVERY, made: ({ bytes }) => sizes.push(bytes) }));
  const times = [];
  let random = 7;
  for (let i = 0; i < 41; i++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const at = Math.floor((random / 2 ** 32) * log.end);
    const { seconds, cpu, result } = await timed(() => log.books(at));
    times.push({ ms: seconds * 1000, cpu: cpu * 1000, orders: result.books.counters().orders });
  }
  const ms = times.map((t) => t.ms).sort((a, b) => a - b);
  const cpus = times.map((t) => t.cpu).sort((a, b) => a - b);
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(2);
  console.log(
    `\nBook at event N of ${log.end} entries, a checkpoint each ${EVERY} (${made.result}, ${mib(median(sizes))} MiB each in the middle, ${mib(Math.max(...sizes))} the longest, made in ${made.seconds.toFixed(1)} s): ` +
      `p50 ${median(ms).toFixed(0)} ms, longest of ${ms.length} ${ms.at(-1).toFixed(0)} ms; of processor time p50 ${median(cpus).toFixed(0)} ms, longest ${cpus.at(-1).toFixed(0)} ms; up to ${Math.max(...times.map((t) => t.orders))} live orders`,
  );
}

try {
  console.log(`load ${execFileSync('cat', ['/proc/loadavg'], { encoding: 'utf8' }).trim()}`);
  const day = input(MESSAGES);
  const path = await feeds(day);
  await readBack(path, day.messages);
  await books(path);
  await paced();
  await events();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
