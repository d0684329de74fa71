/**
 * FAST 1.1: templates compiled to closures, run over bytes. What a message says depends on the messages before it, by
 * the dictionaries of the operators; `reset` forgets them.
 */
import { type FastTemplate, type FastType, fastError } from './model.js';
import {
  type Body,
  type FastProgram,
  type FieldNode,
  type Node,
  type SequenceNode,
  type SplitNode,
  TEMPLATE_SLOT,
} from './program.js';
import { FastReader, LIMITS, piecesOf } from './reader.js';
import { FastMessage, type FastRecord, fastRecordClass } from './record.js';
import { type FastOptions, FastStream } from './stream.js';
import {
  add,
  BOUNDS,
  FastDecimal,
  type FastValue,
  inside,
  isInteger,
  narrow,
  tagOf,
  UNDEFINED,
  type Wide,
} from './values.js';

type Step = (r: FastReader) => unknown;
type Run = (r: FastReader) => FastRecord;

const TEMPLATE_TAG = tagOf('uInt32');

export class FastDecoder extends FastStream {
  readonly #reader: FastReader;
  readonly #runs: (Run | undefined)[];

  /** @throws VenuewireError `VW_FAST_S…`, `VW_FAST_D8` when the templates are not sound. */
  constructor(templates: readonly FastTemplate[] | FastProgram, options: FastOptions = {}) {
    super(templates, options);
    this.#reader = new FastReader(
      this.program.slots,
      { ...LIMITS, ...options.limits },
      options.reportable !== 'accepted',
    );
    this.#runs = new Array(this.program.bodies);
  }

  override reset(): void {
    this.#reader.reset();
  }

  override decode(bytes: Uint8Array, offset = 0, end = bytes.length): FastMessage {
    const r = this.#reader;
    r.bytes = bytes;
    r.at = offset + this.preamble;
    r.end = Math.min(end, bytes.length);
    r.entries = 0;
    r.depth = 0;
    return this.#message(r, offset, '');
  }

  #message(r: FastReader, offset: number, context: string): FastMessage {
    r.openMap();
    let id: Wide;
    if (r.bit()) {
      id = r.unsigned();
      if (id > 0xffff_ffff) throw fastError('D2', 'the template identifier is no uInt32');
      r.put(TEMPLATE_SLOT, TEMPLATE_TAG, id);
    } else if (r.tags[TEMPLATE_SLOT] === UNDEFINED) {
      throw fastError('D5', 'the template identifier is not there, and there was none before');
    } else {
      id = r.values[TEMPLATE_SLOT] as Wide;
    }
    const template = this.program.byId(Number(id), context);
    if (template === undefined) throw fastError('D9', `there is no template ${id}`);
    const fields = this.#run(template.body)(r);
    r.closeMap();
    if (template.reset) r.reset();
    return new FastMessage(template.name, Number(id), fields, offset, r.at, template.reset);
  }

  #run(body: Body): Run {
    const made = this.#runs[body.id];
    if (made !== undefined) return made;
    const steps = body.nodes.map((node) => this.#step(node));
    const Record = fastRecordClass(body);
    const n = steps.length;
    const run: Run = (r) => {
      const values: unknown[] = [];
      for (let i = 0; i < n; i++) values.push((steps[i] as Step)(r));
      return new Record(values);
    };
    this.#runs[body.id] = run;
    return run;
  }

  /** A body with a presence map of its own, or with the bits of the one around it. */
  #segment(body: Body): Run {
    const run = this.#run(body);
    if (!body.segment) return run;
    return (r) => {
      const outer = r.saveMap();
      r.openMap();
      const record = run(r);
      r.closeMap();
      r.restoreMap(outer);
      return record;
    };
  }

  #step(node: Node): Step {
    switch (node.kind) {
      case 'field':
        return fieldStep(node);
      case 'split':
        return splitStep(node);
      case 'sequence':
        return this.#sequence(node);
      case 'group': {
        const run = this.#segment(node.body);
        return node.optional ? (r) => (r.bit() ? run(r) : undefined) : run;
      }
      case 'reference': {
        const { context } = node;
        return (r) => {
          if (++r.depth > r.limits.depth) r.limit(`templates stand in each other more than ${r.limits.depth} deep`);
          const outer = r.saveMap();
          const message = this.#message(r, r.at, context);
          r.restoreMap(outer);
          r.depth--;
          return message;
        };
      }
    }
  }

  #sequence(node: SequenceNode): Step {
    const length = fieldStep(node.length);
    const run = this.#segment(node.body);
    return (r) => {
      const n = length(r) as number | undefined;
      if (n === undefined) return undefined;
      r.entries += n;
      if (r.entries > r.limits.entries) r.limit(`${node.where} brings the entries to ${r.entries}`);
      const entries: FastRecord[] = [];
      for (let i = 0; i < n; i++) entries.push(run(r));
      return entries;
    };
  }
}

