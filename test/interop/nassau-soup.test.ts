/** SoupBinTCP by nassau: a session as a live feed, and as a replay for a MoldUDP64 feed. */
import { beforeAll, describe, expect, test } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import {
  defineStream,
  defineVenue,
  env,
  request,
  stream,
  udpMulticast,
  userPassword,
  waitForOtherLine,
} from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { soupbintcpReplay } from '../../src/venues/patterns/recoveries.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';
import { Counterpart, day, freeGroup, freeTcpPort, runVenue, until, venueFile, Watched } from './harness.js';

beforeAll(() => {
  Object.assign(process.env, { INTEROP_USER: 'user', INTEROP_PASSWORD: 'secret' });
});
const credentials = () => userPassword(env('INTEROP_USER'), env('INTEROP_PASSWORD'));
/** The declared session, with less patience than a day of trading has. */
const BRISK = { first: '20ms', most: '500ms' };
const brisk = defineStream({
  ...soupbintcpFeed,
  id: 'soupbintcp-brisk',
  reconnect: BRISK,
  keepAlive: { send: '200ms', silence: '1500ms' },
});

/** One that would rest for an hour where it does not go on at once. */
const atOnce = defineStream({
  ...soupbintcpFeed,
  id: 'soupbintcp-at-once',
  reconnect: { first: '20ms', most: '1h' },
  keepAlive: { send: '1s', silence: '1h' },
});

async function nassau(messages: number, session = 'NASSAU') {
  const { history, file } = day(messages);
  const venue = Counterpart.java('SoupVenue', [file, session, 'user', 'secret']);
  const address = `127.0.0.1:${(await venue.said(/^listening (\d+)/))[1]}`;
  const listen = (servers: string[] = [address], pattern = brisk) =>
    Watched.open(
      defineVenue({
        name: 'soup',
        decoder: itch50,
        framing: 'moldudp64',
        join: 'beginning',
        streams: { A: stream(pattern, { servers, credentials: credentials() }) },
      }),
    );
  return { venue, history, address, listen };
}

async function expectWhole(watched: Watched, history: { length: number; digest(): bigint }): Promise<void> {
  await watched.delivered(history.length);
  await watched.atRest();
  expect(watched.told('gapAbandoned')).toEqual([]);
  expect(watched.numbers.length).toBe(history.length);
  expect(watched.digest.value).toBe(history.digest());
}

