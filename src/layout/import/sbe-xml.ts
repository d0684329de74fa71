/** An SBE message schema (Simple Binary Encoding 1.0, XML) to a decoder: the same table as one written by hand. */
import { VenuewireError } from '../../errors.js';
import { check } from '../check.js';
import { type Decoder, defineDecoder } from '../decoder.js';
import {
  bytes,
  char,
  constant,
  dimension,
  type Field,
  type Fields,
  f32,
  f64,
  group,
  i8,
  i16,
  i32,
  i64,
  inUnit,
  type Labels,
  type Meaning,
  type Message,
  message,
  nanosSinceEpoch,
  next,
  type Part,
  prefixedBytes,
  prefixedText,
  reserved,
  type Said,
  scaled,
  scientific,
  secondsSinceEpoch,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../field.js';
import { camelCase, capital } from './names.js';
import { readXml, type XmlElement } from './xml.js';

export interface SbeImportOptions {
  /** Default: from the schema's package and version. */
  readonly id?: string;
  readonly venue?: string;
  readonly feed?: string;
  readonly version?: string;
  /** The transport family that carries the messages. */
  readonly framing?: string;
  /** The field that tells instruments apart. */
  readonly instrument?: string | readonly string[];
}

const LONGEST_ARRAY = 0xffff;
/** Numbers in an array are fields of their own, one by one. */
const MOST_NUMBERS = 64;
const MOST_FIELDS = 100_000;
const DEEPEST = 8;

type Primitive =
  | 'char'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float'
  | 'double';
const SIZES: Readonly<Record<Primitive, number>> = {
  char: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  float: 4,
  double: 8,
};
const isPrimitive = (name: string): name is Primitive => Object.hasOwn(SIZES, name);

/** What stands for "no value" where a schema does not say; a float's NaN is one already. */
const NULLS: Readonly<Record<Primitive, bigint | undefined>> = {
  char: 0n,
  int8: -0x80n,
  int16: -0x8000n,
  int32: -0x8000_0000n,
  int64: -0x8000_0000_0000_0000n,
  uint8: 0xffn,
  uint16: 0xffffn,
  uint32: 0xffff_ffffn,
  uint64: 0xffff_ffff_ffff_ffffn,
  float: undefined,
  double: undefined,
};
const MAKERS: Readonly<Record<Primitive, (at: number, said?: Said) => Field>> = {
  char,
  int8: i8,
  int16: i16,
  int32: i32,
  int64: i64,
  uint8: u8,
  uint16: u16,
  uint32: u32,
  uint64: u64,
  float: f32,
  double: f64,
};

const UNITS: Readonly<Record<string, Meaning>> = {
  0: secondsSinceEpoch,
  3: inUnit('ms since epoch'),
  6: inUnit('µs since epoch'),
  9: nanosSinceEpoch,
  second: secondsSinceEpoch,
  millisecond: inUnit('ms since epoch'),
  microsecond: inUnit('µs since epoch'),
  nanosecond: nanosSinceEpoch,
};

const fault = (e: XmlElement, what: string): VenuewireError =>
  new VenuewireError(
    'VW_SBE_SCHEMA',
    `line ${e.line}: ${e.name} ${what}`,
    'Take the schema as the venue publishes it.',
  );

/**
 * The decoder that a schema describes. It is as one of the library's own: views, encoder, native catalogue.
 * @throws VenuewireError `VW_SBE_XML` when the text is no XML, `VW_SBE_INCLUDE` when it includes other files,
 * `VW_SBE_SCHEMA` when it is no sound schema.
 */
export function decoderFromSbe(xml: string, options: SbeImportOptions = {}): Decoder {
  return new Importer(readXml(xml, 'VW_SBE_XML', 'SBE schema'), options).decoder();
}

interface Place {
  readonly presence: string | undefined;
  readonly since: number;
  readonly timeUnit: string | undefined;
  readonly valueRef: string | undefined;
  readonly semantic: string | undefined;
  readonly description: string | undefined;
}
const PLAIN: Place = {
  presence: undefined,
  since: 0,
  timeUnit: undefined,
  valueRef: undefined,
  semantic: undefined,
  description: undefined,
};

class Importer {
  readonly #types = new Map<string, XmlElement>();
  readonly #notes: string[] = [];
  #fields = 0;

  constructor(
    readonly root: XmlElement,
    readonly options: SbeImportOptions,
  ) {
    const walk = (e: XmlElement): void => {
      if (e.name === 'include') {
        throw new VenuewireError(
          'VW_SBE_INCLUDE',
          `line ${e.line}: the schema includes ${e.attributes.get('href') ?? 'another file'}`,
          'Put the content of the included file in its place; an importer reads no other files.',
        );
      }
      for (const child of e.children) walk(child);
    };
    walk(root);
    if (root.name !== 'messageSchema') throw fault(root, 'is no messageSchema');
    for (const types of root.children) {
      if (types.name !== 'types') continue;
      for (const t of types.children) {
        const name = t.attributes.get('name');
        if (name === undefined) throw fault(t, 'has no name');
        if (this.#types.has(name)) throw fault(t, `${name} is there twice`);
        this.#types.set(name, t);
      }
    }
  }

  decoder(): Decoder {
    const { root, options } = this;
    const order = root.attributes.get('byteOrder') ?? 'littleEndian';
    if (order !== 'littleEndian' && order !== 'bigEndian') throw fault(root, `has the byteOrder '${order}'`);
    const schemaId = whole(root, 'id');
    const version = whole(root, 'version', 0);
    const pack = root.attributes.get('package') ?? 'sbe';
    const header = this.#header();
    const messages: Record<string, Message> = {};
    for (const e of root.children) {
      if (e.name !== 'message') continue;
      const name = e.attributes.get('name');
      if (name === undefined) throw fault(e, 'has no name');
      let key = camelCase(name);
      if (Object.hasOwn(messages, key)) key = `${key}${whole(e, 'id')}`;
      if (Object.hasOwn(messages, key)) throw fault(e, `${name} is there twice`);
      messages[key] = this.#message(e);
    }
    if (Object.keys(messages).length === 0) throw fault(root, 'has no message');
    const said = root.attributes.get('semanticVersion') ?? String(version);
    const decoder = defineDecoder({
      id:
        options.id ??
        `${pack
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '-')
          .replace(/^-+|-+$/g, '')}-${said}`,
      venue: options.venue ?? pack,
      feed: options.feed ?? root.attributes.get('description') ?? pack,
      version: options.version ?? said,
      specification: `SBE schema ${pack} (id ${schemaId}, version ${version})`,
      framing: options.framing ?? 'none',
      byteOrder: order === 'bigEndian' ? 'big' : 'little',
      header,
      messageType: 'templateId',
      longer: 'tolerated',
      sbe: { schemaId, version, blockLength: 'blockLength' },
      ...(options.instrument === undefined ? {} : { instrument: options.instrument }),
      messages,
      checked: ['imported from the SBE message schema', ...this.#notes],
    }) as unknown as Decoder;
    const faults = check(decoder);
    const first = faults[0];
    if (first !== undefined) {
      throw new VenuewireError(
        'VW_SBE_SCHEMA',
        `${faults.length} faults; ${first.where}: ${first.what} (${first.code})`,
        'Take the schema as the venue publishes it; rename fields that hide each other.',
      );
    }
    return decoder;
  }

  #type(e: XmlElement, name: string): XmlElement | Primitive {
    const own = this.#types.get(name);
    if (own !== undefined) return own;
    if (isPrimitive(name)) return name;
    throw fault(e, `is of type ${name}, which is not there`);
  }

  #header(): Fields {
    const name = this.root.attributes.get('headerType') ?? 'messageHeader';
    const e = this.#types.get(name);
    if (e?.name !== 'composite') throw fault(this.root, `has no composite ${name} for message headers`);
    const out: Record<string, Part> = {};
    this.#members(e, '', 0, out, PLAIN, 0);
    for (const needed of ['blockLength', 'templateId', 'schemaId', 'version'])
      if (out[needed]?.kind !== 'field') throw fault(e, `has no ${needed}`);
    return fill(e, out, undefined);
  }

  #message(e: XmlElement): Message {
    const since = whole(e, 'sinceVersion', 0);
    const { fields, block } = this.#block(e, since, 0);
    const description = e.attributes.get('description');
    return message(whole(e, 'id'), block, fields, {
      ...(since > 0 ? { sinceVersion: since } : {}),
      ...(description ? { note: description } : {}),
    });
  }

  /** The fields, groups and data of a message or a group. */
  #block(e: XmlElement, since: number, depth: number): { fields: Fields; block: number } {
    if (depth > DEEPEST) throw fault(e, `is nested more than ${DEEPEST} deep`);
    const fixed: Record<string, Part> = {};
    const tail: Record<string, Part> = {};
    let at = 0;
    for (const child of e.children) {
      if (child.name !== 'field') continue;
      const name = nameOf(child);
      const type = this.#type(child, child.attributes.get('type') ?? '');
      const place: Place = {
        presence: child.attributes.get('presence'),
        since: Math.max(whole(child, 'sinceVersion', 0), 0),
        timeUnit: child.attributes.get('timeUnit'),
        valueRef: child.attributes.get('valueRef'),
        semantic: child.attributes.get('semanticType'),
        description: child.attributes.get('description'),
      };
      const from = whole(child, 'offset', at);
      if (from < at) throw fault(child, `${name} begins at ${from}, what precedes ends at ${at}`);
      // What the whole message began with needs no guard.
      const guarded = place.since > since ? place : { ...place, since: 0 };
      at = this.#put(child, name, type, from, fixed, guarded, 0);
    }
    const block = whole(e, 'blockLength', at);
    if (block < at) throw fault(e, `has the blockLength ${block}, its fields end at ${at}`);
    for (const child of e.children) {
      if (child.name === 'group') {
        const name = nameOf(child);
        const own = whole(child, 'sinceVersion', 0);
        const entry = this.#block(child, Math.max(since, own), depth + 1);
        const made = group(next, this.#dimension(child), entry.block, entry.fields);
        unique(child, tail, name, own > since ? made.since(own) : made, fixed);
      } else if (child.name === 'data') {
        unique(child, tail, nameOf(child), this.#data(child), fixed);
        const own = whole(child, 'sinceVersion', 0);
        if (own > since) this.#notes.push(`${nameOf(child)}: sent since version ${own}, expected in every message`);
      }
    }
    return { fields: { ...fill(e, fixed, undefined), ...tail }, block };
  }

  #dimension(e: XmlElement) {
    const name = e.attributes.get('dimensionType') ?? 'groupSizeEncoding';
    const type = this.#types.get(name);
    if (type?.name !== 'composite') throw fault(e, `has the dimension ${name}, which is no composite`);
    const out: Record<string, Part> = {};
    const size = this.#members(type, '', 0, out, PLAIN, 0);
    const { blockLength, numInGroup } = out;
    if (blockLength?.kind !== 'field' || numInGroup?.kind !== 'field')
      throw fault(type, 'has no blockLength and numInGroup');
    return dimension(size, blockLength as Field<number>, numInGroup as Field<number>);
  }

  #data(e: XmlElement): Part {
    const name = e.attributes.get('type') ?? '';
    const type = this.#types.get(name);
    const length = type?.children.find((c) => c.attributes.get('name') === 'length');
    const content = type?.children.find((c) => c.attributes.get('name') === 'varData');
    if (type?.name !== 'composite' || length === undefined || content === undefined)
      throw fault(e, `is of type ${name}, which is no composite of length and varData`);
    const out: Record<string, Part> = {};
    this.#put(
      length,
      'length',
      length.name === 'ref' ? this.#type(length, length.attributes.get('type') ?? '') : length,
      0,
      out,
      PLAIN,
      0,
    );
    const prefix = out.length as unknown as Field<number>;
    if (prefix?.kind !== 'field' || prefix.data.wire !== 'uint' || prefix.data.size > 4)
      throw fault(length, 'is no unsigned number of at most 32 bits');
    const plain = new Set(['ASCII', 'US-ASCII', 'ISO-8859-1', 'ISO8859-1', 'LATIN1']);
    const encoding = (content.attributes.get('characterEncoding') ?? '').toUpperCase();
    return plain.has(encoding) ? prefixedText(next, prefix) : prefixedBytes(next, prefix);
  }

  /** Puts a field of that type at `at`; returns where it ends. */
  #put(
    e: XmlElement,
    name: string,
    type: XmlElement | Primitive,
    at: number,
    into: Record<string, Part>,
    place: Place,
    depth: number,
  ): number {
    if (depth > DEEPEST) throw fault(e, `${name}: types stand in each other more than ${DEEPEST} deep`);
    if (++this.#fields > MOST_FIELDS) throw fault(e, `brings the fields to more than ${MOST_FIELDS}`);
    if (typeof type === 'string') return this.#simple(e, name, type, undefined, at, into, place);
    switch (type.name) {
      case 'type':
        return this.#simple(e, name, primitiveOf(type), type, at, into, place);
      case 'enum':
        return this.#enum(e, name, type, at, into, place);
      case 'set':
        return this.#set(e, name, type, at, into, place);
      case 'composite':
        return this.#composite(e, name, type, at, into, place, depth);
      case 'ref':
        return this.#put(e, name, this.#type(type, type.attributes.get('type') ?? ''), at, into, place, depth + 1);
      default:
        throw fault(type, 'is no type');
    }
  }

  #simple(
    e: XmlElement,
    name: string,
    primitive: Primitive,
    type: XmlElement | undefined,
    at: number,
    into: Record<string, Part>,
    place: Place,
    said: Said | undefined = meaningOf(place, primitive),
  ): number {
    const presence = place.presence ?? type?.attributes.get('presence') ?? 'required';
    const length = type === undefined ? 1 : whole(type, 'length', 1);
    const since = Math.max(place.since, 0);
    if (presence === 'constant') {
      const given = place.valueRef === undefined ? type?.text : this.#reference(e, place.valueRef).code;
      if (given === undefined || given === '') throw fault(e, `${name} is constant, but has no value`);
      unique(e, into, name, constant(primitive === 'char' ? given : Number(given)));
      return at;
    }
    if (presence !== 'required' && presence !== 'optional') throw fault(e, `has the presence '${presence}'`);
    if (length < 1 || length > LONGEST_ARRAY) throw fault(type ?? e, `${name} has ${length} elements`);
    if (length > 1) {
      if (primitive === 'char') {
        const made = text(at, length).padded('nul');
        unique(e, into, name, since > 0 ? made.since(since) : made);
      } else if (SIZES[primitive] === 1 || length > MOST_NUMBERS) {
        const made = bytes(at, length * SIZES[primitive]);
        unique(e, into, name, since > 0 ? made.since(since) : made);
      } else {
        for (let i = 0; i < length; i++) {
          const made = MAKERS[primitive](at + i * SIZES[primitive], said);
          unique(e, into, `${name}${i + 1}`, since > 0 ? made.since(since) : made);
        }
      }
      return at + length * SIZES[primitive];
    }
    let made: Field = MAKERS[primitive](at, said);
    if (presence === 'optional') {
      const none = type?.attributes.get('nullValue');
      const value = none === undefined ? NULLS[primitive] : nullOf(type as XmlElement, primitive, none);
      if (value !== undefined) made = made.nullable(SIZES[primitive] === 8 ? value : Number(value));
    }
    unique(e, into, name, since > 0 ? made.since(since) : made);
    return at + SIZES[primitive];
  }

  /** The primitive behind an enum or a set, and the named type that gives it a null. */
  #encoding(e: XmlElement): { primitive: Primitive; type: XmlElement | undefined } {
    const found = this.#type(e, e.attributes.get('encodingType') ?? '');
    if (typeof found === 'string') return { primitive: found, type: undefined };
    if (found.name !== 'type') throw fault(e, 'is not encoded as a simple type');
    return { primitive: primitiveOf(found), type: found };
  }

  #labels(type: XmlElement): Labels {
    const labels: Record<string, string> = {};
    for (const value of type.children)
      if (value.name === 'validValue')
        labels[value.text === '' ? ' ' : value.text] = value.attributes.get('name') ?? '';
    return labels;
  }

  #enum(e: XmlElement, name: string, type: XmlElement, at: number, into: Record<string, Part>, place: Place): number {
    const { primitive, type: encoding } = this.#encoding(type);
    const labels = this.#labels(type);
    if (place.presence === 'constant') {
      const { code } = this.#reference(e, place.valueRef ?? '');
      unique(e, into, name, constant(primitive === 'char' ? code : Number(code), labels));
      return at;
    }
    const none = type.attributes.get('nullValue');
    const presence = place.presence ?? encoding?.attributes.get('presence') ?? 'required';
    const plain = { ...place, presence };
    if (none === undefined) return this.#simple(e, name, primitive, encoding, at, into, plain, labels);
    const made = MAKERS[primitive](at, labels);
    const value = nullOf(type, primitive, none);
    const nulled = presence === 'optional' ? made.nullable(SIZES[primitive] === 8 ? value : Number(value)) : made;
    unique(e, into, name, place.since > 0 ? nulled.since(place.since) : nulled);
    return at + SIZES[primitive];
  }

  #set(e: XmlElement, name: string, type: XmlElement, at: number, into: Record<string, Part>, place: Place): number {
    const { primitive, type: encoding } = this.#encoding(type);
    const places: Record<string, number> = {};
    for (const choice of type.children) {
      if (choice.name !== 'choice') continue;
      const bit = Number(choice.text);
      const said = choice.attributes.get('name') ?? '';
      if (!Number.isInteger(bit) || bit < 0 || bit >= 8 * SIZES[primitive])
        throw fault(choice, `${said} is bit '${choice.text}'`);
      if (!/^reserved/i.test(said)) places[camelCase(said)] = bit;
    }
    const presence = place.presence ?? encoding?.attributes.get('presence') ?? 'required';
    const none = type.attributes.get('nullValue') ?? encoding?.attributes.get('nullValue');
    const plain: Field = MAKERS[primitive](at);
    // Without a null of its own a set has none: "no bits" is a value.
    const value = presence === 'optional' && none !== undefined ? nullOf(type, primitive, none) : undefined;
    const made = value === undefined ? plain : plain.nullable(SIZES[primitive] === 8 ? value : Number(value));
    const bits = made.bits(places) as unknown as Field;
    unique(e, into, name, place.since > 0 ? bits.since(place.since) : bits);
    return at + SIZES[primitive];
  }

  #reference(e: XmlElement, valueRef: string): { code: string } {
    const [name = '', choice = ''] = valueRef.split('.');
    const type = this.#types.get(name);
    const value = type?.children.find((c) => c.name === 'validValue' && c.attributes.get('name') === choice);
    if (type?.name !== 'enum' || value === undefined) throw fault(e, `refers to ${valueRef}, which is not there`);
    return { code: value.text };
  }

  #composite(
    e: XmlElement,
    name: string,
    type: XmlElement,
    at: number,
    into: Record<string, Part>,
    place: Place,
    depth: number,
  ): number {
    const members = type.children.filter((c) => ['type', 'enum', 'set', 'composite', 'ref'].includes(c.name));
    const isConstant = (c: XmlElement) => c.attributes.get('presence') === 'constant';
    const named = (wanted: string) => members.find((c) => c.attributes.get('name') === wanted);
    const sent = members.filter((c) => !isConstant(c));
    const only = sent[0];
    const exponent = named('exponent');
    const unit = named('unit');
    if (sent.length === 1 && only?.name === 'type') {
      // One number with a constant beside it: a scaled decimal, a time with its unit.
      const primitive = primitiveOf(only);
      const said =
        only.attributes.get('name') === 'mantissa' && exponent !== undefined && isConstant(exponent)
          ? scaled(Number(exponent.text))
          : only.attributes.get('name') === 'time' && unit !== undefined
            ? (UNITS[unit.text || this.#unitCode(unit)] ?? meaningOf(place, primitive))
            : meaningOf(place, primitive);
      const presence = place.presence ?? only.attributes.get('presence');
      return this.#simple(e, name, primitive, only, at + whole(only, 'offset', 0), into, { ...place, presence }, said);
    }
    const end = this.#members(type, name, at, into, { ...place, presence: undefined }, depth);
    if (sent.length === 2 && named('mantissa') !== undefined && exponent !== undefined)
      unique(e, into, name, scientific(`${name}Mantissa`, `${name}Exponent`));
    return end;
  }

  #unitCode(unit: XmlElement): string {
    const valueRef = unit.attributes.get('valueRef');
    return valueRef === undefined ? '' : this.#reference(unit, valueRef).code;
  }

  /** The members of a composite as fields of their own, named after it. */
  #members(
    type: XmlElement,
    name: string,
    from: number,
    into: Record<string, Part>,
    place: Place,
    depth: number,
  ): number {
    let at = from;
    for (const member of type.children) {
      if (!['type', 'enum', 'set', 'composite', 'ref'].includes(member.name)) continue;
      const own = nameOf(member);
      const begins = from + whole(member, 'offset', at - from);
      if (begins < at) throw fault(member, `${own} begins at ${begins - from}, what precedes ends at ${at - from}`);
      const inner: Place = {
        ...PLAIN,
        since: place.since,
        presence: member.attributes.get('presence'),
        valueRef: member.attributes.get('valueRef'),
      };
      at = this.#put(member, name === '' ? own : name + capital(own), member, begins, into, inner, depth + 1);
    }
    return at;
  }
}

