// Entries that say which they are: entry n of the log is a message that holds n, so that whatever is read can be checked alone.
// Runs are laid out as native/contract/contract.yaml says: head of 32 bytes, then messages with heads of 8.

/** What a log of them is of. */
export const SOURCE = {
  venue: 'test',
  decoder: { id: 'test', names: ['entry'] },
  channels: ['one'],
  lines: ['A'],
  requesters: [],
  servers: [],
};
const RUN_HEAD = 32;
const MESSAGE_HEAD = 8;
const RUN = 1;
const START_NS = 1_700_000_000_000_000_000n;

/** How many messages a run has, and how long a message is: by the number it begins with, the same each time. */
const countOf = (n) => 1 + ((n * 7919) % 5);
const lengthOf = (n) => 8 + ((n * 104_729) % 61);

export function recordsOf(first, runs) {
  let size = 0;
  let n = first;
  for (let i = 0; i < runs; i++) {
    size += RUN_HEAD;
    const count = countOf(n);
    for (let j = 0; j < count; j++) size += MESSAGE_HEAD + Math.ceil(lengthOf(n + j) / 8) * 8;
    n += count;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  n = first;
  for (let i = 0; i < runs; i++) {
    const begin = at;
    const count = countOf(n);
    view.setUint8(at + 4, RUN);
    view.setBigUint64(at + 8, BigInt(n), true);
    view.setBigInt64(at + 16, START_NS + BigInt(n), true);
    view.setUint32(at + 24, count, true);
    at += RUN_HEAD;
    for (let j = 0; j < count; j++, n++) {
      const length = lengthOf(n);
      view.setUint32(at, length, true);
      view.setUint16(at + 6, j, true);
      view.setBigUint64(at + MESSAGE_HEAD, BigInt(n), true);
      for (let b = 8; b < length; b++) view.setUint8(at + MESSAGE_HEAD + b, n + b);
      at += MESSAGE_HEAD + Math.ceil(length / 8) * 8;
    }
    view.setUint32(begin, (at - begin) / 8, true);
  }
  return { bytes, end: n };
}

/** Which entries lie in [from, to) of a ring; one that is not as it was written is −1. */
export function numbersOf({ view, mask }, from, to) {
  const found = [];
  for (let unit = from; unit !== to; ) {
    const begin = (unit & mask) * 8;
    const count = view.getUint32(begin + 24, true);
    let at = begin + RUN_HEAD;
    for (let i = 0; i < count; i++) {
      const length = view.getUint32(at, true);
      const n = Number(view.getBigUint64(at + MESSAGE_HEAD, true));
      let isSound = length === lengthOf(n);
      for (let b = 8; b < length; b++) isSound &&= view.getUint8(at + MESSAGE_HEAD + b) === ((n + b) & 255);
      found.push(isSound ? n : -1);
      at += MESSAGE_HEAD + Math.ceil(length / 8) * 8;
    }
    unit = (unit + view.getUint32(begin, true)) >>> 0;
  }
  return found;
}
