/**
 * The recovery proxy: one process that listens to the venue and asks its servers, keeps the day in an event log, and answers
 * everybody else. Consumers never reach the venue.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { remedyOf, VenuewireError } from '../errors.js';
import type { AnyDecoder } from '../feed/batch.js';
import type { Batch, Feed } from '../feed/feed.js';
import { openFeed } from '../feed/open.js';
import { type IpcWriter, openIpcWriter } from '../ipc/index.js';
import { openLog } from '../log/index.js';
import { type LogWriter, openLogWriter, prepareLog } from '../log/log.js';
import type { Venue } from '../patterns/venue.js';
import { checkSpoken, proxiesFirst } from '../venues/via.js';
import { Consumers } from './consumers.js';
import { Chunk, DayMemory, Days, eachMessage } from './day.js';
import { ProxyMoldUdp64Server } from './mold-udp64.js';
import { type CompleteProxyOptions, completeProxyOptions, endpointOf, type ProxyOptions } from './options.js';
import { Rebroadcast } from './rebroadcast.js';
import { ProxySoupBinTcpServer, type SoupConnection } from './soup-bin-tcp.js';

const NS_PER_MS = 1e6;
const TICK_MS = 100;
const RECEIVE_BYTES = 4 << 20;
/** A TCP client that does not read holds so much of ours, at most. */
const FULL_BYTES = 1 << 20;
/** With any port: UDP's may be taken for TCP. */
const PORT_TRIES = 16;

const nowNs = (): number => performance.now() * NS_PER_MS;

/** Where a channel stands. */
export interface ProxyChannel {
  readonly channel: string;
  readonly session: string;
  /** Numbers of the first message that is there, and of the next. */
  readonly first: number;
  readonly next: number;
  readonly isOver: boolean;
}

class TcpClient implements SoupConnection {
  readonly address: string;
  constructor(readonly socket: Socket) {
    this.address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  }
  get full(): boolean {
    return this.socket.writableLength > FULL_BYTES;
  }
  send(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }
  close(): void {
    this.socket.end();
  }
}

const openError = (what: string, cause: unknown): VenuewireError =>
  new VenuewireError(
    'VW_PROXY_OPEN',
    `The proxy cannot ${what}: ${cause instanceof Error ? cause.message : cause}`,
    remedyOf('VW_PROXY_OPEN'),
  );

/** Made by `openProxy`. */
export class RecoveryProxy<D extends AnyDecoder = AnyDecoder> {
  /** Resolves when the proxy is closed or its feed has ended; rejects with what ended it. */
  readonly done: Promise<void>;
  readonly #consumers: Consumers;
  readonly #rerequest: ProxyMoldUdp64Server;
  readonly #replay: ProxySoupBinTcpServer;
  readonly #sockets = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  #sender: UdpSocket | undefined;
  #rebroadcast: Rebroadcast | undefined;
  #tick: NodeJS.Timeout | undefined;
  #isTurnDue = false;
  #address = '';
  #closing: Promise<void> | undefined;

  /** @internal Use `openProxy`. */
  constructor(
    readonly feed: Feed<D>,
    readonly writer: LogWriter,
    private readonly days: Days,
    private readonly memory: DayMemory,
    private readonly options: CompleteProxyOptions,
    private readonly shared: IpcWriter | undefined,
  ) {
    this.#consumers = new Consumers(options.consumers);
    const { packetBytes, waitMs, waitingMost } = options;
    const limits = { packetBytes, waitNs: waitMs * NS_PER_MS, waitingMost };
    this.#rerequest = new ProxyMoldUdp64Server(days, this.#consumers, limits);
    this.#replay = new ProxySoupBinTcpServer(days, this.#consumers, () => this.#turnSoon());
    this.done = this.#run().finally(() => this.#end());
    // Whoever does not look at it hears of it by `close`.
    this.done.catch(() => {});
  }

  /** `host:port`, UDP and TCP. */
  get address(): string {
    return this.#address;
  }
  get channels(): readonly ProxyChannel[] {
    return this.days.all.map(({ channel, session, first, next, over }) => ({
      channel,
      session,
      first,
      next,
      isOver: over,
    }));
  }

