/**
 * Compiles a venue into what the native core executes; what the compiled form holds, in which order, is declared in
 * native/contract. Credentials are resolved in compile/templates.ts and nowhere else, and end up in the
 * compiled bytes only.
 */
import { CONTRACT, UNKNOWN_TYPE } from '../contract.js';
import { VenuewireError } from '../errors.js';
import { compileCatalogue, type Decoder, instrumentKey } from '../layout/index.js';
import type { PlanField } from '../layout/plan.js';
import { SpecWriter } from '../layout/spec.js';
import { type Framing, textValue } from '../patterns/framing.js';
import { framingOf } from '../patterns/framings.js';
import type { Network } from '../patterns/network.js';
import type { Recovery } from '../patterns/recovery.js';
import type { Snapshot } from '../patterns/snapshot.js';
import type { Stream } from '../patterns/stream.js';
import { splitEndpoint } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import type { Transport, Transports } from '../transports/transport.js';
import {
  type Connection,
  checkLadder,
  checkLines,
  checkNetwork,
  checkPattern,
  checkSecurity,
} from './compile/check.js';
import { compileFraming, fault, resolveFraming } from './compile/framing.js';
import { RUNG_KIND_OF } from './compile/names.js';
import { type CompiledSelection, writeSession } from './compile/records.js';
import { compileRequester, ns, type Requester } from './compile/requester.js';
import { fieldOf, tableOf } from './compile/templates.js';

export type { Venue } from '../patterns/venue.js';
/** Which messages cross into JavaScript; what is not said lets everything through. */
export interface Selection {
  /** Names of messages; others do not cross. */
  readonly messages?: readonly string[] | undefined;
  /** false: messages of types that the decoder does not know do not cross. */
  readonly unknown?: boolean | undefined;
  /**
   * Text: symbols; where the decoder's instrument field is a number, it is learnt from the venue's `directory`. Numbers:
   * values of that field. Messages without an instrument always cross.
   */
  readonly instruments?: readonly (string | number | bigint)[] | undefined;
}

/**
 * By channel (a venue without `channels` has one, which is called like the venue): the session that was read, and the number
 * of the first message that is wanted of it. In another session delivery begins as `join` says.
 */
export type Resume = Readonly<Record<string, { readonly session?: string; readonly next: number | bigint }>>;

export interface CompileOptions {
  readonly select?: Selection | undefined;
  /** The packets come from a capture: lines that no socket can be opened for are taken by their address. */
  readonly capture?: boolean | undefined;
  /** Lines and servers that TypeScript connects to: of any network, and protected as their transports say. */
  readonly transports?: Transports | undefined;
  /** Connects inside TLS where the venue declares it and no transport is given. */
  readonly tls?: Transport | undefined;
  /** Parts of the venue's `window`, instead. */
  readonly window?: Partial<Venue['window']> | undefined;
  /** Where delivery goes on, by channel. */
  readonly resume?: Resume | undefined;
  /** false: nothing is to be sent with the result, and no credential is looked for. */
  readonly secrets?: boolean | undefined;
}

export interface CompiledLine {
  readonly name: string;
  /** Index of the line: the `line` of the native calls. */
  readonly index: number;
  /** Index of its channel; −1: told apart by the framing's channel field. */
  readonly channel: number;
  readonly role: 'live' | 'retransmission' | 'snapshot';
  readonly network: Network;
  /** `group:port`, where the line has one. */
  readonly address?: string | undefined;
}

/** A venue in the form of the native core. Printing it shows no credentials: the bytes are not a property. */
export class CompiledVenue {
  readonly #spec: Uint8Array;
  constructor(
    readonly name: string,
    readonly decoder: Decoder,
    /** Of the feed. */
    readonly framing: Framing,
    readonly channels: readonly { readonly name: string; readonly key: bigint }[],
    readonly lines: readonly CompiledLine[],
    /** By requester index. */
    readonly requesters: readonly {
      readonly name: string;
      readonly servers: readonly string[];
      readonly transport: 'udp' | 'tcp' | 'tls';
    }[],
    /** What TypeScript connects to. */
    readonly transports: Transports,
    spec: Uint8Array,
  ) {
    this.#spec = spec;
  }
  /** The compiled declaration. It holds the credentials: hand it to the core and to nobody else. */
  get spec(): Uint8Array {
    return this.#spec;
  }
  /** What may be shown: no bytes, no credentials. */
  toJSON(): object {
    const { name, decoder, framing, lines, requesters } = this;
    const channels = this.channels.map((c) => ({ name: c.name, key: String(c.key) }));
    return { name, decoder: decoder.id, framing: framing.id, channels, lines, requesters };
  }
}

