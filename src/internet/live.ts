/**
 * A connection to a venue that sends text, kept up: connects, logs in, subscribes, and makes good again what is found missing,
 * instrument by instrument where the venue allows it. To the feed it is a transport of a line, which brings packets.
 */
import { remedyOf, VenuewireError } from '../errors.js';
import type { JsonDecoder } from '../json/table.js';
import { defineIntegrity } from '../patterns/integrity.js';
import type { Network } from '../patterns/network.js';
import type { Subscription } from '../patterns/subscription.js';
import { nanosecondsOf } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import { type Alarm, type Clock, systemClock } from '../transports/clock.js';
import { type Answer, ask, connectHttps, type HttpsRequest, Unanswered } from '../transports/http.js';
import type { ConnectMessages, MessageConnection, MessagesEnd } from '../transports/messages.js';
import { Backoff, TokenBucket } from '../transports/pace.js';
import { connectTlsLines } from '../transports/tls-lines.js';
import type { Transport, TransportConnection, TransportEvents, TransportTarget } from '../transports/transport.js';
import { loadWebSocket } from '../transports/websocket.js';
import { ClockSkew } from './clock-skew.js';
import { Recoveries } from './recoveries.js';
import { at, Refusals } from './refusals.js';
import { Resumption } from './resumption.js';
import { VenueSession } from './session.js';
import { Templates } from './template.js';

const NANOSECONDS = 1e6;
export const ms = (span: string): number => nanosecondsOf(span) / NANOSECONDS;
/** Bytes of an answer with a token. */
const SESSION_MOST = 64 << 10;
/** Of an answer over HTTPS, from its beginning to its last byte. */
const ANSWER_MS = 20_000;

/** A message as recordings keep it; credentials are not in it. */
export interface LiveFrame {
  readonly dir: 'in' | 'out' | 'http' | 'open';
  readonly text: string;
  readonly url?: string | undefined;
  /** Since the Unix epoch. */
  readonly receivedNs: bigint;
}

/** What a connection is made of. */
export interface Means {
  readonly clock: Clock;
  readonly connect: ConnectMessages;
  /** Asks once over HTTPS. */
  ask(request: HttpsRequest, then: (answer: Answer | Unanswered) => void): void;
}

const askOnce: Means['ask'] = (request, then) => {
  ask(request).then(then, (cause: unknown) =>
    then(cause instanceof Unanswered ? cause : new Unanswered({ reason: 'connectionClosed' })),
  );
};

const missing = (venue: string, what: string): VenuewireError =>
  new VenuewireError('VW_SUBSCRIPTION', `${venue}: ${what}`, remedyOf('VW_SUBSCRIPTION'));

type Line = Extract<Network, { type: 'websocket' | 'httpsStream' | 'tls' }>;

function lineOf(venue: Venue): readonly [name: string, line: Line] {
  const [name, line, ...more] = Object.entries(venue.lines ?? {}).flat() as [string, Network, ...unknown[]];
  if (more.length > 0) throw missing(venue.name, 'a venue that sends text has one line');
  if (line.type === 'websocket' || line.type === 'httpsStream' || line.type === 'tls') return [name, line];
  throw missing(venue.name, `a line of type ${line.type} brings no text`);
}

async function meansOf(venue: Venue): Promise<Means> {
  const [, { type }] = lineOf(venue);
  const connect =
    type === 'websocket'
      ? await loadWebSocket(`A line of type websocket (${venue.name})`)
      : type === 'httpsStream'
        ? connectHttps
        : connectTlsLines;
  return { clock: systemClock, connect, ask: askOnce };
}

/**
 * Makes ready what connects to the venue. Nothing is connected yet.
 * @throws VenuewireError `VW_SUBSCRIPTION` when the venue says not what to subscribe to; `VW_PEER_MISSING`
 */
export async function liveVenue(
  venue: Venue,
  decoder: JsonDecoder,
  record?: (frame: LiveFrame) => void,
): Promise<LiveVenue> {
  checkSubscription(venue);
  return new LiveVenue(venue, decoder, await meansOf(venue), record);
}

/** @throws VenuewireError `VW_SUBSCRIPTION` when the venue says not what to subscribe to */
function checkSubscription(venue: Venue): void {
  const { subscription } = venue;
  if (subscription === undefined) throw missing(venue.name, 'it names no instruments to subscribe to');
  if (subscription.proxy !== undefined && lineOf(venue)[1].type === 'tls')
    throw missing(venue.name, 'a line of type tls goes through no proxy');
  if (subscription.recover === 'image' && subscription.image === undefined)
    throw missing(venue.name, "recover 'image' needs `image`");
}

