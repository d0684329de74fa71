/** What each kind of snapshot is put through. */
import type { Snapshot } from '../../../patterns/snapshot.js';
import type { Random } from '../../random.js';
import type { Run } from '../run.js';
import { patternOf, type Stage } from '../stage.js';
import { type Add, day, half, outage } from './scenario.js';
import { type Faulty, refusals } from './statuses.js';

const NUMBERS = 300;

type More = (r: Random) => Partial<Run>;

const dayOf = (id: string, r: Random): Run => ({
  day: day(NUMBERS),
  only: [id],
  outages: [outage(r, NUMBERS, 3 + r.below(30))],
  restNs: 100_000 + r.below(400_000),
});

export function snapshotScenarios(stage: Stage, add: Add): void {
  for (const rung of stage.rungs.filter((r) => r.type === 'snapshot')) {
    const pattern = patternOf(rung) as Snapshot;
    const { id } = pattern;
    const faulty: Faulty<More> = (name, says, faults, more = () => ({})) =>
      add(`${id}: ${name}`, says, (r) => ({ ...dayOf(id, r), servers: { [id]: faults(r) }, ...more(r) }));
    ofEveryKind(id, add, faulty);
    if (pattern.from !== 'loop') asked(pattern, add, faulty);
    if (pattern.replies.some((x) => x.do === 'loginRejected')) {
      faulty('login rejected', 'we are not let in, or not always', (r) => ({ rejectLogin: half(r) }));
    }
    if (pattern.from !== 'request') onLines(id, add);
  }
}

function ofEveryKind(id: string, add: Add, faulty: Faulty<More>): void {
  add(`${id}: taken`, 'what is missing is given up for a snapshot', (r) => ({
    ...dayOf(id, r),
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
    ...dayOf(id, r),
    join: 'snapshot',
    joinAt: 0.3,
    tries: 1,
    servers: { [id]: { silent: 1, refuse: 1 } },
  }));
}

/** A snapshot that is asked for: by a request, or by a connection. */
function asked(pattern: Snapshot, add: Add, faulty: Faulty<More>): void {
  const { id } = pattern;
  faulty('late', 'the snapshot is late', (r) => ({ late: half(r), lateNs: 400_000_000 }));
  faulty(
    'quota',
    'more snapshots than the server gives',
    () => ({ quota: { requests: 1, windowNs: 1_000_000_000 } }),
    () => ({ lines: { loss: 0.1 } }),
  );
  refusals(pattern, faulty);
  add(`${id}: fail-over`, 'the first server is dead, the second answers', (r) => ({
    ...dayOf(id, r),
    serverCount: 2,
    servers: { [id]: [r.below(2) === 0 ? { refuse: 1 } : { silent: 1 }, {}] },
  }));
  if (pattern.transport === 'udp') return;
  faulty('connection refused', 'nobody listens, or not always', (r) => ({ refuse: half(r) }));
  if (pattern.from !== 'request') return;
  faulty('split', 'it comes in pieces', (r) => ({ split: half(r) }));
  faulty('no end', 'the server is through, but never says up to which number', (r) => ({ servePart: half(r) }));
  faulty('closed half-way', 'the server closes within the snapshot', (r) => ({ closeHalfway: half(r) }));
  faulty('stalls', 'the server stops within the snapshot', (r) => ({ stall: half(r) }));
  add(`${id}: hostile`, 'bits of the replies are turned', (r) => ({
    ...dayOf(id, r),
    servers: { [id]: { mutate: 0.05 + 0.5 * r.real() } },
    contents: false,
  }));
}

/** A snapshot that comes on lines of its own. */
function onLines(id: string, add: Add): void {
  add(`${id}: lossy snapshot lines`, 'cycles lose packets, are joined midway, come twice', (r) => ({
    ...dayOf(id, r),
    snapshot: { loss: 0.1 * r.real(), duplicate: 0.1, reorder: 0.05 },
  }));
  add(`${id}: hostile`, 'bits of the snapshot packets are turned', (r) => ({
    ...dayOf(id, r),
    snapshot: { flip: 0.3 * r.real(), truncate: 0.1 * r.real() },
    contents: false,
  }));
}
