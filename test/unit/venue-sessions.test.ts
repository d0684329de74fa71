/** Sessions that break, change, begin again and end, over real sockets: a server of a few lines, and what is told. */

import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { soupbintcp } from '../../src/decoders/soupbintcp.js';
import { compileVenue } from '../../src/feed/compile.js';
import { type Feed, openFeed } from '../../src/feed/feed.js';
import { encode } from '../../src/layout/index.js';
import { defineVenue, env, fixLogon, request, stream, udpUnicast, userPassword } from '../../src/patterns/index.js';
import { fix44 } from '../../src/venues/fix44.js';
import { moldudp64Rerequest, soupbintcpReplay } from '../../src/venues/patterns/recoveries.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';
import { readSpec } from './compile-reader.js';

const servers: Server[] = [];
const feeds: Feed[] = [];
afterEach(() => {
  for (const f of feeds.splice(0)) f.close();
  for (const s of servers.splice(0)) s.close();
});
beforeAll(() => {
  Object.assign(process.env, { T_SENDER: 'US', T_TARGET: 'THEM', T_USER: 'u', T_PASSWORD: 'p' });
});

async function listen(onClient: (socket: Socket, nth: number) => void): Promise<string> {
  let nth = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onClient(socket, nth++);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** A message of a FIX server; `|` separates. */
function fixMessage(type: string, number: number, more = '', names = '49=THEM|56=US|'): string {
  const body = `35=${type}|${names}34=${number}|52=20260101-00:00:00.000|${more}`.replaceAll('|', '\x01');
  const text = `8=FIX.4.4\x019=${body.length}\x01${body}`;
  let sum = 0;
  for (const c of Buffer.from(text, 'latin1')) sum += c;
  return `${text}10=${String(sum & 255).padStart(3, '0')}\x01`;
}

type Heard = ReadonlyMap<string, string>;
interface FixClient {
  readonly nth: number;
  say(type: string, number: number, more?: string, names?: string): void;
  readonly socket: Socket;
}

/** Whole messages of each client as maps by tag. */
const fixServer = (on: (message: Heard, client: FixClient) => void): Promise<string> =>
  listen((socket, nth) => {
    const client: FixClient = {
      nth,
      socket,
      say: (type, number, more, names) => socket.write(fixMessage(type, number, more, names), 'latin1'),
    };
    let rest = '';
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1').replaceAll('\x01', '|');
      for (let end = /\|10=\d{3}\|/.exec(rest); end !== null; end = /\|10=\d{3}\|/.exec(rest)) {
        const text = rest.slice(0, end.index);
        rest = rest.slice(end.index + end[0].length);
        on(new Map(text.split('|').map((f) => f.split('=', 2) as [string, string])), client);
      }
    });
  });

const fixVenue = (address: string, symbols: string[] = ['A']) =>
  fix44({
    servers: [address],
    symbols,
    credentials: fixLogon({
      senderCompId: env('T_SENDER'),
      targetCompId: env('T_TARGET'),
      username: env('T_USER'),
      password: env('T_PASSWORD'),
    }),
  });

/** Runs a feed until a notice (or the test) says that it is enough; what was told, in order. */
async function told(
  venue: Parameters<typeof openFeed>[0],
  enough: (log: readonly string[], feed: Feed) => boolean,
): Promise<string[]> {
  const feed = (await openFeed(venue as never)) as Feed;
  feeds.push(feed);
  const log: string[] = [];
  feed.on('notice', (n) => {
    log.push(`${n.type}${n.reason === 'none' ? '' : `:${n.reason}`}${n.detail === 0 ? '' : `(${n.detail})`}`);
    if (enough(log, feed)) feed.close();
  });
  await feed.run();
  return log;
}
const last = (what: string) => (log: readonly string[]) => log.at(-1) === what;

