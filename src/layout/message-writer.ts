import { VenuewireError } from '../errors.js';
import { type Decoder, encode, type Fields, type MessageInput, type Messages } from './index.js';
import type { PlanField } from './plan.js';

/** Where a field of a message stands, as the table says: pass it to `MessageWriter.put`. */
export interface Place {
  readonly at: number;
  readonly size: number;
}

/**
 * Writes one message of a decoder many times over, quickly: the table's encoder makes a template with the constant
 * fields once, and each message is the template with unsigned big-endian fields put in at the table's places.
 */
export class MessageWriter<H extends Fields, M extends Messages, N extends keyof M & string> {
  /** Bytes of the message; the same for each. */
  readonly length: number;
  readonly #template: Uint8Array;
  readonly #decoder: Decoder<H, M>;
  readonly #name: N;

  constructor(decoder: Decoder<H, M>, name: N, constants: MessageInput<Decoder<H, M>, N>) {
    this.#decoder = decoder;
    this.#name = name;
    this.#template = encode(decoder, name, constants);
    this.length = this.#template.length;
  }

  /** @throws VenuewireError `VW_SIMULATOR_FIELD` when the message has no such fixed, big-endian field. */
  place(field: string): Place {
    const plan = this.#decoder.plan(this.#decoder.indexOf(this.#name));
    const part = plan.record.byName.get(field) as PlanField | undefined;
    if (part?.kind !== 'field' || part.at < 0 || (part.size > 1 && !part.big)) {
      throw new VenuewireError(
        'VW_SIMULATOR_FIELD',
        `${this.#decoder.id}: ${this.#name} has no fixed big-endian field '${field}'`,
        'Use the encoder of the table for this message.',
      );
    }
    return { at: part.at, size: part.size };
  }

  /** Writes the template at `offset`; `bytes` and `view` are of the same memory. */
  begin(bytes: Uint8Array, offset: number): number {
    const template = this.#template;
    for (let i = 0; i < template.length; i++) bytes[offset + i] = template[i] as number;
    return template.length;
  }
}

/** Writes `value`, a non-negative integer below 2^53, into the field `place` of the message at `offset`. */
export function put(view: DataView, offset: number, place: Place, value: number): void {
  const at = offset + place.at;
  switch (place.size) {
    case 1:
      view.setUint8(at, value);
      return;
    case 2:
      view.setUint16(at, value);
      return;
    case 4:
      view.setUint32(at, value);
      return;
    case 6:
      view.setUint16(at, Math.floor(value / 0x1_0000_0000));
      view.setUint32(at + 2, value >>> 0);
      return;
    default:
      view.setUint32(at + place.size - 8, Math.floor(value / 0x1_0000_0000));
      view.setUint32(at + place.size - 4, value >>> 0);
  }
}
