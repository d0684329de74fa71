/** Batches as columns: one typed array a field, filled in one pass and reused for the next batch. */
import { VenuewireError } from '../errors.js';
import type { AnyDecoder } from './batch.js';

/** Which fields of which messages: `{ addOrder: ['stockLocate', 'shares', 'price'] }`. Keep the object: it is compiled. */
export type ColumnsSpec = Readonly<Record<string, readonly string[]>>;

/**
 * Numbers are Float64Array (NaN where the field says "no value"), 64-bit integers BigUint64Array or BigInt64Array, text an
 * array of strings. Nothing is rounded.
 */
export type Column = Float64Array | BigUint64Array | BigInt64Array | readonly string[];

/** Rows in the order of the messages; valid until the next batch is read with the same specification. */
export type Columns<C extends ColumnsSpec> = {
  readonly [M in keyof C]: { readonly length: number } & { readonly [F in C[M][number]]: Column };
};

type Row = Readonly<Record<string, never>>;

const FIRST_ROWS = 4096;

class Table {
  length = 0;
  capacity = FIRST_ROWS;
  readonly writers: ColumnWriter[];
  constructor(writers: ColumnWriter[]) {
    this.writers = writers;
  }
  grow(): void {
    this.capacity *= 2;
    for (const w of this.writers) w.grow(this.capacity);
  }
}

class ColumnWriter {
  /** What values are stored through: the halves of 64-bit columns, else the column itself. */
  $cells: Float64Array | Uint32Array | string[];
  #wide: BigUint64Array | BigInt64Array | undefined;
  constructor(
    readonly name: string,
    readonly kind: 'number' | 'unsigned' | 'signed' | 'text',
  ) {
    this.$cells = this.#make(FIRST_ROWS);
  }
  #make(rows: number): Float64Array | Uint32Array | string[] {
    if (this.kind === 'text') return [];
    if (this.kind === 'number') return new Float64Array(rows);
    this.#wide = this.kind === 'unsigned' ? new BigUint64Array(rows) : new BigInt64Array(rows);
    return new Uint32Array(this.#wide.buffer);
  }
  grow(rows: number): void {
    const before = this.$cells;
    if (Array.isArray(before)) return;
    const after = this.#make(rows) as Float64Array;
    after.set(before);
    this.$cells = after;
  }
  column(rows: number): Column {
    if (Array.isArray(this.$cells)) return this.$cells.slice(0, rows);
    if (this.#wide) return this.#wide.subarray(0, rows);
    return (this.$cells as Float64Array).subarray(0, rows);
  }
}

/** A specification made ready for one decoder: handlers that fill, and what they have filled. */
export class ColumnReader<C extends ColumnsSpec> {
  readonly handlers: Readonly<Record<string, (message: Row) => void>>;
  readonly #tables: readonly (readonly [string, Table])[];

  /** @throws VenuewireError `VW_COLUMN` for a field that the message does not have at its fixed part. */
  constructor(decoder: AnyDecoder, spec: C) {
    this.#tables = Object.entries(spec).map(([message, fields]) => {
      const record = decoder.plan(decoder.indexOf(message)).record;
      return [message, new Table(fields.map((name) => new ColumnWriter(name, kindOf(record, message, name))))];
    });
    this.handlers = Object.fromEntries(this.#tables.map(([message, table]) => [message, filler(table)]));
  }

  /** Forgets the rows of the last batch. */
  begin(): void {
    for (const [, table] of this.#tables) table.length = 0;
  }

  end(): Columns<C> {
    return Object.fromEntries(
      this.#tables.map(([message, table]) => [
        message,
        { ...Object.fromEntries(table.writers.map((w) => [w.name, w.column(table.length)])), length: table.length },
      ]),
    ) as Columns<C>;
  }
}

type PlanRecord = ReturnType<AnyDecoder['plan']>['record'];

function kindOf(record: PlanRecord, message: string, name: string): ColumnWriter['kind'] {
  const half = /^(.*)(High|Low)$/.exec(name);
  const part = record.byName.get(name) ?? (half ? record.byName.get(half[1] as string) : undefined);
  if (part?.kind !== 'field') {
    throw new VenuewireError(
      'VW_COLUMN',
      `${message} has no field '${name}' that can be a column`,
      `Its fields are ${[...record.byName.values()]
        .filter((p) => p.kind === 'field')
        .map((p) => p.name)
        .join(', ')}.`,
    );
  }
  if (part.name !== name) return 'number';
  if (part.size === 8 && part.wire === 'uint') return 'unsigned';
  if (part.size === 8 && part.wire === 'int') return 'signed';
  return part.wire === 'uint' || part.wire === 'int' || part.wire === 'float' || part.wire === 'digits'
    ? 'number'
    : 'text';
}

/** Made from text where the runtime allows it, as in batch.ts and for the same reason. */
function filler(table: Table): (message: Row) => void {
  const lines = table.writers.map((w, i) => {
    const value = `message[${JSON.stringify(w.name)}]`;
    if (w.kind === 'text') return `w${i}.$cells[row] = ${value};`;
    if (w.kind === 'number') return `{ const v = ${value}; w${i}.$cells[row] = v === null ? NaN : v; }`;
    const half = (side: string) => `message[${JSON.stringify(w.name + side)}]`;
    return `w${i}.$cells[2 * row] = ${half('Low')}; w${i}.$cells[2 * row + 1] = ${half('High')};`;
  });
  try {
    const names = table.writers.map((_, i) => `w${i}`);
    return new Function(
      'table',
      ...names,
      `return (message) => { if (table.length === table.capacity) table.grow(); const row = table.length++; ${lines.join(' ')} };`,
    )(table, ...table.writers) as (message: Row) => void;
  } catch {
    return (message) => {
      if (table.length === table.capacity) table.grow();
      const row = table.length++;
      const m = message as Readonly<Record<string, number | string | null>>;
      for (const w of table.writers) {
        const cells = w.$cells as unknown as number[];
        if (w.kind === 'unsigned' || w.kind === 'signed') {
          cells[2 * row] = m[`${w.name}Low`] as number;
          cells[2 * row + 1] = m[`${w.name}High`] as number;
        } else {
          cells[row] = (m[w.name] ?? Number.NaN) as number;
        }
      }
    };
  }
}
