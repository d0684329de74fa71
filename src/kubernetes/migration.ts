/**
 * A migration as a resource: from one handler of a venue to another, with the facts that prove its steps. What compares the two
 * is a pod that runs `venuewire compare`, and consumers read what it passes on.
 */
import { MIGRATION_STEPS } from '../compare/index.js';
import { API_VERSION } from '../patterns/venue.js';
import type { Manifest } from './manifests.js';
import type { StructuralSchema } from './structural.js';

export const MIGRATION_KIND = 'VenueMigration';
export const MIGRATION_PLURAL = 'venuemigrations';
const [GROUP, VERSION] = API_VERSION.split('/') as [string, string];
const STATUS_PORT = 9464;
const MESSAGES_PORT = 5557;
const USER = 10001;

/** What a migration declares. */
export interface MigrationSpec {
  /** The handler of now: a VenueConnection of the same namespace that publishes, or the output of one that is not ours. */
  readonly from: { readonly connection: string } | { readonly output: string };
  /** The VenueConnection that is to replace it. */
  readonly to: { readonly connection: string };
  /** Image of `venuewire`. */
  readonly image: string;
  /** Equal minutes in a row before the new one is passed on. */
  readonly equalMinutes: number;
  /** Seconds that a score is of. */
  readonly minuteSeconds: number;
  /** Channels that the new side calls otherwise: its name by the old one’s. Default: those of the connections themselves. */
  readonly channels?: Readonly<Record<string, string>>;
  /** Facts that others found: the digest of a day’s capture, the certification. */
  readonly evidence?: Readonly<Record<string, { readonly ok: boolean; readonly summary: string; readonly at: string }>>;
  /** Ends it, and goes back to the old one. */
  readonly rollBack?: boolean;
}

const name: StructuralSchema = { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' };
const connection: StructuralSchema = { type: 'object', required: ['connection'], properties: { connection: name } };
const fact: StructuralSchema = {
  type: 'object',
  required: ['ok', 'summary', 'at'],
  properties: {
    ok: { type: 'boolean' },
    summary: { type: 'string', minLength: 1, maxLength: 1024 },
    at: { type: 'string', format: 'date-time' },
  },
};

const SPEC: StructuralSchema = {
  type: 'object',
  required: ['from', 'to', 'image'],
  properties: {
    from: {
      type: 'object',
      description: 'The handler of now: a connection that publishes, or the output of a handler that is not ours',
      properties: { connection: name, output: { type: 'string', maxLength: 256, pattern: '^zmq:.+$' } },
      'x-kubernetes-validations': [
        { rule: 'has(self.connection) != has(self.output)', message: 'give `connection`, or `output`' },
      ],
    },
    to: { ...connection, description: 'The connection that is to replace it' },
    image: { type: 'string', minLength: 1, maxLength: 512, description: 'Image of venuewire' },
    equalMinutes: { type: 'integer', minimum: 1, maximum: 1440, default: 30 },
    minuteSeconds: { type: 'integer', minimum: 1, maximum: 3600, default: 60 },
    channels: {
      type: 'object',
      description:
        'Channels that the new side calls otherwise, by the old one’s name. Default: the names of the connections',
      maxProperties: 64,
      additionalProperties: { type: 'string', maxLength: 64 },
    },
    evidence: {
      type: 'object',
      description: 'Facts that are found elsewhere and attached',
      properties: { captureAgrees: fact, certified: fact },
    },
    rollBack: { type: 'boolean', description: 'Goes back to the old handler' },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.from.connection) || self.from.connection != self.to.connection',
      message: 'from and to are one connection',
    },
    { rule: 'self.from == oldSelf.from && self.to == oldSelf.to', message: 'from and to stay: make another migration' },
  ],
};

const proved = (more: Record<string, StructuralSchema>): StructuralSchema => ({
  type: 'object',
  properties: { ...fact.properties, ...more },
});
const step: StructuralSchema = { type: 'string', enum: [...MIGRATION_STEPS] };
const STATUS: StructuralSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    due: { type: 'string', maxLength: 64, description: 'The step that is not proved yet; rolledBack and done end it' },
    waiting: { type: 'string', maxLength: 1024, description: 'What it waits for' },
    score: { type: 'string', maxLength: 32, description: 'Of the last minute, equal of compared' },
    proved: { type: 'array', maxItems: MIGRATION_STEPS.length, items: proved({ step }) },
    rolledBack: proved({ step }),
  },
};

