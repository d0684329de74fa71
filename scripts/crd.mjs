// Writes deploy/crds/venueconnections.yaml from the schema of the venue file, as built into dist, and what the chart carries of it, of the
// alerts and of the dashboard: Helm takes files of its own folder alone.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { venueConnectionDefinition } from '../dist/kubernetes/index.js';

const folder = new URL('../deploy/crds/', import.meta.url);
mkdirSync(folder, { recursive: true });
const text = stringify(venueConnectionDefinition(), { lineWidth: 0, aliasDuplicateObjects: false });
writeFileSync(
  new URL('venueconnections.yaml', folder),
  `# Made by \`npm run crd\` from the schema of the venue file. Do not edit.\n${text}`,
);

const chart = new URL('../deploy/helm/venuewire-operator/', import.meta.url);
for (const [from, to] of [
  ['crds/venueconnections.yaml', 'crds/venueconnections.yaml'],
  ['alerts/venuewire.yaml', 'files/alerts.yaml'],
  ['dashboards/venuewire.json', 'files/dashboard.json'],
]) {
  mkdirSync(new URL('./', new URL(to, chart)), { recursive: true });
  copyFileSync(new URL(`../deploy/${from}`, import.meta.url), new URL(to, chart));
}
