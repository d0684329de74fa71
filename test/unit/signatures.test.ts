/** Signatures against what venues' documentation gives, and a token that is asked for before each connection. */
import { createHash, createHmac } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { openFeed } from '../../src/feed/open.js';
import type { LiveFrame } from '../../src/internet/live.js';
import { Templates } from '../../src/internet/template.js';
import type { Venue } from '../../src/patterns/index.js';
import { defineSubscription } from '../../src/patterns/subscription.js';
import { simulateInternet } from '../../src/simulator/internet/simulate.js';
import { Nonces, type SignatureRule, signatureOf } from '../../src/transports/signature.js';
import { krakenExecutions } from '../../src/venues/kraken-executions.js';

const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});
const filling = (places: Record<string, string>) => (text: string) =>
  text.replace(/\{([a-z]+)\}/g, (_, name: string) => places[name] ?? '');

it('signs a request of Kraken as its documentation does', () => {
  const rule = krakenExecutions({ credentials: { type: 'apiKey', key: 'env:K', secret: 'env:S' } }).subscription
    ?.session?.signature as SignatureRule;
  const secret = 'kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==';
  const nonce = '1616492376594';
  const body = `nonce=${nonce}&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25`;
  expect(signatureOf(rule, secret, filling({ path: '/0/private/AddOrder', nonce, body }))).toBe(
    '4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==',
  );
});

it('signs a challenge of Kraken Futures as its documentation does', () => {
  const rule: SignatureRule = {
    hmac: 'sha512',
    secret: 'base64',
    of: [{ text: '{challenge}', hash: 'sha256' }],
    as: 'base64',
  };
  const secret = '7zxMEF5p/Z8l2p2U7Ghv6x14Af+Fx+92tPgUdVQ748FOIrEoT9bgT+bTRfXc5pz8na+hL/QdrCVG7bh9KpT0eMTm';
  const challenge = 'c100b894-1729-464d-ace1-52dbce11db42';
  expect(signatureOf(rule, secret, filling({ challenge }))).toBe(
    '4JEpF3ix66GA2B+ooK128Ift4XQVtc137N9yeg4Kqsn9PI0Kpzbysl9M1IeCEdjg0zl00wkVqcsnG4bmnlMb3A==',
  );
});

it('signs a text in hexadecimal as RFC 4231 does (case 2)', () => {
  const rule: SignatureRule = { hmac: 'sha256', secret: 'text', of: [{ text: '{body}' }], as: 'hex' };
  expect(signatureOf(rule, 'Jefe', filling({ body: 'what do ya want for nothing?' }))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

it('a nonce grows, whatever the clock does', () => {
  const nonces = new Nonces();
  const all = [5_000, 5_000, 4_000, 6_000].map((ms) => BigInt(nonces.next(ms).nonce));
  expect(all.every((n, i) => i === 0 || n > (all[i - 1] as bigint))).toBe(true);
});

it('a message is signed with the time that it tells, and a secret is never sent or kept', () => {
  process.env.VENUEWIRE_TEST_KEY = 'the-key';
  process.env.VENUEWIRE_TEST_SECRET = Buffer.from('the-secret').toString('base64');
  const make = (member: string) =>
    new Templates(
      defineSubscription({
        instruments: ['BTC-USD'],
        recover: 'subscription',
        credentials: { type: 'apiKey', key: 'env:VENUEWIRE_TEST_KEY', secret: 'env:VENUEWIRE_TEST_SECRET' },
        signature: { hmac: 'sha256', secret: 'base64', of: [{ text: '{timestamp}GET/users/self/verify' }] },
        subscribe: [{ key: '{credentials.key}', timestamp: '{timestamp}', signature: '{signature}', more: member }],
      }),
      () => 1_700_000_000_000,
    );
  const templates = make('-');
  const { text, shown } = templates.message(templates.subscription.subscribe[0] as never, ['BTC-USD']);
  const signature = createHmac('sha256', 'the-secret').update('1700000000GET/users/self/verify').digest('base64');
  expect(JSON.parse(text)).toEqual({ key: 'the-key', timestamp: '1700000000', signature, more: '-' });
  expect(shown).not.toMatch(new RegExp(`the-key|${signature.slice(0, 10)}`));
  const telling = make('{credentials.secret}');
  expect(() => telling.message(telling.subscription.subscribe[0] as never, [])).toThrow(/never sent/);
});

it('a token is asked for by a signed request before each connection, and is in no recording', async () => {
  const simulation = await simulateInternet('kraken-executions', { seed: 3, everyMs: 5 });
  stops.push(() => simulation.stop());
  const asked: { sign: unknown; body: string }[] = [];
  const { server, venue } = simulation;
  server.http = (request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      asked.push({ sign: request.headers['api-sign'], body });
      response.end(`{"error":[],"result":{"token":"${server.issued}"}}`);
    });
  };
  const frames: LiveFrame[] = [];
  const quick = { ...venue.subscription, reconnect: { first: '20ms', most: '50ms' } };
  const feed = await openFeed({ ...venue, subscription: quick } as Venue, { frames: (frame) => frames.push(frame) });
  stops.push(() => feed.close());
  let executions = 0;
  const running = feed.run({ execution: () => executions++ });
  void running;
  await expect.poll(() => executions, { timeout: 10_000, interval: 1 }).toBeGreaterThan(3);
  simulation.strike('drop');
  await expect.poll(() => asked.length, { timeout: 10_000, interval: 1 }).toBe(2);
  const before = executions;
  await expect.poll(() => executions, { timeout: 10_000, interval: 1 }).toBeGreaterThan(before);
  for (const { sign, body } of asked) {
    const nonce = new URLSearchParams(body).get('nonce') as string;
    const digest = createHash('sha256').update(`${nonce}${body}`).digest();
    const secret = Buffer.from(server.token as string, 'base64');
    expect(sign).toBe(
      createHmac('sha512', secret).update('/0/private/GetWebSocketsToken').update(digest).digest('base64'),
    );
  }
  expect(frames.length).toBeGreaterThan(5);
  expect(JSON.stringify(frames.map(({ text }) => text))).not.toContain(server.token);
});
