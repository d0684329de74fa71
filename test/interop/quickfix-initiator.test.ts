/** FIX 4.4 market data sessions of an initiator of QuickFIX/J with our simulated server, on a real socket. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { FixMarketEntry } from '../../src/simulator/fix-market.js';
import { type FixMarketDataOptions, FixMarketDataServer } from '../../src/simulator/fix-market-data.js';
import { LoopbackServer } from '../../src/simulator/loopback-server.js';
import { atEnd, Counterpart, until } from './harness.js';

const shown = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').replaceAll('\x01', '|');
const type = (text: string): string => /\|35=([^|]+)\|/.exec(text)?.[1] ?? '';
const number = (text: string): number => Number(/\|34=(\d+)\|/.exec(text)?.[1]);

const bid = (symbol: string, px: string, more: Partial<FixMarketEntry> = {}): FixMarketEntry => ({
  MDUpdateAction: '0',
  MDEntryType: '0',
  Symbol: symbol,
  MDEntryPx: px,
  MDEntrySize: '10',
  ...more,
});
const offer = (symbol: string, px: string): FixMarketEntry => bid(symbol, px, { MDEntryType: '1' });

/** Our server and QuickFIX/J, with all that each heard and said. */
class Pair {
  readonly heard: string[] = [];
  readonly said: string[] = [];
  readonly fix: FixMarketDataServer;
  readonly loopback: LoopbackServer<FixMarketDataServer>;
  client!: Counterpart;

  constructor(options: Partial<FixMarketDataOptions> = {}) {
    this.fix = new FixMarketDataServer({
      senderCompId: 'THEM',
      targetCompId: 'US',
      symbols: ['A', 'B', 'EMPTY'],
      users: { user: 'secret' },
      onMessage: (way, message) => this[way].push(shown(message)),
      ...options,
    });
    this.fix.publish([bid('A', '100'), offer('A', '101'), bid('B', '7.25'), offer('B', '7.5')], Date.now() * 1e6);
    this.loopback = new LoopbackServer(this.fix);
  }

  static async start(options: Partial<FixMarketDataOptions> = {}, ...settings: string[]): Promise<Pair> {
    const pair = new Pair(options);
    atEnd(() => pair.loopback.stop());
    await pair.loopback.start();
    pair.client = Counterpart.java('FixClient', [pair.loopback.address.split(':')[1] as string, ...settings]);
    await pair.client.said(/^ready/);
    return pair;
  }

  async subscribed(name = 'R1', nthLogon = 1): Promise<void> {
    await this.client.said(/^logon/, nthLogon);
    await this.client.do(`subscribe ${name} A,B`);
    await this.client.said(new RegExp(`^refresh \\d+ ${name} B `));
  }

  /** Increments with the bids `from`, `from` + 1 … of A and B in turn. */
  increments(from: number, count: number): void {
    this.loopback.act((fix, now) => {
      for (let i = 0; i < count; i++) fix.publish([bid(i % 2 === 0 ? 'A' : 'B', String(from + i))], now);
    });
  }

  /** Prices of the increments, as QuickFIX/J has read them. */
  prices(): number[] {
    return this.client.heard(/^increment \d+ \S+ 0:0:[AB]:(\d+):10$/).map((m) => Number(m[1]));
  }
  async price(last: number): Promise<void> {
    await this.client.said(new RegExp(`^increment \\d+ \\S+ 0:0:[AB]:${last}:10$`));
  }
  async hears(pattern: RegExp, nth = 1): Promise<string> {
    return until(
      `our server to hear ${pattern}`,
      () => this.heard.filter((t) => pattern.test(t))[nth - 1],
      () => [...this.heard.slice(-20), '--', this.client.transcript()].join('\n'),
    );
  }

