import { env, idAndSourceAddress, udpMulticast } from '../../../patterns/index.js';
import { lseGtp } from '../../../venues/lse-gtp.js';
import { defineModel } from '../model.js';

const credentials = idAndSourceAddress(env('VENUEWIRE_SIMULATED_ID'));

export const model = defineModel({
  id: 'lse-gtp',
  venue: () =>
    lseGtp({
      groups: {
        one: { group: 'A', lines: { A: udpMulticast('239.255.5.1:14001'), B: udpMulticast('239.255.5.2:14001') } },
      },
      replay: { one: { servers: ['127.0.0.1:22001'], credentials } },
      recovery: { one: { servers: ['127.0.0.1:22002'], credentials } },
    }),
});
