// The recovery proxy: what is missing is fetched from the venue once, for everybody; nobody else reaches it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { venueFile } from '../../src/cli/simulate.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { moldudp64 } from '../../src/decoders/moldudp64.js';
import { type Feed, openFeed, type Position } from '../../src/index.js';
import { openIpcReader } from '../../src/ipc/index.js';
import { encode, type View } from '../../src/layout/index.js';
import { type LogBatch, openLog } from '../../src/log/index.js';
import { udpMulticast, type Venue, waitForOtherLine } from '../../src/patterns/index.js';
import { jsonValue } from '../../src/plain.js';
import { openProxy, type ProxyOptions, type RecoveryProxy, viaProxy } from '../../src/proxy/index.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { FaultyLine } from '../../src/simulator/line-faults.js';
import { LoopbackVenue, type LoopbackVenueOptions } from '../../src/simulator/loopback-venue.js';
import { Random } from '../../src/simulator/random.js';
import { SIMULATED_USERS } from '../../src/simulator/scenario.js';
import { itchOverSoup } from '../../src/venues/soupbintcp-feed.js';

/** VENUEWIRE_PROXY_SEEDS: how many seeds of the consumers' losses (1). */
const SEEDS = Array.from({ length: Number(process.env.VENUEWIRE_PROXY_SEEDS ?? 1) }, (_, i) => i + 1);
/** VENUEWIRE_PROXY_KILLS: how often the proxy is killed (1). */
const KILLS = Number(process.env.VENUEWIRE_PROXY_KILLS ?? 1);
const HERE = '127.0.0.1';
const [USER, PASSWORD] = Object.entries(SIMULATED_USERS)[0] as [string, string];
const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => {
  ends.push(end);
};
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-proxy-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 2));
};

async function simulated(options: Partial<LoopbackVenueOptions> = {}): Promise<LoopbackVenue> {
  const venue = new LoopbackVenue({
    seed: 15,
    messages: 6_000,
    rate: 20_000,
    // Who is late on a loaded machine still hears of the day: it does not end.
    publisher: { heartbeatNs: 20_000_000, endPackets: 0 },
    ...options,
  });
  atEnd(() => venue.stop());
  await venue.start();
  return venue;
}
const declared = (venue: LoopbackVenue): Venue => venue.venue({ recovery: ['rerequest', 'replay'] });
/** What was asked of the venue, whichever of its servers. */
const asked = (venue: LoopbackVenue): number => venue.servers.rerequest.requests + venue.servers.replay.connections;

async function opened(venue: Venue, options: Partial<ProxyOptions> = {}): Promise<RecoveryProxy> {
  const proxy = await openProxy(venue, { folder: newFolder(), ...options });
  atEnd(() => proxy.close());
  return proxy;
}

const ENDS = { heartbeatNs: 20_000_000, endPackets: 20 };

/** One consumer, read to the end of the session, or until it has so many messages. */
interface Read {
  readonly digest: bigint;
  readonly count: number;
  readonly feed: Feed;
}
async function readAll(venue: Venue, messages = Number.POSITIVE_INFINITY): Promise<Read> {
  const feed = (await openFeed(venue)) as Feed;
  atEnd(() => feed.close());
  const { view } = feed.ring;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const digest = new StreamDigest();
  const take = ({ $at, $length }: View, { sequence }: Position): void => {
    digest.add(sequence, bytes, $at, $length);
    if (digest.count === messages) feed.close();
  };
  feed.on('sessionEnded', () => feed.close());
  await feed.run(Object.fromEntries(feed.decoder.names.map((name: string) => [name, take])) as never);
  return { digest: digest.value, count: digest.count, feed };
}

