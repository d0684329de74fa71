import { moldudp64 } from '../decoders/moldudp64.js';
import { MessageWriter, put } from '../layout/message-writer.js';
import type { VenueHistory } from './history.js';
import type { FeedFraming } from './publisher.js';
import type { Random } from './random.js';
import { Agenda, type Connection, planAnswer, Quota, type ServerFaults, type SimulatedServer } from './server.js';
import type { VenueState } from './venue-state.js';

const END_OF_SESSION = 0xffff;

/** MoldUDP64 1.00 packets, by the moldudp64 table. Sequence numbers are those of the first message, or the next. */
export class MoldUdp64Framing implements FeedFraming {
  readonly headerLength: number;
  readonly countMax = END_OF_SESSION - 1;
  readonly #header: MessageWriter<(typeof moldudp64)['header'], (typeof moldudp64)['messages'], 'requestPacket'>;
  readonly #sequence;
  readonly #count;

  constructor(readonly session: string) {
    this.#header = new MessageWriter(moldudp64, 'requestPacket', { session });
    this.#sequence = this.#header.place('sequenceNumber');
    this.#count = this.#header.place('messageCount');
    this.headerLength = this.#header.length;
  }

  #packet(sequence: number, count: number, body: number): Uint8Array {
    const bytes = new Uint8Array(this.headerLength + body);
    const view = new DataView(bytes.buffer);
    this.#header.begin(bytes, 0);
    put(view, 0, this.#sequence, sequence);
    put(view, 0, this.#count, count);
    return bytes;
  }

  packet(history: VenueHistory, begin: number, end: number): Uint8Array {
    const blocks = history.blocks(begin, end);
    const bytes = this.#packet(begin, end - begin, blocks.length);
    bytes.set(blocks, this.headerLength);
    return bytes;
  }

  heartbeat(_history: VenueHistory, next: number): Uint8Array {
    return this.#packet(next, 0, 0);
  }

  endOfSession(_history: VenueHistory, next: number): Uint8Array {
    return this.#packet(next, END_OF_SESSION, 0);
  }
}

/** Options of `MoldUdp64Server`. */
export interface MoldUdp64ServerOptions {
  readonly faults?: ServerFaults;
  /** Most bytes of an answer, which is one datagram; default 1,400. */
  readonly packetBytes?: number;
}

/**
 * A MoldUDP64 re-request server: answers a request with one packet of as many whole messages as fit, sent to where the
 * request came from. What it cannot serve, or was asked for another session, it leaves unanswered: there is no reject.
 */
export class MoldUdp64Server implements SimulatedServer {
  readonly transport = 'udp';
  /** Requests that came, and those that were answered at all. */
  requests = 0;
  answered = 0;
  /** The latest requests as they were asked, newest last, at most 1,000. */
  readonly asked: {
    readonly session: string;
    readonly begin: number;
    readonly count: number;
    readonly timeNs: number;
  }[] = [];
  readonly #state: VenueState;
  readonly #random: Random;
  readonly #faults: ServerFaults;
  readonly #framing: MoldUdp64Framing;
  readonly #foreign: MoldUdp64Framing;
  readonly #bytesMax: number;
  readonly #quota: Quota;
  readonly #agenda = new Agenda();
  readonly #view = moldudp64.view('requestPacket');
  readonly #requestIndex = moldudp64.indexOf('requestPacket');

  constructor(state: VenueState, random: Random, options: MoldUdp64ServerOptions = {}) {
    this.#state = state;
    this.#random = random;
    this.#faults = options.faults ?? {};
    this.#framing = new MoldUdp64Framing(state.history.session);
    this.#foreign = new MoldUdp64Framing('OTHER00001');
    this.#bytesMax = (options.packetBytes ?? 1_400) - this.#framing.headerLength;
    this.#quota = new Quota(this.#faults.quota);
  }

  onConnect(): boolean {
    return true;
  }

  onClose(): void {}

  onData(connection: Connection, bytes: Uint8Array, nowNs: number): void {
    const { history } = this.#state;
    if (moldudp64.lengthCheck(this.#requestIndex, bytes.length) !== 'ok') return;
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const request = this.#view.bind(data, 0, bytes.length);
    const begin = Number(request.sequenceNumber);
    const count = request.messageCount;
    this.requests++;
    this.asked.push({ session: request.session, begin, count, timeNs: nowNs });
    if (this.asked.length > 1_000) this.asked.shift();
    if (request.session.trim() !== history.session.trim() || !this.#quota.take(nowNs)) return;
    const bounds = { oldest: this.#state.oldest(this.#faults.cacheDepth ?? Infinity), next: this.#state.next };
    const fits =
      begin >= history.first ? history.fitting(begin, Math.min(begin + count, bounds.next), this.#bytesMax) : 0;
    const answer = planAnswer(begin, begin + fits, bounds, this.#faults, this.#random);
    if (answer === null) return;
    this.answered++;
    for (const piece of answer.pieces) {
      const framing = piece.foreign ? this.#foreign : this.#framing;
      const end = piece.begin + Math.max(1, history.fitting(piece.begin, piece.end, this.#bytesMax));
      const packet = framing.packet(history, piece.begin, end);
      if (piece.delayNs === 0) connection.send(packet);
      else this.#agenda.at(nowNs + piece.delayNs, () => connection.send(packet));
    }
  }

  onTick(nowNs: number): number {
    this.#agenda.run(nowNs);
    return this.#agenda.dueNs;
  }
}
