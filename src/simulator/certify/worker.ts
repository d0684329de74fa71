/** A worker thread of `venuewire certify`: plays what it is told, one scenario and a span of seeds at a time. */
import { parentPort } from 'node:worker_threads';
import { loadVenue } from '../../venues/load.js';
import { modelOf, runScenarioSeeds } from './campaign.js';
import { scenariosOf } from './scenarios/index.js';
import { Stage } from './stage.js';

export interface Task {
  readonly id: number;
  readonly venue: string;
  /** The venue is the file of that name. */
  readonly file: boolean;
  readonly scenario: string;
  readonly first: number;
  readonly last: number;
}

const stages = new Map<string, Stage>();

async function stageOf(task: Task): Promise<Stage> {
  let stage = stages.get(task.venue);
  if (stage === undefined) {
    stage = new Stage(await modelOf(task.venue, task.file ? await loadVenue(task.venue) : undefined));
    stages.set(task.venue, stage);
  }
  return stage;
}

parentPort?.on('message', (task: Task) => {
  stageOf(task)
    .then((stage) => {
      const scenario = scenariosOf(stage).find((s) => s.name === task.scenario);
      if (scenario === undefined) throw new Error(`no scenario '${task.scenario}'`);
      parentPort?.postMessage({ id: task.id, report: runScenarioSeeds(stage, scenario, task.first, task.last) });
    })
    .catch((error: unknown) => {
      parentPort?.postMessage({
        id: task.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    });
});
