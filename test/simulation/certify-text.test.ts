/** Venues that send text, put through what goes wrong with connections: in virtual time, by seed. */
import { describe, expect, it } from 'vitest';
import { findCandidate, runTrialSeeds } from '../../src/simulator/certify/campaign.js';
import { certify } from '../../src/simulator/certify/testkit.js';
import { playText, type TextStage } from '../../src/simulator/certify/text/text-run.js';
import { textModels, textStageOf, trialsOf } from '../../src/simulator/certify/text/text-trials.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import { internetVenues } from '../../src/venues/registry.js';
import { venuewire } from '../unit/cli-process.js';

/** `venuewire certify --all` plays 200. */
const SEEDS = Number(process.env.VENUEWIRE_SEEDS ?? 1);

describe.each(textModels)('%s', (id) => {
  it('passes every scenario that its declarations call for', async () => {
    const { trials } = await findCandidate(id);
    const failures = trials.flatMap((trial) =>
      runTrialSeeds(id, trial, 1, SEEDS).failures.map((f) => `${trial.name}, seed ${f.seed}: ${f.faults.join('; ')}`),
    );
    expect(failures).toEqual([]);
  }, 60_000);
});

it('every ready venue that sends text is played', () => {
  expect([...textModels].sort()).toEqual(internetVenues.map(({ id }) => id).sort());
});

it('faults are those that can happen there: by network, checksum, numbers and credentials', () => {
  const names = (id: string) => trialsOf(textStageOf(id)).map(({ name }) => name);
  expect(names('kraken-spot')).toEqual(expect.arrayContaining(['wrongChecksum', 'gap', 'close1013', 'http429']));
  expect(names('coinbase-exchange')).not.toContain('gap');
  expect(names('kraken-futures')).not.toContain('wrongChecksum');
  expect(names('betfair')).toEqual(expect.arrayContaining(['expiredToken', 'maintenance', 'clockSkew']));
  expect(names('betfair')).not.toContain('http503');
});

const failing = (stage: TextStage, name: string, seeds = 5): string[] => {
  const trial = trialsOf(stage).find((t) => t.name === name);
  if (trial === undefined) throw new Error(name);
  return Array.from({ length: seeds }, (_, seed) => playText(stage, trial, seed + 1).faults).flat();
};

describe('a venue that is declared wrongly fails', () => {
  it('whose numbers are not followed', () => {
    const stage = textStageOf('kraken-futures');
    const integrity = { ...stage.venue.integrity, position: { type: 'none' as const } } as never;
    const blind = { ...stage, venue: { ...stage.venue, integrity } };
    const trial = trialsOf(stage).find((t) => t.name === 'gap');
    const faults = [1, 2, 3].flatMap((seed) => playText(blind, trial as never, seed).faults);
    expect(faults.join()).toContain('is wrong and not stale');
  });
  it('whose silence is not bounded', () => {
    const stage = textStageOf('kraken-spot');
    const subscription = { ...stage.venue.subscription, silence: '90d' } as never;
    const trial = trialsOf(stage).find((t) => t.name === 'silence');
    const patient = { ...stage, venue: { ...stage.venue, subscription } };
    expect(playText(patient, { ...trial, told: ['VW_SILENCE'] } as never, 1).faults.join()).toContain('VW_SILENCE');
  });
  it('whose clock is not held against ours', () => {
    const stage = textStageOf('oanda');
    const subscription = { ...stage.venue.subscription, clock: undefined } as never;
    const trial = trialsOf(stage).find((t) => t.name === 'clockSkew');
    const faults = playText({ ...stage, venue: { ...stage.venue, subscription } }, trial as never, 1).faults;
    expect(faults.join()).toContain('VW_CLOCK_SKEW was not told');
  });
});

it('the seed alone decides', () => {
  const stage = textStageOf('binance-spot');
  const trial = trialsOf(stage).find(({ name }) => name === 'everything') as never;
  const { delivered, abandoned, timeNs } = playText(stage, trial, 11);
  expect(playText(stage, trial, 11)).toMatchObject({ delivered, abandoned, timeNs });
  expect(failing(stage, 'everything', 1)).toEqual([]);
});

it("a venue of one's own with the table of a ready one is played as it is declared", async () => {
  const own = { ...krakenSpot({ instruments: ['BTC/USD'], subscription: { silence: '3s' } }), name: 'mine' };
  const { failures, runs } = await certify(own, { seeds: 1 });
  expect([failures, runs > 10]).toEqual([[], true]);
});

it('certify names them, and plays one scenario again by its seed', async () => {
  const ran = await venuewire(['certify', 'kraken-spot', '--scenario', 'wrongChecksum', '--seed', '3']);
  expect([ran.code, ran.out]).toEqual([0, expect.stringContaining('all good')]);
  const strange = await venuewire(['certify', 'betfair', '--scenario', 'http503']);
  expect([strange.code, strange.err]).toEqual([2, expect.stringContaining('expiredToken')]);
});
