import { expect, test } from 'vitest';
import { char, defineDecoder, message, price4, text, u8, u16, u32, u64, varBytes } from '../../src/layout/index.js';
import {
  credential,
  defineFraming,
  defineRecovery,
  defineSnapshot,
  defineVenue,
  env,
  message as of,
  request,
  snapshot,
  udpMulticast,
  userPassword,
  variable,
  waitForOtherLine,
} from '../../src/patterns/index.js';
import type { Stream } from '../../src/patterns/stream.js';
import type { Value } from '../../src/patterns/table.js';
import { certify, runScenarioSeeds } from '../../src/simulator/certify/campaign.js';
import { branchesOf, unreached } from '../../src/simulator/certify/coverage.js';
import { DerivedServer } from '../../src/simulator/certify/derived-server.js';
import { FixServer } from '../../src/simulator/certify/fix-server.js';
import type { CertifiedServer, ServerContext, VenueModel } from '../../src/simulator/certify/model.js';
import { models } from '../../src/simulator/certify/models.js';
import { scenariosOf } from '../../src/simulator/certify/scenarios/index.js';
import type { SessionDay } from '../../src/simulator/certify/session-day.js';
import { Stage } from '../../src/simulator/certify/stage.js';

// A venue that nobody has: data only, from here to the next line of this kind.

const table = {
  ...{ venue: 'Own', feed: 'Own', version: '1.0', specification: 'this test', framing: 'own-feed' },
  byteOrder: 'little',
  header: { length: u8(0), type: char(1) },
  messageType: 'type',
  lengthField: { name: 'length' },
} as const;
const feed = defineDecoder({
  ...table,
  id: 'own-feed-1.0',
  messages: {
    add: message('A', 25, { order: u64(2), price: u64(10, price4), size: u32(18), side: char(22), book: u16(23) }),
  },
});
const session = defineDecoder({
  ...table,
  id: 'own-session-1.0',
  messages: {
    login: message('L', 22, { user: text(2, 10), password: text(12, 10) }),
    loggedIn: message('l', 3, { status: char(2) }),
    ask: message('R', 9, { group: u8(2), first: u32(3), count: u16(7) }),
    answer: message('r', 8, { group: u8(2), first: u32(3), status: char(7) }),
    stateRequest: message('S', 2, {}),
    stateNumber: message('s', 6, { lastIncluded: u32(2) }),
    stateEnd: message('e', 2, {}),
    ping: message('p', 2, {}),
  },
});

const framing = defineFraming({
  id: 'own-feed',
  byteOrder: 'little',
  headerLength: 10,
  packetLength: { offset: 0, size: 2 },
  count: { offset: 2, size: 1 },
  channel: { offset: 3, size: 1 },
  sequence: { offset: 4, size: 4 },
  session: { offset: 8, size: 2, type: 'uint', ordered: true },
  zeroIsUnsequenced: true,
  wrap: { max: 0xffff_ffff, first: 1 },
  kinds: [{ when: { field: 'count', equals: 0 }, is: 'heartbeat', number: 'last' }],
  message: { length: { offset: 0, size: 1 } },
});

const server = {
  transport: 'tcp',
  framing,
  keepAlive: { send: '1s', silence: '5s' },
  heartbeat: of(session, 'ping'),
  login: of(session, 'login', { user: credential('username'), password: credential('password') }),
} as const;
const loggedIn = [
  { on: of(session, 'loggedIn', { status: 'A' }), do: 'loginAccepted' },
  { on: of(session, 'loggedIn'), do: 'loginRejected', number: 'status' },
  { on: of(session, 'ping'), do: 'answer' },
] as const;

const replay = defineRecovery({
  ...server,
  id: 'own-replay',
  delivery: 'feedPackets',
  request: of(session, 'ask', { group: variable('channel'), first: variable('begin'), count: variable('count') }),
  limits: { perRequest: 25, rates: [{ count: 50, per: '1s' }] },
  replies: [
    ...loggedIn,
    { on: of(session, 'answer'), do: 'status', number: 'status', statuses: { A: 'accepted', O: 'unavailable' } },
  ],
});

const state = defineSnapshot({
  ...server,
  id: 'own-state',
  connection: 'clientCloses',
  request: of(session, 'stateRequest'),
  number: { is: 'lastIncluded', comes: 'before' },
  replies: [
    ...loggedIn,
    { on: of(session, 'stateNumber'), do: 'snapshotNumber', number: 'lastIncluded' },
    { on: of(session, 'stateEnd'), do: 'snapshotEnd' },
    { do: 'snapshotMessage', of: 'message' },
  ],
});

const credentials = userPassword(env('OWN_USER'), env('OWN_PASSWORD'));
const own = defineVenue({
  name: 'own',
  decoder: feed,
  framing,
  channels: { only: { key: 3, lines: { A: udpMulticast('239.9.9.1:1'), B: udpMulticast('239.9.9.2:1') } } },
  recovery: [
    waitForOtherLine(),
    request(replay, { servers: ['10.0.0.1:1'], credentials, timeout: '100ms' }),
    snapshot(state, { servers: ['10.0.0.1:2'], credentials, timeout: '2s' }),
  ],
});

