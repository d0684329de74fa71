/** The messages of a capture: packets by their framing, TCP flows put together, everything that is broken told once. */

import { VenuewireError } from '../errors.js';
import type { CapturedPayload } from '../feed/batch.js';
import type { Leaf } from '../layout/index.js';
import { defineFraming, type Framing } from '../patterns/framing.js';
import { findFraming, framingOf } from '../patterns/framings.js';
import { type FrameLeaves, frameLeaves } from './frame-leaves.js';
import { EMPTY_DATAGRAM, FramingReader, tableLengths } from './framing-reader.js';
import { type Decoder, recordViews, type View } from './record-views.js';
import { type Flow, type FlowEnd, type FlowSink, Flows } from './tcp-flows.js';

/** What carries a feed's messages over TCP, where its datagrams have another framing. */
const OVER_TCP: Readonly<Record<string, string>> = { moldudp64: 'soupbintcp', 'cme-mdp3': 'cme-tcp' };

/** In a stream that is out of step, so many bytes are looked through again when more have come. */
const SEARCHED_BYTES = 1 << 16;

/** A message table that frames itself: each message begins with its length. */
function selfFraming(decoder: Decoder): Framing {
  const length = decoder.lengthField && decoder.headerPlan.byName.get(decoder.lengthField.name);
  if (length?.kind !== 'field' || decoder.lengthField === undefined) {
    throw new VenuewireError(
      'VW_FRAMING_UNKNOWN',
      `${decoder.id} does not say how its messages are framed`,
      'Name a framing: --framing ID (venuewire list framings).',
    );
  }
  const place = {
    offset: length.at,
    size: length.size,
    byteOrder: length.big ? ('big' as const) : ('little' as const),
    excludes: decoder.lengthField.excludes,
  };
  return defineFraming({
    id: `${decoder.id}-stream`,
    byteOrder: decoder.byteOrder,
    headerLength: 0,
    shortestPacket: length.at + length.size,
    packetLength: place,
    manyPackets: true,
  });
}

/** The framings for datagrams and for streams. */
export function framingsFor(
  decoder: Decoder,
  asked: Framing | 'stream' | undefined,
): { readonly udp: Framing; readonly tcp: Framing } {
  if (asked !== undefined && asked !== 'stream') {
    return { udp: asked, tcp: asked };
  }
  if (decoder.framing === 'stream') {
    const framing = selfFraming(decoder);
    return { udp: framing, tcp: framing };
  }
  const udp = framingOf(decoder);
  if (udp === undefined) {
    throw new VenuewireError(
      'VW_FRAMING_UNKNOWN',
      `there is no framing '${decoder.framing}', which ${decoder.id} names`,
      'Name a framing: --framing ID (venuewire list framings).',
    );
  }
  return { udp, tcp: findFraming(OVER_TCP[udp.id] ?? '') ?? udp };
}

/** Tells what is broken: the first ones each on a line, then only their number. */
export class Findings {
  static readonly SHOWN = 20;
  broken = 0;
  unknown = 0;
  truncated = 0;
  holes = 0;
  readonly #counts = new Map<string, number>();
  constructor(readonly write: (line: string) => void) {}

