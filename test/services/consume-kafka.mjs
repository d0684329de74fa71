// Reads Kafka into PostgreSQL, each batch and the next offset in one transaction: to be killed.
import { consumeKafka, sinkOf } from '../../dist/sinks/index.js';

process.once('message', async ({ servers, prefix, postgres }) => {
  const sink = await sinkOf({ type: 'postgresql', database: 'postgres', ...postgres });
  const { positions } = await sink.open({ venue: 'day', pipeline: 'from-kafka' });
  const stored = new Map(positions.map(({ channel, number }) => [channel, number]));
  const consumer = await consumeKafka({
    ...{ servers, prefix, schema: 'event', untilEnd: true },
    from: (partition) => {
      const number = stored.get(`${prefix}.event.v1/${partition}`);
      return number === undefined ? undefined : number + 1n;
    },
  });
  let rows = 0;
  for await (const got of consumer) {
    await sink.write(got.rows);
    rows += got.rows.rows;
    process.send({ rows, done: false });
  }
  await consumer.close();
  await sink.close();
  process.send({ rows, done: true }, () => process.exit(0));
});
