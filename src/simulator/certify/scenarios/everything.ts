/** All of it at once: lines and servers do whatever they want. */

import type { Random } from '../../random.js';
import type { CertifyFaults } from '../model.js';
import type { Stage } from '../stage.js';
import { type Add, atMost, day, idsOf, outage } from './scenario.js';

/** What a server does wrong, each with a probability of its own. */
function anyFaults(r: Random): CertifyFaults {
  const p = atMost(r);
  return {
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
  };
}

export function everythingScenarios(stage: Stage, add: Add): void {
  if (stage.rungs.every((r) => r.type === 'stream')) return;
  add('everything at once', 'lines and servers do whatever they want', (r) => {
    const p = atMost(r);
    const servers = Object.fromEntries(idsOf(stage.rungs).map((id) => [id, anyFaults(r)]));
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
