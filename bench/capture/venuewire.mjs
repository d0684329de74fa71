// Capture → framing → channel → batches → typed handlers: the production path, feed thread on its own core.
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { handlers, measure } from './handlers.mjs';

const [file, group, mode = 'poll'] = process.argv.slice(2);
await measure(`venuewire, ${mode}`, async () => {
  const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast(group) } }), {
    capture: { file },
    wake: mode === 'poll' ? 'poll' : 'doorbell',
  });
  if (mode === 'run') return (await feed.run(handlers)).messages;
  let messages = 0;
  for (;;) {
    const n = feed.poll(handlers);
    if (n < 0) break;
    messages += n;
  }
  return messages;
});
