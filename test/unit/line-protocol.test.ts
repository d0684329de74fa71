// What is sent to servers that no registry here has is held to their documents by a fake that looks at address, login and text.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PipelineSink } from '../../src/patterns/pipeline.js';
import { pipelineSchema } from '../../src/patterns/pipeline.js';
import { SinkRefusal, sinkOf } from '../../src/sinks/index.js';
import { POSITION_FIELDS, RowBatch, type RowSchema } from '../../src/sinks/rows.js';

const schema: RowSchema = {
  name: 'tick',
  version: 1,
  category: 'kind',
  instrument: 'instrument',
  fields: [
    ...POSITION_FIELDS,
    { name: 'kind', dtype: 'word', unit: '', state: 'always' },
    { name: 'instrument', dtype: 'word', unit: '', state: 'always' },
    { name: 'receiveTime', dtype: 'i64', unit: 'ns since 1970-01-01T00:00:00Z', state: 'always' },
    { name: 'price', dtype: 'i64', unit: 'raw', state: 'optional', none: '9223372036854775807' },
    { name: 'id', dtype: 'u64', unit: '', state: 'always' },
    { name: 'note', dtype: 'text', unit: '', state: 'always' },
  ],
};
interface Tick {
  readonly number: bigint;
  readonly part?: number;
  readonly time?: bigint;
  readonly id?: bigint;
}
const TIME = 1_700_000_000_123_456_789n;
const NONE = 9223372036854775807n;
const ticks = (...all: Tick[]): RowBatch =>
  new RowBatch(schema, all.length, [
    { codes: new Uint32Array(all.length), words: ['line A'] },
    { codes: new Uint32Array(all.length), words: ['s'] },
    BigUint64Array.from(all, ({ number }) => number),
    Uint32Array.from(all, ({ part }) => part ?? 0),
    { codes: new Uint32Array(all.length), words: ['trade'] },
    { codes: new Uint32Array(all.length), words: ['EUR,USD'] },
    BigInt64Array.from(all, ({ time }) => time ?? TIME),
    BigInt64Array.from(all, ({ number }) => (number === 2n ? NONE : 15n)),
    BigUint64Array.from(all, ({ id }) => id ?? 7n),
    all.map(() => 'a "b" \\ c'),
  ]);

let server: Server;
let answers: { status: number; text: string }[] = [];
const asked: { path: string; login: string | undefined; text: string }[] = [];
beforeAll(async () => {
  server = createServer(async (request: IncomingMessage, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({ path: request.url ?? '', login: request.headers.authorization, text });
    const { status, text: said } = answers.shift() ?? { status: 204, text: '' };
    response.writeHead(status).end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
});
afterEach(() => {
  asked.length = 0;
  answers = [];
});
async function sinkTo(declared: object) {
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { sink } = pipelineSchema.parse({ shape: { type: 'events' }, sink: { server: at, ...declared } as never });
  return sinkOf(sink as PipelineSink);
}
const NO_POSITIONS = { status: 200, text: '{"results":[{}]}' };
const LINE =
  'tick,channel=line\\ A,kind=trade,instrument=EUR\\,USD epoch="s",number=5i,part=0i,receiveTimeNs=1700000000123456789i,' +
  'price=15i,id=7i,note="a \\"b\\" \\\\ c" 1700000000123456005\n';

test.each([
  [
    'InfluxDB 1',
    { type: 'influxdb', database: 'd', username: 'env:VW_U', password: 'env:VW_P', retention: 'week' },
    '/write?db=d&rp=week&precision=ns',
    'Basic dTpwOg==',
  ],
  [
    'InfluxDB 2',
    { type: 'influxdb', version: 2, database: 'd', org: 'o', token: 'env:VW_P' },
    '/api/v2/write?org=o&bucket=d&precision=ns',
    'Token p:',
  ],
  [
    'InfluxDB 3',
    { type: 'influxdb', version: 3, database: 'd', token: 'env:VW_P' },
    '/api/v3/write_lp?db=d&precision=nanosecond',
    'Bearer p:',
  ],
  [
    'Kapacitor',
    { type: 'kapacitor', database: 'd', retention: 'week' },
    '/kapacitor/v1/write?db=d&rp=week&precision=n',
    undefined,
  ],
  ['QuestDB', { type: 'questdb' }, '/write?precision=n', undefined],
])('%s gets the same lines, at its own address, with its own login', async (_, declared, path, login) => {
  process.env.VW_U = 'u';
  process.env.VW_P = 'p:';
  const isInflux = declared.type === 'influxdb';
  if (isInflux)
    answers = [
      ...((declared as { version?: number }).version === undefined ? [{ status: 200, text: '{}' }] : []),
      NO_POSITIONS,
    ];
  const sink = await sinkTo(declared);
  const { delivery } = await sink.open({ venue: 'day', pipeline: 'day/ticks' });
  expect(delivery).toBe(isInflux ? 'exactlyOnce' : 'atLeastOnce');
  asked.length = 0;
  expect(await sink.write(ticks({ number: 5n }))).toEqual([]);
  expect(asked[0]).toEqual({ path, login, text: LINE });
  if (isInflux)
    expect(asked[1]?.text).toMatch(
      /^venuewire_positions,pipeline=day\/ticks,channel=line\\ A,epoch=s at="\[\\"line A\\",\\"s\\",\\"5\\",0\]" \d+\n$/,
    );
  await sink.close();
});

test('rows of one instant and one series are points of their own; what would meet another is refused and counted', async () => {
  const sink = await sinkTo({ type: 'questdb' });
  await sink.open({ venue: 'day', pipeline: 'p' });
  const refused = await sink.write(
    ticks({ number: 1n }, { number: 2n }, { number: 2n, part: 1 }, { number: 1_001n }, { number: 3n, id: 1n << 63n }),
  );
  const lines = (asked[0]?.text ?? '').trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ').at(-1))).toEqual([
    '1700000000123456001',
    '1700000000123456002',
    '1700000000123456002',
  ]);
  expect(lines[2]).toContain(',row=1 ');
  expect(lines[1]).not.toContain('price=');
  expect(refused).toEqual([
    { reason: 'sameInstant', rows: 1 },
    { reason: 'outOfRange', rows: 1 },
  ]);
  // Written again they are the same points.
  expect(await sink.write(ticks({ number: 1n }, { number: 2n }))).toEqual([]);
  await sink.close();
});