const LINES_MAX = 16;

/** Does one part of the work; `path` is where in the venue it is declared. Where it cannot be done: `otherwise`, or a throw. */
type Attempt = <T>(path: readonly PropertyKey[], work: () => T, otherwise: T) => T;
const orThrow: Attempt = (_path, work) => work();

function patternOf<P>(rung: { readonly pattern: P | string }, where: string): P {
  if (typeof rung.pattern !== 'string') return rung.pattern;
  throw fault(
    'VW_VENUE_UNRESOLVED',
    `${where}: the pattern '${rung.pattern}' has not been loaded`,
    "Open it with openFeed, or pass it through resolveVenue of 'venuewire/venues/load'.",
  );
}

function sessionIdOf(f: Framing, session: string, where: string): { high: bigint; low: bigint } {
  const s = f.session;
  if (s === undefined)
    throw fault('VW_VENUE_SESSION', `${where}: framing '${f.id}' carries no session`, 'Leave `session` out.');
  if (s.type === 'uint') {
    if (!/^\d+$/.test(session))
      throw fault('VW_VENUE_SESSION', `${where}: the session must be a number`, 'Write its decimal digits.');
    return { high: 0n, low: BigInt(session) };
  }
  if (session.length > s.size) {
    throw fault(
      'VW_VENUE_SESSION',
      `${where}: the session has at most ${s.size} characters`,
      'Write it as the venue does.',
    );
  }
  const text = session.padEnd(s.size);
  if (s.size <= 8) return { high: 0n, low: textValue(text) };
  return { high: textValue(text.slice(0, 8)), low: textValue(text.slice(8)) << BigInt(8 * (16 - s.size)) };
}

function compileSelection(venue: Venue, decoder: Decoder, select: Selection | undefined): CompiledSelection {
  const types = new Uint8Array(select?.messages === undefined ? 0 : decoder.names.length);
  for (const name of select?.messages ?? []) types[decoder.indexOf(name)] = 1;
  const keys: bigint[] = [];
  const symbols: Uint8Array[] = [];
  let directory: PlanField | undefined;
  if (venue.directory !== undefined) {
    directory = fieldOf(decoder, venue.directory.message, venue.directory.symbol, `${venue.name}: directory`);
  }
  for (const v of select?.instruments ?? []) {
    if (typeof v !== 'string' || directory === undefined) keys.push(instrumentKey(decoder, v));
    else if (v.length <= directory.size) symbols.push(Buffer.from(v.padEnd(directory.size), 'latin1'));
    else
      throw fault(
        'VW_SELECT_SYMBOL',
        `Symbol '${v}' is longer than ${directory.size} characters`,
        'Write it as the venue does.',
      );
  }
  return {
    types,
    unknown: select?.unknown ?? true,
    byInstrument: select?.instruments !== undefined,
    instruments: keys,
    symbols,
    directoryType: venue.directory === undefined ? UNKNOWN_TYPE : decoder.indexOf(venue.directory.message),
    symbolOffset: directory?.at ?? 0,
    symbolWidth: directory?.size ?? 0,
  };
}

/** The address that the venue has registered for us: connections are made from it unless a rung says otherwise. */
const allowedAddress = (venue: Venue): string | undefined =>
  venue.security.flatMap((p) => (p.type === 'sourceAllowList' ? [p.address] : []))[0];

/** What a `captureFile` line takes of its capture. */
const capturePort = (n: Network): string | undefined => (n.type === 'captureFile' ? `*:${n.port ?? '*'}` : undefined);