describe('a FIX session', () => {
  it('says its subscription again when the server has not had it, and is good only with the state', async () => {
    const heard: string[] = [];
    let queued = true;
    const log = await told(
      await fixServer((m, c) => {
        const [type, number] = [m.get('35') as string, Number(m.get('34'))];
        heard.push(`${type}${number}${m.get('43') === 'Y' ? ' again' : ''}${type === '4' ? ` to ${m.get('36')}` : ''}`);
        if (c.nth === 0) {
          if (type === 'A') c.say('A', 1, '98=0|108=30|141=Y|');
          else if (type === 'V') {
            c.say('W', 2, `262=${m.get('262')}|55=A|`);
            c.socket.end();
          }
          return;
        }
        // It has our messages up to 2 only: the logon is too high, and so is all that comes behind it.
        if (type === 'A') {
          c.say('A', 3, '98=0|108=30|');
          c.say('2', 4, '7=3|16=0|');
        } else if (type === '4') queued = Number(m.get('36')) <= 3;
        else if (type === 'V' && !queued) {
          expect(m.get('122')).toMatch(/^\d{8}-\d\d:\d\d:\d\d\.\d{3}$/);
          c.say('W', 5, `262=${m.get('262')}|55=A|`);
        }
      }).then((a) => fixVenue(a)),
      last('good'),
    );
    expect(heard.slice(0, 6)).toEqual(['A1', 'V2', 'A3', 'V4', '43 again to 4', 'V4 again']);
    expect(log.slice(-4)).toEqual(['lineUp', 'snapshotStarted', 'snapshotEnded', 'good']);
  });

  it.each([
    ['Y', '281=0|', '48'],
    ['j', '372=V|380=3|', '3'],
    ['3', '372=V|373=5|', '5'],
  ])('tells that 35=%s refuses the subscription, and tries again later', async (type, more, detail) => {
    const asked: number[] = [];
    const log = await told(
      await fixServer((m, c) => {
        if (m.get('35') === 'A') c.say('A', 1, '98=0|108=30|141=Y|');
        if (m.get('35') !== 'V') return;
        asked.push(performance.now());
        const id = `262=${m.get('262')}|`;
        if (asked.length < 3) c.say(type, asked.length + 1, `${id}${more}`);
        else c.say('W', 4, `${id}55=A|`);
      }).then((a) => fixVenue(a)),
      last('good'),
    );
    const refused = `snapshotFailed:requestRefused(${detail})`;
    expect(log.slice(-7)).toEqual([
      refused,
      'stale:requestRefused',
      'snapshotStarted',
      refused,
      'snapshotStarted',
      'snapshotEnded',
      'good',
    ]);
    const [a, b, c] = asked as [number, number, number];
    expect(b - a).toBeGreaterThan(90);
    expect(c - b).toBeGreaterThan(180);
  });

  it('follows a server that has begun again at 1, and says so', async () => {
    const logons: string[] = [];
    const log = await told(
      await fixServer((m, c) => {
        if (m.get('35') === 'A') {
          logons.push(`${m.get('34')} ${m.get('141') ?? '-'}`);
          c.say('A', 1, `98=0|108=30|${m.get('141') === 'Y' ? '141=Y|' : ''}`);
        } else if (m.get('35') === 'V') {
          c.say('W', 2, `262=${m.get('262')}|55=A|`);
          if (c.nth === 0) c.socket.end();
        }
      }).then((a) => fixVenue(a)),
      last('good'),
    );
    expect(logons).toEqual(['1 Y', '3 -', '1 Y']);
    expect(log).toContain('recoveryFailed:reset');
    expect(log.slice(-5)).toEqual(['reset', 'lineUp', 'snapshotStarted', 'snapshotEnded', 'good']);
  });

  it('does not listen to a server with another name', async () => {
    const log = await told(
      await fixServer((m, c) => {
        if (m.get('35') === 'A') c.say('A', 1, '98=0|108=30|141=Y|', '49=ELSE|56=US|');
      }).then((a) => fixVenue(a)),
      (l) => l.length > 0,
    );
    expect(log).toEqual(['recoveryFailed:wrongPeer']);
  });

  it('refuses numbers that are reset to a lower one, and begins a higher one with new state', async () => {
    let asked = 0;
    const log = await told(
      await fixServer((m, c) => {
        if (m.get('35') === 'A') c.say('A', c.nth === 0 ? 1 : 7, `98=0|108=30|${c.nth === 0 ? '141=Y|' : ''}`);
        else if (m.get('35') === 'V') {
          if (++asked === 1) {
            c.say('W', 2, `262=${m.get('262')}|55=A|`);
            c.say('4', 3, '36=5|');
          } else if (asked === 2) {
            c.say('W', 5, `262=${m.get('262')}|55=A|`);
            c.say('4', 6, '36=2|');
          } else c.say('W', 8, `262=${m.get('262')}|55=A|`);
        } else if (m.get('35') === '2') c.say('4', 6, '43=Y|123=Y|36=7|');
      }).then((a) => fixVenue(a)),
      (l) => l.includes('lineDown:malformedReply(2)'),
    );
    expect(log.slice(log.indexOf('reset'))).toEqual([
      'reset',
      'stale:reset',
      'snapshotStarted',
      'snapshotEnded',
      'good',
      'lineDown:malformedReply(2)',
    ]);
  });

  it('logs out when it is closed', async () => {
    const heard: string[] = [];
    let ended: () => void;
    const over = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await told(
      await fixServer((m, c) => {
        heard.push(`${m.get('35')}${m.get('34')}`);
        if (m.get('35') === 'A') c.say('A', 1, '98=0|108=30|141=Y|');
        if (m.get('35') === 'V') c.say('W', 2, `262=${m.get('262')}|55=A|`);
        if (m.get('35') === '5') c.say('5', 3);
        c.socket.on('end', () => ended());
      }).then((a) => fixVenue(a)),
      last('snapshotEnded'),
    );
    await over;
    expect(heard).toEqual(['A1', 'V2', '53']);
  });
});

