/** The models of the ready venues. One line each: `venuewire certify VENUE` loads the file only when it is asked for. */
import type { VenueModel } from './model.js';

export const models: Readonly<Record<string, () => Promise<VenueModel>>> = {
  'nasdaq-totalview': async () => (await import('./models/nasdaq-totalview.js')).model,
};