const address = (n: Network): { group: string; port: number; interface: string; source: string; receive: string } => {
  const at =
    'address' in n ? splitEndpoint(n.address) : { host: '', port: n.type === 'captureFile' ? (n.port ?? 0) : 0 };
  return {
    group: at.host,
    port: at.port,
    interface: (n.type === 'udpMulticast' || n.type === 'udpUnicast' ? n.interface : undefined) ?? '',
    source: (n.type === 'udpMulticast' ? n.source : undefined) ?? '',
    receive: (n.type === 'udpMulticast' ? n.receive : undefined) ?? 'socket',
  };
};

/** Whether all that is connected to is to be inside TLS. */
const isSecured = (venue: Venue): boolean => venue.security.some(({ type }) => type === 'tls' || type === 'mutualTls');

/** Transports that are given, and TLS wherever it is declared and no transport is. */
function carriedBy(
  venue: Venue,
  lines: readonly CompiledLine[],
  requesters: readonly Requester[],
  given: Transports,
  tls: Transport | undefined,
): Transports {
  if (tls === undefined) return given;
  const secured = isSecured(venue);
  const isTls = (type: string): boolean => type === 'tls' || (secured && type === 'tcp');
  const own = (names: readonly string[], of: Transports['lines']) => ({
    ...Object.fromEntries(names.map((name) => [name, tls])),
    ...of,
  });
  return {
    lines: own(
      lines.flatMap(({ name, network }) => (isTls(network.type) ? [name] : [])),
      given.lines,
    ),
    servers: own(
      requesters.flatMap(({ name, pattern }) => (isTls(pattern.transport) ? [name] : [])),
      given.servers,
    ),
  };
}

/** All that is connected to, and by what each is protected. */
const connectionsOf = (
  lines: readonly CompiledLine[],
  requesters: readonly Requester[],
  carriers: Transports,
): Connection[] => [
  ...lines.map(
    ({ name, network }): Connection => ({
      name: `line ${name}`,
      multicast: network.type === 'udpMulticast',
      protects: carriers.lines?.[name]?.protects ?? [],
    }),
  ),
  ...requesters
    .filter((q) => q.rung.servers.length > 0)
    .map(
      ({ name }): Connection => ({
        name: `server ${name}`,
        multicast: false,
        protects: carriers.servers?.[name]?.protects ?? [],
      }),
    ),
];

/** Whether a rung of the ladder can be served by a capture: the wait, and snapshots that lines repeat. */
const inCapture = (rung: Venue['recovery'][number]): boolean =>
  rung.type === 'waitForOtherLine' ||
  (rung.type === 'snapshot' && typeof rung.pattern === 'object' && rung.pattern.from === 'loop');

interface CompiledChannel {
  readonly name: string;
  readonly key: bigint;
  readonly join: Venue['join'];
}

type ChannelUse = NonNullable<Venue['channels']>[string];
const declaredChannels = (venue: Venue): [name: string, use: ChannelUse][] =>
  Object.entries(venue.channels ?? { [venue.name]: {} as ChannelUse });

/** `joins`: a capture without a snapshot line cannot begin with a snapshot. */
function compileChannels(venue: Venue, joins: (join: Venue['join']) => Venue['join']): CompiledChannel[] {
  return declaredChannels(venue).map(([name, c]) => ({
    name,
    key: typeof c.key === 'string' && !/^\d+$/.test(c.key) ? textValue(c.key) : BigInt(c.key ?? 0),
    join: joins(c.join ?? venue.join),
  }));
}

/** A line, and which of its channel's lines of that role it is. */
interface NumberedLine {
  readonly line: CompiledLine;
  readonly number: number;
}

