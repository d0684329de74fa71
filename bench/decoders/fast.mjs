// FAST: node fast.mjs native|digest|nativeRecords|records|objects TEMPLATES FILE SECONDS
// native: decoded and digested by the core; digest: the same in TypeScript; nativeRecords: decoded by the core, messages in
// JavaScript; records: decoded in TypeScript; objects: those as plain objects. The checksum is the digest of all messages.
import { readFileSync } from 'node:fs';
import { fastDigest } from '../../dist/fast/index.js';
import { fastDecoder, NativeFastStream } from '../../dist/feed/fast.js';
import { readFastTemplates } from '../../dist/import.js';
import { measure } from './measure.mjs';

const [how, xml, file, seconds] = process.argv.slice(2);
const templates = readFastTemplates(readFileSync(xml, 'utf8'));
const bytes = new Uint8Array(readFileSync(file));
const isNative = how === 'native' || how === 'nativeRecords';
const decoder = isNative ? new NativeFastStream(templates) : fastDecoder(templates);
const fold = (total, message) => BigInt.asUintN(64, total * 0x100000001b3n + fastDigest(message));

let count = 0;
let digest = 0n;
for (const message of decoder.messages(bytes)) {
  count++;
  digest = fold(digest, message);
}

const passes = {
  native: () => {
    const all = decoder.digest(bytes);
    return all.messages === count ? all.digest : -1n;
  },
  digest: () => {
    let total = 0n;
    for (let at = 0; at < bytes.length; ) {
      const message = decoder.decode(bytes, at);
      at = message.next;
      total = fold(total, message);
    }
    return total;
  },
  // What was seen stands for the digest of the pass above: every message, with something in it.
  records: () => {
    let seen = 0;
    for (let at = 0; at < bytes.length; ) {
      const message = decoder.decode(bytes, at);
      at = message.next;
      if (message.fields.$values.length > 0 || message.reset) seen++;
    }
    return seen === count ? digest : -1n;
  },
  objects: () => {
    let seen = 0;
    for (let at = 0; at < bytes.length; ) {
      const message = decoder.decode(bytes, at);
      at = message.next;
      if (Object.keys(message.fields.toObject()).length > 0 || message.reset) seen++;
    }
    return seen === count ? digest : -1n;
  },
};
const pass = passes[how === 'nativeRecords' ? 'records' : how];
measure(
  `FAST ${how}`,
  count,
  () => {
    decoder.reset();
    return pass();
  },
  Number(seconds),
);
