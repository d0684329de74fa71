/**
 * The words a message table is written in. A table is an object whose keys are the specification's own field names in
 * camelCase and whose values say where the field stands and what it is, one field a line, in wire order:
 *
 * ```ts
 * addOrder: message('A', 36, {
 *   stockLocate: u16(1),
 *   orderReferenceNumber: u64(11),
 *   buySellIndicator: char(19, { B: 'Buy', S: 'Sell' }),
 *   price: u32(32, price4),
 * })
 * ```
 *
 * Offsets count from the first byte of the message (in a group or a variant: from its own first byte; in an SBE message:
 * from the end of the message header). `next` stands for "directly after what precedes".
 */

/** The offset of a part that begins where the part before it ended. */
export const next = -1;

/** The sentinels for "no value" that are too long to write out. */
export const noI64 = -0x8000_0000_0000_0000n;
export const noI64Max = 0x7fff_ffff_ffff_ffffn;
export const noU64 = 0xffff_ffff_ffff_ffffn;

/** Code on the wire to the specification's wording. Codes that are not listed are data like any other. */
export type Labels = Readonly<Record<string, string>>;

/** A field of labels: editors offer their codes, and a code that is not listed is a value like any other. */
export type Coded<T, L extends Labels> = string extends keyof L
  ? T
  : T extends string
    ? (keyof L & string) | `${keyof L & number}` | (string & {})
    : T extends number
      ? (keyof L & number) | (number & {})
      : T;

/** Texts come without the blanks that pad them; so do their codes. */
export type Trimmed<T> = T extends `${infer Rest} ` ? Trimmed<Rest> : T;

/** The name that a view has for a bit, or some, of a field. */
export const bitName = (field: string, bit: string): string => field + bit.charAt(0).toUpperCase() + bit.slice(1);

/** What a number means beyond its bits: scale, unit, where its decimals or its date come from. */
export class Meaning {
  constructor(
    /** Decimal exponent: value = raw * 10^scale. */
    readonly scale?: number,
    /** The field that carries the number of decimals, usually one of the instrument's directory message. */
    readonly scaleFrom?: string,
    readonly unit?: string,
    /** Text a reader needs, for example which message carries the seconds of a nanosecond field. */
    readonly note?: string,
    /** The field that carries the number to divide by. */
    readonly divisor?: string,
  ) {}
}

/** A fixed-point number: value = raw * 10^exponent. The raw integer is what every reader gets. */
export const scaled = (exponent: number): Meaning => new Meaning(exponent);
/** Decimals come from the named field, usually of another message (a symbol directory). */
export const scaledBy = (field: string): Meaning => new Meaning(undefined, field);
/** The raw number is divided by the named field, usually of another message. */
export const dividedBy = (field: string): Meaning => new Meaning(undefined, undefined, undefined, undefined, field);
/** A count of the named unit. */
export const inUnit = (unit: string): Meaning => new Meaning(undefined, undefined, unit);
/** A part of a time: the rest is what the named message or field said last. */
export const nanosAfter = (what: string): Meaning => new Meaning(undefined, undefined, 'ns', `after ${what}`);
export const microsAfter = (what: string): Meaning => new Meaning(undefined, undefined, 'µs', `after ${what}`);
export const millisAfter = (what: string): Meaning => new Meaning(undefined, undefined, 'ms', `after ${what}`);
export const price2 = scaled(-2);
export const price3 = scaled(-3);
export const price4 = scaled(-4);
export const price5 = scaled(-5);
export const price6 = scaled(-6);
export const price7 = scaled(-7);
export const price8 = scaled(-8);
export const price9 = scaled(-9);
export const millisSinceMidnight = new Meaning(undefined, undefined, 'ms', 'since midnight');
export const microsSinceMidnight = new Meaning(undefined, undefined, 'µs', 'since midnight');
export const nanosSinceMidnight = new Meaning(undefined, undefined, 'ns', 'since midnight');
export const nanosSinceEpoch = new Meaning(undefined, undefined, 'ns', 'since 1970-01-01 UTC');
export const secondsSinceEpoch = new Meaning(undefined, undefined, 's', 'since 1970-01-01 UTC');

