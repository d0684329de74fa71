/** MoldUDP64 as a proxy speaks it: requests answered, and the session sent out again as packets. */
import { moldudp64 } from '../decoders/moldudp64.js';
import { MessageWriter, put } from '../layout/message-writer.js';
import type { Consumer, Consumers } from './consumers.js';
import type { Chunk, Day, Days } from './day.js';

const END_OF_SESSION = 0xffff;
export const COUNT_MOST = END_OF_SESSION - 1;

/** Packets of a session, by the moldudp64 table. */
export class MoldUdp64Packets {
  readonly headerBytes: number;
  readonly #header: MessageWriter<(typeof moldudp64)['header'], (typeof moldudp64)['messages'], 'requestPacket'>;
  readonly #sequence;
  readonly #count;

  constructor(readonly session: string) {
    this.#header = new MessageWriter(moldudp64, 'requestPacket', { session });
    this.#sequence = this.#header.place('sequenceNumber');
    this.#count = this.#header.place('messageCount');
    this.headerBytes = this.#header.length;
  }
  #packet(sequence: number, count: number, body: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(this.headerBytes + body.length);
    const view = new DataView(bytes.buffer);
    this.#header.begin(bytes, 0);
    put(view, 0, this.#sequence, sequence);
    put(view, 0, this.#count, count);
    bytes.set(body, this.headerBytes);
    return bytes;
  }
  /** Messages from number `begin` on, at most `count`, as many as the packet holds; one, where that is longer. */
  of(chunk: Chunk, begin: number, count: number, packetBytes: number): { bytes: Uint8Array; end: number } {
    const most = Math.min(count, COUNT_MOST);
    const end = begin + Math.max(1, chunk.fitting(begin, most, packetBytes - this.headerBytes));
    return { bytes: this.#packet(begin, end - begin, chunk.blocks(begin, end)), end };
  }
  heartbeat(next: number): Uint8Array {
    return this.#packet(next, 0, NOTHING);
  }
  endOfSession(next: number): Uint8Array {
    return this.#packet(next, END_OF_SESSION, NOTHING);
  }
}
const NOTHING = new Uint8Array(0);

/** The latest packets' maker of a session is kept. */
export class PacketsOf {
  #packets: MoldUdp64Packets | undefined;
  session(session: string): MoldUdp64Packets {
    if (this.#packets?.session !== session) this.#packets = new MoldUdp64Packets(session);
    return this.#packets;
  }
}

/** Sends a datagram to whom a request came from. */
export type Answer = (bytes: Uint8Array) => void;

interface Waiting {
  readonly day: Day;
  readonly begin: number;
  readonly count: number;
  readonly untilNs: number;
  readonly answer: Answer;
  readonly consumer: Consumer;
}

export interface MoldUdp64ServerOptions {
  /** Most bytes of an answer, which is one datagram. */
  readonly packetBytes: number;
  /** A request for what the proxy itself waits for is kept so long; who asks again meanwhile is answered once. */
  readonly waitNs: number;
  readonly waitingMost: number;
}

/**
 * Answers requests with one packet of as many whole messages as fit. What the proxy does not have yet is answered when it
 * comes: it is fetched from the venue once, for everybody. What it will never have is left unanswered: there is no reject.
 */
export class ProxyMoldUdp64Server {
  readonly counts = {
    requests: 0,
    // Each request is in one of these, or waits.
    answered: 0,
    malformed: 0,
    otherSession: 0,
    stranger: 0,
    refused: 0,
    gone: 0,
    repeated: 0,
    waitedInVain: 0,
    // Of those that were answered: what waited, and all messages.
    waited: 0,
    messages: 0,
  };
  readonly #packets = new PacketsOf();
  readonly #view = moldudp64.view('requestPacket');
  readonly #index = moldudp64.indexOf('requestPacket');
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    readonly days: Days,
    readonly consumers: Consumers,
    readonly options: MoldUdp64ServerOptions,
  ) {}

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @param from `address:port`. */
  request(bytes: Uint8Array, address: string, from: string, nowNs: number, answer: Answer): void {
    const { counts } = this;
    counts.requests++;
    if (moldudp64.lengthCheck(this.#index, bytes.length) !== 'ok') {
      counts.malformed++;
      return;
    }
    const consumer = this.consumers.from(address);
    if (consumer === undefined) {
      counts.stranger++;
      return;
    }
    consumer.counts.requests++;
    if (!consumer.mayAsk(address, nowNs)) {
      counts.refused++;
      consumer.counts.refused++;
      return;
    }
    const request = this.#view.bind(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    const day = this.days.of(request.session.trim());
    if (day === undefined || day.session === '') {
      counts.otherSession++;
      return;
    }
    const asked = { day, begin: Number(request.sequenceNumber), count: request.messageCount, answer, consumer };
    if (asked.count === 0) {
      counts.malformed++;
      return;
    }
    if (this.#serve(asked)) return;
    if (asked.begin < day.next || day.over) {
      counts.gone++;
      return;
    }
    this.#wait(`${from}/${asked.begin}`, { ...asked, untilNs: nowNs + this.options.waitNs });
  }

  /** False: the first message that is wanted is not there. */
  #serve(asked: Omit<Waiting, 'untilNs'>): boolean {
    const { day, begin, count, answer, consumer } = asked;
    const chunk = day.chunkOf(begin);
    if (chunk === undefined) return false;
    const found = day.read(chunk);
    if (found instanceof Promise) {
      found.then(
        () => this.#serve(asked),
        () => {
          this.counts.gone++;
        },
      );
      return true;
    }
    const { bytes, end } = this.#packets.session(day.session).of(found, begin, count, this.options.packetBytes);
    this.counts.answered++;
    this.counts.messages += end - begin;
    consumer.counts.answered++;
    consumer.counts.messages += end - begin;
    answer(bytes);
    return true;
  }

  #wait(key: string, asked: Waiting): void {
    if (this.#waiting.has(key)) this.counts.repeated++;
    else if (this.#waiting.size >= this.options.waitingMost) {
      this.#waiting.delete(this.#waiting.keys().next().value as string);
      this.counts.waitedInVain++;
    }
    this.#waiting.set(key, asked);
  }

  /** More has come, or time has passed: what can be answered is. */
  service(nowNs: number): void {
    for (const [key, asked] of this.#waiting) {
      const isOver = nowNs >= asked.untilNs;
      if (!isOver && asked.begin >= asked.day.next) continue;
      this.#waiting.delete(key);
      if (this.#serve(asked)) this.counts.waited++;
      else this.counts.waitedInVain++;
    }
  }
}
