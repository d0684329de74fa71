/** The JavaScript side of external connections: asks the transports what the core asks for, and pushes what they bring. */
import { types } from 'node:util';
import { remedyOf, VenuewireError } from '../errors.js';
import { type NativeExternal, type NativeExternalAction, native, type PushAnswer } from '../native.js';
import { nearestNames } from '../nearest.js';
import type { Venue } from '../patterns/venue.js';
import {
  CONNECTION_ENDS,
  type ConnectionEnd,
  type DatagramOrigin,
  type Transport,
  type TransportConnection,
  type TransportEvents,
  type Transports,
  type TransportTarget,
} from '../transports/transport.js';
import type { CompiledVenue } from './compile.js';

/** Hears of a connection that ended, or did not come about, by what a person has to mend. */
type TellConnectionError = (error: VenuewireError, target: TransportTarget) => void;

const LATEST_NS = 2n ** 63n - 1n;
const ADDRESS = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/;
const REQUIRED = ['send', 'close'] as const;
const OPTIONAL = ['abort', 'resume'] as const;

/** In words whatever was thrown: it may be anything, and may throw itself when it is looked at. */
function wordsOf(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause);
  } catch {
    return 'something that has no text';
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** What `connect` has given, if it is a connection. */
function checkedConnection(given: unknown): TransportConnection {
  if (isThenable(given)) {
    // Nobody waits for it: what becomes of it must not end the process.
    given.then(undefined, () => undefined);
    throw new TypeError('connect gave a promise; give the connection at once, and tell by events what comes of it');
  }
  const of = given as Record<string, unknown> | null | undefined;
  const isObject = (typeof of === 'object' && of !== null) || typeof of === 'function';
  const wrong = isObject
    ? (REQUIRED.find((name) => typeof of[name] !== 'function') ??
      OPTIONAL.find((name) => of[name] !== undefined && typeof of[name] !== 'function'))
    : undefined;
  if (isObject && wrong === undefined) return given as TransportConnection;
  throw new TypeError(
    `connect gave ${isObject ? `a connection whose ${wrong} is no function` : 'no connection'}; it must give an object with send and close`,
  );
}

interface End {
  readonly transport: Transport;
  readonly line: boolean;
  readonly index: number;
  /** Of the server asked for, by its place. */
  readonly targets: readonly TransportTarget[];
  connection: number;
  open: TransportConnection | undefined;
}

/**
 * Lines and servers that transports carry.
 * @throws VenuewireError `VW_OPTION` when a name is none of the venue's.
 */
function endsOf(venue: Venue, compiled: CompiledVenue, transports: Transports): End[] {
  const { security } = venue;
  const known = (kind: string, name: string, names: readonly string[]): number => {
    const index = names.indexOf(name);
    if (index >= 0) return index;
    const near = nearestNames(name, names);
    const there = names.length > 0 ? `There are ${names.join(', ')}.` : 'It has none.';
    throw new VenuewireError(
      'VW_OPTION',
      `transports.${kind}: ${venue.name} has no '${name}'`,
      near.length > 0 ? `Did you mean ${near.join(', ')}?` : there,
    );
  };
  const lines = Object.entries(transports.lines ?? {}).map(([name, transport]): End => {
    const index = known(
      'lines',
      name,
      compiled.lines.map((l) => l.name),
    );
    const { network, address } = compiled.lines[index] as CompiledVenue['lines'][number];
    const at = 'url' in network ? network.url : (address ?? '');
    const serverName = network.type === 'tls' ? network.serverName : undefined;
    const target: TransportTarget = {
      ...{ role: 'line', name, address: at, network: network.type, security },
      ...(serverName === undefined ? {} : { serverName }),
    };
    return { transport, line: true, index, targets: [target], connection: 0, open: undefined };
  });
  const servers = Object.entries(transports.servers ?? {}).map(([name, transport]): End => {
    const index = known(
      'servers',
      name,
      compiled.requesters.map((r) => r.name),
    );
    const of = compiled.requesters[index] as CompiledVenue['requesters'][number];
    const targets = of.servers.map(
      (address): TransportTarget => ({ role: 'server', name, address, network: of.transport, security }),
    );
    return { transport, line: false, index, targets, connection: 0, open: undefined };
  });
  return [...lines, ...servers];
}

/** The connections of one feed that transports carry. */
export class ExternalConnections {
  readonly native: NativeExternal;
  readonly #ends: readonly End[];
  readonly #fail: (error: VenuewireError) => void;
  /** What is asked for and not done, oldest first: a transport may close the feed while it is asked something. */
  #asked: NativeExternalAction[] = [];
  readonly #tell: TellConnectionError;
  #over = false;

  /** `fail`: a transport has thrown. `tell`: a connection ended by what a person has to mend. */
  constructor(
    venue: Venue,
    compiled: CompiledVenue,
    transports: Transports,
    fail: (error: VenuewireError) => void,
    tell: TellConnectionError,
  ) {
    this.#fail = fail;
    this.#tell = tell;
    this.#ends = endsOf(venue, compiled, transports);
    this.native = new (native().External)(
      this.#ends.map((end) => ({ line: end.line, index: end.index, connects: isConnected(end) })),
      () => this.#run(),
    );
  }

  /** The feed's thread is gone: what it still asked for is done, and everything is left in peace. */
  end(): void {
    if (this.#over) return;
    this.#run();
    if (this.#over) return;
    this.#over = true;
    for (const end of this.#ends) this.#leave(end);
    this.native.release();
  }

  #run(): void {
    for (const action of this.native.actions()) this.#asked.push(action);
    for (let action = this.#asked.shift(); action !== undefined && !this.#over; action = this.#asked.shift()) {
      const end = this.#ends[action.end] as End;
      try {
        this.#do(end, action);
      } catch (cause) {
        this.#broken(end, cause);
      }
    }
  }

  #broken(end: End, cause: unknown): void {
    const { name } = end.targets[0] ?? { name: '' };
    const error = new VenuewireError(
      'VW_TRANSPORT',
      `The transport of ${end.line ? 'line' : 'server'} ${name} failed: ${wordsOf(cause)}`,
      remedyOf('VW_TRANSPORT'),
    );
    error.cause = cause;
    this.#fail(error);
  }

  /** What a method of a transport gives is nothing; where it is a promise all the same, its failure is the transport's. */
  #watched(end: End, given: unknown): void {
    if (!isThenable(given)) return;
    given.then(undefined, (cause: unknown) => {
      if (!this.#over) this.#broken(end, cause);
    });
  }

  #leave(end: End): void {
    const { open } = end;
    end.open = undefined;
    try {
      this.#watched(end, open?.close());
    } catch {
      // The feed is over; there is nobody left to tell.
    }
  }

  #do(end: End, action: NativeExternalAction): void {
    if (action.kind === 'connect') {
      this.#connect(end, action.connection, action.server);
      return;
    }
    if (action.connection !== end.connection) return;
    const { open } = end;
    if (action.kind === 'send') this.#watched(end, open?.send(action.bytes));
    else if (action.kind === 'resume') this.#watched(end, open?.resume?.());
    else {
      end.open = undefined;
      this.#watched(end, action.kind === 'abort' && open?.abort !== undefined ? open.abort() : open?.close());
    }
  }

  #connect(end: End, connection: number, server: number): void {
    const target = end.targets[server] as TransportTarget;
    end.connection = connection;
    const events = new Events(this.native, this.#ends.indexOf(end), connection, target.name, (error) => {
      if (end.connection === connection) end.open = undefined;
      if (error !== undefined && !this.#over) this.#tell(error, target);
    });
    const open = checkedConnection(end.transport.connect(target, events));
    if (events.over) return;
    end.open = open;
    // It has closed the feed instead of connecting.
    if (this.#over || end.connection !== connection) this.#leave(end);
  }
}

