/** The other way: messages to FAST bytes, for tests, simulators and replays. */
import { type FastTemplate, type FastType, fastError, fastFault } from './model.js';
import { type Body, FastProgram, type FieldNode, type Node, type SplitNode, TEMPLATE_SLOT } from './program.js';
import { piecesOf } from './reader.js';
import {
  acceptValue,
  add,
  BOUNDS,
  decodeUtf8,
  EMPTY,
  FastDecimal,
  type FastValue,
  isInteger,
  narrow,
  sameValue,
  tagOf,
  UNDEFINED,
  type Wide,
} from './values.js';

export interface FastEncoderOptions {
  /** Asked where a value need not be in the stream: true puts it there all the same. For tests. */
  readonly explicit?: () => boolean;
}

export type FastInput = Readonly<Record<string, unknown>>;

/** The bytes of one segment, and the bits of its presence map. */
class Segment {
  readonly bytes: number[] = [];
  readonly bits: boolean[] = [];

  unsigned(value: Wide): void {
    const groups = [Number(BigInt(value) & 0x7fn) | 0x80];
    for (let v = BigInt(value) >> 7n; v > 0n; v >>= 7n) groups.push(Number(v & 0x7fn));
    for (let i = groups.length - 1; i >= 0; i--) this.bytes.push(groups[i] as number);
  }
  signed(value: Wide): void {
    let v = BigInt(value);
    const groups = [Number(v & 0x7fn) | 0x80];
    let last = groups[0] as number;
    v >>= 7n;
    while (!((v === 0n && (last & 0x40) === 0) || (v === -1n && (last & 0x40) !== 0))) {
      last = Number(v & 0x7fn);
      groups.push(last);
      v >>= 7n;
    }
    for (let i = groups.length - 1; i >= 0; i--) this.bytes.push(groups[i] as number);
  }
  nullable(value: Wide, signed: boolean): void {
    const raised = value >= 0 ? add(value, 1) : value;
    if (signed) this.signed(raised);
    else this.unsigned(raised);
  }
  ascii(text: string, optional: boolean): void {
    if (text === '' || text.charCodeAt(0) === 0) {
      if (optional) this.bytes.push(0);
      if (text === '') {
        this.bytes.push(0x80);
        return;
      }
      this.bytes.push(0);
    }
    for (let i = 0; i < text.length; i++) this.bytes.push(text.charCodeAt(i) | (i === text.length - 1 ? 0x80 : 0));
  }
  vector(bytes: Uint8Array, optional: boolean): void {
    this.unsigned(bytes.length + (optional ? 1 : 0));
    for (const b of bytes) this.bytes.push(b);
  }
  /** Map and bytes; without a map of its own the bits belong to the segment around. */
  finish(): number[] {
    const map: number[] = [];
    let last = this.bits.length;
    while (last > 0 && this.bits[last - 1] !== true) last--;
    for (let i = 0; i === 0 || i < last; i += 7) {
      let byte = 0;
      for (let k = 0; k < 7; k++) if (this.bits[i + k] === true) byte |= 0x40 >> k;
      map.push(byte);
    }
    map[map.length - 1] = (map[map.length - 1] as number) | 0x80;
    return map.concat(this.bytes);
  }
}

export class FastEncoder {
  readonly program: FastProgram;
  readonly #tags: Uint8Array;
  readonly #values: (FastValue | undefined)[];
  readonly #explicit: () => boolean;

  constructor(templates: readonly FastTemplate[] | FastProgram, options: FastEncoderOptions = {}) {
    this.program = templates instanceof FastProgram ? templates : new FastProgram(templates);
    this.#tags = new Uint8Array(this.program.slots);
    this.#values = new Array<FastValue | undefined>(this.program.slots).fill(undefined);
    this.#explicit = options.explicit ?? (() => false);
  }

  reset(): void {
    this.#tags.fill(0);
    this.#values.fill(undefined);
  }

  /**
   * The bytes of a message of the named template. After an error the dictionaries are undetermined: `reset` both sides.
   * @throws VenuewireError `VW_FAST_VALUE`, `VW_FAST_D3` where a value cannot be written by this template.
   */
  encode(template: string, fields: FastInput = {}): Uint8Array {
    return Uint8Array.from(this.#message(template, fields, ''));
  }

  #message(name: string, fields: FastInput, context: string): number[] {
    const template = this.program.byName(name, context);
    if (template?.id === undefined)
      throw fastFault('VALUE', `there is no template ${name} with an identifier`, 'Name one of the templates.');
    const segment = new Segment();
    const tag = tagOf('uInt32');
    const implied = this.#tags[TEMPLATE_SLOT] === tag && this.#values[TEMPLATE_SLOT] === template.id;
    if (implied && !this.#explicit()) segment.bits.push(false);
    else {
      segment.bits.push(true);
      segment.unsigned(template.id);
    }
    this.#put(TEMPLATE_SLOT, tag, template.id);
    this.#body(template.body, segment, fields);
    if (template.reset) this.reset();
    return segment.finish();
  }

  #put(slot: number, tag: number, value: FastValue | undefined): void {
    this.#tags[slot] = tag;
    this.#values[slot] = value;
  }

