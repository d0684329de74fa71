/** TLS by OpenSSL and stunnel in front of venues that nobody here wrote, and WebSockets by the package of Python. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openBooks } from '../../src/books/index.js';
import { itch50 } from '../../src/decoders/itch50.js';
import type { Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import { decimalText } from '../../src/json/decimal.js';
import { defineVenue, env, fixLogon, type Protection, stream, tls, userPassword } from '../../src/patterns/index.js';
import { Authority, type Issued } from '../../src/simulator/internet/authority.js';
import { fix44 } from '../../src/venues/fix44.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';
import { atEnd, Counterpart, day, folder, freeTcpPort, until, Watched } from './harness.js';

beforeAll(() => {
  Object.assign(process.env, {
    INTEROP_SENDER: 'US',
    INTEROP_TARGET: 'THEM',
    INTEROP_USER: 'user',
    INTEROP_PASSWORD: 'secret',
  });
});

const authority = new Authority();
/** Files of the authority and of what it has issued, and what a venue declares to trust it. */
function files(issued: Issued = authority.issue()) {
  const at = folder();
  const put = (name: string, text: string): string => {
    writeFileSync(join(at, name), text);
    return join(at, name);
  };
  const ca = put('ca.pem', authority.cert);
  const server = { certificate: put('server.pem', issued.cert), key: put('server.key', issued.key) };
  return { at, put, ca, server, trust: { type: 'tls', ca: `file:${ca}` } as Protection };
}
type Files = ReturnType<typeof files>;

/** Whoever connects to the address is taken, inside TLS, to the port behind it. */
async function stunnel({ put, server, ca }: Files, behind: number, ...more: string[]): Promise<string> {
  const port = await freeTcpPort();
  const settings = [
    ...[
      'foreground = yes',
      'debug = 5',
      'pid =',
      '[venue]',
      `accept = 127.0.0.1:${port}`,
      `connect = 127.0.0.1:${behind}`,
    ],
    ...[`cert = ${server.certificate}`, `key = ${server.key}`, `CAfile = ${ca}`, ...more],
  ];
  const proxy = Counterpart.program('stunnel4', [put('stunnel.conf', `${settings.join('\n')}\n`)]);
  await proxy.said(/Configuration successful/);
  return `127.0.0.1:${port}`;
}

/** The code by which a feed is not connected. */
async function refusal(venue: Parameters<typeof Watched.open>[0]): Promise<string> {
  const watched = await Watched.open(venue);
  let code: string | undefined;
  watched.feed.on('connectionError', (error) => {
    code ??= error.code;
  });
  return watched.until('a connection error', () => code);
}

const soup = (servers: string[], security: readonly Protection[]) =>
  defineVenue({
    name: 'soup',
    decoder: itch50,
    framing: 'moldudp64',
    join: 'beginning',
    streams: {
      A: stream(soupbintcpFeed, { servers, credentials: userPassword(env('INTEROP_USER'), env('INTEROP_PASSWORD')) }),
    },
    security: [...security],
  });

describe('stunnel in front of nassau', () => {
  async function nassau(of: Files, ...more: string[]) {
    const { history, file } = day(3_000);
    const venue = Counterpart.java('SoupVenue', [file, 'NASSAU', 'user', 'secret']);
    const [, port] = await venue.said(/^listening (\d+)/);
    return { venue, history, address: await stunnel(of, Number(port), ...more) };
  }
  test('a SoupBinTCP session comes whole, and goes on where it was cut', async () => {
    const of = files();
    const { venue, history, address } = await nassau(of);
    await venue.do('cut 1000 10');
    await venue.do('available 3000');
    const watched = await Watched.open(soup([address], [of.trust]));
    await watched.delivered(3_000);
    await watched.atRest();
    expect(watched.digest.value).toBe(history.digest());
    expect(watched.told('lineDown').length).toBe(1);
  });
  test('that asks for our certificate takes the one that it knows, and no other', async () => {
    const of = files();
    const ours = authority.issue({ names: ['client'] });
    const { venue, history, address } = await nassau(of, 'verifyChain = yes');
    await venue.do('available 3000');
    const mutual = (issued: Issued): Protection => ({
      type: 'mutualTls',
      ca: `file:${of.ca}`,
      certificate: `file:${of.put('client.pem', issued.cert)}`,
      key: `file:${of.put('client.key', issued.key)}`,
    });
    const watched = await Watched.open(soup([address], [mutual(ours)]));
    await watched.delivered(3_000);
    expect(watched.digest.value).toBe(history.digest());
    expect(await refusal(soup([address], [of.trust]))).toMatch(/^VW_TLS_(CLIENT|ENDED)$/);
    const stranger = new Authority('another').issue({ names: ['client'] });
    expect(await refusal(soup([address], [mutual(stranger)]))).toMatch(/^VW_TLS_(CLIENT|ENDED)$/);
  });
});

