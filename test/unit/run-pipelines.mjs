// Runs the pipelines of a venue document, and says after each turn how many rows are stored: to be killed.
import { runPipelines } from '../../dist/sinks/index.js';
import { loadVenue } from '../../dist/venues/load.js';

process.once('message', async ({ document, closeMs }) => {
  const run = await runPipelines(await loadVenue(document), { closeMs: closeMs ?? 60_000 });
  const tell = () => {
    const pipelines = Object.values(run.statistics());
    process.send({ stored: pipelines.reduce((sum, { ledger }) => sum + ledger.stored, 0), done: false });
  };
  const timer = setInterval(tell, 1);
  const { pipelines } = await run.done;
  clearInterval(timer);
  process.send({ stored: 0, done: true, pipelines }, () => process.exit(0));
});
