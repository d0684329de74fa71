import { itch50 } from '../../../decoders/itch50.js';
import { defineVenue, env, stream, userPassword } from '../../../patterns/index.js';
import { soupbintcpFeed } from '../../../venues/streams.js';
import { defineModel } from '../model.js';

/** TotalView-ITCH over SoupBinTCP: no ready venue, but the stream that one is made of. */
export const model = defineModel({
  id: 'soupbintcp-feed',
  venue: () =>
    defineVenue({
      name: 'soupbintcp-feed',
      decoder: itch50,
      framing: 'moldudp64',
      streams: {
        A: stream(soupbintcpFeed, {
          servers: ['127.0.0.1:18000'],
          credentials: userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD')),
        }),
      },
      recovery: [],
    }),
});
