// What every contender does with a message: five fields of it into one sum, so that nothing can be left out.
export const sum = new Float64Array(1);
export const handlers = {
  addOrder(m) {
    sum[0] += m.stockLocate + m.shares + m.price + m.orderReferenceNumberLow + m.timestamp;
  },
  orderDelete(m) {
    sum[0] += m.stockLocate + m.trackingNumber + m.orderReferenceNumberHigh + m.orderReferenceNumberLow + m.timestamp;
  },
  orderReplace(m) {
    sum[0] += m.stockLocate + m.shares + m.price + m.originalOrderReferenceNumberLow + m.timestamp;
  },
  orderExecuted(m) {
    sum[0] += m.stockLocate + m.executedShares + m.orderReferenceNumberLow + m.matchNumberLow + m.timestamp;
  },
  orderCancel(m) {
    sum[0] += m.stockLocate + m.trackingNumber + m.canceledShares + m.orderReferenceNumberLow + m.timestamp;
  },
};

/** Times `pass` (one whole reading of the input, returning its messages) a few times; the first is the warm-up. */
export async function measure(name, pass, passes = 4) {
  const rates = [];
  let messages = 0;
  let checksum = 0;
  for (let i = 0; i < passes; i++) {
    sum[0] = 0;
    const from = process.hrtime.bigint();
    messages = await pass();
    rates.push((messages / Number(process.hrtime.bigint() - from)) * 1e9);
    checksum = sum[0];
  }
  const counted = rates.slice(1).sort((a, b) => a - b);
  console.log(JSON.stringify({ name, messages, checksum, perSecond: counted[Math.floor(counted.length / 2)] }));
}