  /** Byte for byte the same messages on both sides, without what a client that has left need not have heard. */
  async expectSame(unheard?: string): Promise<void> {
    const wanted = (text: string | undefined): boolean => unheard === undefined || type(text ?? '') !== unheard;
    // An engine that reads our answer while it is still saying its own logout answers the answer: said twice is once.
    const once = (text: string | undefined, i: number, all: readonly (string | undefined)[]): boolean =>
      type(text ?? '') !== '5' || i === 0 || type(all[i - 1] ?? '') !== '5';
    const theirs = () => ({
      heard: this.client
        .heard(/^in (.*)/)
        .map((m) => m[1])
        .filter(wanted),
      said: this.client
        .heard(/^out (.*)/)
        .map((m) => m[1])
        .filter(once),
    });
    const ours = () => ({ heard: this.said.filter(wanted), said: this.heard.filter(once) });
    // What is on its way arrives; what differs for good is shown by the comparison.
    await until('both to have heard all', () => isDeepStrictEqual(theirs(), ours())).catch(() => {});
    expect(theirs()).toEqual(ours());
    expect(this.fix.statistics).toMatchObject({ complaints: 0, garbled: 0, slow: 0 });
  }

  /** The same messages, and neither has complained of one. */
  async expectAgreement(): Promise<void> {
    await this.expectSame();
    expect(this.client.heard(/^error /).map((m) => m.input)).toEqual([]);
    expect([...this.said, ...this.heard].filter((t) => ['3', 'j'].includes(type(t)))).toEqual([]);
  }
}
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('an initiator of QuickFIX/J with our FIX 4.4 server', () => {
  test('logs on, subscribes, reads a refresh of each symbol, then increments: every field as it was published', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    expect(pair.client.heard(/^refresh .*/).map((m) => m.input)).toEqual([
      'refresh 2 R1 A 0:100:10 1:101:10',
      'refresh 3 R1 B 0:7.25:10 1:7.5:10',
    ]);
    pair.increments(200, 500);
    await pair.price(699);
    expect(pair.prices()).toEqual(range(200, 500));
    pair.loopback.act((fix, now) =>
      fix.publish(
        [
          bid('A', '100', { MDUpdateAction: '2' }),
          bid('B', '-0.125', { MDEntryType: '2', MDEntrySize: '3' }),
          offer('A', '101.000'),
        ],
        now,
      ),
    );
    await pair.client.said(/^increment 504 R1 2:0:A:100:10 0:2:B:-0.125:3 0:1:A:101.000:10$/);
    await pair.expectAgreement();
  });

  test('what was lost on the way is asked for, and comes again with PossDup', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    pair.increments(200, 10);
    pair.fix.lose(5);
    pair.increments(210, 15);
    await pair.price(224);
    expect(pair.prices()).toEqual(range(200, 25));
    expect(pair.heard.filter((t) => type(t) === '2').length).toBe(1);
    expect(pair.client.heard(/^in .*\|35=X\|.*\|43=Y\|.*\|122=/).length).toBeGreaterThanOrEqual(5);
    await pair.expectAgreement();
  });

  test('where market data is not said twice, what was lost is filled over and the rest is read', async () => {
    const pair = await Pair.start({ resends: false });
    await pair.subscribed();
    pair.fix.lose(5);
    pair.increments(200, 6);
    await pair.client.said(/^in .*\|35=4\|.*\|123=Y\|/);
    pair.increments(206, 3);
    await pair.price(208);
    expect(pair.prices().slice(-3)).toEqual([206, 207, 208]);
    expect(pair.prices()).not.toContain(200);
    await pair.expectAgreement();
  });

  test('asks for everything again: market data comes as it was, the rest is filled over', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    pair.increments(200, 3);
    await pair.price(202);
    await pair.client.do('resend 1 0');
    await until('six messages again', () => pair.said.filter((t) => t.includes('|43=Y|')).length === 6);
    const again = pair.said.filter((t) => t.includes('|43=Y|'));
    expect(again.map((t) => [type(t), number(t)])).toEqual([
      ['4', 1],
      ['W', 2],
      ['W', 3],
      ['X', 4],
      ['X', 5],
      ['X', 6],
    ]);
    // The engine passes over what it has had, and the session goes on.
    pair.increments(203, 2);
    await pair.price(204);
    expect(pair.prices()).toEqual(range(200, 5));
    await pair.expectAgreement();
  });

  test('test requests are answered with their text, on both sides', async () => {
    const pair = await Pair.start();
    await pair.client.said(/^logon/);
    await pair.client.do('test ARE-YOU-THERE');
    await pair.client.said(/^in .*\|35=0\|.*\|112=ARE-YOU-THERE\|/);
    pair.loopback.act((fix, now) => fix.test(now));
    await pair.hears(/\|35=0\|.*\|112=TEST-1\|/);
    await pair.expectAgreement();
  });

  test('both sides keep a quiet session alive by heartbeats', async () => {
    const pair = await Pair.start({}, 'HeartBtInt=1');
    await pair.hears(/\|35=0\|/, 3);
    await pair.client.said(/^in .*\|35=0\|/, 3);
    expect(pair.client.heard(/^logout/)).toEqual([]);
    expect(pair.fix.loggedOn).toBe(true);
    expect(pair.fix.statistics).toMatchObject({ connections: 1, logons: 1 });
    await pair.client.do('logout');
    await pair.client.said(/^logout/);
    await pair.expectAgreement();
  });

  test('our server asks for all that the client has said: its request comes again and changes nothing', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    pair.loopback.act((fix, now) => fix.askAgain(1, now));
    await pair.hears(/\|35=V\|.*\|43=Y\|/);
    expect(pair.fix.subscriptions).toEqual(['R1']);
    pair.increments(200, 3);
    await pair.price(202);
    expect(pair.prices()).toEqual(range(200, 3));
    await pair.expectAgreement();
  });

  test('a request of the client that was lost is asked for by our server, and served once it has come', async () => {
    const pair = await Pair.start();
    await pair.client.said(/^logon/);
    await pair.client.do('lose-subscribe R1 A,B');
    await pair.client.do('test NOW');
    await pair.client.said(/^refresh \d+ R1 B /);
    expect(pair.said.filter((t) => type(t) === '2').map((t) => /\|7=\d+\|16=0\|/.exec(t)?.[0])).toEqual(['|7=2|16=0|']);
    pair.increments(200, 3);
    await pair.price(202);
    await pair.expectAgreement();
  });

  test('dropped by our server: the session goes on with its numbers, and is subscribed to again', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    pair.increments(200, 5);
    await pair.price(204);
    const { next } = pair.fix.numbers;
    pair.loopback.act((fix) => fix.disconnect());
    await pair.client.said(/^logout/);
    expect(pair.fix.subscriptions).toEqual([]);
    await pair.subscribed('R2', 2);
    expect(number(pair.client.heard(/^in .*\|35=A\|.*/)[1]?.input as string)).toBe(next);
    pair.increments(205, 5);
    await pair.price(209);
    expect(pair.prices()).toEqual(range(200, 10));
    await pair.expectAgreement();
  });

  test('what was said into a connection that broke is asked for after the next logon', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    pair.fix.lose(3);
    pair.increments(200, 3);
    pair.loopback.act((fix) => fix.disconnect());
    await pair.client.said(/^logon/, 2);
    await pair.price(202);
    expect(pair.prices()).toEqual(range(200, 3));
    await pair.expectAgreement();
  });

  test('the client breaks off and comes again', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    await pair.client.do('disconnect');
    await pair.subscribed('R2', 2);
    pair.increments(200, 3);
    await pair.price(202);
    expect(pair.fix.statistics).toMatchObject({ connections: 2, logons: 2 });
    await pair.expectAgreement();
  });

  test('numbers begin at 1 with each logon where the client wants it (141=Y)', async () => {
    const pair = await Pair.start({}, 'ResetOnLogon=Y');
    await pair.subscribed();
    pair.increments(200, 5);
    await pair.price(204);
    pair.loopback.act((fix) => fix.disconnect());
    await pair.subscribed('R2', 2);
    const logons = [...pair.said, ...pair.heard].filter((t) => type(t) === 'A');
    expect(logons.map((t) => [number(t), t.includes('|141=Y|')])).toEqual(Array(4).fill([1, true]));
    pair.increments(205, 5);
    await pair.price(209);
    expect(pair.prices()).toEqual(range(200, 10));
    await pair.expectAgreement();
  });

  test('our server begins again at 1: a client with its old numbers stays out, one that begins anew is served', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    pair.increments(200, 5);
    await pair.price(204);
    pair.loopback.act((fix) => fix.restart());
    await pair.client.said(/^out .*\|35=5\|.*\|58=MsgSeqNum too low, expecting 9 but received 1\|/);
    await pair.client.do('reset');
    await pair.subscribed('R2', 2);
    pair.increments(205, 5);
    await pair.price(209);
    expect(pair.prices()).toEqual(range(200, 10));
    // A client that stays out says logout and closes; it may be gone before our answer comes.
    await pair.expectSame('5');
  });

  test('numbers of the client that are too low are refused by a logout that says so', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    await pair.client.do('next 1');
    await pair.client.do('test NOW');
    await pair.client.said(/^in .*\|35=5\|.*\|58=MsgSeqNum too low, expecting 3 but received 1\|/);
    await until('that it is gone', () => !pair.fix.loggedOn);
    await pair.expectSame();
  });

  test('a wrong password is refused by a logout that says so', async () => {
    const pair = await Pair.start({}, 'Password=wrong');
    await pair.client.said(/^in .*\|35=5\|.*\|58=Username or Password is wrong\|/);
    expect(pair.fix.loggedOn).toBe(false);
    expect(pair.client.heard(/^logon/)).toEqual([]);
    await pair.expectSame();
  });

  test('another client than the session is for is told nothing', async () => {
    const pair = await Pair.start({ targetCompId: 'SOMEBODY' });
    await until('that it was refused', () => pair.fix.statistics.refused > 0);
    expect(pair.said).toEqual([]);
    await pair.expectSame();
  });

  test('refused: an unknown symbol and a request twice (35=Y), an order (35=j); the session goes on', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    await pair.client.do('subscribe R2 A,NOBODY');
    await pair.client.said(/^refused R2 0$/);
    await pair.client.do('subscribe R1 A');
    await pair.client.said(/^refused R1 1$/);
    await pair.client.do('order');
    await pair.client.said(/^in .*\|35=j\|.*\|372=D\|380=3\|/);
    pair.increments(200, 3);
    await pair.price(202);
    expect(pair.client.heard(/^out .*\|35=3\|/)).toEqual([]);
    await pair.expectSame();
  });

  test('a snapshot alone, and an end of the subscription: nothing follows', async () => {
    const pair = await Pair.start();
    await pair.client.said(/^logon/);
    await pair.client.do('snapshot S1 A');
    await pair.client.said(/^refresh \d+ S1 A 0:100:10 1:101:10$/);
    await pair.client.do('subscribe R1 A');
    await pair.client.said(/^refresh \d+ R1 A/);
    pair.increments(200, 1);
    await pair.price(200);
    await pair.client.do('unsubscribe R1 A');
    await until('the end of the subscription', () => pair.fix.subscriptions.length === 0);
    pair.increments(300, 2);
    await pair.client.do('test STILL');
    await pair.client.said(/^in .*\|112=STILL\|/);
    expect(pair.prices()).toEqual([200]);
    await pair.expectAgreement();
  });

  test('a symbol for which nothing stands has a refresh without entries', async () => {
    const pair = await Pair.start();
    await pair.client.said(/^logon/);
    await pair.client.do('subscribe R1 EMPTY');
    await pair.client.said(/^refresh \d+ R1 EMPTY $/);
    await pair.expectAgreement();
  });

  test('logs out: answered, and closed', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    await pair.client.do('logout');
    await pair.client.said(/^logout/);
    expect(pair.said.map(type).at(-1)).toBe('5');
    expect(pair.fix.loggedOn).toBe(false);
    await pair.expectAgreement();
  });

  test('is logged out by our server, answers, and comes again', async () => {
    const pair = await Pair.start();
    await pair.subscribed();
    pair.loopback.act((fix, now) => fix.logout(now));
    await pair.hears(/\|35=5\|/);
    await pair.client.said(/^logon/, 2);
    await pair.expectAgreement();
  });
});
