import { describe, expect, test } from 'vitest';
import { glimpse50 } from '../../src/decoders/glimpse50.js';
import { moldudp64 } from '../../src/decoders/moldudp64.js';
import { soupbintcp } from '../../src/decoders/soupbintcp.js';
import { encode } from '../../src/layout/index.js';
import { writeCapture } from '../../src/simulator/capture.js';
import { EventQueue } from '../../src/simulator/event-queue.js';
import { ItchSnapshots } from '../../src/simulator/glimpse.js';
import { VenueHistory } from '../../src/simulator/history.js';
import { ItchGenerator } from '../../src/simulator/itch-generator.js';
import { FaultyLine } from '../../src/simulator/line-faults.js';
import { MoldUdp64Framing, MoldUdp64Server } from '../../src/simulator/mold-udp64.js';
import { PcapWriter } from '../../src/simulator/pcap-writer.js';
import { Publisher, type PublisherOptions } from '../../src/simulator/publisher.js';
import { Random } from '../../src/simulator/random.js';
import { runScenario } from '../../src/simulator/scenario.js';
import { type Connection, planAnswer, Quota, type ServerFaults } from '../../src/simulator/server.js';
import { GlimpseServer, SoupBinTcpServer, type SoupOptions } from '../../src/simulator/soup-bin-tcp.js';
import { VenueState } from '../../src/simulator/venue-state.js';

const MS = 1e6;
const day = (messages = 300): VenueHistory =>
  VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 3, messages }));
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Header and messages of a MoldUDP64 packet, read by the table. */
function mold(bytes: Uint8Array) {
  const head = moldudp64.view('requestPacket').bind(viewOf(bytes), 0, bytes.length);
  const { session, sequenceNumber, messageCount } = head;
  const messages: Uint8Array[] = [];
  if (messageCount > 0 && messageCount < 0xffff) {
    const packet = moldudp64.view('downstreamPacket').bind(viewOf(bytes), 0, bytes.length);
    for (const block of packet.messageBlock.toArray()) messages.push(block.messageData as Uint8Array);
  }
  return { session, begin: Number(sequenceNumber), count: messageCount, messages };
}

