// By hand, nothing but loads: no handlers, no objects, every field read written out where the type is known.
import { readFileSync } from 'node:fs';
import { measure, sum } from './handlers.mjs';

const [file] = process.argv.slice(2);
const bytes = readFileSync(file);
const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const time = (at) => data.getUint16(at + 5) * 4294967296 + data.getUint32(at + 7);

function pass() {
  let messages = 0;
  for (let record = 24; record < bytes.length; ) {
    let at = record + 16 + 42;
    record += 16 + data.getUint32(record + 8, true);
    const count = data.getUint16(at + 18);
    at += 20;
    if (count === 0xffff) continue;
    for (let i = 0; i < count; i++) {
      const length = data.getUint16(at);
      at += 2;
      const locate = data.getUint16(at + 1);
      switch (data.getUint8(at)) {
        case 0x41:
          sum[0] += locate + data.getUint32(at + 20) + data.getUint32(at + 32) + data.getUint32(at + 15) + time(at);
          break;
        case 0x44:
          sum[0] += locate + data.getUint16(at + 3) + data.getUint32(at + 11) + data.getUint32(at + 15) + time(at);
          break;
        case 0x55:
          sum[0] += locate + data.getUint32(at + 27) + data.getUint32(at + 31) + data.getUint32(at + 15) + time(at);
          break;
        case 0x45:
          sum[0] += locate + data.getUint32(at + 19) + data.getUint32(at + 15) + data.getUint32(at + 27) + time(at);
          break;
        case 0x58:
          sum[0] += locate + data.getUint16(at + 3) + data.getUint32(at + 19) + data.getUint32(at + 15) + time(at);
          break;
      }
      messages++;
      at += length;
    }
  }
  return messages;
}
await measure('by hand: loads only', pass);
