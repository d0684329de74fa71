// Venue resources that are right, and 60 that are not: what our reader, the generated schema and a real API server say of each
// must be the same.
import { Decoder } from '../../src/layout/index.js';
import { findPattern, internetVenues, venues } from '../../src/venues/registry.js';

/** A document as `kubectl apply` sends it. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [key: string]: unknown };
  spec: Record<string, unknown>;
}

const multicast = (address: string, rest: object = {}): object => ({ type: 'udpMulticast', address, ...rest });
const LINES = { A: multicast('233.54.12.111:26477', { interface: 'eth1' }), B: multicast('233.49.196.111:26477') };
const LOGIN = { type: 'userPassword', username: 'file:/run/secrets/user', password: 'file:/run/secrets/password' };
const REPLAY = {
  type: 'request',
  pattern: 'soupbintcp-replay',
  servers: ['10.1.1.5:18300'],
  credentials: LOGIN,
  timeout: '2s',
};

const resource = (name: string, spec: Record<string, unknown>): Resource => ({
  apiVersion: 'venuewire.io/v1alpha1',
  kind: 'VenueConnection',
  metadata: { name },
  spec: { decoder: 'nasdaq-totalview-itch-5.0', lines: LINES, ...spec },
});

/** As a file writes it: what has a name is named. */
function written(_key: string, value: unknown): unknown {
  if (value instanceof Decoder) return value.id;
  if (typeof value === 'bigint') return value.toString();
  const id = (value as { id?: unknown } | null)?.id;
  return typeof id === 'string' && findPattern(id) !== undefined ? id : value;
}

/** Ready venues as files write them. */
async function ready(): Promise<[string, Resource][]> {
  const found: [string, Resource][] = [];
  for (const entry of [...venues, ...internetVenues]) {
    const venue = (await entry.load()).example();
    const { name: _, ...spec } = JSON.parse(JSON.stringify(venue, written));
    // Its pattern is made for the instruments that it subscribes to.
    if (entry.id === 'fix44') spec.streams.A.options = { symbols: ['EUR/USD'] };
    found.push([`${entry.id}, which is ready`, { ...resource(entry.id, {}), spec }]);
  }
  return found;
}

const OWN_GOOD: [string, Record<string, unknown>][] = [
  ['lines and nothing else', {}],
  ['a ladder', { recovery: [{ type: 'waitForOtherLine', for: '1ms' }, REPLAY] }],
  ['channels told apart by a key', { channels: { one: { key: 1 }, two: { key: '18446744073709551615' } } }],
  ['a key that is a character', { channels: { one: { key: 'A' }, two: { key: 'B' } } }],
  ['channels with lines of their own', { lines: undefined, channels: { one: { lines: LINES } } }],
  [
    'a source, and a way to receive',
    { lines: { A: multicast('233.54.12.111:26477', { source: '10.0.0.1', receive: 'auto' }) } },
  ],
  ['a line to this machine', { lines: { A: { type: 'udpUnicast', address: '10.0.0.5:4000' } } }],
  ['a window', { window: { packets: 1, bytes: 65536, holes: 1, jump: '100' } }],
  ['a protection', { security: [{ type: 'privateLine' }, { type: 'sourceAllowList', address: '10.1.0.2' }] }],
  [
    'a pipeline',
    { pipelines: { trades: { shape: { type: 'events' }, sink: { type: 'duckdb', file: '/data/day.duckdb' } } } },
  ],
];

/** Resources that are right. */
export async function good(): Promise<[string, Resource][]> {
  return [
    ...OWN_GOOD.map(([name, spec], i): [string, Resource] => [name, resource(`good-${i}`, spec)]),
    ...(await ready()),
  ];
}

type Bad = [name: string, spec: Record<string, unknown>, says: RegExp, whole?: Partial<Resource>];
const lineA = (line: unknown): Record<string, unknown> => ({ lines: { A: line } });
const rung = (changes: object): Record<string, unknown> => ({ recovery: [{ ...REPLAY, ...changes }] });

