/**
 * What a newcomer does in the first days: each job as its few lines, and what must come of it. Then the mistakes that are
 * made on the way, and what must be said of each. Needs no service and no privilege.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { messagesOf } from '../../src/capture/index.js';
import { itch50 } from '../../src/decoders/nasdaq-totalview-itch-5.0.js';
import { decoderFor, type Feed, findDecoders, openFeed, VenuewireError } from '../../src/index.js';
import {
  dateOf,
  defineDecoder,
  encode,
  fieldText,
  formatPrice,
  instantAt,
  leaves,
  message,
  price4,
  u8,
  u16,
  u32,
} from '../../src/layout/index.js';
import { env, udpMulticast, userPassword } from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const CAPTURE = join(root, 'fixtures/itch50-clean.pcap');
const venue = nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } });
const capture = { file: CAPTURE };
const ORDER = {
  ...{ stockLocate: 7, timestamp: 34_200_000_000_000, orderReferenceNumber: 99n, buySellIndicator: 'B' },
  ...{ shares: 300, stock: 'ACME', price: 1_234_500 },
} as const;
const bytes = encode(itch50, 'addOrder', ORDER);
const bound = () => itch50.view('addOrder').bind(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
const cli = (...words: string[]) =>
  spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...words], { encoding: 'utf8', cwd: root });

/** A protocol of one's own: a table, and nothing else. */
const own = defineDecoder({
  ...{ id: 'own-1.0', venue: 'Own', feed: 'Trades', version: '1.0', specification: 'ours', framing: 'moldudp64' },
  byteOrder: 'big',
  header: { kind: u8(0) },
  messageType: 'kind',
  messages: { trade: message(1, 11, { instrument: u16(1), size: u32(3), price: u32(7, price4) }) },
});