export type WireKind = 'uint' | 'int' | 'float' | 'char' | 'text' | 'digits' | 'bytes';
export type ByteOrder = 'big' | 'little';
/** The lowest bit of a run, or the lowest bit and the number of bits; bit 0 is the least significant. */
export type BitPlace = number | readonly [bit: number, width: number];
export type BitPlaces = Readonly<Record<string, BitPlace>>;
export type NoBits = Readonly<Record<never, never>>;
export type FieldValue = number | bigint | string | Uint8Array | null;

interface FieldData {
  readonly wire: WireKind;
  readonly at: number;
  readonly size: number;
  readonly meaning?: Meaning | undefined;
  readonly values?: Labels | undefined;
  readonly nullValue?: number | bigint | undefined;
  readonly sinceVersion?: number | undefined;
  readonly order?: ByteOrder | undefined;
  readonly places?: BitPlaces | undefined;
  readonly pad?: 'space' | 'nul' | 'zero' | undefined;
  readonly padLeft?: boolean | undefined;
  readonly filler?: boolean | undefined;
  readonly encoding?: TextEncoding | undefined;
  readonly noted?: string | undefined;
}

/** One value on the wire. `T` is what a reader gets; `B` the names and places of its bits. Immutable: each call copies. */
export class Field<T = unknown, B extends NoBits = NoBits> {
  readonly kind = 'field';
  declare readonly $value: T;
  declare readonly $bits: B;
  constructor(readonly data: FieldData) {}

  #with<U = T, C extends NoBits = B>(more: Partial<FieldData>): Field<U, C> {
    return new Field<U, C>({ ...this.data, ...more });
  }
  /** `raw` stands for "no value": readers get `null`. Of a float, NaN stands for every NaN. */
  nullable(raw: number | bigint): Field<T | null, B> {
    return this.#with<T | null>({ nullValue: raw });
  }
  /** On the wire from this schema version on; in a shorter block readers get `null`. */
  since(version: number): Field<T | null, B> {
    return this.#with<T | null>({ sinceVersion: version });
  }
  /** Bytes least significant first, whatever the table's byte order is. */
  little(): Field<T, B> {
    return this.#with({ order: 'little' });
  }
  /** Bytes most significant first, whatever the table's byte order is. */
  big(): Field<T, B> {
    return this.#with({ order: 'big' });
  }
  /** Names the bits; a view has one more property for each: field name, then bit name. */
  bits<const C extends BitPlaces>(places: C): Field<T, C> {
    return this.#with<T, C>({ places });
  }
  /** Labels for a field that already has a meaning. */
  labels<L extends Labels>(values: L): Field<Coded<T, L>, B> {
    return this.#with<Coded<T, L>>({ values });
  }
  /** What fills a shorter text or number: spaces (the default for text), nul bytes, or zeros (the default for digits). */
  padded(pad: 'space' | 'nul' | 'zero', side: 'left' | 'right' = 'right'): Field<T, B> {
    return this.#with({ pad, padLeft: side === 'left' });
  }
  /** Its text is UTF-8, not ISO 8859-1. */
  utf8(): Field<T, B> {
    return this.#with({ encoding: 'utf8' });
  }
  /** Something a reader of the table has to know. */
  noted(note: string): Field<T, B> {
    return this.#with({ noted: note });
  }
}

export type Said<L extends Labels = Labels> = Meaning | L;

function field<T>(wire: WireKind, at: number, size: number, said?: Said): Field<T> {
  return new Field<T>(
    said === undefined
      ? { wire, at, size }
      : said instanceof Meaning
        ? { wire, at, size, meaning: said }
        : { wire, at, size, values: said },
  );
}

/** Unsigned integers. Up to 48 bits are numbers, 64 bits are bigints (with `…High` and `…Low` halves). */
export const u8 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> => field('uint', at, 1, said);
export const u16 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> =>
  field('uint', at, 2, said);
export const u24 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> =>
  field('uint', at, 3, said);
export const u32 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> =>
  field('uint', at, 4, said);
export const u40 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> =>
  field('uint', at, 5, said);
export const u48 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> =>
  field('uint', at, 6, said);
