import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { sessionMemxTcp } from '../../src/decoders/session-memx-tcp.js';
import { soupbintcp } from '../../src/decoders/soupbintcp.js';
import { compileVenue } from '../../src/feed/compile.js';
import { compileCatalogue } from '../../src/layout/index.js';
import {
  captureFile,
  credential,
  defineRecovery,
  defineSnapshot,
  defineVenue,
  env,
  fix,
  fixLogon,
  framings,
  message,
  request,
  rrcp,
  snapshot,
  tls,
  token,
  udpMulticast,
  userPassword,
  variable,
} from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { readSpec } from './compile-reader.js';

const SECRET = 'sesame';
const saved = { ...process.env };
beforeAll(() => Object.assign(process.env, { VW_TEST_USER: 'alice', VW_TEST_PASSWORD: SECRET }));
afterAll(() => {
  process.env = saved;
});

const lines = {
  A: udpMulticast('233.54.12.111:26477', { interface: 'eth1' }),
  B: udpMulticast('233.49.196.111:26478', { interface: 'eth2', source: '10.9.9.9' }),
};
const credentials = userPassword(env('VW_TEST_USER'), env('VW_TEST_PASSWORD'));
const full = () =>
  nasdaqTotalView({
    lines,
    rerequest: { servers: ['10.1.1.1:17000', '10.1.1.2:17000'] },
    replay: { server: '10.1.1.5:18300', credentials },
    glimpse: { server: '10.1.1.6:18301', credentials },
    join: 'snapshot',
  });
const plain = { name: 'plain', decoder: itch50, lines: { A: lines.A } };

describe('Nasdaq TotalView, compiled', () => {
  const spec = () => readSpec(compileVenue(full()).spec);

  it('has its framing first, then the framings of its servers', () => {
    expect(spec().framings.map((f) => [f.header, f.sequence, f.count, f.packetLength[0]])).toEqual([
      [20, '10:8b', '18:2b', undefined],
      [3, undefined, undefined, '0:2b'],
    ]);
    expect(spec().framings[0]).toMatchObject({
      session: { at: 0, size: 10, big: 1, ordered: 0 },
      kinds: [
        ['18:2b=0', undefined, 1, 1],
        ['18:2b=65535', undefined, 2, 1],
      ],
      message: { length: '0:2b', add: 2, prefix: 2, delimiter: 0xffff },
    });
  });
  it('has lines A and B on one channel that begins with a snapshot', () => {
    expect(spec().lines).toEqual([
      {
        name: 'A',
        role: 0,
        channel: 0,
        framing: 0,
        group: '233.54.12.111',
        port: 26477,
        interface: 'eth1',
        source: '',
        receive: 'socket',
        line: 0,
      },
      {
        name: 'B',
        role: 0,
        channel: 0,
        framing: 0,
        group: '233.49.196.111',
        port: 26478,
        interface: 'eth2',
        source: '10.9.9.9',
        receive: 'socket',
        line: 1,
      },
    ]);
    expect(spec().channels).toEqual([
      {
        ...{ key: 0n, join: 2, sessionFixed: 0, session: [0n, 0n], resumeSession: [0n, 0n], resumeNumber: 0n },
        window: [4096, 16 << 20, 1024, 1n << 20n],
      },
    ]);
  });
  it('waits, asks, replays, takes a snapshot, in this order', () => {
    expect(spec().rungs.map((r) => [r.kind, r.requester, r.tries, r.timeout])).toEqual([
      [0, 0, 0, 1_000_000n],
      [1, 0, 3, 50_000_000n],
      [1, 1, 3, 2_000_000_000n],
      [2, 2, 3, 30_000_000_000n],
    ]);
  });
  it('asks for messages with the 20 bytes of the MoldUDP64 table', () => {
    expect(spec().requesters[0]).toMatchObject({
      name: 'moldudp64-rerequest',
      tcp: 0,
      servers: ['10.1.1.1:17000', '10.1.1.2:17000'],
      framing: 0,
      repliesAreFeed: 1,
      onePerDatagram: 1,
      request: {
        bytes: `${' '.repeat(10)}${'\0'.repeat(10)}`,
        patches: ['session raw @0:10', 'begin uintBig @10:8', 'count uintBig @18:2'],
      },
      rangeMax: 0xfffen,
    });
  });
  it('replays by a login that names session and number, and counts what comes', () => {
    const q = spec().requesters[1];
    expect(q).toMatchObject({
      tcp: 1,
      lifecycle: 2,
      framing: 1,
      heartbeatEvery: 1_000_000_000n,
      silence: 15_000_000_000n,
    });
    expect(q?.login).toEqual({
      bytes: `\0\x2fLalice sesame    ${' '.repeat(10)}${'0'.padStart(20)}`,
      fix: 0,
      patches: ['session rawRight @19:10', 'begin digitsLeftBlank @29:20'],
    });
    expect(q?.request.bytes).toBe('');
    expect(q?.heartbeat.bytes).toBe('\0\x01R');
    expect(q?.logout.bytes).toBe('\0\x01O');
    expect(q?.rules.slice(0, 3)).toMatchObject([
      { first: '2:1b=83', inMessage: 0, do: 'message', payload: 3 },
      { first: '2:1b=65', do: 'loginAccepted', number: '13:20d', session: [3, 10] },
      { first: '2:1b=74', do: 'loginRejected', number: '3:1b' },
    ]);
  });
  it('ends a snapshot at the message inside a message, whose number is the first to apply', () => {
    const q = spec().requesters[2];
    expect(q).toMatchObject({ purpose: 1, login: { patches: [] } });
    expect(q?.login.bytes.slice(29)).toBe('1'.padStart(20));
    expect(q?.rules.slice(0, 2)).toMatchObject([
      { first: '2:1b=83', second: '3:1b=71', do: 'snapshotEnd', number: '4:20d', inclusive: 0 },
      { first: '2:1b=83', second: undefined, do: 'snapshotMessage', payload: 3 },
    ]);
  });
  it('ends with the message table', () => {
    expect(spec().catalogue).toEqual(compileCatalogue(itch50));
  });
  it('leaves out the rungs that are not configured', () => {
    const s = readSpec(compileVenue(nasdaqTotalView({ lines })).spec);
    expect(s.rungs.map((r) => r.kind)).toEqual([0]);
    expect(s.requesters).toEqual([]);
    expect(s.framings).toHaveLength(1);
  });
});

