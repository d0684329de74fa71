import { describe, expect, it } from 'vitest';
import { findDecoder } from '../../src/decoders/registry.js';
import { compileVenue } from '../../src/feed/compile.js';
import { Decoder } from '../../src/layout/index.js';
import type { Recovery, Snapshot } from '../../src/patterns/index.js';
import { models } from '../../src/simulator/certify/models.js';
import { Stage } from '../../src/simulator/certify/stage.js';
import { describeVenue, findPattern, findVenue, type VenueEntry, venues } from '../../src/venues/registry.js';
import { readSpec } from './compile-reader.js';

const OURS = [
  'cboe-pitch',
  'nyse-pillar',
  'cta',
  'opra',
  'memx',
  'hkex-omd-c',
  'lse-gtp',
  'lse-mitch',
  'miax',
  'cme-mdp3',
];

const compiled = async (id: string) => {
  const model = await models[id]?.();
  if (model === undefined) throw new Error(id);
  // With simulated credentials, as certification has it.
  return readSpec(compileVenue(new Stage(model).venue).spec);
};
const hex = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('hex');

describe.each(OURS)('%s', (id) => {
  it('is listed with what it is put together from', async () => {
    const { unconfirmed, patterns, decoders } = await describeVenue(findVenue(id) as VenueEntry);
    expect(unconfirmed.length).toBeGreaterThan(0);
    for (const p of patterns) expect(findPattern(p), p).toBeDefined();
    for (const d of decoders) expect(findDecoder(d), d).toBeDefined();
  });
  it('compiles', async () => {
    const spec = await compiled(id);
    expect(spec.requesters.length).toBe((await describeVenue(findVenue(id) as VenueEntry)).patterns.length);
  });
});

const descriptions = await Promise.all(venues.map(describeVenue));
const used = [...new Set(descriptions.filter((d) => OURS.includes(d.id)).flatMap((d) => d.patterns))];

describe('status codes', () => {
  it.each(used)('%s gives every code of its tables an outcome', async (id) => {
    const pattern = (await findPattern(id)?.load()) as Recovery | Snapshot;
    for (const r of pattern.replies) {
      if (r.do !== 'status' || r.on === undefined || typeof r.number !== 'string') continue;
      const decoder = r.on.table as Decoder;
      expect(decoder).toBeInstanceOf(Decoder);
      const part = decoder.plan(decoder.indexOf(r.on.message)).record.byName.get(r.number);
      const labels = part?.kind === 'field' ? Object.keys(part.field?.data.values ?? {}) : [];
      // Acceptance may have a rule of its own, with that code as its condition.
      const apart = pattern.replies
        .filter((x) => x.on?.message === r.on?.message)
        .map((x) => String(x.on?.values[r.number as string]));
      for (const code of labels) expect([...Object.keys(r.statuses), ...apart], `${id} ${code}`).toContain(code);
    }
  });
});

describe('what is said to servers', () => {
  const requester = async (venue: string, pattern: string) => {
    const q = (await compiled(venue)).requesters.find((r) => r.name === pattern);
    if (q === undefined) throw new Error(pattern);
    return q;
  };
  it('NYSE: a refresh of all symbols, numbered by us, flag 11', async () => {
    const q = await requester('nyse-pillar', 'nyse-refresh');
    expect(hex(q.request.bytes).slice(0, 8)).toBe('24000b01');
    expect(hex(q.request.bytes).slice(32, 48)).toBe('14000f0000000000');
    expect(q.request.patches).toEqual(['clientSequence uintLittle @4:4', 'channel uintLittle @35:1']);
    expect(q.rules[0]).toMatchObject({ first: '2:1l=1', inMessage: 0, do: 'answer' });
  });
  it('LSE GTP: the group stands in the header of the packet', async () => {
    const q = await requester('lse-gtp', 'lse-gtp-replay');
    expect(q.request.patches).toContain('channel uintLittle @3:1');
    expect(q).toMatchObject({ lifecycle: 1, repliesAreFeed: 1, ageMax: 65_000n });
    expect(q.loginGap).toBe(100_000_000n);
  });
  it('LSE MITCH: a range of 65,535 at most, the segment of a snapshot', async () => {
    const q = await requester('lse-mitch', 'lse-mitch-replay');
    expect(q).toMatchObject({ rangeMax: 65_535n, lifecycle: 2 });
    expect(hex(q.logout.bytes)).toBe('0a000100000000000205');
    const s = await requester('lse-mitch', 'lse-mitch-snapshot');
    expect(hex(s.request.bytes)).toContain(hex('SET0  '));
  });
  it('CME: FIX text without BeginString; packets of at most 2,000', async () => {
    const q = await requester('cme-mdp3', 'cme-tcp-replay');
    expect(q.request.bytes).toBe('35=V\x011180=\x01262=\x011182=\x011183=\x01');
    expect(q.login.bytes.startsWith('35=A\x01553=')).toBe(true);
    expect(q).toMatchObject({ rangeMax: 2000n, lifecycle: 1, serial: 1 });
  });
  it('MIAX: a session of the feed, number 0, then a range', async () => {
    const q = await requester('miax', 'miax-retransmission');
    expect(q.login.patches).toEqual(['session uintLittle @30:1']);
    expect(q.request.patches).toEqual(['begin uintLittle @3:8', 'last uintLittle @11:8']);
  });
  it('answers on lines are asked for without waiting', async () => {
    expect(await requester('cboe-pitch', 'cboe-grp')).toMatchObject({ serial: 0 });
    expect(await requester('memx', 'memx-replay')).toMatchObject({ serial: 1 });
  });
});
