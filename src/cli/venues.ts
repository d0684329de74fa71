/** Ready venues, as `list venues` shows them. */
import { describeVenue, internetVenues, venues as ready, type VenueDescription } from '../venues/registry.js';

export const venues = (): Promise<VenueDescription[]> => Promise.all([...ready, ...internetVenues].map(describeVenue));
