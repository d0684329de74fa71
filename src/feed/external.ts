/** The JavaScript side of external connections: asks the transports what the core asks for, and pushes what they bring. */
import { remedyOf, VenuewireError } from '../errors.js';
import { type NativeExternal, type NativeExternalAction, native, type PushAnswer } from '../native.js';
import { nearestNames } from '../nearest.js';
import { splitEndpoint } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import type {
  ConnectionEnd,
  DatagramOrigin,
  Transport,
  TransportConnection,
  TransportEvents,
  Transports,
  TransportTarget,
} from '../transports/transport.js';
import type { CompiledVenue } from './compile.js';

/** Hears of a connection that ended, or did not come about, by what a person has to mend. */
type TellConnectionError = (error: VenuewireError, target: TransportTarget) => void;

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
      this.#ends.map(({ line, index }) => ({ line, index })),
      () => this.#run(),
    );
  }

  /** The feed's thread is gone: what it still asked for is done, and everything is left in peace. */
  end(): void {
    if (this.#over) return;
    this.#run();
    this.#over = true;
    for (const end of this.#ends) this.#leave(end);
    this.native.release();
  }

  #run(): void {
    for (const action of this.native.actions()) {
      if (this.#over) return;
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
    const text = cause instanceof Error ? cause.message : String(cause);
    const error = new VenuewireError(
      'VW_TRANSPORT',
      `The transport of ${end.line ? 'line' : 'server'} ${name} has thrown: ${text}`,
      remedyOf('VW_TRANSPORT'),
    );
    error.cause = cause;
    this.#fail(error);
  }

  #leave(end: End): void {
    const { open } = end;
    end.open = undefined;
    try {
      open?.close();
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
    if (action.kind === 'send') open?.send(action.bytes);
    else if (action.kind === 'resume') open?.resume?.();
    else {
      end.open = undefined;
      if (action.kind === 'abort' && open?.abort !== undefined) open.abort();
      else open?.close();
    }
  }

  #connect(end: End, connection: number, server: number): void {
    const target = end.targets[server] as TransportTarget;
    end.connection = connection;
    const events = new Events(this.native, this.#ends.indexOf(end), connection, (error) => {
      if (end.connection === connection) end.open = undefined;
      if (error !== undefined && !this.#over) this.#tell(error, target);
    });
    const open = end.transport.connect(target, events);
    if (!events.over) end.open = open;
  }
}

/** What a transport calls; one object for each connection, so that what comes late is known to be. */
class Events implements TransportEvents {
  over = false;
  #connected = false;
  readonly #native: NativeExternal;
  readonly #end: number;
  readonly #connection: number;
  readonly #onClosed: (error?: VenuewireError) => void;

  constructor(to: NativeExternal, end: number, connection: number, onClosed: (error?: VenuewireError) => void) {
    this.#native = to;
    this.#end = end;
    this.#connection = connection;
    this.#onClosed = onClosed;
  }

  connected(): void {
    if (this.#connected || this.over) return;
    this.#connected = true;
    this.#native.connected(this.#end, this.#connection);
  }

  bytes(bytes: Uint8Array, receivedNs?: bigint): boolean {
    if (this.over) return false;
    this.connected();
    return this.#taken(this.#native.bytes(this.#end, this.#connection, bytes, receivedNs), bytes);
  }

  datagram(bytes: Uint8Array, origin: DatagramOrigin = {}): boolean {
    if (this.over) return false;
    this.connected();
    const to = origin.to === undefined ? undefined : splitEndpoint(origin.to);
    const from = origin.from === undefined ? undefined : splitEndpoint(origin.from);
    const answer = this.#native.datagram(
      this.#end,
      this.#connection,
      bytes,
      origin.receivedNs,
      to?.host,
      to?.port,
      from?.host,
      from?.port,
    );
    return this.#taken(answer, bytes);
  }

  closed(reason: ConnectionEnd = 'connectionClosed', error?: VenuewireError): void {
    if (this.over) return;
    this.over = true;
    this.#native.closed(this.#end, this.#connection, reason);
    this.#onClosed(error);
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
