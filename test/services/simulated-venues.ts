/** Kraken, OANDA and Betfair on loopback, inside TLS, as their services are given them. They speak for as long as they run. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { bearer, env, keyAndSession } from '../../src/patterns/credentials.js';
import type { Venue } from '../../src/patterns/venue.js';
import { betfair } from '../../src/venues/betfair.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import { oanda } from '../../src/venues/oanda.js';
import { authority, kraken2, SimulatedInternetVenue, trusted } from '../unit/simulated-internet.js';

const TICK_MS = 5;
const PIPS = 100_000;

export interface SimulatedVenue {
  readonly venue: Venue;
  stop(): void;
}

async function kraken(): Promise<SimulatedVenue> {
  const instruments = ['EUR/USD', 'BTC/USD'];
  const sim = new SimulatedInternetVenue(kraken2, instruments);
  await sim.start();
  const timer = setInterval(() => {
    sim.tick();
    sim.print();
  }, TICK_MS);
  const venue = krakenSpot({ url: sim.url, instruments, channels: ['book', 'trades'], security: trusted });
  return { venue, stop: () => [clearInterval(timer), sim.stop()] };
}

/** Prices and transactions are two streams of one server. */
async function oandaStream(what: 'pricing' | 'transactions'): Promise<SimulatedVenue> {
  const sim = new SimulatedInternetVenue(kraken2, []);
  const open = new Set<ServerResponse>();
  let n = 0;
  sim.http = (request, response) => {
    const isRight =
      request.headers.authorization === 'Bearer t0ken' && request.url?.startsWith(`/v3/accounts/7/${what}/stream`);
    if (isRight !== true) return void response.writeHead(401).end();
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    open.add(response);
  };
  await sim.start();
  const timer = setInterval(() => {
    n++;
    const price = (instrument: string): string => {
      const bid = (1.1 + (n % 100) / PIPS).toFixed(5);
      const ask = (1.1 + ((n % 100) + 2) / PIPS).toFixed(5);
      return `{"type":"PRICE","time":"2026-01-02T03:04:05.000000006Z","bids":[{"price":"${bid}","liquidity":1000000}],"asks":[{"price":"${ask}","liquidity":1000000}],"tradeable":true,"instrument":"${instrument}"}\n`;
    };
    const transaction = `{"id":"${n}","accountID":"7","time":"2026-01-02T03:04:05.000000006Z","type":"ORDER_FILL"}\n`;
    const text = what === 'pricing' ? price('EUR_USD') + price('GBP_USD') : transaction;
    for (const response of open) response.write(text);
  }, TICK_MS);
  process.env.VW_TEST_OANDA = 't0ken';
  const venue = oanda({
    ...{ url: `${sim.https}/v3/accounts`, account: '7', instruments: ['EUR_USD', 'GBP_USD'] },
    ...{ credentials: bearer(env('VW_TEST_OANDA')), security: trusted },
    ...(what === 'pricing' ? {} : { subscription: { path: '/7/transactions/stream' } }),
  });
  return { venue, stop: () => [clearInterval(timer), sim.stop()] };
}

async function betfairStream(): Promise<SimulatedVenue> {
  const open = new Set<Socket>();
  const subscribed = new Set<Socket>();
  const say = (socket: Socket, text: string): void => void socket.write(`${text}\r\n`);
  const server = createTlsServer(authority.issue(), (socket) => {
    open.add(socket.on('error', () => {}));
    say(socket, '{"op":"connection","connectionId":"1"}');
    socket.on('data', (bytes) => {
      for (const line of String(bytes).split('\r\n').filter(Boolean)) {
        const { op, id } = JSON.parse(line);
        say(socket, `{"op":"status","id":${id},"statusCode":"SUCCESS","connectionClosed":false}`);
        if (op !== 'marketSubscription') continue;
        say(
          socket,
          '{"op":"mcm","id":2,"initialClk":"a","clk":"b","pt":1471370159007,"ct":"SUB_IMAGE","mc":[{"id":"1.5","img":true,"rc":[{"id":7,"atb":[[3,2.5]],"atl":[[9,1]]}]}]}',
        );
        subscribed.add(socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let n = 0;
  const timer = setInterval(() => {
    n++;
    for (const socket of subscribed)
      say(
        socket,
        `{"op":"mcm","id":2,"clk":"c","pt":${1471370159008 + n},"mc":[{"id":"1.5","rc":[{"id":7,"atb":[[3,${1 + (n % 9)}]]}]}]}`,
      );
  }, TICK_MS);
  process.env.VW_TEST_BETFAIR = 'k';
  const venue = betfair({
    server: `localhost:${(server.address() as { port: number }).port}`,
    instruments: ['1.5'],
    credentials: keyAndSession(env('VW_TEST_BETFAIR'), env('VW_TEST_BETFAIR')),
    security: trusted,
  });
  const stop = (): void => {
    clearInterval(timer);
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { venue, stop };
}

/** By the venue of a service; OANDA's orders are another stream than its prices. */
export const simulatedVenues = async () => ({
  'kraken-spot': await kraken(),
  oanda: await oandaStream('pricing'),
  'oanda-transactions': await oandaStream('transactions'),
  betfair: await betfairStream(),
});
