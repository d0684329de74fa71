import { env, idAndSourceAddress, udpMulticast } from '../../../patterns/index.js';
import { nysePillar } from '../../../venues/nyse-pillar.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'nyse-pillar',
  venue: () =>
    nysePillar({
      productId: 1,
      channels: {
        one: {
          channelId: 1,
          lines: { A: udpMulticast('239.255.2.1:11001'), B: udpMulticast('239.255.2.2:11001') },
          retransmission: { A: udpMulticast('239.255.2.3:11001'), B: udpMulticast('239.255.2.4:11001') },
          refresh: { A: udpMulticast('239.255.2.5:11001'), B: udpMulticast('239.255.2.6:11001') },
        },
      },
      requestServer: {
        servers: ['127.0.0.1:19001', '127.0.0.1:19002'],
        credentials: idAndSourceAddress(env('VENUEWIRE_SIMULATED_ID')),
      },
    }),
  without: {
    'two senders after a failover':
      'the backup publisher begins with the reset once the other has failed: it says nothing more',
  },
});
