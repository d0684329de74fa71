/** The kinds that the operator reads and writes, and where they are. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export const CONNECTION: Kind = {
  apiVersion: 'venuewire.io/v1alpha1',
  kind: 'VenueConnection',
  plural: 'venueconnections',
};
export const MIGRATION: Kind = {
  apiVersion: 'venuewire.io/v1alpha1',
  kind: 'VenueMigration',
  plural: 'venuemigrations',
};
export const DEPLOYMENT: Kind = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' };
export const CONFIG_MAP: Kind = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
export const POD: Kind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
export const SECRET: Kind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
export const LEASE: Kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
export const EVENT: Kind = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };

/** What may belong to a connection. The last two are of others: clusters need not have them. */
export const CHILDREN: readonly Kind[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  CONFIG_MAP,
  DEPLOYMENT,
  { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    plural: 'network-attachment-definitions',
  },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', plural: 'podmonitors' },
];
export const OF_OTHERS: readonly string[] = ['k8s.cni.cncf.io', 'monitoring.coreos.com'];

export const groupOf = ({ apiVersion }: Kind): string =>
  (apiVersion.includes('/') ? apiVersion.split('/', 1)[0] : '') as string;

/** Path of a kind, of a namespace of it, or of one object. */
export function pathOf({ apiVersion, plural }: Kind, namespace?: string, name?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${root}${within}/${plural}${name === undefined ? '' : `/${name}`}`;
}
