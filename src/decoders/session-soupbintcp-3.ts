/** The decoder by its id. */
export { soupbintcp } from './soupbintcp.js';
