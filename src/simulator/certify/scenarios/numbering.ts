/** What happens to the numbers: sessions that follow each other, resets, wraps, jumps, an end with something missing. */
import { type Break, resetStyle, START_NS } from '../day.js';
import type { CertifyFaults } from '../model.js';
import type { Run } from '../run.js';
import type { Stage } from '../stage.js';
import { type Add, day, everyServer, spanNs } from './scenario.js';

/** The greatest number that is never reached: the venue declares no wrap. */
const NO_WRAP = 0xffff_ffff_ffff_ffffn;

const broken = (numbers: number, ...breaks: Break[]): Run['day'] => day(numbers, { breaks });

export function numberingScenarios(stage: Stage, add: Add): void {
  const { framing } = stage;
  if (framing.session !== undefined) sessionChanges(stage, add);
  if (resetStyle(framing) !== undefined) resets(stage, add);
  if (BigInt(framing.wrap.max) < NO_WRAP) {
    add('wrap', 'numbers pass their maximum', (r) => ({
      day: day(300, { beforeWrap: 50 + r.below(200) }),
      lines: { loss: 0.1 },
    }));
  }
  add('sequence jump', 'the venue leaves numbers out that nobody ever had', (r) => ({
    day: broken(300, { at: 80 + r.below(140), kind: 'jump', by: 1 + r.below(80) }),
  }));
  add('jump beyond belief', 'a leap farther than the declared bound needs a second packet that agrees', (r) => ({
    day: broken(300, { at: 80 + r.below(140), kind: 'jump', by: 600 }),
    window: { jump: 500 },
  }));
  add('end with a gap open', 'the session ends while something is missing and nobody gives it', (r) => {
    const numbers = 200;
    const fromNs = START_NS + spanNs(numbers - 30);
    return {
      day: day(numbers),
      outages: [{ fromNs, toNs: fromNs + spanNs(2 + r.below(20)) }],
      servers: everyServer<CertifyFaults>(stage.rungs, { silent: 1 }),
      tries: 1,
    };
  });
}

function sessionChanges(stage: Stage, add: Add): void {
  add('session roll', 'a new session begins after the old one was ended', (r) => ({
    day: broken(300, { at: 80 + r.below(140), kind: 'session', quietNs: 3_000_000 }),
    lines: stage.liveLines > 1 ? [{ loss: 0.1 }, {}] : {},
  }));
  add('session change without an end', 'a new session begins at once, as after a failure', (r) => ({
    day: broken(300, { at: 80 + r.below(140), kind: 'session', ended: false }),
    lines: { loss: 0.05 },
    unknownEnd: true,
  }));
}

function resets(stage: Stage, add: Add): void {
  const two = stage.liveLines > 1;
  add('sequence reset', 'numbers begin again within the session', (r) => ({
    day: broken(300, { at: 80 + r.below(140), kind: 'reset', quietNs: 3_000_000 }),
    lines: two ? [{ loss: 0.1 }, {}] : {},
    unknownEnd: true,
  }));
  add('two resets with gaps open', 'numbers begin again while something is missing', (r) => {
    const at = 80 + r.below(60);
    const from = START_NS + spanNs(at - 20);
    return {
      day: broken(400, { at, kind: 'reset' }, { at: at + 120, kind: 'reset' }),
      outages: [{ fromNs: from, toNs: from + spanNs(8) }],
      unknownEnd: true,
    };
  });
  if (!two) return;
  add('two senders after a failover', 'the old sender goes on for a while after the reset', (r) => ({
    day: broken(400, { at: 150 + r.below(60), kind: 'reset' }),
    stragglers: 1 + r.below(20),
    unknownEnd: true,
  }));
}
