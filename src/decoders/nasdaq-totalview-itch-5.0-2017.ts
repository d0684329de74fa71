/** The decoder by its id. */
export { itch50v2017 } from './itch50-2017.js';
