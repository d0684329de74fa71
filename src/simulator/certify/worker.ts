/** A worker thread of `venuewire certify`: plays what it is told, one scenario and a span of seeds at a time. */
import { parentPort } from 'node:worker_threads';
import { loadVenue } from '../../venues/load.js';
import { type Candidate, findCandidate, runTrialSeeds } from './campaign.js';

export interface Task {
  readonly id: number;
  readonly venue: string;
  /** The venue is the file of that name. */
  readonly file: boolean;
  readonly scenario: string;
  readonly first: number;
  readonly last: number;
}

const candidates = new Map<string, Candidate>();

async function candidateOf(task: Task): Promise<Candidate> {
  let found = candidates.get(task.venue);
  if (found === undefined) {
    found = await findCandidate(task.venue, task.file ? await loadVenue(task.venue) : undefined);
    candidates.set(task.venue, found);
  }
  return found;
}

parentPort?.on('message', (task: Task) => {
  candidateOf(task)
    .then(({ id, trials }) => {
      const trial = trials.find((t) => t.name === task.scenario);
      if (trial === undefined) throw new Error(`no scenario '${task.scenario}'`);
      parentPort?.postMessage({ id: task.id, report: runTrialSeeds(id, trial, task.first, task.last) });
    })
    .catch((error: unknown) => {
      parentPort?.postMessage({
        id: task.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    });
});
