// Books of every capture here that carries orders, levels or quotes, and of sampled messages of every table with roles,
// against a deliberately simple book (test/unit/reference-book.ts), after every message.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Findings, framingsFor, Messages } from '../../src/capture/messages.js';
import { Capture } from '../../src/capture/packets.js';
import { decoders, findDecoder } from '../../src/decoders/registry.js';
import { createViews, type Decoder, type EventRoles } from '../../src/layout/index.js';
import { sampleMessage } from '../../src/simulator/message-sampler.js';
import { Random } from '../../src/simulator/random.js';
import { NativeSteps } from '../unit/native-books.js';
import { type Plain, Reading, ReferenceBooks } from '../unit/reference-book.js';
import { FIXTURES, mapped, root, there } from './shared-captures.js';

const SEED = Number(process.env.VENUEWIRE_SEED ?? 2026);
/** The simple book searches lists from end to end. */
const MOST_MESSAGES = 6_000;
const SAMPLES = 400;
/** Texts of several fields are keys by their hash, which is not repeated here. */
const together = (decoder: Decoder): boolean => JSON.stringify(decoder.events).includes('"instrument":{"together"');

class Compared {
  readonly native: NativeSteps;
  readonly reading: Reading;
  readonly plain: ReferenceBooks;
  readonly views;
  messages = 0;
  books = 0;
  constructor(readonly decoder: Decoder) {
    const roles = decoder.events as EventRoles;
    this.native = new NativeSteps(decoder);
    this.reading = new Reading(decoder);
    this.plain = new ReferenceBooks(roles.orders, roles.depth);
    this.views = createViews(decoder).map(({ View }) => new View());
  }

  message(bytes: Uint8Array, where: string): void {
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const index = this.decoder.messageIndex(data, 0, bytes.length);
    const name = this.decoder.names[index];
    if (name === undefined || this.decoder.lengthCheck(index, bytes.length) === 'tooShort') return;
    this.messages++;
    this.native.take(index, bytes);
    const object = this.views[index]?.bind(data, 0, bytes.length).toObject() as unknown as Plain;
    const touched = new Set<bigint>();
    for (const op of this.reading.of(name, object)) {
      this.plain.apply(op);
      if (op.instrument !== undefined) touched.add(op.instrument);
    }
    for (const key of touched) {
      for (const side of ['bid', 'ask'] as const) {
        const meant = this.plain.rows(key, side);
        const told = this.native.rows(key, side);
        if (meant.length > 0) this.books++;
        const same = told.length === meant.length && told.every((row, i) => row.every((v, k) => v === meant[i]?.[k]));
        if (!same) expect({ where, message: this.messages, name, key, side, told }).toEqual({ told: meant });
      }
    }
  }

  end(where: string): void {
    const { unknownOrders, duplicateOrders, overfilled } = this.native.counters();
    expect({ where, unknownOrders, duplicateOrders, overfilled }).toEqual({
      where,
      unknownOrders: this.plain.unknownOrders,
      duplicateOrders: this.plain.duplicateOrders,
      overfilled: this.plain.overfilled,
    });
    expect(this.native.consistent()).toBe(true);
  }
}

async function compare(file: string, decoder: Decoder): Promise<Compared> {
  const compared = new Compared(decoder);
  const messages = new Messages(
    decoder,
    framingsFor(decoder, undefined),
    new Findings(() => {}),
    ({ view }) => {
      if (compared.messages >= MOST_MESSAGES) return;
      const { $data, $at, $end } = view;
      compared.message(new Uint8Array($data.buffer, $data.byteOffset + $at, $end - $at), file);
    },
    undefined,
  );
  await new Capture(file).read((p) => messages.packet(p));
  messages.finish();
  compared.end(file);
  return compared;
}

describe(`sampled messages of every table with roles, seed ${SEED}`, () => {
  it.each(decoders.map((d) => [d.id, d] as const))('%s', async (_, entry) => {
    const decoder = await entry.load();
    if (decoder.events === undefined || together(decoder)) return;
    const random = new Random(SEED);
    const compared = new Compared(decoder);
    const names = Object.keys(decoder.events.messages);
    for (let i = 0; i < SAMPLES; i++) {
      const name = names[random.below(names.length)] as string;
      compared.message(Uint8Array.from(sampleMessage(decoder, name, random)), `${decoder.id} sample ${i}`);
    }
    compared.end(decoder.id);
  });
});

describe('captures', () => {
  it.each(FIXTURES)('%s', async (name, id) => {
    const decoder = (await findDecoder(id)?.load()) as Decoder;
    if (decoder.events === undefined) return;
    expect((await compare(join(root, 'fixtures', name), decoder)).messages).toBeGreaterThan(0);
  });

  it.skipIf(!there)(
    'every one that the map names and that has roles',
    async () => {
      let [captures, messages, books] = [0, 0, 0];
      for (const { file, id } of mapped()) {
        const decoder = await findDecoder(id)?.load();
        if (decoder?.events === undefined || together(decoder) || file.includes('.dump')) continue;
        const compared = await compare(file, decoder);
        captures++;
        messages += compared.messages;
        books += compared.books;
      }
      console.log(`${captures} captures, ${messages} messages, ${books} sides with levels compared`);
      expect(messages).toBeGreaterThan(20_000);
    },
    600_000,
  );
});
