import { env, udpMulticast, userPassword } from '../../../patterns/index.js';
import { lseMitch } from '../../../venues/lse-mitch.js';
import { defineModel } from '../model.js';

const credentials = userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD'));

export const model = defineModel({
  id: 'lse-mitch',
  venue: () =>
    lseMitch({
      groups: {
        one: { group: 'A', lines: { A: udpMulticast('239.255.6.1:15001'), B: udpMulticast('239.255.6.2:15001') } },
      },
      replay: { servers: ['127.0.0.1:23001'], credentials },
      recovery: { one: { servers: ['127.0.0.1:23002'], credentials, segment: 'SET0' } },
    }),
  servers: { 'lse-mitch-replay': { partly: 'refuse' } },
});