/** Line A of a venue, passed on to each consumer on its own, each with losses of its own. */
class LossyLines {
  /** A group for each consumer: multicast shares its port, and no other program has it by accident. */
  readonly #groups: readonly string[];
  readonly #port = 12_000 + (process.pid % 10_000);
  readonly #faulty: readonly FaultyLine[];
  lost = (): number => this.#faulty.reduce((sum, line) => sum + line.lost, 0);
  constructor(seed: number, consumers: number, loss: number) {
    const random = new Random(seed);
    const own = ++linesMade;
    this.#groups = Array.from({ length: consumers }, (_, i) => `239.195.${own}.${i + 1}`);
    this.#faulty = this.#groups.map((group) => new FaultyLine({ loss }, random.fork(`consumer ${group}`)));
  }
  async open(line: string): Promise<void> {
    const [group = '', port = ''] = line.split(':');
    const [listener, sender] = [
      createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: 8 << 20 }),
      createSocket('udp4'),
    ];
    await new Promise<void>((resolve) => listener.bind(Number(port), group, resolve));
    listener.addMembership(group, HERE);
    await new Promise<void>((resolve) => sender.bind(0, HERE, resolve));
    sender.setMulticastInterface(HERE);
    atEnd(() => {
      listener.close();
      sender.close();
    });
    listener.on('message', (bytes) => {
      this.#faulty.forEach((line, i) => {
        for (const passed of line.pass(0, bytes)) sender.send(passed.bytes, this.#port, this.#groups[i] as string);
      });
    });
  }
  venue(of: Venue, consumer: number): Venue {
    return { ...of, lines: { A: udpMulticast(`${this.#groups[consumer]}:${this.#port}`, { interface: HERE }) } };
  }
}
let linesMade = 0;

describe('27 consumers, each late and each losing one packet of a hundred', () => {
  it.each(SEEDS)(
    'ask the venue for no more than one of them would, and all have the whole day (seed %i)',
    async (seed) => {
      const CONSUMERS = 27;
      const venue = await simulated({ seed: 1500 + seed, messages: 4_000, rate: 8_000, faults: { loss: 0.01 } });
      const lines = new LossyLines(seed, CONSUMERS + 1, 0.01);
      await lines.open(venue.lines.A);
      const proxy = await opened(declared(venue));
      venue.begin();
      const random = new Random(seed);
      const via = viaProxy(declared(venue), { proxy: [proxy.address] });
      const late = Array.from({ length: CONSUMERS }, () => random.between(200, 3_500));
      const reads = late.map(async (after, i) => {
        await until(() => venue.stats().published >= after);
        return readAll(lines.venue(via, i), venue.history.length);
      });
      const all = await Promise.all(reads);
      expect(all.map(({ digest }) => digest)).toEqual(all.map(() => venue.history.digest()));
      const throughProxy = asked(venue);
      expect(proxy.statistics().requests.answered).toBeGreaterThan(CONSUMERS);
      // The same venue again has the same lines: this one falls silent.
      await proxy.close();
      await venue.stop();
      // One that asks the venue itself: late as the first of them, on a line like theirs.
      const again = await simulated({ seed: 1500 + seed, messages: 4_000, rate: 8_000, faults: { loss: 0.01 } });
      const line = new LossyLines(seed, 1, 0.01);
      await line.open(again.lines.A);
      again.begin();
      await until(() => again.stats().published >= (late[0] as number));
      const one = await readAll(line.venue(declared(again), 0), again.history.length);
      expect(one.digest).toBe(venue.history.digest());
      expect(throughProxy).toBeLessThanOrEqual(asked(again));
      expect(lines.lost()).toBeGreaterThan(CONSUMERS);
    },
  );
});

