/** An SBE message schema (Simple Binary Encoding 1.0, XML) to a decoder: the same table as one written by hand. */
import { VenuewireError } from '../../errors.js';
import { placeOf, readXml, type XmlElement, type XmlOptions, type XmlSource } from '../../xml.js';
import { check } from '../check.js';
import { Decoder } from '../decoder.js';
import {
  bytes,
  char,
  constant,
  type Data,
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
  type TextEncoding,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../field.js';
import { camelCase, capital } from './names.js';

export interface SbeImportOptions extends XmlOptions {
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

/** What stands for "no value" where a schema does not say. */
const NULLS: Readonly<Record<Primitive, bigint | number>> = {
  char: 0n,
  int8: -0x80n,
  int16: -0x8000n,
  int32: -0x8000_0000n,
  int64: -0x8000_0000_0000_0000n,
  uint8: 0xffn,
  uint16: 0xffffn,
  uint32: 0xffff_ffffn,
  uint64: 0xffff_ffff_ffff_ffffn,
  float: Number.NaN,
  double: Number.NaN,
};
/** The encodings of text that readers get as text; bytes of others stay bytes. */
const ENCODINGS: Readonly<Record<string, TextEncoding>> = {
  'US-ASCII': 'latin1',
  ASCII: 'latin1',
  'ISO-8859-1': 'latin1',
  ISO8859_1: 'latin1',
  'ISO8859-1': 'latin1',
  LATIN1: 'latin1',
  'UTF-8': 'utf8',
  UTF8: 'utf8',
};
/** A dimension's and a header's numbers: what the core reads as counts and lengths. */
const WIDEST_COUNT = 4;

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

const fault = (
  e: XmlElement,
  what: string,
  hint = 'Take the schema as the venue publishes it, or mend it there: SBE 1.0 has no meaning for it.',
): VenuewireError => new VenuewireError('VW_SBE_SCHEMA', `${placeOf(e)}: ${e.name} ${what}`, hint);

/**
 * The decoder that a schema (its text or its bytes) describes. It is as one of the library's own: views, encoder, native
 * catalogue.
 * @throws VenuewireError `VW_SBE_XML` when the text is no XML, `VW_SBE_INCLUDE` when it includes other files,
 * `VW_SBE_SCHEMA` when it is no sound schema.
 */
export function decoderFromSbe(xml: XmlSource, options: SbeImportOptions = {}): Decoder {
  return new Importer(readXml(xml, { code: 'VW_SBE_XML', what: 'SBE schema', ...fileOf(options) }), options).decoder();
}

const fileOf = ({ file }: XmlOptions): XmlOptions => (file === undefined ? {} : { file });

interface Place {
  readonly presence: string | undefined;
  /** The version that added it, 0 where the record around it always had it. */
  readonly since: number;
  /** The version of the record around it. */
  readonly base: number;
  readonly timeUnit: string | undefined;
  readonly valueRef: string | undefined;
  readonly semantic: string | undefined;
  readonly description: string | undefined;
}
const PLAIN: Place = {
  presence: undefined,
  since: 0,
  base: 0,
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
          `${placeOf(e)}: the schema includes ${e.attributes.get('href') ?? 'another file'}`,
          'Put the content of the included file in its place; an importer reads no other files.',
        );
      }
      for (const child of e.children) walk(child);
    };
    walk(root);
    if (root.name !== 'messageSchema')
      throw fault(
        root,
        'is no messageSchema',
        'Give the XML message schema of an SBE feed; FAST templates and FIX dictionaries have importers of their own.',
      );
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
    const decoder = new Decoder({
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
    });
    const faults = check(decoder);
    const first = faults[0];
    if (first !== undefined) {
      throw new VenuewireError(
        'VW_SBE_SCHEMA',
        `${placeOf(root)}: ${faults.length} faults; ${first.where}: ${first.what} (${first.code})`,
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
    for (const needed of ['blockLength', 'templateId', 'schemaId', 'version']) {
      const part = out[needed];
      // Schema and version may be the same for all messages, and are not sent then.
      const fixed = part?.kind === 'constant' && (needed === 'schemaId' || needed === 'version');
      if (part === undefined) throw fault(e, `has no ${needed}`, `Add ${needed}: the header of an SBE message has it.`);
      if (fixed && Number.isInteger(part.value)) continue;
      if (part.kind !== 'field' || part.data.wire !== 'uint' || part.data.size > WIDEST_COUNT)
        throw fault(e, `has a ${needed} that is no unsigned number of at most ${8 * WIDEST_COUNT} bits on the wire`);
    }
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
        since: sinceOf(child, since),
        base: since,
        timeUnit: child.attributes.get('timeUnit'),
        valueRef: child.attributes.get('valueRef'),
        semantic: child.attributes.get('semanticType'),
        description: child.attributes.get('description'),
      };
      const from = whole(child, 'offset', at);
      if (from < at) throw fault(child, `${name} begins at ${from}, what precedes ends at ${at}`);
      at = this.#put(child, name, type, from, fixed, place, 0);
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
        const made = this.#data(child);
        const own = sinceOf(child, since);
        unique(child, tail, nameOf(child), own > 0 ? made.since(own) : made, fixed);
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
    for (const [what, part] of Object.entries({ blockLength, numInGroup })) {
      if (part === undefined) throw fault(type, `has no ${what}`, `Add ${what}: the dimension of a group has it.`);
      if (part.kind !== 'field' || part.data.wire !== 'uint' || part.data.size > WIDEST_COUNT)
        throw fault(type, `has a ${what} that is no unsigned number of at most ${8 * WIDEST_COUNT} bits on the wire`);
    }
    return dimension(size, blockLength as Field<number>, numInGroup as Field<number>);
  }

  #data(e: XmlElement): Data {
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
    const said = content.attributes.get('characterEncoding') ?? '';
    if (said.trim() === '') return prefixedBytes(next, prefix);
    const encoding = this.#encodingOf(content, nameOf(e));
    if (encoding === undefined) return prefixedBytes(next, prefix);
    return encoding === 'utf8' ? prefixedText(next, prefix).utf8() : prefixedText(next, prefix);
  }

  /** How a type's bytes are text; undefined, and told in `checked`, where readers get them as they are. */
  #encodingOf(type: XmlElement, name: string): TextEncoding | undefined {
    const said = (type.attributes.get('characterEncoding') ?? 'US-ASCII').trim();
    const key = said.toUpperCase();
    if (Object.hasOwn(ENCODINGS, key)) return ENCODINGS[key];
    this.#notes.push(`${name}: bytes as they are, their encoding is ${said}`);
    return undefined;
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
      const valueRef = place.valueRef ?? type?.attributes.get('valueRef');
      const given = valueRef === undefined ? this.#ownText(e, type) : this.#reference(e, valueRef).code;
      if (given === undefined || given === '')
        throw fault(e, `${name} is constant, but has no value`, 'Write the value as its text, or give a valueRef.');
      unique(e, into, name, constant(constantOf(e, name, primitive, given), this.#labelsOf(valueRef)));
      return at;
    }
    if (presence !== 'required' && presence !== 'optional') throw fault(e, `has the presence '${presence}'`);
    if (length < 1 || length > LONGEST_ARRAY) throw fault(type ?? e, `${name} has ${length} elements`);
    if (length > 1) {
      const encoding = primitive === 'char' ? this.#encodingOf(type as XmlElement, name) : undefined;
      if (encoding !== undefined) {
        const made = encoding === 'utf8' ? text(at, length).padded('nul').utf8() : text(at, length).padded('nul');
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
      made = made.nullable(rawOf(primitive, value));
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
      const given =
        place.valueRef === undefined ? this.#ownText(e, undefined) : this.#reference(e, place.valueRef).code;
      if (given === undefined || given === '')
        throw fault(e, `${name} is constant, but has no value`, `Give a valueRef: ${nameAsWritten(type)}.NAME.`);
      unique(e, into, name, constant(constantOf(e, name, primitive, given), labels));
      return at;
    }
    const none = type.attributes.get('nullValue');
    const presence = place.presence ?? encoding?.attributes.get('presence') ?? 'required';
    const plain = { ...place, presence };
    if (none === undefined) return this.#simple(e, name, primitive, encoding, at, into, plain, labels);
    const made = MAKERS[primitive](at, labels);
    const value = nullOf(type, primitive, none);
    const nulled = presence === 'optional' ? made.nullable(rawOf(primitive, value)) : made;
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
    const made = value === undefined ? plain : plain.nullable(rawOf(primitive, value));
    const bits = made.bits(places) as unknown as Field;
    unique(e, into, name, place.since > 0 ? bits.since(place.since) : bits);
    return at + SIZES[primitive];
  }

  #reference(e: XmlElement, valueRef: string): { code: string } {
    const [name = '', choice = ''] = valueRef.split('.');
    const type = this.#types.get(name);
    const value = type?.children.find((c) => c.name === 'validValue' && c.attributes.get('name') === choice);
    if (type?.name !== 'enum' || value === undefined)
      throw fault(
        e,
        `refers to ${valueRef}, which is not there`,
        'A valueRef is the name of an enum, a dot, and a validValue.',
      );
    return { code: value.text };
  }

  /** The text of a constant: its own, or its type's. */
  #ownText(e: XmlElement, type: XmlElement | undefined): string | undefined {
    return e.text !== '' && e.children.length === 0 ? e.text : type?.text;
  }

  #labelsOf(valueRef: string | undefined): Labels | undefined {
    const type = this.#types.get(valueRef?.split('.')[0] ?? '');
    return type === undefined ? undefined : this.#labels(type);
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
          ? scaled(this.#exponent(exponent))
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

  #exponent(e: XmlElement): number {
    const valueRef = e.attributes.get('valueRef');
    const given = valueRef === undefined ? e.text : this.#reference(e, valueRef).code;
    if (!/^[+-]?[0-9]{1,3}$/.test(given))
      throw fault(e, `is constant, but its value is '${given}'`, 'Write a whole number.');
    return Number(given);
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
        since: Math.max(place.since, sinceOf(member, place.base)),
        base: place.base,
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

/** The version that added it, 0 where the record around it has had it since its own version `base`. */
function sinceOf(e: XmlElement, base: number): number {
  const own = whole(e, 'sinceVersion', 0);
  return own > base ? own : 0;
}

const nameAsWritten = (e: XmlElement): string => e.attributes.get('name') ?? e.name;

/** A null as the table has it: 64 bits are bigints. */
const rawOf = (primitive: Primitive, value: bigint | number): bigint | number =>
  SIZES[primitive] === 8 && typeof value === 'bigint' ? value : Number(value);

/** The value of a constant: exact, whatever its size. */
function constantOf(e: XmlElement, name: string, primitive: Primitive, given: string): string | number | bigint {
  if (primitive === 'char') return given;
  const hint = `Write a value of ${primitive}.`;
  if (primitive === 'float' || primitive === 'double') {
    const value = given === 'NaN' ? Number.NaN : given.trim() === '' ? undefined : Number(given);
    if (value === undefined || (Number.isNaN(value) && given !== 'NaN'))
      throw fault(e, `${name} is constant, but '${given}' is no number`, hint);
    return value;
  }
  const value = integerOf(given);
  if (value === undefined || !fits(primitive, value))
    throw fault(e, `${name} is constant, but '${given}' is no ${primitive}`, hint);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Decimal or hexadecimal. */
function integerOf(given: string): bigint | undefined {
  const found = /^([+-]?)(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})$/.exec(given.trim());
  if (found === null) return undefined;
  const value = BigInt(found[2] as string);
  return found[1] === '-' ? -value : value;
}

function fits(primitive: Primitive, value: bigint): boolean {
  const bits = 8 * SIZES[primitive];
  const signed = primitive.startsWith('int');
  return signed ? BigInt.asIntN(bits, value) === value : BigInt.asUintN(bits, value) === value;
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

function nullOf(type: XmlElement, primitive: Primitive, given: string): bigint | number {
  const hint = `Write a value of ${primitive}.`;
  if (primitive === 'float' || primitive === 'double') {
    const value = given.trim() === 'NaN' ? Number.NaN : given.trim() === '' ? undefined : Number(given);
    if (value === undefined || (Number.isNaN(value) && given.trim() !== 'NaN'))
      throw fault(type, `has the nullValue '${given}'`, hint);
    return value;
  }
  // XML cannot hold the character nul: schemas write its number.
  if (primitive === 'char' && given.length === 1 && !/[0-9]/.test(given)) return BigInt(given.charCodeAt(0));
  const value = integerOf(given);
  const bits = 8 * SIZES[primitive];
  // -1 of an unsigned number is all its bits.
  const held = value !== undefined && (fits(primitive, value) || BigInt.asIntN(bits, value) === value);
  if (value === undefined || !held) throw fault(type, `has the nullValue '${given}', which is no ${primitive}`, hint);
  return value;
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
