// By hand: one reused object a message type with getters over a DataView, the same handlers, straight from the file.
import { readFileSync } from 'node:fs';
import { handlers, measure } from './handlers.mjs';

const [file] = process.argv.slice(2);
const bytes = readFileSync(file);
const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

class Message {
  at = 0;
  get stockLocate() {
    return data.getUint16(this.at + 1);
  }
  get trackingNumber() {
    return data.getUint16(this.at + 3);
  }
  get timestamp() {
    return data.getUint16(this.at + 5) * 4294967296 + data.getUint32(this.at + 7);
  }
  get orderReferenceNumberHigh() {
    return data.getUint32(this.at + 11);
  }
  get orderReferenceNumberLow() {
    return data.getUint32(this.at + 15);
  }
}
class AddOrder extends Message {
  get shares() {
    return data.getUint32(this.at + 20);
  }
  get price() {
    return data.getUint32(this.at + 32);
  }
}
class OrderDelete extends Message {}
class OrderReplace extends Message {
  get originalOrderReferenceNumberLow() {
    return data.getUint32(this.at + 15);
  }
  get shares() {
    return data.getUint32(this.at + 27);
  }
  get price() {
    return data.getUint32(this.at + 31);
  }
}
class OrderExecuted extends Message {
  get executedShares() {
    return data.getUint32(this.at + 19);
  }
  get matchNumberLow() {
    return data.getUint32(this.at + 27);
  }
}
class OrderCancel extends Message {
  get canceledShares() {
    return data.getUint32(this.at + 19);
  }
}
const addOrder = new AddOrder();
const orderDelete = new OrderDelete();
const orderReplace = new OrderReplace();
const orderExecuted = new OrderExecuted();
const orderCancel = new OrderCancel();

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
      switch (data.getUint8(at)) {
        case 0x41:
          addOrder.at = at;
          handlers.addOrder(addOrder);
          break;
        case 0x44:
          orderDelete.at = at;
          handlers.orderDelete(orderDelete);
          break;
        case 0x55:
          orderReplace.at = at;
          handlers.orderReplace(orderReplace);
          break;
        case 0x45:
          orderExecuted.at = at;
          handlers.orderExecuted(orderExecuted);
          break;
        case 0x58:
          orderCancel.at = at;
          handlers.orderCancel(orderCancel);
          break;
      }
      messages++;
      at += length;
    }
  }
  return messages;
}
await measure('by hand: flyweights', pass);
