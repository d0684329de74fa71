import { char, defineDecoder, digits, message, reserved, text } from '../layout/table.js';
import { koscomEquityDerivatives2018 } from './koscom-equity-derivatives-2.018.js';
import { koscom } from './roles/koscom.js';

const krxIndexFields = {
  indexId: text(5, 6),
  isinCode: text(11, 12),
  calculationTime: text(23, 6),
  index: digits(29, 9),
  indexChangeSignAgainstThePreviousDay: char(38, { '+': 'Ascended', ' ': 'Unchanged', '-': 'Declined' }),
  indexChangeAgainstThePreviousDay: digits(39, 9),
  accumulatedTradingVolume: digits(48, 12),
  accumulatedTradingValue: digits(60, 12),
  filler4: reserved(72, 4),
  endKeyword: char(76),
};

/** Korea Exchange MDCS real time, index products 1 to 3 1.39: Korea Exchange MDCS real time, index products 1 to 3, version 1.39, Monday, May 18, 2026. What is as in koscom-equity-derivatives-2.018 is taken from there. */
export const koscomIndex139 = defineDecoder({
  id: 'koscom-index-1.39',
  venue: 'Korea Exchange',
  feed: 'MDCS real time, index products 1 to 3',
  version: '1.39',
  specification: 'Korea Exchange MDCS real time, index products 1 to 3, version 1.39, Monday, May 18, 2026',
  framing: 'koscom-mdcs',
  byteOrder: 'big',
  header: {
    messageCode: text(0, 5),
  },
  messageType: 'messageCode',
  instrument: 'isinCode',
  events: koscom,
  checked: [
    'layout of a public dissector, Koscom_MdcsRealtime_IndexProduct1_Exture_v1_39 and 2 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 8 of 8 alike, 112 fields; positions only, not meanings or scales',
    'index values: 9 digits with 2 implied decimals',
  ],
  unconfirmed: [
    'ASCII fields; text in Korean encoding (EUC-KR); messages have no length field: the code gives the layout. Prices: digits, decimals per field as in the venue document (the dissector gives no scale)',
  ],
  messages: {
    pollingData: koscomEquityDerivatives2018.messages.pollingData,
    krxIndex: message('IA000', 77, krxIndexFields),
    krxEstimatedIndex: message('IB000', 77, krxIndexFields),
    globalIndex: koscomEquityDerivatives2018.messages.globalIndex,
    bondPrimeIndex: koscomEquityDerivatives2018.messages.bondPrimeIndex,
    bondKtbIndex: koscomEquityDerivatives2018.messages.bondKtbIndex,
    bondKtbIndexTermStructure: koscomEquityDerivatives2018.messages.bondKtbIndexTermStructure,
    bondIndexKrx: koscomEquityDerivatives2018.messages.bondIndexKrx,
  },
});