export const u64 = (at: number, said?: Said): Field<bigint> => field('uint', at, 8, said);
/** Signed integers, two's complement. */
export const i8 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> => field('int', at, 1, said);
export const i16 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> => field('int', at, 2, said);
export const i24 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> => field('int', at, 3, said);
export const i32 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> => field('int', at, 4, said);
export const i40 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> => field('int', at, 5, said);
export const i48 = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<number, L>> => field('int', at, 6, said);
export const i64 = (at: number, said?: Said): Field<bigint> => field('int', at, 8, said);
/** IEEE 754. */
export const f32 = (at: number, said?: Said): Field<number> => field('float', at, 4, said);
export const f64 = (at: number, said?: Said): Field<number> => field('float', at, 8, said);
/** One byte as a one-character string. */
export const char = <L extends Labels>(at: number, said?: Said<L>): Field<Coded<string, L>> =>
  field('char', at, 1, said);
/** `size` bytes of ISO 8859-1 text; readers get it without trailing spaces and nul bytes. */
export const text = <L extends Labels>(at: number, size: number, said?: Said<L>): Field<Trimmed<Coded<string, L>>> =>
  field('text', at, size, said);
/** A number of up to 15 characters written in ASCII; NaN where the bytes are not a number. */
export const digits = <L extends Labels>(at: number, size: number, said?: Said<L>): Field<Coded<number, L>> =>
  field('digits', at, size, said);
/** A number of more than 15 characters written in ASCII; 0 where the bytes are not a number. */
export const longDigits = (at: number, size: number, said?: Said): Field<bigint> => field('digits', at, size, said);
/** Bytes as they are. A view gives a window on the packet, not a copy. */
export const bytes = (at: number, size: number): Field<Uint8Array> => field('bytes', at, size);

/** Bytes without a meaning: reserved, padding, filler. They are declared so that a table has no hole; views leave them out. */
export class Filler {
  readonly kind = 'filler';
  constructor(
    readonly at: number,
    readonly size: number,
  ) {}
}
export const reserved = (at: number, size: number): Filler => new Filler(at, size);

/** A value that is part of the message but never sent. */
export class Constant<T extends string | number | bigint> {
  readonly kind = 'constant';
  constructor(
    readonly value: T,
    readonly values?: Labels,
  ) {}
}
export const constant = <T extends string | number | bigint>(value: T, values?: Labels): Constant<T> =>
  new Constant(value, values);

/** Two fields read as one. Not on the wire by itself. */
export class Composite<T> {
  readonly kind = 'composite';
  declare readonly $value: T;
  constructor(
    readonly as: 'instant' | 'decimal' | 'scientific',
    readonly first: string,
    readonly second: string,
  ) {}
}
/** Nanoseconds from a field in seconds and a field in nanoseconds. */
export const instant = (seconds: string, nanos: string): Composite<bigint> => new Composite('instant', seconds, nanos);
/** The decimal text of a mantissa and its number of decimals. */
export const decimal = (mantissa: string, decimals: string): Composite<string> =>
  new Composite('decimal', mantissa, decimals);

/** The decimal text of mantissa * 10^exponent. */
export const scientific = (mantissa: string, exponent: string): Composite<string> =>
  new Composite('scientific', mantissa, exponent);

/** The header of an SBE repeating group: the length of an entry's block and the number of entries. */
export interface Dimension {
  readonly size: number;
  readonly blockLength: Field<number>;
  readonly numInGroup: Field<number>;
}
export const dimension = (size: number, blockLength: Field<number>, numInGroup: Field<number>): Dimension => ({
  size,
  blockLength,
  numInGroup,
});

/** Entries follow each other up to the end of the message. */
export const toEnd = Symbol('to end');
/** Entries follow each other until the enclosing entry has the length that its named field gives. */
export const untilLength = (field: string): { readonly untilLength: string } => ({ untilLength: field });
/** A fixed number, the name of the field with the number, `toEnd`, `untilLength(field)`, or an SBE dimension. */
export type Count = number | string | typeof toEnd | { readonly untilLength: string } | Dimension;

/** A repeating group. */
export class Group<F extends Fields = Fields> {
  readonly kind = 'group';
  constructor(
    readonly at: number,
    readonly count: Count,
    /** Bytes of one entry's fixed part; with an SBE dimension the block length this table knows. */
    readonly size: number,
    readonly fields: F,
    readonly sinceVersion?: number,
  ) {}
  /** On the wire from this schema version on. */
  since(version: number): Group<F> {
    return new Group(this.at, this.count, this.size, this.fields, version);
  }
}
/** Entries of `size` bytes from `at` on; an entry may itself end in groups and data of its own. */
export const group = <F extends Fields>(at: number, count: Count, size: number, fields: F): Group<F> =>
  new Group(at, count, size, fields);