describe('a storm of requests', () => {
  /** Requests of everything, again and again, from one address. */
  async function storm(proxy: RecoveryProxy, from: string, requests: number): Promise<{ answers: () => number }> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    atEnd(() => socket.close());
    await new Promise<void>((resolve) => socket.bind(0, from, resolve));
    let answers = 0;
    socket.on('message', () => answers++);
    const [host = '', port = ''] = proxy.address.split(':');
    for (let i = 0; i < requests; i++) {
      const sequenceNumber = BigInt(1 + (i % 2_000));
      socket.send(
        encode(moldudp64, 'requestPacket', { session: 'SIM0000001', sequenceNumber, messageCount: 20 }),
        Number(port),
        host,
      );
      if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    return { answers: () => answers };
  }

  it('is answered within its quota, reaches the venue not once, and others are served meanwhile', async () => {
    const venue = await simulated({ faults: { loss: 0.02 } });
    const proxy = await opened(declared(venue), {
      consumers: [
        { name: 'greedy', address: '127.0.0.2', requestsPerSecond: 50 },
        { name: 'others', address: '127.0.0.0/24' },
      ],
    });
    venue.begin();
    await until(() => venue.stats().published > 3_000);
    const reading = readAll(viaProxy(declared(venue), { proxy: [proxy.address] }), venue.history.length);
    const began = performance.now();
    const { answers } = await storm(proxy, '127.0.0.2', 3_000);
    await until(() => proxy.statistics().requests.requests >= 3_000);
    const seconds = (performance.now() - began) / 1_000;
    expect((await reading).digest).toBe(venue.history.digest());
    const [greedy, others] = proxy.statistics().consumers;
    expect(answers()).toBeLessThanOrEqual(50 * (2 + seconds));
    expect(greedy?.refused).toBeGreaterThan(2_000);
    expect((greedy?.answered ?? 0) + (greedy?.refused ?? 0)).toBe(greedy?.requests);
    expect(others?.refused).toBe(0);
    expect(others?.messages).toBeGreaterThan(0);
    // What the venue was asked for is what the proxy's own lines lost.
    const { feed } = proxy.statistics();
    expect(feed.channels[0]?.requests).toBe(asked(venue));
  });

  it('of consumers does not take a proxy beyond what the venue allows', async () => {
    const [COUNT, PER_MS] = [10, 100];
    const venue = await simulated({ messages: 3_000, rate: 6_000, faults: { loss: 0.4 } });
    const { recovery } = declared(venue);
    const limited: Venue = {
      ...declared(venue),
      recovery: recovery
        .filter((rung) => rung.type !== 'request' || rung.credentials.type === 'none')
        .map((rung) =>
          rung.type === 'request'
            ? { ...rung, limits: { rates: [{ count: COUNT, per: `${PER_MS}ms` }], patience: '20s' }, tries: 100 }
            : rung,
        ),
    };
    const proxy = await opened(limited);
    const via = viaProxy(declared(venue), { proxy: [proxy.address] });
    const reads = [1, 2, 3].map(() => readAll(via, venue.history.length));
    const began = performance.now();
    venue.begin();
    for (const { digest } of await Promise.all(reads)) expect(digest).toBe(venue.history.digest());
    // Counted over the whole time: when each came is the business of a loaded machine.
    const spans = Math.ceil((performance.now() - began) / PER_MS) + 1;
    expect(asked(venue)).toBe(venue.servers.rerequest.requests);
    expect(asked(venue)).toBeGreaterThan(3 * COUNT);
    expect(asked(venue)).toBeLessThanOrEqual(COUNT * spans);
  });
});

describe('a proxy that is killed and started again', () => {
  const script = new URL('../../dist/cli/main.js', import.meta.url).pathname;
  async function started(
    file: string,
    folder: string,
  ): Promise<{ child: ChildProcess; address: string; next: number }> {
    const args = [script, 'proxy', file, '--log', folder];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, VENUEWIRE_SIMULATED_USER: USER, VENUEWIRE_SIMULATED_PASSWORD: PASSWORD },
    });
    atEnd(() => child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const { listening, channels } = JSON.parse(line) as { listening: string; channels: { next: number }[] };
      return { child, address: listening, next: channels[0]?.next ?? 0 };
    }
    throw new Error('it ended without a word');
  }

  it(`keeps the day: what it had is not asked for again, and a late consumer gets everything (${KILLS} kills)`, async () => {
    // With many kills the day is long enough for all of them, however long a process takes to begin.
    const EACH = KILLS > 1 ? 12_000 : 3_500;
    const venue = await simulated({ messages: EACH * (KILLS + 1), rate: KILLS > 1 ? 5_000 : 10_000 });
    const folder = newFolder();
    const file = join(folder, 'venue.yaml');
    writeFileSync(file, venueFile(venue, ['rerequest', 'replay'], 'beginning'));
    const random = new Random(KILLS);
    let proxy = await started(file, join(folder, 'day'));
    venue.begin();
    for (let kill = 1; kill <= KILLS; kill++) {
      const moment = venue.stats().published + random.between(1_000, EACH - 1_000);
      await until(() => venue.stats().published >= Math.min(moment, venue.history.length));
      proxy.child.kill('SIGKILL');
      await new Promise((resolve) => proxy.child.once('close', resolve));
      const before = { asked: asked(venue), next: proxy.next };
      const away = venue.stats().published + random.between(100, 1_000);
      await until(() => venue.stats().published >= Math.min(away, venue.history.length));
      proxy = await started(file, join(folder, 'day'));
      expect(proxy.next, `kill ${kill}`).toBeGreaterThanOrEqual(before.next);
      // It asks for what came while it was away, and for nothing that it has.
      const { next } = proxy;
      await until(() => next > venue.history.length || asked(venue) > before.asked);
      const { rerequest } = venue.servers;
      const again = rerequest.asked.slice(Math.max(0, rerequest.asked.length - (asked(venue) - before.asked)));
      for (const { begin } of again) expect(begin, `kill ${kill}`).toBeGreaterThanOrEqual(next);
    }
    const via = viaProxy(declared(venue), { proxy: [proxy.address] });
    expect((await readAll(via, venue.history.length)).digest).toBe(venue.history.digest());
    const { child } = proxy;
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  }, 3_600_000);
});

