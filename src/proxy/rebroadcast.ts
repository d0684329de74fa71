/** A session sent out again: arbitrated, without gaps, as MoldUDP64 packets to one group. */
import type { Socket } from 'node:dgram';
import type { Day } from './day.js';
import { COUNT_MOST, PacketsOf } from './mold-udp64.js';

const HEARTBEAT_NS = 1e9;
const END_PACKETS = 3;
/** What the socket has not sent yet, in packets: then the sender waits, and the day keeps what is to come. */
const SENDING_MOST = 1_024;

export interface RebroadcastTo {
  readonly host: string;
  readonly port: number;
  readonly packetBytes: number;
}

export class Rebroadcast {
  readonly counts = { packets: 0, messages: 0, failed: 0 };
  readonly #packets = new PacketsOf();
  #session: string;
  #next: number;
  #sending = 0;
  #sentNs = 0;
  #ends = 0;

  constructor(
    readonly socket: Socket,
    readonly day: Day,
    readonly to: RebroadcastTo,
  ) {
    // Who wants what was before it asks.
    this.#session = day.session;
    this.#next = day.next;
  }

  /** Sends what has come since, as far as the socket takes it. */
  send(nowNs: number): void {
    const { day, to } = this;
    if (day.session !== this.#session) this.#begin();
    while (this.#sending < SENDING_MOST && this.#next < day.next) {
      // What nobody could get is passed over: who listens sees the gap, and asks in vain, as at the venue.
      const begin = day.firstFrom(this.#next) ?? day.next;
      const chunk = day.chunkOf(begin);
      if (chunk === undefined) {
        this.#next = begin;
        break;
      }
      const found = day.read(chunk);
      if (found instanceof Promise) {
        found.then(
          () => this.send(nowNs),
          () => {},
        );
        break;
      }
      const { bytes, end } = this.#packets.session(day.session).of(found, begin, COUNT_MOST, to.packetBytes);
      this.counts.messages += end - begin;
      this.#next = end;
      this.#put(bytes, nowNs);
    }
  }

  #begin(): void {
    this.#session = this.day.session;
    this.#next = this.day.first;
    this.#ends = 0;
  }

  #put(bytes: Uint8Array, nowNs: number): void {
    this.#sentNs = nowNs;
    this.#sending++;
    this.counts.packets++;
    this.socket.send(bytes, this.to.port, this.to.host, (error) => {
      if (error !== null) this.counts.failed++;
      if (this.#sending-- === SENDING_MOST) this.send(nowNs);
    });
  }

  /** Heartbeats, and the end of the session. */
  tick(nowNs: number): void {
    const { day } = this;
    this.send(nowNs);
    const isQuiet = nowNs - this.#sentNs >= HEARTBEAT_NS;
    const endsNow = day.over && this.#ends === 0;
    if (this.#session === '' || this.#next < day.next || !(isQuiet || endsNow)) return;
    const packets = this.#packets.session(this.#session);
    if (!day.over) this.#put(packets.heartbeat(this.#next), nowNs);
    else if (this.#ends++ < END_PACKETS) this.#put(packets.endOfSession(this.#next), nowNs);
  }
}
