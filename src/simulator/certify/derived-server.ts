/**
 * A venue's server made from the pattern that a client of it declares: requests are read back by the templates that write
 * them, replies are encoded from the tables that the reply rules name. What the pattern leaves open, a `ServerModel` says.
 * One call of `onData` is one message of the client: the simulated network never cuts them.
 */
import type { Recovery } from '../../patterns/recovery.js';
import { nanosecondsOf } from '../../patterns/units.js';
import { Agenda, type Answer, type Connection, type Piece, planAnswer, Quota } from '../server.js';
import type { Segment } from './day.js';
import { type CertifiedServer, type CertifyFaults, ServerAccount, type ServerContext } from './model.js';
import { dress, encodeReply, type Reply, snapshotMessages, snapshotNumber, type Told } from './reply-encoder.js';
import { snapshotCycle } from './snapshot-loop.js';
import { type Said, TemplateReader } from './template-reader.js';

interface Client {
  readonly connection: Connection;
  readonly sinceNs: number;
  loggedIn: boolean;
  silent: boolean;
  heardNs: number;
  sentNs: number;
  /** Nothing is written before this time: keeps TCP bytes in order. */
  notBeforeNs: number;
  /** A resumed stream goes on from here as the venue publishes. */
  resume: number | undefined;
  /** … in this part of the day. */
  segment: Segment | undefined;
  /** Messages of the resumed stream until its fault happens, and which. */
  left: number;
  breaks: 'close' | 'stall' | 'goodbye' | undefined;
  stopped: boolean;
  imageNs: number;
  image: number;
  beatNs: number;
}

/** A range that somebody asked for, when, and which part of the day it belongs to. */
interface Question {
  readonly client: Client;
  readonly said: Said;
  readonly segment: Segment;
  readonly nowNs: number;
  readonly asked: { readonly begin: number; readonly end: number };
}

const NO_END = Number.POSITIVE_INFINITY;
/** Payload of a datagram that no router cuts. */
const DATAGRAM_BYTES = 1_400;
/** A packet that travels in a message has to fit into it. */
const INNER_PACKET_BYTES = 200;

/** Messages that are only counted come in one go, whatever the plan says. */
function inOneGo(pieces: readonly Piece[]): Piece {
  const ours = pieces.filter((p) => !p.foreign);
  const begin = Math.min(...ours.map((p) => p.begin));
  return { begin, end: Math.max(...ours.map((p) => p.end)), delayNs: ours[0]?.delayNs ?? 0, foreign: false };
}

export class DerivedServer implements CertifiedServer {
  readonly transport: 'udp' | 'tcp';
  readonly account = new ServerAccount();
  readonly #agenda = new Agenda();
  readonly #clients = new Map<Connection, Client>();
  readonly #login: TemplateReader | undefined;
  readonly #request: TemplateReader | undefined;
  readonly #quota: Quota;
  readonly #snapshot: boolean;
  readonly #beat: Reply | undefined;
  /** The pattern is a line of the feed: what goes wrong with it ends before the day does. */
  readonly #stream: boolean;
  readonly #faultsUntilNs: number;
  #over = false;

  constructor(readonly c: ServerContext) {
    const { pattern } = c;
    this.transport = pattern.transport === 'udp' ? 'udp' : 'tcp';
    const feed = c.feed.framing;
    this.#login = pattern.login && new TemplateReader(pattern.login, feed);
    this.#request = pattern.request && new TemplateReader(pattern.request, feed);
    this.#quota = new Quota(c.faults.quota);
    this.#snapshot = 'from' in pattern;
    this.#stream = 'subscribe' in pattern;
    this.#faultsUntilNs = this.#stream ? (c.day.times[Math.floor(c.day.end * 0.7)] ?? 0) : NO_END;
    this.#beat =
      pattern.replies.find((r) => r.do === 'answer' || r.do === 'echo') ??
      pattern.replies.find((r) => {
        const name = r.on?.message ?? '';
        return r.do === 'ignore' && /heartbeat/i.test(name) && !/client/i.test(name);
      });
  }

  get quiet(): boolean | undefined {
    return this.#stream ? this.#over : undefined;
  }

