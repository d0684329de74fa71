/** How a cluster runs the handler of a venue. A handler that is started by hand does not read it. */
import { z } from 'zod';

const quantity = z
  .string()
  .max(32)
  .regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/, 'must be a quantity: 2, 500m, 512Mi, 4Gi');
const label = z.string().max(63);
const dnsLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and -');

const network = z
  .discriminatedUnion('type', [
    z
      .strictObject({ type: z.literal('host') })
      .describe('The network of the node itself: every receive backend works; no NetworkPolicy applies to it'),
    z
      .strictObject({ type: z.literal('pod') })
      .describe('The pod’s own network alone: for venues over TCP; no multicast gets there'),
    z
      .strictObject({
        type: z.literal('macvlan'),
        parents: z
          .record(dnsLabel, dnsLabel)
          .describe('Interface of the node for each interface that the lines name: `lineA: ens1f0`. Needs Multus'),
      })
      .describe('Interfaces beside the pod’s own, one for each line, over interfaces of the node'),
  ])
  .describe('Where the lines of the pod come from');

/** @internal */
export const deploymentSchema = z
  .strictObject({
    image: z.string().min(1).max(512).describe('Image of the handler, best by digest'),
    network: network.default({ type: 'host' }),
    resources: z
      .strictObject({
        cpu: quantity.default('2').describe('Whole numbers give the feed thread a processor of its own'),
        memory: quantity.default('1Gi'),
      })
      .prefault({})
      .describe('Asked for and not exceeded'),
    secret: dnsLabel
      .optional()
      .describe(
        'Secret whose keys are files below /run/secrets/venuewire, for references as file:/run/secrets/venuewire/…',
      ),
    publish: z
      .int()
      .min(1024)
      .max(65535)
      .optional()
      .describe(
        'Port where messages are published by ZeroMQ, as `venuewire run --publish` does: for consumers and comparisons',
      ),
    nodeSelector: z.record(z.string().max(253), label).optional().describe('Labels of the nodes that have the lines'),
  })
  .describe('How a cluster runs the handler; a handler that is started by hand does not read it');
