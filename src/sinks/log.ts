/** The event log as a sink: rows of the shape `records`, exactly once, because the log itself is the position. */
import { setTimeout as delay } from 'node:timers/promises';
import { type LogWriter, openLogWriter, prepareLog } from '../log/log.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { nanosecondsOf } from '../patterns/units.js';
import { ENTRIES_AT, RECORD_CHANNEL, RECORDS_AT, type RecordSchema } from './record-rows.js';
import type { RowBatch } from './rows.js';
import { type Sink, type SinkOpened, sinkOption } from './sink.js';

const NS_PER_MS = 1e6;
/** A disk that fails for so long is told as a failure of the sink; until then it is tried again quietly. */
const FAILING_MS = 2_000;

class LogSink implements Sink {
  readonly unanswered = true;
  #prepared: ReturnType<typeof prepareLog> | undefined;
  #writer: LogWriter | undefined;
  constructor(readonly options: SinkOf<'log'>) {}

  async open(): Promise<SinkOpened> {
    this.#prepared = prepareLog(this.options.folder);
    const { position } = this.#prepared.found;
    const number = BigInt(position);
    return {
      delivery: 'exactlyOnce',
      positions: position === 0 ? [] : [{ channel: RECORD_CHANNEL, epoch: '', number, part: 0 }],
    };
  }

  async write(batch: RowBatch): Promise<undefined> {
    const writer = this.#writerFor(batch);
    const ends = batch.columns[2] as BigUint64Array;
    const entries = batch.columns[ENTRIES_AT] as Uint32Array;
    const records = batch.columns[RECORDS_AT] as readonly Uint8Array[];
    for (let row = 0; row < batch.rows; row++) {
      const begin = Number(ends[row]) - (entries[row] as number);
      // What the queue before the sink has dropped has its place in the log, and is told there.
      if (begin > writer.position) writer.skip(begin - writer.position, 'queueFull');
      writer.appendRecords(records[row] as Uint8Array, writer.position - begin);
    }
    await this.#acknowledged(writer);
    return undefined;
  }

  #writerFor({ schema }: RowBatch): LogWriter {
    if (this.#writer !== undefined) return this.#writer;
    const { source } = schema as RecordSchema;
    if (source === undefined)
      throw sinkOption('A log takes rows of the shape records', 'Write shape: { type: records }.');
    const { folder, sync, segmentBytes, blockBytes, retain } = this.options;
    this.#writer = openLogWriter(
      folder,
      source,
      {
        sync: sync === 'always' || sync === 'never' ? sync : Math.ceil(nanosecondsOf(sync) / NS_PER_MS),
        segmentBytes,
        blockBytes,
        retain: {
          ...(retain?.bytes === undefined ? {} : { bytes: retain.bytes }),
          ...(retain?.age === undefined ? {} : { ms: Math.ceil(nanosecondsOf(retain.age) / NS_PER_MS) }),
        },
      },
      { prepared: this.#prepared },
    );
    return this.#writer;
  }

  async #acknowledged(writer: LogWriter): Promise<void> {
    const done = writer.flush().then(() => true);
    const ended = new AbortController();
    try {
      for (let before = ''; ; ) {
        const pause = delay(FAILING_MS, false, { signal: ended.signal }).catch(() => false);
        if (await Promise.race([done, pause])) return;
        const { failing } = writer.statistics();
        if (failing !== '' && before !== '') throw new Error(failing);
        before = failing;
      }
    } finally {
      ended.abort();
    }
  }

  async flush(): Promise<void> {
    await this.#writer?.sync();
  }
  async close(): Promise<void> {
    // What has not been acknowledged is written again by whoever has it.
    if (this.#writer !== undefined) await this.#writer.close(CLOSE_MS);
    else this.#prepared?.lock.release();
    this.#writer = undefined;
    this.#prepared = undefined;
  }
  metrics(): Readonly<Record<string, number>> {
    const said = this.#writer?.statistics();
    return Object.fromEntries(
      Object.entries(said ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  }
}
const CLOSE_MS = 1_000;

/** A folder that has an event log. */
export const log = (options: SinkOf<'log'>): Sink => new LogSink(options);
