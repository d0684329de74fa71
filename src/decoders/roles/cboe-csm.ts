import type { EventRoles, EventRule } from '../../layout/table.js';

const STATES = {
  2: 'halted',
  17: 'trading',
  18: 'closed',
  21: 'preOpen',
  22: 'auction',
  23: 'trading',
  24: 'auction',
  25: 'auction',
  26: 'suspended',
} as const;
const STATE: EventRule = {
  does: 'status',
  id: 'securityTradingStatus',
  state: { field: 'securityTradingStatus', is: STATES },
};
/** The best prices are sent whole; of the volumes at a price the total of limit orders is its size. */
const MARKET: EventRule[] = [
  { does: 'clear' },
  {
    each: 'mdEntry',
    does: 'quote',
    when: { mdEntryType: ['0', '1'], mdVolumeType: [0] },
    side: { field: 'mdEntryType', bid: ['0'], ask: ['1'] },
    price: 'mdEntryPx',
    size: 'mdEntrySize',
  },
  STATE,
];
const figuresOf = (each: string): EventRule => ({
  each,
  does: 'statistic',
  when: { mdEntryType: ['3', '4', '6', '7', '8'] },
  statistic: {
    field: 'mdEntryType',
    is: { 3: 'indexValue', 4: 'openingPrice', 6: 'settlementPrice', 7: 'highPrice', 8: 'lowPrice' },
  },
  price: 'mdEntryPx',
});
/** CSM best prices and figures. A ticker's entries have texts of any length, so that its trades are reached by no role. */
export const cboeCsmTop: EventRoles = {
  shared: true,
  priceExponent: -8,
  messages: {
    currentMarketRefresh: MARKET,
    currentMarketUpdate: MARKET,
    marketDataRefresh: [...MARKET, figuresOf('mdEntry')],
    recapUpdate: figuresOf('recapUpdateMdEntry'),
    settlementValue: figuresOf('settlementValueMdEntry'),
    summary: [
      figuresOf('summaryMdEntry'),
      { does: 'statistic', statistic: 'openInterest', size: 'openInterest' },
      { does: 'statistic', statistic: 'volume', size: 'tradeVolume' },
    ],
    expectedOpeningPriceAndSize: {
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'eop',
      size: 'eos',
    },
  },
};
/** CSM market level 2: states. Its levels stand in groups of groups, which no role reaches. */
export const cboeCsmLevels: EventRoles = { priceExponent: -8, messages: { securityStatus: STATE } };
