/** Lines and servers that TypeScript connects to: TLS on loopback, datagrams of a tunnel, and transports that lie. */
import { connect as connectTcp, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import type { Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import { defineVenue, stream, tls, udpMulticast, type Venue } from '../../src/patterns/index.js';
import { splitEndpoint } from '../../src/patterns/units.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { VenueHistory } from '../../src/simulator/history.js';
import { makeCertificate } from '../../src/simulator/internet/certificate.js';
import { ItchGenerator } from '../../src/simulator/itch-generator.js';
import { LoopbackServer } from '../../src/simulator/loopback-server.js';
import { LoopbackVenue } from '../../src/simulator/loopback-venue.js';
import { Random } from '../../src/simulator/random.js';
import { SIMULATED_USERS, simulatedCredentials } from '../../src/simulator/scenario.js';
import type { ServerFaults } from '../../src/simulator/server.js';
import { SoupBinTcpServer } from '../../src/simulator/soup-bin-tcp.js';
import { VenueState } from '../../src/simulator/venue-state.js';
import type { Transport, TransportEvents, Transports, TransportTarget } from '../../src/transports/transport.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';

const identity = makeCertificate();
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Takes TLS away in front of a TCP server. `cutAfter`: so many bytes of the first connection, and then its end. */
async function terminateTls(behind: string, cutAfter = Number.POSITIVE_INFINITY): Promise<string> {
  const { host, port } = splitEndpoint(behind);
  const open = new Set<TLSSocket>();
  const server: Server = createTlsServer({ key: identity.key, cert: identity.cert }, (outer) => {
    open.add(outer);
    const inner = connectTcp(port, host);
    const drop = () => {
      open.delete(outer);
      outer.destroy();
      inner.destroy();
    };
    for (const socket of [outer, inner]) socket.on('error', drop).on('close', drop);
    outer.pipe(inner);
    let left = cutAfter;
    cutAfter = Number.POSITIVE_INFINITY;
    inner.on('data', (bytes: Buffer) => {
      outer.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) outer.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** A transport over node:tls: what a user would write. */
function overTls(ca: string, seen: TransportTarget[] = []): Transport {
  return {
    protects: ['tls'],
    connect(target, events) {
      seen.push(target);
      const socket = connectTls({ ...splitEndpoint(target.address), ca });
      socket.on('secureConnect', () => events.connected());
      socket.on('data', (bytes) => {
        if (!events.bytes(bytes)) socket.pause();
      });
      socket.on('error', ({ code }: NodeJS.ErrnoException) => {
        events.closed(code === 'ECONNREFUSED' ? 'connectionRefused' : socket.authorized ? undefined : 'wrongPeer');
      });
      socket.on('close', () => events.closed());
      return {
        send: (bytes) => socket.write(bytes),
        close: () => socket.end(),
        abort: () => socket.destroy(),
        resume: () => socket.resume(),
      };
    },
  };
}

/** Digests all messages up to number `last`, then closes the feed. */
async function digestOf(feed: Feed<typeof itch50>, last: number): Promise<StreamDigest> {
  const digest = new StreamDigest();
  const { view } = feed.ring;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const take = (m: { $at: number; $length: number }, at: { sequence: number }): void => {
    digest.add(at.sequence, bytes, m.$at, m.$length);
    if (at.sequence === last) feed.close();
  };
  const guard = setTimeout(() => feed.close(), 20_000);
  await feed.run(Object.fromEntries(itch50.names.map((name) => [name, take])));
  clearTimeout(guard);
  return digest;
}

const historyOf = (messages: number): VenueHistory =>
  VenueHistory.generate(new ItchGenerator({ seed: 5, symbols: 3, messages }));

/** SoupBinTCP of a whole day. */
async function soupServer(history: VenueHistory, faults: ServerFaults = {}): Promise<LoopbackServer<SoupBinTcpServer>> {
  const state = new VenueState(history);
  state.next = history.next;
  const server = new LoopbackServer(
    new SoupBinTcpServer(state, new Random(3), { users: SIMULATED_USERS, faults, burst: 64 }),
  );
  await server.start();
  stops.push(() => server.stop());
  return server;
}

const soupVenue = (address: string, more: Partial<Parameters<typeof defineVenue>[0]> = {}): Venue<typeof itch50> =>
  defineVenue({
    name: 'day',
    decoder: itch50,
    framing: 'moldudp64',
    join: 'beginning',
    streams: { A: stream(soupbintcpFeed, { servers: [address], credentials: simulatedCredentials() }) },
    ...more,
  } as never) as Venue<typeof itch50>;

/** A line that is a SoupBinTCP stream inside TLS. */
const soupLine = (): Venue<typeof itch50> =>
  defineVenue({
    name: 'day',
    decoder: itch50,
    framing: 'soupbintcp',
    join: 'beginning',
    lines: { A: tls('localhost:1') },
  }) as Venue<typeof itch50>;

/** Opens the stream of a day, and digests it whole. */
async function wholeDay(venue: Venue<typeof itch50>, history: VenueHistory, transports?: Transports) {
  const feed = await openFeed(venue, transports === undefined ? {} : { transports });
  const down: string[] = [];
  feed.on('lineDown', (n) => down.push(n.reason));
  const digest = await digestOf(feed, history.next - 1);
  return { digest, down, statistics: feed.statistics() };
}

describe('over TLS', () => {
  it('a SoupBinTCP stream brings what it brings over TCP', async () => {
    const history = historyOf(3_000);
    const server = await soupServer(history);
    const seen: TransportTarget[] = [];
    const plain = await wholeDay(soupVenue(server.address), history);
    const address = await terminateTls(server.address);
    const secure = await wholeDay(soupVenue(address, { security: [{ type: 'tls' }] }), history, {
      servers: { A: overTls(identity.cert, seen) },
    });
    expect(secure.digest.value).toBe(history.digest());
    expect(secure.digest.value).toBe(plain.digest.value);
    expect(secure.statistics.ledger).toEqual(plain.statistics.ledger);
    expect(secure.down).toEqual([]);
    expect(seen).toEqual([{ role: 'server', name: 'A', address, network: 'tcp', security: [{ type: 'tls' }] }]);
    expect(server.server.logins).toBe(2);
  });

  it('a connection that breaks inside a message is taken up again where it broke', async () => {
    const history = historyOf(3_000);
    const server = await soupServer(history);
    const address = await terminateTls(server.address, 40_001);
    const seen: TransportTarget[] = [];
    const { digest, down, statistics } = await wholeDay(soupVenue(address), history, {
      servers: { A: overTls(identity.cert, seen) },
    });
    expect(digest.value).toBe(history.digest());
    expect(down).toEqual(['connectionClosed']);
    expect(seen.length).toBe(2);
    expect(statistics.ledger).toMatchObject({ delivered: 3_000, abandoned: 0 });
  });

  it('a replay server fills the holes of multicast lines, as over TCP', async () => {
    const run = async (secure: boolean) => {
      const venue = new LoopbackVenue({
        seed: 31,
        messages: 3_000,
        rate: 30_000,
        faults: { loss: 0.1 },
        publisher: { heartbeatNs: 50_000_000, endPackets: 4 },
      });
      stops.push(() => venue.stop());
      await venue.start();
      const server = secure ? await terminateTls(venue.addresses.replay) : venue.addresses.replay;
      const declared = nasdaqTotalView({
        lines: {
          A: udpMulticast(venue.lines.A, { interface: '127.0.0.1' }),
          B: udpMulticast(venue.lines.B, { interface: '127.0.0.1' }),
        },
        join: 'beginning',
        replay: { server, credentials: simulatedCredentials() },
        ...(secure ? { security: [{ type: 'tls' }] } : {}),
      } as never) as Venue<typeof itch50>;
      const feed = await openFeed(
        declared,
        secure ? { transports: { servers: { 'soupbintcp-replay': overTls(identity.cert) } } } : {},
      );
      const lost: object[] = [];
      feed.on('gapAbandoned', ({ begin, end, reason }) => lost.push({ begin, end, reason }));
      const digest = digestOf(feed, venue.history.next - 1);
      venue.begin();
      const { value } = await digest;
      await venue.stop(); // the next one has the same groups and session
      return {
        digest: value,
        lost,
        ledger: feed.statistics().ledger,
        whole: venue.history.digest(),
        recovered: feed.statistics().ledger.recovered,
      };
    };
    const plain = await run(false);
    const secure = await run(true);
    expect([plain.lost, secure.lost]).toEqual([[], []]);
    expect(plain.digest).toBe(plain.whole);
    expect({ ...secure.ledger, digest: secure.digest }).toMatchObject({ abandoned: 0, digest: plain.digest });
    expect(secure.recovered).toBeGreaterThan(0);
  });

  it('a server with another certificate is not talked to, and the reason says why', async () => {
    const history = historyOf(100);
    const server = await soupServer(history);
    const address = await terminateTls(server.address);
    const feed = await openFeed(soupVenue(address), {
      transports: { servers: { A: overTls(makeCertificate('x').cert) } },
    });
    const reasons: string[] = [];
    feed.on('recoveryFailed', (n) => {
      reasons.push(n.reason);
      feed.close();
    });
    await feed.run();
    expect(reasons).toEqual(['wrongPeer']);
    expect(server.server.connections).toBe(0);
  });

  it('a line of a stream is declared tls, and each new connection begins with whole packets', async () => {
    const history = historyOf(400);
    const all = soupPackets(history);
    const middle = soupPackets(history, 200).length;
    let connections = 0;
    const line: Transport = {
      connect(_target, events) {
        const half = connections++ === 0;
        setImmediate(() => {
          // The first connection ends inside a packet, which the second one repeats.
          const begin = half ? 0 : middle;
          const end = half ? middle + 7 : all.length;
          for (let at = begin; at < end; at += 11) events.bytes(all.subarray(at, Math.min(end, at + 11)));
          if (half) events.closed();
        });
        return { send: () => {}, close: () => {} };
      },
    };
    const venue = soupLine();
    const feed = await openFeed(venue, { transports: { lines: { A: line } } });
    const notices: string[] = [];
    feed.on('lineUp', (n) => notices.push(n.type));
    feed.on('lineDown', (n) => notices.push(`${n.type} ${n.reason}`));
    const digest = await digestOf(feed, history.next - 1);
    expect(digest.value).toBe(history.digest());
    expect(notices).toEqual(['lineUp', 'lineDown connectionClosed', 'lineUp']);
    expect(connections).toBe(2);
  });
});

/** The packets of a day as SoupBinTCP, or the first few. */
function soupPackets(history: VenueHistory, count = history.length): Buffer {
  const parts: Buffer[] = [];
  for (let i = history.first; i < history.first + count; i++) {
    const message = history.message(i);
    const head = Buffer.from([0, 0, 0x53]);
    head.writeUInt16BE(message.length + 1);
    parts.push(Buffer.concat([head, message]));
  }
  return Buffer.concat(parts);
}

/** Packets of MoldUDP64 with one message each. */
function moldPacket(history: VenueHistory, number: number): Uint8Array {
  const message = history.message(number);
  const packet = Buffer.alloc(22 + message.length);
  packet.write(history.session.padEnd(10), 0, 'latin1');
  packet.writeBigUInt64BE(BigInt(number), 10);
  packet.writeUInt16BE(1, 18);
  packet.writeUInt16BE(message.length, 20);
  packet.set(message, 22);
  return packet;
}

/** A transport that hands its events to the test. */
function byHand(use: (events: TransportEvents, nth: number) => void): Transport & { readonly asked: string[] } {
  const asked: string[] = [];
  let nth = 0;
  return {
    asked,
    connect(target, events) {
      asked.push(`connect ${target.name}`);
      const i = nth++;
      setImmediate(() => use(events, i));
      return {
        send: (bytes) => asked.push(`send ${bytes.length}`),
        close: () => asked.push('close'),
        abort: () => asked.push('abort'),
        resume: () => asked.push('resume'),
      };
    },
  };
}

const moldVenue = (lines: Venue['lines'], more: object = {}): Venue<typeof itch50> =>
  defineVenue({
    name: 'day',
    decoder: itch50,
    framing: 'moldudp64',
    join: 'beginning',
    lines,
    ...more,
  } as never) as Venue<typeof itch50>;
const GROUP_A = '239.255.7.1:26477';
const GROUP_B = '239.255.7.2:26478';

describe('datagrams that are pushed', () => {
  it('are for the line of their connection, or for the line that their destination says; others are counted and told', async () => {
    const history = historyOf(60);
    const tunnel = byHand((events) => {
      for (let i = history.first; i < history.next; i++) {
        // Every third is lost on A; B comes through the tunnel of A.
        if (i % 3 !== 0)
          events.datagram(moldPacket(history, i), { receivedNs: 1_700_000_000_000_000_000n + BigInt(i) });
        events.datagram(moldPacket(history, i), { to: GROUP_B, from: '10.0.0.1:4000' });
        if (i === 9) events.datagram(moldPacket(history, i), { to: '239.255.7.3:1' });
      }
    });
    const quiet = byHand(() => {});
    const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A), B: udpMulticast(GROUP_B) }), {
      transports: { lines: { A: tunnel, B: quiet } },
    });
    const digest = digestOf(feed, history.next - 1);
    expect((await digest).value).toBe(history.digest());
    const { feed: counters, channels } = feed.statistics();
    expect(counters.foreignDatagrams).toBe(1);
    expect(feed.describe().foreign).toEqual(['239.255.7.3:1']);
    expect(channels[0]?.packetsA).toBe(40);
    expect(channels[0]?.packetsB).toBe(60);
    expect(tunnel.asked).toEqual(['connect A', 'close']);
    expect(quiet.asked).toEqual(['connect B', 'close']);
  });

  it('that are no packets are counted, and nothing else is disturbed', async () => {
    const history = historyOf(50);
    const line = byHand((events) => {
      for (let i = history.first; i < history.next; i++) {
        events.datagram(Buffer.alloc((i % 19) + 1, 0xff));
        events.datagram(moldPacket(history, i));
      }
    });
    const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), { transports: { lines: { A: line } } });
    expect((await digestOf(feed, history.next - 1)).value).toBe(history.digest());
    expect(feed.statistics().channels[0]?.malformed).toBe(50);
  });
});

