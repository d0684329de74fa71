/** Random templates with every operator, and messages of them. */
import fc from 'fast-check';
import { VenuewireError } from '../../src/errors.js';
import {
  FastDecimal,
  FastEncoder,
  type FastField,
  type FastInput,
  type FastInstruction,
  type FastOperatorKind,
  type FastTemplate,
  type FastType,
} from '../../src/fast/index.js';
import { acceptValue } from '../../src/fast/values.js';

/** Numbers from a seed, for damage. */
export function numbers(from: number): (n: number) => number {
  let seed = from >>> 0 || 1;
  return (n) => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % n;
  };
}

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

/** Entries of a field's own mostly; some of one type share one, and a few of several types. */
const keyOf = (type: FastType): fc.Arbitrary<string | undefined> =>
  fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 12 },
    { arbitrary: fc.constant(`shared ${type}`), weight: 3 },
    { arbitrary: fc.constant('several types'), weight: 1 },
  );

function operator(type: FastType, optional: boolean): fc.Arbitrary<FastField['operator']> {
  return fc
    .tuple(fc.constantFrom(...operatorsOf(type)), fc.boolean(), dictionary, anyValue(type), keyOf(type))
    .map(([kind, own, dict, v, key]) => ({
      kind,
      dictionary: dict,
      key,
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

/** Templates, messages of them, and a coin for what may be written or left out. */
export const day = templates.chain((all) =>
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
export function encodeDay(
  all: FastTemplate[],
  messages: [string, Record<string, unknown>][],
  explicit?: () => boolean,
) {
  const encoder = new FastEncoder(all, explicit ? { explicit } : {});
  const out: { name: string; fields: FastInput; bytes: Uint8Array; reset: boolean }[] = [];
  let reset = false;
  for (const [name, fields] of messages) {
    try {
      out.push({ name, fields, bytes: encoder.encode(name, fields), reset });
      reset = false;
    } catch (error) {
      if (!(error instanceof VenuewireError) || !/VALUE|D3|D4|D6|R1/.test(error.code)) throw error;
      encoder.reset();
      reset = true;
    }
  }
  return out;
}