// ── SoupBinTCP ───────────────────────────────────────────────────────────────────────────────────────────────────

interface SoupClient {
  readonly nth: number;
  readonly socket: Socket;
  readonly session: string;
  readonly from: number;
  accept(session: string, from?: number): void;
  reject(reason: string): void;
  message(): void;
  end(): void;
}

/** Calls back for each login, and for each other packet with its type. */
const soupServer = (
  on: (client: SoupClient) => void,
  other: (type: string) => void = () => undefined,
): Promise<string> =>
  listen((socket, nth) => {
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const packet = rest.subarray(0, 2 + rest.readUInt16BE(0));
        rest = rest.subarray(packet.length);
        if (packet[2] !== 0x4c) {
          other(String.fromCharCode(packet[2] as number));
          continue;
        }
        on({
          nth,
          socket,
          session: packet.toString('latin1', 19, 29),
          from: Number(packet.toString('latin1', 29, 49)),
          accept: (session, from = 1) =>
            socket.write(encode(soupbintcp, 'loginAccepted', { session, sequenceNumber: from })),
          reject: (rejectReasonCode) => socket.write(encode(soupbintcp, 'loginRejected', { rejectReasonCode })),
          message: () =>
            socket.write(
              encode(soupbintcp, 'sequencedData', { message: encode(itch50, 'systemEvent', { eventCode: 'O' }) }),
            ),
          end: () => socket.end(encode(soupbintcp, 'endOfSession', {})),
        });
      }
    });
  });

const credentials = () => userPassword(env('T_USER'), env('T_PASSWORD'));
const soupVenue = (address: string) =>
  defineVenue({
    name: 'soup',
    decoder: itch50,
    framing: 'moldudp64',
    join: 'beginning',
    streams: { A: stream(soupbintcpFeed, { servers: [address], credentials: credentials() }) },
  });