function compileLines(
  venue: Venue,
  live: boolean,
  carriers: Transports,
  hasTls: boolean,
  attempt: Attempt,
): NumberedLine[] {
  const lines: NumberedLine[] = [];
  const add = (
    of: Venue['lines'],
    channel: number,
    role: CompiledLine['role'],
    prefix: string,
    path: readonly PropertyKey[],
  ): void => {
    Object.entries(of ?? {}).forEach(([name, network], number) => {
      const { type } = network;
      const inTls = live && hasTls && (type === 'tls' || (type === 'tcp' && isSecured(venue)));
      const carried = inTls || carriers.lines?.[`${prefix}${name}`] !== undefined;
      const check = (): void => checkNetwork(network, live, `${venue.name}: line ${prefix}${name}`);
      if (!carried) attempt([...path, name], check, undefined);
      const tooMany = (): void => {
        throw fault('VW_VENUE_LINES', `${venue.name}: more than ${LINES_MAX} lines for one channel`, 'Leave some out.');
      };
      if (number === LINES_MAX) attempt(path, tooMany, undefined);
      const address = 'address' in network ? network.address : capturePort(network);
      lines.push({ line: { name: `${prefix}${name}`, index: lines.length, channel, role, network, address }, number });
    });
  };
  const declared = declaredChannels(venue);
  const one = declared.length === 1;
  add(venue.lines, one ? 0 : -1, 'live', '', ['lines']);
  declared.forEach(([name, c], i) => {
    const prefix = one ? '' : `${name}/`;
    const path = ['channels', name];
    add(c.lines, i, 'live', prefix, [...path, 'lines']);
    add(c.retransmission, i, 'retransmission', `${prefix}retransmission/`, [...path, 'retransmission']);
    add(c.snapshot, i, 'snapshot', `${prefix}snapshot/`, [...path, 'snapshot']);
  });
  return lines;
}

interface CompiledRung {
  readonly kind: 'waitForOtherLine' | 'request' | 'snapshot';
  readonly requester: number;
  readonly tries: number;
  readonly timeout: bigint;
  readonly packets: number;
  readonly channel: number;
}

const NO_RUNG: CompiledRung = {
  kind: 'waitForOtherLine',
  requester: 0,
  tries: 0,
  timeout: 0n,
  packets: 0,
  channel: -1,
};

/** The rungs of a venue, and the requesters that they use: one for one kind of server at one place. */
class Ladder {
  readonly requesters: Requester[] = [];
  readonly rungs: CompiledRung[];
  readonly #known = new Map<string, number>();

  constructor(
    readonly venue: Venue,
    readonly feed: Framing,
    readonly channels: readonly CompiledChannel[],
    declared: Venue['recovery'],
    /** Nothing is sent: the packets come from a capture, or nothing is opened. */
    readonly silent: boolean,
    readonly attempt: Attempt,
  ) {
    this.rungs = declared.map((rung, i) =>
      attempt(['recovery', i], () => this.#rung(rung, i, `${venue.name}: recovery.${i}`), NO_RUNG),
    );
    this.#addStreams();
  }

  #channel(name: string | undefined, none: number): number {
    return name === undefined ? none : this.channels.findIndex((c) => c.name === name);
  }

  #rung(r: Venue['recovery'][number], index: number, where: string): CompiledRung {
    if (r.type === 'waitForOtherLine') {
      return { kind: r.type, requester: 0, tries: 0, timeout: ns(r.for), packets: r.packets, channel: -1 };
    }
    const pattern = patternOf<Recovery | Snapshot>(r, where);
    checkPattern(pattern, this.feed, where);
    const channel = this.#channel(r.channel, -1);
    const { type, servers, credentials, parameters, localAddress, limits } = r;
    const identity = JSON.stringify([
      type,
      pattern.id,
      servers,
      credentials,
      parameters,
      localAddress,
      limits,
      channel,
    ]);
    let requester = this.#known.get(identity);
    if (requester === undefined) {
      const same = this.requesters.filter((q) => q.pattern.id === pattern.id).length;
      const name = same === 0 ? pattern.id : `${pattern.id}-${same + 1}`;
      const path = ['recovery', index];
      requester = this.requesters.push({ name, pattern, rung: r, channel, silent: this.silent, path }) - 1;
      this.#known.set(identity, requester);
    }
    return { kind: r.type, requester, tries: r.tries, timeout: ns(r.timeout), packets: 0, channel };
  }

  /** Streams are requesters too; their own rungs stand around those of the venue. */
  #addStreams(): void {
    const { venue, requesters, rungs } = this;
    const before: CompiledRung[] = [];
    const behind: CompiledRung[] = [];
    Object.entries(venue.streams ?? {}).forEach(([name, use], line) => {
      const path = ['streams', name];
      const pattern = this.attempt<Stream | undefined>(
        path,
        () => patternOf<Stream>(use, `${venue.name}: streams.${name}`),
        undefined,
      );
      if (pattern === undefined) return;
      const channel = this.#channel(use.channel, 0);
      const silent = this.silent;
      const requester = requesters.push({ name, pattern, rung: use, channel, line, silent, path }) - 1;
      const rung = { requester, tries: use.tries, timeout: ns(use.timeout), packets: 0, channel };
      if (pattern.request !== undefined) before.push({ kind: 'request', ...rung });
      if (pattern.refresh > 0) behind.push({ kind: 'snapshot', ...rung });
    });
    if (before.length + behind.length === 0) return;
    const waits = rungs.findIndex((r) => r.kind !== 'waitForOtherLine');
    rungs.splice(waits < 0 ? rungs.length : waits, 0, ...before);
    rungs.push(...behind);
  }
}

