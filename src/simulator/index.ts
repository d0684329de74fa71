/** A venue to test against: seeded messages, A/B publisher, faults, recovery servers, in virtual time or on loopback. */
export { type CaptureOptions, writeCapture } from './capture.js';
export { CheckingConsumer, type Range } from './consumer.js';
export { StreamDigest } from './digest.js';
export type { FixMarketEntry } from './fix-market.js';
export { type FixMarketDataOptions, FixMarketDataServer, type FixMarketDataStatistics } from './fix-market-data.js';
export { ItchSnapshots } from './glimpse.js';
export { VenueHistory } from './history.js';
export { BookAt, ItchBook, type MessageList } from './itch-book.js';
export {
  type GeneratedOrder,
  ItchGenerator,
  type ItchGeneratorOptions,
  LONGEST_ITCH_MESSAGE,
  stockName,
} from './itch-generator.js';
export { type Delivery, FaultyLine, type LineFaults } from './line-faults.js';
export { LoopbackServer, type LoopbackServerOptions } from './loopback-server.js';
export { type LoopbackStatistics, LoopbackVenue, type LoopbackVenueOptions } from './loopback-venue.js';
export { MoldUdp64Framing, MoldUdp64Server, type MoldUdp64ServerOptions } from './mold-udp64.js';
export { type FrameAddress, type PcapOptions, PcapWriter } from './pcap-writer.js';
export { type FeedFraming, Publisher, type PublisherOptions } from './publisher.js';
export { Random } from './random.js';
export {
  type Means,
  runScenario,
  type ScenarioOptions,
  type ScenarioResult,
  SIMULATED_USERS,
  simulatedCredentials,
  simulatedTotalView,
} from './scenario.js';
export {
  Agenda,
  type Answer,
  type Connection,
  type Piece,
  planAnswer,
  Quota,
  type ServerFaults,
  type SimulatedServer,
} from './server.js';
export type { PathOptions } from './simulated-network.js';
export { GlimpseServer, type SnapshotSource, SoupBinTcpServer, type SoupOptions } from './soup-bin-tcp.js';
export { VenueState } from './venue-state.js';
