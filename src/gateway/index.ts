/** A gateway: REST and WebSocket over feeds, captures and event logs, for whoever is not on the feed's own machine. */
export { type Gateway, serveGateway } from './gateway.js';
export type { GatewayStatistics } from './metrics.js';
export type { GatewayLimits, GatewayOptions } from './options.js';
export { readTokens, type TokenDeclaration, type User } from './tokens.js';
export type { GatewaySource, GatewayVenue } from './venue.js';
export {
  CATEGORIES,
  type Category,
  type ClientMessage,
  JSON_PROTOCOL,
  MESSAGE_PACK_PROTOCOL,
  type ServerMessage,
  STREAM_PATH,
  STREAMS,
  type StreamCategory,
  type VenueCategory,
  type WireCandle,
  type WireChannel,
  type WireDepth,
  type WireError,
  type WireInstrument,
  type WireLevel,
  type WireLevelChange,
  type WireLine,
  type WireNotice,
  type WireStage,
  type WireState,
  type WireTop,
  type WireTrade,
  type WireVenue,
} from './wire.js';