/** The definition of VenueMigration, as a cluster takes it. */
export function venueMigrationDefinition(): Manifest {
  const column = (of: string, jsonPath: string, type = 'string'): object => ({ name: of, type, jsonPath });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${MIGRATION_PLURAL}.${GROUP}`, labels: { 'app.kubernetes.io/part-of': 'venuewire' } },
    spec: {
      group: GROUP,
      names: {
        ...{ kind: MIGRATION_KIND, plural: MIGRATION_PLURAL, singular: 'venuemigration' },
        ...{ shortNames: ['vm'], categories: ['venuewire'] },
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column('From', '.spec.from.connection'),
            column('To', '.spec.to.connection'),
            column('Due', '.status.due'),
            column('Score', '.status.score'),
            column('Age', '.metadata.creationTimestamp', 'date'),
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'From one handler of a venue to another, step by step, each proved by a fact',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: SPEC,
                status: STATUS,
              },
              'x-kubernetes-validations': [
                { rule: 'size(self.metadata.name) <= 55', message: 'metadata.name has at most 55 characters' },
              ],
            },
          },
        },
      ],
    },
  };
}

/** A connection’s messages by its Service. */
const outputOf = (connection: string, namespace: string, port: number): string =>
  `zmq:tcp://${connection}.${namespace}:${port}`;

/**
 * The pod that compares the two, and the Service where consumers read.
 * @param ports where the connections publish, by name: `deployment.publish`.
 */
export function migrationManifests(
  migration: { readonly metadata: { readonly name: string; readonly namespace: string }; readonly spec: MigrationSpec },
  ports: { readonly from: number | undefined; readonly to: number },
): Manifest[] {
  const { namespace } = migration.metadata;
  const { from, to, image, equalMinutes, minuteSeconds } = migration.spec;
  const instance = `${migration.metadata.name}-compare`;
  const labels = {
    'app.kubernetes.io/name': 'venuewire',
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/component': 'comparison',
    'app.kubernetes.io/part-of': 'venuewire',
  };
  const matchLabels = { 'app.kubernetes.io/name': 'venuewire', 'app.kubernetes.io/instance': instance };
  const metadata = { name: instance, namespace, labels };
  const old = 'output' in from ? from.output : outputOf(from.connection, namespace, ports.from as number);
  const args = ['compare', '--old', old, '--new', outputOf(to.connection, namespace, ports.to)];
  args.push('--forward', `zmq:tcp://0.0.0.0:${MESSAGES_PORT}`, '--promote-after', String(equalMinutes));
  // The one channel of a venue without channels is called as its connection is.
  const { channels = 'connection' in from ? { [from.connection]: to.connection } : {} } = migration.spec;
  const pairs = Object.entries(channels).map((pair) => pair.join('='));
  if (pairs.length > 0) args.push('--channels', pairs.join(','));
  args.push('--minute', String(minuteSeconds), '--format', 'ndjson', '--status', `:${STATUS_PORT}`);
  const probe = (path: string): object => ({ httpGet: { path, port: 'metrics' }, periodSeconds: 5 });
  const container = {
    ...{ name: 'comparison', image, args },
    ports: [
      { name: 'metrics', containerPort: STATUS_PORT, protocol: 'TCP' },
      { name: 'messages', containerPort: MESSAGES_PORT, protocol: 'TCP' },
    ],
    resources: { requests: { cpu: '1', memory: '512Mi' }, limits: { cpu: '1', memory: '512Mi' } },
    livenessProbe: probe('/livez'),
    readinessProbe: probe('/readyz'),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const pod = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, runAsUser: USER, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
  };
  const deployment = {
    replicas: 1,
    // Two would pass on the same twice.
    strategy: { type: 'Recreate' },
    selector: { matchLabels },
    template: { metadata: { labels }, spec: pod },
  };
  const ports_ = [{ name: 'messages', port: MESSAGES_PORT, targetPort: 'messages', protocol: 'TCP' }];
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: 'None', selector: matchLabels, ports: ports_ } },
  ];
}
