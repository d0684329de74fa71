// The benches' messages: one table's messages with random values, by its own encoder, each behind its length (4 bytes).
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDecoder } from '../../dist/decoders/registry.js';
import { Composite, Constant, Data, encode, Field, Filler, Group, When } from '../../dist/layout/index.js';

/** A small generator with a seed: the same messages every time. */
function generator(seed) {
  let s = seed >>> 0 || 1;
  return (n) => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % n;
  };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function fieldValue(f, random) {
  const d = f.data;
  switch (d.wire) {
    case 'uint':
    case 'int': {
      const small = random(d.size === 1 ? 100 : d.size === 2 ? 30_000 : 1_000_000_000);
      return d.size === 8 ? BigInt(small) * 4096n + BigInt(random(4096)) : small;
    }
    case 'float':
      return random(1_000_000) / 64;
    case 'digits':
      return d.size > 15 ? BigInt(random(1000)) : random(10 ** Math.min(d.size, 6));
    case 'bytes':
      return new Uint8Array(d.size).fill(random(256));
    default: {
      const codes = Object.keys(d.values ?? {}).filter((c) => c.length === 1 && c !== ' ');
      if (d.size === 1) return codes.length > 0 ? codes[random(codes.length)] : LETTERS[random(26)];
      let text = '';
      for (let n = Math.min(d.size, 1 + random(6)); n > 0; n--) text += LETTERS[random(26)];
      return text;
    }
  }
}

function record(parts, skip, random) {
  const out = {};
  const derived = new Set(skip);
  const chosen = new Set();
  for (const part of Object.values(parts)) {
    if (part instanceof Group && typeof part.count === 'string') derived.add(part.count);
    else if (part instanceof Group && part.count.untilLength) derived.add(part.count.untilLength);
    else if (part instanceof Data && part.length.from) derived.add(part.length.from);
    else if (part instanceof When) derived.add(part.on);
  }
  for (const [name, part] of Object.entries(parts)) {
    if (part instanceof Filler || part instanceof Constant || part instanceof Composite || derived.has(name)) continue;
    if (part instanceof Field) out[name] = fieldValue(part, random);
    else if (part instanceof Data) out[name] = part.wire === 'text' ? 'TEXT' : Uint8Array.of(1, 2, 3);
    else if (part instanceof Group) {
      const n = typeof part.count === 'number' ? part.count : 1 + random(3);
      out[name] = Array.from({ length: n }, () => record(part.fields, skip, random));
    } else if (part instanceof When && !chosen.has(part.on) && random(2) === 0) {
      chosen.add(part.on);
      out[name] = record(part.fields, skip, random);
    }
  }
  return out;
}

/** Writes about `count` messages of a decoder to a file of the temporary folder. */
export async function messagesOf(id, count, seed = 1) {
  const decoder = await findDecoder(id).load();
  const random = generator(seed);
  const skip = [...decoder.messageType];
  if (decoder.lengthField) skip.push(decoder.lengthField.name);
  if (decoder.sbe) skip.push(decoder.sbe.blockLength, 'schemaId', 'version');
  // Fewer different messages than are read: the file is gone through again and again.
  const distinct = Math.min(count, 20_000);
  const chunks = [];
  let made = 0;
  for (let i = 0; made < distinct && i < 2 * distinct; i++) {
    const name = decoder.names[random(decoder.names.length)];
    let bytes;
    try {
      bytes = encode(decoder, name, record({ ...decoder.header, ...decoder.messages[name].fields }, skip, random));
    } catch (error) {
      // A random text too long for its length field, and the like.
      if (!String(error.code).startsWith('VW_ENCODE')) throw error;
      continue;
    }
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    chunks.push(length, bytes);
    made++;
  }
  const folder = join(tmpdir(), 'venuewire-bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${id}-${distinct}-${seed}.messages`);
  const all = Buffer.concat(chunks);
  writeFileSync(file, all);
  return { file, messages: made, bytes: all.length - 4 * made };
}
