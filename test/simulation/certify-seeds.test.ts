// Runs of certification that failed once.
import { expect, it } from 'vitest';
import { venuewire } from '../unit/cli-process.js';

it.each([
  // One late datagram of many packets looked like a count that had begun again.
  ['miax', 'reordered across lines', 40],
  ['miax', 'everything at once', 157],
  // A server that says a number has no message in it.
  ['miax-sapphire-tom', 'miax-retransmission: hostile', 21],
  // Logins counted from when a connection began, not from when they were sent.
  ['lse-gtp-mbp', 'everything at once', 12],
])('%s: %s, seed %i', async (venue, scenario, seed) => {
  const ran = await venuewire(['certify', venue, '--scenario', scenario, '--seed', String(seed)]);
  expect(ran.out).toContain('all good');
  expect(ran.code).toBe(0);
});
