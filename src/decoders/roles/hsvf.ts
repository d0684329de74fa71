import type { EventRoles, EventRule } from '../../layout/table.js';

/** Decimals of a price by its fraction indicator. Codes beyond the digits are not confirmed: such prices have no exponent. */
const DECIMALS = { 0: 0, 1: -1, 2: -2, 3: -3, 4: -4, 5: -5, 6: -6, 7: -7, 8: -8 } as const;
const fraction = (field: string) => ({ field, is: DECIMALS }) as const;
const STATES = {
  Y: 'preOpen',
  O: 'auction',
  T: 'trading',
  F: 'closed',
  E: 'halted',
  H: 'halted',
  R: 'paused',
  S: 'suspended',
  A: 'halted',
  C: 'closed',
} as const;

interface Shape {
  /** Fields that tell the instrument together. */
  readonly instrument: readonly string[];
  readonly quote?: string;
  readonly depth?: readonly [message: string, group: string];
  readonly trade?: string;
  readonly cancellation?: string;
  readonly define?: string;
  readonly schedule?: string;
}

const priced = (price: string): Pick<EventRule, 'price' | 'priceExponent'> => ({
  price,
  priceExponent: fraction(`${price}FractionIndicator`),
});
const state = (field: string): Pick<EventRule, 'does' | 'id' | 'state'> => ({
  does: 'status',
  id: field,
  state: { field, is: STATES },
});

/** Of one kind of instrument: quotes, the five levels that are sent whole, trades, states. */
function messagesOf(shape: Shape, tradeNumber: boolean): EventRoles['messages'] {
  const KEY = { instrument: { together: shape.instrument } } as const;
  const out: Record<string, EventRule | EventRule[]> = {};
  if (shape.quote !== undefined) {
    out[shape.quote] = [
      { ...KEY, ...priced('bidPrice'), does: 'quote', side: 'bid', size: 'bidSize' },
      { ...KEY, ...priced('askPrice'), does: 'quote', side: 'ask', size: 'askSize' },
      { ...KEY, ...state('instrumentStatusMarker') },
    ];
  }
  if (shape.depth !== undefined) {
    const [message, each] = shape.depth;
    const LEVEL: EventRule = {
      ...KEY,
      each,
      does: 'levelSet',
      ifKnown: true,
      byOrder: true,
      when: { levelOfMarketDepth: ['1', '2', '3', '4', '5'] },
    };
    out[message] = [
      { ...KEY, does: 'clear', byOrder: true },
      { ...LEVEL, ...priced('bidPrice'), side: 'bid', size: 'bidSize', orders: 'numberOfBidOrders' },
      { ...LEVEL, ...priced('askPrice'), side: 'ask', size: 'askSize', orders: 'numberOfAskOrders' },
    ];
  }
  const TRADE: EventRule = {
    ...KEY,
    ...priced('tradePrice'),
    does: 'trade',
    size: 'volume',
    ...(tradeNumber ? { id: 'tradeNumber' } : {}),
  };
  if (shape.trade !== undefined) out[shape.trade] = TRADE;
  if (shape.cancellation !== undefined) {
    const { price: _, priceExponent: __, ...rest } = TRADE;
    out[shape.cancellation] = { ...rest, does: 'tradeCancel' };
  }
  if (shape.define !== undefined) out[shape.define] = { ...KEY, does: 'define' };
  if (shape.schedule !== undefined) out[shape.schedule] = { ...KEY, ...state('seriesStatus') };
  return out;
}

/**
 * Markets on SOLA: best prices, and five levels beside them as a book of their own. Prices of strategies have their sign in
 * a field apart, which no role reaches, so strategies have no events.
 */
const hsvf = (shapes: readonly Shape[], tradeNumber: boolean): EventRoles => ({
  shared: true,
  priceExponent: -8,
  messages: Object.assign({}, ...shapes.map((shape) => messagesOf(shape, tradeNumber))) as EventRoles['messages'],
});

const strike = ['strikePrice', 'strikePriceFractionIndicator'] as const;
export const boxHsvf: EventRoles = hsvf(
  [
    {
      instrument: ['rootSymbol', 'expiryMonthCode', 'expiryYear', 'expiryDay', ...strike],
      quote: 'optionQuote',
      depth: ['optionMarketDepth', 'marketDepthLevel'],
      trade: 'optionTrade',
      cancellation: 'optionTradeCancellation',
      define: 'optionInstrumentKeys',
    },
  ],
  false,
);
export const montrealHsvf: EventRoles = hsvf(
  [
    {
      instrument: ['root', 'expiryMonth', 'expiryYear', 'expiryDay', ...strike],
      quote: 'optionQuote',
      depth: ['optionMarketDepth', 'marketDepthLevel'],
      trade: 'optionTrade',
      cancellation: 'optionTradeCancellation',
      define: 'optionInstrumentKeys',
      schedule: 'instrumentScheduleNoticeOption',
    },
    {
      instrument: ['root', 'symbolMonth', 'symbolYear', 'expiryDay', 'callPutCode', ...strike],
      quote: 'futureOptionsQuote',
      depth: ['futureOptionsMarketDepth', 'marketDepthLevel'],
      trade: 'futureOptionsTrade',
      cancellation: 'futureOptionsTradeCancellation',
      define: 'futureOptionsInstrumentKeys',
      schedule: 'instrumentScheduleNoticeFuturesOption',
    },
    {
      instrument: ['root', 'symbolMonth', 'symbolYear', 'expiryDay'],
      quote: 'futuresQuote',
      depth: ['futuresMarketDepth', 'marketDepthLevel'],
      trade: 'futuresTrade',
      cancellation: 'futureTradeCancellation',
      schedule: 'instrumentScheduleNoticeFuture',
    },
  ],
  true,
);