/** All connections of one line, one after the other. */
export class LiveVenue implements Transport {
  readonly protects = ['tls', 'mutualTls'] as const;
  readonly subscription: Subscription;
  readonly lineName: string;
  readonly line: Line;
  readonly session: VenueSession;
  readonly templates: Templates;
  readonly resumption: Resumption | undefined;
  readonly backoff: Backoff;
  readonly hasImages: boolean;
  readonly requests: TokenBucket;
  readonly messages: TokenBucket;
  readonly #connects: TokenBucket;
  /** A rest that the server asked for ends then. */
  #restUntilMs = 0;
  #current: LiveConnection | undefined;
  /** Hears what a person has to mend while the connection stays. */
  tell: ((error: VenuewireError) => void) | undefined;

  constructor(
    readonly venue: Venue,
    readonly decoder: JsonDecoder,
    readonly means: Means,
    readonly record: ((frame: LiveFrame) => void) | undefined,
  ) {
    [this.lineName, this.line] = lineOf(venue);
    this.subscription = venue.subscription as Subscription;
    const { subscription } = this;
    const { rates, reconnect, instruments } = subscription;
    const bucket = (r: { count: number; per: string } | undefined): TokenBucket =>
      new TokenBucket(r?.count ?? Number.POSITIVE_INFINITY, ms(r?.per ?? '1s'));
    this.templates = new Templates(subscription, means.clock.now);
    this.hasImages = (venue.integrity?.images ?? []).length > 0;
    this.resumption = subscription.resume && new Resumption(subscription.resume);
    this.backoff = new Backoff(ms(reconnect.first), ms(reconnect.most), means.clock.random);
    [this.#connects, this.messages, this.requests] = [
      bucket(rates.connects),
      bucket(rates.messages),
      bucket(rates.requests),
    ];
    this.session = new VenueSession(
      decoder,
      venue.integrity ?? defineIntegrity({ per: 'connection' }),
      instruments,
      (packets, receivedNs) => this.#current?.packets(packets, receivedNs),
      {
        holding: (symbol) => this.#current?.holding(symbol),
        unfit: (symbol) => this.#current?.unfit(symbol),
        broken: (symbol) => this.#current?.broken(symbol),
        whole: (symbol) => this.#current?.whole(symbol),
      },
      this.resumption !== undefined,
    );
  }

  /** Nanoseconds; the event loop has no finer time of receipt. */
  nowNs(): bigint {
    return BigInt(Math.floor(this.means.clock.now())) * 1_000_000n;
  }

  get target(): TransportTarget {
    const { lineName, line, venue } = this;
    const address = 'url' in line ? line.url : line.address;
    return { role: 'line', name: lineName, address, network: line.type, security: venue.security };
  }

  connect(_target: TransportTarget, events: TransportEvents): TransportConnection {
    const now = this.means.clock.now();
    const isFirst = this.#current === undefined;
    const rest = Math.max(isFirst ? 0 : this.backoff.next(), this.#connects.take(now), this.#restUntilMs - now);
    const connection = new LiveConnection(this, events);
    this.#current = connection;
    connection.begin(rest);
    return connection;
  }

  /** How a connection ended decides when the next begins. */
  ended({ afterMs, isRefused }: MessagesEnd): void {
    if (afterMs !== undefined) this.#restUntilMs = this.means.clock.now() + afterMs;
    if (isRefused === true) this.backoff.longest();
  }

  /** Keeps what was said or came, without credentials. */
  keep(dir: LiveFrame['dir'], text: string, url?: string): void {
    this.record?.({ dir, text, receivedNs: this.nowNs(), ...(url === undefined ? {} : { url }) });
  }
}

/** One connection, from the first byte to the last. */
class LiveConnection implements TransportConnection {
  readonly #recoveries: Recoveries;
  readonly #refusals: Refusals;
  readonly #stop = new AbortController();
  readonly #timers = new Set<Alarm>();
  readonly #skew: ClockSkew | undefined;
  #open: MessageConnection | undefined;
  #silence: Alarm | undefined;
  #over = false;
  #isPaused = false;
  #flushes = false;
  /** Tokens have been sent, and what becomes of them is not known yet. */
  #isResuming = false;

