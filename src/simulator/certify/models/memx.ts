import { env, token, udpMulticast } from '../../../patterns/index.js';
import { memxMemoir } from '../../../venues/memx-memoir.js';
import { defineModel } from '../model.js';

const credentials = token(env('VENUEWIRE_SIMULATED_TOKEN'));

export const model = defineModel({
  id: 'memx',
  venue: () =>
    memxMemoir({
      lines: { A: udpMulticast('239.255.3.1:12001'), B: udpMulticast('239.255.3.2:12001') },
      replay: { servers: ['127.0.0.1:20001'], credentials },
      snapshot: { servers: ['127.0.0.1:20002'], credentials },
    }),
});
