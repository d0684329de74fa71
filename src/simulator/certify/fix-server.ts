/**
 * The other end of a FIX session, made from the stream that a client declares: its messages are read back by the templates
 * that write them, ours are marked as its rules and its framing expect them. Several servers may hold one session, one
 * after the other; what is numbered is the day's.
 */
import type { Stream } from '../../patterns/stream.js';
import { nanosecondsOf } from '../../patterns/units.js';
import type { Random } from '../random.js';
import { Agenda, type Connection } from '../server.js';
import { type CertifiedServer, ServerAccount, type ServerContext } from './model.js';
import type { SessionDay } from './session-day.js';
import { type Said, TemplateReader } from './template-reader.js';

type Tags = readonly (readonly [number, string | number])[];
type Rule = Stream['replies'][number];

const SOH = '\x01';
const encode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** A FIX message with its BodyLength and CheckSum. */
function fixMessage(begin: string, tags: Tags, body = ''): Uint8Array {
  const inner = tags.map(([tag, value]) => `${tag}=${value}${SOH}`).join('') + body;
  const text = `8=${begin}${SOH}9=${inner.length}${SOH}${inner}`;
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  return encode(`${text}10=${String(sum & 255).padStart(3, '0')}${SOH}`);
}

/** What a condition on a tag wants: the tag and its value. */
const tagOf = (when: { tag?: number | undefined; equals: number | string } | undefined): [number, string | number][] =>
  when?.tag === undefined ? [] : [[when.tag, when.equals]];

interface Client {
  readonly connection: Connection;
  in: boolean;
  /** Nothing is said any more; the connection stays. */
  stopped: boolean;
  /** Messages until the connection breaks in the middle of one, or nothing is said any more. */
  left: number;
  readonly breaks: 'close' | 'stall' | 'goodbye' | undefined;
  heardNs: number;
  saidNs: number;
  notBeforeNs: number;
  /** Answers that are owed to us: text of the test request, and until when. */
  test: { readonly id: string; readonly byNs: number } | undefined;
  /** Number of its last subscription; 0: none. */
  subscribed: bigint;
  /** When our own question comes. */
  askNs: number;
}

/** What all servers of one session know. */
interface Shared {
  begun: boolean;
  published: number;
  /** The number that the client's next message has. */
  clientNext: bigint;
  active: { readonly server: FixServer; readonly client: Client } | undefined;
  /** Something that it said did not come: what is said behind that number waits until it has come again. */
  missing: bigint | undefined;
  /** The client may not come again before this time. */
  restUntilNs: number;
  tests: number;
  bodies: readonly Uint8Array[] | undefined;
}
const shared = new WeakMap<SessionDay, Shared>();

export class FixServer implements CertifiedServer {
  readonly transport = 'tcp';
  readonly account = new ServerAccount();
  readonly pattern: Stream;
  readonly #agenda = new Agenda();
  readonly #clients = new Map<Connection, Client>();
  readonly #read: Readonly<Record<string, TemplateReader | undefined>>;
  readonly #subscribe: readonly TemplateReader[];
  readonly #shared: Shared;
  readonly #begin: string;
  /** Heartbeat of the session, from the client's logon. */
  #beatNs = Number.POSITIVE_INFINITY;
  #peer: readonly [string, string] = ['', ''];
  readonly #faultsUntilNs: number;
  #nowNs = 0;

