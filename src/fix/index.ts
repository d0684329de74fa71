/** FIX tag=value with a dictionary. */
export { type FixDecodeOptions, FixDecoder, type FixObject, type FixValue, FixView, fixDecoder } from './decoder.js';
export {
  type FixDictionary,
  type FixField,
  type FixGroup,
  type FixMembers,
  type FixMessageType,
  type FixType,
  readFixDictionary,
} from './dictionary.js';
