import { env, idAndSourceAddress, udpMulticast } from '../../../patterns/index.js';
import { miaxDom } from '../../../venues/miax-dom.js';
import { defineModel } from '../model.js';

const credentials = idAndSourceAddress(env('VENUEWIRE_SIMULATED_ID'));

export const model = defineModel({
  id: 'miax',
  venue: () =>
    miaxDom({
      lines: { A: udpMulticast('239.255.7.1:16001'), B: udpMulticast('239.255.7.2:16001') },
      retransmission: { servers: ['127.0.0.1:24001', '127.0.0.1:24002'], credentials },
      refresh: { servers: ['127.0.0.1:24003'], credentials },
      login: { esesmVersion: '1.0', applicationProtocol: 'DoM1.3', computerId: 'SIM1' },
    }),
});
