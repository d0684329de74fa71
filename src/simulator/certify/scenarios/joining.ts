/** Where delivery begins when we come late: with the newest, with the first number, with a snapshot. */
import { patternOf, type Stage } from '../stage.js';
import { type Add, day, idsOf } from './scenario.js';

export function joinScenarios(stage: Stage, add: Add): void {
  const byRequest = idsOf(stage.rungs.filter((r) => r.type === 'request'));
  add('late join, live', 'we begin to listen in the middle of the day', (r) => ({
    day: day(300),
    joinAt: 0.1 + 0.6 * r.real(),
    lines: { loss: 0.05 },
  }));
  if (byRequest.length > 0) {
    add('late join, beginning', 'what was missed is asked for', (r) => ({
      day: day(200),
      join: 'beginning',
      joinAt: 0.1 + 0.5 * r.real(),
      only: byRequest,
    }));
  }
  for (const rung of stage.rungs.filter((r) => r.type === 'snapshot')) {
    const { id } = patternOf(rung);
    add(`late join, ${id}`, 'delivery begins with a snapshot', (r) => ({
      day: day(400),
      join: 'snapshot',
      joinAt: 0.05 + 0.5 * r.real(),
      only: [...byRequest, id],
      lines: { loss: r.below(2) === 0 ? 0 : 0.05 },
      restNs: 200_000,
    }));
  }
}
