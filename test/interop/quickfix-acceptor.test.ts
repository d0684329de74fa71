/** FIX 4.4 market data sessions with an acceptor of QuickFIX/J. */
import { beforeAll, describe, expect, test } from 'vitest';
import { env, fixLogon } from '../../src/patterns/index.js';
import { type Fix44Options, fix44 } from '../../src/venues/fix44.js';
import { atEnd, Counterpart, freeTcpPort, runVenue, until, venueFile, Watched } from './harness.js';

beforeAll(() => {
  Object.assign(process.env, {
    INTEROP_SENDER: 'US',
    INTEROP_TARGET: 'THEM',
    INTEROP_USER: 'user',
    INTEROP_PASSWORD: 'secret',
    INTEROP_WRONG: 'wrong',
  });
});
const credentials = (password = 'INTEROP_PASSWORD') =>
  fixLogon({
    senderCompId: env('INTEROP_SENDER'),
    targetCompId: env('INTEROP_TARGET'),
    username: env('INTEROP_USER'),
    password: env(password),
  });
const type = (text: string): string => /\|35=([^|]+)\|/.exec(text)?.[1] ?? '';
const number = (text: string): number => Number(/\|34=(\d+)\|/.exec(text)?.[1]);

class Fix {
  constructor(
    readonly venue: Counterpart,
    readonly port: number,
  ) {}

  static async start(...settings: string[]): Promise<Fix> {
    const port = await freeTcpPort();
    const venue = Counterpart.java('FixVenue', [String(port), 'FIX.4.4', ...settings]);
    await venue.said(/^ready/);
    return new Fix(venue, port);
  }

  listen(options: Partial<Fix44Options> = {}): Promise<Watched> {
    return Watched.open(
      fix44({ servers: [`127.0.0.1:${this.port}`], symbols: ['A', 'B'], credentials: credentials(), ...options }),
      'texts',
    );
  }

  /** What the client said, of one type. */
  heard(messageType: string): string[] {
    return this.venue
      .heard(/^in (.*)/)
      .map((m) => m[1] as string)
      .filter((t) => type(t) === messageType);
  }
  async hears(messageType: string, nth = 1): Promise<string> {
    await this.venue.said(new RegExp(`^in .*\\|35=${messageType}\\|`), nth);
    return this.heard(messageType)[nth - 1] as string;
  }
}

/** The n-th full refresh has ended, and nothing is stale any more. */
const whole = (watched: Watched, nth = 1): Promise<boolean> =>
  watched.until(
    `the end of refresh ${nth}`,
    () => watched.told('snapshotEnded').length >= nth && watched.told('stale').length === watched.told('good').length,
  );
const prices = (watched: Watched): number[] =>
  watched.texts.filter((t) => type(t) === 'X').map((t) => Number(/\|270=(\d+)\|/.exec(t)?.[1]));
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
/** The engine complained of nothing that we said. */
const expectNoComplaint = (fix: Fix): void => {
  expect(fix.venue.heard(/^error /).map((m) => m.input)).toEqual([]);
  expect(fix.venue.heard(/^out .*\|35=(3|j)\|/).map((m) => m.input)).toEqual([]);
};