// ── until here ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('a venue of one’s own is data, and passes', () => {
  const model = { id: 'own', venue: () => own };
  const reports = certify(model, Number(process.env.VENUEWIRE_SEEDS ?? 10));
  const failures = reports.flatMap((r) =>
    r.failures.map((f) => `${r.scenario}, seed ${f.seed}: ${f.faults.join('; ')}`),
  );
  expect(failures).toEqual([]);
  expect(reports.length).toBeGreaterThan(50);
  // Everything that it declares was put to use.
  expect(unreached(branchesOf(new Stage(model)), new Set(reports.flatMap((r) => r.seen)))).toEqual([]);
});

test('what is planted is found', () => {
  const faultsOf = (model: VenueModel, name: string): string[] => {
    const stage = new Stage(model);
    const scenario = scenariosOf(stage).find((s) => s.name === name);
    if (scenario === undefined) throw new Error(name);
    return runScenarioSeeds(stage, scenario, 1, 5).failures.flatMap((f) => f.faults);
  };
  // A byte of a message is changed on its way.
  let packets = 0;
  const changed: VenueModel = {
    id: 'own',
    venue: () => own,
    feed: {
      seal: (packet) => {
        if (++packets % 40 === 0 && packet.length > 20)
          packet[packet.length - 1] = (packet[packet.length - 1] ?? 0) ^ 1;
      },
    },
  };
  expect(faultsOf(changed, 'clean').join()).toMatch(/other bytes/);
  // The server means another number than we believe.
  const otherNumber: VenueModel = {
    id: 'own',
    venue: () => own,
    servers: {
      'own-state': {
        create: (c) =>
          new DerivedServer({ ...c, pattern: { ...c.pattern, number: { ...state.number, is: 'firstToApply' } } }),
      },
    },
  };
  expect(faultsOf(otherNumber, 'own-state: taken').join()).toMatch(/a snapshot ended at/);
  // The venue grants less than we take.
  const strict: VenueModel = {
    id: 'own',
    venue: () => own,
    servers: {
      'own-replay': { create: (c) => new DerivedServer({ ...c, limits: { ...c.limits, perRequest: 3 } }) },
    },
  };
  expect(faultsOf(strict, 'own-replay: range over the limit').join()).toMatch(/in one request, 3 are allowed/);
});

test('what is planted in a session is found', async () => {
  const model = await models.fix44?.();
  const venue = model?.venue();
  const use = venue?.streams?.A;
  if (model === undefined || venue === undefined || typeof use?.pattern !== 'object') throw new Error('fix44');
  const { pattern } = use;
  const faultsOf = (other: Partial<Stream>, name: string, create?: (c: ServerContext) => CertifiedServer): string => {
    const planted = { ...venue, streams: { A: { ...use, pattern: { ...pattern, ...other } } } };
    const servers = create && { [pattern.id]: { create } };
    const stage = new Stage({ ...model, venue: () => planted, ...(servers && { servers }) });
    const scenario = scenariosOf(stage).find((s) => s.name === `${pattern.id}: ${name}`);
    if (scenario === undefined) throw new Error(name);
    return runScenarioSeeds(stage, scenario, 1, 5)
      .failures.flatMap((f) => f.faults)
      .join();
  };
  // Heartbeats that come more seldom than the logon has promised.
  expect(faultsOf({ keepAlive: { ...pattern.keepAlive, send: '600s' } }, 'quiet')).toMatch(/said nothing for/);
  // A gap fill that leads one too far.
  const { gapFill } = pattern;
  if (gapFill === undefined || !('fix' in gapFill)) throw new Error('gapFill');
  const far = gapFill.fix.map(([tag, value]): [number, Value] => [
    tag,
    tag === 36 ? variable('clientSequence', 2) : value,
  ]);
  expect(faultsOf({ gapFill: { fix: far } }, 'asked for ours')).toMatch(/filled .*up to/);
  // No more than a heartbeat where a test request wants its text back.
  expect(faultsOf({ answer: pattern.heartbeat }, 'test request')).toMatch(/was not answered/);
  // The server answers a subscription for one instrument only: the state is never whole.
  const less = (c: ServerContext) =>
    new FixServer({ ...c, pattern: { ...(c.pattern as Stream), refresh: 1 } }, c.day as SessionDay);
  expect(faultsOf({}, 'filled over', less)).toMatch(/still stale/);
});

test('replies that carry packets or say that a range is gone', () => {
  const more = defineDecoder({
    ...table,
    id: 'own-more-1.0',
    messages: {
      carrier: message('P', { atLeast: 2 }, { packet: varBytes(2, 'length', -2) }),
      gone: message('G', 10, { first: u32(2), last: u32(6) }),
    },
  });
  const carried = defineRecovery({
    ...replay,
    id: 'own-carried',
    delivery: 'replies',
    replies: [
      ...replay.replies,
      { on: of(more, 'carrier'), do: 'packet', payload: 'packet' },
      { on: of(more, 'gone'), do: 'unavailable', number: 'first', last: 'last' },
    ],
  });
  const venue = { ...own, recovery: own.recovery.map((r) => (r.type === 'request' ? { ...r, pattern: carried } : r)) };
  const model = { id: 'own-more', venue: () => venue };
  const reports = certify(model, 3);
  expect(
    reports.flatMap((r) => r.failures.map((f) => `${r.scenario}, seed ${f.seed}: ${f.faults.join('; ')}`)),
  ).toEqual([]);
  expect(unreached(branchesOf(new Stage(model)), new Set(reports.flatMap((r) => r.seen)))).toEqual([]);
});
