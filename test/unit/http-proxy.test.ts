/** Connections through a proxy by HTTP CONNECT: a tunnel, inside of which TLS is with the venue. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { openBooks } from '../../src/books/index.js';
import { openFeed } from '../../src/feed/open.js';
import type { Venue } from '../../src/patterns/index.js';
import { defineSubscription } from '../../src/patterns/subscription.js';
import { simulateInternet } from '../../src/simulator/internet/simulate.js';
import { betfair } from '../../src/venues/betfair.js';

const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

/** A proxy of Node's own server; `status` other than 200 refuses. */
async function proxying(status: number) {
  const asked: { to: string | undefined; login: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer();
  server.on('connect', (request, client: Socket) => {
    sockets.add(client);
    asked.push({ to: request.url, login: request.headers['proxy-authorization'] });
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const [host, port] = (request.url as string).split(':');
    const upstream = connect(Number(port), host, () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    sockets.add(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function opened(id: string, proxy: object) {
  const simulation = await simulateInternet(id, { seed: 3, everyMs: 5 });
  stops.push(() => simulation.stop());
  const { venue } = simulation;
  const subscription = { ...venue.subscription, proxy, reconnect: { first: '20ms', most: '50ms' } };
  const feed = await openFeed({ ...venue, subscription } as Venue);
  stops.push(() => feed.close());
  const errors: string[] = [];
  feed.on('connectionError', (error) => errors.push(error.code));
  const books = openBooks(feed);
  void (async () => {
    for await (const batch of feed) books.take(batch);
  })();
  return { simulation, books, errors };
}

it('a WebSocket and the requests of its images go through tunnels, with the login of the proxy', async () => {
  process.env.VENUEWIRE_PROXY_USER = 'me';
  process.env.VENUEWIRE_PROXY_PASSWORD = 'secret';
  const proxy = await proxying(200);
  const { simulation, books } = await opened('binance-spot', {
    url: proxy.url,
    credentials: {
      type: 'userPassword',
      username: 'env:VENUEWIRE_PROXY_USER',
      password: 'env:VENUEWIRE_PROXY_PASSWORD',
    },
  });
  await expect.poll(() => books.top('AAA').bid !== undefined, { timeout: 10_000, interval: 1 }).toBe(true);
  expect(simulation.server.asked.length).toBeGreaterThan(0);
  // One tunnel each: of the WebSocket, and of every request.
  expect(proxy.asked.length).toBeGreaterThanOrEqual(1 + simulation.server.asked.length);
  const { port } = new URL(simulation.server.https);
  const login = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  for (const asked of proxy.asked) expect(asked).toEqual({ to: `localhost:${port}`, login });
});

it.each([407, 403, 502])('a proxy that answers %i is told by its code', async (status) => {
  const { url } = await proxying(status);
  const { errors, simulation } = await opened('kraken-spot', { url });
  await expect.poll(() => errors, { timeout: 10_000, interval: 1 }).toContain('VW_PROXY');
  expect(simulation.server.connections).toBe(0);
});

it('a proxy that is not there is told by its code: nothing goes past it', async () => {
  const { errors, simulation } = await opened('kraken-spot', { url: 'http://127.0.0.1:1' });
  await expect.poll(() => errors, { timeout: 10_000, interval: 1 }).toContain('VW_PROXY');
  expect(simulation.server.connections).toBe(0);
});

it('what cannot go through one, and a login in its address, are refused', async () => {
  const said = { instruments: ['1.1'], recover: 'connection' as const };
  expect(() => defineSubscription({ ...said, proxy: { url: 'http://me:secret@proxy:3128' } })).toThrow(/login/);
  const venue = betfair({
    instruments: ['1.1'],
    credentials: { type: 'keyAndSession', key: 'env:VENUEWIRE_PROXY_USER', session: 'env:VENUEWIRE_PROXY_USER' },
    subscription: { proxy: { url: 'http://proxy:3128' } },
  });
  await expect(openFeed(venue)).rejects.toMatchObject({ code: 'VW_SUBSCRIPTION' });
});
