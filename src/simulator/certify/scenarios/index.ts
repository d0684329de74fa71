/** What certification puts a venue through. Each scenario says which declarations call for it and draws its details by seed. */
import type { Stage } from '../stage.js';
import { beliefScenarios } from './belief.js';
import { everythingScenarios } from './everything.js';
import { joinScenarios } from './joining.js';
import { lineScenarios } from './lines.js';
import { numberingScenarios } from './numbering.js';
import { requestScenarios } from './requests.js';
import type { Group, Scenario } from './scenario.js';
import { sessionScenarios } from './sessions.js';
import { snapshotScenarios } from './snapshots.js';
import { streamScenarios } from './streams.js';

export type { Scenario } from './scenario.js';

/** A group for each thing that can go wrong, in the order of the report. */
const OF_LINES: readonly Group[] = [
  lineScenarios,
  joinScenarios,
  numberingScenarios,
  beliefScenarios,
  requestScenarios,
  snapshotScenarios,
  everythingScenarios,
];
const OF_STREAMS: readonly Group[] = [streamScenarios, sessionScenarios];

/** The scenarios that a venue's declarations call for, in the order of the report. */
export function scenariosOf(stage: Stage): Scenario[] {
  const out: Scenario[] = [];
  const groups = stage.liveLines === 0 ? OF_STREAMS : OF_LINES;
  for (const group of groups) {
    group(stage, (name, says, run) => {
      if (stage.model.without?.[name] === undefined) out.push({ name, says, run });
    });
  }
  return out;
}
