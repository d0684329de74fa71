// Writes the definitions in deploy/crds, as built into dist, and what the chart carries of it, of the
// alerts and of the dashboard: Helm takes files of its own folder alone.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { venueConnectionDefinition, venueMigrationDefinition } from '../dist/kubernetes/index.js';

const folder = new URL('../deploy/crds/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, definition, source] of [
  ['venueconnections', venueConnectionDefinition(), 'the schema of the venue file'],
  ['venuemigrations', venueMigrationDefinition(), 'src/kubernetes/migration.ts'],
]) {
  const text = stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false });
  writeFileSync(new URL(`${name}.yaml`, folder), `# Made by \`npm run crd\` from ${source}. Do not edit.\n${text}`);
}

const chart = new URL('../deploy/helm/venuewire-operator/', import.meta.url);
for (const [from, to] of [
  ['crds/venueconnections.yaml', 'crds/venueconnections.yaml'],
  ['crds/venuemigrations.yaml', 'crds/venuemigrations.yaml'],
  ['alerts/venuewire.yaml', 'files/alerts.yaml'],
  ['dashboards/venuewire.json', 'files/dashboard.json'],
]) {
  mkdirSync(new URL('./', new URL(to, chart)), { recursive: true });
  copyFileSync(new URL(`../deploy/${from}`, import.meta.url), new URL(to, chart));
}
