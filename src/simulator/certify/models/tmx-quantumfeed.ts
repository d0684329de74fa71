import { tmxXmtLevel236 } from '../../../decoders/tmx-xmt-level2-3.6.js';
import { sampleMessage } from '../../message-sampler.js';
import { defineModel } from '../model.js';

const inMessages = 'numbers stand in the messages, which are written before the day leaves numbers out';

export const model = defineModel({
  feed: {
    // The business header of each message names the stream and its own number; the packet's is that of its first. All
    // levels have the same header, and only the header counts here: messages of level 2 stand for the others.
    messages: (random, count) =>
      Array.from({ length: count }, (_, i) => {
        const bytes = sampleMessage(tmxXmtLevel236, random.pick(tmxXmtLevel236.names), random);
        const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        data.setUint16(5, 1, true);
        data.setUint8(7, 0);
        data.setUint32(8, i + 1, true);
        return bytes;
      }),
  },
  without: {
    'sequence jump': inMessages,
    'jump beyond belief': inMessages,
    'restart at the first number': inMessages,
  },
});
