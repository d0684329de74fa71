/** The decoder by its id. */
export { fixText } from './fix44-text.js';
