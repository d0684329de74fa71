import type { VenueHistory } from './history.js';

/**
 * What a venue has said so far: the publisher moves it on, the recovery servers answer from it. Nothing that has not been
 * published can be recovered.
 */
export class VenueState {
  /** The next number to be published: everything below has been sent, on one line at least. */
  next: number;
  /** The venue has said that the session is over. */
  over = false;

  constructor(readonly history: VenueHistory) {
    this.next = history.first;
  }

  /** First number that is still kept when `depth` messages are. */
  oldest(depth: number): number {
    return Math.max(this.history.first, this.next - depth);
  }
}
