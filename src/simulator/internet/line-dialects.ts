/** How venues speak whose messages are arrays or lines. */
import type { Dialect, Level, Side, TrueBook } from './dialects.js';

type Said = Record<string, unknown>;
const SECOND_MS = 1000;

/** Kraken 1: arrays, with the name and the pair at the end. */
const CHANNEL = '"book-10"';
const timed = (levels: readonly Level[], ms: number): string =>
  levels.map(([price, size]) => `["${price}","${size}","${(ms / SECOND_MS).toFixed(6)}"]`).join(',');
export const kraken1: Dialect = {
  depth: 10,
  maintenance: () =>
    '{"connectionID":18239578009413566319,"event":"systemStatus","status":"maintenance","version":"1.9.0"}',
  subscribed: ({ event, pair }) =>
    /subscribe$/.test(String(event)) ? { on: event === 'subscribe', symbols: pair as string[] } : undefined,
  answer: ({ event }, symbol) =>
    `{"channelID":336,"channelName":${CHANNEL},"event":"subscriptionStatus","pair":"${symbol}","status":"${String(event)}d","subscription":{"depth":10,"name":"book"}}`,
  image: (b) =>
    `[336,{"as":[${timed(b.levels('asks'), b.timeMs)}],"bs":[${timed(b.levels('bids'), b.timeMs)}]},${CHANNEL},"${b.symbol}"]`,
  update: (b, { side, level }) =>
    `[336,{"${side === 'asks' ? 'a' : 'b'}":[${timed([level], b.timeMs)}],"c":"${b.checksum()}"},${CHANNEL},"${b.symbol}"]`,
};

/** Kraken's executions: an order that is traded bit by bit. */
const sequences = new WeakMap<object, number>();
export const krakenExecutions: Dialect = {
  maintenance: () => '{"channel":"status","type":"update","data":[{"system":"maintenance"}]}',
  session: (token) => `{"error":[],"result":{"token":"${token}","expires":900}}`,
  tokenOf: ({ params }) => (params as Said | undefined)?.token as string | undefined,
  refused: ({ method }) => `{"error":"ESession:Invalid session","method":"${String(method)}","success":false}`,
  subscribed: ({ method, params }) =>
    method === 'subscribe' && (params as Said).channel === 'executions' ? { on: true, symbols: [] } : undefined,
  resumed: () => '{"channel":"executions","type":"snapshot","data":[],"sequence":0}',
  numbered: (text, client) => {
    if (!text.includes('"executions"')) return text;
    const next = (sequences.get(client) ?? 0) + 1;
    sequences.set(client, next);
    return text.replace('"sequence":0', `"sequence":${next}`);
  },
  idle: (ms) =>
    `{"channel":"executions","type":"update","data":[{"order_id":"OK4GJX-KSTLS-7DZZO5","exec_id":"TCO3JW-EJIQJ-7A7XSF","exec_type":"trade","symbol":"BTC/USD","side":"sell","last_qty":0.00500000,"last_price":26500.1,"cum_qty":0.00500000,"order_status":"partially_filled","timestamp":"${new Date(ms).toISOString()}"}],"sequence":0}`,
  image: () => undefined,
  update: () => '',
};

/** OANDA: every price is the whole ladder. */
const ladder = (levels: readonly Level[]) => levels.map(([price, size]) => `{"price":"${price}","liquidity":${size}}`);
const price = (b: TrueBook): string =>
  `{"type":"PRICE","time":"${new Date(b.timeMs).toISOString().replace('Z', '000000Z')}","bids":[${ladder(b.levels('bids'))}],"asks":[${ladder(b.levels('asks'))}],"tradeable":true,"instrument":"${b.symbol}"}`;
export const oanda: Dialect = {
  depth: 10,
  asked: (url) => new URL(url).searchParams.get('instruments')?.split(',') ?? [],
  subscribed: () => undefined,
  image: price,
  update: price,
};

/** Betfair: markets with one runner each. */
const RUNNER = '/7';
const clkOf = (books: readonly TrueBook[]): string => books.map(({ sequence }) => sequence).join('.');
const sides = (changes: readonly { readonly side: Side; readonly level: Level }[]): string =>
  (['bids', 'asks'] as const)
    .map((side) => {
      const levels = changes.filter((c) => c.side === side).map(({ level: [p, s] }) => `[${Number(p)},${Number(s)}]`);
      return `"${side === 'bids' ? 'atb' : 'atl'}":[${levels.join(',')}]`;
    })
    .join(',');
const market = (b: TrueBook, changes: Parameters<typeof sides>[0], img: boolean): string =>
  `{"id":"${b.symbol.slice(0, -RUNNER.length)}",${img ? '"img":true,' : ''}"rc":[{"id":${RUNNER.slice(1)},${sides(changes)}}]}`;
const mcm = (time: number, more: string, markets: readonly string[]): string =>
  `{"op":"mcm","id":2,${more},"pt":${time},"mc":[${markets.join(',')}]}`;
const wholeOf = (b: TrueBook) =>
  (['bids', 'asks'] as const).flatMap((side) => b.levels(side).map((level) => ({ side, level })));

/** What has changed since the tokens, as a patch; undefined where they are not known. */
function patch(clk: string, books: readonly TrueBook[]): string | undefined {
  const from = clk.split('.').map(Number);
  if (from.length !== books.length) return undefined;
  const markets = books.map((b, i) => {
    const since = b.log.filter(({ sequence }) => sequence > (from[i] as number));
    return market(b, since, false);
  });
  return mcm(books[0]?.timeMs ?? 0, `"ct":"RESUB_DELTA","initialClk":"i","clk":"${clkOf(books)}"`, markets);
}

export const betfair: Dialect = {
  instrumentOf: (symbol) => symbol.slice(0, -RUNNER.length),
  greeting: () => '{"op":"connection","connectionId":"002-051134157842-432409"}',
  tokenOf: ({ op, session }) => (op === 'authentication' ? String(session) : undefined),
  refused: ({ id }) =>
    `{"op":"status","id":${Number(id)},"statusCode":"FAILURE","errorCode":"INVALID_SESSION_INFORMATION","connectionClosed":true}`,
  subscribed: ({ op, marketFilter }) =>
    op === 'marketSubscription'
      ? { on: true, symbols: (marketFilter as { marketIds: string[] }).marketIds.map((id) => `${id}${RUNNER}`) }
      : undefined,
  resumed: ({ clk }: Said, books) =>
    (typeof clk === 'string' ? patch(clk, books) : undefined) ??
    mcm(
      books[0]?.timeMs ?? 0,
      `"ct":"SUB_IMAGE","initialClk":"i","clk":"${clkOf(books)}","heartbeatMs":5000`,
      books.map((b) => market(b, wholeOf(b), true)),
    ),
  image: () => undefined,
  update: (b, change, books) => mcm(b.timeMs, `"clk":"${clkOf(books)}"`, [market(b, [change], false)]),
};
