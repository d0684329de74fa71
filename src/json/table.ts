/**
 * How JSON messages become the messages of a table: data, one rule a kind of message. What a program sees of an internet
 * venue are records like those of any other, so that selection, books, events and columns are the same.
 *
 * ```ts
 * { message: 'bookUpdate', when: [[['channel'], 'book'], [['type'], 'update']], each: [['data']],
 *   fields: { symbol: from.text('symbol'), checksum: from.integer('checksum') },
 *   levels: [{ list: ['bids'], side: 'B', price: 'price', size: 'qty' }] }
 * ```
 */
import { Decoder, type DecoderTable } from '../layout/decoder.js';
import type { Fields } from '../layout/field.js';
import type { Messages } from '../layout/types.js';
import { type JsonContext, type JsonFound, JsonReader } from './reader.js';

/**
 * The way to a value: names of members, positions of arrays (negative: from the end). It begins at the innermost entry of
 * `each`; with `^` first, at the entry around that one; with `$` first, at the message.
 */
export type JsonPath = readonly (string | number)[];
/** A text that the value is, or begins with, or that it is there at all. */
export type JsonTest = string | { readonly begins: string } | { readonly present: true };

/** What a field is made of. */
export type JsonField = { readonly path: JsonPath; readonly optional?: boolean } & (
  | { readonly as: 'text' | 'integer' | 'flag' | 'rfc3339' | 'epochSeconds' | 'epochMilliseconds' }
  /** A text or a number; `decimals`: the field that gets the digits behind the point, as written. */
  | { readonly as: 'decimal'; readonly exponent: number; readonly decimals?: string }
  /** Texts and numbers one behind the other; parts that are missing are left out with their separator. */
  | { readonly as: 'joined'; readonly separator: string; readonly more: readonly JsonPath[] }
  /** Words of the venue, and what stands in the record for them. */
  | { readonly as: 'code'; readonly codes: Readonly<Record<string, string | number>> }
  /** Parameter of the address that an answer over HTTP was asked from. */
  | { readonly as: 'query'; readonly name: string }
);

/** Price levels of a message, in order; they fill the record's group `levels`. */
export interface JsonLevels {
  /** The array of levels; `self`: the entry itself is one. */
  readonly list: JsonPath | 'self';
  /** Default: the level tells it. */
  readonly side?: 'B' | 'S';
  readonly sideAt?: string | number;
  readonly sides?: Readonly<Record<string, 'B' | 'S'>>;
  readonly price: string | number;
  readonly size: string | number;
}

export interface JsonRule {
  readonly message: string;
  /** All of these hold. Paths begin at the message. */
  readonly when: readonly (readonly [JsonPath, JsonTest])[];
  /** One record for each entry of this array, and of that array within each of them. */
  readonly each?: readonly JsonPath[];
  /** Where there is no such array the message has no records, instead of being refused. */
  readonly mayHaveNone?: boolean;
  /** Where this value is true, or that text, the record is this message instead. */
  readonly instead?: { readonly message: string; readonly where: JsonPath; readonly equals?: string };
  readonly fields: Readonly<Record<string, JsonField>>;
  readonly levels?: readonly JsonLevels[];
}

/** Of prices and sizes in records. */
export interface JsonScales {
  readonly price: number;
  readonly size: number;
}

export interface JsonPlan {
  readonly scales: JsonScales;
  /** The first that fits decides. What none fits becomes the table's `other`. */
  readonly rules: readonly JsonRule[];
}

type More = { readonly optional?: boolean };
const field =
  (as: 'text' | 'integer' | 'flag' | 'rfc3339' | 'epochSeconds' | 'epochMilliseconds') =>
  (...path: JsonPath): JsonField => ({ as, path });

/** Words for fields. */
export const from = {
  text: field('text'),
  integer: field('integer'),
  flag: field('flag'),
  rfc3339: field('rfc3339'),
  epochSeconds: field('epochSeconds'),
  epochMilliseconds: field('epochMilliseconds'),
  decimal: (exponent: number, ...path: JsonPath): JsonField => ({ as: 'decimal', exponent, path }),
  exact: (exponent: number, decimals: string, ...path: JsonPath): JsonField => ({
    as: 'decimal',
    exponent,
    decimals,
    path,
  }),
  code: (codes: Readonly<Record<string, string | number>>, ...path: JsonPath): JsonField => ({
    as: 'code',
    codes,
    path,
  }),
  joined: (separator: string, path: JsonPath, ...more: readonly JsonPath[]): JsonField => ({
    as: 'joined',
    separator,
    path,
    more,
  }),
  query: (name: string): JsonField => ({ as: 'query', name, path: [] }),
};
/** A field that the venue leaves out at times: it is zero, blank or "no value" then. */
export const optional = (of: JsonField): JsonField => ({ ...of, ...({ optional: true } satisfies More) });
type Best = 'bid' | 'bidSize' | 'ask' | 'askSize';
/**
 * Best prices of both sides, as `bestAt` of json/records has them: where each stands.
 * `leftOut`: those that the venue does not always tell.
 */
export function bestFrom(
  { price, size }: JsonScales,
  at: { readonly [K in Best]: JsonPath },
  leftOut: readonly Best[] = [],
): Readonly<Record<string, JsonField>> {
  const one = (name: Best): JsonField => {
    const of = from.exact(name.endsWith('Size') ? size : price, `${name}Decimals`, ...at[name]);
    return leftOut.includes(name) ? optional(of) : of;
  };
  return { bid: one('bid'), bidSize: one('bidSize'), ask: one('ask'), askSize: one('askSize') };
}
export const begins = (text: string): JsonTest => ({ begins: text });
export const present: JsonTest = { present: true };

/** A table whose messages come as JSON. */
export class JsonDecoder<H extends Fields = Fields, M extends Messages = Messages> extends Decoder<H, M> {
  readonly json: JsonPlan;
  #reader: JsonReader | undefined;
  constructor(table: DecoderTable<H, M> & { readonly json: JsonPlan }) {
    super(table);
    this.json = table.json;
  }

  /**
   * What one message of the venue becomes: records of this table by name, as `encode` takes them.
   * @throws VenuewireError `VW_JSON_…`: the message is damaged, beyond a bound, or not as the venue documents it.
   */
  read(text: string, context?: JsonContext): JsonFound[] {
    this.#reader ??= new JsonReader(this as unknown as JsonDecoder);
    return this.#reader.read(text, context);
  }
}

export const defineJsonDecoder = <H extends Fields, M extends Messages>(
  table: DecoderTable<H, M> & { readonly json: JsonPlan },
): JsonDecoder<H, M> => new JsonDecoder(table);
