import { env, udpMulticast, userPassword } from '../../../patterns/index.js';
import { jpxOse } from '../../../venues/jpx-ose.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'jpx-ose',
  venue: () =>
    jpxOse({
      lines: { 1: udpMulticast('239.255.2.1:26477'), 2: udpMulticast('239.255.2.2:26477') },
      rewind: { servers: ['127.0.0.1:17001'] },
      snapshot: {
        servers: ['127.0.0.1:17003'],
        credentials: userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD')),
      },
    }),
  // An idle line is silent for 50 ms at most.
  feed: { heartbeatNs: 50_000_000 },
});
