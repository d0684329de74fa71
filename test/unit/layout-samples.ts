import fc from 'fast-check';
import {
  Composite,
  Constant,
  Data,
  type Decoder,
  Field,
  type Fields,
  Filler,
  Group,
  When,
} from '../../src/layout/index.js';

export type Values = Record<string, unknown>;

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
export function recordValues(parts: Fields, skip: ReadonlySet<string>): fc.Arbitrary<Values> {
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

export function headerSkips(decoder: Decoder): Set<string> {
  const skip = new Set(decoder.messageType);
  if (decoder.lengthField !== undefined) skip.add(decoder.lengthField.name);
  if (decoder.sbe !== undefined) for (const n of [decoder.sbe.blockLength, 'schemaId', 'version']) skip.add(n);
  return skip;
}

/** Runs can be made more and other: VENUEWIRE_RUNS, VENUEWIRE_SEED. */
export const RUNS = {
  numRuns: Number(process.env.VENUEWIRE_RUNS ?? 4),
  seed: Number(process.env.VENUEWIRE_SEED ?? 2026),
};

export const dataOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
