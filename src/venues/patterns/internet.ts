import { VenuewireError } from '../../errors.js';
import type { Credentials } from '../../patterns/credentials.js';
import { defineIntegrity, type Integrity, type IntegrityInput } from '../../patterns/integrity.js';
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

/** What a venue tells of its instruments: the book, each print, the best prices. */
export type MarketChannel = 'book' | 'trades' | 'ticker';

/** Of venues that have prints and best prices beside the book. */
export interface MarketOptions extends InternetOptions {
  /** What is subscribed to. Default: the book alone. Without it there is no state that could be stale. */
  readonly channels?: readonly MarketChannel[];
}

type Template = NonNullable<SubscriptionInput['subscribe']>[number];

/** What is said for each channel, and how the book is held together. */
export interface MarketWords {
  readonly integrity: IntegrityInput;
  readonly said: Omit<SubscriptionInput, 'instruments' | 'subscribe' | 'unsubscribe' | 'alongside'>;
  readonly book: readonly [subscribe: Template, unsubscribe: Template];
  readonly trades: Template;
  readonly ticker: Template;
}

/**
 * The parts of a venue that the channels decide.
 * @throws VenuewireError `VW_SUBSCRIPTION` when there is no such channel
 */
export function marketOf(
  options: MarketOptions,
  { integrity, said, book: [subscribe, unsubscribe], ...words }: MarketWords,
): ReturnType<typeof connectionOf> & { readonly integrity: Integrity } {
  const { channels = ['book'] } = options;
  if (!Array.isArray(channels))
    throw new VenuewireError('VW_SUBSCRIPTION', 'channels: must be a list', `Name some of ${CHANNELS.join(', ')}.`);
  const strange = channels.find((name) => !CHANNELS.includes(name));
  if (strange !== undefined || channels.length === 0) {
    throw new VenuewireError(
      'VW_SUBSCRIPTION',
      strange === undefined ? 'channels: there is none' : `channels: there is no '${strange}'`,
      `Name some of ${CHANNELS.join(', ')}.`,
    );
  }
  const alongside = (['trades', 'ticker'] as const).flatMap((name) => (channels.includes(name) ? [words[name]] : []));
  if (channels.includes('book')) {
    const all = { ...said, subscribe: [subscribe], unsubscribe: [unsubscribe], alongside };
    return { integrity: defineIntegrity(integrity), ...connectionOf(options, all) };
  }
  // Nothing has a state: what a connection brings is good as long as it stays.
  const { image: _, ...rest } = said;
  const stateless: typeof said = { ...rest, recover: 'next' };
  return { integrity: defineIntegrity({ per: 'connection' }), ...connectionOf(options, { ...stateless, alongside }) };
}
const CHANNELS: readonly string[] = ['book', 'trades', 'ticker'] satisfies MarketChannel[];

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
