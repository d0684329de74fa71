/** Fields as people read them. */
import { Field } from './field.js';
import { formatPrice } from './price.js';
import type { View } from './view.js';

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
  const { meaning, values } = part.data;
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
  if (meaning?.scale !== undefined && isInteger) return formatPrice(value as number | bigint, meaning.scale);
  return values?.[String(value)] ?? String(value);
}
