import { opra63 } from '../../../decoders/opra-6.3.js';
import { env, udpMulticast, userPassword } from '../../../patterns/index.js';
import { opra } from '../../../venues/opra.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'opra',
  venue: () =>
    opra({
      channels: {
        one: {
          line: 1,
          lines: { A: udpMulticast('239.255.10.1:18001'), B: udpMulticast('239.255.10.2:18001') },
          retransmission: { A: udpMulticast('239.255.10.3:18001'), B: udpMulticast('239.255.10.4:18001') },
        },
      },
      retransmission: {
        servers: ['127.0.0.1:26001'],
        credentials: userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD')),
      },
    }),
  feed: {
    // Line Integrity and Reset Block Sequence are types of one message of the table.
    control: (kind) => opra63.encode('control', { messageCategory: 'H', messageType: kind === 'reset' ? 'K' : 'N' }),
  },
  without: { 'two senders after a failover': 'no public source says that the old sender may go on' },
});
