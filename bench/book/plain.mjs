// The book that one writes first in TypeScript: objects in a Map, levels in a Map for each side, the best price sought
// again when it leaves. ITCH 5.0 alone. usage: node bench/book/plain.mjs MESSAGES
import { readFileSync } from 'node:fs';

class Side {
  levels = new Map();
  best = undefined;
  constructor(better) {
    this.better = better;
  }
  add(price, shares) {
    this.levels.set(price, (this.levels.get(price) ?? 0) + shares);
    if (this.best === undefined || this.better(price, this.best)) this.best = price;
  }
  take(price, shares) {
    const left = this.levels.get(price) - shares;
    if (left > 0) {
      this.levels.set(price, left);
      return;
    }
    this.levels.delete(price);
    if (price !== this.best) return;
    this.best = undefined;
    for (const other of this.levels.keys()) {
      if (this.best === undefined || this.better(other, this.best)) this.best = other;
    }
  }
}

const higher = (a, b) => a > b;
const lower = (a, b) => a < b;
const [BUY, ADD, ADD_MPID, EXECUTE, EXECUTE_PRICED, CANCEL, DELETE, REPLACE] = [...'BAFECXDU'].map((c) =>
  c.charCodeAt(0),
);

const orders = new Map();
const books = [];
let best = 0;

function add(reference, locate, bid, price, shares) {
  books[locate] ??= { bids: new Side(higher), asks: new Side(lower) };
  const side = bid ? books[locate].bids : books[locate].asks;
  orders.set(reference, { locate, bid, side, price, shares });
  side.add(price, shares);
  best ^= side.best ?? 0;
}

function take(reference, shares) {
  const order = orders.get(reference);
  if (order === undefined) return undefined;
  const taken = Math.min(shares, order.shares);
  order.side.take(order.price, taken);
  order.shares -= taken;
  if (order.shares === 0) orders.delete(reference);
  best ^= order.side.best ?? 0;
  return order;
}

const reference = (view, at) => view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);

function message(view, at) {
  switch (view.getUint8(at)) {
    case ADD:
    case ADD_MPID: {
      const bid = view.getUint8(at + 19) === BUY;
      add(reference(view, at + 11), view.getUint16(at + 1), bid, view.getUint32(at + 32), view.getUint32(at + 20));
      break;
    }
    case EXECUTE:
    case EXECUTE_PRICED:
    case CANCEL:
      take(reference(view, at + 11), view.getUint32(at + 19));
      break;
    case DELETE:
      take(reference(view, at + 11), Number.POSITIVE_INFINITY);
      break;
    case REPLACE: {
      const order = take(reference(view, at + 11), Number.POSITIVE_INFINITY);
      if (order === undefined) break;
      add(reference(view, at + 19), order.locate, order.bid, view.getUint32(at + 31), view.getUint32(at + 27));
      break;
    }
    default:
  }
}

const bytes = readFileSync(process.argv[2]);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
let messages = 0;
const from = process.cpuUsage();
for (let at = 0; at + 2 <= bytes.length; at += 2 + view.getUint16(at)) {
  message(view, at + 2);
  messages++;
}
const { user, system } = process.cpuUsage(from);
const levels = books.reduce((n, b) => n + (b === undefined ? 0 : b.bids.levels.size + b.asks.levels.size), 0);
console.log(
  JSON.stringify({
    name: 'plain TypeScript: Map of objects',
    nsPerMessage: ((user + system) * 1e3) / messages,
    orders: orders.size,
    levels,
    best,
  }),
);