describe('a SoupBinTCP session of nassau as a live feed', () => {
  test('comes whole, debug packets aside', async () => {
    const { venue, history, listen } = await nassau(5_000);
    await venue.do('debug on');
    await venue.do('available 5000');
    const watched = await listen();
    await expectWhole(watched, history);
    const [login] = venue.heard(/^login 1 user='(.*)' password='(.*)' session='(.*)' sequence=(\d+)/);
    expect(login?.slice(1).map((s) => s.trim())).toEqual(['user', 'secret', '', '1']);
  });

  test.each([
    ['is closed', ''],
    ['is reset', ' rst'],
  ])('goes on with the message in which the connection %s', async (_, how) => {
    const { venue, history, listen } = await nassau(3_000);
    await venue.do(`cut 1000 10${how}`);
    await venue.do('available 2000');
    const watched = await listen();
    // A reset takes with it what nassau's side had not sent yet: the login names the first message that did not arrive.
    const asked = Number((await venue.said(/^accepted 2 (\d+)/))[1]);
    if (how === '') expect(asked).toBe(1_000);
    else expect(asked).toBeLessThanOrEqual(1_000);
    await watched.delivered(2_000);
    expect(watched.numbers).toEqual(Array.from({ length: 2_000 }, (_, i) => i + 1));
    await venue.do('cut 2500 2');
    await venue.do('available 3000');
    await venue.said(/^accepted 3 2500/);
    await expectWhole(watched, history);
    expect(watched.told('lineDown').length).toBe(2);
  });

  // How long it rests is held by a fake clock (native/test/stream_feed_test.cpp), here and below.
  test('a wrong password is told with its code, asked again, and nothing is lost by it', async () => {
    const { venue, history, listen } = await nassau(100);
    await venue.do('available 100');
    await venue.do('reject A 2');
    const watched = await listen();
    await expectWhole(watched, history);
    const told = watched.notices.filter((n) => n.reason === 'loginRejected');
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(told.every((n) => n.detail === 'A'.charCodeAt(0))).toBe(true);
    expect(venue.heard(/^login /).length).toBe(3);
  });

  test('a session that has changed with no end of session is joined after the reject S', async () => {
    const { venue, history, listen } = await nassau(300);
    await venue.do('available 300');
    const watched = await listen();
    await expectWhole(watched, history);
    const next = day(200, 2);
    await venue.do(`session SECOND ${next.file} 200`);
    await venue.do('drop');
    await venue.said(/^rejected \d+ S/);
    await watched.delivered(500);
    expect(watched.numbers.slice(300)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(watched.told('sessionStarted').at(-1)?.session.trim()).toBe('SECOND');
    expect(venue.heard(/^login \d+ .* session='\s*' sequence=1$/).length).toBe(2);
  });

  test('the session after an end of session is joined at once', async () => {
    const { venue, history, listen } = await nassau(300);
    await venue.do('available 300');
    const watched = await listen(undefined, atOnce);
    await expectWhole(watched, history);
    const next = day(200, 2);
    await venue.do('end close');
    await venue.do(`session SECOND ${next.file} 200`);
    await watched.delivered(500);
    expect(watched.told('sessionEnded').length).toBe(1);
    expect(watched.told('sessionStarted').at(-1)?.session.trim()).toBe('SECOND');
    expect(watched.numbers.slice(300)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });

  test('an end of session without a close leads to the next session too', async () => {
    const { venue, history, listen } = await nassau(300);
    await venue.do('available 300');
    const watched = await listen();
    await expectWhole(watched, history);
    const next = day(200, 2);
    await venue.do('end');
    await venue.do(`session SECOND ${next.file} 200`);
    await watched.delivered(500);
    expect(watched.told('sessionStarted').at(-1)?.session.trim()).toBe('SECOND');
  });

  test('a silent server is given up, and the next connection goes on', async () => {
    const { venue, history, listen } = await nassau(300);
    await venue.do('available 100');
    const watched = await listen();
    await watched.delivered(100);
    await venue.do('silent on');
    await watched.notice('lineDown');
    await venue.do('silent off');
    await venue.do('available 300');
    await expectWhole(watched, history);
  });

  test.each([
    ['accepts the connection and closes it', 'slam', /^slammed /],
    ['accepts the login and closes', 'welcome', /: welcomed and left/],
  ])('a server that %s, six times over, is tried until it stays', async (_, command, heard) => {
    const { venue, history, listen } = await nassau(100);
    await venue.do('available 100');
    await venue.do(`${command} 6`);
    const watched = await listen();
    await expectWhole(watched, history);
    expect(venue.heard(heard).length).toBe(6);
  });

  test('a dead first server leads to the second', async () => {
    const { venue, history, address, listen } = await nassau(100);
    await venue.do('available 100');
    const watched = await listen([`127.0.0.1:${await freeTcpPort()}`, address]);
    await expectWhole(watched, history);
  });

  test('close() says logout', async () => {
    const { venue, history, listen } = await nassau(100);
    await venue.do('available 100');
    const watched = await listen();
    await expectWhole(watched, history);
    watched.feed.close();
    await venue.said(/^logout 1/);
  });
});

/** The command line on a venue file of nassau. */
function run(address: string, more: readonly string[]) {
  const file = venueFile([
    'decoder: nasdaq-totalview-itch-5.0',
    'framing: moldudp64',
    'join: beginning',
    'streams:',
    '  A:',
    '    pattern: soupbintcp-feed',
    `    servers: ['${address}']`,
    '    credentials: { type: userPassword, username: env:INTEROP_USER, password: env:INTEROP_PASSWORD }',
  ]);
  return runVenue(file, more);
}

describe('the command line says logout to nassau', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('on %s', async (signal) => {
    const { venue, address } = await nassau(100);
    await venue.do('available 100');
    const cli = run(address, []);
    await until('the last message', () => cli.text().split('\n').length > 100, cli.text);
    cli.child.kill(signal);
    await venue.said(/^logout 1/);
    await until('the end of the command line', cli.over, cli.text);
  });

  test('after --seconds', async () => {
    const { venue, address } = await nassau(100);
    await venue.do('available 100');
    const cli = run(address, ['--seconds', '1']);
    await venue.said(/^logout 1/);
    await until('the end of the command line', cli.over, cli.text);
  });
});

describe('a SoupBinTCP server of nassau replays for MoldUDP64 of nassau', () => {
  const join30k = (lines: { A: string; B: string }, rung: { servers: string[]; tries: number }) =>
    Watched.open(
      nasdaqTotalView({
        lines: {
          A: udpMulticast(lines.A, { interface: '127.0.0.1' }),
          B: udpMulticast(lines.B, { interface: '127.0.0.1' }),
        },
        join: 'beginning',
        ladder: [waitForOtherLine(), request(soupbintcpReplay, { ...rung, credentials: credentials(), timeout: '2s' })],
      }),
    );

  async function late(servers: (live: string) => Promise<string[]>, session = 'NASSAU') {
    const { history, file } = day(30_000);
    const lines = { A: await freeGroup(), B: await freeGroup() };
    const mold = Counterpart.java('MoldVenue', [file, session, lines.A, lines.B]);
    const soup = Counterpart.java('SoupVenue', [file, session, 'user', 'secret']);
    const live = `127.0.0.1:${(await soup.said(/^listening (\d+)/))[1]}`;
    await mold.said(/^ready/);
    const watched = await join30k(lines, { servers: await servers(live), tries: 3 });
    await soup.do('available 29900');
    await mold.do('publish 29901 30000 4 A B');
    return { watched, history, soup, mold };
  }

  test('a late join of 30,000; a session shorter than ten characters is padded as each protocol pads it', async () => {
    const { watched, history, soup } = await late(async (live) => [live]);
    await expectWhole(watched, history);
    expect(soup.heard(/^rejected/)).toEqual([]);
    expect(soup.heard(/^login 1 .* session='(.*)' sequence=1$/)[0]?.[1]).toBe('    NASSAU');
  });

  test('a refused connection does not end a late join: the next server has it', async () => {
    const { watched, history } = await late(async (live) => [`127.0.0.1:${await freeTcpPort()}`, live], 'TENLETTERS');
    await expectWhole(watched, history);
  });

  test('a server that comes up late is tried until it is there', async () => {
    const { history, file } = day(30_000);
    const lines = { A: await freeGroup(), B: await freeGroup() };
    const mold = Counterpart.java('MoldVenue', [file, 'TENLETTERS', lines.A, lines.B]);
    await mold.said(/^ready/);
    const port = await freeTcpPort();
    const watched = await join30k(lines, { servers: [`127.0.0.1:${port}`], tries: 60 });
    await mold.do('publish 29901 30000 4 A B');
    // Requested at a port where nobody listens yet.
    await watched.notice('gapOpened');
    const soup = Counterpart.java('SoupVenue', [file, 'TENLETTERS', 'user', 'secret', String(port)]);
    await soup.do('available 29900');
    await expectWhole(watched, history);
  });

  test('logout is said once what was missing is there', async () => {
    const { watched, history, soup } = await late(async (live) => [live], 'TENLETTERS');
    await expectWhole(watched, history);
    await soup.said(/^logout 1/);
  });
});
