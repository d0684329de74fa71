/** Shared memory: what one process of this machine takes off a feed, many others read, from one copy. */
export { type IpcLost, type IpcReader, type IpcReadOptions, openIpcReader } from './reader.js';
export { type IpcOptions, type IpcWriter, openIpcWriter } from './writer.js';