describe('a SoupBinTCP session', () => {
  it('that changed without an end: a rejected session is answered by a login to the one that is there', async () => {
    const logins: string[] = [];
    const log = await told(
      await soupServer((c) => {
        logins.push(`${c.session} ${c.from}`);
        if (c.nth === 0) {
          c.accept('DAY1');
          c.message();
          c.socket.end();
        } else if (c.session.trim() !== '') c.reject('S');
        else {
          c.accept('DAY2');
          c.message();
        }
      }).then(soupVenue),
      last('good'),
    );
    expect(logins).toEqual(['           1', '      DAY1 2', '           1']);
    expect(log).toContain('recoveryFailed:loginRejected(83)');
    expect(log.slice(-4)).toEqual(['sessionEnded:sessionEnded', 'sessionStarted', 'lineUp', 'good']);
  });

  it('that has ended: the next one is joined within a second', async () => {
    const times: number[] = [];
    const log = await told(
      await soupServer((c) => {
        times.push(performance.now());
        c.accept(c.nth === 0 ? 'DAY1' : 'DAY2');
        c.message();
        if (c.nth === 0) c.end();
      }).then(soupVenue),
      (l) => l.filter((x) => x === 'lineUp').length === 2,
    );
    expect((times[1] as number) - (times[0] as number)).toBeLessThan(1000);
    expect(log).toEqual([
      'sessionStarted',
      'lineUp',
      'sessionEnded',
      'lineDown:sessionEnded',
      'sessionStarted',
      'lineUp',
    ]);
  });

  it('whose server lets us in and closes is tried less and less often', async () => {
    const times: number[] = [];
    await told(
      await soupServer((c) => {
        times.push(performance.now());
        c.accept('DAY1');
        c.socket.end();
      }).then(soupVenue),
      (l) => l.filter((x) => x.startsWith('lineDown')).length === 4,
    );
    const rests = times.slice(1).map((t, i) => t - (times[i] as number));
    expect(rests.map((r, i) => r > 90 * 2 ** i)).toEqual([true, true, true]);
  });

  it('is logged out of when it is closed', async () => {
    const others: string[] = [];
    let ended: () => void;
    const over = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await told(
      await soupServer(
        (c) => {
          c.accept('DAY1');
          c.socket.on('end', () => ended());
        },
        (type) => others.push(type),
      ).then(soupVenue),
      last('lineUp'),
    );
    await over;
    expect(others.at(-1)).toBe('O');
  });

  it('is found by name, for each connection anew; a name without an address is told as that', async () => {
    const address = await soupServer((c) => {
      c.accept('DAY1');
      if (c.nth === 0) c.socket.end();
    });
    const log = await told(
      soupVenue(address.replace('127.0.0.1', 'localhost')),
      (l) => l.filter((x) => x === 'lineUp').length === 2,
    );
    expect(log.filter((l) => l.startsWith('recoveryFailed'))).toEqual([]);
    const [failed] = await told(soupVenue('no-such-host.invalid:1'), (l) => l.length > 0);
    expect(failed).toMatch(/^recoveryFailed:hostNotFound\(\d+\)$/);
  });
});

// ── what is asked of other servers ───────────────────────────────────────────────────────────────────────────────

describe('requests', () => {
  const compiled = (rung: ReturnType<typeof request>) =>
    readSpec(
      compileVenue(
        defineVenue({
          name: 'requests',
          decoder: itch50,
          framing: 'moldudp64',
          lines: { A: udpUnicast('127.0.0.1:30001') },
          recovery: [rung],
        }),
      ).spec,
    ).requesters[0];

  it('never have the count that MoldUDP64 keeps for the end of a session', () => {
    expect(compiled(request(moldudp64Rerequest, { servers: ['127.0.0.1:1'] }))?.rangeMax).toBe(0xfffen);
    const limits = { perRequest: 0xffff };
    expect(compiled(request(moldudp64Rerequest, { servers: ['127.0.0.1:1'], limits }))?.rangeMax).toBe(0xfffen);
  });

  it('put a session of MoldUDP64 where SoupBinTCP has it: at the right end', () => {
    const q = compiled(request(soupbintcpReplay, { servers: ['127.0.0.1:1'], credentials: credentials() }));
    expect(q?.login.patches).toContain('session rawRight @19:10');
  });
});