  packet(number: number, channel: string, what: string): void {
    if (this.broken++ < Findings.SHOWN) this.write(`packet ${number} (${channel}): ${what}`);
  }
  /** Bytes of a TCP stream that are not in the capture. */
  hole(number: number, channel: string, bytes: number): void {
    const what = `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} of the TCP stream are missing here; looking for the next packet`;
    if (this.holes++ < Findings.SHOWN) this.write(`packet ${number} (${channel}): ${what}`);
  }
  unknownType(number: number, channel: string, what: string): void {
    const seen = this.#counts.get(what) ?? 0;
    this.#counts.set(what, seen + 1);
    this.unknown++;
    if (seen === 0 && this.#counts.size <= Findings.SHOWN) this.write(`packet ${number} (${channel}): ${what}`);
  }
  get any(): boolean {
    return this.broken + this.unknown + this.truncated + this.holes > 0;
  }
  /** The count at the end; empty when nothing was found. */
  get summary(): string {
    const parts: string[] = [];
    const say = (n: number, one: string, more: string) => n > 0 && parts.push(`${n} ${n === 1 ? one : more}`);
    say(this.broken, 'broken packet', 'broken packets');
    say(this.unknown, 'message of an unknown type', 'messages of unknown types');
    say(this.truncated, 'packet cut short by the capture', 'packets cut short by the capture');
    say(this.holes, 'hole in a TCP stream', 'holes in TCP streams');
    return parts.join(', ');
  }
}

/** Where a message was found, and what it says. */
export interface Found {
  readonly packet: number;
  /** Nanoseconds since the Unix epoch. */
  readonly time: bigint;
  /** Destination `ip:port`. */
  readonly channel: string;
  readonly sequence: bigint;
  readonly view: View;
  /** Position of the transport payload's first byte in the view's buffer. */
  readonly base: number;
  /** What framed it, and where its packet begins in the view's buffer; undefined for messages that nothing frames. */
  readonly frame: FrameLeaves | undefined;
  readonly packetAt: number;
}

/** What a message looks like to whoever reads the capture; reused for the next one. */
export interface MutableFound extends Found {
  packet: number;
  time: bigint;
  channel: string;
  sequence: bigint;
  view: View;
  base: number;
  frame: FrameLeaves | undefined;
  packetAt: number;
  /** Bytes of the message. */
  length: number;
  index: number;
}

interface FlowState {
  /** The stream has been seen to hold packets where they are expected. */
  inStep: boolean;
  told: boolean;
}

const ENDS: Readonly<Record<FlowEnd, string>> = {
  fin: 'the connection ends',
  reset: 'the connection is reset',
  replaced: 'another connection begins',
  evicted: 'too many connections are open; this one is left',
  capture: 'the capture ends',
};

/** Reads packets and calls `message` for each of their messages. */
export class Messages implements FlowSink {
  readonly #views: (index: number) => View;
  readonly #udp: FramingReader;
  readonly #tcp: FramingReader;
  readonly #udpFrame: FrameLeaves;
  readonly #tcpFrame: FrameLeaves;
  readonly #startsPacket: (view: DataView, at: number, end: number) => boolean;
  readonly #flows = new Flows(this);
  readonly #states = new WeakMap<Flow, FlowState>();
  readonly #found: MutableFound;
  #fileMessages = 0n;

  constructor(
    readonly decoder: Decoder,
    framing: { readonly udp: Framing; readonly tcp: Framing },
    readonly findings: Findings,
    readonly message: (found: MutableFound) => void,
    readonly port: number | undefined,
    /** Called for a packet that is a header and nothing else, where the header is the message's own (MACH heartbeats). */
    readonly idle?: (packet: number, kind: string, leaves: readonly Leaf[]) => void,
  ) {
    this.#views = recordViews(decoder);
    const tableLength = tableLengths(decoder);
    this.#udp = new FramingReader(framing.udp, { tableLength });
    this.#tcp = new FramingReader(framing.tcp, { tableLength });
    this.#udpFrame = frameLeaves(framing.udp);
    this.#tcpFrame = frameLeaves(framing.tcp);
    this.#startsPacket = packetTypes(framing.tcp);
    this.#found = {
      packet: 0,
      time: 0n,
      channel: '',
      sequence: 0n,
      view: undefined as unknown as View,
      base: 0,
      frame: undefined,
      packetAt: 0,
      length: 0,
      index: 0,
    };
  }

  packet(p: CapturedPayload): void {
    if (this.port !== undefined && p.destinationPort !== this.port && !p.source.endsWith(`:${this.port}`)) return;
    if (p.truncated) this.findings.truncated++;
    const found = this.#found;
    found.packet = p.number;
    found.time = p.time;
    found.channel = p.destination;
    if (p.transport === 'udp') {
      this.#datagram(p);
    } else if (p.transport === 'file') {
      found.channel = 'file';
      found.base = 0;
      found.frame = undefined;
      this.#one(p.view, 0, p.view.byteLength, ++this.#fileMessages);
    } else {
      this.#flows.add(p);
    }
  }

