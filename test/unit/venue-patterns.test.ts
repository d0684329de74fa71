import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { compileVenue } from '../../src/feed/compile.js';
import type { Credentials } from '../../src/patterns/index.js';
import {
  defineVenue,
  env,
  none,
  type Recovery,
  request,
  type Snapshot,
  snapshot,
  udpMulticast,
} from '../../src/patterns/index.js';
import { findPattern, patterns } from '../../src/venues/registry.js';
import { readSpec } from './compile-reader.js';

const saved = { ...process.env };
beforeAll(() => Object.assign(process.env, { VW_P_ID: 'me', VW_P_USER: 'us', VW_P_PASSWORD: 'pw' }));
afterAll(() => {
  process.env = saved;
});

const every = { username: env('VW_P_USER'), password: env('VW_P_PASSWORD'), id: env('VW_P_ID') };
const credentials: Credentials = { type: 'userPassword', ...every };
const parameters = {
  productId: 5,
  messageProtocolId: 0x8005,
  esesmVersion: '1.0',
  computerId: 'c',
  applicationProtocol: 'DoM1.3',
};

const plain = (_: string, v: unknown) => (typeof v === 'bigint' ? String(v) : v);

async function compiled(id: string, framing: string, which?: Credentials) {
  const entry = findPattern(id);
  const pattern = (await entry?.load()) as Recovery | Snapshot;
  const how = which ?? (JSON.stringify(pattern, plain).includes('"credential"') ? credentials : none());
  const names = new Set(
    [
      ...JSON.stringify([pattern.login, pattern.request, pattern.heartbeat], plain).matchAll(/"parameter":"(\w+)"/g),
    ].map((m) => m[1]),
  );
  const needed = Object.fromEntries(Object.entries(parameters).filter(([name]) => names.has(name)));
  const options = { servers: ['h:1'], credentials: how, parameters: needed };
  const rung = 'from' in pattern ? snapshot(pattern, options) : request(pattern, options);
  const channels = { one: { key: 7 } };
  const venue = defineVenue({
    name: 'x',
    decoder: itch50,
    framing,
    lines: { A: udpMulticast('239.1.1.1:1') },
    channels,
    recovery: [rung],
  });
  const spec = readSpec(compileVenue(venue).spec);
  const q = spec.requesters[0];
  if (q === undefined) throw new Error('no requester');
  return q;
}
const hex = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('hex');

