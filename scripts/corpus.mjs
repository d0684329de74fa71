// Writes the corpus of the native fuzz targets: every decoder's compiled table with sample messages, and compiled venues
// with what simulated lines and servers send them. Needs `npm run build`. Usage: node scripts/corpus.mjs FOLDER [seed]
//   ID.catalogue   the compiled table, as the core parses it
//   ID.roles       its roles compiled, where it has some
//   ID.messages    records: u32 length (little-endian), then one message
//   NAME.fast      a compiled FAST program
//   NAME.fastmessages  records as above, in the order in which they decode
//   NAME.venue     the compiled declaration
//   NAME.inputs    records as above, each: u8 kind (0 datagram, 1 reply, 2 connected, 3 another run begins), u8 line or
//                  requester, u16 0, then the bytes
// Every venue that `venuewire certify` knows is there with its whole ladder (VENUE.all) and once for each way of asking,
// with nothing else (VENUE.PATTERN).
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decoders } from '../dist/decoders/registry.js';
import { compileEvents } from '../dist/events/compile.js';
import { compileCatalogue } from '../dist/layout/index.js';
import { native } from '../dist/native.js';
import { trialOf } from '../dist/simulator/certify/campaign.js';
import { models } from '../dist/simulator/certify/models.js';
import { scenariosOf } from '../dist/simulator/certify/scenarios/index.js';
import { patternOf, Stage } from '../dist/simulator/certify/stage.js';
import { sampleMessage } from '../dist/simulator/message-sampler.js';
import { Random } from '../dist/simulator/random.js';
import { fastCorpus } from './fast-corpus.mjs';

const [folder, seedText] = process.argv.slice(2);
if (!folder) {
  console.error('Usage: node scripts/corpus.mjs FOLDER [seed]');
  process.exit(2);
}
const seed = Number(seedText ?? 1);
const SAMPLES = 3;
const INPUTS = 6000;
const INPUTS_OF_RUN = 600;
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
  if (decoder.events !== undefined) {
    writeFileSync(join(folder, `${decoder.id}.roles`), compileEvents(decoder, decoder.events));
  }
}

const fast = fastCorpus(new Random(seed));
for (const { name, program, messages: list } of fast) {
  writeFileSync(join(folder, `${name}.fast`), program);
  writeFileSync(join(folder, `${name}.fastmessages`), records(list));
}

// A simulation drives the core through one object: what that is given is recorded.
const addon = native();
const Original = addon.Session;
let spec;
let inputs = [];
const keep = (kind, of, bytes) => inputs.push(Buffer.concat([Buffer.from([kind, of, 0, 0]), bytes]));
addon.Session = class extends Original {
  constructor(compiled, ...rest) {
    super(compiled, ...rest);
    spec = compiled;
    keep(3, 0, Buffer.alloc(0));
  }
  datagram(line, bytes, ...times) {
    keep(0, line, bytes);
    return super.datagram(line, bytes, ...times);
  }
  connected(requester, now) {
    keep(2, requester, Buffer.alloc(0));
    return super.connected(requester, now);
  }
  received(requester, bytes, now) {
    keep(1, requester, bytes);
    return super.received(requester, bytes, now);
  }
};

let recorded = 0;
let files = 0;
/** Plays the scenarios and keeps the runs of one declaration: that of the first. */
function record(name, stage, scenarios) {
  let of;
  const kept = [];
  for (const scenario of scenarios) {
    inputs = [];
    trialOf(stage, scenario).play(seed);
    of ??= spec;
    // A loop repeats itself: the beginning of a run is enough.
    if (Buffer.compare(spec, of) === 0) kept.push(...inputs.slice(0, INPUTS_OF_RUN));
    if (kept.length >= INPUTS) break;
  }
  if (of === undefined) return;
  writeFileSync(join(folder, `${name}.venue`), of);
  writeFileSync(join(folder, `${name}.inputs`), records(kept));
  recorded += kept.length;
  files++;
}
for (const [id, load] of Object.entries(models)) {
  const stage = new Stage(await load());
  const scenarios = scenariosOf(stage);
  const called = (name) => scenarios.filter((s) => s.name === name || s.name.startsWith(`${name}: `));
  const patterns = new Set(stage.rungs.map((r) => patternOf(r).id));
  if (patterns.size > 1) record(`${id}.all`, stage, called('everything at once'));
  for (const pattern of patterns) {
    // Bits that were turned already are no example.
    const of = called(pattern).filter((s) => !s.name.endsWith(': hostile'));
    record(`${id}.${pattern}`, stage, of);
  }
}
console.log(
  `${decoders.length} tables with ${messages} messages, ${fast.length} FAST programs, ${files} declarations with ${recorded} packets and replies, seed ${seed}`,
);
