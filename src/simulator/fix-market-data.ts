/**
 * A FIX 4.4 market data server: one session, one counterparty. Sources: FIX 4.4 with errata, volume 2 (session protocol)
 * and volume 3 (market data).
 */
import { fix44, fix44Dictionary } from '../decoders/fix44.js';
import { VenuewireError } from '../errors.js';
import { type FixObject, FixView } from '../fix/index.js';
import { FixMarket, type FixMarketEntry, type FixSubscription } from './fix-market.js';
import type { Connection, SimulatedServer } from './server.js';

const MILLISECOND_NS = 1e6;
const SECOND_NS = 1e9;
/** Longest message taken from a client. */
const LONGEST_CLIENT_MESSAGE = 1 << 16;
const LOGON_TIMEOUT_NS = 10 * SECOND_NS;
const LOGOUT_TIMEOUT_NS = 2 * SECOND_NS;
/** What a message may need to arrive, in heartbeat intervals, before a TestRequest asks for it. */
const HEARTBEAT_TOLERANCE = 1.2;
const MOST_HEARTBEAT_SECONDS = 3_600;

/** SessionRejectReason (373). */
const REQUIRED_TAG_MISSING = 1;
const VALUE_INCORRECT = 5;
const COMP_ID_PROBLEM = 9;
const TAG_TWICE = 13;
const WRONG_NUM_IN_GROUP = 16;
/** BusinessRejectReason (380). */
const UNSUPPORTED_MESSAGE_TYPE = 3;

type Fields = Readonly<Record<string, unknown>>;

export interface FixMarketDataOptions {
  /** What we call ourselves: SenderCompID (49) of ours. */
  readonly senderCompId: string;
  /** Whom we expect: TargetCompID (56) of ours. */
  readonly targetCompId: string;
  /** What can be subscribed to: Symbol (55). */
  readonly symbols: readonly string[];
  /** Username (553) and Password (554) that a logon must have; default: every logon is taken. */
  readonly users?: Readonly<Record<string, string>>;
  /** False: market data is filled over when it is asked for again, as many venues do; default true. */
  readonly resends?: boolean;
  /** Market data messages kept for being asked for again; older ones are filled over. Default 100,000. */
  readonly keep?: number;
  /** Sees every message as it is heard and said, byte for byte, in order. A password is in the logon. */
  readonly onMessage?: (way: 'heard' | 'said', message: Uint8Array) => void;
}

/** What a FIX server has seen and done. */
export interface FixMarketDataStatistics {
  readonly connections: number;
  readonly logons: number;
  /** Logons that were answered by a Logout, or by closing. */
  readonly refused: number;
  readonly heard: number;
  readonly said: number;
  /** Messages said again with PossDupFlag, and gap fills. */
  readonly resent: number;
  readonly filled: number;
  /** ResendRequests of ours. */
  readonly askedAgain: number;
  /** Messages that could not be read and were passed over, as the specification wants it. */
  readonly garbled: number;
  /** Messages of ours that were rejected: 35=3 and 35=j. */
  readonly complaints: number;
  /** Connections closed because the client did not read. */
  readonly slow: number;
}

interface Client {
  readonly connection: Connection;
  received: Uint8Array;
  readonly sinceNs: number;
  heardNs: number;
  saidNs: number;
  /** Infinity until the logon, and with HeartBtInt 0. */
  heartbeatNs: number;
  /** Our TestRequest is unanswered since this time. */
  testedNs: number | undefined;
  loggedOn: boolean;
  /** We have said Logout, and wait for the answer until this time. */
  leaveByNs: number | undefined;
  /** Nothing but the answer to our Logout matters any more. */
  over: boolean;
}

interface Kept {
  readonly type: string;
  readonly fields: Fields;
  readonly atNs: number;
}

const isWhole = (n: number, least: number): boolean => Number.isSafeInteger(n) && n >= least;

const utc = (ns: number): string =>
  new Date(Math.floor(ns / MILLISECOND_NS)).toISOString().replaceAll('-', '').replace('T', '-').slice(0, 21);

/**
 * FIX 4.4 market data for one counterparty: logon, heartbeats, test requests, resend requests both ways, sequence resets,
 * logout; MarketDataRequest answered by a full refresh (W) of each symbol, then increments (X). The session's numbers go
 * on after a break; subscriptions end with their connection. Times are nanoseconds since 1970, in UTC.
 *
 * Not checked: that SendingTime is near, and order of fields. Not served: MarketDepth other than 0, MDUpdateType other
 * than 1, encryption, NextExpectedMsgSeqNum (789), which is passed over.
 */
