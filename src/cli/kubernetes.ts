/** `venuewire kubernetes`: what a cluster runs for venue files, and the kind that it keeps them as. */
import { Argument, type Command } from 'commander';
import { stringify } from 'yaml';
import { loadVenue, readVenue } from '../venues/load.js';
import { commaList } from './choose.js';
import { usage } from './exit.js';
import { Output } from './output.js';

interface KubernetesOptions {
  readonly namespace?: string;
  readonly groups?: string[];
}

const asYaml = (object: object): string => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });

async function kubernetes(
  what: 'definition' | 'manifests',
  files: readonly string[],
  options: KubernetesOptions,
): Promise<void> {
  const { manifests, venueConnectionDefinition, venueMigrationDefinition } = await import('../kubernetes/index.js');
  const out = new Output();
  if (what === 'definition') {
    if (files.length > 0) throw usage('the definition is the same for every venue', 'Leave the files out.');
    out.line(asYaml(venueConnectionDefinition()).trimEnd());
    out.line('---');
    out.line(asYaml(venueMigrationDefinition()).trimEnd());
    await out.flush();
    return;
  }
  if (files.length === 0)
    throw usage('manifests of which venues?', 'Give their files: venuewire kubernetes manifests totalview.yaml');
  for (const file of files) {
    // Whoever reads it is the handler: it gets the file as it is written, with names where it has names.
    const venue = await loadVenue(file);
    const { resource } = await readVenue(file);
    if (resource === undefined) throw usage(`${file} is a module`, 'Give a YAML or JSON file: a pod gets it as it is.');
    for (const object of manifests(resource, venue, options)) {
      out.line('---');
      out.line(asYaml(object).trimEnd());
    }
  }
  await out.flush();
}

export function configure(command: Command): void {
  command
    .addArgument(
      new Argument(
        '<what>',
        'manifests: objects to apply; definition: of the kinds VenueConnection and VenueMigration',
      ).choices(['manifests', 'definition']),
    )
    .argument('[venue-files...]', 'YAML or JSON, each with `deployment`')
    .option('--namespace <name>', 'where the objects go; default: the namespace of the file, or default')
    .option(
      '--groups <names>',
      'API groups that the cluster has beside its own, separated by commas: monitoring.coreos.com',
      commaList,
    )
    .addHelpText(
      'after',
      `
Nothing is asked of a cluster: what is printed goes to kubectl, or into the repository that a cluster is made from. A venue file
that is changed gives a ConfigMap of another name, so that its pod is made anew. docs/kubernetes.md goes through it.

Examples:
  venuewire kubernetes definition | kubectl apply --server-side -f -
  venuewire kubernetes manifests totalview.yaml --namespace markets | kubectl apply -f -
  venuewire kubernetes manifests venues/*.yaml --groups monitoring.coreos.com > cluster.yaml
`,
    )
    .action(kubernetes);
}