/** Whether there is something to be connected, which can fail to come about in time. */
const isConnected = (end: End): boolean => !end.targets[0]?.network.startsWith('udp');

/** What a transport calls; one object for each connection, so that what comes late is known to be. */
class Events implements TransportEvents {
  over = false;
  #connected = false;
  readonly #native: NativeExternal;
  readonly #end: number;
  readonly #connection: number;
  readonly #name: string;
  readonly #onClosed: (error?: VenuewireError) => void;

  constructor(
    to: NativeExternal,
    end: number,
    connection: number,
    name: string,
    onClosed: (error?: VenuewireError) => void,
  ) {
    this.#native = to;
    this.#end = end;
    this.#connection = connection;
    this.#name = name;
    this.#onClosed = onClosed;
  }

  // They are handed to sockets as they are: socket.on('connect', events.connected).
  readonly connected = (): void => {
    if (this.#connected || this.over) return;
    this.#connected = true;
    this.#native.connected(this.#end, this.#connection);
  };

  readonly bytes = (bytes: Uint8Array, receivedNs?: bigint): boolean => {
    if (this.over) return false;
    this.#checkBytes(bytes);
    this.#checkTime(receivedNs);
    this.connected();
    return this.#taken(this.#native.bytes(this.#end, this.#connection, bytes, receivedNs), bytes);
  };

  readonly datagram = (bytes: Uint8Array, origin: DatagramOrigin = {}): boolean => {
    if (this.over) return false;
    this.#checkBytes(bytes);
    if (typeof origin !== 'object' || origin === null) this.#refuse('the origin of a datagram is no object');
    const { receivedNs, to, from } = origin;
    this.#checkTime(receivedNs);
    const [toIp, toPort] = this.#address('to', to);
    const [fromIp, fromPort] = this.#address('from', from);
    this.connected();
    const answer = this.#native.datagram(
      this.#end,
      this.#connection,
      bytes,
      receivedNs,
      toIp,
      toPort,
      fromIp,
      fromPort,
    );
    return this.#taken(answer, bytes);
  };

