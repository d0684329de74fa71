import { atLeast, char, defineDecoder, group, message, toEnd } from '../layout/table.js';

/** Whole FIX messages as characters. A table of the FIX dictionary reads their fields. */
export const fixText = defineDecoder({
  id: 'fix-4.4-text',
  venue: 'FIX',
  feed: 'Market data session',
  version: '4.4',
  specification: 'FIX 4.4 with errata, volume 1',
  framing: 'fix-4.4',
  byteOrder: 'big',
  header: { begin: char(0) },
  messageType: 'begin',
  checked: ['every message begins with tag 8'],
  messages: {
    /** From `8=FIX.4.4` to the end of the checksum. */
    fixMessage: message('8', atLeast(1), { rest: group(1, toEnd, 1, { character: char(0) }) }),
  },
});
