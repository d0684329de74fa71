/** What each way of asking for missing messages is put through. */
import type { Recovery } from '../../../patterns/recovery.js';
import type { Random } from '../../random.js';
import type { CertifyFaults } from '../model.js';
import type { Run } from '../run.js';
import { patternOf, type Stage } from '../stage.js';
import { type Add, day, half, outage } from './scenario.js';
import { type Faulty, refusals } from './statuses.js';

const NUMBERS = 200;
/** Each answer brings something, so all of it comes in the end, however many answers that takes. */
const ALL: Partial<Run> = { expect: 'everything' };

/** A day with an outage, in which only this pattern is asked. */
const dayOf = (id: string, r: Random): Run => ({
  day: day(NUMBERS),
  only: [id],
  outages: [outage(r, NUMBERS, 5 + r.below(40))],
  lines: { loss: r.below(2) === 0 ? 0 : 0.05 },
});

export function requestScenarios(stage: Stage, add: Add): void {
  for (const rung of stage.rungs.filter((r) => r.type === 'request')) {
    const pattern = patternOf(rung) as Recovery;
    const { id } = pattern;
    const faulty: Faulty<Partial<Run>> = (name, says, faults, more = {}) =>
      add(`${id}: ${name}`, says, (r) => ({ ...dayOf(id, r), servers: { [id]: faults(r) }, ...more }));
    answers(pattern, add, faulty);
    refusals(pattern, faulty);
    connections(pattern, faulty);
    keptByServer(faulty);
    limits(pattern, add);
    ways(pattern, add);
  }
}

/** How an answer comes. */
function answers(pattern: Recovery, add: Add, faulty: Faulty<Partial<Run>>): void {
  const { id } = pattern;
  add(`${id}: asked`, 'what both lines lost is asked for and comes', (r) => ({
    ...dayOf(id, r),
    lines: {},
    expect: 'everything',
  }));
  faulty('part', 'only a part is served', (r) => ({ servePart: half(r) }), ALL);
  faulty('split', 'the answer comes in pieces', (r) => ({ split: half(r) }), ALL);
  faulty('overlap', 'the answer begins earlier and ends later', (r) => ({ overlap: half(r) }), ALL);
  faulty('late', 'the answer is late', (r) => ({ late: half(r), lateNs: 600_000_000 }));
  faulty('out of order', 'the pieces come in another order', (r) => ({ outOfOrder: half(r), split: half(r) }), ALL);
  faulty('somebody else’s', 'answers that others asked for come first', (r) => ({ toSomebodyElse: half(r) }));
  faulty('silent', 'no answer at all', (r) => ({ silent: half(r) }));
  if (pattern.replies.some((x) => x.do === 'status')) {
    faulty('data before the acknowledgement', 'and sometimes overlapping', (r) => ({
      beforeAcknowledgement: half(r),
      overlap: 0.2,
    }));
  }
}

/** What becomes of the connection. */
function connections(pattern: Recovery, faulty: Faulty<Partial<Run>>): void {
  if (pattern.transport !== 'udp') {
    faulty('connection refused', 'nobody listens, or not always', (r) => ({ refuse: half(r) }));
    faulty('closed half-way', 'the server closes within its answer', (r) => ({ closeHalfway: half(r) }), ALL);
    faulty('stalls', 'the server stops within its answer', (r) => ({ stall: half(r) }));
  }
  if (pattern.replies.some((x) => x.do === 'loginRejected')) {
    faulty('login rejected', 'we are not let in, or not always', (r) => ({ rejectLogin: half(r) }));
  }
}

/** What the server has, and how often it may be asked. */
function keptByServer(faulty: Faulty<Partial<Run>>): void {
  faulty('cache', 'the hole is older than what the server keeps', (r) => ({ cacheDepth: 1 + r.below(30) }));
  faulty('unavailable', 'the server says that it cannot give it', (r) => ({
    sayUnavailable: half(r),
    cacheDepth: 10 + r.below(60),
  }));
  faulty('quota', 'more requests than the server takes', (r) => ({
    quota: { requests: 1 + r.below(3), windowNs: 2_000_000_000 },
  }));
}

/** Our own limits, which keep to the venue's. */
function limits(pattern: Recovery, add: Add): void {
  const { id } = pattern;
  add(`${id}: own quota used up`, 'the next allowance is too far off to be waited for', (r) => ({
    ...dayOf(id, r),
    limits: { rates: [{ count: 1, per: '1h' }], perRequest: 3, patience: '10ms' },
  }));
  add(`${id}: own quota waited for`, 'requests are spread over time as the venue wants it', (r) => ({
    ...dayOf(id, r),
    lines: {},
    limits: { rates: [{ count: 1 + r.below(3), per: '200ms' }], perRequest: 5, patience: '10s' },
    expect: 'everything',
  }));
  add(`${id}: older than is kept`, 'we know how far back the server goes, and do not ask', (r) => ({
    ...dayOf(id, r),
    lines: { loss: 0.2 },
    limits: { age: 1 + r.below(20) },
  }));
  if (pattern.limits.perRequest !== undefined || pattern.request !== undefined) {
    add(`${id}: range over the limit`, 'a hole of several requests', (r) => ({
      ...dayOf(id, r),
      outages: [outage(r, NUMBERS, 60)],
      lines: {},
    }));
  }
}

/** The ways to the servers and back, and what is said on them. */
function ways(pattern: Recovery, add: Add): void {
  const { id } = pattern;
  const tcp = pattern.transport !== 'udp';
  const dead = (r: Random): CertifyFaults => (tcp && r.below(2) === 0 ? { refuse: 1 } : { silent: 1 });
  add(`${id}: fail-over`, 'the first server is dead, the second answers', (r) => ({
    ...dayOf(id, r),
    lines: {},
    serverCount: 2,
    servers: { [id]: [dead(r), {}] },
    expect: 'everything',
  }));
  if (pattern.delivery === 'lines') {
    add(`${id}: lossy retransmission lines`, 'answers are lost and come twice', (r) => ({
      ...dayOf(id, r),
      retransmission: { loss: 0.3 * r.real(), duplicate: 0.2, reorder: 0.2 },
    }));
  }
  if (!tcp) {
    add(`${id}: lossy way`, 'requests and answers are lost', (r) => ({
      ...dayOf(id, r),
      path: { loss: 0.3 * r.real(), jitterNs: 300_000 },
    }));
  }
  add(`${id}: hostile`, 'bits of the replies are turned', (r) => ({
    ...dayOf(id, r),
    servers: { [id]: { mutate: 0.05 + 0.5 * r.real() } },
    contents: false,
  }));
}
