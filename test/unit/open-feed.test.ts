import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openFeed } from '../../src/feed/open.js';
import { udpMulticast } from '../../src/patterns/index.js';
import { loadVenue } from '../../src/venues/load.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { venues } from '../../src/venues/registry.js';
import { fixture, manifest } from './cli-process.js';

const YAML = `
apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: nasdaq-totalview }
spec:
  decoder: nasdaq-totalview-itch-5.0
  lines:
    A: { type: udpMulticast, address: '233.54.12.111:26477' }
    B: { type: udpMulticast, address: '233.49.196.111:26477' }
  recovery:
    - { type: waitForOtherLine, for: 1ms }
    - { type: request, pattern: moldudp64-rerequest, servers: ['10.1.1.4:17000'] }
`;
const folder = mkdtempSync(join(tmpdir(), 'venuewire-open-'));
const path = join(folder, 'totalview.yaml');
writeFileSync(path, YAML);
afterAll(() => rmSync(folder, { recursive: true }));

const capture = { capture: { file: fixture('itch50-clean.pcap') } };
const lines = { A: udpMulticast('233.54.12.111:26477'), B: udpMulticast('233.49.196.111:26477') };
const refusal = (venue: unknown) =>
  openFeed(venue as string).then(
    () => 'opened',
    (cause) => cause as { code: string; message: string; hint: string },
  );

