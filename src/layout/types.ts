import type { Composite, Constant, Data, Field, Fields, Filler, Group, Message, When } from './field.js';
import type { GroupView, PlainMessage, View } from './view.js';

/** What a reader gets for one part. */
type Value<P> =
  P extends Field<infer T>
    ? T
    : P extends Constant<infer T>
      ? T
      : P extends Composite<infer T>
        ? T
        : P extends Data<infer T>
          ? T
          : P extends Group<infer F>
            ? GroupView<F>
            : P extends When<infer F>
              ? RecordView<F> | undefined
              : never;

type BitsOf<F, N extends string> =
  F extends Field<unknown, infer B>
    ? { readonly [K in keyof B & string as `${N}${Capitalize<K>}`]: B[K] extends number ? boolean : number }
    : never;

type Wide<P> = P extends Field<infer T> ? (bigint extends T ? true : false) : false;

type Intersect<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;

type BitNames<F extends Fields> = {
  [K in keyof F & string]: F[K] extends Field<unknown, infer B> ? ([keyof B] extends [never] ? never : K) : never;
}[keyof F & string];

type AllBits<F extends Fields> = [BitNames<F>] extends [never]
  ? unknown
  : Intersect<{ [K in BitNames<F>]: BitsOf<F[K], K> }[BitNames<F>]>;

/** The parts that readers get: all but fillers. */
type Read<F extends Fields> = { [K in keyof F]: F[K] extends Filler ? never : K }[keyof F];

/**
 * One property a field. Keys are not renamed (`as`): so an editor shows on the property what the table's declaration says
 * of the field.
 */
type Properties<F extends Fields, K extends keyof F> = { readonly [P in K]: Value<F[P]> };

/**
 * The properties of a view. 64-bit fields are bigints, and for each of them `…High` and `…Low` are the unsigned 32-bit
 * halves, which allocate nothing. A field whose bits are named has one more property for each: field name, then bit name.
 */
export type RecordView<F extends Fields> = View<PlainRecord<F> & PlainMessage> &
  Properties<F, Read<F>> & {
    readonly [K in keyof F & string as Wide<F[K]> extends true ? `${K}High` | `${K}Low` : never]: number;
  } & AllBits<F>;

type PlainValue<P> =
  P extends Group<infer F>
    ? readonly PlainRecord<F>[]
    : P extends When<infer F>
      ? PlainRecord<F> | undefined
      : Value<P>;

/** The parts that are on the wire or part of the message by themselves. */
type Sent<F extends Fields> = { [K in keyof F]: F[K] extends Filler | Composite<unknown> ? never : K }[keyof F];
type PlainProperties<F extends Fields, K extends keyof F> = { readonly [P in K]: PlainValue<F[P]> };

/** A message as a plain object: groups are arrays, absent variants are left out. */
export type PlainRecord<F extends Fields> = PlainProperties<F, Sent<F>>;

type InputValue<P> =
  P extends Field<infer T>
    ? (bigint extends T ? number : never) | T
    : P extends Data<infer T>
      ? T
      : P extends Group<infer F>
        ? readonly InputRecord<F>[]
        : P extends When<infer F>
          ? InputRecord<F> | undefined
          : P extends Constant<infer T>
            ? T
            : never;

type InputProperties<F extends Fields, K extends keyof F> = { readonly [P in K]?: InputValue<F[P]> };

/** What an encoder takes: any of the fields; absent ones are zero, blank, or "no value". */
export type InputRecord<F extends Fields> = InputProperties<F, Sent<F>>;

export type Messages = { readonly [name: string]: Message };

/** The parts of `D` that types are inferred from. */
export interface DecoderShape<H extends Fields = Fields, M extends Messages = Messages> {
  readonly header: H;
  readonly messages: M;
}

/** The view of a message whose table is known only when the program runs: an imported one, or one chosen by its id. */
export type AnyView = View & { readonly [field: string]: unknown };

/** `Then` for such tables, `Else` for those whose messages have names in the types. */
type WhenOpen<M, Then, Else> = string extends keyof M ? Then : Else;

export type FieldsOf<D extends DecoderShape, N extends keyof D['messages']> = D['header'] & D['messages'][N]['fields'];

/** The view of message `N` of decoder `D`. */
export type MessageView<D extends DecoderShape, N extends keyof D['messages'] = keyof D['messages']> = WhenOpen<
  D['messages'],
  AnyView,
  RecordView<FieldsOf<D, N>>
>;

/** Message `N` of decoder `D` as a plain object. */
export type MessageObject<D extends DecoderShape, N extends keyof D['messages'] = keyof D['messages']> = WhenOpen<
  D['messages'],
  Readonly<Record<string, unknown>>,
  PlainRecord<FieldsOf<D, N>>
>;

/** What `decoder.decode` gives: the message's name, and its fields as a plain object. */
export type DecodedMessage<D extends DecoderShape> = {
  readonly [N in keyof D['messages'] & string]: { readonly message: N; readonly fields: MessageObject<D, N> };
}[keyof D['messages'] & string];

/** What `encode` takes for message `N` of decoder `D`. */
export type MessageInput<D extends DecoderShape, N extends keyof D['messages']> = WhenOpen<
  D['messages'],
  Readonly<Record<string, unknown>>,
  InputRecord<FieldsOf<D, N>>
>;

/** One optional function a message; each gets a reused view of exactly that message. */
export type Handlers<D extends DecoderShape> = {
  readonly [N in keyof D['messages']]?: (message: MessageView<D, N>) => void;
};
