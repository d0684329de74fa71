/** What checks each kind of declaration, for programs that take them from elsewhere: forms, databases, requests. */
import { credentialsSchema as credentials } from './credentials.js';
import { framingSchema as framing } from './framing.js';
import { integritySchema as integrity } from './integrity.js';
import { networkSchema as network } from './network.js';
import { recoverySchema as recovery } from './recovery.js';
import { securitySchema as security } from './security.js';
import { snapshotSchema as snapshot } from './snapshot.js';
import { streamSchema as stream } from './stream.js';
import { subscriptionSchema as subscription } from './subscription.js';
import type {
  Credentials,
  Integrity,
  Network,
  Parsed,
  Protection,
  Recovery,
  Snapshot,
  Stream,
  Subscription,
  VenueDocument,
} from './types.js';
import { venueSchema as venue } from './venue.js';

/** A place that is not right, and what it may be. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Checks a declaration, and fills in its defaults. */
export interface Schema<Output> {
  /** @throws ZodError when it is not right. */
  parse(input: unknown): Output;
  safeParse(input: unknown):
    | { readonly success: true; readonly data: Output; readonly error?: undefined }
    | {
        readonly success: false;
        readonly data?: undefined;
        readonly error: { readonly issues: readonly SchemaIssue[] };
      };
}

export const credentialsSchema: Schema<Credentials> = credentials;
export const framingSchema: Schema<Parsed> = framing;
export const integritySchema: Schema<Integrity> = integrity;
export const networkSchema: Schema<Network> = network;
export const recoverySchema: Schema<Recovery> = recovery;
export const securitySchema: Schema<Protection[]> = security;
export const snapshotSchema: Schema<Snapshot> = snapshot;
export const streamSchema: Schema<Stream> = stream;
export const subscriptionSchema: Schema<Subscription> = subscription;
export const venueSchema: Schema<VenueDocument> = venue;
