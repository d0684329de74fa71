/** What certification puts a venue through. Each scenario says which declarations call for it and draws its details by seed. */
import type { Recovery } from '../../patterns/recovery.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { LineFaults } from '../line-faults.js';
import type { Random } from '../random.js';
import { beliefScenarios } from './belief-scenarios.js';
import { type Break, resetStyle, START_NS } from './day.js';
import type { CertifyFaults } from './model.js';
import type { Run, Stage } from './runner.js';
import { Stage as Stages } from './runner.js';
import { sessionScenarios } from './session-scenarios.js';
import { streamScenarios } from './stream-scenarios.js';

export interface Scenario {
  readonly name: string;
  readonly says: string;
  readonly run: (random: Random) => Run;
}

const INTERVAL_NS = 20_000;
const day = (numbers: number, more: object = {}) => ({ numbers, intervalNs: INTERVAL_NS, ...more });
const spanNs = (numbers: number): number => numbers * INTERVAL_NS;

/** A time at which every live line is dead, in the middle of a day of so many numbers. */
const outage = (random: Random, numbers: number, length: number) => {
  const fromNs = START_NS + Math.floor(spanNs(numbers) * (0.2 + 0.4 * random.real()));
  return { fromNs, toNs: fromNs + Math.floor(length * INTERVAL_NS) };
};

