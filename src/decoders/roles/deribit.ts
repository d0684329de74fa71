import type { EventRoles } from '../../layout/table.js';
import { figures } from './words.js';

const STATES = { 0: 'trading', 1: 'closed', 2: 'auction', 3: 'closed', 4: 'halted', 5: 'halted' } as const;
/**
 * Deribit: trades, states, figures; sizes are the integers as they came, their exponent is in the definition. Orders have no
 * role: whether a reduced order's quantity is what goes or what stays is not in the schema.
 */
export const deribit: EventRoles = {
  priceExponent: -9,
  messages: {
    instrumentDefinition: { does: 'define', name: 'name' },
    instrumentStatusUpdate: {
      does: 'status',
      id: 'tradingStatus',
      state: { field: 'tradingStatus', is: STATES },
    },
    instrumentInfo: figures({
      minSellPrice: 'lowerPriceLimit',
      maxBuyPrice: 'upperPriceLimit',
      indexPrice: 'indexValue',
      markPrice: 'referencePrice',
    }),
    instrumentRef: figures({ settlementPrice: 'settlementPrice' }),
    trade: { does: 'trade', id: 'matchId', price: 'fillPrice', size: 'fillQtyMantissa' },
    blockTrade: { does: 'trade', id: 'matchId', price: 'fillPrice', size: 'fillQtyMantissa' },
  },
};