  constructor(
    readonly of: LiveVenue,
    readonly events: TransportEvents,
  ) {
    const { subscription } = of;
    this.#recoveries = new Recoveries(subscription, of.session, of.means.clock, {
      subscribe: (symbol) => this.#subscribeAnew(symbol),
      image: (symbol) => this.#image(symbol),
      connect: () => this.#fail({ reason: 'connectionClosed' }),
      giveUp: (symbol) => this.#fail({ reason: 'timedOut', error: noImage(this.#where, symbol) }),
    });
    this.#refusals = new Refusals(this.#where, subscription, of.decoder.events?.messages ?? {});
    this.#skew = subscription.clock && new ClockSkew(this.#where, subscription.clock);
  }

  get #where(): string {
    const { venue, line } = this.of;
    return `${venue.name} (${'url' in line ? new URL(line.url).host : line.address})`;
  }

  begin(afterMs: number): void {
    this.#later(afterMs, () => {
      try {
        if (this.of.subscription.session === undefined) this.#connect();
        else this.#askForSession(this.of.subscription.session);
      } catch (cause) {
        if (!(cause instanceof VenuewireError)) throw cause;
        this.#fail({ reason: 'wrongPeer', error: cause, isRefused: true });
      }
    });
  }

  /** The token of this connection; then it is opened. */
  #askForSession(session: NonNullable<Subscription['session']>): void {
    const { of } = this;
    const { signal } = this.#stop;
    const { proxy } = of.subscription;
    const asked = {
      ...of.templates.sessionRequest(),
      ...{ method: 'POST' as const, security: of.venue.security, proxy, signal },
    };
    of.means.ask({ ...asked, where: this.#where, most: SESSION_MOST, withinMs: ANSWER_MS }, (answer) => {
      if (this.#over) return;
      if (answer instanceof Unanswered) {
        this.#fail(answer.end);
        return;
      }
      const value = parsed(answer.text);
      const token = at(value, session.token);
      const why = session.refused === undefined ? undefined : at(value, session.refused);
      if (typeof token !== 'string' || token === '') {
        this.#fail({ reason: 'connectionRefused', error: noSession(this.#where, why), isRefused: true });
        return;
      }
      of.templates.session = token;
      this.#connect();
    });
  }

  #connect(): void {
    const { of } = this;
    const { line, subscription, templates, venue } = of;
    const path = templates.address(subscription.path, subscription.instruments);
    const url = 'url' in line ? `${line.url}${path}` : `tls://${line.address}`;
    const { keepAlive } = subscription;
    const ping =
      keepAlive !== undefined && keepAlive.send === undefined
        ? { everyMs: ms(keepAlive.every), withinMs: ms(keepAlive.within) }
        : undefined;
    const headers = templates.headers();
    this.#alive();
    this.#open = of.means.connect(
      {
        ...{ url, where: this.#where, security: venue.security, proxy: subscription.proxy },
        ...{ headers, most: subscription.most, ping },
      },
      {
        open: () => this.#opened(),
        message: (text) => this.#message(text),
        alive: () => this.#alive(),
        closed: (end) => this.#fail(end),
      },
    );
    of.keep('open', '', url);
  }

  #opened(): void {
    if (this.#over) return;
    const { subscription, templates } = this.of;
    const { login, subscribe, alongside, instruments, keepAlive, lifetime } = subscription;
    this.#alive();
    this.events.connected();
    const tokens = this.of.resumption?.tokens();
    try {
      for (const template of [...login, ...subscribe, ...alongside])
        this.#say(templates.message(template, instruments, tokens));
    } catch (cause) {
      if (!(cause instanceof VenuewireError)) throw cause;
      this.#fail({ reason: 'wrongPeer', error: cause, isRefused: true });
      return;
    }
    this.#isResuming = tokens !== undefined;
    if (!this.#isResuming) this.of.session.opened(this.of.nowNs());
    this.#flushSoon();
    this.#recoveries.begin();
    if (keepAlive?.send !== undefined) {
      const { send } = keepAlive;
      const say = (): void => {
        this.#say(templates.message(send, instruments));
        this.#later(ms(keepAlive.every), say);
      };
      this.#later(ms(keepAlive.every), say);
    }
    if (lifetime !== undefined) this.#later(ms(lifetime), () => this.#fail({ reason: 'connectionClosed' }));
  }

  #say({ text, shown }: { readonly text: string; readonly shown: string }): void {
    this.#later(this.of.messages.take(this.of.means.clock.now()), () => {
      this.of.keep('out', shown);
      this.#open?.send(text);
    });
  }

  #message(text: string, url?: string): void {
    if (this.#over) return;
    const { of } = this;
    this.#alive();
    of.keep(url === undefined ? 'in' : 'http', text, url);
    if (this.#isResuming && !this.#resumed(text)) return;
    const receivedNs = of.nowNs();
    const found = of.session.message(text, receivedNs, { url });
    // An answer that was asked for has the time of its making.
    const skew = url === undefined ? this.#skew?.take(found, receivedNs) : undefined;
    if (skew !== undefined) of.tell?.(skew);
    if (of.session.isInDoubt) of.resumption?.forget();
    else of.resumption?.take(text);
    this.#flushSoon();
    // What belongs to no instrument may be an answer to what was asked.
    const end = this.#refusals.concerns(text, found) ? this.#refusals.of(text) : undefined;
    if (end === undefined) {
      // Where no image says that all is well, a message does.
      if (found.length > 0 && !of.hasImages) of.backoff.reset();
      return;
    }
    if (end.isRefused === true) this.#fail(end);
    else if (end.error !== undefined) of.tell?.(end.error);
  }

  /** What the venue makes of the tokens. False: the connection is over. */
  #resumed(text: string): boolean {
    const { session, resumption } = this.of;
    const answer = resumption?.answer(text);
    if (answer === undefined) return true;
    this.#isResuming = false;
    if (answer === 'patch') session.resumed(this.of.nowNs());
    else {
      resumption?.forget();
      if (answer === 'image') session.opened(this.of.nowNs());
      else this.#fail({ reason: 'connectionClosed' });
    }
    return !this.#over;
  }

  /** When the messages that came together have all been read. */
  #flushSoon(): void {
    if (this.#flushes) return;
    this.#flushes = true;
    this.of.means.clock.soon(() => {
      this.#flushes = false;
      if (!this.#over) this.of.session.flush();
    });
  }

  #alive(): void {
    if (this.#silence !== undefined) {
      this.#silence.again();
      return;
    }
    const { silence } = this.of.subscription;
    this.#silence = this.of.means.clock.after(ms(silence), () => {
      // A server cannot speak while we do not listen.
      if (this.#isPaused) this.#silence?.again();
      else this.#fail({ reason: 'timedOut', error: silent(this.#where, silence) });
    });
  }

  /** Packets for the core. */
  packets(packets: Uint8Array, receivedNs: bigint): void {
    if (this.#over) return;
    if (this.events.datagram(packets, { receivedNs }) || this.#isPaused) return;
    this.#isPaused = true;
    this.#open?.pause();
  }
  broken(symbol: string): void {
    if (!this.#over) this.#recoveries.broken(symbol);
  }
  holding(symbol: string): void {
    if (!this.#over) this.#recoveries.holding(symbol);
  }
  unfit(symbol: string): void {
    if (!this.#over) this.#recoveries.failed(symbol);
  }
  whole(symbol: string): void {
    this.of.backoff.reset();
    this.#recoveries.whole(symbol);
  }

  #subscribeAnew(symbol: string): void {
    const { subscription, templates } = this.of;
    for (const template of [...subscription.unsubscribe, ...subscription.subscribe])
      this.#say(templates.message(template, [symbol]));
  }

  #image(symbol: string): void {
    const { of } = this;
    const { image } = of.subscription;
    if (image === undefined) return;
    const url = of.templates.address(image.url, [symbol]);
    this.#later(of.requests.take(of.means.clock.now()), () => {
      const { security } = of.venue;
      const { proxy } = of.subscription;
      const { signal } = this.#stop;
      const request = { url, where: this.#where, security, proxy, most: image.most, withinMs: ANSWER_MS, signal };
      of.means.ask(request, (answer) => {
        if (answer instanceof Unanswered) this.#unanswered(symbol, answer);
        else this.#message(answer.text, url);
      });
    });
  }
  #unanswered(symbol: string, { end }: Unanswered): void {
    if (this.#over) return;
    if (end.error !== undefined) this.of.tell?.(end.error);
    this.#recoveries.failed(symbol, end.afterMs);
  }

  #later(afterMs: number, then: () => void): void {
    const timer = this.of.means.clock.after(afterMs, () => {
      this.#timers.delete(timer);
      if (!this.#over) then();
    });
    this.#timers.add(timer);
  }

  #fail(end: MessagesEnd): void {
    if (this.#over) return;
    this.of.ended(end);
    this.of.session.lost(this.of.nowNs());
    this.#still();
    this.events.closed(end.reason, end.error);
  }
  #still(): void {
    this.#over = true;
    this.#stop.abort();
    this.#recoveries.stop();
    this.#silence?.stop();
    for (const timer of this.#timers) timer.stop();
    this.#open?.close();
  }

  // What the core asks of it.
  send(): void {}
  close(): void {
    if (!this.#over) this.#still();
  }
  resume(): void {
    this.#isPaused = false;
    this.#open?.resume();
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const SAID_MOST = 200;
const noSession = (where: string, why: unknown): VenuewireError =>
  new VenuewireError(
    'VW_LOGIN_REFUSED',
    `${where}: the venue gives no session${typeof why === 'string' ? `: ${why.slice(0, SAID_MOST)}` : ''}`,
    remedyOf('VW_LOGIN_REFUSED'),
  );
const noImage = (where: string, symbol: string): VenuewireError =>
  new VenuewireError(
    'VW_IMAGE_MISSING',
    `${where}: no image of ${symbol} that fits, however often it was asked for`,
    remedyOf('VW_IMAGE_MISSING'),
  );
const silent = (where: string, span: string): VenuewireError =>
  new VenuewireError('VW_SILENCE', `${where}: nothing came for ${span}`, remedyOf('VW_SILENCE'));
