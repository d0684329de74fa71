/** Ready venues, as `list venues` shows them. */
import { describeVenue, venues as ready, type VenueDescription } from '../venues/registry.js';

export const venues = (): Promise<VenueDescription[]> => Promise.all(ready.map(describeVenue));
