import {
  defineDecoder,
  i16,
  i64,
  message,
  nanosSinceEpoch,
  price2,
  price6,
  u8,
  u16,
  u32,
  u64,
} from '../layout/table.js';
import { memxMemoirLastSale13 } from './memx-memoir-last-sale-1.3.js';
import { memxEquities } from './roles/memx.js';

/** MEMX MEMOIR Top 1.3: SBE schema 1.3 (id 3, version 259). What is as in memx-memoir-last-sale-1.3 is taken from there. */
export const memxMemoirTop13 = defineDecoder({
  id: 'memx-memoir-top-1.3',
  venue: 'MEMX',
  feed: 'MEMOIR Top',
  version: '1.3',
  specification: 'SBE schema 1.3 (id 3, version 259)',
  framing: 'memx-udp',
  byteOrder: 'big',
  header: {
    blockLength: u16(0),
    templateId: u8(2),
    schemaId: u8(3),
    version: u16(4),
  },
  messageType: 'templateId',
  longer: 'tolerated',
  sbe: { schemaId: 3, version: 259, blockLength: 'blockLength' },
  instrument: 'securityID',
  checked: ['positions follow the schema of the venue'],
  events: memxEquities,
  messages: {
    instrumentDirectory: memxMemoirLastSale13.messages.instrumentDirectory,
    regSHORestriction: memxMemoirLastSale13.messages.regSHORestriction,
    securityTradingStatus: memxMemoirLastSale13.messages.securityTradingStatus,
    snapshotComplete: message(4, 16, {
      timestamp: u64(0, nanosSinceEpoch),
      asOfSequenceNumber: u64(8),
    }),
    tradingSessionStatus: memxMemoirLastSale13.messages.tradingSessionStatus,
    bestBidOffer: message(10, 34, {
      timestamp: u64(0, nanosSinceEpoch),
      securityID: u16(8),
      bidSize: u32(10),
      bidPrice: i64(14, price6),
      offerSize: u32(22),
      offerPrice: i64(26, price6),
    }),
    bestBid: message(11, 22, {
      timestamp: u64(0, nanosSinceEpoch),
      securityID: u16(8),
      bidSize: u32(10),
      bidPrice: i64(14, price6),
    }),
    bestOffer: message(12, 22, {
      timestamp: u64(0, nanosSinceEpoch),
      securityID: u16(8),
      offerSize: u32(10),
      offerPrice: i64(14, price6),
    }),
    bestBidShort: message(13, 14, {
      timestamp: u64(0, nanosSinceEpoch),
      securityID: u16(8),
      bidSize: u16(10),
      bidPrice: i16(12, price2),
    }),
    bestOfferShort: message(14, 14, {
      timestamp: u64(0, nanosSinceEpoch),
      securityID: u16(8),
      offerSize: u16(10),
      offerPrice: i16(12, price2),
    }),
    clearBook: message(15, 10, {
      timestamp: u64(0, nanosSinceEpoch),
      securityID: u16(8),
    }),
  },
});