  #faults(nowNs: number): CertifyFaults {
    return nowNs < this.#faultsUntilNs ? this.c.faults : {};
  }

  // ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

  onConnect(connection: Connection, nowNs: number): boolean {
    const { random } = this.c;
    const faults = this.#faults(nowNs);
    this.account.connects++;
    if (random.chance(faults.refuse ?? 0)) return false;
    const client: Client = {
      connection,
      sinceNs: nowNs,
      loggedIn: this.#login === undefined,
      silent: this.transport === 'tcp' && random.chance(faults.silent ?? 0),
      heardNs: nowNs,
      sentNs: nowNs,
      notBeforeNs: nowNs,
      resume: undefined,
      segment: undefined,
      left: NO_END,
      breaks: undefined,
      stopped: false,
      imageNs: NO_END,
      image: 0,
      beatNs: NO_END,
    };
    this.#clients.set(connection, client);
    if (client.loggedIn) this.#ready(client, nowNs);
    return true;
  }

  onClose(connection: Connection): void {
    this.#clients.delete(connection);
  }

  #close(client: Client, nowNs: number): void {
    const act = (): void => {
      if (this.#clients.delete(client.connection)) client.connection.close();
    };
    if (client.notBeforeNs <= nowNs) act();
    else this.#agenda.at(client.notBeforeNs, act);
  }

  /** A connection that can take requests now. */
  #ready(client: Client, nowNs: number): void {
    if (this.transport !== 'tcp') return;
    if (this.c.pattern.needsImage) client.imageNs = nowNs;
    if (this.#beat !== undefined) client.beatNs = nowNs + 300_000_000;
  }

  onData(connection: Connection, bytes: Uint8Array, nowNs: number): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    client.heardNs = nowNs;
    if (client.silent || client.stopped) return;
    const said = this.#request?.read(bytes);
    if (said !== undefined && client.loggedIn) {
      this.#asked(client, said, nowNs);
      return;
    }
    const login = client.loggedIn && this.transport === 'tcp' ? undefined : this.#login?.read(bytes);
    if (login !== undefined) this.#logIn(client, login, nowNs);
  }

  #rule(...actions: Reply['do'][]): Reply | undefined {
    return this.c.pattern.replies.find((r) => actions.includes(r.do));
  }

  #logIn(client: Client, said: Said, nowNs: number): void {
    const { random, day } = this.c;
    const faults = this.#faults(nowNs);
    this.account.logins++;
    this.account.loginTimes.push(nowNs);
    this.#checkLoginGap(nowNs);
    const position = day.publishedAt(nowNs);
    const segment = day.segmentOf(Math.max(0, position - 1));
    if (random.chance(faults.rejectLogin ?? 0)) {
      const rejected = this.#rule('loginRejected');
      this.#count('login');
      if (rejected !== undefined) this.#reply(client, rejected, { number: this.#anyCode(rejected) }, said, nowNs);
      this.#close(client, nowNs);
      return;
    }
    client.loggedIn = true;
    if (this.#request !== undefined) {
      const accepted = this.#rule('loginAccepted');
      if (accepted !== undefined) {
        this.#reply(client, accepted, { number: day.wire(position, segment), session: segment.session }, said, nowNs);
      }
      this.#ready(client, nowNs);
      return;
    }
    // The login is the request.
    this.account.requests++;
    this.account.times.push(nowNs);
    this.#checkRates(nowNs);
    if (this.#snapshot) this.#takeSnapshot(client, said, nowNs);
    else this.#resume(client, said, segment, nowNs);
    this.#ready(client, nowNs);
  }

  #count(status: string): void {
    this.account.refused[status] = (this.account.refused[status] ?? 0) + 1;
  }

  /** Some reason for a refusal: one that the rule names, else one that does not mean that we are let in. */
  #anyCode(rule: Reply): bigint | string {
    const key = Object.keys(rule.statuses)[0];
    if (key !== undefined) return key;
    const fine = new Set(Object.values(this.#rule('loginAccepted')?.on?.values ?? {}).map(String));
    return ['A', 'N', 'J', '5'].find((c) => !fine.has(c)) ?? 'X';
  }

  // ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The way here takes a little more or less time for each request: that much nearer may two requests be. */
  static readonly #JITTER_NS = 200_000;

  #checkRates(nowNs: number): void {
    for (const rate of this.c.limits.rates) {
      const since = nowNs - nanosecondsOf(rate.per) + DerivedServer.#JITTER_NS;
      const recent = this.account.times.filter((t) => t > since).length;
      if (recent > rate.count)
        this.account.violations.push(`${recent} requests within ${rate.per}, ${rate.count} are allowed`);
    }
  }

  #checkLoginGap(nowNs: number): void {
    const gap = this.c.limits.loginGap;
    const before = this.account.loginTimes.at(-2);
    if (gap === undefined || before === undefined) return;
    if (nowNs - before < nanosecondsOf(gap) - DerivedServer.#JITTER_NS) {
      this.account.violations.push(`logins ${nowNs - before} ns apart, ${gap} is the least`);
    }
  }

  // ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────

  #range(said: Said, nowNs: number): { begin: number; end: number; segment: Segment } | undefined {
    const { day } = this.c;
    const v = said.variables;
    const current = day.segmentOf(Math.max(0, day.publishedAt(nowNs) - 1));
    const session = v.get('session');
    let segment = current;
    if (session !== undefined && day.framing.session !== undefined && String(session) !== '') {
      const named = day.segments.filter((s) => String(s.session) === String(session)).at(-1);
      if (named === undefined) return undefined;
      if (named.index < current.index && named.session !== current.session) segment = named;
    }
    const first = v.get('begin');
    if (first === undefined) return { begin: 0, end: NO_END, segment };
    let begin = day.position(BigInt(first), segment);
    // A jump keeps the session; the number then belongs to the part before it.
    while (begin < segment.from && segment.begins === 'jump') {
      segment = day.segments[segment.index - 1] as Segment;
      begin = day.position(BigInt(first), segment);
    }
    const last = v.get('last');
    const past = v.get('end');
    const count = v.get('count');
    let end = NO_END;
    if (count !== undefined) end = begin + Number(count);
    else if (past !== undefined) end = begin + Number(this.#span(BigInt(first), BigInt(past), segment));
    else if (last !== undefined) end = begin + Number(this.#span(BigInt(first), BigInt(last), segment)) + 1;
    return { begin, end, segment };
  }

  #span(first: bigint, last: bigint, segment: Segment): number {
    const { day } = this.c;
    return day.position(last, segment) - day.position(first, segment);
  }

  #asked(client: Client, said: Said, nowNs: number): void {
    const { faults, random, day, model } = this.c;
    this.account.requests++;
    this.account.times.push(nowNs);
    this.#checkRates(nowNs);
    if (this.#snapshot) {
      this.#takeSnapshot(client, said, nowNs);
      return;
    }
    const range = this.#range(said, nowNs);
    if (range === undefined) return;
    const { begin, end, segment } = range;
    const perRequest = this.c.limits.perRequest;
    if (perRequest !== undefined && end - begin > Number(perRequest)) {
      this.account.violations.push(`${end - begin} messages in one request, ${perRequest} are allowed`);
    }
    if (end <= begin) this.account.violations.push(`an empty request: ${begin} to ${end}`);
    const refuse = (code: string | undefined): void => {
      const rule = this.#rule('status');
      if (rule === undefined || code === undefined) return;
      this.#count(code);
      const late = random.chance(faults.late ?? 0) ? random.below((faults.lateNs ?? 50_000_000) + 1) : 0;
      client.notBeforeNs = Math.max(client.notBeforeNs, nowNs + late);
      this.#reply(client, rule, { number: code }, said, nowNs, { begin, end });
      if (this.c.pattern.connection === 'serverCloses') this.#close(client, nowNs);
    };
    if (!this.#quota.take(nowNs)) {
      refuse(model.overQuota ?? this.#codeFor('wait', 'retry', 'nextServer', 'giveUp'));
      return;
    }
    if (faults.status !== undefined && this.#refuses()) {
      refuse(faults.status.code);
      return;
    }
    const newest = Math.min(day.publishedAt(nowNs), segment.to);
    const oldest = Math.max(segment.from, newest - (faults.cacheDepth ?? NO_END));
    const says = random.chance(faults.sayUnavailable ?? 0);
    // What was left out by the venue cannot be given.
    let kept = begin;
    while (kept < end && kept < newest && (kept < oldest || day.never(kept))) kept++;
    if (says || kept > begin || begin >= newest) {
      const to = says ? end : Math.min(end, kept);
      if (to > begin && this.#sayUnavailable(client, begin, to, segment, said, nowNs)) {
        if (to >= end) {
          this.#finish(client, said, nowNs, begin, end);
          return;
        }
      } else if (model.partly === 'refuse' || kept >= Math.min(end, newest)) {
        const code = model.tooOld ?? this.#codeFor('unavailable', 'nextServer', 'giveUp');
        if (code !== undefined) refuse(code);
        else if (this.c.pattern.connection === 'serverCloses') this.#finish(client, said, nowNs, begin, begin);
        else if (this.#rule('complete') !== undefined) this.#finish(client, said, nowNs, begin, begin);
        return;
      }
    }
    let to = Math.min(end, newest);
    for (let i = kept; i < to; i++) if (day.never(i)) to = i;
    const answer = planAnswer(kept, to, { oldest, next: newest }, faults, random);
    if (answer === null) return;
    this.#serve({ client, said, segment, nowNs, asked: { begin, end } }, answer);
  }

  /** Whether a request is refused with the status that the run is about: the first always is. */
  #refuses(): boolean {
    const { random, faults } = this.c;
    return random.chance(faults.status?.probability ?? 1) || this.account.requests === 1;
  }

  /** The first status code with one of these outcomes, in their order. */
  #codeFor(...outcomes: string[]): string | undefined {
    const rule = this.#rule('status');
    if (rule === undefined) return undefined;
    for (const outcome of outcomes) {
      for (const [code, o] of Object.entries(rule.statuses)) if (o === outcome) return code;
    }
    return undefined;
  }

  #sayUnavailable(client: Client, begin: number, end: number, segment: Segment, said: Said, nowNs: number): boolean {
    const { day, feed, pattern, transmit } = this.c;
    const first = day.wire(begin, segment);
    const last = day.wire(end - 1, segment);
    const rule = this.#rule('unavailable');
    if (rule !== undefined) {
      this.#count('unavailable');
      this.#acknowledge(client, said, nowNs, { begin, end });
      this.#reply(client, rule, { number: first, last }, said, nowNs);
      return true;
    }
    if (!('delivery' in pattern) || pattern.delivery !== 'lines') return false;
    const control = day.pool.control('unavailable', first, last);
    if (control === undefined) return false;
    this.#count('unavailable');
    this.#acknowledge(client, said, nowNs, { begin, end });
    const packet = feed.packet(
      [control.bytes],
      { sequence: first, session: segment.session, timeNs: nowNs },
      'unavailable',
    );
    this.#agenda.at(nowNs + 20_000, () => transmit('retransmission', packet));
    return true;
  }

  #acknowledge(client: Client, said: Said, nowNs: number, part: { begin: number; end: number }): void {
    const rule = this.#rule('status');
    if (rule === undefined) return;
    const code =
      Object.entries(rule.statuses).find(([, o]) => o === 'accepted')?.[0] ??
      (rule.otherwise === 'accepted' ? '0' : undefined);
    if (code !== undefined) this.#reply(client, rule, { number: code }, said, nowNs, part);
  }

  #finish(client: Client, said: Said, nowNs: number, begin: number, end: number): void {
    const rule = this.#rule('complete');
    if (rule !== undefined) this.#reply(client, rule, {}, said, nowNs, { begin, end });
    if (this.c.pattern.connection === 'serverCloses') {
      const bye = this.#rule('goodbye');
      if (bye !== undefined) this.#reply(client, bye, {}, said, nowNs);
      this.#close(client, nowNs);
    }
  }

  #serve(question: Question, answer: Answer): void {
    const { client, said, segment, nowNs, asked } = question;
    const { day, random, faults } = this.c;
    const counted =
      this.#delivery === 'replies' && !this.#rule('packet') && this.#rule('message')?.number === undefined;
    const pieces = counted ? [inOneGo(answer.pieces)] : answer.pieces;
    const begin = Math.min(...pieces.map((p) => p.begin));
    const end = Math.max(...pieces.map((p) => p.end));
    const begins = this.#rule('begin');
    const late = answer.acknowledgeLate && !counted;
    client.notBeforeNs = Math.max(client.notBeforeNs, nowNs + Math.min(...pieces.map((p) => p.delayNs)));
    if (!late) this.#acknowledge(client, said, nowNs, asked);
    if (begins !== undefined) {
      this.#reply(client, begins, { number: day.wire(begin, segment) }, said, nowNs, { begin, end });
    }
    this.account.served++;
    pieces.forEach((piece, i) => {
      this.#servePiece(question, piece);
      if (i === 0 && late) this.#acknowledge(client, said, nowNs, asked);
    });
    if (answer.afterwards === 'stall') {
      client.stopped = this.transport === 'tcp';
      return;
    }
    if (answer.afterwards === 'close') {
      if (this.transport === 'tcp') this.#close(client, nowNs);
      return;
    }
    // These draws decide nothing any more; with them a seed still means the run that it has always meant.
    if (random.chance(faults.servePart ?? 0)) random.below(2);
    this.#finish(client, said, nowNs, begin, end);
  }

  get #delivery(): Recovery['delivery'] {
    const { pattern } = this.c;
    return 'delivery' in pattern ? pattern.delivery : 'replies';
  }

  #servePiece({ client, said, segment, nowNs }: Question, piece: Piece): void {
    const { day, pattern, feed, replies, transmit } = this.c;
    const packet = this.#rule('packet');
    const message = this.#rule('message');
    const session = piece.foreign && day.framing.session !== undefined ? this.#otherSession(segment) : segment.session;
    const how = { use: 'retransmission', session, timeNs: nowNs } as const;
    if (this.#delivery === 'lines') {
      for (const p of day.packets(feed, piece.begin, piece.end, how)) {
        this.#agenda.at(nowNs + piece.delayNs + 20_000, () => transmit('retransmission', p));
      }
    } else if (this.#delivery === 'feedPackets' || packet !== undefined) {
      const writer = packet === undefined ? replies : feed;
      const bytes = packet === undefined ? DATAGRAM_BYTES : INNER_PACKET_BYTES;
      let packets = day.packets(writer, piece.begin, piece.end, { ...how, bytes });
      if ('onePerDatagram' in pattern && pattern.onePerDatagram) packets = packets.slice(0, 1);
      for (const p of packets) {
        if (packet === undefined) this.#write(client, p, nowNs, piece.delayNs);
        else this.#reply(client, packet, { payload: p }, said, nowNs);
      }
    } else if (message !== undefined) {
      for (let at = piece.begin; at < piece.end; at++) {
        for (const m of day.units[at] ?? []) {
          this.#reply(client, message, { number: day.wire(at, segment), payload: m }, said, nowNs);
        }
      }
    }
  }

  #otherSession(segment: Segment): bigint | string {
    return typeof segment.session === 'string' ? 'OTHER' : segment.session + 77n;
  }

  // ── a login that resumes ───────────────────────────────────────────────────────────────────────────────────────

  #resume(client: Client, said: Said, current: Segment, nowNs: number): void {
    const { day, random } = this.c;
    const faults = this.#faults(nowNs);
    const accepted = this.#rule('loginAccepted');
    const range = this.#range(said, nowNs);
    // A live stream has the current session only.
    const named = String(said.variables.get('session') ?? '');
    const gone = this.#stream && named !== '' && named !== String(current.session) && day.framing.session !== undefined;
    if (range === undefined || gone || !this.#quota.take(nowNs)) {
      const rejected = (gone ? this.#rule('sessionUnavailable') : undefined) ?? this.#rule('loginRejected');
      this.#count('login');
      if (rejected !== undefined) this.#reply(client, rejected, { number: 'S' }, said, nowNs);
      this.#close(client, nowNs);
      return;
    }
    const newest = Math.min(day.publishedAt(nowNs), current.to);
    const oldest = Math.max(current.from, newest - (faults.cacheDepth ?? NO_END));
    let from = Math.min(Math.max(range.begin, oldest), newest);
    if (random.chance(faults.overlap ?? 0)) from = Math.max(oldest, from - 1 - random.below(5));
    // 0: from now on.
    if (said.variables.get('begin') === 0n) from = newest;
    while (from < newest && day.never(from)) from++;
    if (random.chance(faults.late ?? 0)) client.notBeforeNs = nowNs + random.below((faults.lateNs ?? 50_000_000) + 1);
    const foreign = random.chance(faults.toSomebodyElse ?? 0) && day.framing.session !== undefined;
    if (accepted !== undefined) {
      const session = foreign ? this.#otherSession(current) : current.session;
      this.#reply(client, accepted, { number: day.wire(from, current), session }, said, nowNs);
    }
    const is = (p: number | undefined): boolean => random.chance(p ?? 0);
    client.breaks = is(faults.closeHalfway)
      ? 'close'
      : is(faults.stall)
        ? 'stall'
        : is(faults.servePart)
          ? 'goodbye'
          : undefined;
    client.left = client.breaks === undefined ? NO_END : 1 + random.below(32);
    client.stopped = false;
    client.resume = from;
    client.segment = current;
    this.account.served++;
    this.#pump(client, nowNs);
  }

  #pump(client: Client, nowNs: number): void {
    const { day } = this.c;
    const rule = this.#rule('message', 'packet');
    if (client.resume === undefined || rule === undefined || client.stopped) return;
    const newest = day.publishedAt(nowNs);
    for (let n = 0; n < 256 && client.resume < newest; n++) {
      if (day.never(client.resume)) break;
      if (this.#stream && client.segment !== undefined && client.resume >= client.segment.to) {
        const told = client.segment.ended && this.#faults(nowNs).session?.noEnd === undefined;
        const end = told ? this.#rule('sessionEnd') : undefined;
        if (end !== undefined) this.#reply(client, end, {}, undefined, nowNs);
        client.resume = undefined;
        this.#close(client, nowNs);
        return;
      }
      if (client.left-- <= 0) {
        client.stopped = true;
        const bye = client.breaks === 'goodbye' ? this.#rule('goodbye') : undefined;
        if (bye !== undefined) this.#reply(client, bye, {}, undefined, nowNs);
        if (client.breaks !== 'stall') this.#close(client, nowNs);
        return;
      }
      for (const m of day.units[client.resume] ?? []) {
        this.#reply(client, rule, { number: day.wire(client.resume), payload: m }, undefined, nowNs);
      }
      client.resume++;
    }
    const stuck = day.never(client.resume) && nowNs > day.endNs;
    if (client.resume >= day.end && nowNs > day.endNs) {
      // Once it is there.
      this.#agenda.at(Math.max(nowNs, client.notBeforeNs) + 10_000_000, () => {
        this.#over = true;
      });
    }
    if ((client.resume >= day.end || stuck) && nowNs > day.endNs && day.plan.ends !== false) {
      const bye = this.#rule('goodbye', 'sessionEnd');
      if (bye !== undefined) this.#reply(client, bye, {}, undefined, nowNs);
      client.resume = undefined;
      this.#close(client, nowNs);
    }
  }

  // ── snapshots ──────────────────────────────────────────────────────────────────────────────────────────────────

  #takeSnapshot(client: Client, said: Said, nowNs: number): void {
    const { day, faults, random, pattern, model, transmit } = this.c;
    if (!('from' in pattern)) return;
    if (this.#refusesSnapshot(client, said, nowNs)) return;
    const newest = day.publishedAt(nowNs);
    const segment = day.segmentOf(Math.max(0, newest - 1));
    const back = faults.olderSnapshot ? random.below(faults.olderSnapshot + 1) : 0;
    const image = said.variables.get('image');
    const boundary = image !== undefined && client.image > 0 ? client.image : Math.max(segment.from, newest - back);
    if (model.cycle === undefined) this.account.boundaries.push(boundary);
    this.#acknowledge(client, said, nowNs, { begin: boundary, end: boundary });
    if (pattern.from === 'requestOnLines') {
      // Before or after the acknowledgement: they take different ways.
      const afterNs = random.below(200_000);
      snapshotCycle(this.c, boundary).forEach((p, i) => {
        this.#agenda.at(client.notBeforeNs + afterNs + i * 10_000, () => transmit('snapshot', p));
      });
      this.account.served++;
      return;
    }
    const number = snapshotNumber(this.c, boundary);
    this.#beginSnapshot(client, said, nowNs, number, segment);
    const breaks = this.#sendSnapshot(client, said, nowNs, number, boundary);
    if (breaks === 'close') {
      // Some say so.
      const bye = random.below(2) === 0 ? this.#rule('goodbye') : undefined;
      if (bye !== undefined) this.#reply(client, bye, {}, said, nowNs);
      this.#close(client, nowNs);
    } else if (breaks === 'stall') {
      // The connection may live on, with heartbeats and nothing else.
      client.stopped = random.below(2) === 0;
    } else this.#endSnapshot(client, said, nowNs, number);
  }

  /** Whether a snapshot is refused: by the quota, or with the status that the run is about. */
  #refusesSnapshot(client: Client, said: Said, nowNs: number): boolean {
    const { faults, random, pattern, model } = this.c;
    const refused = (code: string | undefined): boolean => {
      const rule = this.#rule('status');
      if (rule === undefined || code === undefined) return false;
      this.#count(code);
      this.#reply(client, rule, { number: code }, said, nowNs);
      if (pattern.connection === 'serverCloses') this.#close(client, nowNs);
      return true;
    };
    const late = random.chance(faults.late ?? 0) ? random.below((faults.lateNs ?? 50_000_000) + 1) : 0;
    client.notBeforeNs = Math.max(client.notBeforeNs, nowNs + late);
    if (!this.#quota.take(nowNs)) {
      if (!refused(model.overQuota ?? this.#codeFor('wait', 'retry', 'nextServer', 'giveUp')))
        this.#close(client, nowNs);
      return true;
    }
    return faults.status !== undefined && this.#refuses() && refused(faults.status.code);
  }

  #beginSnapshot(client: Client, said: Said, nowNs: number, number: bigint, segment: Segment): void {
    const accepted = this.#request === undefined ? this.#rule('loginAccepted') : undefined;
    if (accepted !== undefined) {
      // The snapshot is a session of its own, counted from 1.
      const first = accepted.number === undefined ? undefined : 1n;
      this.#reply(client, accepted, { number: first, session: segment.session }, said, nowNs);
    }
    for (const action of ['begin', 'snapshotBegin', 'snapshotNumber'] as const) {
      const rule = this.#rule(action);
      if (rule !== undefined) this.#reply(client, rule, { number: action === 'begin' ? 1n : number }, said, nowNs);
    }
  }

  /** Sends the messages of a snapshot, or a part of them; returns what then becomes of the connection. */
  #sendSnapshot(client: Client, said: Said, nowNs: number, number: bigint, boundary: number) {
    const { random, faults } = this.c;
    const messages = snapshotMessages(this.c, boundary);
    const breaks = random.chance(faults.closeHalfway ?? 0)
      ? 'close'
      : random.chance(faults.stall ?? 0)
        ? 'stall'
        : undefined;
    const cut = breaks === undefined ? NO_END : random.below(messages.length + 1);
    for (const [i, { rule, bytes }] of messages.entries()) {
      if (i >= cut) break;
      if (rule.payload !== undefined) this.#reply(client, rule, { payload: bytes, number }, said, nowNs);
      else this.#write(client, this.#dressed(rule, bytes, nowNs), nowNs);
    }
    return breaks;
  }

  #endSnapshot(client: Client, said: Said, nowNs: number, number: bigint): void {
    const { random, faults, pattern } = this.c;
    this.account.served++;
    const end = random.chance(faults.servePart ?? 0) ? undefined : this.#rule('snapshotEnd');
    if (end !== undefined)
      this.#reply(client, end, { number: end.number === undefined ? undefined : number }, said, nowNs);
    const complete = this.#rule('complete');
    if (complete !== undefined) this.#reply(client, complete, {}, said, nowNs);
    if (pattern.connection === 'serverCloses') {
      const bye = this.#rule('goodbye');
      if (bye !== undefined) this.#reply(client, bye, {}, said, nowNs);
      this.#close(client, nowNs);
    }
  }

  // ── replies ────────────────────────────────────────────────────────────────────────────────────────────────────

  #dressed(rule: Reply, bytes: Uint8Array, nowNs: number): Uint8Array {
    return dress(this.c, rule, bytes, nowNs);
  }

  #reply(
    client: Client,
    rule: Reply,
    told: Told,
    said: Said | undefined,
    nowNs: number,
    part: { begin: number; end: number } = { begin: 0, end: 0 },
  ): void {
    const bytes = encodeReply(this.c, rule, told, said?.fields ?? {}, part);
    this.#write(client, this.#dressed(rule, bytes, nowNs), nowNs);
  }

  #write(client: Client, bytes: Uint8Array, nowNs: number, delayNs = 0): void {
    const { random } = this.c;
    const faults = this.#faults(nowNs);
    client.sentNs = nowNs;
    let out = bytes;
    if (random.chance(faults.mutate ?? 0) && out.length > 0) {
      out = out.slice();
      const bit = random.below(out.length * 8);
      out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    if (this.transport === 'udp') {
      if (delayNs === 0 && client.notBeforeNs <= nowNs) client.connection.send(out);
      else this.#agenda.at(Math.max(nowNs + delayNs, client.notBeforeNs), () => client.connection.send(out));
      return;
    }
    let at = Math.max(nowNs, client.notBeforeNs);
    const send = (chunk: Uint8Array): void => {
      if (at <= nowNs) client.connection.send(chunk);
      else this.#agenda.at(at, () => this.#clients.has(client.connection) && client.connection.send(chunk));
    };
    if (random.chance(faults.split ?? 0)) {
      for (let from = 0; from < out.length; ) {
        const n = 1 + random.below(Math.max(1, out.length >> 1));
        send(out.subarray(from, from + n));
        from += n;
        at += 1_000;
      }
    } else send(out);
    client.notBeforeNs = at;
  }

  onTick(nowNs: number): number {
    this.#agenda.run(nowNs);
    let due = this.#agenda.dueNs;
    const { pattern, day } = this.c;
    for (const client of [...this.#clients.values()]) {
      if (this.transport === 'udp' || client.stopped || client.silent) continue;
      if (client.resume !== undefined) {
        this.#pump(client, nowNs);
        // Until there is more to say, or the end of the day.
        const more = client.resume === undefined ? nowNs : ((day.times[client.resume] ?? day.endNs) as number) + 1;
        due = Math.min(due, Math.max(nowNs + 200_000, more));
      }
      if (client.imageNs <= nowNs && !client.silent) {
        client.imageNs = nowNs + 1e9;
        client.image = day.publishedAt(nowNs);
        const rule = this.#rule('image');
        const number = snapshotNumber(this.c, client.image);
        if (rule !== undefined && client.image > 0) this.#reply(client, rule, { number }, undefined, nowNs);
      }
      if (client.beatNs <= nowNs && !client.silent && this.#beat !== undefined) {
        client.beatNs = nowNs + 1e9;
        this.#reply(client, this.#beat, {}, undefined, nowNs);
      }
      const send = pattern.keepAlive.send;
      if (send !== undefined && client.loggedIn) {
        const limit = 4 * nanosecondsOf(send);
        if (nowNs - client.heardNs > limit) {
          this.account.violations.push(
            `the client said nothing for ${nowNs - client.heardNs} ns, ${send} was promised`,
          );
          this.#close(client, nowNs);
          continue;
        }
        due = Math.min(due, client.heardNs + limit + 1);
      }
      if (!client.silent) due = Math.min(due, client.imageNs, client.beatNs);
    }
    return due;
  }
}
