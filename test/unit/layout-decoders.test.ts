import { describe, expect, it } from 'vitest';
import { decoders } from '../../src/decoders/registry.js';
import { check } from '../../src/layout/index.js';

describe.each(decoders.map((d) => [d.id, d] as const))('the table of %s', (id, entry) => {
  it('has no hole, no overlap, lengths that add up and unique codes', async () => {
    const decoder = await entry.load();
    expect(decoder.id).toBe(id);
    expect(check(decoder)).toEqual([]);
  });
});
