import {
  Composite,
  Constant,
  Data,
  type Decoder,
  encode,
  Field,
  type Fields,
  Filler,
  Group,
  When,
} from '../layout/index.js';
import { Random } from './random.js';

type Values = Record<string, unknown>;

/** Fields that the encoder fills in from the parts that they count or select. */
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

function latin(random: Random, max: number): string {
  let text = '';
  for (let n = random.below(max + 1); n > 0; n--) text += String.fromCharCode(0x21 + random.below(0x5e));
  return text;
}

function randomBytes(random: Random, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = random.below(256);
  return out;
}

function fieldValue(field: Field, random: Random): unknown {
  const d = field.data;
  if (d.nullValue !== undefined && random.chance(0.1)) return null;
  let value: unknown;
  switch (d.wire) {
    case 'uint':
    case 'int': {
      let v = 0n;
      for (let i = 0; i < d.size; i++) v = (v << 8n) | BigInt(random.below(256));
      if (d.wire === 'int') v = BigInt.asIntN(8 * d.size, v);
      value = d.size === 8 ? v : Number(v);
      break;
    }
    case 'float':
      value = random.real() * 1_000;
      break;
    case 'char':
      value = String.fromCharCode(0x21 + random.below(0x5e));
      break;
    case 'text':
      value = latin(random, d.size);
      break;
    case 'digits':
      value = d.size > 15 ? BigInt(random.u32()) : random.below(Math.min(10 ** d.size, 2 ** 32));
      break;
    case 'bytes':
      value = randomBytes(random, d.size);
      break;
  }
  const none = d.nullValue;
  if (
    none !== undefined &&
    (typeof value === 'number' || typeof value === 'bigint') &&
    BigInt(Math.trunc(Number(value))) === BigInt(none)
  )
    return null;
  return value;
}

function recordValues(parts: Fields, skip: ReadonlySet<string>, random: Random): Values {
  const derived = derivedNames(parts);
  const chosen = new Set<string>();
  const out: Values = {};
  for (const [name, part] of Object.entries(parts)) {
    if (part instanceof Filler || part instanceof Constant || part instanceof Composite || skip.has(name)) continue;
    if (part instanceof Field) {
      if (!derived.has(name)) out[name] = fieldValue(part, random);
    } else if (part instanceof Data) {
      out[name] = part.wire === 'text' ? latin(random, 9) : randomBytes(random, random.below(10));
    } else if (part instanceof Group) {
      const n = typeof part.count === 'number' ? part.count : random.below(3);
      out[name] = Array.from({ length: n }, () => recordValues(part.fields, skip, random));
    } else if (part instanceof When) {
      // One variant a selector: it decides what the selector says.
      if (chosen.has(part.on)) continue;
      chosen.add(part.on);
      if (random.below(2) === 0) out[name] = recordValues(part.fields, skip, random);
    }
  }
  return out;
}

/** Fields of the header that the encoder fills in. */
function filledIn(decoder: Decoder): Set<string> {
  const skip = new Set(decoder.messageType);
  if (decoder.lengthField !== undefined) skip.add(decoder.lengthField.name);
  if (decoder.sbe !== undefined) for (const n of [decoder.sbe.blockLength, 'schemaId', 'version']) skip.add(n);
  return skip;
}

/**
 * A valid message of a table with random contents: every field holds something that it can hold, groups have up to two
 * entries. `change` may put other values into a message before it is written.
 */
export function sampleMessage(
  decoder: Decoder,
  name: string,
  random: Random,
  change?: (values: Record<string, unknown>) => void,
): Uint8Array {
  const skip = filledIn(decoder);
  const fields = decoder.messages[name]?.fields ?? {};
  // A header may hold the count of a message's own group.
  const header = new Set([...skip, ...derivedNames(fields)]);
  for (let attempt = 0; ; attempt++) {
    const values = { ...recordValues(decoder.header, header, random), ...recordValues(fields, skip, random) };
    change?.(values);
    try {
      return encode(decoder, name, values);
    } catch (cause) {
      // A combination that the message cannot have, such as a variant that the selector's own value rules out.
      if (attempt >= 8) throw cause;
    }
  }
}

const SAMPLES = 64;
const drawn = new WeakMap<Decoder, Map<string, readonly Uint8Array[]>>();

/** One of a few samples of that message, which are made once: for those who want many. The bytes are the caller's. */
export function drawMessage(decoder: Decoder, name: string, random: Random): Uint8Array {
  let known = drawn.get(decoder);
  if (known === undefined) {
    known = new Map();
    drawn.set(decoder, known);
  }
  let samples = known.get(name);
  if (samples === undefined) {
    const own = new Random(1).fork(`${decoder.id} ${name}`);
    samples = Array.from({ length: SAMPLES }, () => sampleMessage(decoder, name, own));
    known.set(name, samples);
  }
  return random.pick(samples).slice();
}
