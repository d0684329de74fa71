import { Packr } from 'msgpackr';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BookCopy, type ConnectionEvent, type GatewayClientOptions, type WireTrade } from '../../src/gateway/client.js';
import { Connection, type ConnectionHost } from '../../src/gateway/connection.js';
import { DepthStream } from '../../src/gateway/streams.js';
import { EVERYBODY } from '../../src/gateway/tokens.js';
import { JsonWriter } from '../../src/gateway/update.js';
import type { ServerMessage, WireDepth, WireLevel } from '../../src/gateway/wire.js';
import { Random } from '../../src/simulator/random.js';
import { referenceDepth, type Simulated, simulated, until, VENUE } from './gateways.js';

const open: Simulated[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function begin(...given: Parameters<typeof simulated>): Promise<Simulated> {
  const one = await simulated(...given);
  open.push(one);
  return one;
}
const STOCK = 'ZAAA';
const LEVELS = 20;

/** Instruments are there once the venue has named them. */
const named = (one: Simulated): Promise<void> =>
  until(() => one.gateway.venues.get(VENUE)?.numberOf(STOCK) !== undefined);

/** A client that follows a book from when there is one, and what it was told. */
async function follow(one: Simulated, options: GatewayClientOptions = {}, every?: number) {
  const events: ConnectionEvent[] = [];
  const client = one.client({ ...options, onConnection: (event) => events.push(event) });
  let book: BookCopy | undefined;
  let changes = 0;
  await named(one);
  client.watchDepth(
    { venue: VENUE, instrument: STOCK, levels: LEVELS, ...(every === undefined ? {} : { every }) },
    (now) => {
      book = now;
      changes++;
    },
  );
  return { client, events, book: () => book, changes: () => changes };
}

describe('a followed book', () => {
  it.each<readonly [string, GatewayClientOptions, number | undefined]>([
    ['as JSON', {}, undefined],
    ['as MessagePack', { messagePack: new Packr({ useRecords: false }) as never }, undefined],
    ['put together for a client that wants little', {}, 30],
  ])('%s is the book of the day at its end, read by hand', async (_, options, every) => {
    const one = await begin();
    const day = one.day();
    const followed = await follow(one, options, every);
    await day;
    const truth = referenceDepth(one.venue.history, STOCK, LEVELS);
    await until(() => JSON.stringify(followed.book()?.toDepth()) === JSON.stringify(truth));
    expect(followed.changes()).toBeGreaterThan(1);
    expect(followed.events.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it('goes on behind a lost connection where it was, and is the book of the day', async () => {
    const one = await begin({}, { rate: 500, messages: 700, symbols: 2 });
    const day = one.day();
    const { client, book, changes, events } = await follow(one);
    await until(() => changes() > 0);
    for (let lost = 0; lost < 3; lost++) {
      const before = changes();
      await until(() => changes() > before);
      client.reconnect();
      await until(() => events.filter(({ type }) => type === 'disconnected').length > lost);
    }
    await day;
    const truth = referenceDepth(one.venue.history, STOCK, LEVELS);
    await until(() => JSON.stringify(book()?.toDepth()) === JSON.stringify(truth));
    expect(events.filter(({ type }) => type === 'begunAnew' || type === 'error')).toEqual([]);
  });

  it('is right for whoever is at any place of a stream, by seed: in one step, and by deltas where they are kept', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = new Random(seed);
      let depth: WireDepth = { bids: [], asks: [], stale: false, crossed: false };
      const stream = new DepthStream({ depth: () => depth }, LEVELS, 40);
      const clients = Array.from({ length: 5 }, () => new BookCopy());
      let deltas = 0;
      for (let turn = 0; turn < 200; turn++) {
        depth = changed(random, depth);
        stream.look();
        for (const client of clients) {
          if (random.below(1 + 30 * clients.indexOf(client)) > 0) continue;
          const { sequence } = client;
          const updates = stream.updates(sequence);
          expect(updates.length, `seed ${seed}`).toBe(sequence === stream.sequence ? 0 : 1);
          for (const { body } of updates) {
            const message = { id: 1, ...body } as Extract<ServerMessage, { type: 'snapshot' | 'delta' }>;
            expect(client.apply(message), `seed ${seed}`).toBe(true);
            if (message.type === 'delta') deltas++;
            if (message.type === 'delta' && stream.sequence - sequence > 40)
              expect.fail(`seed ${seed}: no history is so long`);
          }
          expect(client.toDepth(), `seed ${seed}, turn ${turn}`).toEqual(depth);
        }
      }
      expect(deltas).toBeGreaterThan(100);
    }
  });
});

/** A few levels of a book others than they were. */
function changed(random: Random, { bids, asks, stale }: WireDepth): WireDepth {
  const side = (levels: readonly WireLevel[], base: number, direction: number): WireLevel[] => {
    const all = new Map(levels.map((level) => [level[0], level]));
    for (let n = random.below(4); n > 0; n--) {
      const price = (base + direction * random.below(30)).toFixed(2);
      if (random.below(3) === 0) all.delete(price);
      else all.set(price, [price, String(1 + random.below(9)), 1 + random.below(3)]);
    }
    return [...all.values()].sort((a, b) => direction * (Number(a[0]) - Number(b[0])));
  };
  return {
    bids: side(bids, 100, -1),
    asks: side(asks, 101, 1),
    stale: random.below(50) === 0 ? !stale : stale,
    crossed: false,
  };
}

describe('trades', () => {
  it('are each told once, in order, to whoever follows', async () => {
    const one = await begin();
    const client = one.client();
    const day = one.day();
    await named(one);
    const told: WireTrade[] = [];
    const over: number[] = [];
    client.watchTrades(
      { venue: VENUE, instrument: STOCK },
      (trades) => told.push(...trades),
      (from, to) => over.push(from, to),
    );
    await day;
    const all = (await client.trades(VENUE, STOCK, 10_000)) as WireTrade[];
    await until(() => told.at(-1)?.sequence === all.at(-1)?.sequence);
    const [first] = told;
    expect(told).toEqual(all.filter(({ sequence }) => sequence >= (first as WireTrade).sequence));
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, i) => (first as WireTrade).sequence + i));
    expect(over).toEqual([]);
  });

  it('that are no longer kept are told as passed over', async () => {
    const one = await begin({ limits: { trades: 5 } });
    await one.day();
    const { followed, connection, messages } = byHand(one);
    connection.received(ask({ op: 'subscribe', id: 1, venue: VENUE, category: 'trades', instrument: STOCK }), false, 0);
    const [subscribed] = messages().flatMap((m) => (m.type === 'subscribed' ? [m] : []));
    if (subscribed === undefined) throw new Error('the subscription was refused');
    const resume = { session: subscribed.session, sequence: 3 };
    connection.received(
      ask({ op: 'subscribe', id: 2, venue: VENUE, category: 'trades', instrument: STOCK, resume }),
      false,
      0,
    );
    followed.length = 0;
    connection.flush(1);
    const last = subscribed.sequence;
    const [over, trades] = messages() as [ServerMessage, Extract<ServerMessage, { type: 'trades' }>];
    expect(over).toEqual({ type: 'passedOver', id: 2, from: 4, to: last - 5 });
    expect(trades.trades.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1, 0].map((n) => last - n));
  });
});

