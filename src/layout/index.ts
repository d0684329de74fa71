/** The language that message tables are written in, and what is made from a table. */
export { CATALOGUE_VERSION, compileCatalogue, instrumentKey } from './catalogue.js';
export { assertSound, check, type TableFault } from './check.js';
export {
  createViews,
  Decoder,
  type DecoderTable,
  defineDecoder,
  type LengthCheck,
  type MessageReader,
} from './decoder.js';
export * from './field.js';
export { formatPrice } from './price.js';
export type {
  DecoderShape,
  FieldsOf,
  Handlers,
  InputRecord,
  MessageInput,
  MessageObject,
  Messages,
  MessageView,
  PlainRecord,
  RecordView,
} from './types.js';
export { Flyweight, GroupView, PlainMessage } from './view.js';
export { digest, Fnv1a64, fields, type Leaf, leaves, walk } from './walk.js';
