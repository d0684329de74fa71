/** Decoders from what venues publish: SBE message schemas, FAST templates. */
export { decoderFromFast, readFastTemplates } from './fast-xml.js';
