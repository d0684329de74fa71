// The console in a browser that nobody here wrote, while lines lose packets and one falls silent: what it shows is held
// against the ledger of the feed and a book that is read off the day by hand.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import { serveGateway } from '../../src/gateway/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { referenceDepth, type Simulated, simulated, until, VENUE } from '../unit/gateways.js';
import { pagePicture } from './page-picture.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Pictures are kept where they are asked for: VENUEWIRE_PICTURES=docs/images. */
const PICTURES = process.env.VENUEWIRE_PICTURES;
const WHOLE_SECOND_NS = 1e9;
const LEVELS = 12;
/** An element of the page that says what it shows. */
interface Marked {
  readonly dataset: Readonly<Record<string, string>>;
}

let one: Simulated;
let browser: Browser;
let page: Page;
const faults: string[] = [];
beforeAll(async () => {
  // Before the venue: faults of its lines are timed from when it is there.
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  one = await simulated(
    { console: join(root, 'packages/console'), limits: { requestsPerSecond: 1_000 } },
    {
      ...{ seed: 5, symbols: 6, messages: 20_000, rate: 2_000 },
      faults: [
        { loss: 0.08 },
        { loss: 0.08, silence: [{ fromNs: 4 * WHOLE_SECOND_NS, toNs: 1_000 * WHOLE_SECOND_NS }] },
      ],
    },
  );
  page = await browser.newPage({ viewport: { width: 1_200, height: 1_180 }, colorScheme: 'light' });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
});
afterAll(async () => {
  await browser?.close();
  await one?.close();
});

const text = async (selector: string): Promise<string> => (await page.textContent(selector)) ?? '';
const count = async (selector: string): Promise<number> => Number((await text(selector)).replaceAll(',', ''));
const picture = async (name: string): Promise<void> => {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  writeFileSync(join(PICTURES, `${name}.svg`), await pagePicture(page));
};

it('shows what the ledger says, while gaps open and close and a line falls silent', async () => {
  const feed = one.gateway.venues.get(VENUE)?.source as Feed;
  const day = one.day();
  await page.goto(`${one.gateway.address}/`);
  await page.waitForSelector(`[data-venue="${VENUE}"][aria-selected="true"]`);
  await page.waitForSelector('#lines .badge.bad');
  expect(await text('#lines')).toContain('silent');
  await page.waitForSelector('#notices [data-type="gapOpened"]');
  await page.waitForSelector('#timeline rect.opened');
  await picture('console');
  // Any moment: what is shown balances.
  const terms = await page.$$eval('#ledger [data-term] b', (all) =>
    all.map((b) => Number((b.textContent ?? '').replaceAll(',', ''))),
  );
  const [expected = 0, ...parts] = terms;
  expect(parts.reduce((sum, n) => sum + n, 0)).toBe(expected);
  expect(expected).toBeGreaterThan(0);
  await day;
  const { ledger } = feed.statistics();
  for (const term of ['expected', 'delivered', 'recovered', 'abandoned', 'inFlight'] as const)
    await until(async () => (await count(`[data-term="${term}"] b`)) === ledger[term]);
  expect(ledger.recovered).toBeGreaterThan(0);
  const shown = await page.$$eval('#notices li', (all) =>
    all.map((li) => Number((li as unknown as Marked).dataset.sequence)),
  );
  const told = one.gateway.venues.get(VENUE)?.notices(0) ?? [];
  expect(shown).toEqual(
    told
      .slice(-50)
      .map(({ sequence }) => sequence)
      .reverse(),
  );
  const first = await page.$$eval('#lines tbody td:nth-child(3)', (all) =>
    all.map((td) => Number((td.textContent ?? '').replaceAll(',', ''))),
  );
  expect(first.reduce((sum, n) => sum + n, 0)).toBe(one.venue.history.length);
});

it('shows the book and the trades of the instrument that is chosen, by keyboard', async () => {
  const { instruments } = await one.client().instruments(VENUE);
  const names = instruments.map(({ instrument }) => instrument);
  const wanted = names[3] as string;
  await page.keyboard.press('/');
  await page.keyboard.type(wanted);
  await page.keyboard.press('Enter');
  for (const stock of [wanted, names[4] as string]) {
    await until(async () => (await text('#book-state')) === `${stock} is whole`);
    const truth = referenceDepth(one.venue.history, stock, LEVELS);
    const prices = [...[...truth.asks].reverse(), ...truth.bids].map(([price]) => price);
    await until(async () => {
      const shown = await page.$$eval('#ladder tbody tr', (all) =>
        all.map((tr) => (tr as unknown as Marked).dataset.price),
      );
      return JSON.stringify(shown) === JSON.stringify(prices);
    });
    const sizes = await page.$$eval('#ladder [data-side="bid"] td:nth-child(2)', (all) =>
      all.map((td) => td.textContent),
    );
    expect(sizes).toEqual(truth.bids.map(([, size]) => size));
    const trades = await one.client().trades(VENUE, stock, 40);
    const shown = await page.$$eval('#trades tbody tr', (all) =>
      all.map((tr) => Number((tr as unknown as Marked).dataset.sequence)),
    );
    expect(shown).toEqual(trades.map(({ sequence }) => sequence).reverse());
    await page.keyboard.press('j');
  }
});

it('is dark or light, helps with its keys, and fits on a phone', async () => {
  const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const light = await background();
  await page.keyboard.press('t');
  expect(await background()).not.toBe(light);
  await page.keyboard.press('?');
  await page.waitForSelector('#help[open]');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 844 });
  await until(
    async () => Number(await page.evaluate("document.querySelector('#timeline line').getAttribute('x2')")) < 390,
  );
  await picture('console-phone');
  const overflow = await page.evaluate('document.scrollingElement.scrollWidth - window.innerWidth');
  expect(overflow).toBe(0);
});

it('says that the gateway has gone, and goes on by itself when there is one again', async () => {
  expect(faults).toEqual([]);
  const { host } = new URL(one.gateway.address);
  await one.gateway.close();
  await page.waitForSelector('#connection.bad');
  expect(await text('#connection')).toBe('disconnected');
  const A = { type: 'captureFile', path: join(root, 'fixtures/itch50-ab-lossy.pcap') } as const;
  const feed = await openFeed(nasdaqTotalView({ lines: { A } } as never));
  const again = await serveGateway({ [VENUE]: feed }, { listen: host });
  await page.waitForSelector('#connection.good');
  await again.venues.get(VENUE)?.done;
  const { ledger } = feed.statistics();
  await until(async () => (await count('[data-term="expected"] b')) === ledger.expected);
  expect(await text('#status')).toContain('ended');
  await again.close();
});
