import { describe, expect, test } from 'vitest';
import { openBooks } from '../../src/books/books.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { compileVenue } from '../../src/feed/compile.js';
import { openFeed } from '../../src/index.js';
import {
  captureFile,
  defineVenue,
  env,
  messageHmac,
  mutualTls,
  privateLine,
  request,
  tcp,
  tls,
  udpMulticast,
  udpUnicast,
  userPassword,
  vpn,
  waitForOtherLine,
  websocket,
} from '../../src/patterns/index.js';
import { moldudp64Rerequest, soupbintcpReplay } from '../../src/venues/patterns/recoveries.js';

process.env.VW_D_USER = 'user';
process.env.VW_D_PASSWORD = 'password';
const credentials = userPassword(env('VW_D_USER'), env('VW_D_PASSWORD'));
const A = udpMulticast('239.77.1.250:32777', { interface: '127.0.0.1' });
const venue = (more: object = {}) => defineVenue({ name: 'v', decoder: itch50, lines: { A }, ...more });
/** The error that something is refused with. */
async function refusal(what: () => unknown): Promise<{ code: string; message: string; hint: string }> {
  try {
    const feed = (await what()) as { close?(): void };
    feed?.close?.();
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error('nothing was refused');
}
const code = async (what: () => unknown): Promise<string> => (await refusal(what)).code;

describe('what is declared is done, or refused when the feed is opened', () => {
  const security = (...set: object[]) => openFeed(venue({ security: set }));
  test.each([
    ['tls', { type: 'tls' }],
    ['mutualTls', mutualTls('file:/c', 'file:/k')],
    ['messageHmac', messageHmac('file:/k')],
  ])('security %s has no engine, so nothing goes out in clear', async (type, protection) => {
    const error = await refusal(() => security(privateLine(), protection));
    expect(error.code).toBe('VW_SECURITY_NO_ENGINE');
    expect(error.message).toContain(type);
  });
  test('what is arranged outside of the process opens', async () => {
    (await security(privateLine(), vpn())).close();
  });
  test('the address of an allow list is where connections are made from', () => {
    const rung = request(soupbintcpReplay, { servers: ['10.1.1.1:100'], credentials });
    const at = (address?: string) =>
      compileVenue(
        venue({ recovery: [rung], security: [{ type: 'sourceAllowList', ...(address ? { address } : {}) }] }),
      ).spec;
    expect(Buffer.from(at('10.9.8.7')).includes('10.9.8.7')).toBe(true);
    expect(Buffer.from(at()).includes('10.9.8.7')).toBe(false);
  });

  test('credentials that no message of the pattern holds are refused, so that nobody believes he has logged in', async () => {
    const rung = request(moldudp64Rerequest, { servers: ['10.1.1.1:100'], credentials });
    const error = await refusal(() => compileVenue(venue({ recovery: [rung] })));
    expect(error.code).toBe('VW_CREDENTIAL_UNUSED');
    expect(error.message).toContain('userPassword');
    expect(error.message).not.toContain('password:');
  });

  test.each([
    ['tcp', tcp('10.1.1.1:100')],
    ['websocket', websocket('wss://a.example/')],
  ])('a live line of type %s', async (_, line) => {
    expect(await code(() => openFeed(venue({ lines: { A: line } })))).toBe('VW_NETWORK_NO_ENGINE');
  });
  test.each([
    ['tls', tls('10.1.1.1:100')],
    ['websocket', websocket('wss://a.example/')],
  ])('a captured line of type %s, which no capture can show', async (_, line) => {
    const file = 'fixtures/itch50-clean.pcap';
    expect(await code(() => openFeed(venue({ lines: { A: line } }), { capture: { file } }))).toBe(
      'VW_NETWORK_NO_ENGINE',
    );
  });
  test('a captureFile line is read, and its port says what of it', async () => {
    const read = async (port?: number) => {
      const lines = { A: captureFile('fixtures/itch50-clean.pcap', port === undefined ? {} : { port }) };
      return (await (await openFeed(venue({ lines }))).run()).messages;
    };
    const all = await read();
    expect(all).toBeGreaterThan(0);
    expect(await read(1)).toBe(0);
  });
  test.each([
    ['two captures', { A: captureFile('a.pcap'), B: captureFile('b.pcap') }],
    ['a capture and a socket', { A, B: captureFile('b.pcap') }],
  ])('lines that name %s', async (_, lines) => {
    expect(await code(() => openFeed(venue({ lines })))).toBe('VW_CAPTURE_LINE');
  });

  test('line B that is line A', async () => {
    const error = await refusal(() => openFeed(venue({ lines: { A, B: { ...A } } })));
    expect([error.code, error.message]).toEqual(['VW_VENUE_LINES', expect.stringContaining('line B is line A')]);
    const other = udpMulticast('239.77.1.250:32777', { interface: '127.0.0.2' });
    expect(() => compileVenue(venue({ lines: { A, B: other } }))).not.toThrow();
  });
  test('a wait behind a request', async () => {
    const ask = request(moldudp64Rerequest, { servers: ['10.1.1.1:100'] });
    const recovery = [ask, waitForOtherLine({ for: '1ms' })];
    expect(await code(() => openFeed(venue({ recovery })))).toBe('VW_VENUE_LADDER');
    expect(() => compileVenue(venue({ recovery: recovery.toReversed() }))).not.toThrow();
  });
  test('a parameter that the pattern does not have', async () => {
    const ask = request(moldudp64Rerequest, { servers: ['10.1.1.1:100'], parameters: { productId: 5 } });
    const error = await refusal(() => openFeed(venue({ recovery: [ask] })));
    expect([error.code, error.message]).toEqual(['VW_VENUE_PARAMETER', expect.stringContaining('productId')]);
  });
  test.each([
    ['packets without numbers', 'soupbintcp', request(moldudp64Rerequest, { servers: ['h:1'] }), 'no numbers'],
    [
      'a framing without a session',
      'cboe-sequenced-unit',
      request(moldudp64Rerequest, { servers: ['h:1'] }),
      'a session',
    ],
    [
      'numbers of packets, by single messages',
      'b3-umdf',
      request(soupbintcpReplay, { servers: ['h:1'], credentials }),
      'single messages',
    ],
  ])('a recovery that does not fit %s', async (_, framing, rung, said) => {
    const error = await refusal(() => openFeed(venue({ framing, recovery: [rung] })));
    expect(error.code).toBe('VW_RECOVERY_FRAMING');
    expect(error.message).toContain(said);
  });
});

describe('addresses that cannot be', () => {
  test.each([
    ['a port of 0', () => udpMulticast('239.1.1.1:0')],
    ['a port beyond 65535', () => udpMulticast('239.1.1.1:65536')],
    ['an octet beyond 255', () => udpMulticast('239.1.256.1:1000')],
    ['three octets', () => udpMulticast('239.1.1:1000')],
    ['a group that is none', () => udpMulticast('10.1.1.1:1000')],
    ['a group as an own address', () => udpUnicast('239.1.1.1:1000')],
    ['a server’s port', () => tcp('10.1.1.1:70000')],
    ['a server’s address', () => tcp('10.1.1.999:7000')],
  ])('%s', async (_, make) => {
    expect(await code(make)).toBe('VW_NETWORK');
  });
  test('names of servers are no addresses', () => {
    expect(tcp('feed-1.example.com:7000').address).toBe('feed-1.example.com:7000');
  });
  test('in a venue too', async () => {
    const error = await refusal(() => venue({ lines: { A: { ...A, address: '239.1.1.1:0' } } }));
    expect([error.code, error.message]).toEqual(['VW_VENUE', expect.stringContaining('1 to 65535')]);
  });
});

describe('options of openFeed', () => {
  const throwing = {
    valueOf(): never {
      throw new Error('no');
    },
  };
  const cases: [string, object, RegExp][] = [
    ['misspelt', { ringBites: 65536 }, /ringBites/],
    ['misspelt inside', { capture: { flie: 'a' } }, /capture\.flie/],
    ['a number as text', { ringBytes: '65536' }, /ringBytes/],
    ['a BigInt', { receiveBufferBytes: 1n }, /receiveBufferBytes/],
    ['a Symbol', { cpu: Symbol('x') }, /cpu/],
    ['an object that throws', { busyPollUs: throwing }, /busyPollUs/],
    ['NaN', { cpu: Number.NaN }, /cpu/],
    ['a flag as text', { spin: 'yes' }, /spin/],
    ['a word that is none of the words', { wake: 'bell' }, /doorbell/],
    ['a priority that there is not', { realtimePriority: 100 }, /realtimePriority/],
    ['a node below nothing', { numaNode: -1 }, /numaNode/],
    ['stamps of a capture', { stamps: true, capture: { file: 'a' } }, /stamps.*capture/],
    ['stamps beside events', { stamps: true, events: true }, /stamps.*events/],
    ['busy polling preferred and not asked for', { preferBusyPoll: true }, /busyPollUs/],
    ['a capture that is a path alone', { capture: 'day.pcap' }, /capture/],
    ['a capture of another type', { capture: { file: 42 } }, /capture\.file/],
    ['a selection of another type', { select: { messages: 'addOrder' } }, /select\.messages/],
    ['a drain below nothing', { drain: { messages: 0 } }, /drain\.messages/],
    ['no object', 7 as never, /options/],
  ];
  test.each(cases)('%s is refused by its name', async (_, options, named) => {
    const error = await refusal(() => openFeed(venue(), options));
    expect(error.code).toBe('VW_OPTION');
    expect(error.message + error.hint).toMatch(named);
  });
  test('the near name is told', async () => {
    expect((await refusal(() => openFeed(venue(), { ringBites: 1 } as never))).hint).toContain('ringBytes');
  });
  test('undefined is the same as left out', async () => {
    (await openFeed(venue(), { cpu: undefined, capture: undefined } as never)).close();
  });
});

describe('bounds of books', () => {
  const capture = { file: new Uint8Array() };
  const wrong: [string, object][] = [
    ['instruments', { instrumentsMax: 1e15 }],
    ['instruments of 2 GiB and more', { instrumentsMax: 2 ** 31 }],
    ['orders', { orders: 2 ** 31 }],
    ['orders at most', { ordersMax: 1e15 }],
    ['a checkpoint that is text', { checkpoint: 'x' }],
    ['a bound that there is not', { order: 1 }],
  ];
  test.each(wrong)('out of range are refused with a code, not by what lies below: %s', async (_, books) => {
    expect(await code(() => openFeed(venue(), { capture, books } as never))).toBe('VW_OPTION');
    const feed = await openFeed(venue(), { capture });
    expect(await code(() => openBooks(feed, books))).toBe('VW_OPTION');
    feed.close();
  });
  test.each([[null], [5], [{ depth: -1 }], [{ depth: 1e15 }], [{ depth: 'x' }], [{ orders: 1n }]])(
    'options of openBooks that are none are refused: %s',
    async (options) => {
      const feed = await openFeed(venue(), { capture });
      expect(await code(() => openBooks(feed, options as never))).toBe('VW_OPTION');
      feed.close();
    },
  );
});

describe('handlers', () => {
  const open = () => openFeed(venue(), { capture: { file: 'fixtures/itch50-clean.pcap', lines: { A: '*' } } });
  test.each([
    ['a misspelt name', { addOder() {} }, 'addOrder'],
    ['no function', { addOrder: 'yes' }, 'no function'],
    ['an async function', { async addOrder() {} }, 'feed.objects()'],
    ['no object', null, 'null'],
  ])('%s is refused', async (_, handlers, said) => {
    const feed = await open();
    const error = await refusal(() => feed.run(handlers as never));
    expect(error.code).toBe('VW_HANDLER');
    expect(error.message + error.hint).toContain(said);
    feed.close();
  });
  test('a class may have methods of its own', async () => {
    class Consumer {
      count = 0;
      addOrder(): void {
        this.count++;
      }
      report(): string {
        return String(this.count);
      }
    }
    const consumer = new Consumer();
    await (await open()).run(consumer as never);
    expect(Number(consumer.report())).toBeGreaterThan(0);
  });
});

describe('reading a feed in two ways at once', () => {
  const open = () => openFeed(venue(), { capture: { file: 'fixtures/itch50-clean.pcap', lines: { A: '*' } } });
  test('a second run is refused, and the first one settles', async () => {
    const feed = await open();
    const first = feed.run();
    expect(await code(() => feed.run())).toBe('VW_FEED_BUSY');
    expect((await first).messages).toBeGreaterThan(0);
  });
  test('iteration and poll beside run are refused', async () => {
    const feed = await open();
    const first = feed.run();
    expect(await code(() => feed[Symbol.asyncIterator]().next())).toBe('VW_FEED_BUSY');
    expect(await code(() => feed.poll({}))).toBe('VW_FEED_BUSY');
    await first;
  });
  test('run in a handler of run is refused', async () => {
    const feed = await open();
    let inner = '';
    await feed.run({
      addOrder() {
        if (inner === '') feed.run().catch((error) => (inner = error.code));
      },
    });
    expect(inner).toBe('VW_FEED_BUSY');
  });
  test('poll in a handler of poll is refused', async () => {
    const feed = await open();
    let inner: unknown;
    const handlers = {
      addOrder() {
        try {
          feed.poll(handlers);
        } catch (error) {
          inner = error;
        }
      },
    };
    while (inner === undefined && feed.poll(handlers) >= 0) feed.wait(100);
    expect((inner as { code: string }).code).toBe('VW_FEED_BUSY');
    feed.close();
  });
});