describe('jobs', () => {
  const jobs: Readonly<Record<string, () => unknown | Promise<unknown>>> = {
    'decode the bytes of a message': () => itch50.decode(bytes).message,
    'read one field of it without an object': () => bound().stock,
    'its price as text': () => fieldText(bound(), 'price'),
    'a price of one’s own as text': () => formatPrice(1_234_500, -4),
    'its price as a number': () => Number(fieldText(bound(), 'price')),
    'what a code stands for': () => fieldText(bound(), 'buySellIndicator'),
    'its time as a Date': () => dateOf(instantAt('2024-07-01', 'America/New_York', bound().timestamp)).toISOString(),
    'its time in nanoseconds since 1970': () => instantAt('2024-01-02', 'America/New_York', bound().timestamp),
    'where each field stands': () =>
      leaves(bound())
        .find(([name]) => name === 'price')
        ?.slice(1),
    'a message as JSON': () => JSON.parse(JSON.stringify(bound())).orderReferenceNumber,
    'a message to keep': () => structuredClone(bound().toObject()) as unknown as { shares: number },
    'write a message': () => encode(itch50, 'orderDelete', { orderReferenceNumber: 1n }).length,
    'the messages of a packet': () => {
      const head = Buffer.concat([
        Buffer.from('DAY1      '),
        Buffer.from([0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, bytes.length]),
      ]);
      return [...messagesOf(itch50, Buffer.concat([head, bytes]))].map((m) => `${m.sequence} ${m.message}`);
    },
    'find a decoder by venue and day': () =>
      decoderFor({ venue: 'Nasdaq', feed: 'TotalView', date: '2017-06-01' }).entry.id,
    'see what there is of a venue': () => findDecoders({ venue: 'IEX' }).length > 3,
    'count the orders of a capture': async () => {
      let n = 0;
      await (await openFeed(venue, { capture })).run({ addOrder: () => n++ });
      return n > 0;
    },
    'read it batch by batch': async () => {
      let n = 0;
      for await (const batch of await openFeed(venue, { capture })) n += batch.read({});
      return n;
    },
    'read it as objects': async () => {
      for await (const { message: name, at } of (await openFeed(venue, { capture })).objects())
        return `${at.sequence} ${name}`;
    },
    'read it as a stream': async () =>
      (await (await openFeed(venue, { capture })).stream({ messages: ['systemEvent'] }).toArray()).length > 0,
    'read a column': async () => {
      for await (const batch of await openFeed(venue, { capture })) {
        const { addOrder } = batch.columns({ addOrder: ['price'] });
        return addOrder.price.length > 0;
      }
    },
    'hear what was lost': async () => {
      const feed = await openFeed(venue, {
        capture: { file: join(root, 'fixtures/itch50-ab-lossy.pcap'), lines: { A: '*' } },
      });
      const gaps: string[] = [];
      feed.on('gapOpened', (gap) => gaps.push(gap.type));
      await feed.run();
      return gaps.length > 0;
    },
    'see that the ledger balances': async () => {
      const { statistics } = await (await openFeed(venue, { capture })).run();
      const { expected, delivered, recovered, abandoned, inFlight } = statistics.ledger;
      return expected === delivered + recovered + abandoned + inFlight;
    },
    'a handler in a service, stopped by a signal': async () => {
      const stop = new AbortController();
      const service = { orders: 0, stop: () => stop.abort() };
      const feed = await openFeed(venue, { capture, signal: stop.signal });
      await feed.run({ addOrder: () => ++service.orders === 3 && service.stop() });
      return service.orders;
    },
    'in a worker': () =>
      new Promise((resolve, reject) => {
        const at = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href;
        const text = `const { parentPort, workerData: w } = require('node:worker_threads');
          (async () => {
            const [{ openFeed }, { udpMulticast }, { nasdaqTotalView }] = await Promise.all([import(w.index), import(w.patterns), import(w.venue)]);
            const venue = nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } });
            let n = 0;
            await (await openFeed(venue, { capture: { file: w.file } })).run({ addOrder: () => n++ });
            parentPort.postMessage(n > 0);
          })();`;
        const workerData = {
          index: at('index.js'),
          patterns: at('patterns/index.js'),
          venue: at('venues/nasdaq-totalview.js'),
          file: CAPTURE,
        };
        new Worker(text, { eval: true, workerData }).once('message', resolve).once('error', reject);
      }),
    'a protocol of one’s own: write, read, print': () =>
      own.decode(encode(own, 'trade', { instrument: 5, size: 10, price: 15_000 })).fields.size,
    'print a capture': () =>
      JSON.parse(cli('decode', CAPTURE, '--decoder', 'nasdaq-totalview-itch-5.0', '--limit', '1').stdout).message,
    'print prices as decimals': () =>
      cli(
        'decode',
        CAPTURE,
        '--decoder',
        'nasdaq-totalview-itch-5.0',
        '--message',
        'addOrder',
        '--limit',
        '1',
        '--prices',
        'text',
      ).stdout.match(/"price":"\d+\.\d{4}"/)?.length,
    'see how to import a decoder': () =>
      JSON.parse(
        cli('list', 'decoders', '--venue', 'IEX', '--format', 'ndjson').stdout.split('\n')[0] as string,
      ).import.startsWith('venuewire/decoders/'),
    'complete the command line': () =>
      execFileSync(
        'bash',
        [
          '-c',
          'source <("$0" dist/cli/main.js completion bash); COMP_WORDS=(venuewire decode --form); COMP_CWORD=2; _venuewire; echo $COMPREPLY',
          process.execPath,
        ],
        { cwd: root, encoding: 'utf8' },
      ).trim(),
    'look at a feed': async () => {
      const feed: Feed = (await openFeed(venue, { capture })) as unknown as Feed;
      feed.close();
      return JSON.parse(JSON.stringify(feed)).decoder;
    },
  };
  const wanted: Readonly<Record<string, unknown>> = {
    'decode the bytes of a message': 'addOrder',
    'read one field of it without an object': 'ACME',
    'its price as text': '123.4500',
    'a price of one’s own as text': '123.4500',
    'its price as a number': 123.45,
    'what a code stands for': 'Buy',
    'its time as a Date': '2024-07-01T13:30:00.000Z',
    'its time in nanoseconds since 1970': 1_704_205_800_000_000_000n,
    'where each field stands': [1_234_500, 32, 4],
    'a message as JSON': '99',
    'a message to keep': expect.objectContaining({ shares: 300, orderReferenceNumber: 99n }),
    'write a message': 19,
    'the messages of a packet': ['5 addOrder'],
    'find a decoder by venue and day': 'nasdaq-totalview-itch-5.0-2017',
    'read it batch by batch':
      JSON.parse(readFileSync(join(root, 'fixtures/manifest.json'), 'utf8'))['itch50-clean.pcap']?.messages ??
      expect.any(Number),
    'read it as objects': '1 systemEvent',
    'a handler in a service, stopped by a signal': 3,
    'a protocol of one’s own: write, read, print': 10,
    'print a capture': 'systemEvent',
    'print prices as decimals': 1,
    'complete the command line': '--format',
    'look at a feed': 'nasdaq-totalview-itch-5.0',
  };
  it('are thirty', () => expect(Object.keys(jobs).length).toBe(30));
  it.each(Object.entries(jobs))('%s', async (name, job) => {
    expect(await job()).toEqual(wanted[name] ?? true);
  });
});

