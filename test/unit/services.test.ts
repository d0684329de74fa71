import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pipelineSchema } from '../../src/patterns/pipeline.js';
import { PORTS, type PortEntry } from '../../src/services/ports.js';
import { runService, serveHealth } from '../../src/services/run.js';
import { type PublisherEntry, SERVICES, type ServiceEntry } from '../../src/services/services.js';
import { isFree, registryFaults, serviceNeeds } from '../../src/services/validate.js';
import { ItchGenerator, VenueHistory, writeCapture } from '../../src/simulator/index.js';
import { runPipelines } from '../../src/sinks/index.js';
import { type ZeroMqSink, zeromq } from '../../src/sinks/zeromq.js';
import { loadVenue } from '../../src/venues/load.js';

const LOCAL = [32_768, 60_999] as const;
const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;

describe('the registry', () => {
  test('has the 12 publishers and 27 subscribers that were asked for, an example, and 19 ports', () => {
    expect(SERVICES.filter(({ role, name }) => role === 'publisher' && name !== 'example').length).toBe(12);
    expect(SERVICES.filter(({ role }) => role === 'subscriber').length).toBe(27);
    expect(PORTS.map(({ port }) => port).sort()).toEqual([
      ...[5556, 5557, 5558, 5559, 5560, 5561, 5562, 5563, 5564, 5565, 5566, 5567],
      ...[5578, 5579, 5580, 5581, 5582, 5583, 5584],
    ]);
  });

  test('is sound', () => expect(registryFaults(PORTS, SERVICES, LOCAL)).toEqual([]));

  const port = (more: Partial<PortEntry>): PortEntry => ({
    ...{ port: 7000, name: 'one', kind: 'PUB', topics: ['trade.'], says: '' },
    ...more,
  });
  const reader: ServiceEntry = {
    role: 'subscriber',
    name: 'reader',
    says: '',
    from: [{ port: 'one' }],
    sink: 'duckdb',
  };
  test.each<[string, PortEntry[], ServiceEntry[], string]>([
    ['a port twice', [port({}), port({ name: 'two' })], [], 'port 7000 is there twice'],
    ['a name twice', [port({}), port({ port: 7001 })], [], "port 'one' is there twice"],
    ['a low port', [port({ port: 80 })], [], "port 'one': 80 is not from 1024 to 65535"],
    ['an outgoing port', [port({ port: 40_000 })], [], 'among those of outgoing connections'],
    ['a long name', [port({ name: 'a-name-of-sixteen' })], [], '15 of a-z, 0-9 and -'],
    ['a topic twice', [port({ topics: ['a', 'a'] })], [], "topic 'a' is there twice"],
    ['no topic', [port({ topics: [] })], [], 'names no topic'],
    ['a kind that is none', [port({ kind: 'REP' as never })], [], "not 'REP'"],
    ['a service twice', [port({})], [reader, reader], "service 'reader' is there twice"],
    ['an unknown port', [port({})], [{ ...reader, from: [{ port: 'two' }] }], "there is no port 'two'"],
    [
      'a topic that nobody publishes',
      [port({})],
      [{ ...reader, from: [{ port: 'one', topics: ['quote.'] }] }],
      'does not publish',
    ],
    ['the wrong kind', [port({})], [{ ...reader, port: 'one' }], 'cannot bind'],
  ])('says what is wrong: %s', (_, ports, services, fault) => {
    expect(registryFaults(ports, services, LOCAL).join('\n')).toContain(fault);
  });

  test('says what a service needs before it can run, whatever is there by then', () => {
    const needs = (name: string) =>
      serviceNeeds(SERVICES.find((service) => service.name === name) as ServiceEntry, PORTS, SERVICES);
    expect(needs('example')).toEqual([]);
    expect(needs('betfair_stream')).toEqual([]);
    expect(needs('influxdb_kraken_tick')).toEqual([]);
    const nowhere: ServiceEntry = { ...(SERVICES[0] as PublisherEntry), venue: 'nowhere' };
    expect(serviceNeeds(nowhere, PORTS, SERVICES)).toEqual(['needs venue nowhere']);
    expect(needs('typedb_kraken_orders')).toContain('needs sink typedb');
    expect(needs('statistics_kraken_tick_pandas')[0]).toContain('needs rolling statistics');
    expect(needs('influxdb_twitter_sentiment').join()).toContain("needs a publisher on 'twitter' that is not ours");
  });
});

