// Prometheus metrics: what is scraped is what the feed counts, by names that follow the convention.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHANNEL_COUNTERS, FEED_COUNTERS } from '../../src/contract.js';
import type { Notice } from '../../src/feed/batch.js';
import { type FeedMetrics, metricsOf, serveMetrics } from '../../src/metrics/index.js';
import { venuewire } from './cli-process.js';

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const zeros = (table: readonly { readonly name: string }[]) => Object.fromEntries(table.map(({ name }) => [name, 0]));

/** A feed of which nothing is real but its statistics. */
function feed(channel: object = {}, own: object = {}, lines = ['A', 'B'], channels = ['c']) {
  const statistics = () => ({
    ledger: {},
    reader: {},
    feed: { ...zeros(FEED_COUNTERS), ...own },
    channels: channels.map(() => ({ ...zeros(CHANNEL_COUNTERS), ...channel })),
  });
  return { channels, lines, statistics } as never;
}
const sample = (text: string, name: string): number => {
  const line = text.split('\n').find((l) => l.startsWith(name));
  if (line === undefined) throw new Error(`there is no ${name}`);
  return Number(line.split(' ').at(-1));
};
const namesIn = (text: string): string[] => [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name as string);
const pipelines = () => ({
  p: { ledger: { accepted: 9, stored: 5, refused: 1, dropped: 1, pending: 2, reasons: {} } },
});
const whole = async (): Promise<string> => (await metricsOf(feed(), { venue: 'v', pipelines } as never)).text();

describe('metrics', () => {
  it('have names by the convention, a help text each, and base units', async () => {
    const text = await whole();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    expect(types.length).toBeGreaterThan(50);
    for (const [, name, type] of types as unknown as [string, string, string][]) {
      expect(name).toMatch(/^venuewire_[a-z0-9_]+$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ns|ms|us)(_|$)/);
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
    }
  });
  it('are the counters at the time of the scrape, and are not added up from scrape to scrape', async () => {
    const counted = {
      delivered: 90,
      recovered: 7,
      abandoned: 3,
      expected: 101,
      inFlight: 1,
      packetsA: 11,
      packetsB: 12,
    };
    const metrics = await metricsOf(feed(counted, { kernelDrops: 4, longestCycleNs: 2_500_000 }), { venue: 'v' });
    await metrics.text();
    const text = await metrics.text();
    expect(sample(text, 'venuewire_channel_delivered_total{venue="v",channel="c"}')).toBe(90);
    expect(sample(text, 'venuewire_channel_in_flight{venue="v",channel="c"}')).toBe(1);
    expect(sample(text, 'venuewire_feed_kernel_drops_total{venue="v"}')).toBe(4);
    expect(sample(text, 'venuewire_feed_longest_cycle_seconds{venue="v"}')).toBe(0.0025);
    expect(sample(text, 'venuewire_line_packets_total{venue="v",channel="c",line="B"}')).toBe(12);
  });
  it('name lines as the venue does, of one channel or of several', async () => {
    const one = await metricsOf(feed({ packetsB: 1 }, {}, ['north', 'south', 'snapshot/A']), { venue: 'v' });
    expect(await one.text()).toContain('line="south"');
    const many = feed({ packetsA: 3 }, {}, ['x/P', 'x/Q', 'x/retransmission/A', 'y/R'], ['x', 'y']);
    const text = await (await metricsOf(many, { venue: 'v' })).text();
    const lines = [...text.matchAll(/^venuewire_line_packets_total\{.*channel="(.)",line="(.)"\} (\d)/gm)].map(
      ([, ...of]) => of.join(' '),
    );
    expect(lines).toEqual(['x P 3', 'x Q 0', 'y R 3']);
  });
  it('escape what a venue is called', async () => {
    const text = await (await metricsOf(feed(), { venue: 'a"b\\c\nd' })).text();
    expect(text).toContain('venue="a\\"b\\\\c\\nd"');
  });
  it('time gaps from their announcement to their end, a part at a time, once each', async () => {
    const metrics = await metricsOf(feed(), { venue: 'v' });
    const tell = (type: Notice['type'], begin: number, end: number, ms: number): void =>
      metrics.notice({
        type,
        channel: 0,
        begin: BigInt(begin),
        end: BigInt(end),
        time: BigInt(ms) * 1_000_000n,
      } as Notice);
    tell('gapOpened', 10, 20, 1000);
    tell('gapFilled', 10, 15, 1003);
    tell('gapAbandoned', 15, 20, 1500);
    tell('gapAbandoned', 15, 20, 9000);
    tell('stale', 15, 20, 9000);
    const text = await metrics.text();
    const of = (outcome: string, part: string): number =>
      sample(text, `venuewire_gap_seconds_${part}{venue="v",channel="c",outcome="${outcome}"}`);
    expect([of('filled', 'count'), of('filled', 'sum')]).toEqual([1, 0.003]);
    expect([of('abandoned', 'count'), of('abandoned', 'sum')]).toEqual([1, 0.5]);
  });
  it('have the ledger of each sink', async () => {
    const text = await whole();
    expect(sample(text, 'venuewire_sink_rows_total{venue="v",pipeline="p",outcome="stored"}')).toBe(5);
    expect(sample(text, 'venuewire_sink_pending_rows{venue="v",pipeline="p"}')).toBe(2);
  });
});

