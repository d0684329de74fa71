/** Normalised events: one record of 64 bytes for every feed, with the meanings of DBN. */
export {
  EVENT_ACTION,
  EVENT_BAD_RECEIVE_TIME,
  EVENT_BY_PRICE,
  EVENT_BYTES,
  EVENT_KIND,
  EVENT_LAST,
  EVENT_MAYBE_BAD_BOOK,
  EVENT_SNAPSHOT,
  EVENT_TOP_OF_BOOK,
  type EventAction,
  type EventKind,
} from '../contract.js';
export {
  type Column,
  type ColumnBatch,
  EVENT_TABLE,
  EventColumns,
  type Naming,
  type TableField,
  type TableSchema,
} from './columns.js';
export type { BookBounds } from './compile.js';
export {
  EVENT_SCHEMA,
  type EventField,
  type EventHandlers,
  type EventObject,
  EventView,
  NO_VALUE,
} from './view.js';
