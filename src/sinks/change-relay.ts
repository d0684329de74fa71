/**
 * Changes of PostgreSQL tables told by RabbitMQ, guaranteed: a trigger writes each change into an outbox in the transaction that
 * makes it; a relay publishes what is there, and takes it out when the broker has confirmed it. A change that was committed is
 * told at least once, with the outbox's number as its message id; one that was rolled back never.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { splitEndpoint } from '../patterns/units.js';
import { peer } from '../peer.js';
import { answered } from './answered.js';
import { connectRabbitMq } from './rabbitmq.js';
import { tlsOptions } from './tls.js';

type Postgres = typeof import('postgres');
type Sql = import('postgres').Sql;
type Connection = import('rabbitmq-client').Connection;

const WHO = 'relayChanges';
const CHANGES_AT_ONCE = 500;
const LOOK_MS = 1_000;
const RETRY_MS = 250;
const CONNECT_SECONDS = 10;
const ANSWER_MS = 10_000;
const WOKEN = 'venuewire_outbox';

export interface ChangeRelayOptions {
  /** Where the tables are. */
  readonly postgresql: Pick<SinkOf<'postgresql'>, 'server' | 'database' | 'username' | 'password' | 'tls'> & {
    /** Schema of the outbox and of the tables. Default `public`. */
    readonly schema?: string;
  };
  /** Tables whose changes are told: each gets a trigger, made where it is not there. */
  readonly tables: readonly string[];
  readonly rabbitmq: Pick<SinkOf<'rabbitmq'>, 'server' | 'username' | 'password' | 'tls'> & {
    readonly vhost?: string;
    /** Topic exchange; routing keys are `TABLE.insert`, `TABLE.update`, `TABLE.delete`. Default `venuewire.changes`. */
    readonly exchange?: string;
    /** A quorum queue that is made and bound to everything. */
    readonly queue?: string;
  };
}

export interface ChangeRelayState {
  /** Changes that the broker has confirmed. */
  readonly told: number;
  /** How often something has failed; it is tried again. */
  readonly failures: number;
  /** What the last failure said; empty: the last try succeeded. */
  readonly failing: string;
}

interface Change {
  readonly id: string;
  readonly table: string;
  readonly operation: string;
  readonly row: unknown;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A relay at work, until `close`. */
export class ChangeRelay {
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  #told = 0;
  #failures = 0;
  #failing = '';
  #wake: () => void = () => {};
  /** @internal */
  constructor(
    readonly options: ChangeRelayOptions,
    readonly postgres: Postgres,
  ) {
    this.#done = this.#run();
  }

