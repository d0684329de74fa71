/**
 * What a stream of messages was, as one number: FNV-1a (64 bits) over, for each message, its sequence number (8 bytes),
 * its length (4 bytes), both least significant byte first, and its bytes. A venue's history and a feed that delivered
 * all of it have the same digest.
 */
export class StreamDigest {
  #high = 0xcbf29ce4;
  #low = 0x84222325;
  #count = 0;

  /** Messages added. */
  get count(): number {
    return this.#count;
  }

  /** Adds `length` bytes of `bytes` from `offset` as the message with number `sequence`. */
  add(sequence: number | bigint, bytes: Uint8Array, offset = 0, length = bytes.length - offset): void {
    let high = this.#high;
    let low = this.#low;
    const s = Number(sequence);
    const head = [s >>> 0, Math.floor(s / 0x1_0000_0000), length];
    for (let w = 0; w < 3; w++) {
      const word = head[w] as number;
      for (let shift = 0; shift < 32; shift += 8) {
        const x = (low ^ ((word >>> shift) & 255)) >>> 0;
        // The prime is 2^40 + 0x1b3; a product of 32 and 9 bits is exact as a number.
        const product = x * 0x1b3;
        high = (Math.imul(high, 0x1b3) + (x << 8) + Math.floor(product / 0x1_0000_0000)) >>> 0;
        low = product >>> 0;
      }
    }
    const end = offset + length;
    for (let i = offset; i < end; i++) {
      const x = (low ^ (bytes[i] as number)) >>> 0;
      const product = x * 0x1b3;
      high = (Math.imul(high, 0x1b3) + (x << 8) + Math.floor(product / 0x1_0000_0000)) >>> 0;
      low = product >>> 0;
    }
    this.#high = high;
    this.#low = low;
    this.#count++;
  }

  get value(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /** Sixteen hexadecimal digits. */
  toString(): string {
    return this.value.toString(16).padStart(16, '0');
  }
}