  /** A connection is over whatever the reason is called. */
  readonly closed = (reason: ConnectionEnd = 'connectionClosed', error?: VenuewireError): void => {
    if (this.over) return;
    this.over = true;
    const known = CONNECTION_ENDS.includes(reason);
    this.#native.closed(this.#end, this.#connection, known ? reason : 'connectionClosed');
    this.#onClosed(error);
    if (!known) this.#refuse(`closed has another reason than ${CONNECTION_ENDS.join(', ')}`);
  };

  #refuse(what: string): never {
    throw new VenuewireError(
      'VW_TRANSPORT_EVENT',
      `The transport of ${this.#name}: ${what}`,
      remedyOf('VW_TRANSPORT_EVENT'),
    );
  }

  #checkBytes(bytes: Uint8Array): void {
    if (!types.isUint8Array(bytes)) this.#refuse('bytes are no Uint8Array');
    if (bytes.length > 0) return;
    try {
      new Uint8Array(bytes.buffer);
    } catch {
      this.#refuse('the memory of its bytes has been given away');
    }
  }

  #checkTime(receivedNs: bigint | undefined): void {
    if (receivedNs === undefined) return;
    if (typeof receivedNs === 'bigint' && receivedNs > 0n && receivedNs <= LATEST_NS) return;
    this.#refuse('receivedNs is no bigint of nanoseconds since 1970, above 0 and below 2^63');
  }

  #address(what: string, text: string | undefined): [ip?: string, port?: number] {
    if (text === undefined) return [];
    const [, ip, port] = (typeof text === 'string' && ADDRESS.exec(text)) || [];
    const parts = ip?.split('.').map(Number) ?? [Number.NaN];
    if (!parts.every((part) => part <= 255) || Number(port) > 65_535) {
      this.#refuse(`'${what}' of a datagram is no IPv4 address and port, for example 233.54.12.111:26477`);
    }
    return [parts.join('.'), Number(port)];
  }

  #taken(answer: PushAnswer, bytes: Uint8Array): boolean {
    if (answer !== 'full') return answer === 'more';
    throw new VenuewireError(
      'VW_TRANSPORT_FULL',
      `${bytes.length} bytes are not taken: too many wait because the consumer has not read`,
      remedyOf('VW_TRANSPORT_FULL'),
    );
  }
}
