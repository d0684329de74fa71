// Writes deploy/crds/venueconnections.yaml from the schema of the venue file, as built into dist.
import { mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { venueConnectionDefinition } from '../dist/kubernetes/index.js';

const folder = new URL('../deploy/crds/', import.meta.url);
mkdirSync(folder, { recursive: true });
const text = stringify(venueConnectionDefinition(), { lineWidth: 0, aliasDuplicateObjects: false });
writeFileSync(
  new URL('venueconnections.yaml', folder),
  `# Made by \`npm run crd\` from the schema of the venue file. Do not edit.\n${text}`,
);
