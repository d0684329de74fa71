import { char, defineDecoder, i64, message, nanosAfter, price4, reserved, text, u32, u64 } from '../layout/table.js';
import { miaxEmeraldAis10a } from './miax-emerald-ais-1.0a.js';
import { miaxOrders } from './roles/miax.js';

const SystemStatus = {
  1: 'Start of Test Session',
  2: 'End of Test Session',
  S: 'Start of System Hours',
  C: 'End of System Hours',
};
const Origin = {
  0: 'Priority Customer',
  1: 'Firm',
  2: 'Broker Dealer',
  4: 'Market Maker',
  5: 'Non-Member Market Maker',
  8: 'Non-Priority Customer',
  ' ': 'Not Applicable',
};

/** MIAX Emerald Options Order Feed (MOR) 1.1a: MIAX Options Order Feed MOR v1.1.a, version 1.1.a, Monday, August 22, 2022. What is as in miax-emerald-ais-1.0a is taken from there. */
export const miaxEmeraldOrderFeed11a = defineDecoder({
  id: 'miax-emerald-order-feed-1.1a',
  venue: 'MIAX Emerald Options',
  feed: 'Order Feed (MOR)',
  version: '1.1a',
  specification: 'MIAX Options Order Feed MOR v1.1.a, version 1.1.a, Monday, August 22, 2022',
  framing: 'miax-mach',
  byteOrder: 'little',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'strategyId',
  checked: [
    'layout of a public dissector, Miax_EmeraldOptions_OrderFeed_Mach_v1_1_a; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 10 of 10 alike, 142 fields; positions only, not meanings or scales',
  ],
  events: miaxOrders,
  messages: {
    systemTime: miaxEmeraldAis10a.messages.systemTime,
    simpleSeriesUpdate: miaxEmeraldAis10a.messages.simpleSeriesUpdate,
    systemState: message('S', 18, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      morVersion: text(5, 8),
      sessionId: u32(13),
      systemStatus: char(17, SystemStatus),
    }),
    underlyingTradingStatusNotification: miaxEmeraldAis10a.messages.underlyingTradingStatusNotification,
    simpleOrder: message('F', 72, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      action: char(5, { O: 'Open' }),
      productId: u32(6),
      orderId: u64(10),
      orderSide: char(18, { B: 'Buy', S: 'Sell' }),
      orderType: char(19, { M: 'Market', L: 'Limit' }),
      orderPrice: u32(20, price4),
      orderOriginalVolume: u32(24),
      remainingVolumeOpen: u32(28),
      timeInForceTif: char(32, { A: 'AOC', G: 'GTC', O: 'OPG', D: 'Day', S: 'SAO' }),
      origin: char(33, Origin),
      opencloseIndicator: char(34, { O: 'Open', C: 'Close', ' ': 'Not Applicable' }),
      routeInstruction: char(35, { R: 'Routable', D: 'Do Not Route', P: 'Post Only' }),
      attributedId: text(36, 4),
      priorityCustomerVolume: u32(40),
      reserved28: reserved(44, 28),
    }),
    complexStrategyDefinitionUpdate: miaxEmeraldAis10a.messages.complexStrategyDefinitionUpdate,
    complexOrder: message('R', 70, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      action: char(5, { O: 'Open' }),
      strategyId: u32(6),
      orderId: u64(10),
      orderSide: char(18, { B: 'Buy', S: 'Sell' }),
      orderType: char(19, { M: 'Market', L: 'Limit' }),
      orderPrice: i64(20, price4),
      orderOriginalVolume: u32(28),
      remainingVolumeOpen: u32(32),
      timeInForceTif: char(36, { A: 'AOC', G: 'GTC', O: 'OPG', D: 'Day', S: 'SAO' }),
      origin: char(37, Origin),
      attributedId: text(38, 4),
      reserved28: reserved(42, 28),
    }),
    orderClose: message('x', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      simpleOrComplexOrder: char(5, { F: 'Simple Order', R: 'Complex Order' }),
      orderId: u64(6),
    }),
  },
});
