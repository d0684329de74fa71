/**
 * Rows that came through a broker: their position is that in the broker's log or topic, so that whoever stores them stores
 * with them how far it has read. The position in the venue's feed follows as `venueChannel` … `venuePart`.
 */
import { POSITION_FIELDS, RowBatch, type RowField, type RowSchema } from './rows.js';

const venueName = (name: string): string => `venue${name[0]?.toUpperCase()}${name.slice(1)}`;
const VENUE_FIELDS = POSITION_FIELDS.map((field): RowField => ({ ...field, name: venueName(field.name) }));

export class Placer {
  readonly #schemas = new Map<RowSchema, RowSchema>();

  /** One object for each schema, so that batches can be joined. */
  #schema(given: RowSchema): RowSchema {
    let schema = this.#schemas.get(given);
    if (schema === undefined) {
      const own = given.fields.slice(POSITION_FIELDS.length);
      schema = { ...given, fields: [...POSITION_FIELDS, ...VENUE_FIELDS, ...own] };
      this.#schemas.set(given, schema);
    }
    return schema;
  }

  #make(rows: RowBatch, channel: string, epoch: string, numbers: BigUint64Array, parts: Uint32Array): RowBatch {
    const codes = new Uint32Array(rows.rows);
    const position = [{ codes, words: [channel] }, { codes, words: [epoch] }, numbers, parts];
    return new RowBatch(this.#schema(rows.schema), rows.rows, [...position, ...rows.columns]);
  }

  /** All rows of one record of a log: they have one number, and are its parts. */
  inLog(rows: RowBatch, channel: string, offset: bigint): RowBatch {
    const parts = Uint32Array.from({ length: rows.rows }, (_, row) => row);
    return this.#make(rows, channel, '', new BigUint64Array(rows.rows).fill(offset), parts);
  }

  /** Rows of a topic that are numbered one by one. */
  inTopic(rows: RowBatch, topic: string, session: string, first: number): RowBatch {
    const numbers = BigUint64Array.from({ length: rows.rows }, (_, row) => BigInt(first + row));
    return this.#make(rows, topic, session, numbers, new Uint32Array(rows.rows));
  }
}
