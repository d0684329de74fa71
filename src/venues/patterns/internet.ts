import type { Credentials } from '../../patterns/credentials.js';
import type { Protection } from '../../patterns/security.js';
import { defineSubscription, type Subscription, type SubscriptionInput } from '../../patterns/subscription.js';

/** Of the venues that send text. */
export interface InternetOptions {
  /** Where it is; default: the venue's public address. */
  readonly url?: string;
  /** Levels of each side that were subscribed to, where the venue keeps so many. Default 10. */
  readonly depth?: number;
  /** What is subscribed to, as the venue writes it; needed to connect, not to read a recording. */
  readonly instruments?: readonly string[];
  readonly credentials?: Credentials;
  /** What the connection is protected by besides TLS: `sourceAllowList`, or a `ca` of your own (`tls`). */
  readonly security?: readonly Protection[];
  /** Parts of the subscription that are to be otherwise. */
  readonly subscription?: Partial<SubscriptionInput>;
}

/** The parts of a venue that the options decide. */
export function connectionOf(
  options: InternetOptions,
  said: Omit<SubscriptionInput, 'instruments'>,
): { readonly security: Protection[]; readonly subscription?: Subscription } {
  const { instruments, credentials, security = [] } = options;
  if (instruments === undefined) return { security: [...security] };
  const subscription = defineSubscription({
    ...said,
    ...(credentials === undefined ? {} : { credentials }),
    ...options.subscription,
    instruments: [...instruments],
  });
  return { security: [...security], subscription };
}
