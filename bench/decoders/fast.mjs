// FAST: node fast.mjs records|objects TEMPLATES FILE SECONDS [sequence: its name and its field to read]
import { readFileSync } from 'node:fs';
import { decoderFromFast } from '../../dist/layout/import/index.js';
import { measure } from './measure.mjs';

const [how, templates, file, seconds] = process.argv.slice(2);
const xml = readFileSync(templates, 'utf8');
const bytes = new Uint8Array(readFileSync(file));
const decoder = decoderFromFast(xml);
let count = 0;
for (const message of decoder.messages(bytes)) if (!message.reset) count++;
decoder.reset();
measure(
  `FAST ${how}`,
  count,
  () => {
    let seen = 0;
    decoder.reset();
    for (let at = 0; at < bytes.length; ) {
      const message = decoder.decode(bytes, at);
      at = message.next;
      if (how === 'objects') seen += Object.keys(message.fields.toObject()).length > 0 ? 1 : 0;
      else if (message.fields.$values.length > 0) seen++;
    }
    return seen;
  },
  Number(seconds),
);
