/** The simulated FIX 4.4 market data server: in virtual time, and on a real socket with our own feed. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openFeed } from '../../src/feed/open.js';
import { env, fixLogon } from '../../src/patterns/index.js';
import type { FixMarketEntry } from '../../src/simulator/fix-market.js';
import { type FixMarketDataOptions, FixMarketDataServer } from '../../src/simulator/fix-market-data.js';
import { LoopbackServer } from '../../src/simulator/loopback-server.js';
import { Random } from '../../src/simulator/random.js';
import type { Connection } from '../../src/simulator/server.js';
import { fix44 } from '../../src/venues/fix44.js';

const SECOND = 1e9;
const START = Date.UTC(2026, 0, 5, 12) * 1e6;
const SUBSCRIPTION = '263=1|264=0|265=1|267=2|269=0|269=1|146=1|55=A|';

const bid = (px: string, more: Partial<FixMarketEntry> = {}): FixMarketEntry => ({
  MDUpdateAction: '0',
  MDEntryType: '0',
  Symbol: 'A',
  MDEntryPx: px,
  ...more,
});

function fixMessage(type: string, number: number, more = '', from = 'US'): string {
  const body = `35=${type}|49=${from}|56=THEM|34=${number}|52=20260105-12:00:00.000|${more}`.replaceAll('|', '\x01');
  const text = `8=FIX.4.4\x019=${body.length}\x01${body}`;
  let sum = 0;
  for (const c of Buffer.from(text, 'latin1')) sum += c;
  return `${text}10=${String(sum & 255).padStart(3, '0')}\x01`;
}

/** A server in virtual time and one client of it; what is sent is read as `35=…|…` without header and trailer. */
class Bench {
  readonly server: FixMarketDataServer;
  readonly said: string[] = [];
  nowNs = START;
  closed = false;
  full = false;
  readonly #connection: Connection;

