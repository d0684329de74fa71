/** The recovery proxy: one process that the venue hears from, and everybody else asks. */
export { type Via, viaProxy } from '../venues/via.js';
export type { ProxyConsumer } from './consumers.js';
export type { ProxyOptions, ProxyRebroadcast } from './options.js';
export { openProxy, type ProxyChannel, type RecoveryProxy } from './proxy.js';
