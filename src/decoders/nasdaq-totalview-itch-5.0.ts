/** The decoder by its id. */
export { itch50 } from './itch50.js';