  constructor(options: Partial<FixMarketDataOptions> = {}) {
    this.server = new FixMarketDataServer({ senderCompId: 'THEM', targetCompId: 'US', symbols: ['A'], ...options });
    const bench = this;
    this.#connection = {
      id: 1,
      get full() {
        return bench.full;
      },
      send(bytes) {
        const text = Buffer.from(bytes).toString('latin1').replaceAll('\x01', '|');
        bench.said.push(text.replace(/^8=FIX.4.4\|9=\d+\||49=THEM\|56=US\||52=[^|]+\||122=[^|]+\||10=\d+\|$/g, ''));
      },
      close() {
        bench.closed = true;
      },
    };
    this.connect();
  }

  connect(): void {
    this.closed = false;
    this.server.onConnect(this.#connection, this.nowNs);
  }
  hear(...messages: string[]): void {
    this.server.onData(this.#connection, Buffer.from(messages.join(''), 'latin1'), this.nowNs);
  }
  logon(more = '98=0|108=30|', number = 1): void {
    this.hear(fixMessage('A', number, more));
  }
  /** Lets time pass, doing what falls due meanwhile. */
  pass(seconds: number): void {
    const end = this.nowNs + seconds * SECOND;
    for (;;) {
      const due = this.server.onTick(this.nowNs);
      if (due > end) break;
      expect(due).toBeGreaterThan(this.nowNs);
      this.nowNs = due;
    }
    this.nowNs = end;
  }
  take(): string[] {
    return this.said.splice(0);
  }
}

describe('a simulated FIX 4.4 server', () => {
  it('answers logon and subscription, and says increments', () => {
    const bench = new Bench();
    bench.server.publish([bid('1.5', { MDEntrySize: '7' })], bench.nowNs);
    bench.logon();
    bench.hear(fixMessage('V', 2, `262=R|${SUBSCRIPTION}`));
    bench.server.publish([bid('1.25'), bid('9', { MDEntryType: '2' })], bench.nowNs);
    expect(bench.take()).toEqual([
      '35=A|34=1|98=0|108=30|',
      '35=W|34=2|262=R|55=A|268=1|269=0|270=1.5|271=7|',
      '35=X|34=3|262=R|268=1|279=0|269=0|55=A|270=1.25|',
    ]);
  });

  it('takes messages cut anywhere', () => {
    const bench = new Bench();
    for (const c of fixMessage('A', 1, '98=0|108=30|') + fixMessage('1', 2, '112=HERE|')) bench.hear(c);
    expect(bench.take()).toEqual(['35=A|34=1|98=0|108=30|', '35=0|34=2|112=HERE|']);
  });

  it('keeps what stands: a change replaces, a delete removes, by name or by side and price', () => {
    const bench = new Bench();
    const { server, nowNs } = bench;
    server.publish([bid('1', { MDEntryID: 'x' }), bid('2', { MDEntrySize: '1' }), bid('3')], nowNs);
    server.publish([bid('1.5', { MDEntryID: 'x', MDUpdateAction: '1' }), bid('3', { MDUpdateAction: '2' })], nowNs);
    server.publish([bid('2', { MDEntrySize: '4', MDUpdateAction: '1' })], nowNs);
    bench.logon();
    bench.hear(fixMessage('V', 2, `262=R|${SUBSCRIPTION}`));
    expect(bench.take()[1]).toBe('35=W|34=2|262=R|55=A|268=2|269=0|270=1.5|278=x|269=0|270=2|271=4|');
  });

  it('refuses entries that are none, and changes nothing then', () => {
    const { server, nowNs } = new Bench();
    for (const wrong of [{ Symbol: 'NOBODY' }, { MDUpdateAction: '7' }, { MDEntryPx: '1e3' }, { MDEntryType: 'x' }])
      expect(() => server.publish([bid('1', wrong as Partial<FixMarketEntry>)], nowNs)).toThrow(
        expect.objectContaining({ code: 'VW_SIMULATOR_OPTION' }),
      );
  });

  it('tests a silent client after 1.2 heartbeat intervals, and drops it an interval later', () => {
    const bench = new Bench();
    bench.logon('98=0|108=10|');
    bench.take();
    bench.pass(13);
    expect(bench.take()).toEqual(['35=0|34=2|', '35=1|34=3|112=TEST-1|']);
    bench.pass(8);
    expect(bench.closed).toBe(false);
    bench.pass(2);
    expect(bench.closed).toBe(true);
  });

  it('drops a client that does not log on within ten seconds', () => {
    const bench = new Bench();
    bench.pass(9);
    expect(bench.closed).toBe(false);
    bench.pass(2);
    expect(bench.closed).toBe(true);
    expect(bench.take()).toEqual([]);
  });

  it('asks once for what is missing, honours a resend request all the same, and goes on when it has come', () => {
    const bench = new Bench();
    bench.logon();
    bench.take();
    bench.hear(fixMessage('0', 4), fixMessage('2', 5, '7=1|16=0|'), fixMessage('0', 6));
    expect(bench.take()).toEqual(['35=2|34=2|7=2|16=0|', '35=4|34=1|43=Y|123=Y|36=3|']);
    bench.hear(fixMessage('4', 2, '43=Y|122=20260105-12:00:00.000|123=Y|36=7|'), fixMessage('1', 7, '112=ON|'));
    expect(bench.take()).toEqual(['35=0|34=3|112=ON|']);
    expect(bench.server.numbers).toEqual({ next: 4, expected: 8 });
  });

  it('passes over garbled messages, which are missed at the next one', () => {
    const bench = new Bench();
    bench.logon();
    bench.take();
    bench.hear(fixMessage('0', 2).replace(/10=\d+/, '10=999'), fixMessage('0', 3));
    expect(bench.take()).toEqual(['35=2|34=2|7=2|16=0|']);
    expect(bench.server.statistics).toMatchObject({ garbled: 1, askedAgain: 1 });
  });

  it('rejects a tag twice, a group that is no such group, and what must be there and is not', () => {
    const bench = new Bench();
    bench.logon();
    bench.take();
    bench.hear(fixMessage('0', 2, '112=A|112=B|'));
    bench.hear(fixMessage('V', 3, `262=R|${SUBSCRIPTION.replace('146=1', '146=2')}`));
    bench.hear(fixMessage('V', 4, SUBSCRIPTION));
    bench.hear(fixMessage('4', 5, '36=2|'));
    bench.hear(fixMessage('2', 5, '7=1.5|16=0|'));
    expect(bench.take()).toEqual([
      '35=3|34=2|45=2|372=0|373=13|',
      '35=3|34=3|45=3|372=V|373=16|',
      '35=3|34=4|45=4|371=262|372=V|373=1|',
      '35=3|34=5|45=5|371=36|372=4|373=5|',
      '35=3|34=6|45=5|371=7|372=2|373=5|',
    ]);
    expect(bench.closed).toBe(false);
  });

  it.each([
    ['an unknown symbol', SUBSCRIPTION.replace('55=A', '55=Z'), '0'],
    ['another request type', SUBSCRIPTION.replace('263=1', '263=7'), '4'],
    ['the top of the book', SUBSCRIPTION.replace('264=0', '264=1'), '5'],
    ['full refreshes as updates', SUBSCRIPTION.replace('265=1', '265=0'), '6'],
    ['another entry type', SUBSCRIPTION.replace('269=1', '269=B'), '8'],
  ])('refuses %s by its reason', (_, request, reason) => {
    const bench = new Bench();
    bench.logon();
    bench.hear(fixMessage('V', 2, `262=R|${request}`));
    expect(bench.take()[1]).toBe(`35=Y|34=2|262=R|281=${reason}|`);
    expect(bench.server.subscriptions).toEqual([]);
  });

  it('a second client while one is there is told nothing, and changes nothing', () => {
    const bench = new Bench();
    bench.logon();
    let closed = false;
    const second: Connection = {
      id: 2,
      send: () => expect.unreachable(),
      close: () => {
        closed = true;
      },
    };
    bench.server.onConnect(second, bench.nowNs);
    bench.server.onData(second, Buffer.from(fixMessage('A', 1, '98=0|108=30|141=Y|'), 'latin1'), bench.nowNs);
    expect(closed).toBe(true);
    expect(bench.server.loggedOn).toBe(true);
    expect(bench.server.numbers).toEqual({ next: 2, expected: 2 });
  });

  it('another CompID within the session is rejected, and ends it', () => {
    const bench = new Bench();
    bench.logon();
    bench.hear(fixMessage('0', 2, '', 'SOMEBODY'));
    expect(bench.take().slice(1)).toEqual([
      '35=3|34=2|45=2|372=0|373=9|',
      '35=5|34=3|58=SenderCompID or TargetCompID is not that of the session|',
    ]);
    expect(bench.closed).toBe(false);
    bench.hear(fixMessage('1', 3, '112=X|'), fixMessage('5', 4));
    expect(bench.take()).toEqual([]);
    expect(bench.closed).toBe(true);
  });

  it('a client that does not answer a logout is dropped after two seconds', () => {
    const bench = new Bench({ users: { u: 'p' } });
    bench.logon();
    expect(bench.take()).toEqual(['35=5|34=1|58=Username or Password is wrong|']);
    bench.pass(1.9);
    expect(bench.closed).toBe(false);
    bench.pass(0.2);
    expect(bench.closed).toBe(true);
  });

  it('a client that does not read is dropped, and asks for the rest when it is back', () => {
    const bench = new Bench();
    bench.logon();
    bench.hear(fixMessage('V', 2, `262=R|${SUBSCRIPTION}`));
    bench.full = true;
    bench.server.publish([bid('1')], bench.nowNs);
    expect(bench.closed).toBe(true);
    expect(bench.server.statistics.slow).toBe(1);
    bench.full = false;
    bench.take();
    bench.connect();
    bench.logon('98=0|108=30|', 3);
    bench.hear(fixMessage('2', 4, '7=3|16=0|'));
    expect(bench.take()).toEqual([
      '35=A|34=4|98=0|108=30|',
      '35=X|34=3|43=Y|262=R|268=1|279=0|269=0|55=A|270=1|',
      '35=4|34=4|43=Y|123=Y|36=5|',
    ]);
  });

  it('keeps as many messages as it is told to; older ones are filled over', () => {
    const bench = new Bench({ keep: 2 });
    bench.logon();
    bench.hear(fixMessage('V', 2, `262=R|${SUBSCRIPTION}`));
    for (let i = 0; i < 5; i++) bench.server.publish([bid(String(i))], bench.nowNs);
    bench.take();
    bench.hear(fixMessage('2', 3, '7=1|16=0|'));
    expect(bench.take().map((t) => t.split('|', 2).join('|'))).toEqual(['35=4|34=1', '35=X|34=6', '35=X|34=7']);
  });

  it('whatever bytes come: nothing is thrown, and what it says has consecutive numbers', () => {
    const random = new Random(7);
    const sound = [
      fixMessage('A', 1, '98=0|108=30|'),
      fixMessage('V', 2, `262=R|${SUBSCRIPTION}`),
      fixMessage('2', 3, '7=1|16=0|'),
      fixMessage('4', 4, '123=Y|36=9|'),
      fixMessage('5', 9),
    ].join('');
    for (let run = 0; run < 500; run++) {
      const bench = new Bench();
      const bytes = Buffer.from(sound, 'latin1');
      for (let n = random.below(4); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
      bench.hear(bytes.toString('latin1', 0, random.below(2) === 0 ? bytes.length : random.below(bytes.length)));
      bench.pass(100);
      const numbers = bench.said.filter((t) => !t.includes('|43=Y|')).map((t) => Number(/34=(\d+)/.exec(t)?.[1]));
      expect(numbers, `run ${run} of seed 7`).toEqual(numbers.map((_, i) => i + 1));
      expect(bench.closed, `run ${run} of seed 7`).toBe(true);
    }
  });

  it('needs names and a symbol', () => {
    expect(() => new FixMarketDataServer({ senderCompId: 'A', targetCompId: 'B', symbols: [] })).toThrow(
      expect.objectContaining({ code: 'VW_SIMULATOR_OPTION' }),
    );
  });
});

describe('a FIX server on a socket of loopback', () => {
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const s of open.splice(0)) await s.stop();
  });
  beforeAll(() => {
    Object.assign(process.env, { T_SENDER: 'US', T_TARGET: 'THEM', T_USER: 'u', T_PASSWORD: 'p' });
  });
  const loopback = async (port?: number): Promise<LoopbackServer<FixMarketDataServer>> => {
    const fix = new FixMarketDataServer({
      senderCompId: 'THEM',
      targetCompId: 'US',
      symbols: ['A'],
      users: { u: 'p' },
    });
    const server = new LoopbackServer(fix, port === undefined ? {} : { port });
    open.push(server);
    await server.start();
    return server;
  };

  it('serves our own feed: what is lost is asked for, a break is survived', async () => {
    const server = await loopback();
    const credentials = fixLogon({
      senderCompId: env('T_SENDER'),
      targetCompId: env('T_TARGET'),
      username: env('T_USER'),
      password: env('T_PASSWORD'),
    });
    const feed = await openFeed(fix44({ servers: [server.address], symbols: ['A'], credentials }));
    const { view } = feed.ring;
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    const prices: string[] = [];
    let refreshes = 0;
    const publish = (...from: string[]): void =>
      server.act((fix, now) => {
        for (const px of from) fix.publish([bid(px)], now);
      });
    feed.on('notice', (n) => {
      if (n.type !== 'snapshotEnded') return;
      refreshes++;
      if (refreshes === 1) {
        publish('1');
        server.server.lose(2);
        publish('2', '3', '4');
      } else publish('5', '6');
    });
    await feed.run({
      fixMessage: (m: { $at: number; $length: number }) => {
        const text = bytes.toString('latin1', m.$at, m.$at + m.$length).replaceAll('\x01', '|');
        if (!text.includes('|35=X|')) return;
        prices.push(/\|270=([^|]+)/.exec(text)?.[1] ?? '');
        if (prices.length === 4) server.act((fix) => fix.disconnect());
        if (prices.length === 6) feed.close();
      },
    });
    expect(prices).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(feed.statistics().ledger).toMatchObject({ recovered: 2, abandoned: 0 });
    expect(server.server.statistics).toMatchObject({ logons: 2, garbled: 0, complaints: 0, resent: 2 });
  });

  it('says that its port is taken, and that it has been stopped', async () => {
    const first = await loopback();
    const port = Number(first.address.split(':')[1]);
    await expect(loopback(port)).rejects.toMatchObject({ code: 'VW_SIMULATOR_OPEN' });
    await first.stop();
    await expect(first.start()).rejects.toMatchObject({ code: 'VW_SIMULATOR_STOPPED' });
    // Its port is free again.
    expect((await loopback(port)).address).toBe(`127.0.0.1:${port}`);
  });
});
