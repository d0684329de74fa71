/** `venuewire/import`: decoders from what venues publish. Only what is exported here loads an XML parser. */
export { decoderFromFast, readFastTemplates } from './fast/import.js';
export { type FixXmlOptions, readFixXml } from './fix/import.js';
export { decoderFromSbe, type SbeImportOptions } from './layout/import/sbe-xml.js';
export { type TableTextOptions, tableText } from './layout/import/table-text.js';
export type { XmlOptions, XmlSource } from './xml.js';
