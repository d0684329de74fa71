import { env, token, udpMulticast } from '../../../patterns/index.js';
import { iexDeepPlus } from '../../../venues/iex-deep-plus.js';
import { defineModel } from '../model.js';

export const model = defineModel({
  id: 'iex-deep-plus',
  venue: () =>
    iexDeepPlus({
      lines: { A: udpMulticast('239.255.1.1:26477'), B: udpMulticast('239.255.1.2:26477') },
      channel: 7,
      gapFill: { servers: ['127.0.0.1:17001'] },
      gapFillTcp: { servers: ['127.0.0.1:17002'] },
      snap: { servers: ['127.0.0.1:17003'], credentials: token(env('VENUEWIRE_SIMULATED_PASSWORD')) },
    }),
});
