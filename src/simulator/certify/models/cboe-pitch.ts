import { env, udpMulticast, userPassword } from '../../../patterns/index.js';
import { cboePitch } from '../../../venues/cboe-pitch.js';
import { defineModel } from '../model.js';

const credentials = userPassword(
  env('VENUEWIRE_SIMULATED_USER'),
  env('VENUEWIRE_SIMULATED_PASSWORD'),
  env('VENUEWIRE_SIMULATED_ID'),
);

export const model = defineModel({
  id: 'cboe-pitch',
  venue: () =>
    cboePitch({
      units: {
        one: {
          unit: 1,
          lines: { A: udpMulticast('239.255.1.1:30001'), B: udpMulticast('239.255.1.2:30001') },
          gap: { A: udpMulticast('239.255.1.3:30001') },
        },
      },
      gapRequest: { servers: ['127.0.0.1:18001', '127.0.0.1:18002'], credentials },
      spin: { one: { servers: ['127.0.0.1:18003'], credentials } },
    }),
});
