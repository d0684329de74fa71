/** Parts of records that the tables of several internet venues share. */
import {
  atLeast,
  char,
  type Fields,
  group,
  i64,
  message,
  nanosSinceEpoch,
  scaled,
  text,
  u8,
  u16,
  varText,
} from '../layout/table.js';

/** Prices with ten decimals and sizes with eight: what 64 bits hold of every venue here. */
export const PRICE = -10;
export const SIZE = -8;
export const SCALES = { price: PRICE, size: SIZE };
export const SYMBOL = 32;

/** Bytes of a level, and where its fields stand in them. */
export const LEVEL = 20;
export const LEVEL_AT = { price: 1, size: 9, priceDecimals: 17, sizeDecimals: 18, cut: 19 } as const;
/** Price levels: `n` stands at `at`, they follow. */
export const levelsAt = (at: number) => ({
  n: u16(at),
  levels: group(at + 2, 'n', LEVEL, {
    side: char(0, { B: 'Bid', S: 'Ask' }),
    price: i64(LEVEL_AT.price, scaled(PRICE)),
    size: i64(LEVEL_AT.size, scaled(SIZE)),
    /** Digits behind the point, as sent. */
    priceDecimals: u8(LEVEL_AT.priceDecimals),
    sizeDecimals: u8(LEVEL_AT.sizeDecimals),
    cut: u8(LEVEL_AT.cut, { 0: 'Sent', 1: 'Left the depth that is kept' }),
  }),
});

/** Levels of an instrument behind `fields`, which end at `at`. */
export const levelsMessage = <F extends Fields>(code: number, at: number, fields: F) =>
  message(code, atLeast(at + 2), {
    symbol: text(1, SYMBOL),
    /** 0: a message begins; 1: more levels of the message before. */
    continued: u8(33),
    ...fields,
    ...levelsAt(at),
  });

/** What no rule of a table fits, as far as it is kept. */
export const otherMessage = (code: number) =>
  message(code, atLeast(3), { length: u16(1), text: varText(3, 'length').utf8() });

/** What a best price that was not told stands as. */
export const NOT_TOLD = -(1n << 63n);
const best = (at: number, exponent: number) => i64(at, scaled(exponent)).nullable(NOT_TOLD);
/** Best prices of both sides, from byte `at` on: 36 bytes. */
export const bestAt = (at: number) => ({
  bid: best(at, PRICE),
  bidSize: best(at + 8, SIZE),
  ask: best(at + 16, PRICE),
  askSize: best(at + 24, SIZE),
  bidDecimals: u8(at + 32),
  bidSizeDecimals: u8(at + 33),
  askDecimals: u8(at + 34),
  askSizeDecimals: u8(at + 35),
});
export const BEST_LENGTH = 36;

/** A print of an instrument; more fields may follow from byte 60 on. */
export const tradeFields = {
  symbol: text(1, SYMBOL),
  side: char(33, { B: 'Buy', S: 'Sell' }),
  price: i64(34, scaled(PRICE)),
  size: i64(42, scaled(SIZE)),
  priceDecimals: u8(50),
  sizeDecimals: u8(51),
  time: i64(52, nanosSinceEpoch),
};
export const TRADE_END = 60;
