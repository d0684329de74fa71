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
};
