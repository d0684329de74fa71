import { char, defineDecoder, digits, message, text } from '../layout/table.js';
import { boxHsvf18 } from './box-hsvf-1.8.js';
import { boxHsvf } from './roles/hsvf.js';

const TypeOfMarketData = {
  Y: 'Market Depth Messages on the Top 5 Bids/Asks for the Type of Trading Instruments Chosen',
  N: 'Best',
  T: 'Trade',
  P: 'Price Improvement and Exposed Order Messages',
  I: 'Market Depth Messages on the Top 5 and the Calculated Implied Best Limit',
  G: 'Quote Message on the First Level and the Calculated Implied Best Limit',
};
const GapControl = { 0: 'Will Receive Gap Messages', 1: 'Will Not Receive Gap Messages' };

/** BOX Options SOLA unicast HSVF 4.5.1: HSVF-BX-001E-BOX-SOLA-HSVF-Unicast-Specifications-Guide-v4.51, version 4.5.1, Monday, March 15, 2021. What is as in box-hsvf-1.8 is taken from there. */
export const boxHsvfUnicast451 = defineDecoder({
  id: 'box-hsvf-unicast-4.5.1',
  venue: 'BOX Options',
  feed: 'SOLA unicast HSVF',
  version: '4.5.1',
  specification: 'HSVF-BX-001E-BOX-SOLA-HSVF-Unicast-Specifications-Guide-v4.51, version 4.5.1, Monday, March 15, 2021',
  framing: 'hsvf',
  byteOrder: 'big',
  header: {
    sequenceNumber: digits(0, 9),
    messageType: text(9, 2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'instrument',
  events: boxHsvf,
  checked: [
    'layout of a public dissector, Box_Options_Sola_Unicast_Hsvf_v4_5_1; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 37 of 37 alike, 601 fields; positions only, not meanings or scales',
  ],
  messages: {
    connection: message('RS', 32, {
      resetSequence: digits(11, 10),
      systemDefault: char(21),
      systemValue: char(22),
      typeOfMarketData: char(23, TypeOfMarketData),
      complexOrder: char(24),
      marketSummaries: char(25, { Y: 'Yes', N: 'No' }),
      gapControl: digits(26, 1, GapControl),
      hsvfProtocol: text(27, 2),
      numberOfOptionClassesRequested: digits(29, 3),
    }),
    endOfTransmission: boxHsvf18.messages.endOfTransmission,
    circuitAssurance: boxHsvf18.messages.circuitAssurance,
    gapSequence: message('W', 20, {
      sequenceNumbersSkipped: text(11, 9),
    }),
    systemTimestamp: boxHsvf18.messages.systemTimestamp,
    optionTrade: boxHsvf18.messages.optionTrade,
    complexOrderInstrumentTrade: boxHsvf18.messages.complexOrderInstrumentTrade,
    optionRequestForQuote: boxHsvf18.messages.optionRequestForQuote,
    optionQuote: boxHsvf18.messages.optionQuote,
    complexOrderQuote: boxHsvf18.messages.complexOrderQuote,
    optionMarketDepth: boxHsvf18.messages.optionMarketDepth,
    complexOrderMarketDepth: boxHsvf18.messages.complexOrderMarketDepth,
    optionTradeCancellation: boxHsvf18.messages.optionTradeCancellation,
    complexOrderTradeCancellation: boxHsvf18.messages.complexOrderTradeCancellation,
    optionInstrumentKeys: boxHsvf18.messages.optionInstrumentKeys,
    complexOrderInstrumentKeys: boxHsvf18.messages.complexOrderInstrumentKeys,
    optionSummary: boxHsvf18.messages.optionSummary,
    complexOrderSummary: boxHsvf18.messages.complexOrderSummary,
    beginningOfOptionsSummary: boxHsvf18.messages.beginningOfOptionsSummary,
    beginningOfComplexOrderSummary: boxHsvf18.messages.beginningOfComplexOrderSummary,
    groupOpeningTime: boxHsvf18.messages.groupOpeningTime,
    groupStatus: boxHsvf18.messages.groupStatus,
    complexOrderGroupStatus: boxHsvf18.messages.strategiesGroupStatus,
    bulletins: boxHsvf18.messages.bulletins,
    endOfSales: boxHsvf18.messages.endOfSales,
    optionImprovementProcessBeginning: boxHsvf18.messages.optionImprovementProcessBeginning,
    complexOrderImprovementProcessBeginningMessage: boxHsvf18.messages.complexOrderImprovementProcessBeginningMessage,
    marketSheetInitialAndImprovementOrder: boxHsvf18.messages.marketSheetInitialAndImprovementOrder,
    complexOrderMarketSheetInitialAndImprovementOrder:
      boxHsvf18.messages.complexOrderMarketSheetInitialAndImprovementOrder,
    initialAndImprovementOrder: boxHsvf18.messages.initialAndImprovementOrder,
    complexOrderInitialAndImprovementOrder: boxHsvf18.messages.complexOrderInitialAndImprovementOrder,
  },
});