test('rows that the server will not have are refused; what may pass is tried again by whoever calls', async () => {
  const sink = await sinkTo({ type: 'questdb' });
  await sink.open({ venue: 'day', pipeline: 'p' });
  answers = [{ status: 400, text: '{"error":"partial write: field type conflict dropped=1"}' }];
  await expect(sink.write(ticks({ number: 1n }))).rejects.toThrow(SinkRefusal);
  answers = [{ status: 503, text: 'busy' }];
  await expect(sink.write(ticks({ number: 1n }))).rejects.not.toThrow(SinkRefusal);
  await sink.close();
});

test('InfluxDB tells how far a pipeline has come', async () => {
  const at = JSON.stringify(JSON.stringify(['line A', 's', '18446744073709551615', 3]));
  answers = [
    { status: 200, text: '{}' },
    {
      status: 200,
      text: `{"results":[{"series":[{"name":"p","tags":{"channel":"line A","epoch":"s"},"columns":["time","at"],"values":[[1,${at}]]}]}]}`,
    },
  ];
  const sink = await sinkTo({ type: 'influxdb', database: 'd' });
  const { positions } = await sink.open({ venue: 'day', pipeline: 'day/ticks' });
  expect(positions).toEqual([{ channel: 'line A', epoch: 's', number: 18446744073709551615n, part: 3 }]);
  expect(decodeURIComponent(asked[1]?.path ?? '').replaceAll('+', ' ')).toContain(
    "WHERE pipeline = 'day/ticks' GROUP BY channel, epoch",
  );
  await sink.close();
  answers = [{ status: 401, text: 'authorization failed' }];
  await expect(
    (await sinkTo({ type: 'influxdb', database: 'd' })).open({ venue: 'd', pipeline: 'p' }),
  ).rejects.toMatchObject({ code: 'VW_SINK_OPEN' });
});

test('TypeDB: signs in, makes database and schema, and puts each row by its key in one transaction', async () => {
  process.env.VW_U = 'u';
  process.env.VW_P = 'p:';
  const sink = await sinkTo({ type: 'typedb', username: 'env:VW_U', password: 'env:VW_P', database: 'ticks' });
  answers = [
    { status: 200, text: '{"token":"t0ken"}' },
    { status: 200, text: '{"databases":[{"name":"other"}]}' },
  ];
  expect(await sink.open({ venue: 'v', pipeline: 'v/p' })).toEqual({ delivery: 'atLeastOnce', positions: [] });
  answers = [
    { status: 200, text: '{"queryType":"schema","answerType":"ok"}' },
    { status: 200, text: '{"transactionId":"7"}' },
  ];
  await sink.write(ticks({ number: 5n, id: 2n ** 64n - 1n }, { number: 2n }));
  expect(asked.map(({ path, login }) => `${path} ${login ?? ''}`)).toEqual([
    '/v1/signin ',
    '/v1/databases Bearer t0ken',
    '/v1/databases/ticks Bearer t0ken',
    '/v1/query Bearer t0ken',
    '/v1/transactions/open Bearer t0ken',
    '/v1/transactions/7/query Bearer t0ken',
    '/v1/transactions/7/query Bearer t0ken',
    '/v1/transactions/7/commit Bearer t0ken',
  ]);
  const bodies = asked.map(({ text }) => (text === '' ? {} : JSON.parse(text)));
  expect(bodies[0]).toEqual({ username: 'u', password: 'p:' });
  expect(bodies[3]).toMatchObject({ databaseName: 'ticks', transactionType: 'schema', commit: true });
  expect(bodies[3].query).toContain('attribute vw_tick_price, value integer;');
  expect(bodies[3].query).toContain('entity vw_tick, owns vw_key @key, owns vw_tick_channel,');
  expect(bodies[4]).toEqual({ databaseName: 'ticks', transactionType: 'write' });
  expect(bodies[5].query).toBe(
    'put $row isa vw_tick, has vw_key "v/p/line A/s/5.0", has vw_tick_channel "line A", has vw_tick_epoch "s", has vw_tick_number "5", ' +
      'has vw_tick_part 0, has vw_tick_kind "trade", has vw_tick_instrument "EUR,USD", has vw_tick_receiveTime 1700000000123456789, ' +
      'has vw_tick_price 15, has vw_tick_id "18446744073709551615", has vw_tick_note "a \\"b\\" \\\\ c";',
  );
  // None is left out.
  expect(bodies[6].query).not.toContain('vw_tick_price');
  answers = [{ status: 400, text: '{"code":"TQL0","message":"no"}' }];
  await expect(sink.write(ticks({ number: 6n }))).rejects.toBeInstanceOf(SinkRefusal);
  await sink.close();
});
