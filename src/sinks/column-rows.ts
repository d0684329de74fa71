/** The shape `columns`: fields of messages as columns of their own types. */
import type { Notice, Position } from '../feed/batch.js';
import type { Batch } from '../feed/feed.js';
import type { View } from '../layout/index.js';
import type { Pipeline } from '../patterns/pipeline.js';
import type { Numbering } from './numbering.js';
import { POSITION_FIELDS, RowBatch, type RowColumn, type RowField, type RowSchema } from './rows.js';
import type { AnyFeed, Emit, MessageShaper } from './shaper.js';
import { sinkOption } from './sink.js';

type Value = string | number | bigint | null;

/** Rows of one message. */
class Table {
  readonly channels: number[] = [];
  readonly epochs: number[] = [];
  readonly numbers: bigint[] = [];
  readonly parts: number[] = [];
  readonly times: bigint[] = [];
  readonly values: Value[][];
  constructor(
    readonly schema: RowSchema,
    readonly fields: readonly string[],
  ) {
    this.values = fields.map(() => []);
  }
}

const RECEIVE_TIME: RowField = {
  name: 'receiveTime',
  dtype: 'i64',
  unit: 'ns since 1970-01-01T00:00:00Z',
  state: 'always',
};
/** Fields before those of the message. */
const FIXED = POSITION_FIELDS.length + 1;

/** `addOrder` is the table `add_order`. */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function tableOf(feed: AnyFeed, message: string, fields: readonly string[]): Table {
  const { decoder } = feed;
  const index: number = decoder.names.indexOf(message);
  if (index < 0)
    throw sinkOption(`${decoder.id} has no message '${message}'`, `Its messages are ${decoder.names.join(', ')}.`);
  const { record } = decoder.plan(index);
  const own = fields.map((name): RowField => {
    const part = record.byName.get(name);
    if (part?.kind !== 'field') throw sinkOption(`${message} has no field '${name}' that can be a column`);
    const isWide = part.size === 8 && (part.wire === 'uint' || part.wire === 'int');
    if (isWide) return { name, dtype: part.wire === 'uint' ? 'u64' : 'i64', unit: 'raw', state: 'always' };
    const isNumber = part.wire === 'uint' || part.wire === 'int' || part.wire === 'float' || part.wire === 'digits';
    return isNumber
      ? { name, dtype: 'f64', unit: 'raw', state: 'optional' }
      : { name, dtype: 'text', unit: 'text', state: 'optional', none: '' };
  });
  const taken =
    POSITION_FIELDS.find(({ name }) => fields.includes(name)) ?? fields.find((f) => f === RECEIVE_TIME.name);
  if (taken !== undefined) throw sinkOption(`${message}: a row has a field of that name already`);
  const schema = { name: snake(message), version: 1, fields: [...POSITION_FIELDS, RECEIVE_TIME, ...own] };
  return new Table(schema, fields);
}

export class ColumnRows implements MessageShaper {
  readonly reads = 'messages';
  readonly #tables: readonly Table[];
  readonly #handlers: Record<string, (view: View, at: Position) => void>;
  constructor(
    readonly feed: AnyFeed,
    { shape }: Pipeline,
    readonly numbering: Numbering,
  ) {
    const columns = shape.type === 'columns' ? Object.entries(shape.columns) : [];
    const byMessage = new Map(columns.map(([message, fields]) => [message, tableOf(feed, message, fields)]));
    this.#tables = [...byMessage.values()];
    // Every message has its place in the numbering.
    this.#handlers = Object.fromEntries(
      (feed.decoder.names as string[]).map((name) => [name, this.#handler(byMessage.get(name))]),
    );
  }

  #handler(table: Table | undefined): (view: View, at: Position) => void {
    const { numbering } = this;
    return (view, { channel, sequence, receivedAt }) => {
      numbering.next(channel, sequence >>> 0, Math.floor(sequence / 0x1_0000_0000));
      if (table === undefined) return;
      table.channels.push(channel);
      table.epochs.push(numbering.epoch[channel] as number);
      table.numbers.push(numbering.number(channel));
      table.parts.push(numbering.part[channel] as number);
      table.times.push(receivedAt);
      const message = view as unknown as Readonly<Record<string, Value>>;
      table.fields.forEach((name, i) => {
        (table.values[i] as Value[]).push(message[name] as Value);
      });
    };
  }

  readonly #sink = { notice: (notice: Notice): void => this.numbering.notice(notice) };

  take(batch: Batch, emit: Emit): void {
    batch.read(this.#handlers as never, this.#sink);
    for (const table of this.#tables) {
      if (table.channels.length > 0) emit(this.#batch(table));
    }
  }

  #batch(table: Table): RowBatch {
    const { schema, channels, epochs, numbers, parts, times, values } = table;
    const own = values.map((list, i): RowColumn => {
      const { dtype } = schema.fields[FIXED + i] as RowField;
      if (dtype === 'u64') return BigUint64Array.from(list as bigint[]);
      if (dtype === 'i64') return BigInt64Array.from(list as bigint[]);
      if (dtype === 'f64') return Float64Array.from(list, (value) => (value === null ? Number.NaN : Number(value)));
      return list.map((value) => (value === null ? '' : String(value)));
    });
    const made = new RowBatch(schema, channels.length, [
      { codes: Uint32Array.from(channels), words: this.feed.channels },
      { codes: Uint32Array.from(epochs), words: this.numbering.epochs },
      BigUint64Array.from(numbers),
      Uint32Array.from(parts),
      BigInt64Array.from(times),
      ...own,
    ]);
    for (const list of [channels, epochs, numbers, parts, times, ...values]) list.length = 0;
    return made;
  }
}
