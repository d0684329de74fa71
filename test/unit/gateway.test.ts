import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openFeed } from '../../src/feed/open.js';
import { type Gateway, type GatewayOptions, serveGateway } from '../../src/gateway/index.js';
import { openLog, openLogWriter } from '../../src/log/index.js';
import { makeCertificate } from '../../src/simulator/internet/certificate.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { fixture, venuewire } from './cli-process.js';
import { referenceDepth, type Simulated, simulated, until, VENUE } from './gateways.js';

type Json = Record<string, unknown>;
let folder = '';
let whole: Simulated;
let stock = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-gateway-'));
  process.env.VENUEWIRE_TEST_READER = 'a-token-of-a-reader-1';
  process.env.VENUEWIRE_TEST_DESK = 'a-token-of-a-desk-22222';
  whole = await simulated({ limits: { requestsPerSecond: 10_000 } });
  await whole.day();
  const { instruments } = (await (await get('/v1/venues/totalview/instruments')).json()) as {
    instruments: { instrument: string }[];
  };
  stock = instruments[0]?.instrument ?? '';
});
afterAll(async () => {
  await whole.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string, init: RequestInit = {}, gateway = whole.gateway): Promise<Response> =>
  fetch(`${gateway.address}${path}`, init);
const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });
/** A refusal: its status and code. */
const refusal = async (response: Response): Promise<[number, string]> => [
  response.status,
  ((await response.json()) as { error: { code: string } }).error.code,
];
const TOKENS = [
  { name: 'reader', token: 'env:VENUEWIRE_TEST_READER' },
  {
    ...{ name: 'desk', token: 'env:VENUEWIRE_TEST_DESK', venues: ['total*'], instruments: ['ZAAA', 'ZZ*'] },
    categories: ['top', 'instruments'],
  },
] as unknown as NonNullable<GatewayOptions['tokens']>;

