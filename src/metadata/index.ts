/** Venues to and from a firm's databases, by a declared mapping: nothing of a row is lost on the way there and back. */
export {
  type Drift,
  defineMapping,
  driftOf,
  type Mapping,
  type MetadataRow,
  type Resource,
  resourcesOf,
  rowsOf,
} from './mapping.js';
export { databaseRows, readRows, resourceText, rowsText, writeDatabase } from './rows.js';
