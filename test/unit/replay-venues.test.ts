import { describe, expect, it } from 'vitest';
import { Capture } from '../../src/capture/packets.js';
import { captureVenue } from '../../src/cli/feeds.js';
import { openFeed } from '../../src/index.js';
import { venues } from '../../src/venues/registry.js';
import { fixture } from './cli-process.js';

describe('a capture is read as every venue that is listed', () => {
  it('lists more than sixty', () => {
    expect(venues.length).toBeGreaterThan(60);
  });

  it.each(venues.map((v) => v.id))('%s: to its end, or refused with a code', async (id) => {
    const { venue, capture } = await captureVenue(new Capture(fixture('itch50-clean.pcap')), { venue: id, line: [] });
    const feed = await openFeed(venue, { capture });
    try {
      await feed.run();
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^VW_/) });
    }
    const { expected, delivered, recovered, abandoned, inFlight } = feed.statistics().ledger;
    expect(expected).toBe(delivered + recovered + abandoned + inFlight);
    feed.close();
  });
});