const ask = (message: object): Uint8Array => Buffer.from(JSON.stringify(message));

/** A connection whose socket is ours: how much of it waits is said by the test. */
function byHand(one: Simulated) {
  const followed: ServerMessage[] = [];
  const state = { bufferedAmount: 0, terminated: false };
  const socket = {
    get bufferedAmount() {
      return state.bufferedAmount;
    },
    send: (data: string | Uint8Array) => {
      followed.push(...(JSON.parse(String(data)) as ServerMessage[]));
    },
    close: () => {},
    terminate: () => {
      state.terminated = true;
    },
    ping: () => {},
  };
  // The gateway's own clock leaves it alone.
  const host = Object.create(one.gateway, { due: { value: () => {} } }) as ConnectionHost;
  const connection = new Connection(socket, new JsonWriter(), host);
  connection.user = EVERYBODY;
  return { state, followed, connection, messages: () => followed.splice(0) };
}

describe('a slow client', () => {
  it('is told, is sent nothing more, and gets what is latest in one step when it has read', async () => {
    const one = await begin({ limits: { queueBytes: 1_000, slowMs: 10_000, history: 100_000 } });
    const { state, connection, messages } = byHand(one);
    const day = one.day();
    await named(one);
    connection.received(
      ask({ op: 'subscribe', id: 7, venue: VENUE, category: 'depth', instrument: STOCK, levels: LEVELS }),
      false,
      0,
    );
    connection.flush(1);
    expect(messages().map(({ type }) => type)).toEqual(['subscribed', 'snapshot']);
    state.bufferedAmount = 5_000;
    connection.flush(2);
    expect(messages()).toEqual([{ type: 'slow', queuedBytes: 5_000, graceMs: 10_000 }]);
    await day;
    one.gateway.look();
    expect(connection.flush(3)).toBe(true);
    expect(messages()).toEqual([]);
    state.bufferedAmount = 0;
    connection.flush(4_002);
    const [caughtUp, one2] = messages() as [ServerMessage, Extract<ServerMessage, { type: 'delta' | 'snapshot' }>];
    expect(caughtUp).toEqual({ type: 'caughtUp', heldMs: 4_000 });
    expect(one2.sequence).toBeGreaterThan(1);
    expect(state.terminated).toBe(false);
  });

  it('is disconnected when it has read nothing for as long as it was told', async () => {
    const one = await begin({ limits: { queueBytes: 1_000, slowMs: 10_000 } });
    const { state, connection, messages } = byHand(one);
    state.bufferedAmount = 5_000;
    connection.flush(0);
    expect(messages().map(({ type }) => type)).toEqual(['slow']);
    expect(connection.flush(10_000)).toBe(true);
    expect(connection.flush(10_001)).toBe(false);
    expect(state.terminated).toBe(true);
    expect(one.gateway.statistics()).toMatchObject({ slow: 1, slowEnded: 1 });
  });

  it('that asks on and on without reading the answers is disconnected', async () => {
    const one = await begin({ limits: { queueBytes: 1_000 } });
    const { state, connection } = byHand(one);
    state.bufferedAmount = 2_001;
    connection.received(ask({ op: 'ping', id: 1 }), false, 0);
    expect(state.terminated).toBe(true);
  });
});