describe('the server', () => {
  const metrics = {
    registry: { contentType: 'text/plain' },
    text: () => Promise.resolve('x 1\n'),
  } as unknown as FeedMetrics;
  it('answers GET /metrics and nothing else', async () => {
    const { address, close } = await serveMetrics(metrics, '127.0.0.1:0');
    const ask = (path: string, method = 'GET') => fetch(`http://${address}${path}`, { method });
    expect(await (await ask('/metrics')).text()).toBe('x 1\n');
    expect([
      (await ask('/')).status,
      (await ask('/metrics', 'POST')).status,
      (await ask('/metrics?x=1')).status,
    ]).toEqual([404, 405, 200]);
    await expect(serveMetrics(metrics, address)).rejects.toMatchObject({
      code: 'VW_METRICS',
      message: expect.stringContaining('EADDRINUSE'),
    });
    await close();
    await expect(ask('/metrics')).rejects.toThrow();
  });
  it.each(['9464', ':x', ':70000', 'nowhere.invalid:1'])('refuses %s', async (place) => {
    await expect(serveMetrics(metrics, place)).rejects.toMatchObject({ code: 'VW_METRICS' });
  });
});

describe('venuewire run --metrics', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vw-metrics-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const USER = { VENUEWIRE_SIMULATED_USER: 'SIMUSR', VENUEWIRE_SIMULATED_PASSWORD: 'SIMPASS' };

  it('serves a running feed: the ledger balances, lines bring packets, gaps and waits are timed', async () => {
    const file = join(folder, 'venue.yaml');
    let running: ReturnType<typeof venuewire> | undefined;
    let text = '';
    await venuewire(['simulate', '--rate', '2000', '--seconds', '600', '--loss', '0.1,0.1', '--seed', '4'], {
      watch: (simulating, out) => {
        if (running !== undefined || !out.includes('glimpse')) return;
        writeFileSync(file, out);
        let hasBegun = false;
        running = venuewire(['run', file, '--metrics', '127.0.0.1:0'], {
          env: USER,
          watch: (child, lines, err) => {
            const url = /http:\S+/.exec(err)?.[0];
            if (hasBegun || url === undefined || !lines.includes('gapFilled')) return;
            hasBegun = true;
            void fetch(url)
              .then((answer) => answer.text())
              .then((said) => {
                text = said;
              })
              .finally(() => child.kill('SIGINT'));
          },
        });
        void running.then(() => simulating.kill('SIGTERM'));
      },
    });
    await running;
    const channel = (name: string): number => sample(text, `venuewire_channel_${name}{`);
    expect(channel('expected_total')).toBeGreaterThan(100);
    expect(channel('recovered_total')).toBeGreaterThan(0);
    expect(sample(text, 'venuewire_line_packets_total{')).toBeGreaterThan(0);
    expect(sample(text, 'venuewire_gap_seconds_count{')).toBeGreaterThan(0);
    const waits = sample(text, 'venuewire_receive_to_handler_seconds_count{');
    const mean = sample(text, 'venuewire_receive_to_handler_seconds_sum{') / waits;
    expect(waits).toBeGreaterThan(0);
    expect(mean).toBeGreaterThan(0);
    expect(mean).toBeLessThan(10);
  });
  it('refuses a place that is none, and closes the feed', async () => {
    const file = join(folder, 'plain.yaml');
    writeFileSync(
      file,
      'apiVersion: venuewire.io/v1alpha1\nkind: VenueConnection\nmetadata: { name: x }\nspec:\n  decoder: nasdaq-totalview-itch-5.0\n  lines: { A: { type: udpUnicast, address: "127.0.0.1:45991" } }\n',
    );
    const ran = await venuewire(['run', file, '--metrics', 'nonsense']);
    expect(ran.code).toBe(3);
    expect(ran.err).toContain('VW_METRICS');
  });
});

describe('what is deployed', () => {
  const alerts = parse(readFileSync(here('deploy/alerts/venuewire.yaml'), 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  };
  const dashboard = readFileSync(here('deploy/dashboards/venuewire.json'), 'utf8');
  const page = readFileSync(here('docs/metrics.md'), 'utf8');
  const rules = alerts.groups.flatMap((g) => g.rules);
  const used = (text: string): string[] =>
    [...text.matchAll(/venuewire_[a-z_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));

  it('asks for metrics that there are: alerts and dashboard', async () => {
    const known = new Set(namesIn(await whole()));
    const asked = [...rules.flatMap((r) => used(r.expr)), ...used(dashboard)].filter(
      (name) => !name.startsWith('venuewire_feeds'),
    );
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
  it('is on the page: each metric, and what to do about each alert', async () => {
    for (const name of namesIn(await whole())) expect(page).toContain(`| \`${name}\` |`);
    for (const { alert, annotations } of rules) {
      expect(page).toContain(`### ${alert}\n`);
      expect(annotations.runbook_url).toContain(`docs/metrics.md#${alert.toLowerCase()}`);
    }
  });
  it('is a dashboard that Grafana takes: a fixed uid, a data source of choice, panels that do not overlap', () => {
    const { uid, panels, templating } = JSON.parse(dashboard) as {
      uid: string;
      panels: { id: number; gridPos: { x: number; y: number; w: number; h: number }; targets: unknown[] }[];
      templating: { list: { name: string }[] };
    };
    expect(uid).toBe('venuewire-feeds');
    expect(templating.list.map((v) => v.name)).toEqual(['datasource', 'venue']);
    expect(new Set(panels.map((p) => p.id)).size).toBe(panels.length);
    expect(new Set(panels.map((p) => `${p.gridPos.x} ${p.gridPos.y}`)).size).toBe(panels.length);
    for (const { gridPos, targets } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      expect(targets.length).toBeGreaterThan(0);
    }
  });
});