  #body(body: Body, into: Segment, fields: FastInput): void {
    for (const node of body.nodes) this.#node(node, into, fields[node.name]);
  }
  #segment(body: Body, into: Segment, fields: FastInput): void {
    const own = body.segment ? new Segment() : into;
    this.#body(body, own, fields);
    if (own !== into) for (const b of own.finish()) into.bytes.push(b);
  }

  #node(node: Node, into: Segment, given: unknown): void {
    const value = given === null ? undefined : given;
    switch (node.kind) {
      case 'field':
        this.#field(node, into, value === undefined ? undefined : acceptValue(node.type, value, node.where));
        return;
      case 'split':
        this.#split(node, into, value);
        return;
      case 'group':
        if (node.optional) into.bits.push(value !== undefined);
        else if (value === undefined) throw absent(node.where);
        if (value !== undefined) this.#segment(node.body, into, value as FastInput);
        return;
      case 'sequence': {
        if (value !== undefined && !Array.isArray(value))
          throw fastFault('VALUE', `${node.where} is no list`, 'Give an array of entries.');
        this.#field(node.length, into, value?.length);
        for (const entry of value ?? []) this.#segment(node.body, into, entry as FastInput);
        return;
      }
      case 'reference': {
        const { template, fields } = (value ?? {}) as { template?: string; fields?: FastInput };
        if (template === undefined) throw absent(node.where);
        for (const b of this.#message(template, fields ?? {}, node.context)) into.bytes.push(b);
        return;
      }
    }
  }

  #field(node: FieldNode, into: Segment, value: FastValue | undefined): void {
    const { operator, optional, initial, slot, type, where } = node;
    const tag = tagOf(type);
    if (value === undefined && !optional && operator !== 'constant') throw absent(where);
    switch (operator) {
      case 'none':
        write(node, into, value);
        return;
      case 'constant':
        if (value !== undefined && !sameValue(value, initial as FastValue))
          throw fastFault('VALUE', `${where} is always ${String(initial)}`, 'Leave it out, or give that value.');
        if (optional) into.bits.push(value !== undefined);
        return;
      case 'default': {
        const implied =
          value === undefined ? initial === undefined : initial !== undefined && sameValue(value, initial);
        if (this.#implied(into, implied)) return;
        write(node, into, value);
        return;
      }
      case 'copy':
      case 'increment':
      case 'tail': {
        const found = this.#tags[slot];
        let next: FastValue | undefined;
        if (found === tag) {
          next = this.#values[slot];
          if (operator === 'increment') next = raised(type, next as Wide);
        } else if (found === UNDEFINED) next = initial;
        else if (found !== EMPTY) throw fastError('D4', `${where}: the dictionary entry has a value of another type`);
        const implied = value === undefined ? next === undefined : next !== undefined && sameValue(next, value);
        const before = found === tag ? this.#values[slot] : initial;
        if (!this.#implied(into, implied)) {
          if (operator === 'tail' && value !== undefined) writeTail(node, into, before, value);
          else write(node, into, value);
        }
        if (value === undefined) this.#put(slot, EMPTY, undefined);
        else this.#put(slot, tag, value);
        return;
      }
      case 'delta': {
        if (value === undefined) {
          into.bytes.push(0x80);
          return;
        }
        const found = this.#tags[slot];
        if (found === EMPTY) throw fastError('D6', `${where}: a delta to an absent value`);
        if (found !== UNDEFINED && found !== tag)
          throw fastError('D4', `${where}: the dictionary entry has a value of another type`);
        writeDelta(node, into, found === tag ? this.#values[slot] : initial, value);
        this.#put(slot, tag, value);
        return;
      }
    }
  }

  /** Pushes the bit; true when nothing else has to be written. */
  #implied(into: Segment, implied: boolean): boolean {
    const leave = implied && !this.#explicit();
    into.bits.push(!leave);
    return leave;
  }

  #split(node: SplitNode, into: Segment, given: unknown): void {
    if (given === undefined) {
      this.#field(node.exponent, into, undefined);
      return;
    }
    let value = acceptValue('decimal', given, node.where) as FastDecimal;
    const { operator, initial } = node.exponent;
    if (operator === 'constant' && value.exponent !== initial) {
      const by = value.exponent - Number(initial);
      const scale = 10n ** BigInt(Math.abs(by));
      if (by < 0 && value.mantissa % scale !== 0n)
        throw fastError('D3', `${node.where}: ${value} has no exponent ${String(initial)}`);
      const mantissa = narrow(by > 0 ? value.mantissa * scale : value.mantissa / scale);
      value = acceptValue('decimal', new FastDecimal(mantissa, Number(initial)), node.where) as FastDecimal;
    }
    if (node.mantissa.operator === 'constant' && value.$mantissa !== node.mantissa.initial)
      throw fastError('D3', `${node.where}: the mantissa is always ${String(node.mantissa.initial)}`);
    this.#field(node.exponent, into, value.exponent);
    this.#field(node.mantissa, into, value.$mantissa);
  }
}

