// Writes what Kustomize begins with from the chart: deploy/kustomize/base/operator.yaml. Needs Helm (node test/cluster/prepare.mjs).
// Usage: node scripts/chart.mjs
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const args = [
  'template',
  'venuewire-operator',
  here('deploy/helm/venuewire-operator'),
  '--namespace',
  'venuewire-system',
];
writeFileSync(
  here('deploy/kustomize/base/operator.yaml'),
  execFileSync(here('build/cluster/bin/helm'), args, { encoding: 'utf8' }),
);