const BAD: Bad[] = [
  ['no decoder', { decoder: undefined }, /spec\.decoder: Required/],
  ['a decoder that is a number', { decoder: 5 }, /spec\.decoder.*string/],
  ['no lines', { lines: undefined }, /there are no lines/],
  ['lines that are a list', { lines: [LINES.A] }, /unknown field "spec\.lines/],
  ['a name of a line with a space', { lines: { 'A 1': LINES.A } }, /names must match/],
  ['a name of a channel with a slash', { channels: { 'a/b': { key: 1 } } }, /names must match/],
  ['a line without a type', lineA({ address: '233.54.12.111:26477' }), /type: Required/],
  [
    'a line of an unknown type',
    lineA({ type: 'multicast', address: '233.54.12.111:26477' }),
    /Unsupported value: "multicast"/,
  ],
  ['a multicast line without an address', lineA({ type: 'udpMulticast' }), /udpMulticast needs address/],
  ['a multicast line with an address of one machine', lineA(multicast('10.0.0.1:26477')), /must be a multicast group/],
  ['an address without a port', lineA(multicast('233.54.12.111')), /address.*should match/],
  ['an address with two ports', lineA(multicast('233.54.12.111:1:2')), /address.*should match/],
  ['a port of six digits', lineA(multicast('233.54.12.111:123456')), /address.*should match/],
  ['a unicast line with a group', lineA({ type: 'udpUnicast', address: '233.54.12.111:26477' }), /no multicast group/],
  [
    'a unicast line with a source',
    lineA({ type: 'udpUnicast', address: '10.0.0.5:1', source: '10.0.0.1' }),
    /udpUnicast needs address and takes address, interface/,
  ],
  [
    'a way to receive that there is not',
    lineA(multicast('233.54.12.111:26477', { receive: 'dpdk2' })),
    /Unsupported value: "dpdk2"/,
  ],
  ['an interface that is a number', lineA(multicast('233.54.12.111:26477', { interface: 1 })), /interface.*string/],
  [
    'a word of a line that is not known',
    lineA(multicast('233.54.12.111:26477', { interfase: 'eth1' })),
    /unknown field .*interfase/,
  ],
  [
    'a TCP line with an interface',
    lineA({ type: 'tcp', address: '10.0.0.5:1', interface: 'eth1' }),
    /tcp needs address and takes address/,
  ],
  ['a WebSocket without a URL', lineA({ type: 'websocket' }), /websocket needs url/],
  ['a capture without a path', lineA({ type: 'captureFile' }), /captureFile needs path/],
  ['a capture of port 0', lineA({ type: 'captureFile', path: 'a.pcap', port: 0 }), /port.*greater than or equal to 1/],
  [
    'a capture of port 65536',
    lineA({ type: 'captureFile', path: 'a.pcap', port: 65536 }),
    /port.*less than or equal to 65535/,
  ],
  [
    'a channel without lines',
    { lines: undefined, channels: { one: { lines: LINES }, two: { key: 1 } } },
    /each channel needs `lines`/,
  ],
  ['channels on shared lines without keys', { channels: { one: {}, two: {} } }, /need a `key`/],
  ['a key that is a list', { channels: { one: { key: [1] } } }, /key/],
  ['a key that is half a number', { channels: { one: { key: 1.5 } } }, /key/],
  ['a word of a channel that is not known', { channels: { one: { key: 1, line: 'A' } } }, /unknown field .*line/],
  ['a join that there is not', { join: 'now' }, /Unsupported value: "now"/],
  ['a join from a snapshot without one', { join: 'snapshot' }, /needs a rung of type snapshot/],
  ['a channel that begins as there is not', { channels: { one: { key: 1, join: 'end' } } }, /Unsupported value: "end"/],
  ['a session of 17 characters', { session: 'a'.repeat(17) }, /session.*may not be more than 16/],
  ['a rung without a type', { recovery: [{ for: '1ms' }] }, /type: Required/],
  ['a rung of an unknown type', { recovery: [{ type: 'ask' }] }, /Unsupported value: "ask"/],
  ['a ladder that is no list', { recovery: { type: 'waitForOtherLine' } }, /unknown field "spec\.recovery/],
  [
    'a wait with servers',
    { recovery: [{ type: 'waitForOtherLine', servers: ['10.0.0.1:1'] }] },
    /waitForOtherLine needs nothing and takes/,
  ],
  ['a wait without a unit', { recovery: [{ type: 'waitForOtherLine', for: '5' }] }, /for.*should match/],
  ['a request to a server without a port', rung({ servers: ['10.1.1.5'] }), /servers.*should match/],
  ['a request that may wait for nothing known', rung({ timeout: 2 }), /timeout.*string/],
  ['a request for a channel that there is not', rung({ channel: 'two' }), /must name one of `channels`/],
  ['a request with a word that is not known', rung({ retries: 3 }), /unknown field .*retries/],
  ['credentials of an unknown type', rung({ credentials: { type: 'password' } }), /Unsupported value: "password"/],
  [
    'credentials without a password',
    rung({ credentials: { type: 'userPassword', username: 'env:A' } }),
    /userPassword needs username, password/,
  ],
  [
    'a password that is written out',
    rung({ credentials: { ...LOGIN, password: 'hunter2' } }),
    /password.*should match/,
  ],
  ['a reference to no variable', rung({ credentials: { ...LOGIN, password: 'env:1A' } }), /password.*should match/],
  ['a window of no packets', { window: { packets: 0 } }, /packets.*greater than or equal to 1/],
  ['a window of too many holes', { window: { holes: 65537 } }, /holes.*less than or equal to 65536/],
  ['a window of too few bytes', { window: { bytes: 1 } }, /bytes.*greater than or equal to 65536/],
  ['a directory without a symbol', { directory: { message: 'stockDirectory' } }, /directory\.symbol: Required/],
  ['a protection that there is not', { security: [{ type: 'firewall' }] }, /Unsupported value: "firewall"/],
  ['a route that is a name', { security: [{ type: 'vpn', route: 'here' }] }, /route.*should match/],
  ['a pipeline with a capital letter', { pipelines: { Trades: OWN_GOOD[9]?.[1] } }, /names must match|unknown field/],
  ['a pipeline without a sink', { pipelines: { trades: { shape: { type: 'events' } } } }, /sink: Required/],
  [
    'a shape that there is not',
    { pipelines: { trades: { shape: { type: 'candles' }, sink: { type: 'duckdb', file: '/a' } } } },
    /Unsupported value: "candles"/,
  ],
  [
    'a sink that there is not',
    { pipelines: { trades: { shape: { type: 'events' }, sink: { type: 'oracle' } } } },
    /Unsupported value: "oracle"/,
  ],
  ['a description that is a number', { description: 5 }, /description.*string/],
  ['what is unconfirmed as a text', { unconfirmed: 'all' }, /unconfirmed.*array/],
  ['a word of the venue that is not known', { decoders: ['a'] }, /unknown field .*decoders/],
  ['a name with capital letters', {}, /metadata\.name.*Invalid value/, { metadata: { name: 'Nasdaq' } }],
  ['a name of 65 characters', {}, /metadata\.name has at most 64/, { metadata: { name: 'a'.repeat(65) } }],
  ['another version', {}, /./, { apiVersion: 'venuewire.io/v9' }],
];

/** Resources that are not right, and what a server says of each. */
export const bad = (): [string, Resource, RegExp][] =>
  BAD.map(([name, spec, says, whole], i) => [name, { ...resource(`bad-${i}`, spec), ...whole }, says]);
