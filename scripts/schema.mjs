// Writes schema/venue.schema.json from the schema in src/patterns/venue.ts, as built into dist.
import { mkdirSync, writeFileSync } from 'node:fs';
import { venueJsonSchema } from '../dist/patterns/index.js';

mkdirSync(new URL('../schema/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../schema/venue.schema.json', import.meta.url),
  `${JSON.stringify(venueJsonSchema(), null, 2)}\n`,
);
