/** Order books of a feed, kept natively. */
export type { BookBounds } from '../events/compile.js';
export {
  type BookCounters,
  type BookLevel,
  type BookSideName,
  Books,
  type BooksOptions,
  BY_ORDER,
  IMPLIED,
  openBooks,
  type TopOfBook,
  TopTable,
} from './books.js';
export { type BookChange, BookChanges, type LevelChange, type TopChange, TopChanges } from './changes.js';
export { type BookOfInstrument, type InstrumentName, InstrumentNames } from './instruments.js';
export {
  type MarketDataBooks,
  type MarketDataBooksOptions,
  type MarketDataCounters,
  openMarketDataBooks,
} from './market-data.js';
export type { MarketDataMessage } from './market-data-entries.js';
export type { BookMoment } from './until.js';
