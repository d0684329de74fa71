/**
 * Puts the segments of a capture's TCP flows in order, by the rules of native/io/tcp_flow, and remembers in which packet
 * each byte came.
 */
import type { CapturedPayload } from '../feed/batch.js';

const FIN = 1;
const SYN = 2;
const RESET = 4;

interface Segment {
  /** Position in the flow's buffer of the first byte that was taken of it, and of its payload's first byte. */
  begin: number;
  at: number;
  readonly packet: number;
  readonly time: bigint;
}

/** One direction of a connection: what has come in order and has not been taken yet. */
export class Flow {
  #buffer = Buffer.alloc(4096);
  #length = 0;
  #segments: Segment[] = [];

  /** @param channel `ip:port` of the destination. */
  constructor(readonly channel: string) {}
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
      if (s.begin <= position) return s;
    }
    return this.#segments[0] as Segment;
  }

  /** Adds a payload from its byte `old` on. */
  append(bytes: Uint8Array, old: number, packet: number, time: bigint): void {
    const need = this.#length + bytes.length - old;
    if (need > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(2 * this.#buffer.length, need));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    this.#buffer.set(bytes.subarray(old), this.#length);
    this.#segments.push({ begin: this.#length, at: this.#length - old, packet, time });
    this.#length = need;
  }

  /** Gives up the first `count` bytes. */
  take(count: number): void {
    if (count === 0) return;
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
    for (const s of this.#segments) {
      s.begin -= count;
      s.at -= count;
    }
    while (this.#segments.length > 1 && (this.#segments[1] as Segment).begin <= 0) this.#segments.shift();
    if (this.#length === 0) this.#segments = [];
  }
}

export type FlowEnd = 'fin' | 'reset' | 'replaced' | 'evicted' | 'capture';

export interface FlowSink {
  /** The flow has more bytes than before. */
  bytes(flow: Flow): void;
  /** So many bytes behind those of the flow are not in the capture; `packet` shows it. */
  hole(flow: Flow, bytes: number, packet: number): void;
  /** Nothing more will come. */
  end(flow: Flow, why: FlowEnd): void;
}

/** Bounds of what is remembered; reaching one of the last two gives up the bytes that are waited for. */
export interface FlowLimits {
  /** The longest silent flow makes room for a new one. */
  readonly flows: number;
  /** Of a flow, ahead of missing bytes. */
  readonly heldBytes: number;
  readonly heldSegments: number;
}

interface Held {
  readonly position: number;
  /** Bytes that the segment had, those that the capture left out included. */
  readonly stated: number;
  readonly bytes: Uint8Array;
  readonly packet: number;
  readonly time: bigint;
}

interface State {
  readonly flow: Flow;
  /** FIN or RST was seen: kept to know stragglers by. */
  ended: boolean;
  readonly syn: number | undefined;
  /** Sequence number of the next byte, which is at `position` counted from the first byte of the flow. */
  sequence: number;
  position: number;
  fin: number | undefined;
  lastUse: number;
  heldBytes: number;
  /** By position. */
  held: Held[];
}

/** The flows of a capture, by source and destination. */
export class Flows {
  readonly #flows = new Map<string, State>();
  #use = 0;
  constructor(
    readonly sink: FlowSink,
    readonly limits: FlowLimits = { flows: 256, heldBytes: 256 << 10, heldSegments: 512 },
  ) {}

  /** Takes a TCP segment, also one without payload. */
  add(p: CapturedPayload): void {
    const syn = (p.tcpFlags & SYN) !== 0;
    const reset = (p.tcpFlags & RESET) !== 0;
    const stated = p.view.byteLength + p.missingBytes;
    const key = `${p.source}>${p.destination}`;
    let state = this.#flows.get(key);
    if (state !== undefined && syn && state.syn !== p.tcpSequence) {
      // The same ports, used for another connection.
      if (!state.ended) this.#end(state, 'replaced');
      this.#flows.delete(key);
      state = undefined;
    }
    // Where a flow begins is known from its SYN or, in a capture that starts later, taken from the first payload: an
    // empty segment may be a keep-alive, which bears the number before the next.
    const sequence = (p.tcpSequence + (syn ? 1 : 0)) | 0;
    if (state === undefined) {
      if (reset || (!syn && stated === 0)) return;
      state = this.#make(key, p.destination, sequence, syn ? p.tcpSequence : undefined);
    }
    state.lastUse = ++this.#use;
    if (state.ended) return;
    const position = state.position + ((sequence - state.sequence) | 0);
    if (stated > 0) {
      const bytes = new Uint8Array(p.view.buffer, p.view.byteOffset, p.view.byteLength);
      const segment = { position, stated, bytes, packet: p.number, time: p.time };
      if (position > state.position) this.#hold(state, segment);
      else {
        this.#place(state, segment);
        this.#drain(state);
      }
    }
    if ((p.tcpFlags & FIN) !== 0) state.fin = position + stated;
    if (reset) this.#end(state, 'reset');
    else if (state.fin !== undefined && state.position >= state.fin) this.#end(state, 'fin');
  }

  /** The capture is over: gives up what is missing, passes on what is held, ends every flow. */
  finish(): void {
    for (const state of this.#flows.values()) if (!state.ended) this.#end(state, 'capture');
    this.#flows.clear();
  }

  #make(key: string, channel: string, sequence: number, syn: number | undefined): State {
    if (this.#flows.size >= this.limits.flows) this.#evict();
    const state: State = {
      flow: new Flow(channel),
      ended: false,
      syn,
      sequence,
      position: 0,
      fin: undefined,
      lastUse: 0,
      heldBytes: 0,
      held: [],
    };
    this.#flows.set(key, state);
    return state;
  }

  #evict(): void {
    const [key, state] = [...this.#flows].reduce((a, b) => {
      if (a[1].ended !== b[1].ended) return a[1].ended ? a : b;
      return a[1].lastUse < b[1].lastUse ? a : b;
    });
    if (!state.ended) this.#end(state, 'evicted');
    this.#flows.delete(key);
  }

  #advance(state: State, bytes: number): void {
    state.position += bytes;
    state.sequence = (state.sequence + bytes) | 0;
  }

  #hole(state: State, bytes: number, packet: number): void {
    this.#advance(state, bytes);
    this.sink.hole(state.flow, bytes, packet);
  }

  /** Passes on what is new of a segment that begins at or before the next byte. */
  #place(state: State, { position, stated, bytes, packet, time }: Held): void {
    const old = state.position - position;
    if (old >= stated) return;
    const fresh = Math.max(0, bytes.length - old);
    if (fresh > 0) {
      this.#advance(state, fresh);
      state.flow.append(bytes, old, packet, time);
      this.sink.bytes(state.flow);
    }
    // The capture kept only the head of the segment.
    if (stated - old > fresh) this.#hole(state, stated - old - fresh, packet);
  }

  #hold(state: State, segment: Held): void {
    const { held } = state;
    let at = held.findIndex((h) => h.position >= segment.position);
    if (at < 0) at = held.length;
    const there = held[at];
    if (there?.position === segment.position && there.stated >= segment.stated) return;
    held.splice(at, 0, { ...segment, bytes: segment.bytes.slice() });
    state.heldBytes += segment.bytes.length;
    while (state.heldBytes > this.limits.heldBytes || state.held.length > this.limits.heldSegments) this.#giveUp(state);
  }

  /** Passes on the held segments that have become contiguous. */
  #drain(state: State): void {
    for (let next = state.held[0]; next !== undefined && next.position <= state.position; next = state.held[0]) {
      state.held.shift();
      state.heldBytes -= next.bytes.length;
      this.#place(state, next);
    }
  }

  /** Waits no longer for the bytes before the first held segment. */
  #giveUp(state: State): void {
    const first = state.held[0] as Held;
    this.#hole(state, first.position - state.position, first.packet);
    this.#drain(state);
  }

  #end(state: State, why: FlowEnd): void {
    while (state.held.length > 0) this.#giveUp(state);
    state.ended = true;
    this.sink.end(state.flow, why);
  }
}
