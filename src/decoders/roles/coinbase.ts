import type { EventRoles, EventRule } from '../../layout/table.js';
import { figures } from './words.js';

/** Flags with the eighth bit. */
const CLEARS = [0x80, 0x81, 0x82, 0x83];
const STATES = {
  0: 'preOpen',
  1: 'trading',
  2: 'halted',
  3: 'paused',
  4: 'closed',
  5: 'preOpen',
  6: 'closed',
} as const;
/**
 * Coinbase Derivatives UDP: an order put is its whole state. Whose a snapshot's orders are stands in the packet's header, which
 * no role reaches: they make no book.
 */
const coinbase = (prefix: 'instrHeader' | '', flags: string, side: string): EventRoles => {
  /** A transaction ends with the second bit. */
  const HEAD = {
    time: prefix === '' ? 'transactTime' : 'instrHeaderTransactTime',
    last: { field: flags, bit: 1 },
  } as const;
  const SIDE = { field: side, bid: [1], ask: [-1] } as const;
  /** The bit that empties the book comes with any message of the instrument, before what the message itself says. */
  const EMPTIED: EventRule = { ...HEAD, does: 'clear', when: { [flags]: CLEARS } };
  const emptied = (...rules: EventRule[]): EventRule[] => [EMPTIED, ...rules];
  const DEFINED: EventRule = { ...HEAD, does: 'define', name: 'symbol' };
  return {
    shared: true,
    orders: 'instrument',
    priceExponent: -9,
    messages: {
      outrightInstrumentDefinition: emptied(DEFINED),
      spreadInstrumentDefinition: emptied(DEFINED),
      optionInstrumentDefinition: emptied(DEFINED),
      tradingStatusUpdate: emptied({
        ...HEAD,
        does: 'status',
        id: 'tradingStatus',
        state: { field: 'tradingStatus', is: STATES },
      }),
      orderPut: emptied({ ...HEAD, does: 'put', id: 'orderId', side: SIDE, price: 'price', size: 'quantity' }),
      orderDelete: emptied({ ...HEAD, does: 'remove', id: 'orderId' }),
      impliedOrderUpdate: emptied(
        {
          ...HEAD,
          does: 'levelInsert',
          implied: true,
          depth: 2,
          side: SIDE,
          level: { always: 2 },
          price: 'nextPrice',
          size: 'nextQty',
        },
        {
          ...HEAD,
          does: 'levelChange',
          implied: true,
          depth: 2,
          side: SIDE,
          level: { always: 1 },
          price: 'bestPrice',
          size: 'bestQty',
        },
      ),
      trade: { ...HEAD, does: 'trade', id: 'matchId', side: SIDE, price: 'price', size: 'quantity' },
      tradeBust: { ...HEAD, does: 'tradeCancel', id: 'matchId' },

      marketStat: {
        ...HEAD,
        does: 'statistic',
        statistic: {
          field: 'statType',
          is: { 4: 'openingPrice', 5: 'closePrice', 6: 'settlementPrice', 7: 'highPrice', 8: 'lowPrice' },
        },
        price: 'price',
      },
      tradeSessionVolume: figures({ vwapPrice: 'vwap', tradeVolume: 'volume' }, HEAD),
      openInterest: { ...HEAD, does: 'statistic', statistic: 'openInterest', size: 'quantity' },
    },
  };
};
export const coinbaseDerivatives: EventRoles = coinbase('instrHeader', 'instrHeaderFlags', 'instrHeaderSide');
/** Since 1.9 the fields of the instrument's header have shorter names. */
export const coinbaseDerivativesShort: EventRoles = coinbase('', 'instrumentFlags', 'instrumentSide');