/** The scenarios that a venue's declarations call for, in the order of the report. */
export function scenariosOf(stage: Stage): Scenario[] {
  const out: Scenario[] = [];
  const add = (name: string, says: string, run: (random: Random) => Run): void => {
    if (stage.model.without?.[name] === undefined) out.push({ name, says, run });
  };
  if (stage.liveLines === 0) {
    streamScenarios(stage, add);
    sessionScenarios(stage, add);
    return out;
  }
  const { framing } = stage;
  const two = stage.liveLines > 1;
  const requests = stage.rungs.filter((r) => r.type === 'request');
  const snapshots = stage.rungs.filter((r) => r.type === 'snapshot');
  const ids = (of: typeof stage.rungs): string[] => [...new Set(of.map((r) => Stages.patternOf(r).id))];
  const some = requests.length + snapshots.length > 0;
  const byRequest = requests.length > 0 ? ids(requests) : undefined;
  const hasHeartbeat =
    stage.writer.has('heartbeat') ||
    stage.pool.control('heartbeat', 1n) !== undefined ||
    stage.writer.has('endOfSession');

  // ── the lines ──────────────────────────────────────────────────────────────────────────────────────────────────
  add('clean', 'nothing goes wrong', () => ({ day: day(400), expect: 'everything' }));
  if (two) {
    add('one line loses', 'one line loses 20 %, the other nothing', (r) => {
      const bad: LineFaults = { loss: 0.2, burst: { probability: 0.01, length: 8 } };
      return { day: day(400), lines: r.below(2) === 0 ? [bad, {}] : [{}, bad], expect: 'everything' };
    });
    add('reordered across lines', 'both lines jitter, the later by more than a packet', (r) => ({
      day: day(400),
      lines: [{ jitterNs: r.below(200_000) }, { delayNs: r.below(500_000), jitterNs: r.below(200_000), reorder: 0.1 }],
      expect: 'everything',
    }));
  }
  add('duplicates', 'packets come twice', () => ({ day: day(400), lines: { duplicate: 0.3 }, expect: 'everything' }));
  for (const percent of [1, 5, 20]) {
    add(`both lines lose ${percent} %`, 'each line loses by itself', () => ({
      day: day(300),
      lines: { loss: percent / 100 },
    }));
  }
  add('burst', 'every line is dead for a while', (r) => ({
    day: day(400),
    outages: [outage(r, 400, 5 + r.below(60))],
  }));
  add('hole wider than the window', 'more is missing than can be held behind it', (r) => ({
    day: day(500),
    outages: [outage(r, 500, 5 + r.below(20))],
    lines: { loss: 0.02 },
    window: { packets: 8 },
  }));
  add('no recovery', 'what both lines lose is lost, and said to be', () => ({
    day: day(300),
    lines: { loss: 0.2 },
    only: [],
  }));
  if (two && some) {
    add('the other line is late', 'nobody answers, and the other line brings it after all', (r) => ({
      day: day(300),
      lines: [{ loss: 0.1 }, { delayNs: 3_000_000 + r.below(20_000_000) }],
      servers: Object.fromEntries(ids(stage.rungs).map((id) => [id, { silent: 1 } as CertifyFaults])),
    }));
  }
  if (hasHeartbeat) {
    add('tail', 'the last packets are lost on every line; only an idle packet tells', (r) => ({
      day: day(200),
      tailNs: spanNs(3 + r.below(30)),
    }));
  }

  add('quiet channel', 'the venue is silent for seconds after packets that every line lost', (r) => {
    const numbers = 150;
    const after = 40 + r.below(60);
    const quietNs = 2_000_000_000 + r.below(3_000_000_000);
    const from = START_NS + spanNs(after - 3 - r.below(10));
    return {
      day: day(numbers, { pauses: [{ after, ns: quietNs }], ends: r.below(2) === 0 }),
      outages: [{ fromNs: from, toNs: START_NS + spanNs(after + 1) }],
    };
  });

  // ── joining ────────────────────────────────────────────────────────────────────────────────────────────────────
  add('late join, live', 'we begin to listen in the middle of the day', (r) => ({
    day: day(300),
    joinAt: 0.1 + 0.6 * r.real(),
    lines: { loss: 0.05 },
  }));
  if (byRequest !== undefined) {
    add('late join, beginning', 'what was missed is asked for', (r) => ({
      day: day(200),
      join: 'beginning',
      joinAt: 0.1 + 0.5 * r.real(),
      only: byRequest,
    }));
  }
  for (const s of snapshots) {
    const id = Stages.patternOf(s).id;
    add(`late join, ${id}`, 'delivery begins with a snapshot', (r) => ({
      day: day(400),
      join: 'snapshot',
      joinAt: 0.05 + 0.5 * r.real(),
      only: [...(byRequest ?? []), id],
      lines: { loss: r.below(2) === 0 ? 0 : 0.05 },
      restNs: 200_000,
    }));
  }

  // ── the numbering ──────────────────────────────────────────────────────────────────────────────────────────────
  const breaks = (b: Break[]) => ({ breaks: b });
  if (framing.session !== undefined) {
    add('session roll', 'a new session begins after the old one was ended', (r) => ({
      day: day(300, breaks([{ at: 80 + r.below(140), kind: 'session', quietNs: 3_000_000 }])),
      lines: two ? [{ loss: 0.1 }, {}] : {},
    }));
    add('session change without an end', 'a new session begins at once, as after a failure', (r) => ({
      day: day(300, breaks([{ at: 80 + r.below(140), kind: 'session', ended: false }])),
      lines: { loss: 0.05 },
      unknownEnd: true,
    }));
  }
  if (resetStyle(framing) !== undefined) {
    add('sequence reset', 'numbers begin again within the session', (r) => ({
      day: day(300, breaks([{ at: 80 + r.below(140), kind: 'reset', quietNs: 3_000_000 }])),
      lines: two ? [{ loss: 0.1 }, {}] : {},
      unknownEnd: true,
    }));
    add('two resets with gaps open', 'numbers begin again while something is missing', (r) => {
      const at = 80 + r.below(60);
      const from = START_NS + spanNs(at - 20);
      return {
        day: day(
          400,
          breaks([
            { at, kind: 'reset' },
            { at: at + 120, kind: 'reset' },
          ]),
        ),
        outages: [{ fromNs: from, toNs: from + spanNs(8) }],
        unknownEnd: true,
      };
    });
    if (two) {
      add('two senders after a failover', 'the old sender goes on for a while after the reset', (r) => ({
        day: day(400, breaks([{ at: 150 + r.below(60), kind: 'reset' }])),
        stragglers: 1 + r.below(20),
        unknownEnd: true,
      }));
    }
  }
  if (BigInt(framing.wrap.max) < 0xffff_ffff_ffff_ffffn) {
    add('wrap', 'numbers pass their maximum', (r) => ({
      day: day(300, { beforeWrap: 50 + r.below(200) }),
      lines: { loss: 0.1 },
    }));
  }
  add('sequence jump', 'the venue leaves numbers out that nobody ever had', (r) => ({
    day: day(300, breaks([{ at: 80 + r.below(140), kind: 'jump', by: 1 + r.below(80) }])),
  }));
  add('jump beyond belief', 'a leap farther than the declared bound needs a second packet that agrees', (r) => ({
    day: day(300, breaks([{ at: 80 + r.below(140), kind: 'jump', by: 600 }])),
    window: { jump: 500 },
  }));
  beliefScenarios(stage, add);
  add('end with a gap open', 'the session ends while something is missing and nobody gives it', (r) => {
    const numbers = 200;
    const fromNs = START_NS + spanNs(numbers - 30);
    const silent = Object.fromEntries(ids(stage.rungs).map((id) => [id, { silent: 1 } as CertifyFaults]));
    return {
      day: day(numbers),
      outages: [{ fromNs, toNs: fromNs + spanNs(2 + r.below(20)) }],
      servers: silent,
      tries: 1,
    };
  });

  // ── each way of asking ─────────────────────────────────────────────────────────────────────────────────────────
  for (const rung of requests) {
    const pattern = Stages.patternOf(rung) as Recovery;
    const { id } = pattern;
    const tcp = pattern.transport !== 'udp';
    const numbers = 200;
    const base = (r: Random): Run => ({
      day: day(numbers),
      only: [id],
      outages: [outage(r, numbers, 5 + r.below(40))],
      lines: { loss: r.below(2) === 0 ? 0 : 0.05 },
    });
    const faulty = (
      name: string,
      says: string,
      faults: (r: Random) => CertifyFaults,
      more: Partial<Run> = {},
    ): void => {
      add(`${id}: ${name}`, says, (r) => ({ ...base(r), servers: { [id]: faults(r) }, ...more }));
    };
    // Each answer brings something, so all of it comes in the end, however many answers that takes.
    const all: Partial<Run> = { expect: 'everything' };
    const half = (r: Random): number => (r.below(3) === 0 ? 1 : 0.3 + 0.5 * r.real());
    add(`${id}: asked`, 'what both lines lost is asked for and comes', (r) => ({
      ...base(r),
      lines: {},
      expect: 'everything',
    }));
    faulty('part', 'only a part is served', (r) => ({ servePart: half(r) }), all);
    faulty('split', 'the answer comes in pieces', (r) => ({ split: half(r) }), all);
    faulty('overlap', 'the answer begins earlier and ends later', (r) => ({ overlap: half(r) }), all);
    faulty('late', 'the answer is late', (r) => ({ late: half(r), lateNs: 600_000_000 }));
    faulty('out of order', 'the pieces come in another order', (r) => ({ outOfOrder: half(r), split: half(r) }), all);
    faulty('somebody else’s', 'answers that others asked for come first', (r) => ({ toSomebodyElse: half(r) }));
    faulty('silent', 'no answer at all', (r) => ({ silent: half(r) }));
    if (pattern.replies.some((x) => x.do === 'status')) {
      faulty('data before the acknowledgement', 'and sometimes overlapping', (r) => ({
        beforeAcknowledgement: half(r),
        overlap: 0.2,
      }));
    }
    for (const [code, what] of pattern.replies.flatMap((x) => (x.do === 'status' ? Object.entries(x.statuses) : []))) {
      if (what === 'accepted') continue;
      faulty(`refused with ${code}`, `the server refuses: ${what}`, (r) => ({
        status: { code, probability: half(r) },
      }));
    }
    if (pattern.replies.some((x) => x.do === 'status' && x.otherwise !== 'accepted')) {
      faulty('refused with an unknown code', 'a status that no table knows', (r) => ({
        status: { code: '250', probability: half(r) },
      }));
    }
    if (tcp) {
      faulty('connection refused', 'nobody listens, or not always', (r) => ({ refuse: half(r) }));
      faulty('closed half-way', 'the server closes within its answer', (r) => ({ closeHalfway: half(r) }), all);
      faulty('stalls', 'the server stops within its answer', (r) => ({ stall: half(r) }));
    }
    if (pattern.replies.some((x) => x.do === 'loginRejected')) {
      faulty('login rejected', 'we are not let in, or not always', (r) => ({ rejectLogin: half(r) }));
    }
    faulty('cache', 'the hole is older than what the server keeps', (r) => ({ cacheDepth: 1 + r.below(30) }));
    faulty('unavailable', 'the server says that it cannot give it', (r) => ({
      sayUnavailable: half(r),
      cacheDepth: 10 + r.below(60),
    }));
    faulty('quota', 'more requests than the server takes', (r) => ({
      quota: { requests: 1 + r.below(3), windowNs: 2_000_000_000 },
    }));
    add(`${id}: own quota used up`, 'the next allowance is too far off to be waited for', (r) => ({
      ...base(r),
      limits: { rates: [{ count: 1, per: '1h' }], perRequest: 3, patience: '10ms' },
    }));
    add(`${id}: own quota waited for`, 'requests are spread over time as the venue wants it', (r) => ({
      ...base(r),
      lines: {},
      limits: { rates: [{ count: 1 + r.below(3), per: '200ms' }], perRequest: 5, patience: '10s' },
      expect: 'everything',
    }));
    add(`${id}: older than is kept`, 'we know how far back the server goes, and do not ask', (r) => ({
      ...base(r),
      lines: { loss: 0.2 },
      limits: { age: 1 + r.below(20) },
    }));
    if (pattern.limits.perRequest !== undefined || pattern.request !== undefined) {
      add(`${id}: range over the limit`, 'a hole of several requests', (r) => ({
        ...base(r),
        outages: [outage(r, numbers, 60)],
        lines: {},
      }));
    }
    add(`${id}: fail-over`, 'the first server is dead, the second answers', (r) => ({
      ...base(r),
      lines: {},
      serverCount: 2,
      servers: { [id]: [tcp && r.below(2) === 0 ? { refuse: 1 } : { silent: 1 }, {}] },
      expect: 'everything',
    }));
    if (pattern.delivery === 'lines') {
      add(`${id}: lossy retransmission lines`, 'answers are lost and come twice', (r) => ({
        ...base(r),
        retransmission: { loss: 0.3 * r.real(), duplicate: 0.2, reorder: 0.2 },
      }));
    }
    if (!tcp) {
      add(`${id}: lossy way`, 'requests and answers are lost', (r) => ({
        ...base(r),
        path: { loss: 0.3 * r.real(), jitterNs: 300_000 },
      }));
    }
    add(`${id}: hostile`, 'bits of the replies are turned', (r) => ({
      ...base(r),
      servers: { [id]: { mutate: 0.05 + 0.5 * r.real() } },
      contents: false,
    }));
  }

  // ── each snapshot ──────────────────────────────────────────────────────────────────────────────────────────────
  for (const rung of snapshots) {
    const pattern = Stages.patternOf(rung) as Snapshot;
    const { id } = pattern;
    const onLines = pattern.from !== 'request';
    const asked = pattern.from !== 'loop';
    const numbers = 300;
    const base = (r: Random): Run => ({
      day: day(numbers),
      only: [id],
      outages: [outage(r, numbers, 3 + r.below(30))],
      restNs: 100_000 + r.below(400_000),
    });
    const faulty = (
      name: string,
      says: string,
      faults: (r: Random) => CertifyFaults,
      more: (r: Random) => Partial<Run> = () => ({}),
    ): void => {
      add(`${id}: ${name}`, says, (r) => ({ ...base(r), servers: { [id]: faults(r) }, ...more(r) }));
    };
    const half = (r: Random): number => (r.below(3) === 0 ? 1 : 0.3 + 0.5 * r.real());
    add(`${id}: taken`, 'what is missing is given up for a snapshot', (r) => ({
      ...base(r),
      taken: true,
    }));
    faulty('older than the gap', 'the snapshot does not reach the gap’s end', (r) => ({
      olderSnapshot: 5 + r.below(60),
    }));
    faulty(
      'silent',
      'no snapshot comes',
      (r) => ({ silent: half(r) }),
      () => ({ restNs: 20_000_000 }),
    );
    add(`${id}: joined, and nothing comes`, 'delivery was to begin with a snapshot', (r) => ({
      ...base(r),
      join: 'snapshot',
      joinAt: 0.3,
      tries: 1,
      servers: { [id]: { silent: 1, refuse: 1 } },
    }));
    if (asked) {
      faulty('late', 'the snapshot is late', (r) => ({ late: half(r), lateNs: 400_000_000 }));
      faulty(
        'quota',
        'more snapshots than the server gives',
        () => ({ quota: { requests: 1, windowNs: 1_000_000_000 } }),
        () => ({ lines: { loss: 0.1 } }),
      );
      for (const [code, what] of pattern.replies.flatMap((x) =>
        x.do === 'status' ? Object.entries(x.statuses) : [],
      )) {
        if (what === 'accepted') continue;
        faulty(`refused with ${code}`, `the server refuses: ${what}`, (r) => ({
          status: { code, probability: half(r) },
        }));
      }
      if (pattern.replies.some((x) => x.do === 'status' && x.otherwise !== 'accepted')) {
        faulty('refused with an unknown code', 'a status that no table knows', (r) => ({
          status: { code: '250', probability: half(r) },
        }));
      }
      add(`${id}: fail-over`, 'the first server is dead, the second answers', (r) => ({
        ...base(r),
        serverCount: 2,
        servers: { [id]: [r.below(2) === 0 ? { refuse: 1 } : { silent: 1 }, {}] },
      }));
    }
    if (asked && pattern.transport !== 'udp') {
      faulty('connection refused', 'nobody listens, or not always', (r) => ({ refuse: half(r) }));
    }
    if (asked && !onLines && pattern.transport !== 'udp') {
      faulty('split', 'it comes in pieces', (r) => ({ split: half(r) }));
      faulty('no end', 'the server is through, but never says up to which number', (r) => ({ servePart: half(r) }));
      faulty('closed half-way', 'the server closes within the snapshot', (r) => ({ closeHalfway: half(r) }));
      faulty('stalls', 'the server stops within the snapshot', (r) => ({ stall: half(r) }));
      add(`${id}: hostile`, 'bits of the replies are turned', (r) => ({
        ...base(r),
        servers: { [id]: { mutate: 0.05 + 0.5 * r.real() } },
        contents: false,
      }));
    }
    if (pattern.replies.some((x) => x.do === 'loginRejected')) {
      faulty('login rejected', 'we are not let in, or not always', (r) => ({ rejectLogin: half(r) }));
    }
    if (onLines) {
      add(`${id}: lossy snapshot lines`, 'cycles lose packets, are joined midway, come twice', (r) => ({
        ...base(r),
        snapshot: { loss: 0.1 * r.real(), duplicate: 0.1, reorder: 0.05 },
      }));
      add(`${id}: hostile`, 'bits of the snapshot packets are turned', (r) => ({
        ...base(r),
        snapshot: { flip: 0.3 * r.real(), truncate: 0.1 * r.real() },
        contents: false,
      }));
    }
  }

  // ── all of it ──────────────────────────────────────────────────────────────────────────────────────────────────
  if (some) {
    add('everything at once', 'lines and servers do whatever they want', (r) => {
      const p = (most: number): number => (r.below(2) === 0 ? 0 : most * r.real());
      const servers = Object.fromEntries(
        ids(stage.rungs).map((id) => [
          id,
          {
            refuse: p(0.3),
            silent: p(0.3),
            servePart: p(0.3),
            split: p(0.5),
            overlap: p(0.5),
            late: p(0.5),
            lateNs: 100_000_000,
            outOfOrder: p(0.5),
            toSomebodyElse: p(0.5),
            beforeAcknowledgement: p(0.5),
            closeHalfway: p(0.3),
            stall: p(0.2),
            rejectLogin: p(0.1),
            olderSnapshot: r.below(50),
            cacheDepth: 50 + r.below(400),
          } as CertifyFaults,
        ]),
      );
      return {
        day: day(300),
        lines: {
          loss: p(0.2),
          duplicate: p(0.2),
          reorder: p(0.2),
          burst: { probability: p(0.02), length: 1 + r.below(20) },
          jitterNs: r.below(100_000),
        },
        retransmission: { loss: p(0.2), duplicate: p(0.2), reorder: p(0.2) },
        snapshot: { loss: p(0.05) },
        outages: [outage(r, 300, 1 + r.below(40))],
        path: { loss: p(0.2), jitterNs: r.below(200_000) },
        serverCount: 1 + r.below(3),
        servers,
        restNs: 300_000,
      };
    });
  }
  return out;
}