describe('mistakes', () => {
  const read = (file: string) => async () => (await openFeed(venue, { capture: { file } })).run();
  const mistakes: Readonly<Record<string, readonly [code: string, says: RegExp, () => unknown]>> = {
    'a venue that is not called': ['VW_VENUE', /Call it: nasdaqTotalView\(/, () => openFeed(nasdaqTotalView as never)],
    'nothing to open': ['VW_VENUE', /takes a venue, not a undefined|takes a venue/, () => openFeed(undefined as never)],
    'a misspelt option': ['VW_OPTION', /Did you mean ringBytes\?/, () => openFeed(venue, { ringByte: 1 } as never)],
    'an option of another type': [
      'VW_OPTION',
      /'spin' must be true or false/,
      () => openFeed(venue, { spin: 1 } as never),
    ],
    'a misspelt handler': [
      'VW_HANDLER',
      /addOrder/,
      async () => (await openFeed(venue, { capture })).run({ addOrdr() {} } as never),
    ],
    'a misspelt event': [
      'VW_EVENT',
      /Did you mean gapOpened/,
      async () => (await openFeed(venue, { capture })).on('gapOpen' as 'gapOpened', () => {}),
    ],
    'two readers': [
      'VW_FEED_BUSY',
      /read by run already/,
      async () => {
        const feed = await openFeed(venue, { capture });
        const first = feed.run();
        await feed.run().finally(() => first);
      },
    ],
    'a capture that is not there': ['VW_CAPTURE_OPEN', /nowhere\.pcap/, read('nowhere.pcap')],
    'a file that is no capture': ['VW_CAPTURE_FORMAT', /README\.md/, read(join(root, 'README.md'))],
    'a line that the venue has not': [
      'VW_CAPTURE_LINE',
      /has no line 'B'/,
      () => openFeed(venue, { capture: { ...capture, lines: { B: '*' } } }),
    ],
    'a packet for a message': ['VW_MESSAGE_TYPE', /without the framing/, () => itch50.decode(Buffer.alloc(60, 1))],
    'half a message': [
      'VW_MESSAGE_MALFORMED',
      /10 bytes are too few for addOrder/,
      () => itch50.decode(bytes.subarray(0, 10)),
    ],
    'a misspelt message': ['VW_MESSAGE_NAME', /no message 'addOrdr'/, () => itch50.view('addOrdr' as never)],
    'a value that does not fit': ['VW_ENCODE', /shares/, () => encode(itch50, 'addOrder', { shares: 2 ** 40 })],
    'a framing that there is not': [
      'VW_FRAMING_UNKNOWN',
      /list framings/,
      () => [...messagesOf(itch50, bytes, 'mold')],
    ],
    'a message for a packet': [
      'VW_PACKET_MALFORMED',
      /whole packets/,
      () => [...messagesOf(itch50, bytes.subarray(0, 12))],
    ],
    'a table with a hole': [
      'VW_LAYOUT',
      /./,
      () =>
        defineDecoder({
          ...own,
          messageType: 'kind',
          id: 'own-2',
          messages: { trade: message(1, 12, { a: u16(1) }) },
        } as never),
    ],
    'a group that is none': [
      'VW_',
      /239|multicast|group/i,
      () => openFeed(nasdaqTotalView({ lines: { A: udpMulticast('10.0.0.1:1') } })),
    ],
    'a secret that is not set': [
      'VW_',
      /NOT_SET_ANYWHERE/,
      () =>
        openFeed(
          nasdaqTotalView({
            lines: { A: udpMulticast('233.54.12.111:26477') },
            replay: {
              server: '127.0.0.1:1',
              credentials: userPassword(env('NOT_SET_ANYWHERE'), env('NOT_SET_ANYWHERE')),
            },
          }),
        ),
    ],
    'a day that is none': ['VW_TIME', /2024-01-02/, () => instantAt('1.7.2024', 'America/New_York', 0)],
  };
  it('are twenty', () => expect(Object.keys(mistakes).length).toBe(20));
  it.each(Object.entries(mistakes))('%s: a code, what is wrong and what to do', async (_, [code, says, make]) => {
    let told: unknown;
    try {
      await make();
    } catch (error) {
      told = error;
    }
    expect(told).toBeInstanceOf(VenuewireError);
    const { code: given, message: what, hint } = told as VenuewireError;
    expect(given.startsWith(code), given).toBe(true);
    expect(`${what}\n${hint}`).toMatch(says);
    expect(hint.length).toBeGreaterThan(10);
  });
  it('an unknown verb, decoder and file on the command line: two lines and an exit code each', () => {
    for (const [words, says] of [
      [['decod'], /Did you mean decode/],
      [['decode', CAPTURE, '--decoder', 'nasdaq-totalview-itch-5'], /nasdaq-totalview-itch-5\.0/],
      [['decode', 'nowhere.pcap', '--decoder', 'nasdaq-totalview-itch-5.0'], /nowhere\.pcap/],
    ] as const) {
      const ran = cli(...words);
      expect(ran.status).toBeGreaterThan(1);
      expect(ran.stderr).toMatch(/^venuewire: VW_/);
      expect(ran.stderr).toMatch(says);
    }
  });
});
