import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decoders } from '../../src/decoders/registry.js';
import { VenuewireError } from '../../src/errors.js';
import { createViews, digest, encode, type Flyweight, fields, leaves } from '../../src/layout/index.js';
import { dataOf, headerSkips, RUNS, recordValues, type Values } from './layout-samples.js';

const isCoded = (error: unknown): boolean =>
  error instanceof VenuewireError && /^VW_[A-Z_]+$/.test(error.code) && error.hint.length > 0;

function sameValue(given: unknown, got: unknown): void {
  if (given instanceof Uint8Array) expect(Buffer.from(got as Uint8Array).equals(Buffer.from(given))).toBe(true);
  else if (Array.isArray(given)) {
    expect(got).toHaveLength(given.length);
    given.forEach((g, i) => {
      sameValue(g, (got as unknown[])[i]);
    });
  } else if (given !== null && typeof given === 'object') {
    for (const [name, value] of Object.entries(given)) sameValue(value, (got as Values)[name]);
  } else expect(got).toBe(given);
}

/** Everything that reads a message, as a reader of hostile bytes would meet it. */
function readAll(view: Flyweight): void {
  for (const read of [() => leaves(view), () => view.toObject(), () => fields(view), () => digest(view)]) {
    try {
      read();
    } catch (error) {
      if (!isCoded(error)) throw error;
    }
  }
}

describe.each(decoders.map((d) => [d.id, d] as const))('%s', (_id, entry) => {
  it('reads back what it writes, and every byte of it is a leaf', { timeout: 60_000 }, async () => {
    const decoder = await entry.load();
    for (const { name, index, View } of createViews(decoder)) {
      const message = decoder.messages[name];
      if (message === undefined) throw new Error(name);
      const view = new View();
      const parts = { ...decoder.header, ...message.fields };
      fc.assert(
        fc.property(recordValues(parts, headerSkips(decoder)), (values) => {
          const bytes = encode(decoder, name, values);
          expect(decoder.lengthCheck(index, bytes.length)).toBe('ok');
          if (decoder.messageType.length > 0) {
            expect(decoder.messageIndex(dataOf(bytes), 0, bytes.length)).toBe(index);
          }
          view.bind(dataOf(bytes), 0, bytes.length);
          const object = view.toObject() as unknown as Values;
          sameValue(values, object);
          expect(Buffer.from(encode(decoder, name, object)).equals(Buffer.from(bytes))).toBe(true);
          let at = 0;
          for (const [leaf, , offset, size] of leaves(view)) {
            if (decoder.sbe === undefined) expect(offset, `${name}.${leaf}`).toBe(at);
            else expect(offset, `${name}.${leaf}`).toBeGreaterThanOrEqual(at);
            at = offset + size;
          }
          if (decoder.sbe === undefined) expect(at, name).toBe(bytes.length);
        }),
        RUNS,
      );
    }
  });

  it('meets damaged bytes with coded errors only', { timeout: 60_000 }, async () => {
    const decoder = await entry.load();
    for (const { name, index, View } of createViews(decoder)) {
      const message = decoder.messages[name];
      if (message === undefined) throw new Error(name);
      const view = new View();
      const sample = recordValues({ ...decoder.header, ...message.fields }, headerSkips(decoder));
      fc.assert(
        fc.property(
          sample,
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
          fc.nat(),
          (values, flips, cut) => {
            const whole = encode(decoder, name, values);
            const bytes = whole.slice(0, Math.max(1, whole.length - (cut % 8)));
            for (const [place, byte] of flips) bytes[place % bytes.length] = byte;
            decoder.messageIndex(dataOf(bytes), 0, bytes.length);
            if (decoder.lengthCheck(index, bytes.length) === 'ok') readAll(view.bind(dataOf(bytes), 0, bytes.length));
          },
        ),
        RUNS,
      );
    }
  });
});
