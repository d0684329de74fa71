/** Streams over real sockets: a FIX session that loses, resends, fills over, breaks and resumes; SoupBinTCP as a feed. */

import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { soupbintcp } from '../../src/decoders/soupbintcp.js';
import { openFeed } from '../../src/feed/feed.js';
import { encode } from '../../src/layout/index.js';
import { defineVenue, env, fixLogon, stream, userPassword } from '../../src/patterns/index.js';
import { fix44 } from '../../src/venues/fix44.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';

const servers: Server[] = [];
afterEach(() => {
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

/** A FIX message of the server; `|` separates. */
function fixMessage(type: string, number: number, more = ''): string {
  const body = `35=${type}|49=THEM|56=US|34=${number}|52=20260101-00:00:00.000|${more}`.replaceAll('|', '\x01');
  const text = `8=FIX.4.4\x019=${body.length}\x01${body}`;
  let sum = 0;
  for (const c of Buffer.from(text, 'latin1')) sum += c;
  return `${text}10=${String(sum & 255).padStart(3, '0')}\x01`;
}
const readable = (text: string): string => text.replaceAll('\x01', '|');
/** Whole messages of a stream of bytes, as maps by tag. */
function reader(on: (message: Map<string, string>) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    rest += readable(chunk.toString('latin1'));
    for (;;) {
      const end = /\|10=\d{3}\|/.exec(rest);
      if (end === null) return;
      const text = rest.slice(0, end.index + end[0].length);
      rest = rest.slice(text.length);
      const fields = text.split('|').slice(0, -1);
      on(new Map(fields.map((f) => f.split('=', 2) as [string, string])));
    }
  };
}

describe('a FIX 4.4 session', () => {
  it('logs in, subscribes, recovers a gap, hears what is filled over, resumes after a break', async () => {
    const heard: string[] = [];
    const address = await listen((socket, nth) => {
      const say = (type: string, number: number, more = ''): void => {
        socket.write(fixMessage(type, number, more), 'latin1');
      };
      socket.on(
        'data',
        reader((m) => {
          const type = m.get('35');
          heard.push(`${type}${m.get('34')}${type === '2' ? `:${m.get('7')}-${m.get('16')}` : ''}`);
          if (type === 'A' && nth === 0) {
            expect([m.get('49'), m.get('56'), m.get('553'), m.get('554'), m.get('141')]).toEqual([
              'US',
              'THEM',
              'u',
              'p',
              'Y',
            ]);
            expect(m.get('52')).toMatch(/^\d{8}-\d\d:\d\d:\d\d\.\d{3}$/);
            say('A', 1, '98=0|108=30|141=Y|');
          } else if (type === 'V' && heard.length === 2) {
            say('W', 2, `262=${m.get('262')}|55=A|`);
            say('W', 3, `262=${m.get('262')}|55=B|`);
            say('X', 7); // 4 to 6 are missing
          } else if (type === '2' && nth === 0) {
            say('X', 4, '43=Y|');
            say('4', 5, '43=Y|123=Y|36=7|');
          } else if (type === 'V' && nth === 0) {
            say('W', 8, `262=${m.get('262')}|55=A|`);
            say('W', 9, `262=${m.get('262')}|55=B|`);
            say('1', 10, '112=ping|');
          } else if (type === '0' && m.get('112') === 'ping') socket.destroy();
          else if (type === 'A' && nth === 1) {
            expect([m.get('141'), m.get('789')]).toEqual([undefined, '11']);
            say('A', 12, '98=0|108=30|'); // 11 was sent into the broken connection
          } else if (type === '2' && nth === 1) say('X', 11, '43=Y|');
          else if (type === 'V' && nth === 1) {
            say('W', 13, `262=${m.get('262')}|55=A|`);
            say('W', 14, `262=${m.get('262')}|55=B|`);
            say('X', 15, '58=last|');
          }
        }),
      );
    });
    const feed = await openFeed(
      fix44({
        servers: [address],
        symbols: ['A', 'B'],
        credentials: fixLogon({
          senderCompId: env('T_SENDER'),
          targetCompId: env('T_TARGET'),
          username: env('T_USER'),
          password: env('T_PASSWORD'),
        }),
      }),
    );
    const log: string[] = [];
    feed.on('notice', (n) => {
      log.push(n.type + (n.count > 0n ? ` ${n.begin}-${n.end}` : ''));
    });
    const bytes = Buffer.from(feed.ring.view.buffer, feed.ring.view.byteOffset, feed.ring.view.byteLength);
    await feed.run({
      fixMessage(m, at) {
        const text = readable(bytes.toString('latin1', m.$at, m.$at + m.$length));
        log.push(`${/\|35=(.)/.exec(text)?.[1]}${at.sequence}`);
        if (text.includes('|58=last|')) feed.close();
      },
    });
    expect(heard).toEqual(['A1', 'V2', '23:4-6', 'V4', '05', 'A6', 'V7', '28:11-11']);
    expect(log.filter((l) => /^[A-Z0-9]\d+$/.test(l))).toEqual([
      'A1',
      'W2',
      'W3',
      'X4',
      'X7',
      'W8',
      'W9',
      '110',
      'X11',
      'A12',
      'W13',
      'W14',
      'X15',
    ]);
    expect(log).toContain('gapAbandoned 5-7');
    expect(log).toContain('lineDown');
    // Held behind 11; the state is whole once all of it has been delivered.
    expect(log.filter((l) => l === 'snapshotStarted').length).toBe(3);
    expect(log.indexOf('W14')).toBeGreaterThan(log.indexOf('X11'));
    const { ledger } = feed.statistics();
    expect(ledger.abandoned).toBe(2);
    expect(ledger.expected).toBe(ledger.delivered + ledger.recovered + ledger.abandoned);
  });
});

describe('SoupBinTCP as a live feed', () => {
  it('counts, and goes on with the next number on the next connection', async () => {
    const messages = Array.from({ length: 200 }, () => encode(itch50, 'systemEvent', { eventCode: 'O' }));
    const logins: bigint[] = [];
    const address = await listen((socket, nth) => {
      socket.once('data', (chunk) => {
        const login = soupbintcp
          .view('loginRequest')
          .bind(new DataView(chunk.buffer, chunk.byteOffset), 0, chunk.length);
        const wanted = BigInt(String(login.requestedSequenceNumber));
        logins.push(wanted);
        const from = wanted === 0n ? 1 : Number(wanted);
        socket.write(encode(soupbintcp, 'loginAccepted', { session: 'DAY1', sequenceNumber: from }));
        const until = nth === 0 ? 100 : 200;
        for (let i = from; i <= until; i++) {
          const body = messages[i - 1] as Uint8Array;
          const head = Buffer.from([0, 0, 0x53]);
          head.writeUInt16BE(body.length + 1);
          socket.write(Buffer.concat([head, body]));
        }
        if (nth === 0) socket.end();
      });
    });
    const feed = await openFeed(
      defineVenue({
        name: 'nasdaq-totalview-tcp',
        decoder: itch50,
        framing: 'moldudp64',
        join: 'beginning',
        streams: {
          A: stream(soupbintcpFeed, {
            servers: [address],
            credentials: userPassword(env('T_USER'), env('T_PASSWORD')),
          }),
        },
      }),
    );
    let n = 0;
    let next = 1;
    await feed.run({
      systemEvent(_m, at) {
        expect(at.sequence).toBe(next++);
        if (++n === 200) feed.close();
      },
    });
    expect(logins).toEqual([1n, 101n]);
    expect(feed.statistics().ledger).toMatchObject({ expected: 200, delivered: 200, abandoned: 0 });
  });
});
