/** The axes that a venue is composed from. One file an axis: schema, type and words in one place. */
export {
  apiKey,
  bearer,
  type Credentials,
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
export { defineFraming, type Framing, type FramingInput, tag } from './framing.js';
export { findFraming, framingOf, framings } from './framings.js';
export { defineIntegrity, type Integrity, type IntegrityInput } from './integrity.js';
export {
  captureFile,
  ftp,
  httpsStream,
  type Network,
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
  request,
  waitForOtherLine,
} from './recovery.js';
export {
  credentialsSchema,
  framingSchema,
  integritySchema,
  networkSchema,
  recoverySchema,
  type Schema,
  type SchemaIssue,
  securitySchema,
  snapshotSchema,
  streamSchema,
  subscriptionSchema,
  venueSchema,
} from './schemas.js';
export {
  messageHmac,
  mutualTls,
  type Protection,
  privateLine,
  sourceAllowList,
  vpn,
} from './security.js';
export {
  defineSnapshot,
  type Snapshot,
  type SnapshotInput,
  type SnapshotOptions,
  snapshot,
} from './snapshot.js';
export {
  defineStream,
  type Stream,
  type StreamInput,
  type StreamOptions,
  stream,
} from './stream.js';
export {
  defineSubscription,
  type Subscription,
  type SubscriptionInput,
} from './subscription.js';
export { credential, emptyPacket, fix, message, parameter, type Value, variable } from './table.js';
export {
  defineVenue,
  type Venue,
  type VenueDeclaration,
  type VenueDocument,
  type VenueInput,
  venueJsonSchema,
} from './venue.js';
