/**
 * SoupBinTCP 3.00 as a proxy speaks it: after the login, the session's messages from the requested number on, and then as
 * they come. A client that does not read is waited for, and costs nobody else anything: all read from one memory.
 */
import { soupbintcp } from '../decoders/soupbintcp.js';
import { encode } from '../layout/index.js';
import { Allowance, type Consumer, type Consumers } from './consumers.js';
import { type Chunk, type Day, type Days, PREFIX_BYTES } from './day.js';

/** What a client's connection can do. */
export interface SoupConnection {
  readonly address: string;
  /** It does not read as fast as it is written to. */
  readonly full: boolean;
  send(bytes: Uint8Array): void;
  close(): void;
}

interface Client {
  readonly connection: SoupConnection;
  received: Uint8Array;
  readonly sinceNs: number;
  heardNs: number;
  sentNs: number;
  consumer: Consumer | undefined;
  allowance: Allowance | undefined;
  day: Day | undefined;
  session: string;
  next: number;
  /** It has been told that the session is over. */
  isOver: boolean;
  /** Woken by the day, or by the log. */
  isWaiting: boolean;
  readonly wake: () => void;
}

const LONGEST_CLIENT_PACKET = 1_024;
const HEARTBEAT_NS = 1e9;
const LOGIN_NS = 30e9;
const SILENCE_NS = 15e9;
/** What one client is sent before the next, and all of them before requests have their turn, in messages. */
const CLIENT_MESSAGES = 512;
const TURN_MESSAGES = 4_096;
const HEAD_BYTES = 3;
const SEQUENCED = 'S'.charCodeAt(0);
const BYTE = 0xff;
/** The packet's own length field does not count itself. */
const TYPE_BYTES = 1;

/** Messages [begin, end) of a chunk as sequenced data packets. */
function sequencedData(chunk: Chunk, begin: number, end: number): Uint8Array {
  const blocks = chunk.blocks(begin, end);
  const out = new Uint8Array(blocks.length + (end - begin) * (HEAD_BYTES - PREFIX_BYTES));
  for (let at = 0, to = 0; at < blocks.length; ) {
    const length = ((blocks[at] as number) << 8) | (blocks[at + 1] as number);
    out[to] = (length + TYPE_BYTES) >>> 8;
    out[to + 1] = (length + TYPE_BYTES) & BYTE;
    out[to + 2] = SEQUENCED;
    at += PREFIX_BYTES;
    to += HEAD_BYTES;
    for (let i = 0; i < length; i++) out[to + i] = blocks[at + i] as number;
    at += length;
    to += length;
  }
  return out;
}

export class ProxySoupBinTcpServer {
  readonly counts = { connections: 0, logins: 0, rejected: 0, messages: 0, dropped: 0 };
  readonly #clients = new Map<SoupConnection, Client>();
  /** Who has something to be sent, by priority. */
  readonly #ready = new Set<Client>();
  readonly #view = soupbintcp.view('loginRequest');
  readonly #index = { login: soupbintcp.indexOf('loginRequest'), logout: soupbintcp.indexOf('logoutRequest') };
  readonly #heartbeat = encode(soupbintcp, 'serverHeartbeat', {});

  /** @param turn is to call `turn` soon. */
  constructor(
    readonly days: Days,
    readonly consumers: Consumers,
    readonly turnWanted: () => void,
  ) {}

  get clients(): number {
    return this.#clients.size;
  }

