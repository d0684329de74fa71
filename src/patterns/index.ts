/** The axes that a venue is composed from. One file an axis: schema, type and words in one place. */
export {
  bearer,
  type Credentials,
  credentialsSchema,
  env,
  externalLogin,
  file,
  fixLogon,
  idAndSourceAddress,
  keyAndSession,
  none,
  type Reference,
  token,
  userPassword,
} from './credentials.js';
export { defineFraming, type Framing, type FramingInput, framingSchema, tag } from './framing.js';
export { findFraming, framingOf, framings } from './framings.js';
export { defineIntegrity, type Integrity, type IntegrityInput, integritySchema } from './integrity.js';
export {
  captureFile,
  ftp,
  httpsStream,
  type Network,
  networkSchema,
  rrcp,
  sftp,
  sqlReplication,
  tcp,
  tls,
  udpMulticast,
  udpUnicast,
  websocket,
} from './network.js';
export {
  defineRecovery,
  type Recovery,
  type RecoveryInput,
  type RequestOptions,
  recoverySchema,
  request,
  waitForOtherLine,
} from './recovery.js';
export {
  messageHmac,
  mutualTls,
  type Protection,
  privateLine,
  securitySchema,
  sourceAllowList,
  vpn,
} from './security.js';
export {
  defineSnapshot,
  type Snapshot,
  type SnapshotInput,
  type SnapshotOptions,
  snapshot,
  snapshotSchema,
} from './snapshot.js';
export {
  defineStream,
  type Stream,
  type StreamInput,
  type StreamOptions,
  stream,
  streamSchema,
} from './stream.js';
export {
  defineSubscription,
  type Subscription,
  type SubscriptionInput,
  subscriptionSchema,
} from './subscription.js';
export { credential, emptyPacket, fix, message, parameter, type Value, variable } from './table.js';
export {
  defineVenue,
  type Venue,
  type VenueDeclaration,
  type VenueDocument,
  type VenueInput,
  venueJsonSchema,
  venueSchema,
} from './venue.js';