describe('a selection', () => {
  const select = (options: object) => readSpec(compileVenue(full(), { select: options }).spec).selection;
  it('lets everything through by default', () => {
    expect(select({})).toMatchObject({ types: '', unknown: 1, byInstrument: 0 });
  });
  it('marks messages by name', () => {
    const types = select({ messages: ['addOrder'] }).types;
    expect([...types].map((c) => c.charCodeAt(0)).indexOf(1)).toBe(itch50.indexOf('addOrder'));
  });
  it('learns symbols from the directory and takes numbers as they are', () => {
    expect(select({ instruments: ['MSFT', 4711] })).toMatchObject({
      byInstrument: 1,
      instruments: [4711n],
      symbols: ['MSFT    '],
      directory: [itch50.indexOf('stockDirectory'), 11, 8],
    });
  });
  it('refuses messages and symbols that cannot be', () => {
    expect(() => select({ messages: ['noSuch'] })).toThrow(expect.objectContaining({ code: 'VW_MESSAGE_NAME' }));
    expect(() => select({ instruments: ['MUCHTOOLONG'] })).toThrow(
      expect.objectContaining({ code: 'VW_SELECT_SYMBOL' }),
    );
  });
});

describe('channels', () => {
  it('share lines by key, a number or a character, or have their own', () => {
    const venue = defineVenue({
      ...plain,
      framing: 'lse-unit-header',
      channels: {
        one: { key: 'A' },
        two: { key: 66, lines: { A: lines.B }, retransmission: { A: udpMulticast('233.1.1.1:1') }, join: 'beginning' },
      },
    });
    const c = compileVenue(venue);
    expect(c.channels).toEqual([
      { name: 'one', key: 65n },
      { name: 'two', key: 66n },
    ]);
    expect(c.lines.map((l) => [l.name, l.channel, l.role])).toEqual([
      ['A', -1, 'live'],
      ['two/A', 1, 'live'],
      ['two/retransmission/A', 1, 'retransmission'],
    ]);
    expect(readSpec(c.spec).channels.map((x) => x.join)).toEqual([0, 1]);
  });
  it('can be tied to a session', () => {
    const s = readSpec(compileVenue(defineVenue({ ...plain, session: '000008453A' })).spec).channels[0]?.session;
    expect(s?.map((x) => x.toString(16))).toEqual(['3030303030383435', '3341000000000000']);
  });
  it('can have servers of their own', () => {
    const pattern = defineRecovery({ id: 'p', transport: 'udp', request: message(soupbintcp, 'logoutRequest') });
    const channels = { a: { key: 1 }, b: { key: 2 } };
    const recovery = [
      request(pattern, { servers: ['h:1'], channel: 'a' }),
      request(pattern, { servers: ['h:2'], channel: 'b' }),
    ];
    const s = readSpec(compileVenue(defineVenue({ ...plain, channels, recovery })).spec);
    expect(s.requesters.map((q) => [q.name, q.channel])).toEqual([
      ['p', 0],
      ['p-2', 1],
    ]);
    expect(s.rungs.map((r) => r.channel)).toEqual([0, 1]);
  });
});