describe('a FIX 4.4 session with QuickFIX/J', () => {
  test('logs on, subscribes, gets the full refresh of each symbol, then increments', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 50');
    await watched.until('50 increments', () => prices(watched).length === 50);
    expect(prices(watched)).toEqual(range(100, 50));
    expect(watched.texts.filter((t) => type(t) === 'W').map((t) => /\|55=(.)\|/.exec(t)?.[1])).toEqual(['A', 'B']);
    expect(watched.numbers).toEqual(range(1, 53));
    expectNoComplaint(fix);
  });

  test('what was lost on the way is asked for and comes again with PossDup', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 10');
    await fix.venue.do('lose 5');
    await fix.venue.do('increments 10');
    await watched.until('25 increments', () => prices(watched).length === 25);
    expect(prices(watched)).toEqual(range(100, 25));
    expect(watched.texts.filter((t) => t.includes('|43=Y|')).length).toBe(5);
    expect(watched.told('gapAbandoned')).toEqual([]);
    const { ledger } = watched.feed.statistics();
    expect(ledger).toMatchObject({ recovered: 5, abandoned: 0 });
    expectNoComplaint(fix);
  });

  test('what the server only fills over is abandoned, told, and subscribed to again', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('resends off');
    await fix.venue.do('lose 5');
    await fix.venue.do('increments 1');
    await watched.notice('gapAbandoned');
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
    const [gap] = watched.told('gapAbandoned');
    expect(Number(gap?.count)).toBe(5);
    await fix.venue.do('increments 3');
    await watched.until('the last increment', () => prices(watched).at(-1) === 108);
    expectNoComplaint(fix);
  });

  test('numbers that were never used are filled over', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('skip 7');
    await fix.venue.do('increments 2');
    await watched.notice('gapAbandoned');
    await whole(watched, 2);
    await watched.atRest();
    expect(watched.feed.statistics().ledger.abandoned).toBe(7);
    expectNoComplaint(fix);
  });

  test('a test request is answered with its text', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('test ARE-YOU-THERE');
    await fix.venue.said(/^in .*\|35=0\|.*\|112=ARE-YOU-THERE\|/);
    expectNoComplaint(fix);
  });

  test('heartbeats keep a quiet session alive on both sides', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen({ heartbeat: 1 });
    await whole(watched);
    await fix.hears('0', 4);
    await watched.until('heartbeats of the server', () => watched.texts.filter((t) => type(t) === '0').length >= 4);
    expect(watched.told('lineDown')).toEqual([]);
    expectNoComplaint(fix);
  });

  test('the server asks for our numbers again: what it must have is said again, the rest is filled over', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('resend 1 0');
    await fix.venue.said(/^in .*\|43=Y\|/);
    await fix.venue.do('test STILL-THERE');
    await fix.venue.said(/^in .*\|112=STILL-THERE\|/);
    await fix.venue.do('increments 2');
    await watched.until('the increments', () => prices(watched).length === 2);
    expect(watched.told('lineDown')).toEqual([]);
    expectNoComplaint(fix);
  });

  test('a break: the session goes on with its numbers and is subscribed to again', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 5');
    await watched.until('the increments', () => prices(watched).length === 5);
    await fix.venue.do('disconnect');
    await watched.notice('lineDown');
    await fix.venue.said(/^logon/, 2);
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
    await fix.venue.do('increments 5');
    await watched.until('the increments', () => prices(watched).length === 10);
    expect(prices(watched)).toEqual(range(100, 10));
    expect(watched.told('gapAbandoned')).toEqual([]);
    expectNoComplaint(fix);
  });

  test('after a break the server lacks some of our numbers: we are subscribed all the same', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    // It heard the logon; our request for market data was lost on the way.
    await fix.venue.do('disconnect');
    await fix.venue.do('expect 2');
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
    await fix.venue.do('increments 3');
    await watched.until('the increments', () => prices(watched).length === 3);
    // The request that is in force is never filled over. The one before it ended with its connection.
    const fills = fix.heard('4').filter((t) => t.includes('|123=Y|'));
    const request = Math.max(...fix.heard('V').map(number));
    for (const fill of fills) {
      const next = Number(/\|36=(\d+)\|/.exec(fill)?.[1]);
      expect(request >= number(fill) && request < next).toBe(false);
    }
    expectNoComplaint(fix);
  });

  test('the server begins again at 1 while we are away: told, joined, subscribed', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 20');
    await watched.until('the increments', () => prices(watched).length === 20);
    await fix.venue.do('disconnect');
    await fix.venue.do('next 1');
    await fix.venue.do('expect 1');
    await watched.until(
      'a new beginning',
      () => watched.told('reset').length + watched.told('sessionStarted').length > 1,
    );
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
    await fix.venue.do('increments 3');
    await watched.until('the increments', () => prices(watched).length === 23);
    expect(watched.numbers.at(-1)).toBeLessThan(20);
  });

  test('ResetOnLogon of the server: each connection begins at 1', async () => {
    const fix = await Fix.start('ResetOnLogon=Y');
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 20');
    await watched.until('the increments', () => prices(watched).length === 20);
    await fix.venue.do('disconnect');
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
    await fix.venue.do('increments 3');
    await watched.until('the increments', () => prices(watched).length === 23);
    expect(prices(watched)).toEqual(range(100, 23));
  });

  test('each logon begins anew where the session is declared so', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen({ resume: false });
    await whole(watched);
    await fix.venue.do('increments 20');
    await watched.until('the increments', () => prices(watched).length === 20);
    await fix.venue.do('disconnect');
    await fix.venue.said(/^in .*\|35=A\|.*\|141=Y\|/, 2);
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
    await fix.venue.do('increments 3');
    await watched.until('the increments', () => prices(watched).length === 23);
    expect(watched.numbers.at(-1)).toBeLessThan(20);
    expectNoComplaint(fix);
  });

  test('SequenceReset-Reset: the state is void, and subscribed to again', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 3');
    await fix.venue.do('reset 100');
    await watched.notice('reset');
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
    await fix.venue.do('increments 3');
    await watched.until('the increments', () => prices(watched).length === 6);
    expect(prices(watched)).toEqual(range(100, 6));
    expect(watched.numbers.at(-1)).toBeGreaterThan(100);
    expectNoComplaint(fix);
  });

  test('SequenceReset-Reset to a lower number is refused: nothing counts as seen that is new', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 10');
    await watched.until('the increments', () => prices(watched).length === 10);
    await fix.venue.do('reset 3');
    await fix.venue.do('increments 1');
    await watched.notice('lineDown');
    const types = watched.notices.map((n) => n.type);
    expect(types.slice(0, types.indexOf('lineDown'))).not.toContain('reset');
  });

  test.each(['Y', 'j'])('a request that is answered by 35=%s fails as a snapshot and is made again', async (by) => {
    const fix = await Fix.start();
    await fix.venue.do(`reject ${by} 1`);
    const watched = await fix.listen();
    await watched.notice('snapshotFailed');
    expect(watched.told('snapshotEnded')).toEqual([]);
    await fix.venue.said(/^subscribed/);
    await whole(watched);
    await fix.venue.do('increments 3');
    await watched.until('the increments', () => prices(watched).length === 3);
  });

  test('a request that is not answered times out and is made again', async () => {
    const fix = await Fix.start();
    await fix.venue.do('mute 1');
    const watched = await fix.listen({ timeout: '500ms' });
    await watched.notice('snapshotFailed');
    expect(watched.told('snapshotEnded')).toEqual([]);
    await fix.venue.said(/^subscribed/);
    await whole(watched);
  });

  test('a wrong password is refused by a logout, and told', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen({ credentials: credentials('INTEROP_WRONG') });
    await watched.until('that the logon was refused', () =>
      watched.notices.some((n) => n.type === 'recoveryFailed' || n.type === 'lineDown'),
    );
    await fix.venue.said(/^in .*\|35=A\|/);
    expect(watched.told('snapshotEnded')).toEqual([]);
    expect(watched.shown()).not.toContain('wrong|');
  });

  test('another TargetCompID than the server has: refused, told', async () => {
    process.env.INTEROP_STRANGER = 'NOBODY';
    const fix = await Fix.start();
    const watched = await fix.listen({
      credentials: fixLogon({
        senderCompId: env('INTEROP_SENDER'),
        targetCompId: env('INTEROP_STRANGER'),
        username: env('INTEROP_USER'),
        password: env('INTEROP_PASSWORD'),
      }),
    });
    await watched.until('that it failed', () =>
      watched.notices.some((n) => n.type === 'recoveryFailed' || n.type === 'lineDown'),
    );
    expect(watched.told('snapshotEnded')).toEqual([]);
  });

  test('a server that calls itself by another name at the logon is not believed', async () => {
    const fix = await Fix.start();
    await fix.venue.do('name SOMEBODY');
    const watched = await fix.listen();
    await watched.until('that it failed', () =>
      watched.notices.some((n) => n.type === 'recoveryFailed' || n.type === 'lineDown'),
    );
    expect(watched.told('snapshotEnded')).toEqual([]);
    await fix.venue.do('name THEM');
    await whole(watched);
  });

  test('a server that calls itself by another name later is not believed', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('name SOMEBODY');
    await fix.venue.do('increments 1');
    await watched.notice('lineDown');
    expect(prices(watched)).toEqual([]);
  });

  test('a logout of the server is answered, and the session goes on when it is back', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('logout');
    await fix.hears('5');
    await watched.notice('lineDown');
    await fix.venue.do('logon');
    await fix.venue.said(/^subscribed/, 2);
    await whole(watched, 2);
  });

  test('close() says logout and waits for the answer', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    watched.feed.close();
    await fix.hears('5');
    await fix.venue.said(/^out .*\|35=5\|/);
    expectNoComplaint(fix);
  });

  test('a server that is started again is joined again', async () => {
    const fix = await Fix.start();
    const watched = await fix.listen();
    await whole(watched);
    await fix.venue.do('increments 5');
    await watched.until('the increments', () => prices(watched).length === 5);
    // Its store was in memory: the new one begins at 1 and has never heard of us.
    await fix.venue.end();
    await watched.notice('lineDown');
    const again = Counterpart.java('FixVenue', [String(fix.port), 'FIX.4.4']);
    atEnd(() => again.end());
    await again.said(/^subscribed/);
    await whole(watched, 2);
    await again.do('increments 3');
    await watched.until('the increments', () => prices(watched).length === 8);
  });
});

describe('the command line runs a FIX session of a venue file', () => {
  test('prints what QuickFIX/J sends, and says logout on SIGINT', async () => {
    const fix = await Fix.start();
    const file = venueFile([
      'decoder: fix-4.4-text',
      'recovery: []',
      'streams:',
      '  A:',
      '    pattern: fix-4.4-market-data',
      '    options: { symbols: [A, B], heartbeat: 30 }',
      `    servers: ['127.0.0.1:${fix.port}']`,
      '    credentials: { type: fixLogon, senderCompId: env:INTEROP_SENDER, targetCompId: env:INTEROP_TARGET, username: env:INTEROP_USER, password: env:INTEROP_PASSWORD }',
    ]);
    const cli = runVenue(file, ['--format', 'ndjson']);
    await fix.hears('V');
    await fix.venue.do('increments 50');
    const increments = (): number =>
      cli
        .text()
        .split('\n')
        .filter((line) => /"269":|MDEntryType|mdEntryType/.test(line)).length;
    await until('50 increments', () => increments() >= 50, cli.text);
    cli.child.kill('SIGINT');
    await fix.hears('5');
    await until('the end of the command line', cli.over, cli.text);
    expectNoComplaint(fix);
  });
});
