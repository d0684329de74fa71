/** What the live lines are put through: loss, reordering, duplicates, outages, silence. */
import type { LineFaults } from '../../line-faults.js';
import { START_NS } from '../day.js';
import type { CertifyFaults } from '../model.js';
import type { Stage } from '../stage.js';
import { type Add, day, everyServer, outage, spanNs } from './scenario.js';

/** Losses of both lines, in percent. */
const LOSSES = [1, 5, 20];

export function lineScenarios(stage: Stage, add: Add): void {
  add('clean', 'nothing goes wrong', () => ({ day: day(400), expect: 'everything' }));
  if (stage.liveLines > 1) betweenLines(add);
  add('duplicates', 'packets come twice', () => ({ day: day(400), lines: { duplicate: 0.3 }, expect: 'everything' }));
  for (const percent of LOSSES) {
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
  if (stage.liveLines > 1 && stage.rungs.some((r) => r.type !== 'stream')) {
    add('the other line is late', 'nobody answers, and the other line brings it after all', (r) => ({
      day: day(300),
      lines: [{ loss: 0.1 }, { delayNs: 3_000_000 + r.below(20_000_000) }],
      servers: everyServer<CertifyFaults>(stage.rungs, { silent: 1 }),
    }));
  }
  quietScenarios(stage, add);
}

/** What one line does and another does not. */
function betweenLines(add: Add): void {
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

/** Losses after which nothing comes that would show them. */
function quietScenarios(stage: Stage, add: Add): void {
  if (stage.hasHeartbeat) {
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
}