describe('a service', () => {
  let folder = '';
  const MESSAGES = 3_000;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'venuewire-services-'));
    const parts: Uint8Array[] = [];
    const history = VenueHistory.generate(new ItchGenerator({ seed: 3, symbols: 5, messages: MESSAGES }));
    writeCapture(history, { seed: 3 }, (bytes) => parts.push(bytes));
    writeFileSync(join(folder, 'day.pcap'), Buffer.concat(parts));
    writeFileSync(
      join(folder, 'day.yaml'),
      `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: day }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing: moldudp64
  lines: { A: { type: captureFile, path: ${join(folder, 'day.pcap')} } }
`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Two ports in a row that nobody has, so far apart as a replay port is. */
  async function freePort(): Promise<number> {
    for (;;) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      if (await isFree(port + 100, '127.0.0.1')) return port;
    }
  }
  const portNamed = (name: string, port: number): PortEntry => ({
    ...{ port, name, kind: 'PUB', topics: ['order.', 'trade.'], says: '' },
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  test('that publishes gives the events of a venue file, and ends when its feed does', async () => {
    const ports = [portNamed('example', await freePort())];
    const run = await runService('example', { venue: join(folder, 'day.yaml'), ports });
    const { sink } = await run.done;
    expect(sink.delivery).toBe('atMostOnce');
    expect(sink.ledger.stored).toBeGreaterThan(MESSAGES / 2);
    expect(sink.ledger).toMatchObject({ pending: 0, dropped: 0, refused: 0 });
  });

  test('that subscribes stores what several ports publish, is healthy while it does, and takes up where it stopped', async () => {
    const ports = [portNamed('one', await freePort()), portNamed('two', await freePort())];
    const services: ServiceEntry[] = [
      { role: 'subscriber', name: 'both', says: '', from: [{ port: 'one' }, { port: 'two' }], sink: 'duckdb' },
    ];
    const file = join(folder, 'both.duckdb');
    const subscriber = () => runService('both', { ports, services, sink: { file } });
    const publishers: ZeroMqSink[] = [];
    for (const { port } of ports) {
      const { sink } = pipelineSchema.parse({
        shape: { type: 'raw' },
        sink: { type: 'zeromq', bind: `tcp://127.0.0.1:${port}`, replay: `tcp://127.0.0.1:${port + 100}` },
      });
      const publisher = zeromq(sink as never);
      await publisher.open({ venue: 'day', pipeline: 'day/ticks' });
      publishers.push(publisher);
    }
    const publish = async (): Promise<number> => {
      const { pipelines: _, ...venue } = await loadVenue(join(folder, 'day.yaml'));
      let rows = 0;
      const sink = {
        open: () => Promise.resolve({ delivery: 'atMostOnce' as const, positions: [] }),
        write: async (batch: never) => {
          for (const publisher of publishers) await publisher.write(batch);
          rows += (batch as { rows: number }).rows;
          return undefined;
        },
        flush: () => Promise.resolve(),
        close: () => Promise.resolve(),
      };
      const ticks = pipelineSchema.parse({
        shape: { type: 'events' },
        select: { kinds: ['order', 'trade'] },
        sink: { type: 'duckdb', file },
      });
      await (await runPipelines({ ...venue, pipelines: { ticks } }, { sinks: { ticks: sink } })).done;
      return rows;
    };
    let run = await subscriber();
    await until(() => publishers.every((one) => (one.metrics().subscribed as number) >= 2));
    const rows = await publish();
    await until(() => run.state().sink.ledger.stored === rows * 2);
    const health = await serveHealth(run, 0);
    const said = await new Promise<string>((resolve) => {
      get({ port: (health.address() as AddressInfo).port, path: '/health' }, (response) => {
        response.setEncoding('utf8').on('data', (text) => resolve(`${response.statusCode} ${text}`));
      });
    });
    expect(said).toMatch(/^200 \{"healthy":true,"service":"both"/);
    health.close();
    const first = await run.close();
    expect(first).toMatchObject({ lost: 0, sink: { ledger: { accepted: rows * 2, stored: rows * 2, pending: 0 } } });

    // What is published while it is away is asked for when it is back and sees the next frame.
    await publish();
    run = await subscriber();
    await until(() => publishers.every((one) => (one.metrics().subscribed as number) >= 4));
    await publish();
    await until(() => run.state().sink.ledger.stored === rows * 4);
    expect(await run.close()).toMatchObject({ lost: 0 });
    for (const publisher of publishers) await publisher.close();

    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      'SELECT count(*)::INT, count(DISTINCT (channel, epoch, number))::INT, count(DISTINCT epoch)::INT FROM event',
    );
    expect(reader.getRows()).toEqual([[rows * 6, rows * 6, 2]]);
    connection.closeSync();
    instance.closeSync();
  }, 60_000);

  test('that does not exist, lacks something, or is given wrong settings is refused with what to do', async () => {
    await expect(runService('kraken_tik')).rejects.toMatchObject({ code: 'VW_SERVICE', hint: /kraken_tick/ });
    await expect(runService('kraken_tick')).rejects.toMatchObject({ code: 'VW_SERVICE', message: /no venue file/ });
    await expect(runService('typedb_kraken_orders')).rejects.toMatchObject({ message: /needs sink typedb/ });
    await expect(runService('duckdb_kraken_tick')).rejects.toMatchObject({ message: /sink.file/ });
    await expect(runService('duckdb_kraken_tick', { sink: { file: 'x', speed: 9 } })).rejects.toMatchObject({
      code: 'VW_SERVICE',
    });
  });

  test('on the command line is listed, validated, and ends on SIGTERM with its ledger', async () => {
    const listed = spawnSync(process.execPath, [main, 'service', 'list', '--format', 'ndjson'], { encoding: 'utf8' });
    expect(listed.stdout.trimEnd().split('\n').length).toBe(SERVICES.length);
    expect(listed.stdout).toContain('"state":"needs sink typedb"');
    const validated = spawnSync(process.execPath, [main, 'service', 'validate'], { encoding: 'utf8' });
    expect([validated.status, JSON.parse(validated.stdout)]).toMatchObject([0, { ports: 19, services: 40, faults: 0 }]);
    const words = ['service', 'run', 'duckdb_kraken_tick', '--sink', `{ file: ${join(folder, 'ticks.duckdb')} }`];
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, log] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
    });
    const started = new Promise<void>((resolve) => {
      child.stderr.on('data', (text) => {
        log += text;
        if (log.includes('"started"')) resolve();
      });
    });
    await started;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ service: 'duckdb_kraken_tick', accepted: 0, pending: 0, lost: 0 });
    const lines = log
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual(['started', 'stopping', 'stopped']);
  });
});
