import type { EventRoles, EventRule } from '../../layout/table.js';
import { quote, quotes } from './words.js';

const TIME = { time: 'timestamp' } as const;
const ORDER = { ...TIME, id: 'orderId' } as const;
const ADDED: EventRule = { ...ORDER, does: 'add', side: { field: 'side' }, price: 'price', size: 'quantity' };
const STATES = { H: 'halted', P: 'paused', Q: 'quoting', T: 'trading' } as const;
const BROKEN: EventRule = {
  ...TIME,
  does: 'tradeCancel',
  id: 'tradeId',
  price: 'originalPrice',
  size: 'originalQuantity',
};
const CORRECTED: EventRule[] = [
  BROKEN,
  { ...TIME, does: 'trade', id: 'tradeId', price: 'correctedPrice', size: 'correctedQuantity' },
];
const EXECUTED: EventRule = {
  ...ORDER,
  does: 'execute',
  price: 'price',
  size: 'quantity',
  tradeId: 'tradeId',
  atPrice: true,
};
const BOTH = quotes(['bidPrice', ['bidSize', 'totalBidSize']], ['offerPrice', ['offerSize', 'totalOfferSize']], TIME);
const BID = quote('bid', 'bidPrice', ['bidSize', 'totalBidSize'], TIME);
const OFFER = quote('ask', 'offerPrice', ['offerSize', 'totalOfferSize'], TIME);

/** MEMOIR of MEMX equities: depth order by order, top of book, last sale. */
export const memxEquities: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -6,
  messages: {
    instrumentDirectory: { ...TIME, does: 'define', name: 'symbol', size: 'roundLot', price: 'mpv' },
    securityTradingStatus: {
      ...TIME,
      does: 'status',
      id: 'securityTradingStatus',
      state: { field: 'securityTradingStatus', is: STATES },
    },
    orderAdded: ADDED,
    orderDeleted: { ...ORDER, does: 'remove' },
    orderReduced: { ...ORDER, does: 'reduce', size: 'quantity' },
    orderExecuted: EXECUTED,
    trade: { ...TIME, does: 'trade', id: 'tradeId', price: 'price', size: 'quantity' },
    brokenTrade: BROKEN,
    correctedTrade: CORRECTED,
    clearBook: { ...TIME, does: 'clear' },
    bestBidOffer: BOTH,
    bestBid: BID,
    bestBidShort: BID,
    bestOffer: OFFER,
    bestOfferShort: OFFER,
    tradeReport: { ...TIME, does: 'trade', id: 'tradeID', price: 'tradePrice', size: 'tradeQty' },
    tradeCancel: { ...TIME, does: 'tradeCancel', id: 'tradeID', price: 'lastPrice', size: 'tradeQty' },
    tradeCorrect: [
      { ...TIME, does: 'tradeCancel', id: 'tradeID', price: 'originalTradePrice', size: 'originalTradeQty' },
      { ...TIME, does: 'trade', id: 'tradeID', price: 'correctedTradePrice', size: 'correctedTradeQty' },
    ],
  },
};

/** MEMOIR of MEMX options. */
export const memxOptions: EventRoles = {
  shared: true,
  orders: 'instrument',
  priceExponent: -8,
  messages: {
    instrumentDirectory: {
      ...TIME,
      does: 'define',
      name: { together: ['osiRoot', 'maturityDate', 'strikePutOrCall', 'strikePrice'] },
    },
    optionsInstrumentStatus: {
      ...TIME,
      does: 'status',
      id: 'instrumentTradingStatus',
      state: { field: 'instrumentTradingStatus', is: STATES },
    },
    orderAddedShort: ADDED,
    orderAddedLong: ADDED,
    orderAddedExtended: ADDED,
    orderDeleted: { ...ORDER, does: 'remove' },
    orderReduced: { ...ORDER, does: 'reduce', size: 'quantityReduced' },
    orderExecuted: EXECUTED,
    trade: { ...TIME, does: 'trade', id: 'tradeId', side: { field: 'side' }, price: 'price', size: 'quantity' },
    brokenTrade: BROKEN,
    correctedTrade: CORRECTED,
    clearBook: { ...TIME, does: 'clear' },
    bestBidOffer: BOTH,
    bestBid: BID,
    bestBidShort: BID,
    bestOffer: OFFER,
    bestOfferShort: OFFER,
  },
};
