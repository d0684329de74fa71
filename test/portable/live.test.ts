/** What a system without live reception says, and what goes on working there: run with the portable addon alone. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { record } from '../../src/capture/record.js';
import { openFeed } from '../../src/index.js';
import { udpMulticast } from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { fixture, venuewire } from '../unit/cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-portable-'));
afterAll(() => rmSync(folder, { recursive: true }));

const group = udpMulticast('239.255.42.7:31007', { interface: '127.0.0.1' });
const NEXT_STEP = /capture|certify/;

describe('a live line where there is no reception', () => {
  it.each(['auto', 'dpdk', 'socket', 'afXdp', 'packetRing', 'ioUring'] as const)(
    'is one coded error with the next step, by receive: %s',
    async (receive) => {
      const opened = openFeed(nasdaqTotalView({ lines: { A: group } }), { receive }).then((feed) => feed.run({}));
      await expect(opened).rejects.toMatchObject({
        code: 'VW_LIVE_UNSUPPORTED',
        message: expect.stringMatching(/^Line A .*Linux alone/),
        hint: expect.stringMatching(NEXT_STEP),
      });
    },
  );

  it('cannot be recorded, with the same code', async () => {
    const recorded = record({
      path: join(folder, 'day.pcapng'),
      sources: [{ interface: '127.0.0.1', groups: [{ ip: '239.255.42.7', port: 31_007, source: '' }] }],
      receive: 'auto',
      receiveBufferBytes: 1 << 16,
      rotateBytes: 0,
      rotateNs: 0,
      keep: 0,
    });
    await expect(recorded).rejects.toMatchObject({ code: 'VW_LIVE_UNSUPPORTED' });
  });

  it('ends the demo with the code and the next step, and no stack', async () => {
    const { code, err } = await venuewire(['demo', '--seconds', '1']);
    expect(code).toBe(3); // the environment
    expect(err).toMatch(/VW_LIVE_UNSUPPORTED/);
    expect(err).toMatch(NEXT_STEP);
    expect(err).not.toMatch(/ at .*:\d+:\d+/);
  });

  it('refuses a thread on a CPU, with the code that Linux has for one that cannot be had', async () => {
    const feed = openFeed(nasdaqTotalView({ lines: { A: group } }), {
      capture: { file: fixture('itch50-clean.pcap') },
      cpu: 0,
    }).then((opened) => opened.run({}));
    await expect(feed).rejects.toMatchObject({ code: 'VW_CPU', message: expect.stringContaining('Linux') });
  });
});

describe('without live lines', () => {
  it('a venue is certified in the simulator', async () => {
    const { code, out } = await venuewire(['certify', 'nasdaq-totalview', '--seeds', '2']);
    expect([code, /nasdaq-totalview/.test(out)]).toEqual([0, true]);
  });

  it('a capture is read from a file and from a pipe alike', async () => {
    const day = fixture('itch50-clean.pcap');
    const words = ['--decoder', 'nasdaq-totalview-itch-5.0', '--format', 'ndjson'];
    const file = await venuewire(['decode', day, ...words]);
    const pipe = await venuewire(['decode', '-', ...words], { input: readFileSync(day) });
    expect([file.code, file.out.length > 10_000, pipe.out === file.out]).toEqual([0, true, true]);
  });
});
