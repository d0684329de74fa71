import { env, idAndSourceAddress, udpMulticast } from '../../../patterns/index.js';
import { hkexOmdC } from '../../../venues/hkex-omd-c.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'hkex-omd-c',
  venue: () =>
    hkexOmdC({
      channels: {
        one: {
          channelId: 1,
          lines: { A: udpMulticast('239.255.4.1:13001'), B: udpMulticast('239.255.4.2:13001') },
          refresh: { A: udpMulticast('239.255.4.3:13001'), B: udpMulticast('239.255.4.4:13001') },
        },
      },
      retransmission: {
        servers: ['127.0.0.1:21001', '127.0.0.1:21002'],
        credentials: idAndSourceAddress(env('VENUEWIRE_SIMULATED_ID')),
      },
    }),
  without: {
    'two senders after a failover': 'both lines come from one sender',
  },
});