describe('requests', () => {
  const own = (pattern: object): object => (JSON.stringify(pattern).includes('"credential"') ? { credentials } : {});
  const compiled = (pattern: Parameters<typeof defineRecovery>[0], options: object = {}) =>
    readSpec(
      compileVenue(
        defineVenue({
          ...plain,
          recovery: [request(defineRecovery(pattern), { servers: ['h:1'], ...own(pattern), ...options })],
        }),
      ).spec,
    ).requesters[0];

  it('travel in a packet of another framing, whose length and count are filled in', () => {
    const q = compiled({
      id: 'x',
      transport: 'tcp',
      request: message(
        soupbintcp,
        'logoutRequest',
        {},
        { framing: 'nyse-xdp', sequence: variable('clientSequence'), set: [{ offset: 2, size: 1, value: 11 }] },
      ),
    });
    expect(q?.request).toEqual({
      bytes: `\x13\0\x0b\x01${'\0'.repeat(12)}\0\x01O`,
      fix: 0,
      patches: ['clientSequence uintLittle @4:4'],
    });
  });
  it('can be FIX text, with the engine’s numbers in it', () => {
    process.env.VW_TEST_COMP = 'COMP';
    const c = fixLogon({
      senderCompId: env('VW_TEST_COMP'),
      targetCompId: env('VW_TEST_COMP'),
      username: env('VW_TEST_USER'),
      password: env('VW_TEST_PASSWORD'),
    });
    const q = compiled(
      {
        id: 'x',
        transport: 'tcp',
        request: fix(
          [8, 'FIXT.1.1'],
          [35, 'V'],
          [49, credential('senderCompId')],
          [1182, variable('begin')],
          [1183, variable('last')],
        ),
      },
      { credentials: c },
    );
    expect(q?.request).toEqual({
      bytes: '8=FIXT.1.1\x0135=V\x0149=COMP\x011182=\x011183=\x01',
      fix: 1,
      patches: ['begin fix @29:0', 'last fix @35:0'],
    });
  });
  it('may hold credentials in variable text', () => {
    process.env.VW_TEST_TOKEN = 'user:word';
    const q = compiled(
      {
        id: 'x',
        transport: 'tcp',
        framing: 'memx-tcp',
        login: message(sessionMemxTcp, 'loginRequest', { tokenType: 'P', token: credential('token') }),
      },
      { credentials: token(env('VW_TEST_TOKEN')) },
    );
    expect(q?.login.bytes).toBe('\x64\x00\x0aPuser:word');
  });
  it('ask for no more than their count field can hold', () => {
    const limited = compiled({
      id: 'x',
      transport: 'udp',
      limits: { perRequest: 100, age: 1_000_000, rates: [{ count: 320, per: '1s' }] },
    });
    expect(limited).toMatchObject({ rangeMax: 100n, ageMax: 1_000_000n, limits: [[320, 1_000_000_000n]] });
    expect(compiled({ id: 'x', transport: 'udp' }, { limits: { perRequest: 7 } })?.rangeMax).toBe(7n);
  });
  it('share a requester between rungs at the same place', () => {
    const p = defineRecovery({ id: 'p', transport: 'udp' });
    const recovery = [
      request(p, { servers: ['h:1'], tries: 1 }),
      request(p, { servers: ['h:1'], tries: 9 }),
      request(p, { servers: ['h:2'] }),
    ];
    const s = readSpec(compileVenue(defineVenue({ ...plain, recovery })).spec);
    expect(s.rungs.map((r) => r.requester)).toEqual([0, 0, 1]);
  });
});