describe('a transport', () => {
  it('that goes on behind the end of its connection is not heard', async () => {
    const history = historyOf(20);
    const old: TransportEvents[] = [];
    const line = byHand((events, nth) => {
      if (nth === 0) {
        for (let i = 1; i <= 10; i++) events.datagram(moldPacket(history, i));
        old.push(events);
        events.closed('timedOut');
        expect(events.datagram(moldPacket(history, 11))).toBe(false);
        events.closed();
        events.connected();
      } else {
        expect(old[0]?.bytes(Buffer.alloc(10))).toBe(false);
        for (let i = 11; i <= 20; i++) events.datagram(moldPacket(history, i));
      }
    });
    const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), { transports: { lines: { A: line } } });
    const down: string[] = [];
    feed.on('lineDown', (n) => down.push(n.reason));
    expect((await digestOf(feed, 20)).value).toBe(history.digest());
    expect(down).toEqual(['timedOut']);
    expect(line.asked).toEqual(['connect A', 'connect A', 'close']);
  });

  it('that brings bytes of no framing is left, and connected to again', async () => {
    const history = historyOf(20);
    const line = byHand((events, nth) => {
      if (nth === 0) events.bytes(Buffer.alloc(3));
      events.bytes(soupPackets(history));
    });
    const feed = await openFeed(soupLine(), { transports: { lines: { A: line } } });
    const down: string[] = [];
    feed.on('lineDown', (n) => down.push(n.reason));
    expect((await digestOf(feed, history.next - 1)).value).toBe(history.digest());
    expect(down).toEqual(['malformedReply']);
    expect(line.asked).toEqual(['connect A', 'abort', 'connect A', 'close']);
    expect(feed.statistics().channels[0]?.malformed).toBe(1);
  });

  it('is asked to pause and to resume while the consumer does not read, and nothing is lost', async () => {
    const history = historyOf(100_000);
    const all = soupPackets(history);
    const said: boolean[] = [];
    let at = 0;
    let push = () => {};
    const line: Transport = {
      connect(_target, events) {
        push = () => {
          for (let more = true; more && at < all.length; ) {
            more = events.bytes(all.subarray(at, at + 9_999));
            at += 9_999;
            said.push(more);
          }
        };
        setImmediate(push);
        return { send: () => {}, close: () => {}, resume: () => push() };
      },
    };
    const feed = await openFeed(soupLine(), { wake: 'poll', ringBytes: 65_536, transports: { lines: { A: line } } });
    const digest = new StreamDigest();
    const { view } = feed.ring;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const take = (m: { $at: number; $length: number }, { sequence }: { sequence: number }): void =>
      digest.add(sequence, bytes, m.$at, m.$length);
    const handlers = Object.fromEntries(itch50.names.map((name) => [name, take]));
    feed.poll(handlers);
    // The consumer stands still until the transport has been told that it is enough.
    await expect.poll(() => said.at(-1)).toBe(false);
    expect(at).toBeLessThan(2 << 20);
    while (digest.count < history.length && feed.poll(handlers) >= 0) await new Promise(setImmediate);
    expect(digest.value).toBe(history.digest());
    expect(said.filter((more) => !more).length).toBeGreaterThan(1);
    const { ledger } = feed.statistics();
    expect(ledger).toMatchObject({ delivered: history.length, abandoned: 0 });
    feed.close();
  });

  it('that does not pause is refused bytes with VW_TRANSPORT_FULL, and the others keep their order', async () => {
    let thrown: unknown;
    const day = soupPackets(historyOf(30_000));
    const line: Transport = {
      connect(_target, events) {
        setImmediate(() => {
          try {
            for (let i = 0; i < 64; i++) events.bytes(day);
          } catch (error) {
            thrown = error;
          }
        });
        return { send: () => {}, close: () => {} };
      },
    };
    const feed = await openFeed(soupLine(), { wake: 'poll', ringBytes: 65_536, transports: { lines: { A: line } } });
    feed.poll({});
    await expect.poll(() => thrown).toMatchObject({ code: 'VW_TRANSPORT_FULL' });
    feed.close();
  });

  it('that throws ends the feed with VW_TRANSPORT and the cause', async () => {
    const cause = new Error('no certificate');
    const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), {
      transports: {
        lines: {
          A: {
            connect() {
              throw cause;
            },
          },
        },
      },
    });
    await expect(feed.run()).rejects.toMatchObject({ code: 'VW_TRANSPORT', cause, message: /line A.*no certificate/ });
    expect(feed.closed).toBe(true);
  });

  it('is left in peace when the feed is closed: the logout goes out first', async () => {
    const history = historyOf(200);
    const server = await soupServer(history);
    const { host, port } = splitEndpoint(server.address);
    const asked: string[] = [];
    const transport: Transport = {
      connect(_target, events) {
        const socket = connectTcp(port, host, () => events.connected());
        socket.on('data', (bytes) => events.bytes(bytes));
        socket.on('error', () => undefined).on('close', () => events.closed());
        return {
          send: (bytes) => {
            asked.push(`send ${String.fromCharCode(bytes[2] as number)}`);
            socket.write(bytes);
          },
          close: () => {
            asked.push('close');
            socket.end();
          },
        };
      },
    };
    const feed = await openFeed(soupVenue(server.address), { transports: { servers: { A: transport } } });
    expect((await digestOf(feed, history.next - 1)).value).toBe(history.digest());
    expect(asked).toEqual(['send L', 'send O', 'close']);
  });
});

