// Hostile requests and WebSocket messages, by seed: whatever is sent, what comes back is an answer with a code. In full:
// npm run fuzz:gateway (10^5 of each).
import { once } from 'node:events';
import { connect } from 'node:net';
import { Packr } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Random } from '../../src/simulator/random.js';
import { type Simulated, simulated, until, VENUE } from './gateways.js';

const COUNT = Number(process.env.VENUEWIRE_MUTATIONS ?? 1_000);
const SEED = Number(process.env.VENUEWIRE_SEED ?? 1);
const CODE = /^VW_GATEWAY_[A-Z_]+$/;
const FAST = 1_000_000_000;

let whole: Simulated;
beforeAll(async () => {
  whole = await simulated({ limits: { requestsPerSecond: FAST, messagesPerSecond: FAST } });
  await whole.day();
});
afterAll(() => whole.close());

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;
const bytes = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256)));

/** Text with some of its characters others, more or less than they were. */
function damaged(random: Random, text: Buffer): Buffer {
  const parts = [...text];
  for (let n = 1 + random.below(4); n > 0 && parts.length > 0; n--) {
    const at = random.below(parts.length);
    const kind = random.below(3);
    if (kind === 0) parts[at] = random.below(256);
    else if (kind === 1) parts.splice(at, 1 + random.below(4));
    else parts.splice(at, 0, ...bytes(random, 6));
  }
  return Buffer.from(parts);
}

const PATHS = [
  '/v1/venues',
  `/v1/venues/${VENUE}`,
  `/v1/venues/${VENUE}/instruments?after=1&limit=2&search=Z`,
  `/v1/venues/${VENUE}/instruments/ZAAA/depth?levels=5`,
  `/v1/venues/${VENUE}/instruments/ZAAA/candles?interval=1m&limit=3`,
  `/v1/venues/${VENUE}/instruments/%5aAAA/trades?limit=99999999999`,
  '/v1/openapi.json',
  '/index.html/../../etc/passwd',
];

