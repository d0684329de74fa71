// A simulated venue as a resource of a cluster, and what the cluster has beside Kubernetes for it.
import type { LoopbackVenue } from '../../src/simulator/index.js';

const line = (address: string): object => ({ type: 'udpMulticast', address, interface: 'lo' });

/** `spec` of a connection to it: both lines, its re-request server, and a pod with an interface beside its own. */
export const specOf = (venue: LoopbackVenue, spec: object = {}, deployment: object = {}): object => ({
  ...{ decoder: 'nasdaq-totalview-itch-5.0', framing: 'moldudp64', join: 'live' },
  lines: { A: line(venue.lines.A), B: line(venue.lines.B) },
  recovery: [
    { type: 'waitForOtherLine', for: '20ms' },
    { type: 'request', pattern: 'moldudp64-rerequest', servers: [venue.addresses.rerequest], timeout: '200ms' },
  ],
  deployment: {
    image: 'registry.example/venuewire@sha256:0123',
    network: { type: 'macvlan', parents: { lo: 'ens1f0' } },
    resources: { cpu: '1', memory: '256Mi' },
    ...deployment,
  },
  ...spec,
});

/** Multus brings it; no more of it is needed than that the server keeps it. */
export const ATTACHMENTS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'network-attachment-definitions.k8s.cni.cncf.io' },
  spec: {
    group: 'k8s.cni.cncf.io',
    scope: 'Namespaced',
    names: {
      kind: 'NetworkAttachmentDefinition',
      plural: 'network-attachment-definitions',
      singular: 'network-attachment-definition',
    },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { config: { type: 'string' } } } },
          },
        },
      },
    ],
  },
};