/** Opens a line of datagrams that `use` carries, and closes it when that is done and `messages` are delivered. */
async function carried(use: (events: TransportEvents) => void, messages = 0): Promise<{ malformed: number }> {
  let done = false;
  const line = byHand((events, nth) => {
    if (nth === 0) use(events);
    done = true;
  });
  const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), { transports: { lines: { A: line } } });
  const reading = feed.run();
  await expect.poll(() => done && feed.statistics().ledger.delivered).toBe(messages);
  feed.close();
  await reading;
  return { malformed: feed.statistics().channels[0]?.malformed ?? Number.NaN };
}

/** Every error that `calls` throw, by its code; undefined: none was thrown. */
async function thrownBy(...calls: ((events: TransportEvents) => unknown)[]): Promise<unknown[]> {
  const codes: unknown[] = [];
  await carried((events) => {
    for (const call of calls) {
      try {
        call(events);
        codes.push(undefined);
      } catch (thrown) {
        codes.push((thrown as { code?: unknown }).code ?? thrown);
      }
    }
  });
  return codes;
}

describe('what a transport tells is checked', () => {
  const packet = moldPacket(historyOf(20), 1);
  const EVENT = 'VW_TRANSPORT_EVENT';
  const wrongTimes = ['5', Number.NaN, 5, -1n, 0n, 2n ** 63n, 2n ** 200n, null, {}, Symbol('now'), [1n], true];

  it.each(wrongTimes.map((t) => [typeof t === 'object' ? JSON.stringify(t, String) : String(t), t] as const))(
    'a receivedNs of %s is refused, and nothing is taken',
    async (_, receivedNs) => {
      expect(
        await thrownBy(
          (events) => events.datagram(packet, { receivedNs } as never),
          (events) => events.bytes(packet, receivedNs as never),
        ),
      ).toEqual([EVENT, EVENT]);
    },
  );

  it('the latest time there is is taken as it is', async () => {
    const latest = 2n ** 63n - 1n;
    const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), {
      transports: { lines: { A: byHand((events) => events.datagram(packet, { receivedNs: latest })) } },
    });
    const times: bigint[] = [];
    const take = (_: unknown, at: { receivedAt: bigint }): void => {
      times.push(at.receivedAt);
      feed.close();
    };
    await feed.run(Object.fromEntries(itch50.names.map((name) => [name, take])) as never);
    expect(times).toEqual([latest]);
  });

  const wrongOrigins: readonly unknown[] = [
    null,
    7,
    'origin',
    { to: 7 },
    { to: '' },
    { to: '239.255.7.1' },
    { to: '239.255.7.1:' },
    { to: '239.255.7.1:70000' },
    { to: '239.255.7.1:1e3' },
    { to: '239.255.7.256:1' },
    { to: 'venue.example:5' },
    { from: '[::1]:5' },
    { from: null },
    { from: 5n },
  ];
  it.each(wrongOrigins.map((o, i) => [i, o] as const))('origin %i of another kind is refused', async (_, origin) => {
    expect(await thrownBy((events) => events.datagram(packet, origin as never))).toEqual([EVENT]);
  });

  it('bytes that are none, or whose memory has been given away, are refused', async () => {
    const given = Uint8Array.from(packet);
    structuredClone(given, { transfer: [given.buffer] });
    // ES2024, which Node 20 has.
    const Resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & {
      resize(bytes: number): void;
    };
    const memory = new Resizable(64, { maxByteLength: 128 });
    const cut = new Uint8Array(memory, 32, 32);
    memory.resize(8);
    const wrong: readonly unknown[] = [
      undefined,
      null,
      'bytes',
      5,
      [1, 2],
      new Uint16Array(4),
      new DataView(new ArrayBuffer(4)),
      given,
    ];
    for (const bytes of wrong) {
      expect(
        await thrownBy(
          (e) => e.bytes(bytes as never),
          (e) => e.datagram(bytes as never),
        ),
      ).toEqual([EVENT, EVENT]);
    }
    // What is out of bounds has no bytes: an empty datagram, which is counted.
    const { malformed } = await carried((events) => {
      events.datagram(cut);
      events.datagram(packet);
    }, 1);
    expect(malformed).toBe(1);
  });

  it('shared memory is copied when it is pushed', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(packet.length));
    shared.set(packet);
    const { malformed } = await carried((events) => {
      events.datagram(shared);
      shared.fill(0xff);
    }, 1);
    expect(malformed).toBe(0);
  });

  it('a connection that is closed for another reason is over, and the call throws', async () => {
    for (const reason of ['bogus', 'sessionEnded', false, 5, null, Symbol('x'), {}]) {
      const down: string[] = [];
      let thrown: unknown;
      const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), {
        transports: {
          lines: {
            A: byHand((events) => {
              try {
                events.closed(reason as never);
              } catch (error) {
                thrown = error;
              }
            }),
          },
        },
      });
      feed.on('lineDown', (n) => {
        down.push(n.reason);
        feed.close();
      });
      await feed.run();
      expect(down).toEqual(['connectionClosed']);
      expect(thrown).toMatchObject({ code: EVENT });
    }
  });

  it('events are functions that need no object', async () => {
    await carried(({ connected, datagram, closed }) => {
      connected();
      datagram(packet);
      closed();
    }, 1);
  });

  it('what comes after close is ignored', async () => {
    let late: TransportEvents | undefined;
    await carried((events) => {
      late = events;
    });
    expect(late?.datagram(packet)).toBe(false);
    expect(late?.bytes(packet)).toBe(false);
    expect([late?.connected(), late?.closed('timedOut'), late?.closed()]).toEqual([undefined, undefined, undefined]);
  });
});

