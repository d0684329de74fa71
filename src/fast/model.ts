/** FAST 1.1 templates as data: what a templates file says, before slots and state. Names stay as the file has them. */
import { FAST_ERRORS, VenuewireError } from '../errors.js';

export type FastIntegerType = 'int8' | 'uInt8' | 'int16' | 'uInt16' | 'int32' | 'uInt32' | 'int64' | 'uInt64';
export type FastType = FastIntegerType | 'decimal' | 'ascii' | 'unicode' | 'byteVector';
export type FastOperatorKind = 'none' | 'constant' | 'default' | 'copy' | 'increment' | 'delta' | 'tail';

export interface FastOperator {
  readonly kind: FastOperatorKind;
  /** The initial value, as the file writes it. */
  readonly value?: string | undefined;
  /** `global`, `template`, `type` or a name of the user's; what the nearest ancestor says is already here. */
  readonly dictionary: string;
  /** The entry's key; the field's name where the file gives none. */
  readonly key?: string | undefined;
}

export interface FastField {
  readonly kind: 'field';
  readonly name: string;
  /** The auxiliary identifier, in FIX the tag. */
  readonly id?: string | undefined;
  /** The namespace of the name; part of the dictionary key. */
  readonly ns?: string | undefined;
  readonly type: FastType;
  readonly optional: boolean;
  readonly operator: FastOperator;
  /** Individual operators of a decimal's parts. */
  readonly parts?: { readonly exponent: FastOperator; readonly mantissa: FastOperator } | undefined;
}
export interface FastSequence {
  readonly kind: 'sequence';
  readonly name: string;
  readonly id?: string | undefined;
  readonly optional: boolean;
  readonly length: FastField;
  readonly typeRef?: string | undefined;
  readonly body: readonly FastInstruction[];
}
export interface FastGroup {
  readonly kind: 'group';
  readonly name: string;
  readonly id?: string | undefined;
  readonly optional: boolean;
  readonly typeRef?: string | undefined;
  readonly body: readonly FastInstruction[];
}
/** With a name: the named template's instructions stand here. Without: the stream says which template follows. */
export interface FastReference {
  readonly kind: 'reference';
  readonly template?: string | undefined;
}
export type FastInstruction = FastField | FastSequence | FastGroup | FastReference;

export interface FastTemplate {
  readonly name: string;
  /** The identifier in the stream; a template without one can only be referred to by name. */
  readonly id?: number | undefined;
  readonly typeRef?: string | undefined;
  /** All dictionaries are reset by this message. */
  readonly reset: boolean;
  readonly body: readonly FastInstruction[];
}

type FastErrorName = Exclude<
  keyof typeof FAST_ERRORS extends `VW_FAST_${infer N}` ? N : never,
  'END' | 'LIMIT' | 'VALUE'
>;

/** An error of the FAST specification under its own name: `VW_FAST_D5` is `[ERR D5]`. */
export function fastError(name: FastErrorName, what: string): VenuewireError {
  return new VenuewireError(`VW_FAST_${name}`, `[ERR ${name}] ${what}`, FAST_ERRORS[`VW_FAST_${name}`][1]);
}

/** What the specification has no name for: the end of the bytes, a bound of ours. */
export const fastFault = (code: 'END' | 'LIMIT' | 'VALUE', what: string, hint: string): VenuewireError =>
  new VenuewireError(`VW_FAST_${code}`, what, hint);
