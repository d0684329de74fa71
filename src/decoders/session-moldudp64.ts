/** The decoder by its id. */
export { moldudp64 } from './moldudp64.js';
