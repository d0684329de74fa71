// By hand: a Buffer loop that makes one plain object a message, as most handlers in JavaScript do.
import { readFileSync } from 'node:fs';
import { handlers, measure } from './handlers.mjs';

const [file] = process.argv.slice(2);
const bytes = readFileSync(file);

function decode(at) {
  switch (bytes[at]) {
    case 0x41:
      return {
        stockLocate: bytes.readUInt16BE(at + 1),
        trackingNumber: bytes.readUInt16BE(at + 3),
        timestamp: bytes.readUIntBE(at + 5, 6),
        orderReferenceNumberHigh: bytes.readUInt32BE(at + 11),
        orderReferenceNumberLow: bytes.readUInt32BE(at + 15),
        buySellIndicator: bytes[at + 19],
        shares: bytes.readUInt32BE(at + 20),
        stock: bytes.latin1Slice(at + 24, at + 32),
        price: bytes.readUInt32BE(at + 32),
      };
    case 0x44:
      return {
        stockLocate: bytes.readUInt16BE(at + 1),
        trackingNumber: bytes.readUInt16BE(at + 3),
        timestamp: bytes.readUIntBE(at + 5, 6),
        orderReferenceNumberHigh: bytes.readUInt32BE(at + 11),
        orderReferenceNumberLow: bytes.readUInt32BE(at + 15),
      };
    case 0x55:
      return {
        stockLocate: bytes.readUInt16BE(at + 1),
        trackingNumber: bytes.readUInt16BE(at + 3),
        timestamp: bytes.readUIntBE(at + 5, 6),
        originalOrderReferenceNumberHigh: bytes.readUInt32BE(at + 11),
        originalOrderReferenceNumberLow: bytes.readUInt32BE(at + 15),
        newOrderReferenceNumberHigh: bytes.readUInt32BE(at + 19),
        newOrderReferenceNumberLow: bytes.readUInt32BE(at + 23),
        shares: bytes.readUInt32BE(at + 27),
        price: bytes.readUInt32BE(at + 31),
      };
    case 0x45:
      return {
        stockLocate: bytes.readUInt16BE(at + 1),
        trackingNumber: bytes.readUInt16BE(at + 3),
        timestamp: bytes.readUIntBE(at + 5, 6),
        orderReferenceNumberHigh: bytes.readUInt32BE(at + 11),
        orderReferenceNumberLow: bytes.readUInt32BE(at + 15),
        executedShares: bytes.readUInt32BE(at + 19),
        matchNumberHigh: bytes.readUInt32BE(at + 23),
        matchNumberLow: bytes.readUInt32BE(at + 27),
      };
    case 0x58:
      return {
        stockLocate: bytes.readUInt16BE(at + 1),
        trackingNumber: bytes.readUInt16BE(at + 3),
        timestamp: bytes.readUIntBE(at + 5, 6),
        orderReferenceNumberHigh: bytes.readUInt32BE(at + 11),
        orderReferenceNumberLow: bytes.readUInt32BE(at + 15),
        canceledShares: bytes.readUInt32BE(at + 19),
      };
  }
}
const names = { 65: 'addOrder', 68: 'orderDelete', 85: 'orderReplace', 69: 'orderExecuted', 88: 'orderCancel' };

function pass() {
  let messages = 0;
  for (let record = 24; record < bytes.length; ) {
    let at = record + 16 + 42;
    record += 16 + bytes.readUInt32LE(record + 8);
    const count = bytes.readUInt16BE(at + 18);
    at += 20;
    if (count === 0xffff) continue;
    for (let i = 0; i < count; i++) {
      const length = bytes.readUInt16BE(at);
      at += 2;
      const name = names[bytes[at]];
      if (name !== undefined) handlers[name](decode(at));
      messages++;
      at += length;
    }
  }
  return messages;
}
await measure('by hand: plain objects', pass, 3);