function requestBytes(random: Random): Buffer {
  const method = pick(random, ['GET', 'GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'ZZZ']);
  const body = method === 'POST' ? `{"x":${'1'.repeat(random.below(40))}}` : '';
  const head = Buffer.from(
    `${method} ${pick(random, PATHS)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${random.below(1e9)}\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  return random.below(5) === 0 ? head : damaged(random, head);
}

/** What comes back for bytes that are sent, until the gateway ends the connection or has answered. */
async function answerOf(sent: Buffer): Promise<string> {
  const { hostname, port } = new URL(whole.gateway.address);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (part) => {
    text += part.toString('latin1');
  });
  socket.on('error', () => {});
  // Half closed: a request that is not whole is never going to be.
  socket.end(sent);
  await once(socket, 'close');
  return text;
}

/** The code in the first answer, where there are several. */
const codeOf = (text: string): unknown => {
  const begin = text.indexOf('\r\n\r\n') + 4;
  const length = Number(/^content-length: (\d+)$/im.exec(text.slice(0, begin).replaceAll('\r', ''))?.[1]);
  try {
    return JSON.parse(Buffer.from(text.slice(begin, begin + length), 'latin1').toString('utf8')).error.code;
  } catch (error) {
    return String(error);
  }
};

describe(`a gateway, seed ${SEED}`, () => {
  it(`answers ${COUNT} damaged requests with codes alone`, async () => {
    const random = new Random(SEED);
    const statuses = new Map<string, number>();
    const TOGETHER = 16;
    for (let done = 0; done < COUNT; done += TOGETHER) {
      const all = Array.from({ length: Math.min(TOGETHER, COUNT - done) }, () => requestBytes(random));
      const answers = await Promise.all(all.map(answerOf));
      for (const [i, text] of answers.entries()) {
        const shown = `${JSON.stringify(all[i]?.toString('latin1'))} was answered ${text.slice(0, 300)}`;
        // Not a whole request, or one that the parser refuses once the client has closed.
        const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'none';
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 'none') expect(text, shown).toBe('');
        expect(status, shown).not.toMatch(/^5/);
        const body = text.slice(text.indexOf('\r\n\r\n') + 4);
        if (/^4/.test(status) && body !== '') expect(codeOf(text), shown).toMatch(CODE);
      }
    }
    expect(statuses.get('200') ?? 0).toBeGreaterThan(COUNT / 20);
    expect(statuses.get('400') ?? 0).toBeGreaterThan(COUNT / 20);
    expect((await fetch(`${whole.gateway.address}/v1/venues`)).status).toBe(200);
  });

  it(`answers ${COUNT} damaged WebSocket messages with codes alone`, async () => {
    const random = new Random(SEED + 1);
    const packr = new Packr({ useRecords: false });
    const errors = new Set<string>();
    let answered = 0;
    const open = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`${whole.gateway.address.replace('http', 'ws')}/v1/stream`, ['venuewire.json']);
      socket.on('error', () => {});
      socket.on('message', (data) => {
        for (const message of JSON.parse(String(data)) as { type: string; error?: { code: string } }[]) {
          if (message.error !== undefined) errors.add(message.error.code);
          if (['error', 'pong', 'subscribed', 'unsubscribed', 'welcome'].includes(message.type)) answered++;
        }
      });
      await once(socket, 'open');
      return socket;
    };
    let socket = await open();
    answered = 0;
    for (let done = 0; done < COUNT; done++) {
      const message = pick(random, [
        { op: 'ping', id: random.below(10) },
        {
          op: 'subscribe',
          id: random.below(2_000),
          venue: VENUE,
          category: pick(random, ['top', 'depth', 'trades']),
          instrument: 'ZAAA',
          levels: random.below(200),
          resume: { session: 'x', sequence: random.below(9) },
        },
        { op: 'subscribe', id: random.below(2_000), venue: VENUE, category: 'state' },
        { op: 'unsubscribe', id: random.below(2_000) },
        { op: 'authenticate', token: 'x' },
        { op: random.below(99), id: 2 ** 60, __proto__: { x: 1 } },
        [[[[random.below(9)]]]],
      ]);
      const isPacked = random.below(2) === 0;
      const whole = Buffer.from(isPacked ? packr.pack(message) : JSON.stringify(message));
      const sent = random.below(4) === 0 ? whole : random.below(8) === 0 ? bytes(random, 300) : damaged(random, whole);
      if (socket.readyState !== WebSocket.OPEN) socket = await open();
      socket.send(isPacked ? sent : sent.toString('utf8'));
      // One at a time now and then: what is asked too often is refused as that.
      if (done % 256 === 0) await until(() => answered >= done || socket.readyState !== WebSocket.OPEN);
    }
    socket.send(JSON.stringify({ op: 'ping', id: 1 }));
    await until(() => answered > COUNT || socket.readyState !== WebSocket.OPEN);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    expect([...errors].filter((code) => !CODE.test(code))).toEqual([]);
    expect(errors).toContain('VW_GATEWAY_REQUEST');
    socket.terminate();
  });

  it('ends a connection whose frames are none, and counts it', async () => {
    const random = new Random(SEED + 2);
    const { hostname, port, host } = new URL(whole.gateway.address);
    const before = whole.gateway.statistics();
    for (let i = 0; i < Math.min(200, COUNT / 10); i++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(
        `GET /v1/stream HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      await once(socket, 'data');
      // Unmasked, or a reserved opcode or bit: never a frame of a client.
      const frame = bytes(random, 40);
      socket.end(Buffer.concat([Buffer.from([0x70 | random.below(16), random.below(128)]), frame]));
      socket.resume();
      await once(socket, 'close');
    }
    await until(() => whole.gateway.statistics().clients === 0);
    expect(whole.gateway.statistics().refused).toBeGreaterThan(before.refused);
  });
});
