/** Decoded messages: values by name, 64-bit integers made bigints when they are read. */
import { type Body, isWideNode } from './program.js';
import { FastDecimal, type Wide } from './values.js';

/** The fields of a message, a group or an entry. Each is also a property of its name; absent ones are undefined. */
export abstract class FastRecord {
  constructor(readonly $values: readonly unknown[]) {}
  abstract get $names(): readonly string[];
  abstract get $wide(): readonly boolean[];
  /** What the values are of: one node a value. */
  abstract get $body(): Body;

  /** The field of that name: its value, or undefined when it is absent. */
  get(name: string): unknown {
    const i = this.$names.indexOf(name);
    return i < 0 ? undefined : this.at(i);
  }
  /** The field at a place of the template. */
  at(i: number): unknown {
    const value = this.$values[i];
    return this.$wide[i] === true && value !== undefined ? BigInt(value as Wide) : value;
  }
  /** Plain objects; absent fields are left out. */
  toObject(): Record<string, unknown> {
    return this.#plain((value, wide) => (wide ? BigInt(value as Wide) : value));
  }
  /** As `toObject`, with 64-bit integers as decimal strings and bytes as hexadecimal. */
  toJSON(): Record<string, unknown> {
    return this.#plain((value, wide) => {
      if (wide) return String(value);
      if (value instanceof Uint8Array) return Array.from(value, (b) => b.toString(16).padStart(2, '0')).join('');
      return value instanceof FastDecimal ? value.toJSON() : value;
    });
  }
  #plain(scalar: (value: unknown, wide: boolean) => unknown): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const plain = (value: unknown, wide: boolean): unknown => {
      if (value instanceof FastRecord) return value.#plain(scalar);
      if (value instanceof FastMessage) return { template: value.template, fields: value.fields.#plain(scalar) };
      return Array.isArray(value) ? value.map((v) => plain(v, false)) : scalar(value, wide);
    };
    const names = this.$names;
    for (let i = 0; i < names.length; i++) {
      const value = this.$values[i];
      if (value === undefined) continue;
      const name = names[i] as string;
      const shown = plain(value, this.$wide[i] === true);
      if (name !== '__proto__') out[name] = shown;
      else Object.defineProperty(out, name, { value: shown, enumerable: true, configurable: true, writable: true });
    }
    return out;
  }
}

/** A message of a stream. */
export class FastMessage {
  constructor(
    /** The template's name. */
    readonly template: string,
    readonly id: number,
    readonly fields: FastRecord,
    /** Where it begins, and where the next one does. */
    readonly offset: number,
    readonly next: number,
    /** All dictionaries were reset by it. */
    readonly reset: boolean,
  ) {}
  get length(): number {
    return this.next - this.offset;
  }
}

export type RecordClass = new (values: readonly unknown[]) => FastRecord;

/** A class with a property for each field of a body. */
export function fastRecordClass(body: Body): RecordClass {
  const names = body.nodes.map((n) => n.name);
  const wide = body.nodes.map(isWideNode);
  const Made = class extends FastRecord {
    override get $names(): readonly string[] {
      return names;
    }
    override get $wide(): readonly boolean[] {
      return wide;
    }
    override get $body(): Body {
      return body;
    }
  };
  names.forEach((name, i) => {
    // Members of the class keep their meaning; `get` reads such a field.
    if (name in Made.prototype) return;
    const get = wide[i]
      ? function (this: FastRecord): unknown {
          const value = this.$values[i];
          return value === undefined ? undefined : BigInt(value as Wide);
        }
      : function (this: FastRecord): unknown {
          return this.$values[i];
        };
    Object.defineProperty(Made.prototype, name, { get, enumerable: true, configurable: true });
  });
  return Made;
}