  connected(connection: SoupConnection, nowNs: number): void {
    this.counts.connections++;
    const client: Client = {
      connection,
      received: new Uint8Array(0),
      sinceNs: nowNs,
      heardNs: nowNs,
      sentNs: nowNs,
      consumer: undefined,
      allowance: undefined,
      day: undefined,
      session: '',
      next: 0,
      isOver: false,
      isWaiting: false,
      wake: () => {
        client.isWaiting = false;
        this.#readyNow(client);
      },
    };
    this.#clients.set(connection, client);
  }
  closed(connection: SoupConnection): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    this.#clients.delete(connection);
    this.#ready.delete(client);
    client.day?.unwake(client.wake);
  }
  /** It reads again. */
  drained(connection: SoupConnection): void {
    const client = this.#clients.get(connection);
    if (client !== undefined) this.#readyNow(client);
  }

  received(connection: SoupConnection, bytes: Uint8Array, nowNs: number): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    client.heardNs = nowNs;
    const all = new Uint8Array(client.received.length + bytes.length);
    all.set(client.received);
    all.set(bytes, client.received.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (at + PREFIX_BYTES <= all.length) {
      const length = view.getUint16(at) + PREFIX_BYTES;
      if (at + length > all.length && length <= LONGEST_CLIENT_PACKET) break;
      if (length > LONGEST_CLIENT_PACKET || !this.#packet(client, view, at, length, nowNs)) {
        this.#drop(client);
        return;
      }
      at += length;
    }
    client.received = all.slice(at);
  }

  /** False: the client is to go. */
  #packet(client: Client, view: DataView, at: number, length: number, nowNs: number): boolean {
    const index = soupbintcp.messageIndex(view, at, length);
    if (index === this.#index.logout) return false;
    if (index !== this.#index.login || soupbintcp.lengthCheck(index, length) !== 'ok' || client.day !== undefined)
      return true;
    return this.#logIn(client, view, at, length, nowNs);
  }

  #logIn(client: Client, view: DataView, at: number, length: number, nowNs: number): boolean {
    const request = this.#view.bind(view, at, length);
    const [username, password] = [request.username.trim(), request.password.trim()];
    const consumer = this.consumers.loggedIn(client.connection.address, username, password);
    const day = this.days.of(request.requestedSession.trim());
    if (consumer === undefined || day === undefined || day.session === '') {
      this.counts.rejected++;
      if (consumer !== undefined) consumer.counts.rejected++;
      const rejectReasonCode = consumer === undefined ? 'A' : 'S';
      this.#send(client, encode(soupbintcp, 'loginRejected', { rejectReasonCode }), nowNs);
      return false;
    }
    const asked = Number(request.requestedSequenceNumber);
    // 0: what comes from now on. A number that is not there any more: the first that is.
    client.next = asked === 0 || asked > day.next ? day.next : (day.firstFrom(asked) ?? day.next);
    client.day = day;
    client.session = day.session;
    client.consumer = consumer;
    client.allowance = new Allowance(consumer.messagesPerSecond, nowNs);
    this.counts.logins++;
    consumer.counts.logins++;
    const accepted = { session: day.session, sequenceNumber: BigInt(client.next) };
    this.#send(client, encode(soupbintcp, 'loginAccepted', accepted), nowNs);
    this.#readyNow(client);
    return true;
  }

  #send(client: Client, bytes: Uint8Array, nowNs: number): void {
    client.sentNs = nowNs;
    client.connection.send(bytes);
  }
  #drop(client: Client): void {
    this.closed(client.connection);
    client.connection.close();
  }
  #readyNow(client: Client): void {
    if (client.day === undefined || client.isWaiting || client.isOver) return;
    this.#ready.add(client);
    this.turnWanted();
  }

  /** One turn of those who can be sent something, most urgent first. True: there is more to do at once. */
  turn(nowNs: number): boolean {
    let first = Number.POSITIVE_INFINITY;
    for (const { consumer } of this.#ready) first = Math.min(first, (consumer as Consumer).priority);
    const until = this.counts.messages + TURN_MESSAGES;
    for (const client of [...this.#ready]) {
      if (this.counts.messages >= until) break;
      if ((client.consumer as Consumer).priority > first) continue;
      // Who was served goes behind those who wait.
      this.#ready.delete(client);
      if (this.#serve(client, nowNs)) this.#ready.add(client);
    }
    return this.#ready.size > 0;
  }

  /** True: it can go on at once. */
  #serve(client: Client, nowNs: number): boolean {
    const day = client.day as Day;
    // The session has changed under it.
    if (day.session !== client.session) {
      this.#end(client, nowNs);
      return false;
    }
    if (client.connection.full) return false;
    const chunk = day.chunkOf(client.next);
    if (chunk === undefined) {
      this.#nothing(client, day, nowNs);
      return false;
    }
    const found = day.read(chunk);
    if (found instanceof Promise) {
      client.isWaiting = true;
      found.then(client.wake, () => this.#drop(client));
      return false;
    }
    const wanted = Math.min(CLIENT_MESSAGES, found.end - client.next);
    const count = (client.allowance as Allowance).take(wanted, nowNs);
    // What it may have is looked for again at the next tick.
    if (count === 0) return false;
    const end = client.next + count;
    this.#send(client, sequencedData(found, client.next, end), nowNs);
    client.next = end;
    this.counts.messages += count;
    (client.consumer as Consumer).counts.messages += count;
    return true;
  }

  #nothing(client: Client, day: Day, nowNs: number): void {
    if (client.next < day.next) {
      // A number that the venue itself could not give: numbers count on without saying so, and the session cannot go on.
      this.counts.dropped++;
      this.#drop(client);
    } else if (day.over) this.#end(client, nowNs);
    else {
      client.isWaiting = true;
      day.wake(client.wake);
    }
  }
  #end(client: Client, nowNs: number): void {
    client.isOver = true;
    this.#send(client, encode(soupbintcp, 'endOfSession', {}), nowNs);
  }

  /** Heartbeats, and clients that say nothing. */
  tick(nowNs: number): void {
    for (const client of [...this.#clients.values()]) {
      const sinceNs =
        client.day === undefined ? nowNs - client.sinceNs - LOGIN_NS : nowNs - client.heardNs - SILENCE_NS;
      if (sinceNs >= 0) {
        this.counts.dropped++;
        this.#drop(client);
        continue;
      }
      if (client.day !== undefined && nowNs - client.sentNs >= HEARTBEAT_NS) this.#send(client, this.#heartbeat, nowNs);
      this.#readyNow(client);
    }
  }
}
