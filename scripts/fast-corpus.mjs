// FAST programs for the native fuzz target: every type with every operator, both presences, alone and in structures, and
// messages of them. Used by corpus.mjs.
import { readFileSync } from 'node:fs';
import { compileFast, FastDecoder, FastEncoder } from '../dist/fast/index.js';
import { readFastTemplates } from '../dist/import.js';

const INTEGERS = {
  int8: [-128n, 127n],
  uInt8: [0n, 255n],
  int16: [-32_768n, 32_767n],
  uInt16: [0n, 65_535n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uInt32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uInt64: [0n, 2n ** 64n - 1n],
};
const TEXTS = ['ascii', 'unicode', 'byteVector'];
const OPERATORS = ['none', 'constant', 'default', 'copy', 'increment', 'delta', 'tail'];
const MESSAGES = 300;
const example = new URL('../bench/decoders/fast-example.xml', import.meta.url);

const applies = (type, kind) =>
  kind === 'increment' ? type in INTEGERS : kind === 'tail' ? TEXTS.includes(type) : true;

/** One value as a templates file writes it. */
function initial(type) {
  if (type in INTEGERS) return '100';
  if (type === 'decimal') return '12.5';
  return type === 'byteVector' ? '414243' : 'ABC';
}
const field = (type, kind, optional, value, dictionary) => ({
  kind: 'field',
  name: `${type}-${kind}${optional ? '-optional' : ''}${value ? '-initial' : ''}`,
  type,
  optional,
  operator: { kind, dictionary, value: value ? initial(type) : undefined },
});

function fields(types, dictionary) {
  const out = [];
  for (const type of types) {
    for (const kind of OPERATORS.filter((k) => applies(type, k))) {
      for (const optional of [false, true]) {
        for (const value of kind === 'none' ? [false] : [true, false]) {
          if (!value && (kind === 'constant' || (kind === 'default' && !optional))) continue;
          out.push(field(type, kind, optional, value, dictionary));
        }
      }
    }
  }
  return out;
}

function split(exponent, mantissa, optional) {
  const part = (kind, text) => ({
    kind,
    dictionary: 'template',
    value: kind === 'constant' || kind === 'default' ? text : undefined,
  });
  return {
    kind: 'field',
    name: `split-${exponent}-${mantissa}${optional ? '-optional' : ''}`,
    type: 'decimal',
    optional,
    operator: { kind: 'none', dictionary: 'global' },
    parts: { exponent: part(exponent, '-2'), mantissa: part(mantissa, '5') },
  };
}

const length = (name, kind, optional) => ({
  kind: 'field',
  name: `${name}-length`,
  type: 'uInt32',
  optional,
  operator: { kind, dictionary: 'global', value: kind === 'default' ? '2' : undefined },
});

/** The structures, with the fields of a few types in them. */
function nested() {
  const inner = fields(['uInt32', 'ascii', 'decimal'], 'template');
  const sequence = (name, kind, optional, body) => ({
    kind: 'sequence',
    name,
    optional,
    length: length(name, kind, optional),
    body,
  });
  const group = (name, optional, body) => ({ kind: 'group', name, optional, body });
  const splits = ['none', 'constant', 'default', 'copy', 'increment', 'delta'].flatMap((e) =>
    ['none', 'default', 'copy', 'increment', 'delta'].flatMap((m) => [split(e, m, false), split(e, m, true)]),
  );
  // Two fields of one entry: what one leaves empty the other counts on.
  const keyed = (f) => ({ ...f, operator: { ...f.operator, key: 'one' } });
  const shared = [
    keyed(field('uInt32', 'copy', true, false, 'global')),
    keyed(field('uInt32', 'increment', false, false, 'global')),
  ];
  return [
    { name: 'Shared', id: 9, reset: false, body: fields(['int64', 'unicode'], 'type') },
    {
      name: 'Deep',
      id: 1,
      reset: false,
      typeRef: 'Type',
      body: [
        sequence('plain', 'none', false, inner),
        sequence('copied', 'copy', true, [group('within', true, inner.slice(0, 8)), ...inner.slice(8, 12)]),
        sequence('outer', 'default', false, [sequence('innermost', 'delta', true, inner.slice(0, 5))]),
        group('always', false, inner.slice(3, 9)),
        group('sometimes', true, [field('uInt64', 'none', false, false, 'global')]),
        { kind: 'reference', template: 'Shared' },
        { kind: 'reference' },
      ],
    },
    { name: 'Splits', id: 2, reset: false, body: splits },
    { name: 'Keys', id: 3, reset: false, body: shared },
    { name: 'Reset', id: 120, reset: true, body: [] },
  ];
}

function value(f, random) {
  if (f.optional && random.below(4) === 0) return undefined;
  if (f.operator.kind === 'constant') return own(f);
  if (f.operator.value !== undefined && random.below(4) === 0) return own(f);
  if (f.type in INTEGERS) {
    const [least, most] = INTEGERS[f.type];
    if (random.below(8) === 0) return random.below(2) === 0 ? least : most;
    const v = BigInt(random.below(200)) + (least < 0n ? -100n : 0n);
    return v < least ? least : v > most ? most : v;
  }
  if (f.type === 'decimal') {
    const { exponent, mantissa } = f.parts ?? {};
    return {
      mantissa: mantissa?.kind === 'constant' ? 5n : BigInt(random.below(2000)) - 1000n,
      exponent: exponent?.kind === 'constant' ? -2 : random.below(9) - 4,
    };
  }
  // A tail cannot shorten: one length.
  const size = f.operator.kind === 'tail' ? 3 : random.below(6);
  const text = Array.from({ length: size }, () => 'ABC\0'.charAt(random.below(4))).join('');
  return f.type === 'byteVector' ? new TextEncoder().encode(text) : text;
}
/** The operator's own value, as the encoder takes it. */
const own = (f) => (f.type === 'byteVector' ? Uint8Array.from(Buffer.from(f.operator.value, 'hex')) : f.operator.value);

function record(body, templates, random) {
  const out = {};
  for (const i of body) {
    if (i.kind === 'reference') {
      const shared = templates.find((t) => t.name === 'Shared');
      const fieldsOf = record(shared.body, templates, random);
      if (i.template === undefined) out.templateRef = { template: 'Shared', fields: fieldsOf };
      else Object.assign(out, fieldsOf);
    } else if (i.kind === 'field') out[i.name] = value(i, random);
    else if (i.optional && random.below(3) === 0) out[i.name] = undefined;
    else if (i.kind === 'group') out[i.name] = record(i.body, templates, random);
    else out[i.name] = Array.from({ length: random.below(4) }, () => record(i.body, templates, random));
  }
  return out;
}

/** @returns of each program its name, the compiled bytes and messages that decode in their order. */
export function fastCorpus(random) {
  const flat = (name, types, dictionary) => [
    name,
    [
      { name: 'All', id: 1, reset: false, body: fields(types, dictionary) },
      { name: 'Again', id: 200, reset: false, body: fields(types, dictionary).slice(3, 20) },
    ],
  ];
  const programs = [
    flat('fast-integers', Object.keys(INTEGERS), 'global'),
    flat('fast-texts', TEXTS, 'template'),
    flat('fast-decimals', ['decimal', 'uInt32'], 'mine'),
    ['fast-nested', nested()],
    ['fast-example', readFastTemplates(readFileSync(example, 'utf8'))],
  ];
  return programs.map(([name, templates]) => {
    const encoder = new FastEncoder(templates, { explicit: () => random.below(4) === 0 });
    const decoder = new FastDecoder(templates);
    const messages = [];
    let tried = 0;
    while (messages.length < MESSAGES) {
      if (++tried > 4 * MESSAGES) throw new Error(`${name}: only ${messages.length} messages can be encoded`);
      const template = templates[random.below(templates.length)];
      const bytes = encoder.encode(template.name, record(template.body, templates, random));
      if (decoder.decode(bytes).next !== bytes.length)
        throw new Error(`${name}: a message does not end where it should`);
      messages.push(bytes);
    }
    return { name, program: compileFast(decoder.program).bytes, messages };
  });
}
