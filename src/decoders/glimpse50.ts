import { char, defineDecoder, longDigits, message } from '../layout/table.js';

/**
 * Nasdaq GLIMPSE 5.0: what it says beyond ITCH 5.0. The snapshot itself is ITCH messages in SoupBinTCP; this message ends
 * it.
 */
export const glimpse50 = defineDecoder({
  id: 'nasdaq-glimpse-5.0',
  venue: 'Nasdaq',
  feed: 'GLIMPSE',
  version: '5.0',
  specification: 'Nasdaq GLIMPSE 5.0 (2026), End of Snapshot',
  framing: 'stream',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  checked: ['Sequence Number is the first to apply, not the last included'],
  messages: {
    endOfSnapshot: message('G', 21, {
      sequenceNumber: longDigits(1, 20).padded('space', 'left'),
    }),
  },
});
