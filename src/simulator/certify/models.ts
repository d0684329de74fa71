/**
 * The models of the ready venues: the venue as its own example, and what cannot be derived from it. Loaded only when it is
 * asked for.
 */
import { venues } from '../../venues/registry.js';
import type { VenueModel } from './model.js';

type Particulars = Omit<VenueModel, 'id' | 'venue'>;

/** What cannot be derived, by the venue's id or its family's module; of the others, everything can. */
const particulars: Readonly<Record<string, () => Promise<{ readonly model: Particulars }>>> = {
  'b3-umdf': () => import('./models/b3-umdf.js'),
  'cme-mdp3': () => import('./models/cme-mdp3.js'),
  'coinbase-derivatives': () => import('./models/coinbase-derivatives.js'),
  cta: () => import('./models/cta.js'),
  'eurex-eobi': () => import('./models/eurex-eobi.js'),
  'euronext-optiq': () => import('./models/euronext-optiq.js'),
  fix44: () => import('./models/fix44.js'),
  'hkex-omd-c': () => import('./models/hkex-omd-c.js'),
  'ice-impact': () => import('./models/ice-impact.js'),
  'jpx-ose': () => import('./models/jpx-ose.js'),
  'lse-mitch': () => import('./models/lse-mitch.js'),
  'nyse-pillar': () => import('./models/nyse-pillar.js'),
  opra: () => import('./models/opra.js'),
  'tmx-quantumfeed': () => import('./models/tmx-quantumfeed.js'),
};

/** By id; ids may come from outside, so it has no names but its own. */
export const models: Readonly<Record<string, () => Promise<VenueModel>>> = Object.assign(
  Object.create(null),
  Object.fromEntries(
    venues.map(({ id, module, load }) => [
      id,
      async (): Promise<VenueModel> => {
        const [{ example }, more] = await Promise.all([load(), (particulars[id] ?? particulars[module])?.()]);
        return { id, venue: example, ...more?.model };
      },
    ]),
  ),
);