test('stunnel in front of QuickFIX/J: a FIX 4.4 session logs on, and gets all increments', async () => {
  const port = await freeTcpPort();
  const venue = Counterpart.java('FixVenue', [String(port), 'FIX.4.4']);
  await venue.said(/^ready/);
  const of = files();
  const address = await stunnel(of, port);
  const credentials = fixLogon({
    ...{ senderCompId: env('INTEROP_SENDER'), targetCompId: env('INTEROP_TARGET') },
    ...{ username: env('INTEROP_USER'), password: env('INTEROP_PASSWORD') },
  });
  const watched = await Watched.open(
    fix44({ servers: [address], symbols: ['A', 'B'], credentials, security: [of.trust] }),
    'texts',
  );
  await watched.until('the refresh', () => watched.told('snapshotEnded').length > 0);
  await venue.do('increments 50');
  await watched.until('50 increments', () => watched.texts.filter((t) => t.includes('|35=X|')).length === 50);
  expect(venue.heard(/^error /).map((m) => m.input)).toEqual([]);
});

describe('openssl s_server', () => {
  async function server(
    { server: s, ca }: Files,
    ...more: string[]
  ): Promise<{ program: Counterpart; address: string }> {
    const port = await freeTcpPort();
    const words = ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', s.certificate, '-key', s.key, '-CAfile', ca];
    const program = Counterpart.program('openssl', [...words, '-naccept', '9', ...more]);
    await program.said(/^ACCEPT/);
    return { program, address: `127.0.0.1:${port}` };
  }
  const line = (address: string, security: Protection[]) =>
    defineVenue({
      ...{ name: 'line', decoder: itch50, framing: 'soupbintcp', join: 'beginning' },
      lines: { A: tls(address) },
      security,
    } as never) as Parameters<typeof Watched.open>[0];

  test.each(['-tls1_2', '-tls1_3'])('a line inside TLS (%s) brings what is typed into it', async (version) => {
    const of = files();
    const { program, address } = await server(of, version);
    const watched = await Watched.open(line(address, [of.trust]));
    await watched.notice('lineUp');
    // A SoupBinTCP heartbeat of the server, then a message of one byte that no table knows.
    program.child.stdin?.write(Buffer.from([0, 1, 0x48, 0, 2, 0x53, 0x21]));
    await watched.until('a message', () => watched.feed.statistics().ledger.delivered === 1);
  });

  test.each([
    ['only old versions', ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'], 'VW_TLS_VERSION'],
    ['our certificate wanted (TLS 1.2)', ['-tls1_2', '-Verify', '1'], 'VW_TLS_CLIENT'],
  ])('%s', async (_, words, code) => {
    const of = files();
    const { address } = await server(of, ...words);
    expect(await refusal(line(address, [of.trust]))).toBe(code);
  });

  test.each([
    ['expired', authority.issue({ from: -3, until: -1 }), 'VW_TLS_EXPIRED'],
    ['of another name', authority.issue({ names: ['else.example'] }), 'VW_TLS_NAME'],
    ['of another authority', new Authority('another').issue(), 'VW_TLS_UNTRUSTED'],
  ])('a certificate %s', async (_, issued, code) => {
    const of = files(issued);
    const { address } = await server(of);
    expect(await refusal(line(address, [of.trust]))).toBe(code);
  });

  test('a certificate that its authority has revoked', async () => {
    const revoked = authority.issue();
    const of = files(revoked);
    const { address } = await server(of);
    const list = of.put('list.pem', authority.revocationList([revoked.serial]));
    expect(await refusal(line(address, [{ ...of.trust, revocationList: `file:${list}` } as Protection]))).toBe(
      'VW_TLS_REVOKED',
    );
  });
});

describe('a WebSocket server of Python (websockets)', () => {
  const SYMBOLS = ['BTC/USD', 'ETH/USD', 'SOL/USD'];
  async function venue() {
    const of = files();
    const server = Counterpart.python('websocket_venue.py', [of.server.certificate, of.server.key, ...SYMBOLS]);
    const [, port] = await server.said(/^listening (\d+)/);
    const feed = (await openFeed(
      krakenSpot({
        url: `wss://localhost:${port}/v2`,
        instruments: SYMBOLS,
        security: [of.trust],
        subscription: { reconnect: { first: '20ms', most: '200ms' }, rates: {} },
      }),
    )) as unknown as Feed;
    const books = openBooks(feed);
    const notices: string[] = [];
    const errors: string[] = [];
    feed.on('notice', (n) => notices.push(`${feed.channels[n.channel]} ${n.type}`));
    feed.on('connectionError', (e) => errors.push(e.code));
    const reading = (async () => {
      for await (const batch of feed) books.take(batch);
    })();
    atEnd(async () => {
      feed.close();
      await reading;
    });
    const side = (symbol: string, of: 'bid' | 'ask') =>
      books.depth(symbol, of).map((l) => [decimalText(l.price, -10, 1), decimalText(l.size, -8, 8)]);
    let asked = 0;
    /** Our books are the server's, and good. */
    const agree = async (): Promise<void> => {
      await server.do('books');
      asked++;
      for (const [i, symbol] of SYMBOLS.entries()) {
        const told = server.heard(/^book (\S+) (.*)/)[(asked - 1) * SYMBOLS.length + i];
        expect(told?.[1]).toBe(symbol);
        await until(
          `the book of ${symbol}`,
          () => !books.top(symbol).stale && JSON.stringify([side(symbol, 'bid'), side(symbol, 'ask')]) === told?.[2],
          () => JSON.stringify([side(symbol, 'bid'), side(symbol, 'ask'), told?.[2], notices, errors]),
        );
      }
    };
    await server.said(/^in .*subscribe/);
    return { server, feed, books, notices, errors, agree };
  }

  test('compressed messages, pings, and every checksum', async () => {
    const { server, feed, errors, agree } = await venue();
    await server.do('ticks 1000');
    await agree();
    expect(server.heard(/^connected (.*)/).map((m) => m[1])).toEqual(['permessage-deflate']);
    for (const symbol of SYMBOLS) expect(feed.session?.report(symbol)?.checks).toEqual({ ok: 1001, bad: 0 });
    expect(errors).toEqual([]);
  });

  test.each(['wrong', 'lose'])('%s: one instrument is subscribed to anew, the others stay good', async (harm) => {
    const { server, notices, agree } = await venue();
    await server.do('ticks 20');
    await server.do(`${harm} ETH/USD`);
    await server.do('ticks 2');
    await until('the recovery', () => notices.includes('ETH-USD good'));
    await server.do('ticks 20');
    await agree();
    expect(notices.filter((n) => n.endsWith('stale'))).toEqual(['ETH-USD stale']);
    expect(server.heard(/^connected/).length).toBe(1);
    expect(server.heard(/^in .*unsubscribe/).map((m) => m.input)).toEqual([expect.stringContaining('["ETH/USD"]')]);
  });

  test.each(['close 1001', 'close 1012', 'close 1013', 'abort'])('%s: it is connected to again', async (command) => {
    const { server, agree } = await venue();
    await server.do('ticks 20');
    await server.do(command);
    await server.said(/^connected/, 2);
    await server.said(/^in .*subscribe/, 2);
    await server.do('ticks 20');
    await agree();
  });

  test('closing says goodbye', async () => {
    const { server, feed, agree } = await venue();
    await agree();
    feed.close();
    await server.said(/^gone 1000/);
  });
});
