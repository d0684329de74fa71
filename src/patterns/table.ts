/** How declarations refer to messages of message tables: what is said to a server, and what it says. */
import { z } from 'zod';
import { VARIABLE, VARIABLE_MEANING, type Variable } from '../contract.js';
import { Decoder } from '../layout/decoder.js';
import type {
  CredentialValue,
  EmptyPacketInput,
  Envelope,
  EnvelopeInput,
  FixMessage,
  Outgoing,
  OutgoingInput,
  ParameterValue,
  Value,
  VariableValue,
} from './types.js';
import { meanings, unsigned } from './units.js';

export type { Envelope, Outgoing, TableMessage, Value } from './types.js';

// biome-ignore lint/suspicious/noExplicitAny: any decoder, whatever its fields
export type AnyDecoder = Decoder<any, any>;

/** @internal A message table: the decoder itself, or its id. */
export const tableSchema = z
  .union([z.string(), z.custom<Decoder>((v) => v instanceof Decoder, 'must be a decoder or the id of one')])
  .describe('A message table, by the id of its decoder');

/** @internal */
export const variableName = z.enum(VARIABLE).describe(meanings(VARIABLE_MEANING));
export type { Variable as VariableName } from '../contract.js';

/** @internal */
export const variableSchema = z.strictObject({
  variable: variableName,
  add: z.int().optional().describe('Added to the value'),
});
/** @internal */
export const credentialSchema = z.strictObject({
  credential: z
    .enum(['username', 'password', 'id', 'token', 'senderCompId', 'targetCompId', 'key', 'session'])
    .describe('The part of the credentials that goes here'),
});
/** @internal */
export const parameterSchema = z.strictObject({
  parameter: z.string().describe('Name of a value that the venue gives under `parameters`'),
});
/** @internal A constant, a variable that the engine fills in, a part of the credentials, or a parameter. */
export const valueShape = z
  .union([z.string(), z.number(), z.bigint(), variableSchema, credentialSchema, parameterSchema])
  .describe('A constant; `{ variable: … }`, which the engine fills in; `{ credential: … }`; `{ parameter: … }`')
  .meta({ id: 'Value' });
/** @internal */
export interface ValueSchema extends z.ZodType<Value, Value> {}
/** @internal */
export const valueSchema: ValueSchema = valueShape;

/** Filled in by the engine with every request. */
export const variable = (name: Variable, add?: number): VariableValue =>
  add === undefined ? { variable: name } : { variable: name, add };
/** Filled in from the credentials when the feed is opened. */
export const credential = (part: CredentialValue['credential']): CredentialValue => ({
  credential: part,
});

/** Left to the venue, which says it under `parameters`. */
export const parameter = (name: string): ParameterValue => ({ parameter: name });

/** @internal */
export const envelopeShape = z
  .strictObject({
    framing: z.string().describe('Id of the framing of the packet that the message travels in; `feed`: the feed’s own'),
    sequence: valueSchema.optional().describe('The packet’s number; default: 0'),
    set: z
      .array(
        z.strictObject({
          offset: z.int().min(0),
          size: z.int().min(1).max(8),
          value: z.union([unsigned, variableSchema]),
        }),
      )
      .default([])
      .describe(
        'Other header fields, in the framing’s byte order; what is not set is zero. Length and count are filled in',
      ),
  })
  .describe('The packet that the message travels in; absent: the message is sent as it is');
/** @internal */
export interface EnvelopeSchema extends z.ZodType<Envelope, EnvelopeInput> {}
/** @internal */
export const envelopeSchema: EnvelopeSchema = envelopeShape;

/** @internal */
export const messageSchema = z
  .strictObject({
    table: tableSchema,
    message: z.string().describe('Name of the message in that table'),
    values: z
      .record(z.string(), z.union([valueSchema, z.array(z.record(z.string(), valueSchema))]))
      .default({})
      .describe('What its fields hold, of groups a list; fields that are not named are zero or blank'),
    in: envelopeSchema.optional(),
  })
  .describe('A message, encoded by its table')
  .meta({ id: 'Message' });

/** @internal */
export const fixSchema = z
  .strictObject({
    fix: z
      .array(z.tuple([z.int().min(1), valueSchema]))
      .min(1)
      .describe('Tags and values in order, from 8 (BeginString) on where the venue has it; 9 and 10 are computed'),
  })
  .describe('A FIX tag=value message')
  .meta({ id: 'FixMessage' });

/** @internal */
export const emptyPacketSchema = z
  .strictObject({ packet: envelopeSchema })
  .describe('A packet without messages, as some venues’ heartbeats are');

/** @internal What is sent: a message of a table, a FIX text, or an empty packet. */
export const outgoingShape = z.union([messageSchema, fixSchema, emptyPacketSchema]);
/** @internal */
export interface OutgoingSchema extends z.ZodType<Outgoing, OutgoingInput> {}
/** @internal */
export const outgoingSchema: OutgoingSchema = outgoingShape;

/** The names of a decoder's messages, and of the fields of one. */
type MessageName<D> = D extends { readonly messages: infer M } ? keyof M & string : string;
type FieldName<D, N> = D extends { readonly header: infer H; readonly messages: infer M }
  ? (keyof H | (N extends keyof M ? (M[N] extends { readonly fields: infer F } ? keyof F : never) : never)) & string
  : string;

interface Said<V> {
  table: Decoder;
  message: string;
  values: V;
  in?: EnvelopeInput;
}

/**
 * A message of a table with what its fields hold: `message(soupbintcp, 'loginRequest', { username: credential('username') })`.
 * In a reply rule: which message it is for; the values then are conditions, and `group.field` is that of the first entry.
 */
export function message<D extends AnyDecoder>(table: D, name: MessageName<D>): Said<Record<string, never>>;
export function message<
  D extends AnyDecoder,
  N extends MessageName<D>,
  V extends Readonly<Record<string, Value | Record<string, Value>[]>>,
>(
  table: D,
  name: N,
  values: V & { readonly [F in Exclude<keyof V, FieldName<D, N> | `${string}.${string}`>]: never },
  envelope?: EnvelopeInput,
): Said<V>;
export function message(
  table: AnyDecoder,
  name: string,
  values: Readonly<Record<string, Value | Record<string, Value>[]>> = {},
  envelope?: EnvelopeInput,
): Said<typeof values> {
  return { table, message: name, values, ...(envelope === undefined ? {} : { in: envelope }) };
}

/** A packet without messages: `emptyPacket({ framing: 'feed' })`. */
export const emptyPacket = (envelope: EnvelopeInput): EmptyPacketInput => ({
  packet: envelope,
});

/** A FIX message: `fix([8, 'FIXT.1.1'], [35, 'A'], [553, credential('username')])`. */
export const fix = (...tags: [number, Value][]): FixMessage => ({ fix: tags });
