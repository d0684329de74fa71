/**
 * Tests with live lines can be run by each receive backend: `npm run test:live` sets VENUEWIRE_RECEIVE, in a network namespace
 * of its own. Without it the lines are received as they say.
 */
import type { FeedOptions } from '../src/feed/feed.js';
import type { ReceiveDecision } from '../src/native.js';

export const RECEIVE = process.env.VENUEWIRE_RECEIVE as Exclude<FeedOptions['receive'], undefined> | undefined;

export const liveOptions: FeedOptions = RECEIVE === undefined ? {} : { receive: RECEIVE };

/** Of a feed whose lines are open. @throws Error when another backend receives than was asked for. */
export function receivedAsAsked(feed: { readonly receive: readonly ReceiveDecision[] }): void {
  if (RECEIVE === undefined) return;
  for (const { backend, lines } of feed.receive)
    if (backend !== RECEIVE) throw new Error(`lines ${lines} are received by ${backend} and not by ${RECEIVE}`);
}

/** Whether a test cannot be run by AF_XDP: says why. */
export function notByAfXdp(why: string): boolean {
  if (RECEIVE !== 'afXdp') return false;
  console.warn(`NOT RUN by afXdp: ${why}`);
  return true;
}
