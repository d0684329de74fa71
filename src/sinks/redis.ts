/**
 * Redis and Valkey: the latest row of each category and instrument as a hash, `PREFIX:latest:SCHEMA:CATEGORY:INSTRUMENT`,
 * and, where it is declared, a stream of all rows. Rows and position are one transaction (MULTI), so that a restart goes on
 * behind what the server has; what the server itself forgets when it is killed depends on its persistence (`appendfsync`).
 */
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { nanosecondsOf, splitEndpoint } from '../patterns/units.js';
import { peer } from '../peer.js';
import { newestRows } from './conflater.js';
import { isNone, type RowBatch, type RowPosition } from './rows.js';
import type { Sink, SinkContext, SinkOpened } from './sink.js';
import { tlsOptions } from './tls.js';

type Redis = typeof import('redis');
type Client = ReturnType<Redis['createClient']>;

const NS_PER_MS = 1e6;
const CONNECT_MS = 10_000;

class RedisSink implements Sink {
  #client: Client | undefined;
  #positions = '';
  constructor(readonly options: SinkOf<'redis'>) {}

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    const { server, username, password, tls, prefix } = this.options;
    const { createClient } = await peer<Redis>('redis', "The sink 'redis'");
    const { host, port } = splitEndpoint(server);
    this.#positions = `${prefix}:positions:${pipeline}`;
    const client = createClient({
      ...(username === undefined ? {} : { username: referenced(username, 'username') }),
      ...(password === undefined ? {} : { password: referenced(password, 'password') }),
      socket: {
        ...{ host, port },
        connectTimeout: CONNECT_MS,
        // The pipeline opens it again, and then knows what the server has.
        reconnectStrategy: false,
        ...(tls === undefined ? {} : { tls: true as const, ...tlsOptions(tls, host) }),
      },
    }) as Client;
    // Each call rejects by itself; without a listener the client ends the process.
    client.on('error', () => {});
    this.#client = client;
    try {
      await client.connect();
      const stored = await client.hGetAll(this.#positions);
      return { delivery: 'exactlyOnce', positions: Object.values(stored).map(readPosition) };
    } catch (cause) {
      await this.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `Redis at ${server}: ${cause instanceof Error ? cause.message : cause}`,
        `Check that the server runs, and that this user may use keys that begin with ${prefix}:`,
      );
    }
  }

  async write(batch: RowBatch): Promise<undefined> {
    const client = this.#client as Client;
    const { prefix, ttl, stream } = this.options;
    const { name, category, instrument } = batch.schema;
    const multi = client.multi();
    const latest = newestRows(batch);
    const ttlMs = ttl === undefined ? undefined : Math.max(1, Math.round(nanosecondsOf(ttl) / NS_PER_MS));
    const parts = [category, instrument].map((field) => batch.schema.fields.findIndex((f) => f.name === field));
    for (let row = 0; row < latest.rows; row++) {
      const key = [prefix, 'latest', name, ...parts.filter((i) => i >= 0).map((i) => latest.value(i, row))].join(':');
      // A value that is none now must not stay as it was.
      multi.del(key).hSet(key, texts(latest, row));
      if (ttlMs !== undefined) multi.pExpire(key, ttlMs);
    }
    if (stream !== undefined) {
      const TRIM = { strategy: 'MAXLEN', strategyModifier: '~', threshold: stream } as const;
      for (let row = 0; row < batch.rows; row++)
        multi.xAdd(`${prefix}:stream:${name}`, '*', texts(batch, row), { TRIM });
    }
    for (const position of batch.positions()) {
      multi.hSet(this.#positions, `${position.channel}/${position.epoch}`, writePosition(position));
    }
    await multi.exec();
  }

  async flush(): Promise<void> {}
  close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client?.isOpen) client.destroy();
    return Promise.resolve();
  }
}

function texts(batch: RowBatch, row: number): Record<string, string | Buffer> {
  const out: Record<string, string | Buffer> = {};
  batch.schema.fields.forEach((field, i) => {
    const value = batch.value(i, row);
    if (isNone(field, value)) return;
    out[field.name] = value instanceof Uint8Array ? Buffer.from(value) : String(value);
  });
  return out;
}

const writePosition = ({ channel, epoch, number, part }: RowPosition): string =>
  JSON.stringify([channel, epoch, number.toString(), part]);

function readPosition(text: string): RowPosition {
  const [channel, epoch, number, part] = JSON.parse(text) as [string, string, string, number];
  return { channel, epoch, number: BigInt(number), part };
}

export const redis = (options: SinkOf<'redis'>): Sink => new RedisSink(options);