describe('what a transport gives is checked', () => {
  const rejected = (): Promise<never> => Promise.reject(new Error('late'));
  const runOf = async (transport: unknown): Promise<unknown> => {
    const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), {
      transports: { lines: { A: transport as Transport } },
    });
    return feed.run().then(
      () => undefined,
      (cause: unknown) => cause,
    );
  };
  it.each<readonly [string, unknown, RegExp]>([
    ['nothing', undefined, /gave no connection/],
    ['null', null, /gave no connection/],
    ['a number', 5, /gave no connection/],
    ['an empty object', {}, /send is no function/],
    ['no close', { send() {} }, /close is no function/],
    ['an abort that is none', { send() {}, close() {}, abort: 'now' }, /abort is no function/],
    ['a promise that never settles', new Promise(() => {}), /gave a promise/],
  ])('connect that gives %s ends the feed with VW_TRANSPORT', async (_, connection, message) => {
    const error = await runOf({ connect: () => connection });
    expect(error).toMatchObject({ code: 'VW_TRANSPORT', message });
  });

  it('connect that gives a promise which is rejected does not end the process', async () => {
    expect(await runOf({ connect: rejected })).toMatchObject({ code: 'VW_TRANSPORT', message: /gave a promise/ });
    await new Promise(setImmediate);
  });

  it.each([
    ['no text', Object.create(null)],
    [
      'a text that throws',
      {
        toString() {
          throw new Error('never');
        },
      },
    ],
    ['a symbol', Symbol('x')],
    ['nothing', undefined],
  ])('a transport may throw %s', async (_, thrown) => {
    const error = await runOf({
      connect() {
        throw thrown;
      },
    });
    expect(error).toMatchObject({ code: 'VW_TRANSPORT' });
  });

  it('send that gives a promise which is rejected ends the feed with VW_TRANSPORT', async () => {
    const feed = await openFeed(soupVenue('127.0.0.1:1'), {
      transports: {
        servers: {
          A: {
            connect(_, events) {
              setImmediate(() => events.connected());
              return { send: rejected, close: rejected } as never;
            },
          },
        },
      },
    });
    await expect(feed.run()).rejects.toMatchObject({ code: 'VW_TRANSPORT', message: /server A.*late/ });
    await new Promise(setImmediate);
  });

  it('a feed that is closed while it is asked to connect leaves the connection too', async () => {
    const asked: string[] = [];
    const feed = await openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), {
      transports: {
        lines: {
          A: {
            connect(_, events) {
              asked.push('connect');
              events.connected();
              events.datagram(moldPacket(historyOf(20), 1));
              feed.close();
              expect(events.datagram(moldPacket(historyOf(20), 1))).toBe(false);
              return { send() {}, close: () => asked.push('close') };
            },
          },
        },
      },
    });
    await feed.run();
    expect(asked).toEqual(['connect', 'close']);
  });

  it('protects that is no list is refused at open', async () => {
    await expect(
      openFeed(moldVenue({ A: udpMulticast(GROUP_A) }), {
        transports: { lines: { A: { connect: () => ({ send() {}, close() {} }), protects: 'mtls' as never } } },
      }),
    ).rejects.toMatchObject({ code: 'VW_OPTION', message: /protects/ });
  });
});