  state(): ChangeRelayState {
    return { told: this.#told, failures: this.#failures, failing: this.#failing };
  }

  /** Ends when what is being published is confirmed, or has failed; what is left stays in the outbox. */
  async close(): Promise<ChangeRelayState> {
    this.#abort.abort();
    this.#wake();
    await this.#done;
    return this.state();
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      let sql: Sql | undefined;
      let connection: Connection | undefined;
      try {
        const link = new AbortController();
        sql = openPostgres(this.postgres, this.options, () => link.abort());
        await prepare(sql, this.options);
        await sql.listen(WOKEN, () => this.#wake());
        connection = await connectRabbitMq({ vhost: '/', ...this.options.rabbitmq }, WHO, WHO);
        await this.#relay(sql, connection, link.signal);
      } catch (error) {
        this.#failures++;
        this.#failing = error instanceof Error ? error.message : String(error);
      } finally {
        connection?.unsafeDestroy();
        await sql?.end({ timeout: 0 }).catch(() => {});
      }
      await delay(RETRY_MS, undefined, { signal: this.#abort.signal }).catch(() => {});
    }
  }

  async #relay(sql: Sql, connection: Connection, gone: AbortSignal): Promise<void> {
    const { schema = 'public' } = this.options.postgresql;
    const { exchange = 'venuewire.changes', queue } = this.options.rabbitmq;
    const outbox = `${quoted(schema)}.venuewire_outbox`;
    const channel = await connection.acquire({ emitErrorsFromChannel: true });
    channel.on('error', () => {});
    let returned = 0;
    channel.on('basic.return', () => returned++);
    await channel.confirmSelect();
    await channel.exchangeDeclare({ exchange, type: 'topic', durable: true });
    if (queue !== undefined) {
      await channel.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': 'quorum' } });
      await channel.queueBind({ exchange, queue, routingKey: '#' });
    }
    // The client leaves some of what waits for a connection that has gone waiting.
    const ended = new Promise<never>((_, reject) => {
      gone.addEventListener('abort', () => reject(new Error('the connection to PostgreSQL has gone')), { once: true });
    });
    ended.catch(() => {});
    const say = (text: string, values: unknown[] = []) =>
      answered(Promise.race([sql.unsafe<Change[]>(text, values as never[]), ended]), ANSWER_MS);
    while (!this.#abort.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const changes = await say(
        `SELECT id::text, table_name AS table, operation, row_data AS row FROM ${outbox} ORDER BY id LIMIT ${CHANGES_AT_ONCE}`,
      );
      if (changes.length === 0) {
        this.#failing = '';
        await Promise.race([woken, ended, delay(LOOK_MS, undefined, { ref: false })]);
        continue;
      }
      const confirmed = Promise.all(
        changes.map(({ id, table, operation, row }) =>
          channel.basicPublish(
            {
              ...{ exchange, routingKey: `${table}.${operation}`, messageId: id },
              ...{ mandatory: true, durable: true, contentType: 'application/json' },
            },
            JSON.stringify({ id, table, operation, row }),
          ),
        ),
      );
      await answered(confirmed, ANSWER_MS);
      if (returned > 0)
        throw new Error(`no queue is bound to the exchange ${exchange} for ${returned} of these changes`);
      await say(`DELETE FROM ${outbox} WHERE id = ANY($1::bigint[])`, [changes.map(({ id }) => id)]);
      this.#told += changes.length;
      this.#failing = '';
    }
  }
}

function openPostgres(postgres: Postgres, { postgresql }: ChangeRelayOptions, onclose: () => void): Sql {
  const { server, database, username, password, tls } = postgresql;
  const { host, port } = splitEndpoint(server);
  return postgres({
    ...{ host, port, database, max: 1, connect_timeout: CONNECT_SECONDS, onnotice: () => {}, onclose },
    ...(username === undefined ? {} : { username: referenced(username, 'username') }),
    ...(password === undefined ? {} : { password: referenced(password, 'password') }),
    ssl: tls === undefined ? false : tlsOptions(tls, host),
  });
}

/** Outbox, function and triggers, where they are not there. */
async function prepare(sql: Sql, { postgresql: { schema = 'public' }, tables }: ChangeRelayOptions): Promise<void> {
  const own = quoted(schema);
  await sql.unsafe(`CREATE TABLE IF NOT EXISTS ${own}.venuewire_outbox (id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), table_name text NOT NULL, operation text NOT NULL, row_data jsonb NOT NULL)`);
  await sql.unsafe(`CREATE OR REPLACE FUNCTION ${own}.venuewire_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO ${own}.venuewire_outbox (table_name, operation, row_data) VALUES (TG_TABLE_NAME, lower(TG_OP),
        to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END));
      PERFORM pg_notify('${WOKEN}', '');
      RETURN NULL;
    END $$`);
  for (const table of tables) {
    const at = `${own}.${quoted(table)}`;
    const there = await sql.unsafe(
      "SELECT 1 FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = 'venuewire_changed'",
      [at],
    );
    if (there.length > 0) continue;
    await sql.unsafe(`CREATE TRIGGER venuewire_changed AFTER INSERT OR UPDATE OR DELETE ON ${at}
      FOR EACH ROW EXECUTE FUNCTION ${own}.venuewire_changed()`);
  }
}

/**
 * Relays changes of PostgreSQL tables to RabbitMQ. Failures are tried again, and told in `state`.
 * @throws VenuewireError `VW_PEER_MISSING`; `VW_SINK_OPEN` when the tables cannot be watched.
 */
export async function relayChanges(options: ChangeRelayOptions): Promise<ChangeRelay> {
  const { default: postgres } = await peer<{ default: Postgres }>('postgres', WHO);
  await peer('rabbitmq-client', WHO);
  const sql = openPostgres(postgres, options, () => {});
  try {
    await prepare(sql, options);
  } catch (cause) {
    throw new VenuewireError(
      'VW_SINK_OPEN',
      `PostgreSQL at ${options.postgresql.server}: ${cause instanceof Error ? cause.message : cause}`,
      'Check that the server runs, that the tables are there and that this user may make triggers on them.',
    );
  } finally {
    await sql.end({ timeout: 0 }).catch(() => {});
  }
  return new ChangeRelay(options, postgres);
}