  /** Reads what has been waiting for more. */
  finish(): void {
    this.#flows.finish();
  }

  /** For the flow. */
  bytes(flow: Flow): void {
    this.#stream(flow, false);
  }
  /** For the flow. What is left of the packet before the hole is no use without the rest. */
  hole(flow: Flow, bytes: number, packet: number): void {
    this.#stream(flow, true);
    this.findings.hole(packet, flow.channel, bytes);
    flow.take(flow.length);
    this.#states.set(flow, { inStep: false, told: true });
  }
  /** For the flow. */
  end(flow: Flow, why: FlowEnd): void {
    this.#stream(flow, true);
    if (flow.length === 0) return;
    const { packet } = flow.segmentAt(0);
    this.findings.packet(packet, flow.channel, `${ENDS[why]} ${flow.length} bytes into a message`);
    flow.take(flow.length);
  }

  #datagram(p: CapturedPayload): void {
    const { view } = p;
    const end = view.byteLength;
    if (end === 0) this.findings.packet(p.number, p.destination, EMPTY_DATAGRAM);
    this.#found.base = 0;
    this.#found.frame = this.#udpFrame;
    for (let at = 0; at < end; ) {
      const next = this.#udp.read(view, at, end);
      if (next < 0) {
        this.findings.packet(p.number, p.destination, this.#udp.problem);
        return;
      }
      this.#found.packetAt = at;
      this.#messages(this.#udp, view);
      if (this.idle !== undefined && this.#udp.packet.body === this.#udp.packet.end) {
        const { before } = this.#udpFrame(view, at, at, at, 0);
        if (before.length > 0) this.idle(p.number, this.#udp.packet.kind, before);
      }
      at = next;
    }
  }

  #messages(framer: FramingReader, view: DataView): void {
    const whole = framer.messages(view, (at, length, sequence) => this.#one(view, at, length, sequence));
    if (!whole) this.findings.packet(this.#found.packet, this.#found.channel, framer.problem);
  }

  #stream(flow: Flow, over: boolean): void {
    const state = this.#states.get(flow) ?? { inStep: false, told: false };
    this.#states.set(flow, state);
    const found = this.#found;
    const framer = this.#tcp;
    const { view } = flow;
    const end = flow.length;
    found.channel = flow.channel;
    let at = 0;
    while (at < end) {
      const size = framer.tellsSize ? framer.streamSize(view, at, end) : end - at;
      const waits = size === 0 || size > end - at;
      if (waits && state.inStep) break;
      if (waits || size < 0 || (!state.inStep && !this.#plausible(framer, view, at, at + size))) {
        const next = this.#next(flow, at + 1);
        // What does not look like packets yet may be the beginning of one.
        if (next === end && !over && end - at < SEARCHED_BYTES) break;
        if (!state.told) {
          const { packet } = flow.segmentAt(at);
          const what = `no packet of ${framer.framing.id} begins here; looking for the next one`;
          this.findings.packet(packet, flow.channel, what);
        }
        state.told = true;
        state.inStep = false;
        at = next;
        continue;
      }
      state.inStep = true;
      state.told = false;
      const segment = flow.segmentAt(at);
      found.packet = segment.packet;
      found.time = segment.time;
      found.base = segment.at;
      found.frame = this.#tcpFrame;
      found.packetAt = at;
      if (framer.read(view, at, at + size) < 0) this.findings.packet(segment.packet, flow.channel, framer.problem);
      else {
        const whole = framer.messages(view, (from, length, sequence) => {
          const begins = flow.segmentAt(from);
          found.packet = begins.packet;
          found.time = begins.time;
          found.base = begins.at;
          this.#one(view, from, length, sequence);
        });
        if (!whole) this.findings.packet(segment.packet, flow.channel, framer.problem);
      }
      at += size;
    }
    flow.take(at);
  }

  /**
   * Where the next packet begins, from `at` on: where two follow each other, or one ends with the stream. The end when
   * there is none.
   */
  #next(flow: Flow, at: number): number {
    const framer = this.#tcp;
    const { view } = flow;
    const end = flow.length;
    if (!framer.tellsSize) return end;
    for (let from = at; from < end; from++) {
      if (!this.#startsPacket(view, from, end)) continue;
      const size = framer.streamSize(view, from, end);
      if (size <= 0 || from + size > end || !this.#plausible(framer, view, from, from + size)) continue;
      const behind = from + size;
      if (behind === end) return from;
      const second = framer.streamSize(view, behind, end);
      if (second > 0 && this.#startsPacket(view, behind, end)) return from;
    }
    return end;
  }

  /** Whether a packet begins here, in a stream that may have been met in the middle of one. */
  #plausible(framer: FramingReader, view: DataView, at: number, end: number): boolean {
    if (!this.#startsPacket(view, at, end) || framer.read(view, at, end) < 0) return false;
    let known = true;
    const whole = framer.messages(view, (from, length) => {
      const index = this.decoder.messageIndex(view, from, length);
      if (index < 0 || this.decoder.lengthCheck(index, length) === 'tooShort') known = false;
    });
    return whole && known;
  }

  #one(view: DataView, at: number, length: number, sequence: bigint): void {
    const { decoder } = this;
    const found = this.#found;
    const index = decoder.messageIndex(view, at, length);
    if (index < 0) {
      this.findings.unknownType(
        found.packet,
        found.channel,
        `${decoder.id} has no message ${typeText(decoder, view, at, length)}`,
      );
      return;
    }
    const check = decoder.lengthCheck(index, length);
    if (check !== 'ok') {
      this.findings.packet(
        found.packet,
        found.channel,
        `${length} bytes are ${check === 'tooShort' ? 'too few' : 'too many'} for ${decoder.names[index]}`,
      );
      return;
    }
    found.sequence = sequence;
    found.length = length;
    found.index = index;
    found.view = this.#views(index).bind(view, at, length);
    try {
      this.message(found);
    } catch (error) {
      if (!(error instanceof VenuewireError) || error.code !== 'VW_MESSAGE_MALFORMED') throw error;
      this.findings.packet(found.packet, found.channel, error.message);
    }
  }
}

/** Whether the packet has one of the types that the framing knows, where it tells packets apart by one character. */
function packetTypes(f: Framing): (view: DataView, at: number, end: number) => boolean {
  const place = f.kinds[0]?.when;
  if (place?.offset === undefined || place.size !== 1 || !f.kinds.some((k) => k.is === 'data')) return () => true;
  const { offset } = place;
  const types = new Set(
    f.kinds.map(({ when: { equals } }) => (typeof equals === 'string' ? equals.charCodeAt(0) : equals)),
  );
  return (view, at, end) => at + offset < end && types.has(view.getUint8(at + offset));
}

function typeText(decoder: Decoder, view: DataView, at: number, length: number): string {
  const types = decoder.messageType.map((name) => decoder.headerPlan.byName.get(name));
  const parts = types.map((p) => {
    if (p?.kind !== 'field' || p.at + p.size > length) return '(the bytes end before it)';
    if (p.wire === 'uint' || p.wire === 'int') {
      let value = 0;
      for (let i = 0; i < p.size; i++) value = value * 256 + view.getUint8(at + p.at + (p.big ? i : p.size - 1 - i));
      return String(value);
    }
    let text = '';
    for (let i = 0; i < p.size; i++) text += String.fromCharCode(view.getUint8(at + p.at + i));
    return JSON.stringify(text);
  });
  return parts.length > 0 ? `of type ${parts.join(' ')}` : 'that its bytes select';
}