describe('what is declared and not carried out is refused', () => {
  const naked: Transport = { connect: () => ({ send: () => {}, close: () => {} }) };
  const secure: Transport = { ...naked, protects: ['tls'] };
  const lines = { A: udpMulticast(GROUP_A) };

  it.each<readonly [string, Venue<typeof itch50>, Transports, string, RegExp]>([
    [
      'a protection that the transport does not have',
      soupVenue('127.0.0.1:1', { security: [{ type: 'tls' }] }),
      { servers: { A: naked } },
      'VW_SECURITY_NO_ENGINE',
      /'tls' .* on server A/,
    ],
    [
      'a protection of another kind',
      soupVenue('127.0.0.1:1', { security: [{ type: 'messageHmac', key: 'env:SIMULATED_KEY' }] }),
      { servers: { A: secure } },
      'VW_SECURITY_NO_ENGINE',
      /messageHmac/,
    ],
    [
      'TLS where there is nothing to connect to',
      moldVenue(lines, { security: [{ type: 'tls' }] }),
      {},
      'VW_SECURITY_NO_ENGINE',
      /'tls'/,
    ],
    ['a line that is not there', moldVenue(lines), { lines: { a: secure } }, 'VW_OPTION', /no 'a'/],
    ['a server that is not there', soupVenue('127.0.0.1:1'), { servers: { B: secure } }, 'VW_OPTION', /no 'B'/],
    ['something that is no transport', moldVenue(lines), { lines: { A: {} as never } }, 'VW_OPTION', /connect\(\)/],
  ])('%s', async (_, venue, transports, code, message) => {
    await expect(openFeed(venue, { transports })).rejects.toMatchObject({ code, message });
  });

  it('transports beside a capture', async () => {
    await expect(
      openFeed(moldVenue(lines), { capture: { file: '-' }, transports: { lines: { A: secure } } }),
    ).rejects.toMatchObject({ code: 'VW_OPTION' });
  });
});
