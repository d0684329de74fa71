/**
 * What a cluster runs for one venue connection, from its file alone: the same file that `venuewire run` takes. Pure: nothing
 * is read and nothing is asked. Facts of Kubernetes: its documentation, "Pod Security Standards", "Network Policies",
 * "Configure Liveness, Readiness and Startup Probes"; Multus, NetworkAttachmentDefinition of `k8s.cni.cncf.io/v1`.
 */
import { createHash } from 'node:crypto';
import { VenuewireError } from '../errors.js';
import { JsonDecoder } from '../json/table.js';
import type { Network } from '../patterns/network.js';
import type { Deployment } from '../patterns/types.js';
import type { Venue, VenueResource } from '../patterns/venue.js';
import { isForReaders } from '../plan/changes.js';
import { RECEIVE_RIGHTS, serverUses } from '../plan/check-machine.js';
import { referencesOf } from '../plan/check-secrets.js';
import { linesOf, type PlacedLine } from '../plan/lines.js';
import { loadVenue } from '../venues/load.js';

/** An object of a cluster. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface ManifestOptions {
  /** Where its objects go. Default: the namespace of the file, or `default`. */
  readonly namespace?: string;
  /** API groups beside Kubernetes' own that the cluster has: `monitoring.coreos.com` for a PodMonitor. Default: none. */
  readonly groups?: readonly string[];
  /**
   * Version of the Secret, as the cluster counts it. Most handlers read credentials when they are opened: another version is
   * another pod. Those that read them with every login (venues that send JSON) keep running.
   */
  readonly secretVersion?: string;
}

const METRICS_PORT = 9464;
const SECRETS = '/run/secrets/venuewire';
const VENUE_FOLDER = '/etc/venuewire';
const USER = 10001;
const DNS_PORT = 53;
/** A handler logs out of its venues, and its sinks are flushed, within this. */
const ENDS_WITHIN_S = 45;
const HASH_LENGTH = 10;

type Declared = Venue & { readonly deployment: Deployment };

/**
 * The objects for a connection, in the order in which they are applied.
 * @param resource as the file has it; it becomes the handler's own file.
 * @param venue the same, checked: `loadVenue` gives it.
 * @throws VenuewireError `VW_KUBERNETES` naming what a pod cannot do, with what to change in the file.
 */
export function manifests(resource: VenueResource, venue: Venue, options: ManifestOptions = {}): Manifest[] {
  checkOwnFiles(resource);
  const of = new Pod(resource, declared(venue), options);
  return [
    of.serviceAccount(),
    of.configuration(),
    ...of.attachments(),
    of.deployment(),
    of.service(),
    ...of.networkPolicy(),
    ...of.podMonitor(),
  ];
}

/**
 * The same for a resource as a cluster keeps it; what a server adds to it (`status`, versions) is left out.
 * @throws VenuewireError `VW_VENUE` with each place that is not right; `VW_KUBERNETES` as `manifests`.
 */
export async function manifestsOf(resource: VenueResource, options: ManifestOptions = {}): Promise<Manifest[]> {
  const { apiVersion, kind, metadata, spec } = resource;
  const { name, namespace } = metadata;
  const own = { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec };
  return manifests(own as VenueResource, await loadVenue(JSON.stringify(own)), options);
}

function declared(venue: Venue): Declared {
  if (venue.deployment === undefined)
    throw fault(venue.name, 'has no `deployment`', 'Add spec.deployment with the image of the handler.');
  const found = faultOf(venue as Declared);
  if (found !== undefined) throw fault(venue.name, ...found);
  return venue as Declared;
}