describe('EventQueue', () => {
  test('gives events by time, and equal times as they came', () => {
    const queue = new EventQueue<number>();
    const random = new Random(5);
    const times = Array.from({ length: 500 }, () => random.below(50));
    times.forEach((t, i) => {
      queue.push(t, i);
    });
    const expected = times.map((t, i) => [t, i]).sort((a, b) => (a[0] as number) - (b[0] as number));
    const got: number[] = [];
    for (let i = queue.pop(); i !== undefined; i = queue.pop()) got.push(i);
    expect(got).toEqual(expected.map(([, i]) => i));
    expect(queue.dueNs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('MoldUdp64Framing', () => {
  test('writes what the encoder of the table writes', () => {
    const history = day();
    const framing = new MoldUdp64Framing(history.session);
    const messageBlock = [10, 11, 12].map((s) => ({ messageData: history.message(s) }));
    const expected = encode(moldudp64, 'downstreamPacket', {
      session: history.session,
      sequenceNumber: 10n,
      messageCount: 3,
      messageBlock,
    });
    expect(framing.packet(history, 10, 13)).toEqual(expected);
    expect(mold(framing.heartbeat(history, 9))).toMatchObject({ begin: 9, count: 0 });
    expect(mold(framing.endOfSession(history, 9))).toMatchObject({ begin: 9, count: 0xffff });
  });
});

describe('Publisher', () => {
  function publish(options: Partial<PublisherOptions> = {}, untilNs = 60_000 * MS) {
    const history = day();
    const state = new VenueState(history);
    const publisher = new Publisher(state, new Random(3), {
      framing: new MoldUdp64Framing(history.session),
      ...options,
    });
    const sent: { line: number; timeNs: number; packet: ReturnType<typeof mold> }[] = [];
    publisher.tick(untilNs, (line, bytes, timeNs) => sent.push({ line, timeNs, packet: mold(bytes) }));
    return { history, state, publisher, sent };
  }

  test('sends every message on every line once, in order, in packets of other sizes', () => {
    const { history, sent } = publish();
    const sizes: string[] = [];
    for (const line of [0, 1]) {
      let next = history.first;
      const own = sent.filter((s) => s.line === line && s.packet.messages.length > 0);
      for (const { packet } of own) {
        expect(packet.begin).toBe(next);
        for (const m of packet.messages) expect(Buffer.from(m).equals(history.message(next++))).toBe(true);
      }
      expect(next).toBe(history.next);
      sizes.push(own.map((s) => s.packet.count).join());
    }
    expect(sizes[0]).not.toBe(sizes[1]);
    for (let i = 1; i < sent.length; i++) {
      expect(sent[i]?.timeNs).toBeGreaterThanOrEqual(sent[i - 1]?.timeNs as number);
    }
  });

  test('says at the end, three times, which number would be next, and then no more', () => {
    const { history, state, publisher, sent } = publish();
    const ends = sent.filter((s) => s.line === 1 && s.packet.count === 0xffff);
    expect(ends.map((s) => s.packet.begin)).toEqual([history.next, history.next, history.next]);
    expect(state.over).toBe(true);
    expect(publisher.dueNs).toBe(Number.POSITIVE_INFINITY);
  });

  test('sends heartbeats with the next number in quiet times', () => {
    const { sent, publisher } = publish({ pauses: [{ after: 50, ns: 3_500 * MS }] });
    const beats = sent.filter((s) => s.line === 0 && s.packet.count === 0);
    expect(beats.map((s) => s.packet.begin)).toEqual([51, 51, 51]);
    expect(publisher.timeOf(51) - publisher.timeOf(50)).toBe(3_500 * MS + 10_000);
  });

  test('keeps packets within the bytes it may use', () => {
    const { history, sent } = publish({ packetBytes: 200, packetMessages: 100 });
    for (const { packet } of sent) {
      if (packet.messages.length < 2) continue;
      expect(20 + history.size(packet.begin, packet.begin + packet.messages.length)).toBeLessThanOrEqual(200);
    }
  });

  test('catches up in batches as small as is asked for', () => {
    const { publisher } = publish({}, -1);
    const counts: number[] = [];
    while (publisher.dueNs !== Number.POSITIVE_INFINITY) {
      let n = 0;
      publisher.tick(60_000 * MS, () => n++, 7);
      counts.push(n);
    }
    expect(Math.max(...counts)).toBe(7);
  });
});

describe('FaultyLine', () => {
  const packet = Uint8Array.from({ length: 100 }, (_, i) => i);
  const pass = (faults: ConstructorParameters<typeof FaultyLine>[0], n = 10_000, seed = 1) => {
    const line = new FaultyLine(faults, new Random(seed));
    return { line, out: Array.from({ length: n }, (_, i) => line.pass(i * 1_000, packet)) };
  };

  test('without faults passes everything on as it is', () => {
    const { out } = pass({}, 10);
    expect(out).toEqual(Array.from({ length: 10 }, (_, i) => [{ timeNs: i * 1_000, bytes: packet }]));
  });

  test('loses about as many as it should, the same ones for the same seed', () => {
    const lost = (seed: number) =>
      pass({ loss: 0.05 }, 10_000, seed)
        .out.map((o) => o.length)
        .join('');
    expect(lost(1)).toBe(lost(1));
    expect(lost(1)).not.toBe(lost(2));
    const { line } = pass({ loss: 0.05 });
    expect(line.lost).toBeGreaterThan(400);
    expect(line.lost).toBeLessThan(600);
  });

  test('loses whole bursts', () => {
    const { out } = pass({ burst: { probability: 0.001, length: 50 } });
    const runs = out
      .map((o) => (o.length === 0 ? 'x' : '.'))
      .join('')
      .match(/x+/g) as string[];
    expect(runs.length).toBeGreaterThan(2);
    expect(Math.min(...runs.slice(0, -1).map((r) => r.length))).toBe(50);
  });

  test('delays, overtakes and repeats without changing a byte', () => {
    const { out } = pass({ delayNs: 5_000, jitterNs: 50_000, duplicate: 0.1, reorder: 0.1 });
    const all = out.flatMap((o, i) => o.map((d) => ({ ...d, i })));
    expect(all.length).toBeGreaterThan(10_800);
    expect(all.every((d) => d.timeNs >= d.i * 1_000 + 5_000 && d.bytes === packet)).toBe(true);
    expect(all.some((d, k) => k > 0 && d.timeNs < (all[k - 1]?.timeNs as number))).toBe(true);
  });

  test('damages copies, never the packet itself', () => {
    const cut = pass({ truncate: 1 }, 100).out.flat();
    const turned = pass({ flip: 1 }, 100).out.flat();
    expect(cut.every((d) => d.bytes.length < 100)).toBe(true);
    const bits = (d: Uint8Array) =>
      d.reduce((n, b, i) => n + ((b ^ i) & 255).toString(2).replaceAll('0', '').length, 0);
    expect(turned.every((d) => d.bytes.length === 100 && bits(d.bytes) === 1)).toBe(true);
    expect(packet[50]).toBe(50);
  });

  test('is silent when it is told to, and well again at the end', () => {
    const { out } = pass({ loss: 1, untilNs: 90_000, silence: [{ fromNs: 0, toNs: 1e9 }] }, 100);
    expect(out.map((o) => o.length).join('')).toBe('0'.repeat(90) + '1'.repeat(10));
  });
});

describe('planAnswer', () => {
  const bounds = { oldest: 10, next: 1_000 };
  const plan = (begin: number, end: number, faults: ServerFaults = {}, seed = 1) =>
    planAnswer(begin, end, bounds, faults, new Random(seed));

  test('serves exactly what is asked for when nothing is wrong', () => {
    expect(plan(20, 30)).toEqual({
      pieces: [{ begin: 20, end: 30, delayNs: 0, foreign: false }],
      afterwards: 'done',
      acknowledgeLate: false,
    });
    expect(plan(990, 1_010)?.pieces[0]?.end).toBe(1_000);
  });

  test('serves nothing that is too old, not yet published, or of no length', () => {
    expect([plan(9, 20), plan(1_000, 1_010), plan(20, 20), plan(30, 20)]).toEqual([null, null, null, null]);
  });

  test('never leaves the bounds, whatever is wrong', () => {
    const faults = { servePart: 0.5, split: 0.5, overlap: 0.5, late: 0.5, outOfOrder: 0.5, toSomebodyElse: 0.5 };
    for (let seed = 0; seed < 500; seed++) {
      const answer = plan(12, 998, { ...faults, closeHalfway: 0.2, stall: 0.2 }, seed);
      for (const p of answer?.pieces ?? []) {
        expect(p.begin).toBeGreaterThanOrEqual(10);
        expect(p.end).toBeGreaterThan(p.begin);
        expect(p.end).toBeLessThanOrEqual(1_000);
      }
    }
  });

  test('cuts an answer into pieces that make it up again', () => {
    const pieces = [...(plan(100, 200, { outOfOrder: 1 }, 3)?.pieces ?? [])].sort((a, b) => a.begin - b.begin);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces[0]?.begin).toBe(100);
    expect(pieces.at(-1)?.end).toBe(200);
    pieces.slice(1).forEach((p, i) => {
      expect(p.begin).toBe(pieces[i]?.end);
    });
  });
});

describe('Quota', () => {
  test('allows so many in any window, and forgets what is older', () => {
    const quota = new Quota({ requests: 2, windowNs: 100 });
    expect([0, 10, 20, 99, 100, 105, 111].map((t) => quota.take(t))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });
});

/** A client that keeps what it is sent. */
class Client implements Connection {
  readonly id = 1;
  readonly received: Uint8Array[] = [];
  closed = false;
  send(bytes: Uint8Array): void {
    this.received.push(bytes.slice());
  }
  close(): void {
    this.closed = true;
  }
  /** The SoupBinTCP packets so far: their type, and what they carry. */
  packets() {
    const all = Buffer.concat(this.received);
    const out: { type: string; body: Uint8Array }[] = [];
    for (let at = 0; at + 2 < all.length; ) {
      const n = all.readUInt16BE(at);
      out.push({ type: String.fromCharCode(all[at + 2] as number), body: all.subarray(at, at + 2 + n) });
      at += 2 + n;
    }
    return out;
  }
  types(): string {
    return this.packets()
      .map((p) => p.type)
      .join('');
  }
}

describe('MoldUdp64Server', () => {
  function ask(
    request: { session?: string; begin: number; count: number },
    faults: ServerFaults = {},
    published = 200,
    times = 1,
  ) {
    const history = day();
    const state = new VenueState(history);
    state.next = published;
    const server = new MoldUdp64Server(state, new Random(1), { faults });
    const client = new Client();
    const bytes = encode(moldudp64, 'requestPacket', {
      session: request.session ?? history.session,
      sequenceNumber: BigInt(request.begin),
      messageCount: request.count,
    });
    for (let i = 0; i < times; i++) server.onData(client, bytes, i * MS);
    for (let due = server.onTick(0); due !== Number.POSITIVE_INFINITY; ) due = server.onTick(due);
    return { history, client, server, packets: client.received.map(mold) };
  }

  test('answers with the messages that are asked for', () => {
    const { packets, history } = ask({ begin: 20, count: 5 });
    expect(packets).toMatchObject([{ session: history.session, begin: 20, count: 5 }]);
    expect(packets[0]?.messages.map((m) => Buffer.from(m))).toEqual(
      [20, 21, 22, 23, 24].map((s) => Buffer.from(history.message(s))),
    );
  });

  test('answers one datagram only, with as many whole messages as fit', () => {
    const { client, packets, history } = ask({ begin: 1, count: 199 });
    expect(client.received).toHaveLength(1);
    expect(client.received[0]?.length).toBeLessThanOrEqual(1_400);
    const count = packets[0]?.count as number;
    expect(history.fitting(1, 200, 1_380)).toBe(count);
  });

  test('leaves unanswered what it does not have', () => {
    expect(ask({ begin: 20, count: 5, session: 'OTHER00001' }).packets).toEqual([]);
    expect(ask({ begin: 200, count: 5 }).packets).toEqual([]);
    expect(ask({ begin: 0, count: 5 }).packets).toEqual([]);
    expect(ask({ begin: 20, count: 0 }).packets).toEqual([]);
    expect(ask({ begin: 20, count: 5 }, { cacheDepth: 100 }).packets).toEqual([]);
    expect(ask({ begin: 20, count: 5 }, { silent: 1 }).packets).toEqual([]);
    expect(ask({ begin: 120, count: 5 }, { cacheDepth: 100 }).packets).toHaveLength(1);
  });

  test('ignores what is no request', () => {
    const state = new VenueState(day());
    const client = new Client();
    const server = new MoldUdp64Server(state, new Random(1));
    for (const n of [0, 1, 19]) server.onData(client, new Uint8Array(n), 0);
    expect([server.requests, client.received.length]).toEqual([0, 0]);
  });

  test('answers no more than its quota', () => {
    const { packets } = ask({ begin: 20, count: 5 }, { quota: { requests: 3, windowNs: 1e9 } }, 200, 10);
    expect(packets).toHaveLength(3);
  });

  test('can answer for somebody else first', () => {
    const { packets } = ask({ begin: 20, count: 5 }, { toSomebodyElse: 1 });
    expect(packets).toHaveLength(2);
    expect(packets[1]).toMatchObject({ begin: 20, count: 5 });
  });
});

describe('SoupBinTcpServer', () => {
  function logIn(
    login: { username?: string; password?: string; requestedSession?: string; sequence?: number } = {},
    options: SoupOptions = {},
  ) {
    const history = day();
    const state = new VenueState(history);
    state.next = 200;
    const server = new SoupBinTcpServer(state, new Random(1), { users: { simusr: 'SimPass' }, ...options });
    const client = new Client();
    const accepted = server.onConnect(client, 0);
    const bytes = encode(soupbintcp, 'loginRequest', {
      username: login.username ?? 'SIMUSR',
      password: login.password ?? 'simpass',
      requestedSession: login.requestedSession ?? '',
      requestedSequenceNumber: BigInt(login.sequence ?? 1),
    });
    // Byte by byte: a stream may break anywhere.
    for (const b of bytes) server.onData(client, Uint8Array.of(b), 0);
    return { history, state, server, client, accepted };
  }
  const run = (server: SoupBinTcpServer, untilNs: number, from = 0): void => {
    for (let t = from; t <= untilNs; t += 500_000) server.onTick(t);
  };

  test('accepts user and password in letters of either case and sends from the number asked for', () => {
    const { client, server, history } = logIn({ sequence: 150 });
    run(server, 10 * MS);
    const [login, ...rest] = client.packets();
    const accepted = soupbintcp.view('loginAccepted').bind(viewOf(login?.body as Uint8Array), 0, 33);
    expect([accepted.session.trim(), accepted.sequenceNumber]).toEqual([history.session, 150n]);
    expect(rest.map((p) => p.type).join('')).toBe('S'.repeat(50));
    rest.forEach((p, i) => {
      expect(Buffer.from(p.body.subarray(3)).equals(history.message(150 + i))).toBe(true);
    });
  });

  test.each<readonly [string, Parameters<typeof logIn>[0], string]>([
    ['a wrong user', { username: 'NOBODY' }, 'A'],
    ['a wrong password', { password: 'wrong' }, 'A'],
    ['another session', { requestedSession: 'OTHER' }, 'S'],
  ])('rejects %s and closes', (_, login, reason) => {
    const { client, server } = logIn(login);
    run(server, MS);
    expect(client.types()).toBe('J');
    expect(String.fromCharCode(client.packets()[0]?.body[3] as number)).toBe(reason);
    expect(client.closed).toBe(true);
  });

  test('goes on with new messages as they are published, and says when the session is over', () => {
    const { client, server, state, history } = logIn({ sequence: 200 });
    expect(client.types()).toBe('A');
    state.next = 205;
    run(server, 5 * MS);
    expect(client.types()).toBe('ASSSSS');
    state.next = history.next;
    state.over = true;
    run(server, 20 * MS, 5 * MS);
    expect(client.types()).toBe(`A${'S'.repeat(history.next - 200)}Z`);
  });

  test('takes number 0 for the newest, and begins with the oldest it has when asked for an older one', () => {
    const number = (client: Client) =>
      soupbintcp.view('loginAccepted').bind(viewOf(client.packets()[0]?.body as Uint8Array), 0, 33).sequenceNumber;
    expect(number(logIn({ sequence: 0 }).client)).toBe(200n);
    expect(number(logIn({ sequence: 5 }, { faults: { cacheDepth: 50 } }).client)).toBe(150n);
  });

  test('sends heartbeats when it has nothing to say, and drops clients that are silent', () => {
    const { client, server } = logIn({ sequence: 200 });
    run(server, 3_000 * MS);
    expect(client.types()).toBe('AHHH');
    run(server, 16_000 * MS, 3_000 * MS);
    expect(client.closed).toBe(true);
    const late = new Client();
    server.onConnect(late, 0);
    server.onTick(31_000 * MS);
    expect(late.closed).toBe(true);
  });

  test('lets a client go that logs out, and drops one that sends no packets', () => {
    const { client, server } = logIn();
    server.onData(client, encode(soupbintcp, 'logoutRequest', {}), 0);
    expect(client.closed).toBe(true);
    const hostile = new Client();
    server.onConnect(hostile, 0);
    server.onData(hostile, Uint8Array.of(0xff, 0xff, 0x4c), 0);
    expect(hostile.closed).toBe(true);
    expect(server.clients).toBe(0);
  });

  test('cuts writes anywhere without changing the stream, and puts debug packets between', () => {
    const whole = logIn({ sequence: 100 });
    const split = logIn({ sequence: 100 }, { faults: { split: 1 }, debug: 1 });
    for (const l of [whole, split]) run(l.server, 10 * MS);
    const messages = (c: Client) => c.packets().filter((p) => p.type === 'S');
    expect(split.client.received.length).toBeGreaterThan(whole.client.received.length);
    expect(messages(split.client)).toEqual(messages(whole.client));
    expect(split.client.types()).toContain('+');
  });

  test('refuses, stays silent, closes half-way or stalls when it is told to', () => {
    expect(logIn({}, { faults: { refuse: 1 } }).accepted).toBe(false);
    const silent = logIn({}, { faults: { silent: 1 } });
    run(silent.server, 5 * MS);
    expect(silent.client.received).toEqual([]);
    const close = logIn({}, { faults: { closeHalfway: 1 } });
    const stall = logIn({}, { faults: { stall: 1 } });
    for (const l of [close, stall]) run(l.server, 3_000 * MS);
    expect(close.client.closed).toBe(true);
    expect(stall.client.closed).toBe(false);
    expect(stall.client.packets().length).toBeLessThan(70);
    expect(stall.client.types()).not.toContain('H');
  });
});

describe('GlimpseServer', () => {
  test('sends the state and the number to go on with, and stays until it is told to go', () => {
    const history = day();
    const state = new VenueState(history);
    state.next = 200;
    const snapshots = new ItchSnapshots(history);
    const server = new GlimpseServer(state, new Random(1), snapshots);
    const client = new Client();
    server.onConnect(client, 0);
    server.onData(client, encode(soupbintcp, 'loginRequest', { requestedSequenceNumber: 1n }), 0);
    for (let t = 0; t < 5 * MS; t += 50_000) server.onTick(t);
    const packets = client.packets();
    const expected = snapshots.snapshotAt(200);
    expect(packets.slice(1, -1).map((p) => Buffer.from(p.body.subarray(3)))).toEqual(
      expected.map((m) => Buffer.from(m)),
    );
    const end = packets.at(-1)?.body.subarray(3) as Uint8Array;
    expect(glimpse50.view('endOfSnapshot').bind(viewOf(end), 0, end.length).sequenceNumber).toBe(200n);
    expect(server.boundaries).toEqual([200]);
    expect(client.closed).toBe(false);
  });
});

describe('PcapWriter', () => {
  const address = { source: '10.0.0.1', sourcePort: 1, destination: '239.129.2.3', destinationPort: 26477 };
  const write = (options: object, payload = Uint8Array.of(1, 2, 3)): Buffer => {
    const parts: Uint8Array[] = [];
    const pcap = new PcapWriter((b) => parts.push(b), options);
    pcap.udp(1_700_000_000, 123_456_789, address, payload);
    pcap.end();
    return Buffer.concat(parts);
  };

  test('writes Ethernet, IPv4 with its checksum, and UDP', () => {
    const b = write({});
    expect(b.length).toBe(24 + 16 + 14 + 20 + 8 + 3);
    expect([b.readUInt32LE(0), b.readUInt32LE(24), b.readUInt32LE(28), b.readUInt32LE(32)]).toEqual([
      0xa1b23c4d, 1_700_000_000, 123_456_789, 45,
    ]);
    expect(b.subarray(40, 46).toString('hex')).toBe('01005e010203');
    let sum = 0;
    for (let i = 54; i < 74; i += 2) sum += b.readUInt16BE(i);
    expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
    expect([b.readUInt16BE(76), b.readUInt16BE(78)]).toEqual([26477, 11]);
    expect([...b.subarray(82)]).toEqual([1, 2, 3]);
  });

  test('writes microseconds and VLAN tags when asked to', () => {
    const b = write({ nanoseconds: false, vlan: 100 });
    expect([b.readUInt32LE(0), b.readUInt32LE(28)]).toEqual([0xa1b2c3d4, 123_456]);
    expect([b.readUInt16BE(52), b.readUInt16BE(54), b.readUInt16BE(56)]).toEqual([0x8100, 100, 0x0800]);
  });

  test('refuses what is no address', () => {
    const pcap = new PcapWriter(() => {});
    expect(() => pcap.udp(0, 0, { ...address, source: '1.2.3' }, new Uint8Array(0))).toThrow(
      expect.objectContaining({ code: 'VW_SIMULATOR_OPTION' }),
    );
  });
});

describe('writeCapture', () => {
  test('names exactly the messages that are on no line', () => {
    const history = day(3_000);
    const parts: Uint8Array[] = [];
    const { lost, packets, bytes } = writeCapture(
      history,
      { seed: 7, faults: [{ loss: 0.2, jitterNs: 50_000 }, { loss: 0.2 }] },
      (b) => parts.push(b),
    );
    const file = Buffer.concat(parts);
    expect(file.length).toBe(bytes);
    const seen = new Set<number>();
    let n = 0;
    let before = 0n;
    for (let at = 24; at < file.length; ) {
      const length = file.readUInt32LE(at + 8);
      const time = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4));
      expect(time >= before).toBe(true);
      before = time;
      const packet = mold(file.subarray(at + 16 + 42, at + 16 + length));
      packet.messages.forEach((_, i) => {
        seen.add(packet.begin + i);
      });
      at += 16 + length;
      n++;
    }
    expect(n).toBe(packets);
    expect(lost.length).toBeGreaterThan(0);
    expect(seen.size + lost.length).toBe(3_000);
    expect(lost.some((s) => seen.has(s))).toBe(false);
  });
});

describe('runScenario', () => {
  test('comes to the same in every detail for the same seed', () => {
    const run = (seed: number) => {
      const r = runScenario({
        seed,
        recovery: ['rerequest', 'replay', 'glimpse'],
        faults: { loss: 0.1, jitterNs: 100_000 },
        outages: { count: 2, ns: 1_000_000 },
        servers: { rerequest: { silent: 0.3, split: 0.5 }, replay: { closeHalfway: 0.5 } },
        path: { loss: 0.1 },
      });
      return { counters: r.counters, timeNs: r.timeNs, notices: r.consumer.notices, digest: r.consumer.digest.value };
    };
    expect(run(77)).toEqual(run(77));
    expect(run(77)).not.toEqual(run(78));
  });
});
