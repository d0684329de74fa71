/** The messages of a generated TotalView day: a template of each, and where in it stands what differs. */
import { itch50 } from '../decoders/itch50.js';
import type { Decoder, MessageInput } from '../layout/index.js';
import { MessageWriter, type Place } from '../layout/message-writer.js';

type Itch = typeof itch50;
type Name = Itch extends Decoder<infer _, infer M> ? keyof M & string : never;

/** A message's writer, and the places of the fields that are put into it, under the generator's names. */
function template<N extends Name, P extends string>(
  message: N,
  constants: MessageInput<Itch, N>,
  fields: Readonly<Record<P, string>>,
) {
  const writer = new MessageWriter(itch50, message, constants);
  const names = Object.entries<string>(fields);
  const places = Object.fromEntries(names.map(([name, field]) => [name, writer.place(field)]));
  return { writer, ...(places as Readonly<Record<P, Place>>) };
}

/** Fields that orders and trades have under the same names. */
const ORDER = {
  reference: 'orderReferenceNumber',
  side: 'buySellIndicator',
  shares: 'shares',
  stock: 'stock',
  price: 'price',
} as const;
const EXECUTION = { reference: 'orderReferenceNumber', shares: 'executedShares', match: 'matchNumber' } as const;

const DIRECTORY = {
  marketCategory: 'Q',
  financialStatusIndicator: 'N',
  roundLotSize: 100,
  roundLotsOnly: 'N',
  issueClassification: 'C',
  issueSubType: 'Z',
  authenticity: 'T',
  shortSaleThresholdIndicator: 'N',
  ipoFlag: 'N',
  luldReferencePriceTier: '1',
  etpFlag: 'N',
  inverseIndicator: 'N',
} as const;
const PARTICIPANT = {
  mpid: 'SIMA',
  primaryMarketMaker: 'Y',
  marketMakerMode: 'N',
  marketParticipantState: 'A',
} as const;
const DECLINE = { level1: 450_000_000_000n, level2: 420_000_000_000n, level3: 390_000_000_000n };
const IMBALANCE = { imbalanceDirection: 'B', crossType: 'C', priceVariationIndicator: 'L' } as const;

/** @internal */
export const makeWriters = () => ({
  /** What every message has, in the same place. */
  head: template('addOrder', {}, { locate: 'stockLocate', tracking: 'trackingNumber', timestamp: 'timestamp' }),
  systemEvent: template('systemEvent', {}, { eventCode: 'eventCode' }),
  directory: template('stockDirectory', DIRECTORY, { stock: 'stock', tier: 'luldReferencePriceTier' }),
  tradingAction: template(
    'stockTradingAction',
    { tradingState: 'T', reasonCode: '' },
    { stock: 'stock', state: 'tradingState' },
  ),
  regSho: template('regShoRestriction', { regShoAction: '0' }, { stock: 'stock', action: 'regShoAction' }),
  participant: template('marketParticipantPosition', PARTICIPANT, { stock: 'stock', mode: 'marketMakerMode' }),
  decline: template('mwcbDeclineLevel', DECLINE, {}),
  collar: template(
    'luldAuctionCollar',
    {},
    {
      stock: 'stock',
      reference: 'auctionCollarReferencePrice',
      upper: 'upperAuctionCollarPrice',
      lower: 'lowerAuctionCollarPrice',
      extension: 'auctionCollarExtension',
    },
  ),
  add: template('addOrder', { buySellIndicator: 'B' }, ORDER),
  addWithMpid: template('addOrderWithMpid', { buySellIndicator: 'B', attribution: 'SIMA' }, ORDER),
  execute: template('orderExecuted', {}, EXECUTION),
  executeWithPrice: template('orderExecutedWithPrice', { printable: 'Y' }, { ...EXECUTION, price: 'executionPrice' }),
  cancel: template('orderCancel', {}, { reference: 'orderReferenceNumber', shares: 'canceledShares' }),
  remove: template('orderDelete', {}, { reference: 'orderReferenceNumber' }),
  replace: template(
    'orderReplace',
    {},
    {
      original: 'originalOrderReferenceNumber',
      reference: 'newOrderReferenceNumber',
      shares: 'shares',
      price: 'price',
    },
  ),
  trade: template('nonCrossTrade', { buySellIndicator: 'B' }, { ...ORDER, match: 'matchNumber' }),
  cross: template(
    'crossTrade',
    { crossType: 'I' },
    { shares: 'crossShares', stock: 'stock', price: 'crossPrice', match: 'matchNumber' },
  ),
  broken: template('brokenTrade', {}, { match: 'matchNumber' }),
  imbalance: template('netOrderImbalanceIndicator', IMBALANCE, {
    paired: 'pairedShares',
    imbalance: 'imbalanceShares',
    stock: 'stock',
    far: 'farPrice',
    near: 'nearPrice',
    reference: 'currentReferencePrice',
  }),
  retail: template('retailPriceImprovementIndicator', { interestFlag: 'A' }, { stock: 'stock' }),
});
