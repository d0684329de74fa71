/** Decoders from what venues publish: SBE message schemas, FAST templates. */
export { decoderFromFast, readFastTemplates } from './fast-xml.js';
export { readFixXml } from './fix-dictionary.js';
export { decoderFromSbe, type SbeImportOptions } from './sbe-xml.js';
export { type TableTextOptions, tableText } from './table-text.js';