function meaningOf(place: Place, primitive: Primitive): Meaning | undefined {
  if (place.timeUnit !== undefined) return UNITS[place.timeUnit];
  const nanos = /nanosec/i.test(place.description ?? '');
  return place.semantic === 'UTCTimestamp' && primitive === 'uint64' && nanos ? nanosSinceEpoch : undefined;
}

function nameOf(e: XmlElement): string {
  const name = e.attributes.get('name');
  if (name === undefined || name === '') throw fault(e, 'has no name');
  return camelCase(name);
}

function whole(e: XmlElement, attribute: string, fallback?: number): number {
  const given = e.attributes.get(attribute);
  if (given === undefined || given === '') {
    if (fallback !== undefined) return fallback;
    throw fault(e, `has no ${attribute}`);
  }
  if (!/^[0-9]{1,9}$/.test(given)) throw fault(e, `has the ${attribute} '${given}'`);
  return Number(given);
}

function primitiveOf(type: XmlElement): Primitive {
  const name = type.attributes.get('primitiveType') ?? '';
  if (isPrimitive(name)) return name;
  throw fault(type, `has the primitiveType '${name}'`);
}

function nullOf(type: XmlElement, primitive: Primitive, given: string): bigint {
  // XML cannot hold the character nul: schemas write its number.
  if (primitive === 'char' && given.length === 1 && !/[0-9]/.test(given)) return BigInt(given.charCodeAt(0));
  if (!/^-?[0-9]{1,20}$/.test(given)) throw fault(type, `has the nullValue '${given}'`);
  return BigInt(given);
}

function unique(
  e: XmlElement,
  into: Record<string, Part>,
  name: string,
  part: Part,
  beside?: Record<string, Part>,
): void {
  if (Object.hasOwn(into, name) || (beside !== undefined && Object.hasOwn(beside, name)))
    throw fault(e, `${name} is there twice`);
  into[name] = part;
}

/** Fields in the order of their places, what lies between them declared as reserved. */
function fill(e: XmlElement, fields: Record<string, Part>, end: number | undefined): Fields {
  const out: Record<string, Part> = {};
  let at = 0;
  for (const [name, part] of Object.entries(fields)) {
    if (part.kind === 'field') {
      if (part.data.at > at) unique(e, out, `reserved${at}`, reserved(at, part.data.at - at));
      at = part.data.at + part.data.size;
    }
    unique(e, out, name, part);
  }
  if (end !== undefined && end > at) unique(e, out, `reserved${at}`, reserved(at, end - at));
  return out;
}
