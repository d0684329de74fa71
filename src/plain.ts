/** Plain objects that JSON can hold: 64-bit integers as decimal text, bytes as hexadecimal digits. */

/** A value as JSON holds it. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Array.from(value, (b) => b.toString(16).padStart(2, '0')).join('');
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value === 'object' && value !== null) return jsonRecord(value);
  return value;
}

export function jsonRecord(object: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) out[name] = jsonValue(value);
  return out;
}

const TO_JSON: PropertyDescriptor = {
  value(this: object) {
    return jsonRecord(this);
  },
  enumerable: false,
  configurable: true,
  writable: true,
};

/** The same object, which `JSON.stringify` takes whatever is in it; nothing that lists, compares or clones it sees how. */
export const withJson = <T extends object>(object: T): T => Object.defineProperty(object, 'toJSON', TO_JSON);
