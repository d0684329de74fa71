/** The models of the ready venues. One line each: `venuewire certify VENUE` loads the file only when it is asked for. */
import type { VenueModel } from './model.js';

export const models: Readonly<Record<string, () => Promise<VenueModel>>> = {
  'nasdaq-totalview': async () => (await import('./models/nasdaq-totalview.js')).model,
  'coinbase-derivatives': async () => (await import('./models/coinbase-derivatives.js')).model,
  'iex-deep-plus': async () => (await import('./models/iex-deep-plus.js')).model,
  'jpx-ose': async () => (await import('./models/jpx-ose.js')).model,
  'eurex-eobi': async () => (await import('./models/eurex-eobi.js')).model,
  'euronext-optiq': async () => (await import('./models/euronext-optiq.js')).model,
  'ice-impact': async () => (await import('./models/ice-impact.js')).model,
  'b3-umdf': async () => (await import('./models/b3-umdf.js')).model,
  'cboe-pitch': async () => (await import('./models/cboe-pitch.js')).model,
  'nyse-pillar': async () => (await import('./models/nyse-pillar.js')).model,
  memx: async () => (await import('./models/memx.js')).model,
  'hkex-omd-c': async () => (await import('./models/hkex-omd-c.js')).model,
  'lse-gtp': async () => (await import('./models/lse-gtp.js')).model,
  'lse-mitch': async () => (await import('./models/lse-mitch.js')).model,
  miax: async () => (await import('./models/miax.js')).model,
  'cme-mdp3': async () => (await import('./models/cme-mdp3.js')).model,
  cta: async () => (await import('./models/cta.js')).model,
  fix44: async () => (await import('./models/fix44.js')).model,
  'soupbintcp-feed': async () => (await import('./models/soupbintcp-feed.js')).model,
  opra: async () => (await import('./models/opra.js')).model,
};
