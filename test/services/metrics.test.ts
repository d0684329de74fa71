// What Prometheus itself says: promtool of the metrics, the rules and their tests; and a server that scrapes and alerts.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNEL_COUNTERS, FEED_COUNTERS } from '../../src/contract.js';
import { type FeedMetrics, type MetricsServer, metricsOf, serveMetrics } from '../../src/metrics/index.js';

const here = (path: string): string => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const zeros = (table: readonly { readonly name: string }[]) => Object.fromEntries(table.map(({ name }) => [name, 0]));
const promtool = (...args: string[]) => spawnSync('promtool', args, { encoding: 'utf8', cwd: here('alerts') });

/** What the feed counts now. */
const own = { ...zeros(FEED_COUNTERS) } as Record<string, number>;
const channel = { ...zeros(CHANNEL_COUNTERS) } as Record<string, number>;
let metrics: FeedMetrics;
beforeAll(async () => {
  const feed = { channels: ['c'], lines: ['A', 'B'], statistics: () => ({ feed: own, channels: [channel] }) };
  const ledger = { accepted: 3, stored: 3, refused: 0, dropped: 0, pending: 0, reasons: {} };
  metrics = await metricsOf(feed as never, { venue: 'v', pipelines: () => ({ p: { ledger } }) as never });
  metrics.message(Date.now() * 1e6 - 50_000);
  metrics.notice({ type: 'gapOpened', channel: 0, begin: 1n, end: 2n, time: 0n } as never);
  metrics.notice({ type: 'gapFilled', channel: 0, begin: 1n, end: 2n, time: 3_000_000n } as never);
});

describe('promtool', () => {
  it('finds nothing to say about the metrics', async () => {
    const checked = spawnSync('promtool', ['check', 'metrics'], { encoding: 'utf8', input: await metrics.text() });
    expect(checked.stdout + checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });
  it('takes the alerts, and their tests pass', () => {
    const rules = promtool('check', 'rules', 'venuewire.yaml');
    expect([rules.status, rules.stdout]).toEqual([0, expect.stringContaining('SUCCESS')]);
    const tested = promtool('test', 'rules', 'venuewire.test.yaml');
    expect(tested.stdout + tested.stderr).toContain('SUCCESS');
    expect(tested.status).toBe(0);
  });
  it('sees a rule that is wrong: its tests can fail', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vw-rules-'));
    const broken = readFileSync(here('alerts/venuewire.yaml'), 'utf8').replace(
      'venuewire_channel_missing) > 0',
      'venuewire_channel_missing) > 9',
    );
    writeFileSync(join(folder, 'venuewire.yaml'), broken);
    writeFileSync(join(folder, 'test.yaml'), readFileSync(here('alerts/venuewire.test.yaml')));
    const tested = spawnSync('promtool', ['test', 'rules', 'test.yaml'], { encoding: 'utf8', cwd: folder });
    rmSync(folder, { recursive: true });
    expect(tested.status).toBe(1);
  });
});

describe('a Prometheus server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vw-prometheus-'));
  let server: MetricsServer;
  let prometheus: ReturnType<typeof spawn>;
  let base = '';
  const ask = async (
    path: string,
  ): Promise<{
    status: string;
    data: { result: unknown[]; alerts: { labels: Record<string, string>; state: string }[] };
  }> => (await fetch(`${base}${path}`)).json() as never;
  const until = async (what: string, is: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 60_000; ; ) {
      if (await is().catch(() => false)) return;
      if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const query = async (expr: string) => (await ask(`/api/v1/query?query=${encodeURIComponent(expr)}`)).data.result;

  beforeAll(async () => {
    server = await serveMetrics(metrics, '127.0.0.1:0');
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    base = `http://127.0.0.1:${port}`;
    const config = `global: { scrape_interval: 500ms, evaluation_interval: 500ms }
rule_files: ['${here('alerts/venuewire.yaml')}']
scrape_configs: [{ job_name: venuewire, static_configs: [{ targets: ['${server.address}'] }] }]
`;
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const words = [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    prometheus = spawn('prometheus', words, { stdio: 'ignore' });
    await until('the server', async () => (await fetch(`${base}/-/ready`)).ok);
  });
  afterAll(async () => {
    const ended = once(prometheus, 'exit');
    prometheus.kill('SIGTERM');
    await ended;
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('scrapes the feed', async () => {
    channel.expected = 42;
    await until('the counter', async () =>
      JSON.stringify(await query('venuewire_channel_expected_total')).includes('"42"'),
    );
    expect(JSON.stringify(await query('up'))).toContain('"1"');
  });
  it('alerts when packets are dropped', async () => {
    await until('a first look', async () => (await query('venuewire_feed_kernel_drops_total')).length > 0);
    own.kernelDrops = 5;
    await until('the alert', async () =>
      (await ask('/api/v1/alerts')).data.alerts.some(
        (a) => a.labels.alertname === 'VenueKernelDrops' && a.state === 'firing',
      ),
    );
  });
  it('answers every expression of the dashboard', async () => {
    const { panels } = JSON.parse(readFileSync(here('dashboards/venuewire.json'), 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        const filled = expr.replaceAll('$__rate_interval', '1m').replaceAll('$venue', '.*');
        const answer = await ask(`/api/v1/query?query=${encodeURIComponent(filled)}`);
        expect(answer.status, `${title}: ${filled}`).toBe('success');
        expect(answer.data.result.length, `${title}: ${filled}`).toBeGreaterThan(0);
      }
    }
  });
});