/** Files of one's own that the venue's file names from where it lies: a pod has the file, and nothing beside it. */
function checkOwnFiles(resource: VenueResource): void {
  const { decoder, framing, recovery = [], streams = {} } = resource.spec;
  const named = [
    decoder,
    framing,
    ...[...recovery, ...Object.values(streams)].map((use) => 'pattern' in use && use.pattern),
  ];
  const own = named.find((name) => typeof name === 'string' && /^\.{1,2}\//.test(name));
  if (own !== undefined)
    throw fault(
      resource.metadata.name,
      `${own as string} lies beside the venue’s file, and a pod has that file alone`,
      'Put it into the image, and name it by its whole path there.',
    );
}

/** What the file asks for that a pod does not have: what is wrong, and what to do. */
function faultOf(venue: Declared): [string, string] | undefined {
  const { network, secret } = venue.deployment;
  const lines = linesOf(venue);
  const groups = lines.filter((line) => line.network.type === 'udpMulticast');
  const capture = lines.find((line) => line.network.type === 'captureFile');
  if (capture !== undefined) return [`${placeOf(capture)} is a capture`, 'Replay captures with venuewire replay.'];
  const byDpdk = groups.find(({ network: line }) => line.type === 'udpMulticast' && line.receive === 'dpdk');
  if (byDpdk !== undefined)
    return [
      `${placeOf(byDpdk)} is received by dpdk, whose ring is in a folder of the node that the pod does not have`,
      'Use receive: afXdp here, or write the Deployment with /run/venuewire as a hostPath.',
    ];
  if (network.type === 'pod' && groups[0] !== undefined)
    return [
      `${placeOf(groups[0])} is multicast, which does not reach a pod’s own network`,
      'Use deployment.network macvlan or host.',
    ];
  if (network.type === 'macvlan') {
    const astray = groups.find((line) => network.parents[interfaceOf(line.network) ?? ''] === undefined);
    if (astray !== undefined)
      return [
        `${placeOf(astray)} names no interface of deployment.network.parents`,
        'Give the line an `interface`, and parents the interface of the node that it is over.',
      ];
  }
  if (venue.deployment.publish !== undefined && venue.pipelines !== undefined)
    return ['has pipelines, and deployment.publish', 'Publish by a sink of type zeromq instead.'];
  const writes = Object.entries(venue.pipelines ?? {}).find(([, { sink }]) => 'file' in sink || 'folder' in sink);
  if (writes !== undefined)
    return [
      `pipelines.${writes[0]}.sink writes files, and the pod has no place for them`,
      'Use a sink over the network here, and one with files where a disk stays.',
    ];
  const spills = Object.entries(venue.pipelines ?? {}).find(([, { queue }]) => queue.spill !== undefined);
  if (spills !== undefined)
    return [
      `pipelines.${spills[0]}.queue spills to files, and the pod has no place for them`,
      'Use another whenFull here, and spill where a disk stays.',
    ];
  for (const { path, reference } of referencesOf(venue)) {
    const place = path.join('.');
    if (reference.startsWith('env:'))
      return [
        `${place} is a variable, which pods are not given`,
        `Use file:${SECRETS}/… and name the Secret in deployment.secret.`,
      ];
    if (secret === undefined || !reference.startsWith(`file:${SECRETS}/`))
      return [
        `${place} is a file that the pod does not have`,
        `Use file:${SECRETS}/… and name the Secret in deployment.secret.`,
      ];
  }
  return undefined;
}

/** Networks that reach two handlers as well as one. */
const SHARED = ['udpMulticast', 'websocket', 'httpsStream'];
/** Two handlers with one login fight for it, and two on a node's network for the port of the metrics. */
const mayOverlap = (venue: Declared): boolean =>
  venue.deployment.network.type !== 'host' &&
  Object.keys(venue.streams ?? {}).length === 0 &&
  linesOf(venue).every(({ network }) => SHARED.includes(network.type)) &&
  referencesOf(venue).length === 0;

const placeOf = (line: PlacedLine): string => line.path.join('.');
const interfaceOf = (line: Network): string | undefined => ('interface' in line ? line.interface : undefined);

/** Servers of the ladder and of streams, `host:port`. */
const serversOf = (venue: Venue): string[] => [
  ...new Set([
    ...serverUses(venue).flatMap(({ use }) => use.servers as readonly string[]),
    ...linesOf(venue).flatMap(({ network }) => addressedBy(network)),
  ]),
];
function addressedBy(line: Network): string[] {
  if (line.type === 'tcp' || line.type === 'tls') return [line.address];
  if (line.type !== 'websocket' && line.type !== 'httpsStream') return [];
  const { hostname, port, protocol } = new URL(line.url);
  return [`${hostname}:${port || (protocol === 'ws:' || protocol === 'http:' ? '80' : '443')}`];
}

class Pod {
  readonly #resource: VenueResource;
  readonly #venue: Declared;
  readonly #options: ManifestOptions;
  readonly #text: string;
  constructor(resource: VenueResource, venue: Declared, options: ManifestOptions) {
    this.#resource = resource;
    this.#venue = venue;
    this.#options = options;
    const { apiVersion, kind, spec } = resource;
    const { deployment: _, ...connection } = spec;
    this.#text = `${JSON.stringify({ apiVersion, kind, metadata: { name: venue.name }, spec: connection }, null, 2)}\n`;
  }

  #object(apiVersion: string, kind: string, rest: object, suffix = ''): Manifest {
    const name = `${this.#venue.name}${suffix}`;
    const namespace = this.#options.namespace ?? this.#resource.metadata.namespace ?? 'default';
    return { apiVersion, kind, metadata: { name, namespace, labels: this.#labels() }, ...rest };
  }
  #labels(): Record<string, string> {
    return {
      'app.kubernetes.io/name': 'venuewire',
      'app.kubernetes.io/instance': this.#venue.name,
      'app.kubernetes.io/component': 'handler',
      'app.kubernetes.io/part-of': 'venuewire',
    };
  }
  #selector(): { matchLabels: Record<string, string> } {
    const { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': instance } = this.#labels();
    return {
      matchLabels: { 'app.kubernetes.io/name': name as string, 'app.kubernetes.io/instance': instance as string },
    };
  }

  serviceAccount(): Manifest {
    return this.#object('v1', 'ServiceAccount', { automountServiceAccountToken: false });
  }

  /**
   * Its name carries what a handler reads of it: where that changes the name does, and the pod is made anew. What is for readers
   * alone changes in place.
   */
  get #configurationSuffix(): string {
    const { deployment: _, ...connection } = this.#resource.spec;
    const read = Object.entries(connection).filter(([part]) => !isForReaders(part));
    const hash = createHash('sha256').update(JSON.stringify([this.#venue.name, read]));
    return `-${hash.digest('hex').slice(0, HASH_LENGTH)}`;
  }
  configuration(): Manifest {
    return this.#object('v1', 'ConfigMap', { data: { 'venue.json': this.#text } }, this.#configurationSuffix);
  }

  /** An interface of its own for each line, over one of the node's. */
  attachments(): Manifest[] {
    const { network } = this.#venue.deployment;
    if (network.type !== 'macvlan') return [];
    return Object.entries(network.parents).map(([name, master]) => {
      const plugins = [{ type: 'macvlan', master, mode: 'bridge', ipam: { type: 'dhcp' } }];
      const config = JSON.stringify({ cniVersion: '1.0.0', name: `${this.#venue.name}-${name}`, plugins });
      return this.#object(
        'k8s.cni.cncf.io/v1',
        'NetworkAttachmentDefinition',
        { spec: { config } },
        `-${name.toLowerCase()}`,
      );
    });
  }

  deployment(): Manifest {
    const { nodeSelector, network } = this.#venue.deployment;
    const attached = this.attachments().map(({ metadata }, i) => ({
      name: metadata.name,
      interface: network.type === 'macvlan' ? Object.keys(network.parents)[i] : undefined,
    }));
    const annotations = {
      ...(attached.length === 0 ? {} : { 'k8s.v1.cni.cncf.io/networks': JSON.stringify(attached) }),
      ...this.#secretVersion(),
    };
    return this.#object('apps/v1', 'Deployment', {
      spec: {
        replicas: 1,
        strategy: this.#strategy(),
        selector: this.#selector(),
        template: {
          metadata: { labels: this.#labels(), annotations },
          spec: {
            serviceAccountName: this.#venue.name,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: ENDS_WITHIN_S,
            ...(network.type === 'host' ? { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' } : {}),
            ...(nodeSelector === undefined ? {} : { nodeSelector }),
            securityContext: {
              runAsNonRoot: true,
              ...{ runAsUser: USER, runAsGroup: USER, fsGroup: USER, seccompProfile: { type: 'RuntimeDefault' } },
            },
            containers: [this.#container()],
            volumes: this.#volumes(),
          },
        },
      },
    });
  }

  #secretVersion(): { 'venuewire.io/secret-version'?: string } {
    const { secretVersion } = this.#options;
    const isRead = this.#venue.deployment.secret !== undefined && !(this.#venue.decoder instanceof JsonDecoder);
    return isRead && secretVersion !== undefined ? { 'venuewire.io/secret-version': secretVersion } : {};
  }

  /** A new pod joins before the old one leaves, where two may be there at once. */
  #strategy(): object {
    return mayOverlap(this.#venue)
      ? { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
      : { type: 'Recreate' };
  }

  #container(): object {
    const { image, resources, secret, publish } = this.#venue.deployment;
    const published = publish === undefined ? [] : ['--publish', `zmq:tcp://0.0.0.0:${publish}`];
    const probe = (path: string, rest: object): object => ({ httpGet: { path, port: 'metrics' }, ...rest });
    const mounts = [{ name: 'venue', mountPath: VENUE_FOLDER, readOnly: true }];
    const secrets = { name: 'secrets', mountPath: SECRETS, readOnly: true };
    return {
      name: 'handler',
      image,
      args: ['run', `${VENUE_FOLDER}/venue.json`, '--summary', '--metrics', `:${METRICS_PORT}`, ...published],
      ports: this.#ports((name, port) => ({ name, containerPort: port, protocol: 'TCP' })),
      resources: { requests: { ...resources }, limits: { ...resources } },
      startupProbe: probe('/livez', { periodSeconds: 2, failureThreshold: 60 }),
      livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
      readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 2 }),
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'], ...this.#added() },
      },
      volumeMounts: secret === undefined ? mounts : [...mounts, secrets],
    };
  }

  /** The least that the receive backends of the lines need. */
  #added(): { add?: string[] } {
    const of = linesOf(this.#venue).flatMap(({ network }) =>
      network.type === 'udpMulticast' ? (RECEIVE_RIGHTS[network.receive ?? ''] ?? []) : [],
    );
    return of.length === 0 ? {} : { add: [...new Set(of)].map((right) => right.replace('CAP_', '')).sort() };
  }

  #volumes(): object[] {
    const { secret } = this.#venue.deployment;
    const venue = { name: 'venue', configMap: { name: `${this.#venue.name}${this.#configurationSuffix}` } };
    // Files of a Secret are exchanged without a restart, and read when a connection logs in.
    return secret === undefined
      ? [venue]
      : [venue, { name: 'secrets', secret: { secretName: secret, defaultMode: 0o440 } }];
  }

  /** Where the handler is asked, and where it publishes. */
  #ports(of: (name: string, port: number) => object): object[] {
    const { publish } = this.#venue.deployment;
    return [of('metrics', METRICS_PORT), ...(publish === undefined ? [] : [of('messages', publish)])];
  }

  service(): Manifest {
    return this.#object('v1', 'Service', {
      spec: {
        clusterIP: 'None',
        selector: this.#selector().matchLabels,
        ports: this.#ports((name, port) => ({ name, port, targetPort: name, protocol: 'TCP' })),
      },
    });
  }

  /** Servers of the venue and names may be asked, metrics may be read; nothing else. None is applied to the node's network. */
  networkPolicy(): Manifest[] {
    if (this.#venue.deployment.network.type === 'host') return [];
    const dns = (['UDP', 'TCP'] as const).map((protocol) => ({ protocol, port: DNS_PORT }));
    const servers = serversOf(this.#venue).map((server) => {
      const at = server.lastIndexOf(':');
      const [host, port] = [server.slice(0, at), Number(server.slice(at + 1))];
      // A policy knows addresses and no names.
      const to = /^\d+(\.\d+){3}$/.test(host) ? { to: [{ ipBlock: { cidr: `${host}/32` } }] } : {};
      return {
        ...to,
        ports: [
          { protocol: 'TCP', port },
          { protocol: 'UDP', port },
        ],
      };
    });
    const spec = {
      podSelector: this.#selector(),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: this.#ports((_, port) => ({ protocol: 'TCP', port })) }],
      egress: [{ ports: dns }, ...servers],
    };
    return [this.#object('networking.k8s.io/v1', 'NetworkPolicy', { spec })];
  }

  podMonitor(): Manifest[] {
    if (!this.#options.groups?.includes('monitoring.coreos.com')) return [];
    const spec = { selector: this.#selector(), podMetricsEndpoints: [{ port: 'metrics', interval: '15s' }] };
    return [this.#object('monitoring.coreos.com/v1', 'PodMonitor', { spec })];
  }
}

const fault = (name: string, what: string, remedy: string): VenuewireError =>
  new VenuewireError('VW_KUBERNETES', `${name}: ${what}`, remedy);