  statistics() {
    return {
      channels: this.channels,
      feed: this.feed.statistics(),
      log: this.writer.statistics(),
      requests: { ...this.#rerequest.counts, waiting: this.#rerequest.waiting },
      replay: { ...this.#replay.counts, clients: this.#replay.clients },
      ...(this.#rebroadcast === undefined ? {} : { rebroadcast: { ...this.#rebroadcast.counts } }),
      ...(this.shared === undefined ? {} : { shared: { blocks: this.shared.blocks, bytes: this.shared.bytes } }),
      memory: { bytes: this.memory.bytes, fetched: this.memory.fetched },
      consumers: this.#consumers.all.map(({ name, counts }) => ({ name, ...counts })),
    };
  }

  /** @internal */
  async listen(): Promise<void> {
    const { host, port } = endpointOf('listen', this.options.listen, 0);
    for (let tries = port === 0 ? PORT_TRIES : 1; ; tries--) {
      const udp = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BYTES });
      const tcp = createServer((socket) => this.#connected(socket));
      try {
        await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, host, resolve));
        const found = udp.address().port;
        await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(found, host, resolve));
        this.#udp = udp;
        this.#tcp = tcp;
        this.#address = `${host}:${found}`;
        break;
      } catch (cause) {
        udp.close();
        if (tries <= 1) throw openError(`listen on ${host}:${port}`, cause);
      }
    }
    this.#serveUdp(this.#udp);
    await this.#openRebroadcast();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
  }

  #serveUdp(udp: UdpSocket): void {
    const nothing = (): void => {};
    udp.on('error', nothing);
    udp.on('message', (bytes, { address, port }) => {
      this.#rerequest.request(bytes, address, `${address}:${port}`, nowNs(), (answer) =>
        udp.send(answer, port, address, nothing),
      );
    });
  }

  #connected(socket: Socket): void {
    const client = new TcpClient(socket);
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    this.#replay.connected(client, nowNs());
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => this.#replay.received(client, bytes, nowNs()));
    socket.on('drain', () => this.#replay.drained(client));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#replay.closed(client);
    });
  }

  async #openRebroadcast(): Promise<void> {
    const { rebroadcast, packetBytes } = this.options;
    if (rebroadcast === undefined) return;
    const sender = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) =>
        sender.once('error', reject).bind(0, rebroadcast.interface ?? '0.0.0.0', resolve),
      );
      if (rebroadcast.interface !== undefined) sender.setMulticastInterface(rebroadcast.interface);
      sender.setMulticastTTL(rebroadcast.ttl ?? 1);
    } catch (cause) {
      sender.close();
      throw openError(`send to ${rebroadcast.address}`, cause);
    }
    sender.on('error', () => {});
    this.#sender = sender;
    const to = { ...endpointOf('rebroadcast', rebroadcast.address, 1), packetBytes };
    this.#rebroadcast = new Rebroadcast(sender, this.days.all[0] as Days['all'][number], to);
  }

  #turnSoon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      if (this.#replay.turn(nowNs())) this.#turnSoon();
    });
  }
  #onTick(): void {
    const now = nowNs();
    this.#rerequest.service(now);
    this.#replay.tick(now);
    this.#rebroadcast?.tick(now);
  }

  async #run(): Promise<void> {
    const { feed, writer, days } = this;
    for await (const batch of feed) {
      const { position } = writer;
      writer.append(batch as unknown as Batch);
      this.shared?.append(batch as unknown as Batch);
      days.take(feed.ring, batch.from, batch.to, position);
      days.told();
      const now = nowNs();
      this.#rerequest.service(now);
      this.#rebroadcast?.send(now);
      if (writer.full) await writer.room();
    }
  }

  /** Ends the feed, and everything after it; what was received is in the log then. */
  close(): Promise<void> {
    this.feed.close();
    return this.done;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #end(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }
  async #close(): Promise<void> {
    clearInterval(this.#tick);
    for (const socket of this.#sockets) socket.destroy();
    this.#udp?.close();
    this.#sender?.close();
    this.#tcp?.close();
    this.shared?.close();
    await this.writer.close();
  }
}

/** Puts what the log has of a chunk back into it. */
function fetcher(folder: string, decoder: AnyDecoder, channels: readonly string[], written: () => Promise<void>) {
  let last: Promise<void> = Promise.resolve();
  const fetch = async (chunk: Chunk, name: string): Promise<void> => {
    await written();
    const channel = channels.indexOf(name);
    const again = new Chunk(chunk.first, chunk.position);
    const reader = (await openLog(folder, { decoder })).read({ from: chunk.position });
    const { view } = reader.ring;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for await (const batch of reader) {
      eachMessage(reader.ring, batch.from, batch.to, {
        notice: () => {},
        message: (of, sequence, at, length) => {
          if (of === channel && sequence === again.end && again.count < chunk.count) again.add(bytes, at, length);
        },
      });
      if (again.count === chunk.count) break;
    }
    if (again.count < chunk.count)
      throw new VenuewireError(
        'VW_LOG_GONE',
        `${folder}: messages from ${again.end} on are gone`,
        remedyOf('VW_LOG_GONE'),
      );
    chunk.content = again.content;
  };
  // One after the other: each reader has memory of its own.
  return (chunk: Chunk, name: string): Promise<void> => {
    last = last.catch(() => {}).then(() => fetch(chunk, name));
    return last;
  };
}

/** Fills the days with what a log has. */
async function readDays(folder: string, decoder: AnyDecoder, days: Days): Promise<void> {
  const log = await openLog(folder, { decoder }).catch((cause: unknown) => {
    if (cause instanceof VenuewireError && cause.code === 'VW_LOG_EMPTY') return undefined;
    throw cause;
  });
  if (log === undefined) return;
  const reader = log.read();
  for await (const batch of reader) days.take(reader.ring, batch.from, batch.to, batch.position);
}

const channelsOf = (venue: Venue): string[] => Object.keys(venue.channels ?? { [venue.name]: {} });

/**
 * Opens a recovery proxy: a feed of the venue, its day in a log, servers for everybody else. With a log that has a part of
 * the day already, the feed goes on behind it.
 * @throws VenuewireError `VW_PROXY_VENUE` when the venue is not framed as a proxy speaks; `VW_PROXY_OPTION`; `VW_PROXY_OPEN`;
 *   what `openFeed` and `openLogWriter` throw.
 */
export async function openProxy<D extends AnyDecoder>(venue: Venue<D>, given: ProxyOptions): Promise<RecoveryProxy<D>> {
  const options = completeProxyOptions(given);
  checkSpoken(venue);
  const channels = channelsOf(venue);
  if (options.rebroadcast !== undefined && channels.length > 1) {
    throw new VenuewireError(
      'VW_PROXY_OPTION',
      `${venue.name} has ${channels.length} channels, and one group takes one`,
      'Open a proxy for each channel.',
    );
  }
  const { folder } = options;
  let writer: LogWriter | undefined;
  const memory = new DayMemory(
    options.memoryBytes,
    fetcher(folder, venue.decoder, channels, async () => writer?.flush()),
  );
  const days = new Days(channels, memory);
  const prepared = prepareLog(folder);
  let feed: Feed<D> | undefined;
  let shared: IpcWriter | undefined;
  try {
    await readDays(folder, venue.decoder, days);
    const asked = options.peers.length === 0 ? venue : proxiesFirst(venue, options.peers);
    feed = await openFeed(asked, { ...options.feed, resume: resumeOf(days) });
    if (options.shared !== undefined)
      shared = openIpcWriter(options.shared, feed, { position: prepared.found.position });
    writer = openLogWriter(folder, feed, options.log, { prepared });
  } catch (cause) {
    feed?.close();
    shared?.close();
    prepared.lock.release();
    throw cause;
  }
  const proxy = new RecoveryProxy(feed, writer, days, memory, options, shared);
  try {
    await proxy.listen();
  } catch (cause) {
    await proxy.close();
    throw cause;
  }
  return proxy;
}

function resumeOf(days: Days): Record<string, { session: string; next: number }> {
  const begun = days.all.filter(({ session, next }) => session !== '' && next > 0);
  return Object.fromEntries(begun.map(({ channel, session, next }) => [channel, { session, next }]));
}
