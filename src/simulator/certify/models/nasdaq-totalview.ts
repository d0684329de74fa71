import { env, udpMulticast, userPassword } from '../../../patterns/index.js';
import { nasdaqTotalView } from '../../../venues/nasdaq-totalview.js';
import { defineModel } from '../model.js';

const credentials = userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD'));

export const model = defineModel({
  id: 'nasdaq-totalview',
  venue: () =>
    nasdaqTotalView({
      lines: { A: udpMulticast('239.255.0.1:26477'), B: udpMulticast('239.255.0.2:26477') },
      rerequest: { servers: ['127.0.0.1:17001', '127.0.0.1:17011'] },
      replay: { server: '127.0.0.1:17002', credentials },
      glimpse: { server: '127.0.0.1:17003', credentials },
    }),
});
