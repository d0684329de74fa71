import { env, udpMulticast, userPassword } from '../../../patterns/index.js';
import { ctaCqs } from '../../../venues/cta.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'cta',
  venue: () =>
    ctaCqs({
      channels: {
        one: {
          line: 1,
          lines: { A: udpMulticast('239.255.9.1:18001'), B: udpMulticast('239.255.9.2:18001') },
          retransmission: { A: udpMulticast('239.255.9.3:18001'), B: udpMulticast('239.255.9.4:18001') },
        },
      },
      retransmission: {
        servers: ['127.0.0.1:26001'],
        credentials: userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD')),
      },
    }),
  without: { 'two senders after a failover': 'no public source says that the old sender may go on' },
});