/** The framings of a venue, each once, by index: the feed's is the first. */
class Framings {
  readonly all: Framing[];
  constructor(feed: Framing) {
    this.all = [feed];
  }
  readonly indexOf = (f: Framing): number => {
    const at = this.all.indexOf(f);
    return at >= 0 ? at : this.all.push(f) - 1;
  };
}

/** Snapshot lines are framed as the pattern that reads them says. */
function snapshotFraming(requesters: readonly Requester[], feed: Framing, framings: Framings): number {
  const reader = requesters.find((q) => 'from' in q.pattern && q.pattern.from !== 'request');
  if (reader === undefined || !('lineFraming' in reader.pattern)) return 0;
  return framings.indexOf(resolveFraming(reader.pattern.lineFraming, feed, reader.name));
}

/** What a venue comes to before it is written: every check that is made of it has been made. */
function compileParts(venue: Venue, options: CompileOptions, attempt: Attempt) {
  const decoder = tableOf(venue.decoder, venue.name);
  const feed = resolveFraming(venue.framing ?? framingOf(decoder) ?? decoder.framing, undefined, venue.name);
  const live = options.capture !== true;
  const carriers = options.transports ?? {};

  // A capture has no servers: what they would be asked for is given up at once, and not after their time has passed.
  const declared = live ? venue.recovery : venue.recovery.filter(inCapture);
  const joins = (join: Venue['join']): Venue['join'] =>
    live || join !== 'snapshot' || declared.some((r) => r.type === 'snapshot') ? join : 'live';
  const channels = compileChannels(venue, joins);
  const numbered = compileLines(venue, live, carriers, options.tls !== undefined, attempt);
  const lines = numbered.map((l) => l.line);
  attempt(['lines'], () => checkLines(lines, venue), undefined);
  attempt(['recovery'], () => checkLadder(venue), undefined);
  const silent = !live || options.secrets === false;
  const { rungs, requesters } = new Ladder(venue, feed, channels, declared, silent, attempt);
  const carried = live ? carriedBy(venue, lines, requesters, carriers, options.tls) : {};
  if (live) attempt(['security'], () => checkSecurity(venue, connectionsOf(lines, requesters, carried)), undefined);

  const framings = new Framings(feed);
  // Known before anything is written: framings come first.
  for (const q of requesters) {
    attempt(q.path, () => void framings.indexOf(resolveFraming(q.pattern.framing, feed, q.name)), undefined);
  }
  const ofSnapshots = attempt(['recovery'], () => snapshotFraming(requesters, feed, framings), 0);
  const source = allowedAddress(venue);
  const compiled = requesters.flatMap((q) => {
    // A capture has no servers to ask: what is missing in it moves on at once.
    const asked = live
      ? { ...q, carried: carried.servers?.[q.name] !== undefined }
      : { ...q, rung: { ...q.rung, servers: [] } };
    return attempt(q.path, () => [compileRequester(asked, feed, framings.indexOf, source)], []);
  });
  return {
    ...{ decoder, feed, channels, numbered, lines, rungs, requesters, framings, ofSnapshots, compiled, carried },
    channelRecords: attempt(['session'], () => channelRecords(venue, options, feed, channels), []),
    selection: attempt<CompiledSelection | undefined>(
      ['directory'],
      () => compileSelection(venue, decoder, options.select),
      undefined,
    ),
  };
}

