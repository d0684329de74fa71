// Writes the corpus of the native fuzz targets: every decoder's compiled table with sample messages, and compiled venues
// with what a simulated day sends them. Needs `npm run build`. Usage: node scripts/corpus.mjs FOLDER [seed]
//   ID.catalogue   the compiled table, as the core parses it
//   ID.messages    records: u32 length (little-endian), then one message
//   NAME.venue     the compiled declaration
//   NAME.inputs    records as above, each: u8 kind (0 datagram, 1 reply), u8 line or requester, u16 0, then the bytes
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decoders } from '../dist/decoders/registry.js';
import { compileCatalogue } from '../dist/layout/index.js';
import { native } from '../dist/native.js';
import { sampleMessage } from '../dist/simulator/message-sampler.js';
import { Random } from '../dist/simulator/random.js';
import { runScenario } from '../dist/simulator/scenario.js';

const [folder, seedText] = process.argv.slice(2);
if (!folder) {
  console.error('Usage: node scripts/corpus.mjs FOLDER [seed]');
  process.exit(2);
}
const seed = Number(seedText ?? 1);
const SAMPLES = 3;
const INPUTS = 3000;
mkdirSync(folder, { recursive: true });

const records = (list) =>
  Buffer.concat(
    list.flatMap((bytes) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(bytes.length);
      return [head, bytes];
    }),
  );

let messages = 0;
for (const entry of decoders) {
  const decoder = await entry.load();
  const random = new Random(seed);
  const samples = [];
  for (const name of Object.keys(decoder.messages)) {
    for (let i = 0; i < SAMPLES; i++) samples.push(sampleMessage(decoder, name, random));
  }
  messages += samples.length;
  writeFileSync(join(folder, `${decoder.id}.catalogue`), compileCatalogue(decoder));
  writeFileSync(join(folder, `${decoder.id}.messages`), records(samples));
}

// A simulated day drives the core through one object: what that is given is recorded.
const addon = native();
const Original = addon.Session;
let spec;
let inputs = [];
const keep = (kind, of, bytes) => {
  if (inputs.length < INPUTS) inputs.push(Buffer.concat([Buffer.from([kind, of, 0, 0]), bytes]));
};
addon.Session = class extends Original {
  constructor(compiled, ...rest) {
    super(compiled, ...rest);
    spec = compiled;
  }
  datagram(line, bytes, ...times) {
    keep(0, line, bytes);
    return super.datagram(line, bytes, ...times);
  }
  received(requester, bytes, now) {
    keep(1, requester, bytes);
    return super.received(requester, bytes, now);
  }
};
const ladders = [[], ['rerequest'], ['replay'], ['glimpse'], ['rerequest', 'replay', 'glimpse']];
let recorded = 0;
for (const recovery of ladders) {
  for (const join_ of recovery.includes('glimpse') ? ['live', 'snapshot'] : ['live', 'beginning']) {
    inputs = [];
    runScenario({ seed, messages: 1500, recovery, join: join_, faults: { loss: 0.05 } });
    const name = `${join_}-${recovery.join('-') || 'nothing'}`;
    writeFileSync(join(folder, `${name}.venue`), spec);
    writeFileSync(join(folder, `${name}.inputs`), records(inputs));
    recorded += inputs.length;
  }
}
console.log(`${decoders.length} tables with ${messages} messages, ${recorded} packets and replies, seed ${seed}`);