export class FixMarketDataServer implements SimulatedServer {
  readonly transport = 'tcp';
  readonly #options: FixMarketDataOptions;
  readonly #decoder = fix44();
  readonly #view = new FixView();
  readonly #clients = new Map<Connection, Client>();
  readonly #market: FixMarket;
  readonly #subscriptions = new Map<string, FixSubscription>();
  readonly #kept = new Map<number, Kept>();
  readonly #counts = {
    connections: 0,
    logons: 0,
    refused: 0,
    heard: 0,
    said: 0,
    resent: 0,
    filled: 0,
    askedAgain: 0,
    garbled: 0,
    complaints: 0,
    slow: 0,
  };
  /** Number of our next message, and of the client's. */
  #next = 1;
  #expected = 1;
  /** The client's numbers below it are known to exist, and asked for. */
  #askedBelow = 1;
  #active: Client | undefined;
  #tests = 0;
  #toLose = 0;

  /** @throws VenuewireError `VW_SIMULATOR_OPTION` */
  constructor(options: FixMarketDataOptions) {
    this.#options = options;
    if (options.symbols.length === 0 || options.senderCompId === '' || options.targetCompId === '')
      throw new VenuewireError(
        'VW_SIMULATOR_OPTION',
        'A FIX server needs senderCompId, targetCompId and one symbol at least',
        'Give all three.',
      );
    this.#market = new FixMarket(options.symbols);
  }

  get statistics(): FixMarketDataStatistics {
    return { ...this.#counts };
  }
  /** A client is logged on. */
  get loggedOn(): boolean {
    return this.#active?.loggedOn === true;
  }
  /** MDReqID (262) of what is subscribed to now. */
  get subscriptions(): readonly string[] {
    return [...this.#subscriptions.keys()];
  }
  /** Number of our next message, and the number that the client's next one must have. */
  get numbers(): { readonly next: number; readonly expected: number } {
    return { next: this.#next, expected: this.#expected };
  }

  // ── what a test or a user has it do ────────────────────────────────────────────────────────────────────────────

  /**
   * Changes the market, and says so to whom it concerns: one increment (X) for each subscription.
   * @throws VenuewireError `VW_SIMULATOR_OPTION` for a symbol that there is not, or an entry that is none.
   */
  publish(entries: readonly FixMarketEntry[], nowNs: number): void {
    this.#market.apply(entries);
    const client = this.#active;
    if (client?.loggedOn !== true || client.over) return;
    for (const [name, subscription] of this.#subscriptions) {
      const concerned = entries.filter((e) => FixMarket.concerns(subscription, e));
      if (concerned.length > 0) this.#say(client, 'X', { MDReqID: name, NoMDEntries: concerned }, nowNs);
    }
  }

  /** The next `count` market data messages have their numbers and are kept, but do not reach the client. */
  lose(count: number): void {
    this.#toLose = count;
  }
  /** Closes the connection without a word. */
  disconnect(): void {
    if (this.#active !== undefined) this.#drop(this.#active);
  }
  /** Says Logout, and closes once it is answered. */
  logout(nowNs: number, text = 'the day is over'): void {
    const client = this.#active;
    if (client?.loggedOn !== true || client.leaveByNs !== undefined) return;
    this.#say(client, '5', { Text: text }, nowNs);
    client.leaveByNs = nowNs + LOGOUT_TIMEOUT_NS;
  }
  /** Asks whether the client is there. */
  test(nowNs: number): void {
    const client = this.#active;
    if (client?.loggedOn !== true) return;
    client.testedNs = nowNs;
    this.#say(client, '1', { TestReqID: `TEST-${++this.#tests}` }, nowNs);
  }
  /** Asks for all that the client has said from this number on. */
  askAgain(from: number, nowNs: number): void {
    const client = this.#active;
    if (client?.loggedOn !== true) return;
    this.#counts.askedAgain++;
    this.#say(client, '2', { BeginSeqNo: from, EndSeqNo: 0 }, nowNs);
  }
  /** Another process, which knows nothing of what was: closes, and both sides' numbers begin at 1. */
  restart(): void {
    this.disconnect();
    this.#begin();
  }

  // ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

  onConnect(connection: Connection, nowNs: number): boolean {
    this.#counts.connections++;
    this.#clients.set(connection, {
      connection,
      received: new Uint8Array(0),
      sinceNs: nowNs,
      heardNs: nowNs,
      saidNs: nowNs,
      heartbeatNs: Number.POSITIVE_INFINITY,
      testedNs: undefined,
      loggedOn: false,
      leaveByNs: undefined,
      over: false,
    });
    return true;
  }

  onClose(connection: Connection): void {
    const client = this.#clients.get(connection);
    if (client !== undefined) this.#forget(client);
  }

  #forget(client: Client): void {
    this.#clients.delete(client.connection);
    if (this.#active !== client) return;
    this.#active = undefined;
    this.#subscriptions.clear();
    // What was asked for is asked for anew when the client is back.
    this.#askedBelow = this.#expected;
  }

  #drop(client: Client): void {
    this.#forget(client);
    client.connection.close();
  }

  onData(connection: Connection, bytes: Uint8Array, nowNs: number): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    client.heardNs = nowNs;
    client.testedNs = undefined;
    const all = new Uint8Array(client.received.length + bytes.length);
    all.set(client.received);
    all.set(bytes, client.received.length);
    let at = 0;
    while (at < all.length && this.#clients.has(connection)) {
      const size = this.#size(all, at);
      if (
        size === undefined ||
        size > LONGEST_CLIENT_MESSAGE ||
        (size === 0 && all.length - at > LONGEST_CLIENT_MESSAGE)
      ) {
        this.#counts.garbled++;
        this.#drop(client);
        return;
      }
      if (size === 0) break;
      this.#message(client, all.slice(at, at + size), nowNs);
      at += size;
    }
    client.received = all.slice(at);
  }

  /** Bytes of the message there, 0: more are needed, undefined: nothing says where it ends. */
  #size(bytes: Uint8Array, at: number): number | undefined {
    try {
      return this.#decoder.size(bytes, at);
    } catch (error) {
      if (error instanceof VenuewireError) return undefined;
      throw error;
    }
  }

  // ── what is heard ──────────────────────────────────────────────────────────────────────────────────────────────

  #message(client: Client, bytes: Uint8Array, nowNs: number): void {
    const view = this.#view;
    this.#options.onMessage?.('heard', bytes);
    let problem: number | undefined;
    let fields: FixObject = {};
    try {
      this.#decoder.decode(view, bytes);
      fields = this.#decoder.toObject(view);
    } catch (error) {
      const code = error instanceof VenuewireError ? error.code : '';
      problem = code === 'VW_FIX_DUPLICATE' ? TAG_TWICE : code === 'VW_FIX_GROUP' ? WRONG_NUM_IN_GROUP : undefined;
      if (problem === undefined) {
        // A garbled message is passed over and uses no number: it is missed at the next one.
        this.#counts.garbled++;
        return;
      }
    }
    this.#counts.heard++;
    const number = view.int(34);
    const type = view.text(35) ?? '';
    const known = view.text(8) === fix44Dictionary().begin && number >= 1;
    const { senderCompId, targetCompId } = this.#options;
    const ours = view.text(49) === targetCompId && view.text(56) === senderCompId;
    if (client.over) {
      if (number === this.#expected) this.#expected++;
      if (type === '5') this.#drop(client);
      return;
    }
    if (!client.loggedOn) {
      if (known && ours && type === 'A' && problem === undefined && this.#active === undefined)
        this.#logon(client, fields, number, nowNs);
      else {
        // Who we do not know is told nothing.
        this.#counts.refused++;
        this.#drop(client);
      }
      return;
    }
    if (!known) this.#leave(client, 'no FIX 4.4 message with a MsgSeqNum', nowNs);
    else if (!ours) {
      this.#reject(client, number, type, COMP_ID_PROBLEM, undefined, nowNs);
      this.#leave(client, 'SenderCompID or TargetCompID is not that of the session', nowNs);
    } else if (this.#due(client, number, type, fields, nowNs)) {
      if (problem !== undefined) this.#reject(client, number, type, problem, undefined, nowNs);
      else this.#handle(client, type, number, fields, nowNs);
    }
  }

  /** Whether a message has the number that is due; what is early is asked for, what is late passed over or refused. */
  #due(client: Client, number: number, type: string, fields: FixObject, nowNs: number): boolean {
    // SequenceReset-Reset has whatever number; it mends what nothing else can.
    if (type === '4' && fields.GapFillFlag !== true) return true;
    if (number === this.#expected) {
      this.#expected++;
      return true;
    }
    if (number < this.#expected) {
      if (fields.PossDupFlag === true) return false;
      this.#leave(client, `MsgSeqNum too low, expecting ${this.#expected} but received ${number}`, nowNs);
      return false;
    }
    // Both could wait for each other for ever if these two waited for what is missing.
    if (type === '2') this.#resend(client, fields, nowNs);
    if (type === '5') {
      this.#loggedOut(client, nowNs);
      return false;
    }
    this.#missed(number + 1, nowNs);
    return false;
  }

  /** Asks for the client's numbers up to `next`, once. */
  #missed(next: number, nowNs: number): void {
    const asked = this.#askedBelow > this.#expected;
    this.#askedBelow = Math.max(this.#askedBelow, next);
    if (!asked) this.askAgain(this.#expected, nowNs);
  }

  #begin(): void {
    this.#next = 1;
    this.#expected = 1;
    this.#askedBelow = 1;
    this.#kept.clear();
  }

  #logon(client: Client, fields: FixObject, number: number, nowNs: number): void {
    const { users } = this.#options;
    this.#active = client;
    const reset = fields.ResetSeqNumFlag === true;
    if (reset) this.#begin();
    const heartbeat = Number(fields.HeartBtInt);
    const user = String(fields.Username ?? '');
    const allowed = users === undefined || (Object.hasOwn(users, user) && users[user] === fields.Password);
    const late = number < this.#expected && fields.PossDupFlag !== true;
    const why = !allowed
      ? 'Username or Password is wrong'
      : !isWhole(heartbeat, 0) || heartbeat > MOST_HEARTBEAT_SECONDS
        ? 'HeartBtInt is none'
        : late
          ? `MsgSeqNum too low, expecting ${this.#expected} but received ${number}`
          : undefined;
    if (why !== undefined) {
      this.#counts.refused++;
      this.#leave(client, why, nowNs);
      return;
    }
    this.#counts.logons++;
    client.loggedOn = true;
    client.heartbeatNs = heartbeat === 0 ? Number.POSITIVE_INFINITY : heartbeat * SECOND_NS;
    const flag = reset ? { ResetSeqNumFlag: true } : {};
    this.#say(client, 'A', { EncryptMethod: 0, HeartBtInt: heartbeat, ...flag }, nowNs);
    if (number === this.#expected) this.#expected++;
    else this.#missed(number + 1, nowNs);
  }

  #handle(client: Client, type: string, number: number, fields: FixObject, nowNs: number): void {
    switch (type) {
      case '0':
        return;
      case '1':
        this.#say(client, '0', { TestReqID: fields.TestReqID }, nowNs);
        return;
      case '2':
        if (!this.#resend(client, fields, nowNs)) this.#reject(client, number, '2', VALUE_INCORRECT, 7, nowNs);
        return;
      case '3':
      case 'j':
        this.#counts.complaints++;
        return;
      case '4':
        this.#sequenceReset(client, number, fields, nowNs);
        return;
      case '5':
        this.#loggedOut(client, nowNs);
        return;
      case 'A':
        this.#leave(client, 'logged on already', nowNs);
        return;
      case 'V':
        this.#subscribe(client, number, fields, nowNs);
        return;
      default:
        this.#say(
          client,
          'j',
          { RefSeqNum: number, RefMsgType: type, BusinessRejectReason: UNSUPPORTED_MESSAGE_TYPE },
          nowNs,
        );
    }
  }

  #sequenceReset(client: Client, number: number, fields: FixObject, nowNs: number): void {
    const next = Number(fields.NewSeqNo);
    const least = fields.GapFillFlag === true ? number + 1 : this.#expected;
    if (!isWhole(next, least)) this.#reject(client, number, '4', VALUE_INCORRECT, 36, nowNs);
    else this.#expected = next;
  }

  #subscribe(client: Client, number: number, fields: FixObject, nowNs: number): void {
    const missing = [
      [262, fields.MDReqID],
      [263, fields.SubscriptionRequestType],
      [264, fields.MarketDepth],
      [267, fields.NoMDEntryTypes],
      [146, fields.NoRelatedSym],
    ].find(([, value]) => value === undefined);
    if (missing !== undefined) {
      this.#reject(client, number, 'V', REQUIRED_TAG_MISSING, missing[0] as number, nowNs);
      return;
    }
    const name = String(fields.MDReqID);
    if (fields.SubscriptionRequestType === '2') {
      this.#subscriptions.delete(name);
      return;
    }
    const asked = this.#market.asked(fields, this.#subscriptions);
    if (typeof asked === 'string') {
      this.#say(client, 'Y', { MDReqID: name, MDReqRejReason: asked }, nowNs);
      return;
    }
    for (const symbol of asked.symbols) {
      const entries = this.#market.refresh(symbol, asked);
      this.#say(client, 'W', { MDReqID: name, Symbol: symbol, NoMDEntries: entries }, nowNs);
    }
    if (fields.SubscriptionRequestType === '1') this.#subscriptions.set(name, asked);
  }

  // ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Says something with the next number. Market data is kept for being asked for again. */
  #say(client: Client, type: string, fields: Fields, nowNs: number): void {
    const number = this.#next++;
    const marketData = type === 'W' || type === 'X';
    if (marketData) {
      this.#kept.set(number, { type, fields, atNs: nowNs });
      if (this.#kept.size > (this.#options.keep ?? 100_000))
        this.#kept.delete(this.#kept.keys().next().value as number);
      if (this.#toLose > 0) {
        this.#toLose--;
        return;
      }
    }
    this.#write(client, type, number, fields, nowNs);
  }

  #write(client: Client, type: string, number: number, fields: Fields, nowNs: number): void {
    if (!this.#clients.has(client.connection)) return;
    if (client.connection.full) {
      this.#counts.slow++;
      this.#drop(client);
      return;
    }
    const bytes = this.#decoder.encode(type, {
      SenderCompID: this.#options.senderCompId,
      TargetCompID: this.#options.targetCompId,
      MsgSeqNum: number,
      SendingTime: utc(nowNs),
      ...fields,
    });
    client.saidNs = nowNs;
    this.#counts.said++;
    this.#options.onMessage?.('said', bytes);
    client.connection.send(bytes);
  }

  #reject(client: Client, number: number, type: string, reason: number, tag: number | undefined, nowNs: number): void {
    const fields = { RefSeqNum: number, RefTagID: tag, RefMsgType: type, SessionRejectReason: reason };
    this.#say(client, '3', fields, nowNs);
  }

  /** Says Logout with its reason; closes once it is answered, or after a while. */
  #leave(client: Client, why: string, nowNs: number): void {
    this.#say(client, '5', { Text: why }, nowNs);
    client.leaveByNs = nowNs + LOGOUT_TIMEOUT_NS;
    client.over = true;
  }

  /** Answers a Logout, or takes the answer to ours, and closes. */
  #loggedOut(client: Client, nowNs: number): void {
    if (client.leaveByNs === undefined) this.#say(client, '5', {}, nowNs);
    this.#drop(client);
  }

  /** Says again what was asked for: market data as it was, what is not said twice is filled over. False: no such range. */
  #resend(client: Client, asked: FixObject, nowNs: number): boolean {
    const [begin, end] = [Number(asked.BeginSeqNo), Number(asked.EndSeqNo)];
    if (!isWhole(begin, 1) || !isWhole(end, 0)) return false;
    const last = end === 0 ? this.#next - 1 : Math.min(end, this.#next - 1);
    let from = begin;
    for (let number = begin; number <= last; number++) {
      const kept = this.#options.resends === false ? undefined : this.#kept.get(number);
      if (kept === undefined) continue;
      if (number > from) this.#fill(client, from, number, nowNs);
      const again = { ...kept.fields, PossDupFlag: true, OrigSendingTime: utc(kept.atNs) };
      this.#counts.resent++;
      this.#write(client, kept.type, number, again, nowNs);
      from = number + 1;
    }
    if (from <= last) this.#fill(client, from, last + 1, nowNs);
    return true;
  }

  #fill(client: Client, number: number, next: number, nowNs: number): void {
    this.#counts.filled++;
    const fields = { PossDupFlag: true, OrigSendingTime: utc(nowNs), GapFillFlag: true, NewSeqNo: next };
    this.#write(client, '4', number, fields, nowNs);
  }

  // ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

  onTick(nowNs: number): number {
    let due = Number.POSITIVE_INFINITY;
    for (const client of [...this.#clients.values()]) due = Math.min(due, this.#tick(client, nowNs));
    return due;
  }

  /** Does what is due for one client; returns when to come again. */
  #tick(client: Client, nowNs: number): number {
    const { heartbeatNs } = client;
    const giveUpNs = Math.min(
      client.leaveByNs ?? Number.POSITIVE_INFINITY,
      client.loggedOn ? (client.testedNs ?? nowNs) + heartbeatNs : client.sinceNs + LOGON_TIMEOUT_NS,
    );
    if (giveUpNs <= nowNs) {
      this.#drop(client);
      return Number.POSITIVE_INFINITY;
    }
    if (!client.loggedOn || client.over) return giveUpNs;
    const askNs = client.heardNs + HEARTBEAT_TOLERANCE * heartbeatNs;
    if (client.testedNs === undefined && askNs <= nowNs) this.test(nowNs);
    if (client.saidNs + heartbeatNs <= nowNs) this.#say(client, '0', {}, nowNs);
    return Math.min(giveUpNs, client.testedNs === undefined ? askNs : giveUpNs, client.saidNs + heartbeatNs);
  }
}
