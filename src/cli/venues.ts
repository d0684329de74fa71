/** Ready venues, as `list venues` shows them. */
import { venues as ready } from '../venues/registry.js';

export interface VenueItem {
  readonly id: string;
  readonly says: string;
  readonly decoders: readonly string[];
  readonly patterns: readonly string[];
  readonly unconfirmed: readonly string[];
}

export const venues = (): VenueItem[] =>
  ready.map(({ id, says, decoders, patterns, unconfirmed }) => ({ id, says, decoders, patterns, unconfirmed }));