describe('a connection', () => {
  it('has bounds for what it asks, each with a code', async () => {
    const one = await begin({ limits: { subscriptions: 2, levels: 5, messagesPerSecond: 2 } });
    const day = one.day();
    await named(one);
    const { connection, messages } = byHand(one);
    const top = { op: 'subscribe', venue: VENUE, category: 'top', instrument: STOCK };
    const coded = (message: object, nowMs: number): unknown => {
      connection.received(ask(message), false, nowMs);
      return messages().flatMap((m) => (m.type === 'error' ? [m.error.code] : [m.type]))[0];
    };
    expect(coded({ ...top, id: 1 }, 1_000)).toBe('subscribed');
    expect(coded({ ...top, id: 1 }, 2_000)).toBe('VW_GATEWAY_REQUEST');
    expect(coded({ ...top, id: 2, category: 'depth', levels: 6 }, 3_000)).toBe('VW_GATEWAY_LIMIT');
    expect(coded({ ...top, id: 2 }, 4_000)).toBe('subscribed');
    expect(coded({ ...top, id: 3 }, 5_000)).toBe('VW_GATEWAY_LIMIT');
    expect(coded({ op: 'unsubscribe', id: 2 }, 6_000)).toBe('unsubscribed');
    expect(coded({ op: 'unsubscribe', id: 2 }, 7_000)).toBe('VW_GATEWAY_REQUEST');
    for (let i = 0; i < 4; i++) coded({ op: 'ping', id: i }, 8_000);
    expect(coded({ op: 'ping', id: 9 }, 8_000)).toBe('VW_GATEWAY_RATE');
    expect(coded({ op: 'ping', id: 9 }, 9_000)).toBe('pong');
    await day;
  });

  it('is told that the gateway closes, behind what was on its way to it', async () => {
    const one = await begin();
    const day = one.day();
    const { book, events } = await follow(one);
    await day;
    await one.gateway.close();
    await until(() => events.some(({ type }) => type === 'disconnected'));
    expect(book()?.toDepth()).toEqual(referenceDepth(one.venue.history, STOCK, LEVELS));
    expect(events.map(({ type }) => type)).toContain('closing');
  });

  it('hears that the gateway is still there, and the state with its ledger', async () => {
    const one = await begin({}, { faults: { loss: 0.2 } });
    const { connection, messages } = byHand(one);
    connection.heartbeat();
    connection.isAlive = true;
    expect(connection.heartbeat()).toBe(true);
    expect(messages().map(({ type }) => type)).toContain('heartbeat');
    expect(connection.heartbeat()).toBe(false);
    const client = one.client();
    let expected = 0;
    client.watchState({ venue: VENUE }, (state) => {
      expected = state.ledger?.expected ?? 0;
    });
    const notices: string[] = [];
    client.watchNotices({ venue: VENUE }, (told) => notices.push(...told.map(({ type }) => type)));
    await one.day();
    await until(() => expected === one.venue.history.length && notices.includes('gapFilled'));
  });
});

describe('many clients', () => {
  /** In full, with 200 of 1,000 slow: npm run bench:gateway. */
  const CLIENTS = 40;
  const PAUSED = 8;
  it(`${CLIENTS} of them, ${PAUSED} of which read nothing until the day is over, all have the books of the day`, async () => {
    const one = await begin({ limits: { requestsPerSecond: 1_000 } }, { rate: 4_000 });
    const day = one.day();
    await named(one);
    const sockets: WebSocket[] = [];
    class Paused extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        sockets.push(this);
        this.once('message', () => this.pause());
      }
    }
    const books = new Map<number, BookCopy>();
    for (let i = 0; i < CLIENTS; i++) {
      const client = one.client({ WebSocket: i < PAUSED ? (Paused as never) : WebSocket });
      client.watchDepth({ venue: VENUE, instrument: STOCK, levels: LEVELS }, (book) => books.set(i, book));
    }
    await day;
    for (const socket of sockets) socket.resume();
    const truth = JSON.stringify(referenceDepth(one.venue.history, STOCK, LEVELS));
    await until(
      () => books.size === CLIENTS && [...books.values()].every((book) => JSON.stringify(book.toDepth()) === truth),
    );
    expect(one.gateway.statistics()).toMatchObject({ clients: CLIENTS, subscriptions: CLIENTS, slowEnded: 0 });
  });
});