const absent = (where: string) => fastFault('VALUE', `${where} is mandatory`, 'Give it a value.');

function raised(type: FastType, value: Wide): Wide {
  const [least, most] = BOUNDS[type] as readonly [Wide, Wide];
  return value === most ? (typeof least === 'bigint' ? narrow(least) : least) : add(value, 1);
}

function write(node: FieldNode, into: Segment, value: FastValue | undefined): void {
  const { type, optional } = node;
  if (value === undefined) {
    into.bytes.push(0x80);
    return;
  }
  switch (type) {
    case 'ascii':
      into.ascii(value as string, optional);
      return;
    case 'unicode':
    case 'byteVector':
      into.vector(piecesOf(value as string | Uint8Array), optional);
      return;
    case 'decimal': {
      const { exponent, $mantissa } = value as FastDecimal;
      if (optional) into.nullable(exponent, true);
      else into.signed(exponent);
      into.signed($mantissa);
      return;
    }
    default: {
      const signed = (BOUNDS[type] as readonly [Wide, Wide])[0] !== 0;
      if (optional) into.nullable(value as Wide, signed);
      else if (signed) into.signed(value as Wide);
      else into.unsigned(value as Wide);
    }
  }
}

const opposite = (v: Wide): Wide => narrow(-BigInt(v));

function writeDelta(node: FieldNode, into: Segment, base: FastValue | undefined, value: FastValue): void {
  const { type, optional } = node;
  const delta = (v: Wide): void => {
    if (optional) into.nullable(v, true);
    else into.signed(v);
  };
  if (isInteger(type)) {
    delta(add(value as Wide, opposite((base ?? 0) as Wide)));
    return;
  }
  if (type === 'decimal') {
    const from = (base ?? new FastDecimal(0, 0)) as FastDecimal;
    const to = value as FastDecimal;
    delta(to.exponent - from.exponent);
    into.signed(add(to.$mantissa, opposite(from.$mantissa)));
    return;
  }
  const old = pieces(base);
  const now = pieces(value);
  const { front, back } = shared(old, now);
  if (front >= back) {
    delta(old.length - front);
    piece(type, into, now.subarray(front), false);
  } else {
    delta(-(old.length - back) - 1);
    piece(type, into, now.subarray(0, now.length - back), false);
  }
}

function writeTail(node: FieldNode, into: Segment, base: FastValue | undefined, value: FastValue): void {
  const { type, optional, where } = node;
  const old = pieces(base);
  const now = pieces(value);
  if (now.length < old.length)
    throw fastFault('VALUE', `${where}: a tail cannot make the value shorter`, 'Reset the encoder and the decoder.');
  const tail = now.length === old.length ? now.subarray(shared(old, now).front) : now;
  piece(type, into, tail, optional);
}

/** ASCII characters are bytes as well. */
const pieces = (value: FastValue | undefined): Uint8Array =>
  value === undefined ? new Uint8Array(0) : piecesOf(value as string | Uint8Array);

function piece(type: FastType, into: Segment, bytes: Uint8Array, optional: boolean): void {
  if (type === 'ascii') into.ascii(decodeUtf8(bytes) ?? '', optional);
  else into.vector(bytes, optional);
}

function shared(a: Uint8Array, b: Uint8Array): { readonly front: number; readonly back: number } {
  const most = Math.min(a.length, b.length);
  let front = 0;
  while (front < most && a[front] === b[front]) front++;
  let back = 0;
  while (back < most && a[a.length - 1 - back] === b[b.length - 1 - back]) back++;
  return { front, back };
}
