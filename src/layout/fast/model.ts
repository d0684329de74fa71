/** FAST 1.1 templates as data: what a templates file says, before slots and state. Names stay as the file has them. */
import { VenuewireError } from '../../errors.js';

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

const MEANINGS: Readonly<Record<string, string>> = {
  S1: 'The templates file is not one: take it as the venue publishes it.',
  S2: 'This operator is not for fields of this type.',
  S3: 'The initial value cannot be a value of the field.',
  S4: 'A constant needs a value.',
  S5: 'A mandatory field with a default needs a value.',
  D2: 'Check that the templates are those of the feed and of the day.',
  D3: 'The operators of the exponent and the mantissa do not allow this value.',
  D4: 'Two fields of different types share one dictionary entry: check the templates.',
  D5: 'A message was lost before this one, or the templates are not those of the feed: reset the decoder.',
  D6: 'A message was lost before this one, or the templates are not those of the feed: reset the decoder.',
  D7: 'A message was lost before this one, or the templates are not those of the feed: reset the decoder.',
  D8: 'The file lacks a template that another one refers to.',
  D9: 'Take the templates file of the day: the stream has a message that this one does not know.',
  D12: 'The stream is not in blocks, or is out of step.',
  R1: 'Check that the templates are those of the feed and of the day.',
  R2: 'Check that the templates are those of the feed and of the day.',
  R4: 'A message was lost before this one, or the templates are not those of the feed: reset the decoder.',
};
const REPORTABLE = "Decode with { reportable: 'accepted' } when the venue's encoder is known to do this.";

/** An error of the FAST specification under its own name: `VW_FAST_D5` is `[ERR D5]`. */
export function fastError(name: string, what: string): VenuewireError {
  return new VenuewireError(`VW_FAST_${name}`, `[ERR ${name}] ${what}`, MEANINGS[name] ?? REPORTABLE);
}

/** What the specification has no name for: the end of the bytes, a bound of ours. */
export const fastFault = (code: 'END' | 'LIMIT' | 'VALUE', what: string, hint: string): VenuewireError =>
  new VenuewireError(`VW_FAST_${code}`, what, hint);
