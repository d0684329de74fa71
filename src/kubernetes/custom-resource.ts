/**
 * The kinds that a cluster keeps, made from the schema of the venue file: what `venuewire run` reads and what `kubectl apply`
 * takes is one thing. What a server cannot check (tables, routes, quotas) is checked by `plan`, and told as a condition.
 */
import { API_VERSION, KIND, venueJsonSchema } from '../patterns/venue.js';
import type { Manifest } from './manifests.js';
import { type CelRule, type JsonSchema, type StructuralSchema, structuralSchema } from './structural.js';

const [GROUP, VERSION] = API_VERSION.split('/') as [string, string];
export const PLURAL = 'venueconnections';
/** Name of the definition itself. */
export const DEFINITION_NAME = `${PLURAL}.${GROUP}`;

/** Most entries, by place. A cluster stores objects of at most 1.5 MiB, and adds up what checking them may cost. */
const BOUNDS: Readonly<Record<string, number>> = {
  lines: 256,
  channels: 512,
  'channels.*.lines': 16,
  'channels.*.retransmission': 16,
  'channels.*.snapshot': 16,
  streams: 64,
  recovery: 250,
  unconfirmed: 256,
};

const MULTICAST = {
  rule: "self.type != 'udpMulticast' || !has(self.address) || self.address.matches('^(22[4-9]|23[0-9])[.]')",
  message: 'the address of udpMulticast must be a multicast group, 224.0.0.0 to 239.255.255.255',
};
const UNICAST = {
  rule: "self.type != 'udpUnicast' || !has(self.address) || !self.address.matches('^(22[4-9]|23[0-9]|24[0-9]|25[0-5])[.]')",
  message: 'the address of udpUnicast must be one of this machine, and no multicast group',
};
const NETWORK = [MULTICAST, UNICAST];

/** What the parts of `spec` must be to each other: the same as src/patterns/venue.ts checks, for the server. */
const RULES: Readonly<Record<string, readonly CelRule[]>> = {
  '': [
    {
      rule: 'has(self.lines) || (has(self.streams) && size(self.streams) > 0) || (has(self.channels) && self.channels.exists(name, has(self.channels[name].lines)))',
      message: 'there are no lines: give the venue `lines`, or `streams`, or each channel its own',
    },
    {
      rule: 'has(self.lines) || (has(self.streams) && size(self.streams) > 0) || !has(self.channels) || self.channels.all(name, has(self.channels[name].lines))',
      message: 'each channel needs `lines`, where the venue has none',
    },
    {
      rule: '!has(self.channels) || size(self.channels) < 2 || self.channels.all(name, has(self.channels[name].lines) || has(self.channels[name].key))',
      message: 'channels on shared lines need a `key`: they are told apart by it',
    },
    {
      rule: '!has(self.recovery) || self.recovery.all(rung, !has(rung.channel) || (has(self.channels) && rung.channel in self.channels))',
      message: 'a rung’s `channel` must name one of `channels`',
    },
    {
      rule: "!has(self.join) || self.join != 'snapshot' || (has(self.recovery) && self.recovery.exists(rung, rung.type == 'snapshot'))",
      message: 'join: snapshot needs a rung of type snapshot in `recovery`',
    },
  ],
  'lines.*': NETWORK,
  'channels.*.lines.*': NETWORK,
  'channels.*.retransmission.*': NETWORK,
  'channels.*.snapshot.*': NETWORK,
};

/** Names of objects may be longer in a cluster than a connection’s name in a report. */
const NAME_RULE: CelRule = {
  rule: 'size(self.metadata.name) <= 64',
  message: 'metadata.name has at most 64 characters',
};

const CONDITION: StructuralSchema = {
  type: 'object',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    type: { type: 'string', maxLength: 316 },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: { type: 'string', minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
    message: { type: 'string', maxLength: 32768 },
    lastTransitionTime: { type: 'string', format: 'date-time' },
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
  },
};

const STATUS: StructuralSchema = {
  type: 'object',
  description: 'What a controller says of it',
  properties: {
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      description: 'The generation of `spec` that this is about',
    },
    conditions: {
      type: 'array',
      maxItems: 32,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: CONDITION,
    },
  },
};

const COLUMNS = [
  { name: 'Decoder', type: 'string', jsonPath: '.spec.decoder' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** The definition of VenueConnection, as a cluster takes it: `apiextensions.k8s.io/v1`. */
export function venueConnectionDefinition(): Manifest {
  const schema = venueJsonSchema() as JsonSchema & { readonly $defs: Record<string, JsonSchema> };
  const spec = schema.properties?.spec as JsonSchema;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: DEFINITION_NAME, labels: { 'app.kubernetes.io/part-of': 'venuewire' } },
    spec: {
      group: GROUP,
      names: { kind: KIND, plural: PLURAL, singular: 'venueconnection', shortNames: ['vc'], categories: ['venuewire'] },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'A connection to a venue: patterns, lines, recovery, and references to secrets',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: structuralSchema(spec, { definitions: schema.$defs, bounds: BOUNDS, rules: RULES }),
                status: STATUS,
              },
              'x-kubernetes-validations': [NAME_RULE],
            },
          },
        },
      ],
    },
  };
}
