/** The lines of a capture, found by what they carry, as a venue declares them. */
import type { AnyDecoder } from '../feed/batch.js';
import type { Framing } from '../patterns/framing.js';
import { captureFile, type Network, udpMulticast, udpUnicast } from '../patterns/network.js';
import type { VenueInput } from '../patterns/venue.js';
import { Findings } from './messages.js';
import type { Capture } from './packets.js';
import { separateRecovery } from './recovery-traffic.js';
import { type Group, groupLines, isMulticast, Tracker } from './sequences.js';

/** What a destination is to a venue. */
export function networkOf(destination: string): Network {
  return isMulticast(destination) ? udpMulticast(destination) : udpUnicast(destination);
}

/**
 * The lines of a capture, those that say the same together; recovery traffic is none. What is broken in it is told by
 * whoever reads it as a venue.
 * @param after called with the bytes of the capture that have been read so far.
 */
export async function findLines(
  capture: Capture,
  framing: Framing,
  decoder: AnyDecoder,
  after: (bytesRead: number) => void,
): Promise<readonly Group[]> {
  // FIX is a stream: there are no lines to find.
  if (framing.fix) return [];
  const tracker = new Tracker(framing, decoder, new Findings(() => {}), undefined);
  await capture.read((p) => tracker.packet(p), { after });
  const groups = groupLines(
    [...tracker.lines.values()].filter((l) => l.sessions.some((s) => s.spans.list.length > 0)),
    [],
  );
  return separateRecovery(groups).groups;
}

const LETTERS = 'ABCDEFGHIJKLMNOP';
const named = (lines: readonly string[]): Record<string, Network> =>
  Object.fromEntries(lines.map((line, i) => [LETTERS[i] ?? `L${i}`, networkOf(line)]));

/** Lines and channels as `defineVenue` takes them. */
export function arrangeLines(groups: readonly Group[], framing: Framing): Pick<VenueInput, 'lines' | 'channels'> {
  if (groups.length === 0) return { lines: { A: captureFile('capture') } };
  const only = groups[0] as Group;
  const destinations = [...new Set(groups.flatMap((g) => g.lines.map((l) => l.destination)))];
  if (framing.channel !== undefined) {
    const keys = [...new Set(groups.map((g) => (g.lines[0] as Group['lines'][number]).key))];
    return {
      lines: named(destinations.slice(0, LETTERS.length)),
      channels: Object.fromEntries(keys.map((key) => [String(key), { key: String(key) }])),
    };
  }
  if (groups.length === 1) return { lines: named(only.lines.map((l) => l.destination)) };
  return {
    channels: Object.fromEntries(
      groups.map((g) => {
        const lines = g.lines.map((l) => l.destination);
        return [(lines[0] as string).replace(':', '-'), { lines: named(lines) }];
      }),
    ),
  };
}
