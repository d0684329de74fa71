// One contender over one file of messages: node table.mjs native|views|objects DECODER FILE SECONDS
import { readFileSync } from 'node:fs';
import { findDecoder } from '../../dist/decoders/registry.js';
import { Digests } from '../../dist/layout/digests.js';
import { compileCatalogue, createViews } from '../../dist/layout/index.js';
import { measure } from './measure.mjs';

const [how, id, file, seconds] = process.argv.slice(2);
const decoder = await findDecoder(id).load();
const bytes = new Uint8Array(readFileSync(file));
const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
let count = 0;
for (let at = 0; at < bytes.length; at += 4 + data.getUint32(at, true)) count++;

/** All messages once. */
function each(visit) {
  for (let at = 0; at < bytes.length; ) {
    const length = data.getUint32(at, true);
    visit(at + 4, length);
    at += 4 + length;
  }
}

if (how === 'native') {
  const { native } = await import('../../dist/native.js');
  const catalogue = compileCatalogue(decoder);
  const addon = native();
  measure(how, count, () => addon.digest(catalogue, bytes).digest, Number(seconds));
} else if (how === 'walk') {
  measure(
    how,
    count,
    () => {
      const digests = new Digests(decoder);
      each((at, length) => digests.add(data, at, length));
      return digests.value;
    },
    Number(seconds),
  );
} else if (how === 'views') {
  const readers = createViews(decoder);
  // Every fixed field; 64-bit ones by their halves, so that nothing is allocated.
  const getters = readers.map(({ index }) => {
    const { record } = decoder.plan(index);
    return record.parts
      .slice(0, record.firstDynamic)
      .filter((p) => p.field !== undefined)
      .flatMap((p) =>
        p.size === 8 && (p.wire === 'uint' || p.wire === 'int') ? [`${p.name}High`, `${p.name}Low`] : [p.name],
      );
  });
  // One function a message, as a handler would be written: the property names stand in its text.
  const handlers = getters.map(
    (names) =>
      new Function('m', `let n = 0; ${names.map((n) => `if (m.${n} !== undefined) n++;`).join(' ')} return n;`),
  );
  const views = readers.map(({ View }) => new View());
  measure(
    how,
    count,
    () => {
      let seen = 0;
      each((at, length) => {
        const index = decoder.messageIndex(data, at, length);
        if (decoder.lengthCheck(index, length) === 'ok') seen += handlers[index](views[index].bind(data, at, length));
      });
      return seen;
    },
    Number(seconds),
  );
} else {
  const views = createViews(decoder).map(({ View }) => new View());
  measure(
    how,
    count,
    () => {
      let seen = 0;
      each((at, length) => {
        const index = decoder.messageIndex(data, at, length);
        if (decoder.lengthCheck(index, length) !== 'ok') return;
        if (views[index].bind(data, at, length).toObject() !== undefined) seen++;
      });
      return seen;
    },
    Number(seconds),
  );
}