/** What a request with headers of one's own is answered; fetch sets some itself. */
function raw(path: string, headers: Record<string, string>, method = 'GET', gateway = whole.gateway) {
  const { hostname, port } = new URL(gateway.address);
  return new Promise<{ status: number; headers: Json; body: string }>((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('REST', () => {
  it('describes itself by an OpenAPI document that an independent validator takes', async () => {
    const document = (await (await get('/v1/openapi.json')).json()) as Json;
    const checked = await new Validator().validate(document as never);
    expect(checked.errors).toBeUndefined();
    expect(checked.valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('answers every path as its document says', async () => {
    const document = (await (await get('/v1/openapi.json')).json()) as {
      paths: Record<string, { get: { responses: Record<string, { content: Record<string, { schema: Json }> }> } }>;
      components: Json;
    };
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema({ $id: 'document', components: document.components } as Json);
    const schema = (path: string, status: string): Json =>
      JSON.parse(
        JSON.stringify(document.paths[path]?.get.responses[status]?.content['application/json']?.schema).replaceAll(
          '"#/',
          '"document#/',
        ),
      ) as Json;
    for (const path of Object.keys(document.paths)) {
      const asked = path.replace('{venue}', VENUE).replace('{instrument}', stock);
      const response = await get(asked);
      const body = await response.json();
      expect(response.status, asked).toBe(200);
      const check = ajv.compile(schema(path, '200'));
      expect(check(body), `${asked}: ${JSON.stringify(check.errors)}`).toBe(true);
      const refused = await get(`${asked}?nonsense=1`);
      const checkError = ajv.compile(schema(path, '400'));
      expect([refused.status, checkError(await refused.json())], asked).toEqual([400, true]);
    }
  });

  it('gives books that are those of the day, read by hand', async () => {
    const { instruments } = (await (await get(`/v1/venues/${VENUE}/instruments`)).json()) as {
      instruments: { instrument: string }[];
    };
    expect(instruments.length).toBe(4);
    for (const { instrument } of instruments) {
      const depth = await (await get(`/v1/venues/${VENUE}/instruments/${instrument}/depth?levels=100`)).json();
      const truth = referenceDepth(whole.venue.history, instrument, 100);
      expect(depth).toEqual(truth);
      const top = await (await get(`/v1/venues/${VENUE}/instruments/${instrument}/top`)).json();
      expect(top).toEqual({ bid: truth.bids[0] ?? null, ask: truth.asks[0] ?? null, stale: false, crossed: false });
    }
  });

  it('has candles that are made of the trades, exactly', async () => {
    const of = `/v1/venues/${VENUE}/instruments/${stock}`;
    const { trades } = (await (await get(`${of}/trades?limit=10000`)).json()) as {
      trades: { sequence: number; price: string; size: string }[];
    };
    const { candles } = (await (await get(`${of}/candles?interval=1h`)).json()) as {
      candles: Record<string, string>[];
    };
    expect(trades.at(-1)?.sequence).toBeGreaterThan(10);
    expect(trades[0]?.price).toMatch(/^\d+\.\d{4}$/);
    const last = candles.at(-1);
    expect(last?.close).toBe(trades.at(-1)?.price);
    const sum = candles.reduce((all, { trades: n }) => all + Number(n), 0);
    expect(sum).toBe(trades.at(-1)?.sequence);
  });

  it('has the ledger of the feed, which balances, and the notices of its gaps', async () => {
    const state = (await (await get(`/v1/venues/${VENUE}`)).json()) as {
      ledger: Record<string, number>;
      stages: Json[];
    };
    const { expected = 0, delivered = 0, recovered = 0, abandoned = 0, inFlight = 0 } = state.ledger;
    expect(expected).toBe(delivered + recovered + abandoned + inFlight);
    expect(expected).toBe(whole.venue.history.length);
    expect(state.stages.map(({ stage }) => stage)).toContain('whole');
    const { notices } = (await (await get(`/v1/venues/${VENUE}/notices`)).json()) as { notices: { type: string }[] };
    expect(notices.map(({ type }) => type)).toContain('sessionStarted');
  });

  it.each([
    ['/v1/nothing', 404, 'VW_GATEWAY_NOT_FOUND'],
    ['/v1/venues/other', 404, 'VW_GATEWAY_NOT_FOUND'],
    [`/v1/venues/${VENUE}/instruments/NONE/top`, 404, 'VW_GATEWAY_NOT_FOUND'],
    [`/v1/venues/${VENUE}/instruments/%ff/top`, 400, 'VW_GATEWAY_REQUEST'],
    [`/v1/venues/${VENUE}/notices?limit=0`, 400, 'VW_GATEWAY_REQUEST'],
    [`/v1/venues/${VENUE}/instruments/NONE/candles?interval=2m`, 400, 'VW_GATEWAY_REQUEST'],
  ])('refuses %s with a code', async (path, status, code) => {
    expect(await refusal(await get(path))).toEqual([status, code]);
  });
  it('refuses names longer than any with a code', async () => {
    expect(await refusal(await get(`/v1/venues/${'x'.repeat(5_000)}`))).toEqual([400, 'VW_GATEWAY_REQUEST']);
  });

  it('answers GET alone, and says so with a code', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect(await refusal(await get('/v1/venues', { method })), method).toEqual([405, 'VW_GATEWAY_METHOD']);
  });

  it('serves its own counters and those of a feed to Prometheus', async () => {
    const own = await (await get('/metrics')).text();
    expect(own).toMatch(/^venuewire_gateway_requests_total \d+$/m);
    const feed = await (await get(`/v1/venues/${VENUE}/metrics`)).text();
    expect(feed).toContain(`venuewire_channel_expected_total{venue="${VENUE}",`);
  });
});

describe('tokens', () => {
  let guarded: Gateway;
  beforeAll(async () => {
    const feed = await openFeed(
      nasdaqTotalView({ lines: { A: { type: 'captureFile', path: fixture('itch50-clean.pcap') } } } as never),
    );
    guarded = await serveGateway({ [VENUE]: feed }, { listen: '127.0.0.1:0', tokens: TOKENS });
    await guarded.venues.get(VENUE)?.done;
  });
  afterAll(() => guarded.close());

  it('are wanted, and compared whole', async () => {
    for (const init of [{}, bearer('a-token-of-a-reader-'), bearer('a-token-of-a-reader-12'), bearer('x')])
      expect(await refusal(await get('/v1/venues', init, guarded))).toEqual([401, 'VW_GATEWAY_TOKEN']);
    expect((await get('/v1/venues', bearer('a-token-of-a-reader-1'), guarded)).status).toBe(200);
  });

  it('give rights to categories and instruments, and hide what they give no right to', async () => {
    const desk = bearer('a-token-of-a-desk-22222');
    const listed = (await (await get(`/v1/venues/${VENUE}/instruments`, desk, guarded)).json()) as {
      instruments: { instrument: string }[];
    };
    const all = (await (
      await get(`/v1/venues/${VENUE}/instruments`, bearer('a-token-of-a-reader-1'), guarded)
    ).json()) as typeof listed;
    expect(all.instruments.length).toBeGreaterThan(1);
    expect(listed.instruments.map(({ instrument }) => instrument)).toEqual(['ZAAA']);
    const other = all.instruments.find(({ instrument }) => instrument !== 'ZAAA')?.instrument;
    const of = (instrument: string, what: string) =>
      get(`/v1/venues/${VENUE}/instruments/${instrument}/${what}`, desk, guarded);
    expect((await of('ZAAA', 'top')).status).toBe(200);
    expect(await refusal(await of('ZAAA', 'depth'))).toEqual([403, 'VW_GATEWAY_SCOPE']);
    expect(await refusal(await of(other as string, 'top'))).toEqual([404, 'VW_GATEWAY_NOT_FOUND']);
    expect(await refusal(await get(`/v1/venues/${VENUE}`, desk, guarded))).toEqual([403, 'VW_GATEWAY_SCOPE']);
    expect(await refusal(await get('/metrics', desk, guarded))).toEqual([403, 'VW_GATEWAY_SCOPE']);
  });

  it('rule WebSockets too, by header or by first message', async () => {
    const address = `${guarded.address.replace('http', 'ws')}/v1/stream`;
    const asked = async (headers: Record<string, string>, ...messages: Json[]) => {
      const socket = new WebSocket(address, { headers });
      const got: Json[] = [];
      socket.on('message', (data) => got.push(...(JSON.parse(String(data)) as Json[])));
      await once(socket, 'open');
      for (const message of messages) socket.send(JSON.stringify(message));
      socket.send(JSON.stringify({ op: 'ping', id: 99 }));
      await until(() => got.some(({ type }) => type === 'pong') || socket.readyState === WebSocket.CLOSED);
      socket.terminate();
      return got;
    };
    const top = { op: 'subscribe', id: 1, venue: VENUE, category: 'top', instrument: 'ZAAA' };
    const codes = (got: Json[]): unknown[] => got.flatMap(({ error }) => (error ? [(error as Json).code] : []));
    expect(codes(await asked({}, top))).toEqual(['VW_GATEWAY_TOKEN']);
    expect(codes(await asked({}, { op: 'authenticate', token: 'wrong' }, top))).toEqual(['VW_GATEWAY_TOKEN']);
    const byMessage = await asked({}, { op: 'authenticate', token: 'a-token-of-a-desk-22222' }, top);
    expect(byMessage.map(({ type }) => type)).toEqual(expect.arrayContaining(['welcome', 'subscribed', 'pong']));
    const byHeader = await asked(
      { authorization: 'Bearer a-token-of-a-desk-22222' },
      ...[top, { ...top, id: 2, category: 'depth' }, { ...top, id: 3, instrument: 'ZAAB' }],
      { op: 'subscribe', id: 4, venue: VENUE, category: 'notices' },
    );
    expect(codes(byHeader)).toEqual(['VW_GATEWAY_SCOPE', 'VW_GATEWAY_NOT_FOUND', 'VW_GATEWAY_SCOPE']);
  });

  it.each<readonly [string, GatewayOptions, string]>([
    ['written into the declaration', { tokens: [{ name: 'a', token: 'secret' as never }] }, 'VW_GATEWAY_OPTION'],
    ['that are not there', { tokens: [{ name: 'a', token: 'env:VENUEWIRE_TEST_NOT_SET' }] }, 'VW_CREDENTIAL_MISSING'],
    [
      'of one value for two users',
      { tokens: [TOKENS[0] as never, { name: 'other', token: 'env:VENUEWIRE_TEST_READER' }] },
      'VW_GATEWAY_OPTION',
    ],
    ['missing where others reach it', { listen: '0.0.0.0:0' }, 'VW_GATEWAY_OPTION'],
    ['fine, and a bound that is none', { limits: { clients: 0 } }, 'VW_GATEWAY_OPTION'],
    ['fine, and an origin that is none', { origins: ['desk.example'] }, 'VW_GATEWAY_OPTION'],
  ])('%s: it does not begin', async (_, options, code) => {
    await expect(serveGateway({}, { listen: '127.0.0.1:0', ...options })).rejects.toMatchObject({ code });
  });
});

describe('web pages', () => {
  it('of other origins are refused, those that are allowed are told so', async () => {
    const gateway = await serveGateway({}, { listen: '127.0.0.1:0', origins: ['https://desk.example'] });
    const host = new URL(gateway.address).host;
    const allowed = await raw('/v1/venues', { origin: 'https://desk.example' }, 'GET', gateway);
    expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([200, 'https://desk.example']);
    const asks = await raw('/v1/venues', { origin: 'https://desk.example' }, 'OPTIONS', gateway);
    expect([asks.status, asks.headers['access-control-allow-headers']]).toEqual([204, 'authorization']);
    const own = await raw('/v1/venues', { origin: `http://${host}` }, 'GET', gateway);
    expect(own.status).toBe(200);
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { host: 'rebound.example' }]) {
      const refused = await raw('/v1/venues', headers as Record<string, string>, 'GET', gateway);
      expect([refused.status, JSON.parse(refused.body).error.code]).toEqual([403, 'VW_GATEWAY_ORIGIN']);
    }
    const socket = new WebSocket(`${gateway.address.replace('http', 'ws')}/v1/stream`, {
      origin: 'https://evil.example',
    });
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(403);
    await gateway.close();
  });
});

describe('a gateway', () => {
  it('answers over TLS, and in clear to nobody then', async () => {
    const { cert, key } = makeCertificate();
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'key.pem'), key);
    const tls = { certificate: `file:${join(folder, 'cert.pem')}`, key: `file:${join(folder, 'key.pem')}` } as const;
    const gateway = await serveGateway({}, { listen: '127.0.0.1:0', tls });
    expect(gateway.address).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      httpsGet(`${gateway.address}/v1/venues`, { ca: cert }, (response) => resolve(response.statusCode)).on(
        'error',
        reject,
      );
    });
    expect(status).toBe(200);
    await expect(fetch(`${gateway.address.replace('https', 'http')}/v1/venues`)).rejects.toThrow();
    await gateway.close();
  });

  it('limits how often somebody asks, and says how long to wait', async () => {
    const gateway = await serveGateway({}, { listen: '127.0.0.1:0', limits: { requestsPerSecond: 2 } });
    const answers = await Promise.all(Array.from({ length: 12 }, () => fetch(`${gateway.address}/v1/venues`)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
    const late = answers.find(({ status }) => status === 429);
    expect(late?.headers.get('retry-after')).toMatch(/^\d+$/);
    await gateway.close();
  });

  it('says where it cannot listen', async () => {
    const gateway = await serveGateway({}, { listen: '127.0.0.1:0' });
    const { port } = new URL(gateway.address);
    await expect(serveGateway({}, { listen: `127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'VW_GATEWAY_LISTEN',
    });
    await gateway.close();
    await gateway.close();
  });

  it('serves a capture when it is over, and an event log as it grows', async () => {
    const feed = await openFeed(
      nasdaqTotalView({ lines: { A: { type: 'captureFile', path: fixture('itch50-clean.pcap') } } } as never),
    );
    const log = openLogWriter(join(folder, 'log'), feed, {});
    for await (const batch of feed) log.append(batch);
    await log.flush();
    const again = await openFeed(
      nasdaqTotalView({ lines: { A: { type: 'captureFile', path: fixture('itch50-clean.pcap') } } } as never),
    );
    const reader = (await openLog(join(folder, 'log'))).read({ tail: true });
    const gateway = await serveGateway({ capture: again, log: reader }, { listen: '127.0.0.1:0' });
    await gateway.venues.get('capture')?.done;
    const of = async (path: string): Promise<Json> => (await (await get(path, {}, gateway)).json()) as Json;
    await until(async () => (await of('/v1/venues/log')).messages === (await of('/v1/venues/capture')).messages);
    expect(await of('/v1/venues/capture')).toMatchObject({ status: 'ended' });
    expect(await of('/v1/venues/log')).toMatchObject({ status: 'running', ledger: null });
    const depth = await of('/v1/venues/capture/instruments/ZAAA/depth');
    expect(await of('/v1/venues/log/instruments/ZAAA/depth')).toEqual(depth);
    expect((depth.bids as unknown[]).length).toBeGreaterThan(0);
    await log.close();
    await gateway.close();
  });

  it('is named as the fault when its feed fails, and goes on', async () => {
    const feed = await openFeed(
      nasdaqTotalView({ lines: { A: { type: 'captureFile', path: join(folder, 'missing.pcap') } } } as never),
    );
    const gateway = await serveGateway({ broken: feed }, { listen: '127.0.0.1:0' });
    await gateway.venues.get('broken')?.done;
    const state = await (await get('/v1/venues/broken', {}, gateway)).json();
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'VW_CAPTURE_OPEN' } });
    await gateway.close();
  });
});

describe('venuewire gateway', () => {
  it('serves a capture, says where, and ends cleanly with what it did', async () => {
    let answer: Promise<Json> | undefined;
    const ran = await venuewire(
      ['gateway', fixture('itch50-clean.pcap'), '--venue', 'nasdaq-totalview', '--listen', '127.0.0.1:0'],
      {
        watch: (child, _, err) => {
          const address = /gateway at (http:\/\/[^/\s]+)\//.exec(err)?.[1];
          if (address === undefined || !err.includes('has ended') || answer !== undefined) return;
          answer = (async () => {
            const page = await (await fetch(address)).text();
            const state = (await (await fetch(`${address}/v1/venues/nasdaq-totalview`)).json()) as Json;
            child.kill('SIGTERM');
            return { page, state };
          })();
        },
      },
    );
    expect(ran.err).toContain('2 requests were answered');
    expect(ran.code).toBe(0);
    expect(await answer).toMatchObject({ state: { status: 'ended' }, page: expect.stringContaining('console.js') });
  });

  it.each<readonly [string, readonly string[], string]>([
    ['a source that is not there', ['gateway', 'nowhere.pcap'], 'VW_USAGE'],
    ['half of TLS', ['gateway', 'fixtures/itch50-clean.pcap', '--tls-key', 'key.pem'], 'VW_USAGE'],
    [
      'everybody',
      ['gateway', 'fixtures/itch50-clean.pcap', '--venue', 'nasdaq-totalview', '--listen', '0.0.0.0:0'],
      'VW_GATEWAY_OPTION',
    ],
  ])('refuses %s with a code', async (_, words, code) => {
    const ran = await venuewire(words);
    expect(ran.err).toContain(code);
    expect(ran.code).toBeGreaterThan(0);
  });
});