describe('bytes that are no request', () => {
  it('are counted or cost their sender the connection, and nobody else anything', async () => {
    const venue = await simulated();
    const proxy = await opened(declared(venue));
    venue.begin();
    const random = new Random(7);
    const garbage = (most: number): Uint8Array =>
      Uint8Array.from({ length: 1 + random.below(most) }, () => random.below(256));
    const [host = '', port = ''] = proxy.address.split(':');
    const udp = createSocket('udp4');
    atEnd(() => udp.close());
    const valid = encode(moldudp64, 'requestPacket', { session: 'SIM0000001', sequenceNumber: 1n, messageCount: 5 });
    await until(() => venue.stats().published > 2_000);
    const DATAGRAMS = 2_000;
    for (let i = 0; i < DATAGRAMS; i++) {
      const bytes = i % 2 === 0 ? garbage(60) : valid.map((byte) => (random.below(8) === 0 ? random.below(256) : byte));
      udp.send(bytes, Number(port), host);
      if (i % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
    }
    const ended = Array.from({ length: 60 }, (_, i) => {
      const socket = connect(Number(port), host, () => {
        if (i % 3 === 0) socket.write(Uint8Array.of(0xff, 0xff, 0x4c));
        else for (let k = 0; k < 8; k++) socket.write(garbage(200));
        setTimeout(() => socket.end(), 50);
      });
      socket.resume();
      return new Promise<void>((resolve) => socket.on('error', () => {}).on('close', () => resolve()));
    });
    await Promise.all(ended);
    const read = await readAll(viaProxy(declared(venue), { proxy: [proxy.address] }), venue.history.length);
    expect(read.digest).toBe(venue.history.digest());
    const { requests } = proxy.statistics();
    expect(requests.malformed).toBeGreaterThan(DATAGRAMS / 4);
    const { answered, malformed, stranger, refused, otherSession, gone, repeated, waitedInVain, waiting } = requests;
    const unanswered = malformed + stranger + refused + otherSession + gone + repeated + waitedInVain + waiting;
    expect(answered + unanswered).toBe(requests.requests);
    await until(() => proxy.statistics().replay.clients === 0);
  });
});

describe('two proxies', () => {
  it('take over from one another: a consumer loses nothing when the one that it asks is gone', async () => {
    const venue = await simulated({ messages: 5_000, rate: 8_000 });
    const lines = new LossyLines(4, 1, 0.05);
    await lines.open(venue.lines.A);
    const [first, second] = [await opened(declared(venue)), await opened(declared(venue))];
    const via = viaProxy(declared(venue), { proxy: [first.address, second.address] });
    venue.begin();
    await until(() => venue.stats().published > 1_000);
    const reading = readAll(lines.venue(via, 0), venue.history.length);
    await until(() => first.statistics().requests.answered > 3);
    await first.close();
    const { digest } = await reading;
    expect(digest).toBe(venue.history.digest());
    expect(second.statistics().requests.answered).toBeGreaterThan(3);
  });

  it('ask one another before they ask the venue', async () => {
    const venue = await simulated();
    const lines = new LossyLines(5, 1, 0.05);
    await lines.open(venue.lines.A);
    const whole = await opened(declared(venue));
    const lossy = await opened(lines.venue(declared(venue), 0), { peers: [whole.address] });
    const via = viaProxy(declared(venue), { proxy: [lossy.address] });
    venue.begin();
    const { digest } = await readAll(via, venue.history.length);
    expect(digest).toBe(venue.history.digest());
    expect(lines.lost()).toBeGreaterThan(10);
    expect(whole.statistics().requests.answered).toBeGreaterThan(10);
    expect(asked(venue)).toBe(0);
  });
});

describe('the session sent out again', () => {
  it('has no gaps on multicast, though both lines of the venue do', async () => {
    const venue = await simulated({ publisher: ENDS, faults: { loss: 0.05 } });
    const group = `239.193.${process.pid % 250}.7:31117`;
    const proxy = await opened(declared(venue), { rebroadcast: { address: group, interface: HERE } });
    const listener: Venue = {
      ...viaProxy(declared(venue), { proxy: [proxy.address] }),
      lines: { A: udpMulticast(group, { interface: HERE }) },
      recovery: [waitForOtherLine({ for: '1ms' })] as unknown as Venue['recovery'],
      join: 'live',
    };
    const reading = readAll(listener);
    venue.begin();
    const { digest, feed } = await reading;
    expect(digest).toBe(venue.history.digest());
    expect(feed.statistics().channels[0]?.gapsOpened).toBe(0);
    expect(proxy.statistics().rebroadcast?.messages).toBe(6_000);
  });

  it('goes over SoupBinTCP from the first message to the end of the session', async () => {
    process.env.VENUEWIRE_PROXY_USER = USER;
    const venue = await simulated({ publisher: ENDS, faults: { loss: 0.05 } });
    const proxy = await opened(declared(venue));
    venue.begin();
    await until(() => venue.stats().published > 1_000);
    const credentials = {
      type: 'userPassword',
      username: 'env:VENUEWIRE_PROXY_USER',
      password: 'env:VENUEWIRE_PROXY_USER',
    };
    const { digest } = await readAll(
      itchOverSoup({ servers: [proxy.address], credentials, join: 'beginning' } as never),
    );
    expect(digest).toBe(venue.history.digest());
  });
});

describe('shared memory of a proxy', () => {
  it('has every entry of the log, by the same positions', async () => {
    const venue = await simulated({ publisher: ENDS, faults: { loss: 0.02 } });
    const folder = newFolder();
    const shared = join(folder, 'shared');
    const proxy = await opened(declared(venue), { folder: join(folder, 'day'), shared });
    const reader = await openIpcReader(shared);
    const read: string[] = [];
    const reading = (async () => {
      for await (const batch of reader) {
        if (read.length === 0) expect(batch.position).toBe(0);
        expect(batch.position).toBe(read.length);
        read.push(...entriesOf(batch));
      }
    })();
    venue.begin();
    await until(() => proxy.channels[0]?.isOver === true);
    await proxy.close();
    await reading;
    const kept: string[] = [];
    for await (const batch of (await openLog(join(folder, 'day'))).read()) kept.push(...entriesOf(batch));
    expect(read.length).toBeGreaterThan(6_000);
    expect(read).toEqual(kept);
  });
});
/** Each message and notice as a line. */
function entriesOf(batch: LogBatch): string[] {
  const lines: string[] = [];
  const take = (message: { toObject(): object }, at: Position): void => {
    lines.push(JSON.stringify(jsonValue({ at: at.toObject(), ...message.toObject() })));
  };
  batch.read(Object.fromEntries(itch50.names.map((name) => [name, take])) as never, {
    notice: (notice) => lines.push(JSON.stringify(notice)),
  });
  return lines;
}

describe('messages that are not in memory any more', () => {
  it('come from the log, for who asks and for who is replayed to', async () => {
    const venue = await simulated({
      messages: 150_000,
      rate: 400_000,
      publisher: { packetMessages: 30, heartbeatNs: 50_000_000, endPackets: 0 },
    });
    const proxy = await opened(declared(venue), { memoryBytes: 4 << 20 });
    venue.begin();
    await until(() => proxy.channels[0]?.next === 150_001);
    const { digest } = await readAll(viaProxy(declared(venue), { proxy: [proxy.address] }), venue.history.length);
    expect(digest).toBe(venue.history.digest());
    expect(proxy.statistics().memory.fetched).toBeGreaterThan(0);
    expect(proxy.statistics().memory.bytes).toBeLessThanOrEqual(8 << 20);
  });
});
