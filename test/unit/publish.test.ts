import { expect, test } from 'vitest';
import { MessagePublisher } from '../../src/cli/publish.js';

const zmq = await import('zeromq');
const message = (i: number) => ({
  channel: 'A',
  sequence: BigInt(i),
  time: 0n,
  message: 'addOrder',
  fields: { text: 'y'.repeat(1000) },
});

test('a subscriber that never reads is waited for, then refused; what waits for it is bounded', async () => {
  const publisher = await MessagePublisher.bind('zmq:tcp://127.0.0.1:*', 200);
  const subscriber = new zmq.Subscriber({ receiveHighWaterMark: 10, linger: 0 });
  try {
    subscriber.connect(publisher.endpoint);
    subscriber.subscribe('');
    await publisher.subscribed();
    const fill = async () => {
      for (let i = 0; i < 200_000; i++) {
        publisher.add(message(i));
        if (i % 1000 === 999) await publisher.flush();
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'VW_PUBLISH_STALLED' });
    // What the queue and the sockets of both sides take, and no more.
    expect(publisher.sent).toBeLessThan(50_000);
  } finally {
    subscriber.close();
    publisher.close();
  }
});

test('a subscriber that reads gets everything, in order', async () => {
  const publisher = await MessagePublisher.bind('zmq:tcp://127.0.0.1:*');
  const subscriber = new zmq.Subscriber({ receiveHighWaterMark: 10, linger: 0 });
  try {
    subscriber.connect(publisher.endpoint);
    subscriber.subscribe('');
    await publisher.subscribed();
    const all = 30_000;
    const send = async () => {
      for (let i = 0; i < all; i++) {
        publisher.add(message(i));
        if (i % 1000 === 999) await publisher.flush();
      }
    };
    const sending = send();
    let received = 0;
    for await (const _ of subscriber) if (++received === all) break;
    await sending;
    expect([received, publisher.sent]).toEqual([all, all]);
  } finally {
    subscriber.close();
    publisher.close();
  }
});

test('integers of any size arrive as integers, whatever reads them', async () => {
  const publisher = await MessagePublisher.bind('zmq:tcp://127.0.0.1:*');
  const subscriber = new zmq.Subscriber({ linger: 0 });
  try {
    subscriber.connect(publisher.endpoint);
    subscriber.subscribe('');
    await publisher.subscribed();
    const fields = { time: 34_200_000_000_001, large: 2n ** 63n, less: -(2 ** 40), price: 1.5, few: [7, 2 ** 33] };
    publisher.add({ ...message(1), fields });
    await publisher.flush();
    const [, bytes] = await subscriber.receive();
    // A reader that keeps integers apart from floating point, as other languages do.
    const { Packr } = await import('msgpackr');
    const read = new Packr({ useRecords: false, int64AsType: 'bigint' }).unpack(bytes as Buffer) as { fields: object };
    expect(read.fields).toEqual({
      time: 34_200_000_000_001n,
      large: 2n ** 63n,
      less: -(2n ** 40n),
      price: 1.5,
      few: [7, 2n ** 33n],
    });
  } finally {
    subscriber.close();
    publisher.close();
  }
});
