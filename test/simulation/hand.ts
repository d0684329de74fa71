import { CHANNEL_COUNTERS, FEED_COUNTERS } from '../../src/contract.js';
import { moldudp64 } from '../../src/decoders/moldudp64.js';
import { compileVenue } from '../../src/feed/compile.js';
import { Ring } from '../../src/feed/ring.js';
import { encode } from '../../src/layout/index.js';
import { type HostAction, type NativeSession, native } from '../../src/native.js';
import type { Venue } from '../../src/patterns/index.js';
import { CheckingConsumer } from '../../src/simulator/consumer.js';
import { VenueHistory } from '../../src/simulator/history.js';
import { ItchGenerator } from '../../src/simulator/itch-generator.js';
import { simulatedTotalView } from '../../src/simulator/scenario.js';

export const MS = 1e6;
export const SESSION = 'SIM0000001';

/** The core with hand-made packets and a clock that only moves when told to. */
export class Hand {
  nowNs = 1_000 * MS;
  readonly history: VenueHistory;
  readonly session: NativeSession;
  readonly consumer: CheckingConsumer;
  readonly ring: Ring;
  /** Numbers delivered, in order. */
  readonly delivered: number[] = [];
  #deadlineNs = 0;

  constructor(venue: Venue = simulatedTotalView({ recovery: ['rerequest'], join: 'live' })) {
    this.history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 2, messages: 500 }), {
      session: SESSION,
    });
    const addon = native();
    const compiled = compileVenue(venue);
    this.ring = new Ring(1, 1 << 17, addon);
    this.session = new addon.Session(compiled.spec, this.ring.bytes, this.ring.dataAt, this.ring.dataBytes);
    this.consumer = new CheckingConsumer(this.ring, compiled.decoder);
  }

  /** A MoldUDP64 packet of messages [begin, end). */
  bytes(begin: number, end: number, header: { session?: string; messageCount?: number } = {}): Uint8Array {
    const { session = SESSION, messageCount } = header;
    const head = encode(moldudp64, 'requestPacket', {
      session,
      sequenceNumber: BigInt(begin),
      messageCount: messageCount ?? end - begin,
    });
    const body = end > begin ? this.history.blocks(begin, end) : new Uint8Array(0);
    const packet = new Uint8Array(head.length + body.length);
    packet.set(head);
    packet.set(body, head.length);
    return packet;
  }

  /** Messages [begin, end) on a line. */
  line(line: number, begin: number, end: number, header: { session?: string; messageCount?: number } = {}): void {
    this.session.datagram(line, this.bytes(begin, end, header), this.nowNs, this.nowNs);
  }

  heartbeat(line: number, next: number): void {
    this.line(line, next, next);
  }

  /** An answer from the first requester's server. */
  reply(bytes: Uint8Array, requester = 0): void {
    this.session.received(requester, bytes, this.nowNs);
  }

  /** Runs the core now; connections are made at once. Returns what was sent to servers. */
  service(): HostAction[] {
    const sent: HostAction[] = [];
    for (let round = 0; round < 16; round++) {
      this.#deadlineNs = this.session.service(this.nowNs);
      this.consumer.drain();
      const actions = this.session.actions();
      if (actions.length === 0) return sent;
      for (const action of actions) {
        if (action.kind === 'connect') this.session.connected(action.requester, this.nowNs);
        else sent.push(action);
      }
    }
    return sent;
  }

  /** Moves the clock on, stopping whenever the core wants to be served. */
  pass(ns: number): HostAction[] {
    const until = this.nowNs + ns;
    const sent: HostAction[] = this.service();
    while (this.#deadlineNs <= until) {
      this.nowNs = Math.max(this.#deadlineNs, this.nowNs + 1_000);
      sent.push(...this.service());
    }
    this.nowNs = until;
    sent.push(...this.service());
    return sent;
  }

  counter(name: string): number {
    this.session.updateGauges();
    const at = CHANNEL_COUNTERS.findIndex((c) => c.name === name);
    return Number(this.ring.counter(FEED_COUNTERS.length + at));
  }

  /** Notices so far, as text: `gapOpened 5-8`. */
  notices(): string[] {
    return this.consumer.notices.map(
      (n) => `${n.type} ${n.begin}-${n.end}${n.reason === 'none' ? '' : ` ${n.reason}`}`,
    );
  }
}

/** What a MoldUDP64 request asks for. */
export function asked(action: HostAction | undefined): { session: string; begin: number; count: number } {
  if (action?.kind !== 'send') throw new Error(`Expected a request, got ${action?.kind ?? 'nothing'}`);
  const { bytes } = action;
  const view = moldudp64.view('requestPacket').bind(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  return { session: view.session, begin: Number(view.sequenceNumber), count: view.messageCount };
}
