/** Two executions of one thing: lines written from bytes, and lines written from the values of a view. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Findings, type Found, framingsFor, Messages } from '../../src/capture/messages.js';
import { Capture } from '../../src/capture/packets.js';
import { type Formatter, formatter, PRICES, type Prices } from '../../src/cli/format.js';
import { lineWriter } from '../../src/cli/line-writers.js';
import { Output } from '../../src/cli/output.js';
import { decoders, findDecoder } from '../../src/decoders/registry.js';
import { createViews, type Decoder } from '../../src/layout/index.js';
import { printable } from '../../src/printable.js';
import { sampleMessage } from '../../src/simulator/message-sampler.js';
import { Random } from '../../src/simulator/random.js';
import { FIXTURES, mapped, root, there } from './shared-captures.js';

const SEED = Number(process.env.VENUEWIRE_SEED ?? 2026);
const SAMPLES = 20;
const FORMATS = ['ndjson', 'csv'] as const;
type Line = (found: Found) => string;

/** The writer's line as text. Its output is never full: nothing reaches the stream. */
function written(decoder: Decoder, format: 'ndjson' | 'csv', slow: Formatter, prices: Prices): Line {
  const write = lineWriter(format, decoder, slow, prices);
  const out = new Output();
  return (found) => {
    write(found, out);
    const text = out.bytes.toString('utf8', 0, out.at);
    out.at = 0;
    return text;
  };
}

const pairs = (decoder: Decoder): { readonly name: string; readonly fast: Line; readonly slow: Line }[] =>
  FORMATS.flatMap((format) =>
    PRICES.map((prices) => {
      const text = formatter(format, decoder, undefined, prices);
      return {
        name: `${format}, prices ${prices}`,
        fast: written(decoder, format, text, prices),
        slow: (found: Found): string => `${printable(text.message(found))}\n`,
      };
    }),
  );

describe(`a line written from bytes is the line written from values, seed ${SEED}`, () => {
  it.each(decoders.map((d) => [d.id, d] as const))('%s, whatever the bytes are', async (_, entry) => {
    const decoder = await entry.load();
    const random = new Random(SEED);
    const lines = pairs(decoder);
    const views = createViews(decoder).map(({ View }) => new View());
    for (const [index, name] of decoder.names.entries()) {
      for (let i = 0; i < SAMPLES; i++) {
        const bytes = Uint8Array.from(sampleMessage(decoder, name, random));
        // Text with quotes, controls and bytes above ASCII; numbers of every size.
        const wild = i % 2 === 1 && decoder.plan(index).minLength === decoder.plan(index).maxLength;
        if (wild)
          for (let b = 0; b < bytes.length; b++)
            bytes[b] = random.below(4) === 0 ? random.below(0x30) : random.below(256);
        const view = (views[index] as (typeof views)[number]).bind(new DataView(bytes.buffer), 0, bytes.length);
        const time = BigInt(random.below(2 ** 31)) * 1_000_000_000n;
        const sequence = i === 0 ? 0xffff_ffff_ffff_ffffn : BigInt(random.below(2 ** 31)) ** 2n;
        const at = { packet: random.below(2 ** 31), time, channel: '10.0.0.1:1', sequence };
        const found = { ...at, view, base: 0, frame: undefined, packetAt: 0 };
        for (const { name: form, fast, slow } of lines) {
          const text = fast(found);
          const wanted = slow(found);
          if (text !== wanted) expect({ name, form, text }).toEqual({ name, form, text: wanted });
        }
      }
    }
  });
});

/** How many lines, and the digests of both, in each form. */
async function compare(file: string, id: string): Promise<number> {
  const decoder = await findDecoder(id)?.load();
  if (decoder === undefined || file.includes('.dump')) return 0;
  const lines = pairs(decoder).map((p) => ({ ...p, fastHash: createHash('sha1'), slowHash: createHash('sha1') }));
  let count = 0;
  const messages = new Messages(
    decoder,
    framingsFor(decoder, undefined),
    new Findings(() => {}),
    (found) => {
      count++;
      for (const line of lines) {
        // What is refused is refused by both, and then writes nothing.
        line.slowHash.update(line.slow(found));
        line.fastHash.update(line.fast(found));
      }
    },
    undefined,
  );
  await new Capture(file).read((p) => messages.packet(p));
  messages.finish();
  for (const { name, fastHash, slowHash } of lines)
    expect([file, name, fastHash.digest('hex')]).toEqual([file, name, slowHash.digest('hex')]);
  return count;
}

describe('a capture decoded from bytes and from values is the same text', () => {
  it.each(FIXTURES)('%s', async (name, id) => {
    expect(await compare(join(root, 'fixtures', name), id)).toBeGreaterThan(0);
  });

  it.skipIf(!there)(
    'every capture that the map names',
    async () => {
      let messages = 0;
      for (const { file, id } of mapped()) messages += await compare(file, id);
      console.log(`${messages} messages, the same lines of JSON and CSV`);
      expect(messages).toBeGreaterThan(100_000);
    },
    600_000,
  );
});
