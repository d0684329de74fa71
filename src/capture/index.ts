/** Reading captures without opening a venue: packets, messages, lines and what they lost. */
export { arrangeLines, findLines } from './find-lines.js';
export {
  FramingReader,
  type MessageVisitor,
  type PacketHeader,
  type ReaderOptions,
  tableLengths,
} from './framing-reader.js';
export { type GroupReport, type Loss, report } from './losses.js';
export { Findings, type Found, framingsFor, Messages } from './messages.js';
export { type MessageOf, messagesOf } from './messages-of.js';
export { Capture, type CaptureTotals, type KeptCapture, type PacketOptions } from './packets.js';
export { type Answers, type RecoveryTraffic, type Separated, separateRecovery } from './recovery-traffic.js';
export { type Group, groupLines, type LineTrack, type SessionTrack, type Span, Spans, Tracker } from './sequences.js';
export { type Flow, type FlowEnd, type FlowLimits, type FlowSink, Flows } from './tcp-flows.js';
