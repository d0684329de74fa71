import { opra63 } from '../../../decoders/opra-6.3.js';
import { encode } from '../../../layout/index.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  feed: {
    // Line Integrity and Reset Block Sequence are types of one message of the table.
    control: (kind) => encode(opra63, 'control', { messageCategory: 'H', messageType: kind === 'reset' ? 'K' : 'N' }),
  },
  without: { 'two senders after a failover': 'no public source says that the old sender may go on' },
});