/** What `compileVenue` refuses, each with its place in the venue: all of it, and not only the first. */
export interface CompileFault {
  readonly path: readonly PropertyKey[];
  readonly error: VenuewireError;
}

/** Every reason why a resolved venue could not be opened; none: `compileVenue` takes it. */
export function compileFaults(venue: Venue, options: CompileOptions = {}): CompileFault[] {
  const faults: CompileFault[] = [];
  const attempt: Attempt = (path, work, otherwise) => {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof VenuewireError)) throw cause;
      faults.push({ path, error: cause });
      return otherwise;
    }
  };
  attempt([], () => void compileParts(venue, options, attempt), undefined);
  return faults;
}

/**
 * Compiles a resolved venue (see `resolveVenue`): decoders and patterns are objects, not ids.
 * @throws VenuewireError `VW_VENUE_…`, `VW_FRAMING_…`, `VW_CREDENTIAL_…`, `VW_NETWORK_NO_ENGINE`, `VW_SNAPSHOT_NO_ENGINE`,
 * `VW_SELECT_…`, naming the place in the venue. No credential is ever part of an error.
 */
export function compileVenue(venue: Venue, options: CompileOptions = {}): CompiledVenue {
  const parts = compileParts(venue, options, orThrow);
  const { decoder, feed, channels, numbered, lines, requesters, framings, ofSnapshots, carried } = parts;
  const w = new SpecWriter().u32(CONTRACT);
  writeSession(w, {
    framings: framings.all.map(compileFraming),
    lines: numbered.map(({ line, number }) => ({
      name: line.name,
      role: line.role,
      channel: line.channel,
      framing: line.role === 'snapshot' ? ofSnapshots : 0,
      ...address(line.network),
      line: number,
    })),
    channels: parts.channelRecords,
    rungs: parts.rungs.map(({ kind, timeout, ...r }) => ({ kind: RUNG_KIND_OF[kind], timeoutNs: timeout, ...r })),
    requesters: parts.compiled,
    selection: parts.selection as CompiledSelection,
  });
  return new CompiledVenue(
    venue.name,
    decoder,
    feed,
    channels.map(({ name, key }) => ({ name, key })),
    lines,
    requesters.map((q) => ({ name: q.name, servers: q.rung.servers, transport: q.pattern.transport })),
    carried,
    concatenated(w.finish(), compileCatalogue(decoder)),
  );
}

const NO_SESSION = { high: 0n, low: 0n };

function channelRecords(venue: Venue, options: CompileOptions, feed: Framing, channels: readonly CompiledChannel[]) {
  const window = { ...venue.window, ...options.window };
  const session = venue.session === undefined ? undefined : sessionIdOf(feed, venue.session, venue.name);
  const from = options.resume ?? {};
  const unknown = Object.keys(from).find((name) => !channels.some((c) => c.name === name));
  if (unknown !== undefined) {
    throw fault(
      'VW_OPTION',
      `resume: ${venue.name} has no channel '${unknown}'`,
      `It has ${channels.map((c) => c.name).join(', ')}.`,
    );
  }
  return channels.map(({ name, key, join }) => ({
    key,
    join,
    sessionFixed: session !== undefined,
    session: session ?? NO_SESSION,
    resumeSession: from[name]?.session ? sessionIdOf(feed, from[name].session, 'resume') : NO_SESSION,
    resumeNumber: BigInt(from[name]?.next ?? 0),
    windowPackets: window.packets,
    windowBytes: window.bytes,
    holesMax: window.holes,
    jumpMax: BigInt(window.jump),
  }));
}

function concatenated(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}
