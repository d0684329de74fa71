/** Messages that many clients get: written once in each form, with the client's own number in front. */
import type { ServerMessage } from './wire.js';

type OfSubscription = Extract<ServerMessage, { readonly id: number }>;
// Distributes over the alternatives.
type WithoutId<M> = M extends unknown ? Omit<M, 'id'> : never;

/** What writes MessagePack: the package msgpackr. */
export interface Packer {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

/** MessagePack's head of a map with up to 15 entries, and of an array with up to 65,535. */
const MAP_HEAD = 0x80;
const ARRAY_16 = 0xdc;

/** A message for whoever is at the same place of a stream. */
export class Update {
  #json: string | undefined;
  #packed: Uint8Array | undefined;
  constructor(readonly body: WithoutId<OfSubscription>) {}

  json(id: number): string {
    this.#json ??= JSON.stringify(this.body).slice(1);
    return `{"id":${id},${this.#json}`;
  }

  /** The map with one entry more: `id`. */
  packed(id: number, packer: Packer): readonly Uint8Array[] {
    this.#packed ??= packer.pack(this.body);
    const head = packer.pack({ id });
    const joined = Uint8Array.from(head);
    joined[0] = MAP_HEAD + ((this.#packed[0] as number) & 0x0f) + 1;
    return [joined, this.#packed.subarray(1)];
  }
}

/** One way to write messages, collected into one WebSocket message. */
export interface Writer {
  readonly bytes: number;
  add(message: ServerMessage): void;
  addUpdate(id: number, update: Update): void;
  /** The list, and a new one begins; undefined: nothing was added. */
  take(): string | Uint8Array | undefined;
}

export class JsonWriter implements Writer {
  #parts: string[] = [];
  bytes = 0;
  #add(text: string): void {
    this.#parts.push(text);
    this.bytes += text.length;
  }
  add(message: ServerMessage): void {
    this.#add(JSON.stringify(message));
  }
  addUpdate(id: number, update: Update): void {
    this.#add(update.json(id));
  }
  take(): string | undefined {
    if (this.#parts.length === 0) return undefined;
    const text = `[${this.#parts.join(',')}]`;
    this.#parts = [];
    this.bytes = 0;
    return text;
  }
}

export class PackWriter implements Writer {
  #parts: Uint8Array[] = [];
  #count = 0;
  bytes = 0;
  constructor(readonly packer: Packer) {}
  #add(parts: readonly Uint8Array[]): void {
    this.#count++;
    for (const part of parts) {
      this.#parts.push(part);
      this.bytes += part.length;
    }
  }
  add(message: ServerMessage): void {
    // A copy: the packer writes into its own memory again.
    this.#add([Uint8Array.from(this.packer.pack(message))]);
  }
  addUpdate(id: number, update: Update): void {
    this.#add(update.packed(id, this.packer));
  }
  take(): Uint8Array | undefined {
    if (this.#count === 0) return undefined;
    const head = Uint8Array.of(ARRAY_16, this.#count >> 8, this.#count & 0xff);
    const all = Buffer.concat([head, ...this.#parts]);
    this.#parts = [];
    this.#count = 0;
    this.bytes = 0;
    return all;
  }
}