// ── Fields ───────────────────────────────────────────────────────────────────────────────────────────────────────

type Read = (r: FastReader) => FastValue | undefined;

function integerRead(node: FieldNode): Read {
  const [least, most] = BOUNDS[node.type] as readonly [Wide, Wide];
  const { where, type, optional } = node;
  const bad = (v: Wide): never => {
    throw fastError('D2', `${where}: ${v} is no ${type}`);
  };
  const signed = least !== 0;
  if (!signed && !optional)
    return (r) => {
      const v = r.unsigned();
      return v > most ? bad(v) : v;
    };
  if (!signed)
    return (r) => {
      const v = r.nullableUnsigned();
      return v !== undefined && v > most ? bad(v) : v;
    };
  if (!optional)
    return (r) => {
      const v = r.signed();
      return v > most || v < least ? bad(v) : v;
    };
  return (r) => {
    const v = r.nullableSigned();
    return v !== undefined && (v > most || v < least) ? bad(v) : v;
  };
}

function decimalOf(r: FastReader, exponent: Wide, mantissa: Wide, where: string): FastDecimal {
  if (exponent > 63 || exponent < -63) {
    // Beyond the specification's bounds; beyond these nobody could write the number out.
    if (r.strict || exponent > 2048 || exponent < -2048)
      throw fastError('R1', `${where}: the exponent ${exponent} is not from -63 to 63`);
  }
  if (!inside(mantissa, 'int64')) throw fastError('R1', `${where}: the mantissa ${mantissa} is no int64`);
  return new FastDecimal(mantissa, Number(exponent));
}

function readerOf(node: FieldNode): Read {
  const { type, optional, where } = node;
  switch (type) {
    case 'ascii':
      return optional ? (r) => r.nullableAscii() : (r) => r.ascii();
    case 'unicode':
      return (r) => {
        const bytes = optional ? r.nullableVector() : r.vector();
        return bytes && r.text(bytes);
      };
    case 'byteVector':
      return (r) => (optional ? r.nullableVector() : r.vector())?.slice();
    case 'decimal':
      return optional
        ? (r) => {
            const exponent = r.nullableSigned();
            return exponent === undefined ? undefined : decimalOf(r, exponent, r.signed(), where);
          }
        : (r) => {
            const exponent = r.signed();
            return decimalOf(r, exponent, r.signed(), where);
          };
    default:
      return integerRead(node);
  }
}

/** What an operator starts from when the stream says nothing: the entry's value, or the initial one. */
function missing(node: FieldNode, tag: number, found: number | undefined): never | undefined {
  if (found !== UNDEFINED && found !== 1) throw clash(node, tag);
  if (node.optional) return undefined;
  throw found === UNDEFINED
    ? fastError('D5', `${node.where}: not in the stream, no value before and no initial one`)
    : fastError('D6', `${node.where}: not in the stream, and absent before`);
}
const clash = (node: FieldNode, _tag: number) =>
  fastError('D4', `${node.where}: the dictionary entry has a value of another type`);

export function fieldStep(node: FieldNode): Step {
  const { operator, initial, optional, slot, type, where } = node;
  const tag = tagOf(type);
  switch (operator) {
    case 'none':
      return readerOf(node);
    case 'constant':
      return optional ? (r) => (r.bit() ? initial : undefined) : () => initial;
    case 'default': {
      const read = readerOf(node);
      return (r) => (r.bit() ? read(r) : initial);
    }
    case 'copy':
    case 'increment':
    case 'tail': {
      const read = operator === 'tail' ? tailOf(node) : readerOf(node);
      const next = operator === 'increment' ? incremented(type) : undefined;
      return (r) => {
        if (r.bit()) {
          const value = read(r);
          if (value === undefined) r.empty(slot);
          else r.put(slot, tag, value);
          return value;
        }
        const found = r.tags[slot];
        if (found === tag) {
          const value = r.values[slot] as FastValue;
          if (next === undefined) return value;
          const more = next(value as Wide);
          r.values[slot] = more;
          return more;
        }
        if (found === UNDEFINED && initial !== undefined) {
          r.put(slot, tag, initial);
          return initial;
        }
        const none = missing(node, tag, found);
        r.empty(slot);
        return none;
      };
    }
    case 'delta': {
      const zero =
        initial ??
        (isInteger(type)
          ? 0
          : type === 'decimal'
            ? new FastDecimal(0, 0)
            : type === 'byteVector'
              ? new Uint8Array(0)
              : '');
      const base = (r: FastReader): FastValue => {
        const found = r.tags[slot];
        if (found === tag) return r.values[slot] as FastValue;
        if (found === UNDEFINED) return zero;
        if (found === 1) throw fastError('D6', `${where}: a delta to an absent value`);
        throw clash(node, tag);
      };
      const combine = deltaOf(node);
      return (r) => {
        const delta = optional ? r.nullableSigned() : r.signed();
        if (delta === undefined) return undefined;
        const value = combine(r, base(r), delta);
        r.put(slot, tag, value);
        return value;
      };
    }
  }
}

