// The example client in Python, with a WebSocket library that nobody here wrote, against a book read off the day by hand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { referenceDepth, type Simulated, simulated, until, VENUE } from '../unit/gateways.js';

const python =
  process.env.VENUEWIRE_PYTHON ?? fileURLToPath(new URL('../../build/services/python/bin/python', import.meta.url));
const example = fileURLToPath(new URL('../../docs/examples/gateway_client.py', import.meta.url));
const TOKEN = 'a-token-for-the-example';
let one: Simulated | undefined;
afterEach(() => one?.close());

/** Starts the example, and gives its last line as it comes. */
function follow(address: string, token: string) {
  const child = spawn(python, [example, address, VENUE, 'ZAAA'], { env: { ...process.env, GATEWAY_TOKEN: token } });
  const seen = { last: '', lines: 0, errors: '' };
  let rest = '';
  child.stdout.on('data', (part) => {
    const lines = (rest + String(part)).split('\n');
    rest = lines.pop() ?? '';
    seen.lines += lines.length;
    seen.last = lines.at(-1) ?? seen.last;
  });
  child.stderr.on('data', (part) => {
    seen.errors += String(part);
  });
  return { child, seen };
}

it('the example in Python follows a book to the end of the day, exactly, and is refused with a code without its token', async () => {
  process.env.VENUEWIRE_TEST_EXAMPLE = TOKEN;
  one = await simulated({ tokens: [{ name: 'example', token: 'env:VENUEWIRE_TEST_EXAMPLE' }] }, { rate: 4_000 });
  const { gateway, venue } = one;
  const day = one.day();
  await until(() => gateway.venues.get(VENUE)?.numberOf('ZAAA') !== undefined);
  const { child, seen } = follow(gateway.address, TOKEN);
  const refused = follow(gateway.address, 'another-token-than-this');
  await day;
  const { bids, asks } = referenceDepth(venue.history, 'ZAAA', 10);
  await until(() => {
    if (seen.last === '') return child.exitCode !== null;
    const { sequence: _, ...depth } = JSON.parse(seen.last);
    return JSON.stringify(depth) === JSON.stringify({ bids, asks });
  });
  expect(seen.errors).toBe('');
  expect(seen.lines).toBeGreaterThan(0);
  child.kill();
  if (refused.child.exitCode === null) await once(refused.child, 'exit');
  expect(refused.seen.errors).toContain('VW_GATEWAY_TOKEN');
});
