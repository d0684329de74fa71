/** The venues that give nothing back on request: what they are put together from, and what they say is not confirmed. */
import { describe, expect, it } from 'vitest';
import { compileVenue } from '../../src/feed/compile.js';
import { udpMulticast, type Venue } from '../../src/patterns/index.js';
import { b3Umdf } from '../../src/venues/b3-umdf.js';
import { eurexEobi } from '../../src/venues/eurex-eobi.js';
import { euronextOptiq } from '../../src/venues/euronext-optiq.js';
import { iceImpact } from '../../src/venues/ice-impact.js';
import { describeVenue, findVenue, type VenueEntry } from '../../src/venues/registry.js';
import { readSpec } from './compile-reader.js';

const lines = { A: udpMulticast('239.1.1.1:5001'), B: udpMulticast('239.1.1.2:5001') };
const loop = { A: udpMulticast('239.1.1.3:5001'), B: udpMulticast('239.1.1.4:5001') };
const channel = { lines, snapshot: loop };
const made: Readonly<Record<string, (withLoop: boolean) => Venue>> = {
  'eurex-eobi': (l) => eurexEobi({ channels: { one: l ? channel : { lines } }, reorder: '2ms' }) as unknown as Venue,
  'euronext-optiq': (l) =>
    euronextOptiq({ channels: { one: { channelId: 5, ...(l ? channel : { lines }) } } }) as unknown as Venue,
  'ice-impact': (l) => iceImpact({ channels: { one: l ? channel : { lines } } }) as unknown as Venue,
  'b3-umdf': (l) => b3Umdf({ channels: { one: { channelId: 5, ...(l ? channel : { lines }) } } }) as unknown as Venue,
};

describe.each(Object.entries(made))('%s', (id, make) => {
  it('waits, then takes a snapshot from its loop; nothing is asked for', () => {
    const spec = readSpec(compileVenue(make(true)).spec);
    expect(spec.rungs.map((r) => r.kind)).toEqual([0, 2]);
    expect(spec.requesters).toHaveLength(1);
    expect(spec.requesters[0]).toMatchObject({ servers: [], snapshotFrom: 1, purpose: 1 });
    expect(spec.lines.map((l) => l.role)).toEqual([0, 0, 2, 2]);
  });
  it('without snapshot lines has no rung for them', () => {
    const spec = readSpec(compileVenue(make(false)).spec);
    expect(spec.rungs.map((r) => r.kind)).toEqual([0]);
    expect(spec.requesters).toHaveLength(0);
  });
  it('says what is not confirmed, in the file and in the list', async () => {
    expect(make(true).unconfirmed.length).toBeGreaterThan(0);
    const { unconfirmed } = await describeVenue(findVenue(id) as VenueEntry);
    expect(unconfirmed).toEqual(expect.arrayContaining(make(true).unconfirmed));
  });
});

describe('what their snapshots count', () => {
  const requester = (id: string) => {
    const spec = readSpec(compileVenue((made[id] as (l: boolean) => Venue)(true)).spec);
    return { framing: spec.framings[0], requester: spec.requesters[0] };
  };
  it('products of their own at Eurex, a number that channels share at Euronext', () => {
    expect(requester('eurex-eobi')).toMatchObject({
      framing: { item: ['12:4l', '4:4l'], restarts: 1 },
      requester: { snapshotCount: 1, snapshotNumber: 2 },
    });
    expect(requester('euronext-optiq')).toMatchObject({
      framing: { item: [undefined, '8:8l'] },
      requester: { snapshotCount: 1, snapshotNumber: 0 },
    });
  });
  it('the channel’s numbers at ICE and B3', () => {
    const ice = requester('ice-impact').requester;
    expect(ice).toMatchObject({ snapshotCount: 0, snapshotNumber: 2 });
    expect(ice?.rules).toMatchObject([{ do: 'snapshotItem', number: '102:4b', key: '3:4b' }]);
    const b3 = requester('b3-umdf').requester;
    expect(b3?.rules).toMatchObject([
      { do: 'snapshotBegin', first: '4:4l=1', inMessage: 0 },
      { do: 'snapshotNumber', number: '16:4l', last: '20:4l' },
    ]);
  });
});
