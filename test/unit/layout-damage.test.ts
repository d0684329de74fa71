import { describe, expect, it } from 'vitest';
import { decoders } from '../../src/decoders/registry.js';
import { VenuewireError } from '../../src/errors.js';
import { createViews, digest } from '../../src/layout/index.js';
import { sampleMessage } from '../../src/simulator/message-sampler.js';
import { Random } from '../../src/simulator/random.js';
import { damage } from './damage.js';

/** Mutated messages a decoder (VENUEWIRE_MUTATIONS), from a seed (VENUEWIRE_SEED); a part of the decoders: VENUEWIRE_SHARD=1/2. */
const MUTATIONS = Number(process.env.VENUEWIRE_MUTATIONS ?? 1500);
const SEED = Number(process.env.VENUEWIRE_SEED ?? 2026);
const [shard, shards] = (process.env.VENUEWIRE_SHARD ?? '1/1').split('/').map(Number) as [number, number];
const ROOM = 4096;

describe(`damaged messages, seed ${SEED}`, () => {
  it.each(decoders.filter((_, i) => i % shards === shard - 1).map((d) => [d.id, d] as const))(
    '%s: read, or refused with a code, never over the end',
    async (_, entry) => {
      const decoder = await entry.load();
      const random = new Random(SEED);
      const readers = createViews(decoder);
      const views = readers.map(({ View }) => new View());
      const names = decoder.names.flatMap((name) => [name, name, name]);
      const samples = names.map((name) => sampleMessage(decoder, name, random));
      // A message ends where its buffer ends: the first byte too many is a RangeError.
      const buffer = new ArrayBuffer(ROOM);
      const data = new DataView(buffer);
      const work = new Uint8Array(ROOM);
      let known = 0;
      let whole = 0;
      for (let i = 0; i < MUTATIONS; i++) {
        const sample = samples[random.below(samples.length)] as Uint8Array;
        work.set(sample);
        const length = damage(work, sample.length, random);
        const at = ROOM - length;
        new Uint8Array(buffer, at).set(work.subarray(0, length));
        // Now and then as if its type had been another.
        const index = random.below(4) === 0 ? random.below(views.length) : decoder.messageIndex(data, at, length);
        if (index < 0 || decoder.lengthCheck(index, length) !== 'ok') continue;
        known++;
        const view = views[index];
        if (view === undefined) throw new Error(`${decoder.id} has no message ${index}`);
        view.bind(data, at, length);
        try {
          view.toObject();
          digest(view);
          whole++;
        } catch (error) {
          if (error instanceof VenuewireError && error.code === 'VW_MESSAGE_MALFORMED') continue;
          const hex = Buffer.from(buffer, at).toString('hex');
          throw new Error(`${decoder.id} ${readers[index]?.name}, seed ${SEED}, message ${i}: ${hex}`, {
            cause: error,
          });
        }
      }
      if (MUTATIONS > 1500)
        console.log(`${decoder.id}: ${MUTATIONS} mutated, ${known} bound, ${whole} read to their end`);
      expect(known).toBeGreaterThan(MUTATIONS / 20);
      expect(whole).toBeGreaterThan(0);
    },
    600_000,
  );
});
