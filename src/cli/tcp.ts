/** Puts the segments of a capture's TCP flows together, and remembers in which packet each byte came. */
import type { CapturedPayload } from '../feed/batch.js';

interface Segment {
  /** Position of its first byte in the flow's buffer. */
  at: number;
  readonly packet: number;
  readonly time: bigint;
}

/** One direction of a connection: what has come and has not been taken yet. */
export class Flow {
  readonly channel: string;
  #buffer = Buffer.alloc(4096);
  #length = 0;
  #segments: Segment[] = [];

  constructor(channel: string) {
    this.channel = channel;
  }
  get length(): number {
    return this.#length;
  }
  get view(): DataView {
    return new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#length);
  }
  /** The segment that brought the byte at `position`. */
  segmentAt(position: number): Segment {
    const { length } = this.#segments;
    for (let i = length - 1; i >= 0; i--) {
      const s = this.#segments[i] as Segment;
      if (s.at <= position) return s;
    }
    return this.#segments[0] as Segment;
  }
  /** Adds a segment behind what has come. */
  add(p: CapturedPayload): void {
    this.#append(new Uint8Array(p.view.buffer, p.view.byteOffset, p.view.byteLength), p.number, p.time);
  }

  #append(bytes: Uint8Array, packet: number, time: bigint): void {
    if (bytes.length === 0) return;
    const need = this.#length + bytes.length;
    if (need > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(2 * this.#buffer.length, need));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#segments.push({ at: this.#length, packet, time });
    this.#length = need;
  }

  /** Gives up the first `count` bytes. */
  take(count: number): void {
    if (count === 0) return;
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
    for (const s of this.#segments) s.at -= count;
    while (this.#segments.length > 1 && (this.#segments[1] as Segment).at <= 0) this.#segments.shift();
    if (this.#length === 0) this.#segments = [];
  }
}

/** The flows of a capture, by source and destination. */
export class Flows {
  readonly #flows = new Map<string, Flow>();
  add(p: CapturedPayload): Flow {
    const key = `${p.source}>${p.destination}`;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      flow = new Flow(p.destination);
      this.#flows.set(key, flow);
    }
    flow.add(p);
    return flow;
  }
  [Symbol.iterator](): IterableIterator<Flow> {
    return this.#flows.values();
  }
}
