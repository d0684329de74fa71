import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VenuewireError } from '../../src/errors.js';
import {
  FastDecimal,
  FastDecoder,
  FastEncoder,
  type FastField,
  type FastInput,
  type FastInstruction,
  type FastOperatorKind,
  type FastTemplate,
  type FastType,
} from '../../src/layout/fast/index.js';
import { acceptValue, sameValue } from '../../src/layout/fast/values.js';

/** Runs can be made more and other: VENUEWIRE_RUNS, VENUEWIRE_SEED; mutated messages: VENUEWIRE_MUTATIONS. */
const RUNS = { numRuns: Number(process.env.VENUEWIRE_RUNS ?? 60), seed: Number(process.env.VENUEWIRE_SEED ?? 2026) };
const MUTATIONS = Number(process.env.VENUEWIRE_MUTATIONS ?? 40_000);

const TYPES: readonly FastType[] = [
  'int8',
  'uInt16',
  'int32',
  'uInt32',
  'int64',
  'uInt64',
  'decimal',
  'ascii',
  'unicode',
  'byteVector',
];
const isText = (t: FastType) => t === 'ascii' || t === 'unicode' || t === 'byteVector';
const operatorsOf = (t: FastType): FastOperatorKind[] => [
  'none',
  'constant',
  'default',
  'copy',
  'delta',
  ...(isText(t) ? (['tail'] as const) : []),
  ...(t.includes('nt') ? (['increment'] as const) : []),
];

const bits: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-128n, 127n],
  uInt16: [0n, 65535n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uInt32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uInt64: [0n, 2n ** 64n - 1n],
};
const integerOf = (type: string): fc.Arbitrary<bigint> => {
  const [min, max] = bits[type] as readonly [bigint, bigint];
  const small = fc.bigInt({ min: min > -3n ? min : -3n, max: 3n });
  return fc.oneof(small, small, fc.bigInt({ min, max }), fc.constantFrom(min, max));
};
const ascii = fc.string({ maxLength: 6, unit: fc.constantFrom('A', 'B', 'C', '\0', ' ', '\x7f') });

function anyValue(type: FastType): fc.Arbitrary<unknown> {
  switch (type) {
    case 'ascii':
      return ascii;
    case 'unicode':
      return fc.string({ maxLength: 5, unit: fc.constantFrom('a', 'é', '€', '\u{1f600}') });
    case 'byteVector':
      return fc.uint8Array({ maxLength: 5, max: 3 });
    case 'decimal':
      return fc
        .tuple(integerOf('int64'), fc.integer({ min: -63, max: 63 }))
        .map(([m, e]) => ({ mantissa: m, exponent: e }));
    default:
      return integerOf(type);
  }
}

/** As a templates file would write the value. */
function textOf(type: FastType, value: unknown): string {
  if (type === 'byteVector') return Buffer.from(value as Uint8Array).toString('hex');
  if (type !== 'decimal') return String(value);
  const { mantissa, exponent } = value as { mantissa: bigint; exponent: number };
  return new FastDecimal(mantissa, exponent).toString();
}

const dictionary = fc.constantFrom('global', 'template', 'type', 'mine');

function operator(type: FastType, optional: boolean): fc.Arbitrary<FastField['operator']> {
  return fc
    .tuple(fc.constantFrom(...operatorsOf(type)), fc.boolean(), dictionary, anyValue(type))
    .map(([kind, own, dict, v]) => ({
      kind,
      dictionary: dict,
      value: own || kind === 'constant' || (kind === 'default' && !optional) ? initialText(type, v) : undefined,
    }));
}
/** Decimals are normalized when they are read from text, and not every mantissa fits an int64 then. */
function initialText(type: FastType, v: unknown): string {
  if (type !== 'decimal') return textOf(type, v);
  const { mantissa, exponent } = v as { mantissa: bigint; exponent: number };
  return textOf(type, { mantissa: mantissa % 1000n, exponent: exponent % 9 });
}

let named = 0;
const field: fc.Arbitrary<FastField> = fc
  .tuple(fc.constantFrom(...TYPES), fc.boolean(), fc.boolean())
  .chain(([type, optional, split]): fc.Arbitrary<FastField> => {
    const base = { kind: 'field' as const, type, optional };
    // A number in the name: fields of one dictionary then never share an entry by accident of type.
    const name = `${type}${named++}`;
    if (type !== 'decimal' || !split) return operator(type, optional).map((op) => ({ ...base, name, operator: op }));
    return fc.tuple(operator('int8', optional), operator('int64', false)).map(([exponent, mantissa]) => ({
      ...base,
      name,
      operator: { kind: 'none', dictionary: 'global' },
      parts: {
        exponent: {
          ...exponent,
          value: exponent.value === undefined ? undefined : String(Number(exponent.value) % 63),
        },
        mantissa,
      },
    }));
  });

