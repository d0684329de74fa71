import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decoders } from '../../src/decoders/registry.js';
import { VenuewireError } from '../../src/errors.js';
import {
  Composite,
  Constant,
  createViews,
  Data,
  type Decoder,
  digest,
  Field,
  type Fields,
  Filler,
  type Flyweight,
  fields,
  Group,
  leaves,
  When,
} from '../../src/layout/index.js';

type Values = Record<string, unknown>;

/** Fields that the encoder fills in from the parts they count or select. */
function derivedNames(parts: Fields, into = new Set<string>()): Set<string> {
  for (const part of Object.values(parts)) {
    if (part instanceof Group) {
      if (typeof part.count === 'string') into.add(part.count);
      else if (typeof part.count === 'object' && 'untilLength' in part.count) into.add(part.count.untilLength);
      derivedNames(part.fields, into);
    } else if (part instanceof Data) {
      if ('from' in part.length) into.add(part.length.from);
    } else if (part instanceof When) {
      into.add(part.on);
      derivedNames(part.fields, into);
    }
  }
  return into;
}

const latin = (max: number): fc.Arbitrary<string> =>
  fc.string({ maxLength: max, unit: fc.integer({ min: 0x21, max: 0xff }).map((c) => String.fromCharCode(c)) });

function fieldValue(field: Field): fc.Arbitrary<unknown> {
  const d = field.data;
  const bits = 8 * d.size;
  let value: fc.Arbitrary<unknown>;
  switch (d.wire) {
    case 'uint':
    case 'int': {
      const min = d.wire === 'int' ? -(2n ** BigInt(bits - 1)) : 0n;
      const max = d.wire === 'int' ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n;
      value = fc.bigInt({ min, max }).map((v) => (d.size === 8 ? v : Number(v)));
      break;
    }
    case 'float':
      value = d.size === 8 ? fc.double({ noNaN: true }) : fc.float({ noNaN: true });
      break;
    case 'char':
      value = latin(1).map((s) => s || ' ');
      break;
    case 'text':
      value = latin(d.size);
      break;
    case 'digits':
      value = d.size > 15 ? fc.bigInt({ min: 0n, max: 10n ** BigInt(d.size) - 1n }) : fc.nat({ max: 10 ** d.size - 1 });
      break;
    case 'bytes':
      value = fc.uint8Array({ minLength: d.size, maxLength: d.size });
      break;
  }
  if (d.nullValue === undefined) return value;
  const none = d.nullValue;
  return fc
    .oneof({ arbitrary: value, weight: 4 }, { arbitrary: fc.constant(null), weight: 1 })
    .map((v) => ((typeof v === 'number' || typeof v === 'bigint') && BigInt(v) === BigInt(none) ? null : v));
}

/** Values for every field that the encoder does not fill in itself. */
function recordValues(parts: Fields, skip: ReadonlySet<string>): fc.Arbitrary<Values> {
  const chosen = new Set<string>();
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const derived = new Set([...derivedNames(parts), ...skip]);
  for (const [name, part] of Object.entries(parts)) {
    if (part instanceof Filler || part instanceof Constant || part instanceof Composite) continue;
    if (part instanceof Field) {
      if (!derived.has(name)) model[name] = fieldValue(part);
    } else if (part instanceof Data) {
      // Message data of a digit-counted or one-byte length stays short.
      model[name] = part.wire === 'text' ? latin(9) : fc.uint8Array({ maxLength: 9 });
    } else if (part instanceof Group) {
      const n = typeof part.count === 'number' ? part.count : undefined;
      model[name] = fc.array(
        recordValues(part.fields, skip),
        n === undefined ? { maxLength: 3 } : { minLength: n, maxLength: n },
      );
    } else if (part instanceof When) {
      // One variant a selector: it decides what the selector says.
      if (chosen.has(part.on)) continue;
      chosen.add(part.on);
      model[name] = fc.option(recordValues(part.fields, skip), { nil: undefined });
    }
  }
  return fc.record(model).map((v) => {
    const out: Values = {};
    for (const [name, value] of Object.entries(v)) if (value !== undefined) out[name] = value;
    return out;
  });
}

function headerSkips(decoder: Decoder): Set<string> {
  const skip = new Set(decoder.messageType);
  if (decoder.lengthField !== undefined) skip.add(decoder.lengthField.name);
  if (decoder.sbe !== undefined) for (const n of [decoder.sbe.blockLength, 'schemaId', 'version']) skip.add(n);
  return skip;
}

/** Runs can be made more and other: VENUEWIRE_RUNS, VENUEWIRE_SEED. */
const RUNS = { numRuns: Number(process.env.VENUEWIRE_RUNS ?? 4), seed: Number(process.env.VENUEWIRE_SEED ?? 2026) };

const dataOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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
    const encode = decoder.encode.bind(decoder) as (name: string, values: Values) => Uint8Array;
    for (const { name, index, View } of createViews(decoder)) {
      const message = decoder.messages[name];
      if (message === undefined) throw new Error(name);
      const view = new View();
      const parts = { ...decoder.header, ...message.fields };
      fc.assert(
        fc.property(recordValues(parts, headerSkips(decoder)), (values) => {
          const bytes = encode(name, values);
          expect(decoder.lengthCheck(index, bytes.length)).toBe('ok');
          if (decoder.messageType.length > 0) {
            expect(decoder.messageIndex(dataOf(bytes), 0, bytes.length)).toBe(index);
          }
          view.bind(dataOf(bytes), 0, bytes.length);
          const object = view.toObject() as unknown as Values;
          sameValue(values, object);
          expect(Buffer.from(encode(name, object)).equals(Buffer.from(bytes))).toBe(true);
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
    const encode = decoder.encode.bind(decoder) as (name: string, values: Values) => Uint8Array;
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
            const whole = encode(name, values);
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
