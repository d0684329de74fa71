/** The decoder by its id. */
export { glimpse50 } from './glimpse50.js';
