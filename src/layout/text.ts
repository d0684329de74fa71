/** Fields as people read them. */
import { Field } from './field.js';
import { formatPrice } from './price.js';
import type { View } from './view.js';

/** A code as readers get it: texts come without what pads them. */
export const codeAsRead = ({ data }: Field, code: string): string =>
  data.wire !== 'text' ? code : data.padLeft === true ? code.trim() : code.trimEnd();

/** The specification's word for a value of the field. */
export function labelOf(field: Field, value: unknown): string | undefined {
  const labels = field.data.values;
  if (labels === undefined) return undefined;
  const code = String(value);
  const key = code in labels ? code : Object.keys(labels).find((k) => codeAsRead(field, k) === code);
  return key === undefined ? undefined : labels[key];
}

/** The names of a view's fields. */
export type FieldName<V extends View> = Exclude<keyof V & string, keyof View>;

/**
 * What a field's value says: `fieldText(m, 'price')` is `'123.4500'`, by the scale that its table gives;
 * `fieldText(m, 'buySellIndicator')` is `'Buy'`, the specification's word for the code. What has neither is written as it is,
 * and "no value" as the empty text.
 */
export function fieldText<V extends View>(view: V, name: FieldName<V>): string {
  const value = (view as unknown as Readonly<Record<string, unknown>>)[name];
  if (value === null || value === undefined) return '';
  const part = view.$record.fields[name];
  if (!(part instanceof Field)) return String(value);
  const { meaning } = part.data;
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
  if (meaning?.scale !== undefined && isInteger) return formatPrice(value as number | bigint, meaning.scale);
  return labelOf(part, value) ?? String(value);
}
