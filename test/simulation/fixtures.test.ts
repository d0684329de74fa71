import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/open.js';
import { udpMulticast } from '../../src/patterns/index.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { fixtures, manifest } from '../../src/simulator/fixtures.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';

const folder = new URL('../../fixtures/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, folder));
const entries = JSON.parse(read('manifest.json').toString()) as {
  name: string;
  messages: number;
  lost: number;
  digest: string;
}[];

describe('the fixtures', () => {
  test.each(fixtures.map((f) => [f.name, f] as const))('%s is what its seed gives, byte for byte', (name, fixture) => {
    expect(read(name).equals(fixture.make().bytes)).toBe(true);
  });

  test('are all in the manifest, and take less than a megabyte', () => {
    expect(read('manifest.json').toString()).toBe(manifest());
    const files = readdirSync(folder).filter((f) => f !== 'manifest.json');
    expect(files.sort()).toEqual(entries.map((e) => e.name).sort());
    expect(files.reduce((n, f) => n + read(f).length, 0)).toBeLessThan(1_000_000);
  });

  test.each(['itch50-clean.pcap', 'itch50-ab-lossy.pcap'])('%s is delivered as the manifest says', async (name) => {
    const entry = entries.find((e) => e.name === name);
    const feed = await openFeed(
      nasdaqTotalView({
        lines: { A: udpMulticast('233.54.12.111:26477'), B: udpMulticast('233.49.196.111:26477') },
        join: 'beginning',
      }),
      { capture: { file: new Uint8Array(read(name)) } },
    );
    const digest = new StreamDigest();
    const { view } = feed.ring;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    let lost = 0n;
    feed.on('gapAbandoned', (n) => {
      lost += n.count;
    });
    const take = (m: { $at: number; $length: number }, at: { sequence: number }): void =>
      digest.add(at.sequence, bytes, m.$at, m.$length);
    await feed.run(Object.fromEntries(itch50.names.map((n) => [n, take])));
    expect(digest.count).toBe(entry?.messages);
    expect(Number(lost)).toBe(entry?.lost);
    expect(digest.toString()).toBe(entry?.digest);
  });
});
