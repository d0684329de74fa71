// Reads shared memory in a process of its own: says what it has read, and what it was told it lost.
import { openIpcReader } from '../../dist/ipc/index.js';

const [path, how = 'read'] = process.argv.slice(2);
const lost = [];
const reader = await openIpcReader(path, { lost: (range) => lost.push(range) });
const { view } = reader.ring;
const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
/** Of each message: its number and its bytes. */
let sum = 0;
let messages = 0;
let last = 0;
let disorder = 0;
const take = (message, at) => {
  const { sequence } = at;
  if (sequence <= last) disorder++;
  last = sequence;
  messages++;
  let word = sequence % 1_000_003;
  for (let i = 0; i < message.$length; i++) word = (Math.imul(word, 31) + bytes[message.$at + i]) | 0;
  sum = (sum + word) | 0;
};
const handlers = Object.fromEntries(reader.decoder.names.map((name) => [name, take]));
let first = -1;
let entries = 0;
process.stdout.write('open\n');
const began = process.cpuUsage();
for await (const batch of reader) {
  if (first < 0) first = batch.position;
  entries += batch.entries;
  if (how !== 'count') batch.read(handlers);
  if (how === 'stop' && entries === batch.entries) {
    process.stdout.write('stopping\n');
    process.kill(process.pid, 'SIGSTOP');
  }
}
const { user, system } = process.cpuUsage(began);
const said = { first, entries, messages, sum, disorder, lost, end: reader.position, cpuUs: user + system };
process.stdout.write(`${JSON.stringify(said)}\n`);