describe('openFeed', () => {
  it.each([
    ['a ready venue', () => openFeed(nasdaqTotalView({ lines }), capture)],
    ['the path of a venue file', () => openFeed(path, capture)],
    ['the URL of a venue file', () => openFeed(pathToFileURL(path), capture)],
    ['a venue resource', () => openFeed(parse(YAML), capture)],
    ['a venue document', () => openFeed({ name: 'x', ...parse(YAML).spec }, capture)],
    [
      'a venue whose patterns are ids',
      () =>
        openFeed(
          nasdaqTotalView({
            lines,
            ladder: [{ type: 'request', pattern: 'moldudp64-rerequest', servers: ['10.1.1.4:17000'] }],
          }),
          capture,
        ),
    ],
  ])('takes %s', async (_, open) => {
    const feed = await open();
    let orders = 0;
    const { messages } = await feed.run({ addOrder: () => orders++ });
    expect(messages).toBe(manifest('itch50-clean.pcap').messages);
    expect(orders).toBeGreaterThan(0);
    expect(feed.lines).toEqual(['A', 'B']);
  });

  it.each([
    ['a function that makes one', nasdaqTotalView, 'VW_VENUE', 'Call it: nasdaqTotalView({ lines'],
    ['nothing', undefined, 'VW_VENUE', 'defineVenue'],
    [
      'a document with a fault',
      { name: 'x', ...parse(YAML).spec, lines: {}, liens: 1 },
      'VW_VENUE',
      'schema/venue.schema.json',
    ],
    [
      'a decoder that is not there',
      { name: 'x', ...parse(YAML).spec, decoder: 'itch' },
      'VW_VENUE',
      'Name one that exists',
    ],
    ['a file that is not there', './no-such.yaml', 'VW_VENUE_FILE', 'path'],
    ['a file elsewhere', new URL('https://example.org/venue.yaml'), 'VW_VENUE_FILE', 'path'],
  ])('refuses %s and says what to pass', async (_, venue, code, hint) => {
    expect(await refusal(venue)).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  it('refuses each ready venue that is called without what it needs, and says what that is', async () => {
    const folder = new URL('../../src/venues/', import.meta.url);
    const helpers = ['load', 'options', 'own', 'registry', 'simulated', 'via', 'yaml'];
    const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && !helpers.includes(name.slice(0, -3)));
    const wrong: string[] = [];
    let called = 0;
    for (const name of names) {
      const made = Object.entries((await import(new URL(name, folder).href)) as object).filter(
        ([key, value]) => typeof value === 'function' && /^[a-z]/.test(key) && !key.startsWith('example'),
      );
      for (const [key, make] of made as [string, (...args: unknown[]) => unknown][])
        for (const args of [[], [{}], [null], [{ lines: null, channels: null, groups: null }]])
          try {
            called++;
            make(...args);
          } catch (error) {
            const { code, message } = error as { code?: string; message: string };
            const told =
              /^VW_(VENUE|SUBSCRIPTION)$/.test(code ?? '') && (code !== 'VW_VENUE' || /'\w+|options/.test(message));
            if (!told) wrong.push(`${name} ${key} ${JSON.stringify(args)}: ${code} ${message}`);
          }
    }
    expect(called).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  it.each(venues.map((v) => v.id))('says how the ready venue %s is called', async (id) => {
    const error = (await refusal(id)) as { code: string; hint: string };
    expect(error.code).toBe('VW_VENUE_FILE');
    const [, name, module] = /import \{ (\w+) \} from 'venuewire\/venues\/([\w-]+)'/.exec(error.hint) ?? [];
    expect(await import(`../../src/venues/${module}.ts`)).toHaveProperty(name as string, expect.any(Function));
  });
});

describe('resume', () => {
  const numbers = async (resume: NonNullable<Parameters<typeof openFeed>[1]>['resume']): Promise<number[]> => {
    const feed = await openFeed(nasdaqTotalView({ lines }), { ...capture, ...(resume && { resume }) });
    const seen: number[] = [];
    const take = (_: unknown, { sequence }: { sequence: number }): void => {
      seen.push(sequence);
    };
    await feed.run(Object.fromEntries(feed.decoder.names.map((name) => [name, take])) as never);
    const { expected, delivered, recovered, abandoned, inFlight } = feed.statistics().ledger;
    expect(expected).toBe(delivered + recovered + abandoned + inFlight);
    return seen;
  };
  /** What the fixture's packets are of. */
  const session =
    new TextDecoder().decode(readFileSync(fixture('itch50-clean.pcap'))).match(/SIM\d{7}|[A-Z]{3}\d{7}/)?.[0] ?? '';

  it('goes on with the number that is wanted next, in the middle of a packet too', async () => {
    const all = await numbers(undefined);
    for (const next of [2, 101, 102, all.length]) {
      const rest = await numbers({ 'nasdaq-totalview': { session, next } });
      expect(rest).toEqual(all.filter((n) => n >= next));
    }
  });

  it('in another session begins as the venue says', async () => {
    expect(await numbers({ 'nasdaq-totalview': { session: 'OTHER', next: 101 } })).toEqual(await numbers(undefined));
  });

  it('asks for what was missed, whatever `join` says: what nobody brings is given up, and counted', async () => {
    const feed = await openFeed(nasdaqTotalView({ lines, join: 'live' }), {
      ...capture,
      resume: { 'nasdaq-totalview': { session, next: 1 } },
    });
    const { statistics } = await feed.run({});
    expect(statistics.ledger.expected).toBe(statistics.ledger.delivered + statistics.ledger.abandoned);
  });

  it.each([
    ['no such channel', { other: { next: 1 } }, 'nasdaq-totalview'],
    ['a number that is none', { 'nasdaq-totalview': { next: -1 } }, 'session, next'],
    ['a word that there is not', { 'nasdaq-totalview': { next: 1, from: 2 } }, 'session, next'],
  ])('is refused with %s', async (_, resume, says) => {
    const cause = await openFeed(nasdaqTotalView({ lines }), { ...capture, resume: resume as never }).then(
      () => undefined,
      (error: { code: string; message: string; hint: string }) => error,
    );
    expect(cause?.code).toBe('VW_OPTION');
    expect(`${cause?.message} ${cause?.hint}`).toContain(says);
  });
});

describe('via', () => {
  const VIA = `${YAML}  via: { proxy: ['10.1.1.9:17100', '10.1.1.10:17100'] }\n`;
  it('takes the place of the venue’s own servers, and of nothing else', async () => {
    const [own, via] = [await loadVenue(YAML), await loadVenue(VIA)];
    const servers = via.recovery.flatMap((rung) => (rung.type === 'waitForOtherLine' ? [] : rung.servers));
    expect(new Set(servers)).toEqual(new Set(['10.1.1.9:17100', '10.1.1.10:17100']));
    expect(via.recovery[0]).toEqual(own.recovery[0]);
    const { recovery: _, ...rest } = own;
    expect(via).toMatchObject(rest);
  });
  it('is not followed by the proxy itself', async () => {
    expect(await loadVenue(VIA, { isProxy: true })).toEqual(await loadVenue(YAML));
  });
  it.each([
    ['another framing', VIA.replace('nasdaq-totalview-itch-5.0', 'iex-deep-1.0'), 'MoldUDP64'],
    ['no address', VIA.replace('10.1.1.9:17100', '10.1.1.9'), 'host:port'],
  ])('is refused with %s, and the place is named', async (_, text, says) => {
    await expect(loadVenue(text)).rejects.toThrow(expect.objectContaining({ code: 'VW_VENUE' }));
    await expect(loadVenue(text)).rejects.toThrow(says);
    await expect(loadVenue(text)).rejects.toThrow(/venue:\d+:\d+: spec.via/);
  });
});