describe('what is said to servers', () => {
  it('Cboe: in a sequenced unit packet, 100 at most', async () => {
    const q = await compiled('cboe-grp', 'cboe-sequenced-unit');
    expect(hex(q.login.bytes)).toBe(`1e00010000000000${'1601'}${hex('me  us  ')}0000${hex('pw        ')}`);
    expect(hex(q.request.bytes)).toBe(`11000100000000000903${'00'.repeat(7)}`);
    expect(q.request.patches).toEqual(['channel uintLittle @10:1', 'begin uintLittle @11:4', 'count uintLittle @15:2']);
    expect(hex(q.heartbeat.bytes)).toBe('0800000000000000');
    expect(q).toMatchObject({ rangeMax: 100n, ageMax: 1_000_000n, repliesAreFeed: 0, lifecycle: 0 });
    expect(q.limits.map(([n]) => n)).toEqual([320, 1500, 100_000]);
    expect(q.rules[0]).toMatchObject({ first: '1:1l=2', second: '2:1b=65', inMessage: 1, do: 'loginAccepted' });
    expect(q.rules[2]).toMatchObject({ first: '1:1l=4', do: 'status', number: '9:1b' });
    expect(q.rules[2]?.outcomes).toContainEqual([BigInt('O'.charCodeAt(0)), 2]);
  });
  it('Cboe spin: an image first, messages up to the end', async () => {
    const q = await compiled('cboe-spin', 'cboe-sequenced-unit');
    expect(q).toMatchObject({ purpose: 1, needsImage: 1, request: { patches: ['image uintLittle @10:4'] } });
    expect(q.rules.at(-1)).toMatchObject({ first: undefined, inMessage: 1, do: 'snapshotMessage' });
    expect(q.rules.find((r) => r.do === 'snapshotEnd')).toMatchObject({ number: '2:4l', inclusive: 1 });
  });
  it('NYSE: ordinary packets with numbers of our own; heartbeats are answered', async () => {
    const q = await compiled('nyse-retransmission', 'nyse-xdp');
    expect(hex(q.request.bytes).slice(0, 16)).toBe('28000b0100000000');
    expect(hex(q.request.bytes).slice(32)).toBe(`18000a00${'00'.repeat(8)}${hex('me')}${'00'.repeat(8)}0500`);
    expect(q.request.patches).toEqual([
      'clientSequence uintLittle @4:4',
      'begin uintLittle @20:4',
      'last uintLittle @24:4',
      'channel uintLittle @39:1',
    ]);
    expect(q.rules[0]).toMatchObject({ first: '2:1l=1', inMessage: 0, do: 'answer' });
  });
  it('MEMX: session, first and count; the payload of a snapshot may hold its end', async () => {
    const token: Credentials = { type: 'token', token: env('VW_P_USER') };
    const replay = await compiled('memx-replay', 'memx-udp', token);
    expect(hex(replay.login.bytes)).toBe(`640003${hex('Pus')}`);
    expect(replay.request.patches).toEqual(['session uintBig @3:8', 'begin uintBig @11:8', 'count uintBig @19:4']);
    const image = await compiled('memx-depth-snapshot', 'memx-udp', token);
    expect(image.rules[0]).toMatchObject({
      first: '0:1b=11',
      second: '5:1b=100',
      do: 'snapshotEnd',
      number: '17:8b',
      inclusive: 1,
      payload: 3,
    });
  });
  it('IEX: a range in a group', async () => {
    const q = await compiled('iex-gap-fill-udp', 'iex-tp');
    expect(hex(q.request.bytes)).toBe(`01010580${'00'.repeat(8)}01000000${'00'.repeat(16)}`);
    expect(q.request.patches).toEqual([
      'channel uintLittle @4:4',
      'session uintLittle @8:4',
      'begin uintLittle @16:8',
      'last uintLittle @24:8',
    ]);
    expect(q).toMatchObject({ rangeMax: 1000n, repliesAreFeed: 1, tcp: 0 });
    expect(await compiled('iex-gap-fill-tcp', 'iex-tp')).toMatchObject({ tcp: 1, lifecycle: 1 });
  });
  it('HKEX: heartbeats are sent back, data follows the response', async () => {
    const q = await compiled('hkex-retransmission', 'hkex-omd');
    expect(hex(q.login.bytes)).toBe(`20000100${'00'.repeat(12)}10006500${hex('me          ')}`);
    expect(q.request.patches).toEqual(['channel uintLittle @20:2', 'begin uintLittle @24:4', 'last uintLittle @28:4']);
    expect(q.rules[0]).toMatchObject({ first: '2:1l=0', do: 'echo' });
    expect(q.rules.find((r) => r.do === 'status')).toMatchObject({
      number: '6:1l',
      outcomes: [
        [0n, 0],
        [1n, 4],
        [2n, 2],
        [100n, 4],
        [101n, 4],
      ],
    });
  });
  it('MIAX: one matching engine; the first entry of the answer decides', async () => {
    const q = await compiled('miax-retransmission', 'miax-mach');
    expect(q.login.patches).toEqual(['session uintLittle @30:1']);
    expect(q.login.bytes).toHaveLength(39);
    expect(q.rules[0]).toMatchObject({ first: '2:1b=115', do: 'message', number: '3:8l', payload: 12 });
    expect(q.rules.find((r) => r.do === 'loginAccepted')).toMatchObject({ first: '2:1b=114', second: '4:1b=32' });
  });
  it('Coinbase: one datagram, 255 messages at most', async () => {
    const q = await compiled('coinbase-retransmission', 'coinbase-udp');
    expect(q.request.bytes).toHaveLength(24 + 19);
    expect(q.request.patches).toEqual([
      'correlation uintLittle @8:8',
      'begin uintLittle @34:8',
      'count uintLittle @42:1',
    ]);
    expect(q).toMatchObject({ rangeMax: 255n, onePerDatagram: 1 });
  });
  it('LSE: one request for each connection, logins 100 ms apart', async () => {
    const q = await compiled('lse-gtp-replay', 'lse-unit-header');
    expect(q).toMatchObject({ lifecycle: 1, loginGap: 100_000_000n, ageMax: 65_000n, repliesAreFeed: 1 });
    expect(q.request.patches).toEqual([
      'channel uintLittle @3:1',
      'begin uintLittle @11:4',
      'count uintLittle @15:4',
      'correlation uintLittle @19:4',
    ]);
  });
  it('Aquis: every message that is no answer is a message of the feed', async () => {
    const q = await compiled('aquis-replay', 'aquis-amd');
    expect(q.rules.at(-1)).toMatchObject({ first: undefined, inMessage: 0, do: 'message', number: '2:4b', payload: 0 });
  });
});

describe('a pattern', () => {
  const needs = (id: string, framing: string, options: object) => async () => {
    const pattern = (await findPattern(id)?.load()) as Recovery;
    compileVenue(
      defineVenue({
        name: 'x',
        decoder: itch50,
        framing,
        lines: { A: udpMulticast('239.1.1.1:1') },
        recovery: [request(pattern, { servers: ['h:1'], ...options })],
      }),
    );
  };
  it('asks for the parameters that it leaves to the venue', async () => {
    await expect(needs('nyse-retransmission', 'nyse-xdp', { credentials })()).rejects.toMatchObject({
      code: 'VW_VENUE_PARAMETER',
      message: expect.stringContaining("'productId'"),
    });
  });
  it.each(patterns.map((p) => p.id))('%s can be named by a venue file', (id) => {
    expect(findPattern(id)?.id).toBe(id);
  });
});
