/**
 * Writes the compiled form of a declaration for the native core (native/core/spec.hpp reads it): little-endian
 * integers and length-prefixed bytes, no padding.
 */
export class SpecWriter {
  #buffer = Buffer.alloc(1024);
  #length = 0;

  #room(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(this.#buffer.length * 2, at + bytes));
      this.#buffer.copy(grown);
      this.#buffer = grown;
    }
    this.#length += bytes;
    return at;
  }
  u8(value: number): this {
    const at = this.#room(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }
  u16(value: number): this {
    const at = this.#room(2);
    this.#buffer.writeUInt16LE(value, at);
    return this;
  }
  u32(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }
  u64(value: bigint | number): this {
    const at = this.#room(8);
    this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
    return this;
  }
  flag(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }
  /** At most 65,535 bytes. */
  bytes(value: Uint8Array): this {
    this.u16(value.length);
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
    return this;
  }
  text(value: string): this {
    return this.bytes(Buffer.from(value, 'utf8'));
  }
  /** The list's length (u32), then each item as `write` puts it. */
  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(item);
    return this;
  }
  /** A copy of what has been written. */
  finish(): Uint8Array {
    return Uint8Array.from(this.#buffer.subarray(0, this.#length));
  }
}
