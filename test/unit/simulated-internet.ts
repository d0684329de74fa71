/** Simulated venues that send text, all of one authority, which tests trust. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Protection } from '../../src/patterns/security.js';
import { Authority } from '../../src/simulator/internet/authority.js';
import type { Dialect } from '../../src/simulator/internet/dialects.js';
import { SimulatedInternetVenue as Simulated } from '../../src/simulator/internet/venue.js';

export * from '../../src/simulator/internet/dialects.js';
export type { Client } from '../../src/simulator/internet/venue.js';

export const authority = new Authority();
const folder = mkdtempSync(join(tmpdir(), 'venuewire-internet-'));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, authority.cert);
/** What a venue must declare to trust the simulated one. */
export const trusted: Protection[] = [{ type: 'tls', ca: `file:${caFile}` }];

export class SimulatedInternetVenue extends Simulated {
  constructor(dialect: Dialect, symbols: readonly string[], seed = 7) {
    super(dialect, symbols, seed, authority);
  }
}
