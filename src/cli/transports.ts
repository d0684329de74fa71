/** The framings of Nasdaq feeds, by name. */
import { chooseFraming } from './choose.js';

export const moldudp64 = chooseFraming('moldudp64');
export const soupbintcp = chooseFraming('soupbintcp');