  constructor(
    readonly c: ServerContext,
    readonly day: SessionDay,
  ) {
    this.pattern = c.pattern as Stream;
    const p = this.pattern;
    const reader = (t: Stream['login']): TemplateReader | undefined => t && new TemplateReader(t, c.feed.framing);
    this.#read = {
      resume: reader(p.resume),
      login: reader(p.login),
      request: reader(p.request),
      answer: reader(p.answer),
      probe: reader(p.probe),
      gapFill: reader(p.gapFill),
      heartbeat: reader(p.heartbeat),
      logout: reader(p.logout),
    };
    this.#subscribe = p.subscribe.map((t) => new TemplateReader(t, c.feed.framing));
    const login = p.login !== undefined && 'fix' in p.login ? p.login.fix : [];
    this.#begin = String(login.find(([tag]) => tag === 8)?.[1] ?? 'FIX.4.4');
    let known = shared.get(day);
    if (known === undefined) {
      known = {
        begun: false,
        published: 0,
        clientNext: 1n,
        missing: undefined,
        active: undefined,
        restUntilNs: 0,
        tests: 0,
        bodies: undefined,
      };
      shared.set(day, known);
    }
    this.#shared = known;
    this.#faultsUntilNs = day.due[Math.floor(day.due.length * 0.7)] ?? 0;
  }

  /** Everything has been said, and somebody was there to hear it. */
  get quiet(): boolean {
    const { active, published } = this.#shared;
    if (published < this.day.due.length || active?.client.in !== true || active.client.stopped) return false;
    // The last words are there.
    const { client } = active;
    return this.#nowNs > Math.max(client.saidNs, client.notBeforeNs) + 10_000_000;
  }

  #is(p: number | undefined, nowNs: number): boolean {
    return this.c.random.chance(nowNs < this.#faultsUntilNs ? (p ?? 0) : 0);
  }

  #rule(action: Rule['do']): Rule | undefined {
    return this.pattern.replies.find((r) => r.do === action);
  }

  // ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

  onConnect(connection: Connection, nowNs: number): boolean {
    const { faults, random } = this.c;
    this.account.connects++;
    if (nowNs < this.#shared.restUntilNs - 300_000) {
      this.account.violations.push(`connected ${this.#shared.restUntilNs - nowNs} ns too soon`);
    }
    if (this.#is(faults.refuse, nowNs)) return false;
    const breaks = this.#is(faults.closeHalfway, nowNs)
      ? 'close'
      : this.#is(faults.stall, nowNs)
        ? 'stall'
        : this.#is(faults.session?.goodbye, nowNs)
          ? 'goodbye'
          : undefined;
    this.#clients.set(connection, {
      connection,
      in: false,
      stopped: this.#is(faults.silent, nowNs),
      left: breaks === undefined ? Number.POSITIVE_INFINITY : 1 + random.below(60),
      breaks,
      heardNs: nowNs,
      saidNs: nowNs,
      notBeforeNs: nowNs,
      test: undefined,
      subscribed: 0n,
      askNs: Number.POSITIVE_INFINITY,
    });
    return true;
  }

  onClose(connection: Connection, nowNs: number): void {
    const client = this.#clients.get(connection);
    if (client !== undefined) this.#gone(client, nowNs, false);
  }

  #gone(client: Client, nowNs: number, close: boolean): void {
    if (!this.#clients.delete(client.connection)) return;
    if (this.#shared.active?.client === client) this.#shared.active = undefined;
    this.#shared.restUntilNs = nowNs + nanosecondsOf(this.pattern.reconnect.first);
    if (!close) return;
    if (client.notBeforeNs <= nowNs) client.connection.close();
    else this.#agenda.at(client.notBeforeNs, () => client.connection.close());
  }

  // ── what we say ────────────────────────────────────────────────────────────────────────────────────────────────

  #time(nowNs: number): string {
    return new Date(Math.floor(nowNs / 1e6)).toISOString().replace(/[-]/g, '').replace('T', '-').slice(0, 21);
  }

  #text(tags: Tags, number: bigint, nowNs: number, more: Tags = [], body = ''): Uint8Array {
    const [type, ...rest] = tags;
    const [from, to] = this.#peer;
    const head: Tags = [
      type as Tags[number],
      [49, from],
      [56, to],
      [this.c.feed.framing.sequence?.offset ?? 34, String(number)],
      ...more,
      [52, this.#time(nowNs)],
    ];
    return fixMessage(this.#begin, [...head, ...rest], body);
  }

  /** Says something with the next number. `lost`: it has the number, and is not sent. */
  #say(tags: Tags, use: 'message' | 'session', nowNs: number, body = '', lost = false): void {
    const bytes = this.#text(tags, this.day.next, nowNs, [], body);
    this.day.use(bytes, use, nowNs);
    const { active } = this.#shared;
    if (!lost && active !== undefined) active.server.#write(active.client, bytes, nowNs);
  }

  #write(client: Client, bytes: Uint8Array, nowNs: number, delayNs = 0): void {
    const { random, faults } = this.c;
    if (client.stopped) return;
    client.saidNs = nowNs;
    let at = Math.max(nowNs + delayNs, client.notBeforeNs);
    const send = (chunk: Uint8Array): void => {
      if (at <= nowNs) client.connection.send(chunk);
      else this.#agenda.at(at, () => client.connection.send(chunk));
    };
    let out = bytes;
    if (this.#is(faults.mutate, nowNs)) {
      out = bytes.slice();
      const bit = random.below(out.length * 8);
      out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    if (client.left-- <= 1 && client.breaks !== undefined) {
      // In the middle of a message, or between two.
      if (client.breaks !== 'goodbye') send(out.subarray(0, random.below(out.length + 1)));
      client.notBeforeNs = at;
      if (client.breaks === 'stall') {
        client.stopped = true;
        return;
      }
      if (client.breaks === 'goodbye') this.#leave(client, nowNs);
      this.#gone(client, nowNs, true);
      return;
    }
    if (this.#is(faults.split, nowNs)) {
      for (let from = 0; from < out.length; ) {
        const n = 1 + random.below(out.length);
        send(out.subarray(from, from + n));
        from += n;
        at += 1_000;
      }
    } else send(out);
    client.notBeforeNs = at;
  }

  /** Says that it ends, and how it does. */
  #leave(client: Client, atNs: number): void {
    const rule = this.#rule('goodbye');
    if (rule === undefined) return;
    const bytes = this.#text(tagOf(rule.when), this.day.next, atNs);
    this.day.use(bytes, 'session', atNs);
    const at = Math.max(atNs, client.notBeforeNs);
    if (at <= atNs) client.connection.send(bytes);
    else this.#agenda.at(at, () => client.connection.send(bytes));
    client.notBeforeNs = at;
  }

  // ── what the client says ───────────────────────────────────────────────────────────────────────────────────────

  onData(connection: Connection, bytes: Uint8Array, nowNs: number): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    client.heardNs = nowNs;
    const text = Buffer.from(bytes).toString('latin1');
    const fields = new Map(text.split(SOH).map((part) => part.split('=', 2) as [string, string]));
    const sent = fixMessage(this.#begin, [], text.slice(text.indexOf(SOH, text.indexOf('9=')) + 1, -7));
    if (Buffer.compare(sent, bytes) !== 0) this.account.violations.push(`no sound message: ${text}`);
    for (const [name, reader] of Object.entries(this.#read)) {
      const said = reader?.read(bytes);
      if (said === undefined) continue;
      if (name !== 'gapFill') this.#number(name, fields);
      if (name === 'login' || name === 'resume') this.#logon(client, fields, name === 'login', nowNs);
      else if (name === 'gapFill') this.#filled(client, fields);
      else if (name === 'logout') this.#gone(client, nowNs, false);
      else if (client.in) this.#handle(client, name, said, fields, nowNs);
      return;
    }
    const subscriptions = this.#subscribe.map((r) => r.read(bytes)).find((s) => s !== undefined);
    if (subscriptions === undefined) {
      this.account.violations.push(`nothing that the pattern says: ${text}`);
      return;
    }
    if (fields.get('43') === 'Y') {
      this.#saidAgain(client, subscriptions, fields, nowNs);
      return;
    }
    this.#number('subscribe', fields);
    client.subscribed = this.#shared.clientNext - 1n;
    if (client.in && this.#shared.missing === undefined) this.#state(client, subscriptions, nowNs);
  }

  /** The client's own numbers go up by one; a logon that resets begins with 1. */
  #number(name: string, fields: ReadonlyMap<string, string>): void {
    const number = BigInt(fields.get('34') ?? '0');
    if (name === 'login') {
      this.#shared.clientNext = 1n;
      this.#shared.missing = undefined;
    }
    // What it said into a connection that was no more never came: it is asked for again.
    const missed = name === 'resume' && number > this.#shared.clientNext;
    if (missed) this.#shared.missing ??= this.#shared.clientNext;
    if (number !== this.#shared.clientNext && !missed) {
      this.account.violations.push(`${name} is numbered ${number}, ${this.#shared.clientNext} was due`);
    }
    this.#shared.clientNext = number + 1n;
  }

  /** What it has said is not said again: it may be anything but the subscription that we owe it an answer to. */
  #filled(client: Client, fields: ReadonlyMap<string, string>): void {
    const s = this.#shared;
    this.account.served++;
    const [from, next] = [BigInt(fields.get('34') ?? '0'), BigInt(fields.get('36') ?? '0')];
    if (next <= from || next > s.clientNext) {
      this.account.violations.push(`filled from ${from} up to ${next}, ${s.clientNext} is the next`);
    }
    if (client.subscribed >= from && client.subscribed < next) {
      this.account.violations.push(`the subscription ${client.subscribed} was filled over`);
    }
    if (s.missing !== undefined && from <= s.missing && next > s.missing) s.missing = next;
    if (s.missing === s.clientNext) s.missing = undefined;
  }

  /** A subscription that it says again: taken where the first one was not, passed over where it was. */
  #saidAgain(client: Client, said: Said, fields: ReadonlyMap<string, string>, nowNs: number): void {
    const s = this.#shared;
    this.account.served++;
    const number = BigInt(fields.get('34') ?? '0');
    if (number !== client.subscribed) this.account.violations.push(`said again ${number}, not ${client.subscribed}`);
    if (!fields.has('122')) this.account.violations.push('said again, and not when it was said first');
    if (s.missing !== number) return;
    s.missing = number + 1n === s.clientNext ? undefined : number + 1n;
    if (client.in) this.#state(client, said, nowNs);
  }

  #logon(client: Client, fields: ReadonlyMap<string, string>, anew: boolean, nowNs: number): void {
    const { faults, random } = this.c;
    const { day } = this;
    this.account.logins++;
    this.account.loginTimes.push(nowNs);
    this.#peer = [fields.get('56') ?? '', fields.get('49') ?? ''];
    this.#beatNs = Number(fields.get('108') ?? 30) * 1e9;
    if (client.stopped) return;
    const rule = this.#rule('loginAccepted');
    if (this.#is(faults.rejectLogin, nowNs)) {
      this.account.refused.login = (this.account.refused.login ?? 0) + 1;
      if (random.below(2) === 0) this.#leave(client, nowNs);
      this.#gone(client, nowNs, true);
      return;
    }
    if (!anew && this.#is(faults.session?.restartsAtOne, nowNs)) {
      // Another process, which knows nothing of what was.
      this.#write(client, this.#text([...tagOf(rule?.when), [98, 0], [108, this.#beatNs / 1e9]], 1n, nowNs), nowNs);
      client.stopped = true;
      return;
    }
    if (this.#is(faults.session?.wrongPeer, nowNs)) {
      this.#foreign(client, [...tagOf(rule?.when), [98, 0], [108, this.#beatNs / 1e9]], nowNs);
      return;
    }
    const reset = anew || this.#is(faults.session?.resetAtLogon, nowNs);
    if (reset && day.end > 0) day.restart(BigInt(day.framing.wrap.first));
    const wanted = fields.get('789');
    if (!reset && wanted !== undefined && BigInt(wanted) > day.next) {
      this.account.violations.push(`expects ${wanted}, ${day.next} is the next`);
    }
    // Who has missed the reset cannot follow.
    if (reset) client.left = Math.max(client.left, 8);
    client.in = true;
    this.#shared.begun = true;
    this.#shared.active = { server: this, client };
    const kind = day.framing.kinds.find((k) => k.is === 'reset');
    const mark = reset ? tagOf(kind?.and) : [];
    this.#say([...tagOf(rule?.when), [98, 0], [108, this.#beatNs / 1e9], ...mark], 'session', nowNs);
    if (this.#shared.missing !== undefined) this.#askAgain(random.below(2) === 0 ? 1n : this.#shared.missing, nowNs);
    if (faults.session?.tests || faults.session?.asks) client.askNs = nowNs + random.below(200_000_000);
  }

  /** Somebody else's message on this connection: whoever believes what comes behind it is at fault. */
  #foreign(client: Client, tags: Tags, nowNs: number): void {
    const [from, to] = this.#peer;
    this.#peer = this.c.random.below(2) === 0 ? [`${from}X`, to] : [from, 'ELSE'];
    this.#write(client, this.#text(tags, this.day.next, nowNs), nowNs);
    this.#peer = [from, to];
    client.stopped = true;
    this.#agenda.at(nowNs + 1e9, () => {
      if (this.#clients.has(client.connection)) this.account.violations.push('took the word of somebody else');
    });
  }

  #handle(client: Client, name: string, said: Said, fields: ReadonlyMap<string, string>, nowNs: number): void {
    if (name === 'request') this.#resend(client, said, nowNs);
    else if (name === 'probe') {
      const test = this.#rule('answer');
      if (test?.echo !== undefined && !client.stopped) {
        this.#say(
          [
            [35, '0'],
            [test.echo.offset, fields.get(String(test.echo.offset)) ?? ''],
          ],
          'session',
          nowNs,
        );
      }
    } else if (name === 'answer' && client.test !== undefined) {
      const test = this.#rule('answer');
      const id = fields.get(String(test?.echo?.offset ?? 112));
      if (id === client.test.id) {
        this.account.served++;
        client.test = undefined;
      }
    }
  }

  /** Sends again what is asked for: messages marked, the rest filled over. */
  #resend(client: Client, said: Said, nowNs: number): void {
    const { day } = this;
    const { faults, random } = this.c;
    this.account.requests++;
    this.account.times.push(nowNs);
    const { current } = day;
    const first = said.variables.get('begin');
    const last = said.variables.get('last');
    if (first === undefined || last === undefined) return;
    let begin = day.position(BigInt(first), current);
    let end = day.position(BigInt(last), current) + 1;
    if (begin < current.from) return; // asked before the numbers began anew
    if (end > day.end || end <= begin) {
      this.account.violations.push(`asked for ${first} to ${last}, ${day.next} is the next`);
      return;
    }
    // This does not end with the day: it takes longer than a day does until it is given up.
    if (random.chance(faults.session?.deaf ?? 0)) return;
    if (this.#is(faults.servePart, nowNs)) end = begin + 1 + random.below(end - begin);
    if (this.#is(faults.overlap, nowNs)) begin = Math.max(current.from, begin - 1 - random.below(5));
    const late = this.#is(faults.late, nowNs) ? random.below((faults.lateNs ?? 50_000_000) + 1) : 0;
    const over = this.#is(faults.session?.fills, nowNs);
    this.account.served++;
    const fill = this.c.feed.framing.controls.find((k) => k.is === 'unavailable');
    const { resent } = this.pattern;
    const mark: Tags = resent === undefined ? [] : [[resent.field.offset, resent.equals]];
    for (let at = begin; at < end && !client.stopped; ) {
      if (this.#shared.active?.client !== client) return;
      if (day.uses[at] === 'message' && !over) {
        const bytes = this.#marked((day.units[at] as readonly Uint8Array[])[0] as Uint8Array, mark);
        day.again(at, bytes);
        this.#write(client, bytes, nowNs, late);
        at++;
        continue;
      }
      let to = at + 1;
      while (to < end && (over || day.uses[to] !== 'message')) to++;
      if (fill?.last !== undefined) {
        const tags: Tags = [...tagOf(fill.when), ...tagOf(fill.and)];
        const next = String(day.wire(to, current));
        this.account.refused.unavailable = (this.account.refused.unavailable ?? 0) + 1;
        this.#write(
          client,
          this.#text([...tags, [fill.last.offset, next]], day.wire(at, current), nowNs, mark),
          nowNs,
          late,
        );
      }
      at = to;
    }
  }

  /** The same message, marked as sent before. */
  #marked(bytes: Uint8Array, mark: Tags): Uint8Array {
    const text = Buffer.from(bytes).toString('latin1');
    const body = text.slice(text.indexOf(SOH, text.indexOf(`${SOH}9=`) + 1) + 1, -7);
    const marks = mark.map(([tag, value]) => `${tag}=${value}${SOH}`).join('');
    const at = body.indexOf(`${SOH}52=`) + 1;
    return fixMessage(this.#begin, [], body.slice(0, at) + marks + body.slice(at));
  }

  /** The state that was subscribed to: as many messages as make it whole. */
  #state(client: Client, said: Said, nowNs: number): void {
    const { faults, random } = this.c;
    this.account.requests++;
    this.account.times.push(nowNs);
    const rule = this.#rule('snapshotEnd');
    if (rule === undefined || this.#is(faults.session?.noState, nowNs)) return;
    const number = typeof rule.number === 'object' ? rule.number.offset : 262;
    const correlation = String(said.variables.get('correlation') ?? 0);
    if (this.#is(faults.session?.refusesSubscription, nowNs)) {
      const refusals = this.pattern.replies.filter((r) => r.do === 'subscriptionRejected');
      const refusal = refusals[random.below(refusals.length)];
      const id: Tags = typeof refusal?.number === 'object' ? [[refusal.number.offset, correlation]] : [];
      const why: Tags = typeof refusal?.last === 'object' ? [[refusal.last.offset, 1]] : [];
      this.account.refused.subscription = (this.account.refused.subscription ?? 0) + 1;
      if (refusal !== undefined) {
        this.#say([...tagOf(refusal.when), ...tagOf(refusal.and), ...id, ...why], 'session', nowNs);
      }
      return;
    }
    this.account.served++;
    const late = this.#is(faults.late, nowNs) ? random.below((faults.lateNs ?? 50_000_000) + 1) : 0;
    for (let i = 0; i < this.pattern.refresh; i++) {
      this.#agenda.at(nowNs + late + i * 50_000, (now) => {
        if (this.#shared.active?.client !== client) return;
        const lost = this.#is(faults.session?.drop, now);
        this.#say([...tagOf(rule.when), [number, correlation], [58, `state ${i}`]], 'message', now, '', lost);
      });
    }
  }

  // ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #bodies(random: Random): readonly Uint8Array[] {
    const { day } = this;
    this.#shared.bodies ??=
      day.pool.model.messages?.(random, day.due.length) ??
      day.due.map((_, i) => encode(`35=X${SOH}58=${i} ${'x'.repeat(random.below(200))}${SOH}`));
    return this.#shared.bodies;
  }

  /** One message of the day's plan, and what may go wrong with it. */
  #publish(nowNs: number): void {
    const { faults, random } = this.c;
    const { day } = this;
    const body = Buffer.from(this.#bodies(random)[this.#shared.published++] ?? []).toString('latin1');
    if (!this.#shared.begun) return; // nobody has logged in yet: the session has not begun
    const at = body.indexOf(SOH);
    const type: Tags = [[35, body.slice(3, at)]];
    const active = this.#shared.active?.client;
    const some = faults.session;
    this.#say(type, 'message', nowNs, body.slice(at + 1), this.#is(some?.drop, nowNs));
    if (active === undefined || active.stopped || this.#shared.active?.client !== active) return;
    if (this.#is(some?.fillsInTurn, nowNs)) {
      const fill = day.framing.controls.find((k) => k.is === 'unavailable');
      if (fill?.last === undefined) return;
      const number = day.next;
      for (let n = 1 + random.below(5); n > 0; n--) day.use(undefined, 'nothing', nowNs);
      const tags: Tags = [...tagOf(fill.when), ...tagOf(fill.and)];
      this.#write(active, this.#text([...tags, [fill.last.offset, String(day.next)]], number, nowNs), nowNs);
    } else if (this.#is(some?.resetInSession, nowNs)) {
      const reset = day.framing.controls.find((k) => k.is === 'reset');
      if (reset?.next === undefined) return;
      const next = day.next + BigInt(random.below(50));
      day.restart(next);
      this.#write(active, this.#text([...tagOf(reset.when), [reset.next.offset, String(next)]], 1n, nowNs), nowNs);
    } else if (this.#is(some?.resetsLower, nowNs) && day.end - day.current.from > 4) {
      const reset = day.framing.controls.find((k) => k.is === 'reset');
      if (reset?.next === undefined) return;
      const lower = String(BigInt(day.framing.wrap.first) + 1n);
      this.#write(active, this.#text([...tagOf(reset.when), [reset.next.offset, lower]], day.next, nowNs), nowNs);
      active.stopped = true;
    } else if (this.#is(some?.wrongPeer, nowNs)) {
      this.#foreign(active, [[35, 'X']], nowNs);
    } else if (this.#is(some?.tooLow, nowNs) && day.end - day.current.from > 4) {
      this.#write(
        active,
        this.#text(
          [
            [35, 'X'],
            [58, 'too low'],
          ],
          day.next - 3n,
          nowNs,
        ),
        nowNs,
      );
    }
  }

  onTick(nowNs: number): number {
    const { day } = this;
    this.#nowNs = nowNs;
    this.#agenda.run(nowNs);
    const s = this.#shared;
    const owner = s.active?.server ?? this;
    while ((day.due[s.published] ?? Number.POSITIVE_INFINITY) <= nowNs) owner.#publish(nowNs);
    let due = Math.min(day.due[s.published] ?? Number.POSITIVE_INFINITY, this.#agenda.dueNs);
    for (const client of [...this.#clients.values()]) {
      if (!client.in) continue;
      if (!client.stopped) this.#question(client, nowNs);
      if (client.test !== undefined && nowNs > client.test.byNs && !client.stopped) {
        this.account.violations.push(`the test request ${client.test.id} was not answered`);
        client.test = undefined;
      }
      if (nowNs - client.heardNs > 2 * this.#beatNs) {
        this.account.violations.push(`the client said nothing for ${nowNs - client.heardNs} ns`);
        this.#gone(client, nowNs, true);
        continue;
      }
      const mute = this.c.faults.session?.mute === 1;
      if (!client.stopped && !mute && nowNs - client.saidNs >= this.#beatNs) this.#say([[35, '0']], 'session', nowNs);
      const rest = Math.max(client.saidNs, client.notBeforeNs) + 10_000_001;
      if (s.published >= day.due.length && rest > nowNs) due = Math.min(due, rest);
      due = Math.min(due, client.heardNs + 2 * this.#beatNs + 1);
      if (client.stopped) continue;
      due = Math.min(due, client.askNs, client.test === undefined ? due : client.test.byNs + 1);
      if (!mute) due = Math.min(due, client.saidNs + this.#beatNs);
    }
    return Math.min(due, this.#agenda.dueNs);
  }

  /** We want to know whether it is there, or all that it has said. */
  #question(client: Client, nowNs: number): void {
    if (client.askNs > nowNs) return;
    client.askNs = Number.POSITIVE_INFINITY;
    const { session } = this.c.faults;
    const test = this.#rule('answer');
    if (session?.tests && test?.echo !== undefined) {
      const id = `T${++this.#shared.tests}`;
      client.test = { id, byNs: nowNs + 5e9 };
      this.#say([...tagOf(test.when), [test.echo.offset, id]], 'session', nowNs);
    }
    if (session?.asks) this.#askAgain(1n, nowNs);
  }

  /** Asks for what the client has said. */
  #askAgain(from: bigint, nowNs: number): void {
    const rule = this.#rule('answerNumber');
    if (rule === undefined || typeof rule.number !== 'object') return;
    this.#say([...tagOf(rule.when), [rule.number.offset, String(from)], [16, 0]], 'session', nowNs);
  }
}
