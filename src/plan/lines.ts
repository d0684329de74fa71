/** The lines of a venue, one by one, with their places in it. */
import type { Network } from '../patterns/network.js';
import type { Venue } from '../patterns/venue.js';

export type LineRole = 'live' | 'retransmission' | 'snapshot';

export interface PlacedLine {
  readonly name: string;
  readonly role: LineRole;
  /** Name of its channel; undefined: it is every channel's. */
  readonly channel: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly network: Network;
}

/** All of them, in the order in which they are declared. */
export function linesOf(venue: Pick<Venue, 'lines' | 'channels'>): PlacedLine[] {
  const of = (
    lines: Venue['lines'],
    role: LineRole,
    channel: string | undefined,
    path: readonly PropertyKey[],
  ): PlacedLine[] =>
    Object.entries(lines ?? {}).map(([name, network]) => ({ name, role, channel, path: [...path, name], network }));
  return [
    ...of(venue.lines, 'live', undefined, ['lines']),
    ...Object.entries(venue.channels ?? {}).flatMap(([channel, c]) => [
      ...of(c.lines, 'live', channel, ['channels', channel, 'lines']),
      ...of(c.retransmission, 'retransmission', channel, ['channels', channel, 'retransmission']),
      ...of(c.snapshot, 'snapshot', channel, ['channels', channel, 'snapshot']),
    ]),
  ];
}