describe('what has no engine', () => {
  it.each([
    ['a line', () => compileVenue(defineVenue({ ...plain, lines: { A: rrcp('10.0.0.1:5') } })), 'VW_NETWORK_NO_ENGINE'],
    ['a TLS line', () => compileVenue(defineVenue({ ...plain, lines: { A: tls('h:1') } })), 'VW_NETWORK_NO_ENGINE'],
    [
      'a TLS server',
      () =>
        compileVenue(
          defineVenue({
            ...plain,
            recovery: [request(defineRecovery({ id: 'x', transport: 'tls' }), { servers: ['h:1'] })],
          }),
        ),
      'VW_NETWORK_NO_ENGINE',
    ],
    [
      'a snapshot in band',
      () => {
        const loop = defineSnapshot({
          id: 'x',
          transport: 'udp',
          from: 'inBand',
          number: { is: 'lastIncluded', comes: 'everyPacket' },
        });
        return compileVenue(defineVenue({ ...plain, recovery: [snapshot(loop, { servers: ['h:1'] })] }));
      },
      'VW_SNAPSHOT_NO_ENGINE',
    ],
  ])('can be declared; opening it is refused: %s', (_, compile, code) => {
    expect(compile).toThrow(expect.objectContaining({ code }));
  });
  it('is no hindrance for a capture', () => {
    const venue = defineVenue({ ...plain, lines: { A: captureFile('x.pcap', { port: 26477 }) } });
    expect(readSpec(compileVenue(venue, { capture: true }).spec).lines[0]).toMatchObject({ group: '', port: 26477 });
  });
});

describe('every framing', () => {
  it.each(framings.map((f) => f.id))('%s compiles', (framing) => {
    const s = readSpec(compileVenue(defineVenue({ ...plain, framing })).spec);
    expect(s.catalogue).toEqual(compileCatalogue(itch50));
  });
});

describe('credentials', () => {
  const leaks = (value: unknown) =>
    [inspect(value, { depth: 12, showHidden: true }), JSON.stringify(value), String(value)].some((t) =>
      t?.includes(SECRET),
    );
  it('are in the compiled bytes and nowhere else', () => {
    const venue = full();
    const compiled = compileVenue(venue);
    expect(Buffer.from(compiled.spec).includes(SECRET)).toBe(true);
    expect(leaks(venue)).toBe(false);
    expect(leaks(compiled)).toBe(false);
    expect(inspect(compiled, { depth: 8, showHidden: true })).not.toContain(SECRET);
  });
  const failing = (run: () => unknown): Error & { code?: string; hint?: string } => {
    try {
      run();
    } catch (cause) {
      return cause as Error;
    }
    throw new Error('nothing was thrown');
  };
  it.each([
    [
      'too long for their field',
      'VW_ENCODE_TEXT',
      () => {
        process.env.VW_TEST_PASSWORD = `${SECRET}-and-much-longer`;
        compileVenue(full());
      },
    ],
    [
      'in a field that is no text',
      'VW_CREDENTIAL_FIELD',
      () => {
        const p = defineRecovery({
          id: 'x',
          transport: 'tcp',
          login: message(soupbintcp, 'loginRequest', { requestedSequenceNumber: credential('password') }),
        });
        compileVenue(defineVenue({ ...plain, recovery: [request(p, { servers: ['h:1'], credentials })] }));
      },
    ],
    [
      'not set',
      'VW_CREDENTIAL_MISSING',
      () => {
        delete process.env.VW_TEST_PASSWORD;
        compileVenue(full());
      },
    ],
    [
      'of another kind',
      'VW_CREDENTIAL_PART',
      () => {
        compileVenue(nasdaqTotalView({ lines, replay: { server: 'h:1', credentials: token(env('VW_TEST_USER')) } }));
      },
    ],
    ['written out', 'VW_CREDENTIAL_INLINE', () => userPassword('alice', SECRET)],
  ] as const)('are not repeated by an error: %s', (_, code, run) => {
    process.env.VW_TEST_PASSWORD = SECRET;
    const error = failing(run);
    process.env.VW_TEST_PASSWORD = SECRET;
    expect(error.code).toBe(code);
    expect(leaks(error)).toBe(false);
    expect(`${error.message}${error.hint}${error.stack}`).not.toContain(SECRET);
  });
});
