import { env, udpMulticast, userPassword } from '../../../patterns/index.js';
import { cmeMdp3 } from '../../../venues/cme-mdp3.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'cme-mdp3',
  venue: () =>
    cmeMdp3({
      channels: {
        equities: {
          channelId: 310,
          lines: { A: udpMulticast('239.255.8.1:17001'), B: udpMulticast('239.255.8.2:17001') },
          recovery: { A: udpMulticast('239.255.8.3:17001'), B: udpMulticast('239.255.8.4:17001') },
        },
      },
      replay: {
        servers: ['127.0.0.1:25001'],
        credentials: userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD')),
      },
    }),
  // These begin and end a replay and are never on the lines.
  feed: { without: ['adminLogin15', 'adminLogout16'] },
});