/** How the bytes of a text are characters. */
export type TextEncoding = 'latin1' | 'utf8';

/** Bytes whose number another field or a prefix gives. */
export class Data<T = unknown> {
  readonly kind = 'data';
  declare readonly $value: T;
  constructor(
    readonly at: number,
    readonly wire: 'text' | 'bytes',
    readonly length: { readonly from: string; readonly add: number } | { readonly prefix: Field<number> },
    readonly encoding: TextEncoding = 'latin1',
    readonly sinceVersion?: number,
  ) {}
  /** On the wire from this schema version on; of an older one readers get `null`. */
  since(version: number): Data<T | null> {
    return new Data<T | null>(this.at, this.wire, this.length, this.encoding, version);
  }
  /** Its text is UTF-8, not ISO 8859-1. */
  utf8(): Data<T> {
    return new Data<T>(this.at, this.wire, this.length, 'utf8', this.sinceVersion);
  }
}
/** Text of as many bytes as the named field says (plus `add`). */
export const varText = (at: number, lengthFrom: string, add = 0): Data<string> =>
  new Data(at, 'text', { from: lengthFrom, add });
/** As many bytes as the named field says (plus `add`). */
export const varBytes = (at: number, lengthFrom: string, add = 0): Data<Uint8Array> =>
  new Data(at, 'bytes', { from: lengthFrom, add });
/** Bytes behind their own length. */
export const prefixedBytes = (at: number, prefix: Field<number>): Data<Uint8Array> => new Data(at, 'bytes', { prefix });
/** Text behind its own length. */
export const prefixedText = (at: number, prefix: Field<number>): Data<string> => new Data(at, 'text', { prefix });

/** Parts that are there only when a field has one of some values, or is above a bound. */
export class When<F extends Fields = Fields> {
  readonly kind = 'when';
  constructor(
    readonly at: number,
    readonly on: string,
    readonly is: readonly (string | number)[] | { readonly above: number },
    readonly fields: F,
  ) {}
}
/** Present when field `on` has one of the values of `is`. */
export const when = <F extends Fields>(
  at: number,
  on: string,
  is: readonly (string | number)[] | { readonly above: number },
  fields: F,
): When<F> => new When(at, on, is, fields);

export type Part = Field | Filler | Constant<string | number | bigint> | Composite<unknown> | Group | Data | When;
export type Fields = { readonly [name: string]: Part };

/** The length of a message that ends in a variable part: at least this many bytes. */
export interface AtLeast {
  readonly atLeast: number;
}
export const atLeast = (bytes: number): AtLeast => ({ atLeast: bytes });

/** What selects a message: the bytes of its type fields as text, or their number. */
export type Code = string | number | AnyAfter;

/** Every code that begins with `prefix` and is not another message's: the first type field selects alone. */
export interface AnyAfter {
  readonly prefix: string;
}
export const anyAfter = (prefix: string): AnyAfter => ({ prefix });

/** What is said about a message beside its fields. */
export interface MessageNotes {
  /** Section of the specification. */
  readonly section?: string;
  /** The specification's name where the key does not show it. */
  readonly title?: string;
  readonly sinceVersion?: number;
  readonly note?: string;
}

/** One message of a table. */
export class Message<F extends Fields = Fields> {
  readonly kind = 'message';
  constructor(
    readonly codes: readonly Code[],
    readonly length: number | AtLeast,
    readonly fields: F,
    readonly notes: MessageNotes,
  ) {}
}

/**
 * A message: the code that selects it (a list when several share the layout; the characters of both fields when two
 * fields select), its length in bytes (of an SBE message: of its block), and its fields in wire order.
 */
export const message = <F extends Fields>(
  code: Code | readonly Code[],
  length: number | AtLeast,
  fields: F,
  notes: MessageNotes = {},
): Message<F> => new Message(Array.isArray(code) ? (code as Code[]) : [code as Code], length, fields, notes);