const body = (depth: number): fc.Arbitrary<FastInstruction[]> =>
  fc.array(
    depth === 0
      ? field
      : fc.oneof(
          { arbitrary: field, weight: 6 },
          {
            arbitrary: fc.tuple(fc.boolean(), body(depth - 1)).map(
              ([optional, inner]): FastInstruction => ({
                kind: 'group',
                name: `group${named++}`,
                optional,
                body: inner,
              }),
            ),
            weight: 1,
          },
          {
            arbitrary: fc
              .tuple(fc.boolean(), operator('uInt32', true), body(depth - 1))
              .map(([optional, op, inner]): FastInstruction => {
                const name = `sequence${named++}`;
                const kind = ['constant', 'increment'].includes(op.kind) ? 'copy' : op.kind;
                const length: FastField = {
                  kind: 'field',
                  name: `${name}Length`,
                  type: 'uInt32',
                  optional,
                  operator: { ...op, kind, value: kind === 'default' ? '2' : undefined },
                };
                return { kind: 'sequence', name, optional, length, body: inner };
              }),
            weight: 1,
          },
          { arbitrary: fc.constant<FastInstruction>({ kind: 'reference', template: 'Shared' }), weight: 1 },
        ),
    { maxLength: 7 },
  );

/** Names are told apart inside a body: a template that is referred to twice stands there once. */
function once(list: readonly FastInstruction[]): FastInstruction[] {
  let seen = false;
  return list.filter((i) => {
    if (i.kind !== 'reference') return true;
    if (seen) return false;
    seen = true;
    return true;
  });
}

const templates: fc.Arbitrary<FastTemplate[]> = fc.tuple(body(0), body(2), body(2)).map(([shared, one, two]) => [
  { name: 'Shared', id: 9, reset: false, body: shared },
  { name: 'One', id: 1, reset: false, typeRef: 'Type', body: once(one) },
  { name: 'Two', id: 2, reset: false, typeRef: 'Type', body: once(two) },
  { name: 'Reset', id: 120, reset: true, body: [] },
]);

function record(list: readonly FastInstruction[], all: readonly FastTemplate[]): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const orAbsent = (optional: boolean, a: fc.Arbitrary<unknown>) =>
    optional ? fc.oneof({ arbitrary: a, weight: 3 }, { arbitrary: fc.constant(undefined), weight: 1 }) : a;
  for (const i of list) {
    if (i.kind === 'reference') {
      const shared = all.find((t) => t.name === i.template);
      for (const f of (shared?.body ?? []) as FastField[]) model[f.name] = orAbsent(f.optional, fieldValue(f));
    } else if (i.kind === 'field') model[i.name] = orAbsent(i.optional, fieldValue(i));
    else if (i.kind === 'group') model[i.name] = orAbsent(i.optional, record(i.body, all));
    else model[i.name] = orAbsent(i.optional, fc.array(record(i.body, all), { maxLength: 3 }));
  }
  return fc.record(model);
}
function fieldValue(f: FastField): fc.Arbitrary<unknown> {
  const { kind, value } = f.operator;
  const own = anyValue(f.type);
  const initial = value === undefined ? undefined : given(f.type, value);
  if (kind === 'constant') return fc.constant(initial);
  if (f.parts !== undefined) {
    const { exponent, mantissa } = f.parts;
    return own.map((v) => {
      const d = v as { mantissa: bigint; exponent: number };
      return {
        exponent: exponent.kind === 'constant' ? Number(exponent.value) : d.exponent,
        mantissa: mantissa.kind === 'constant' ? BigInt(mantissa.value ?? 0) : d.mantissa,
      };
    });
  }
  return initial === undefined
    ? own
    : fc.oneof({ arbitrary: own, weight: 3 }, { arbitrary: fc.constant(initial), weight: 1 });
}
function given(type: FastType, text: string): unknown {
  if (type === 'byteVector') return Uint8Array.from(Buffer.from(text, 'hex'));
  return acceptValue(type, text, 'given');
}

/** What the decoder gives for what the encoder took. */
function normal(value: unknown): unknown {
  if (value instanceof FastDecimal || (typeof value === 'object' && value !== null && 'mantissa' in value)) {
    const { mantissa, exponent } = value as FastDecimal;
    return `${mantissa}e${exponent}`;
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => [k, normal(v)]),
  );
}

