/** Files of events for other tools: Apache Arrow, Parquet, DBN. */
export { ArrowWriter, arrowSchema, type NumberTable, toArrow } from './arrow.js';
export { DBN_SCHEMAS, type DbnOptions, type DbnSchema, DbnWriter } from './dbn.js';
export { ParquetWriter } from './parquet.js';
export type { WriteBytes } from './write-bytes.js';