/** At the type's end the count begins anew at its other end. */
function incremented(type: FastType): (v: Wide) => Wide {
  const [least, most] = BOUNDS[type] as readonly [Wide, Wide];
  return (v) => (v === most ? (typeof least === 'bigint' ? narrow(least) : least) : add(v, 1));
}

function deltaOf(node: FieldNode): (r: FastReader, base: FastValue, delta: Wide) => FastValue {
  const { type, where } = node;
  if (isInteger(type))
    return (_r, base, delta) => {
      const sum = add(base as Wide, delta);
      if (!inside(sum, type)) throw fastError('R4', `${where}: ${base} and ${delta} come to no ${type}`);
      return sum;
    };
  if (type === 'decimal')
    return (r, base, delta) => {
      const b = base as FastDecimal;
      return decimalOf(r, add(b.exponent, delta), add(b.$mantissa, r.signed()), where);
    };
  const inBytes = type !== 'ascii';
  return (r, base, delta) => {
    if (delta > 0x7fff_ffff || delta < -0x8000_0000) throw fastError('D7', `${where}: ${delta} is no int32`);
    const cut = Number(delta);
    const remove = cut < 0 ? -cut - 1 : cut;
    if (!inBytes) {
      const text = base as string;
      if (remove > text.length) throw fastError('D7', `${where}: ${remove} of ${text.length} characters`);
      const more = r.ascii();
      bounded(r, where, text.length - remove + more.length);
      return cut < 0 ? more + text.slice(remove) : text.slice(0, text.length - remove) + more;
    }
    const old = piecesOf(base as string | Uint8Array);
    if (remove > old.length) throw fastError('D7', `${where}: ${remove} of ${old.length} bytes`);
    const more = r.vector();
    bounded(r, where, old.length - remove + more.length);
    const joined = cut < 0 ? join(more, old.subarray(remove)) : join(old.subarray(0, old.length - remove), more);
    return type === 'unicode' ? r.text(joined) : joined;
  };
}

function bounded(r: FastReader, where: string, length: number): void {
  if (length > r.limits.text) r.limit(`${where} grows to ${length} bytes`);
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Reads a tail and puts it behind what is left of the base. */
function tailOf(node: FieldNode): Read {
  const { type, optional, slot, initial } = node;
  const tag = tagOf(type);
  const base = (r: FastReader): FastValue => {
    const found = r.tags[slot];
    if (found === tag) return r.values[slot] as FastValue;
    if (found !== UNDEFINED && found !== 1) throw clash(node, tag);
    return initial ?? (type === 'byteVector' ? new Uint8Array(0) : '');
  };
  if (type === 'ascii')
    return (r) => {
      const tail = optional ? r.nullableAscii() : r.ascii();
      if (tail === undefined) return undefined;
      const text = base(r) as string;
      return tail.length >= text.length ? tail : text.slice(0, text.length - tail.length) + tail;
    };
  return (r) => {
    const tail = optional ? r.nullableVector() : r.vector();
    if (tail === undefined) return undefined;
    const old = piecesOf(base(r) as string | Uint8Array);
    const joined = tail.length >= old.length ? tail.slice() : join(old.subarray(0, old.length - tail.length), tail);
    return type === 'unicode' ? r.text(joined) : joined;
  };
}

function splitStep(node: SplitNode): Step {
  const exponent = fieldStep(node.exponent);
  const mantissa = fieldStep(node.mantissa);
  return (r) => {
    const e = exponent(r) as number | undefined;
    if (e === undefined) return undefined;
    return decimalOf(r, e, mantissa(r) as Wide, node.where);
  };
}