const day = templates.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc.array(
      fc.oneof(
        ...all.filter((t) => !t.reset).map((t) => fc.tuple(fc.constant(t.name), record(t.body, all))),
        fc.constant<[string, Record<string, unknown>]>(['Reset', {}]),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    fc.infiniteStream(fc.boolean()),
  ),
);

/** Encodes a day; messages that the templates cannot express (a tail cannot shorten) are left out, after a reset. */
function encodeDay(all: FastTemplate[], messages: [string, Record<string, unknown>][], explicit?: () => boolean) {
  const encoder = new FastEncoder(all, explicit ? { explicit } : {});
  const out: { name: string; fields: FastInput; bytes: Uint8Array; reset: boolean }[] = [];
  let reset = false;
  for (const [name, fields] of messages) {
    try {
      out.push({ name, fields, bytes: encoder.encode(name, fields), reset });
      reset = false;
    } catch (error) {
      if (!(error instanceof VenuewireError) || !/VALUE|D3|D6|R1/.test(error.code)) throw error;
      encoder.reset();
      reset = true;
    }
  }
  return out;
}

describe('FAST, encoded and decoded', () => {
  it('is the identity for random templates, messages and operator states', () => {
    let decoded = 0;
    fc.assert(
      fc.property(day, ([all, messages, coin]) => {
        const stream = coin[Symbol.iterator]();
        for (const explicit of [undefined, () => stream.next().value === true]) {
          const decoder = new FastDecoder(all);
          for (const m of encodeDay(all, messages as [string, Record<string, unknown>][], explicit)) {
            if (m.reset) decoder.reset();
            const found = decoder.decode(m.bytes);
            expect(found.next).toBe(m.bytes.length);
            expect(found.template).toBe(m.name);
            expect(normal(found.fields.toObject())).toEqual(normal(m.fields));
            decoded++;
          }
        }
      }),
      { ...RUNS, numRuns: RUNS.numRuns * 10 },
    );
    expect(decoded).toBeGreaterThan(RUNS.numRuns);
    console.log(`${decoded} messages of random templates come back as they were`);
  });

  it('throws nothing but its own errors for damaged messages, and ends in bounded time', { timeout: 1_200_000 }, () => {
    let seed = RUNS.seed >>> 0 || 1;
    const random = (n: number): number => {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      return (seed >>> 0) % n;
    };
    const codes = new Map<string, number>();
    let tried = 0;
    let whole = 0;
    let days = 0;
    while (tried < MUTATIONS) {
      const [[all, messages]] = fc.sample(day, { numRuns: 1, seed: RUNS.seed + days++ }) as [
        [FastTemplate[], [string, Record<string, unknown>][], unknown],
      ];
      const sent = encodeDay(all, messages);
      if (sent.length === 0) continue;
      const decoder = new FastDecoder(all, {
        reportable: days % 2 === 0 ? 'refused' : 'accepted',
        limits: { entries: 2000, text: 500 },
      });
      for (let i = 0; i < 2000 && tried < MUTATIONS; i++) {
        const picked = sent[random(sent.length)] as { bytes: Uint8Array };
        // Behind the message stand bytes that must not be read.
        const cut = random(4) === 0 ? random(picked.bytes.length + 1) : picked.bytes.length;
        const bytes = new Uint8Array(cut + 8).fill(0xff);
        bytes.set(picked.bytes.subarray(0, cut));
        for (let k = random(4); k > 0 && cut > 0; k--) bytes[random(cut)] = random(256);
        tried++;
        try {
          const message = decoder.decode(bytes, 0, cut);
          expect(message.next).toBeLessThanOrEqual(cut);
          JSON.stringify(message.fields);
          whole++;
        } catch (error) {
          if (!(error instanceof VenuewireError)) throw error;
          codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
          if (random(3) === 0) decoder.reset();
        }
      }
    }
    const shown = [...codes].sort((a, b) => b[1] - a[1]).map(([c, n]) => `${c} ${n}`);
    console.log(`${tried} damaged messages: ${whole} decoded, ${shown.join(', ')}`);
    for (const code of codes.keys()) expect(code).toMatch(/^VW_FAST_/);
  });

  it('compares values of all kinds', () => {
    expect(sameValue(new FastDecimal(1, 2), new FastDecimal(1, 2))).toBe(true);
    expect(sameValue(Uint8Array.of(1), Uint8Array.of(2))).toBe(false);
  });
});
