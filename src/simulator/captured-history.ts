/** The messages of a captured TotalView day, for a simulated venue that publishes them again. */

import { Findings, framingsFor, Messages } from '../capture/messages.js';
import { Capture } from '../capture/packets.js';
import { itch50v2017 } from '../decoders/itch50-2017.js';
import { VenuewireError } from '../errors.js';
import { VenueHistory } from './history.js';

/**
 * Reads a pcap of MoldUDP64 lines, of a SoupBinTCP session, or a BinaryFILE. What several lines carry is taken once; where
 * the capture's numbers have been blanked out, messages are taken as they come.
 * @throws VenuewireError `VW_CAPTURE_EMPTY` when there is no message in it, `VW_CAPTURE_…` when it cannot be read whole.
 */
export async function capturedHistory(file: string): Promise<VenueHistory> {
  const capture = new Capture(file);
  const bySequence = new Map<bigint, Uint8Array>();
  const unnumbered: Uint8Array[] = [];
  const messages = new Messages(
    itch50v2017,
    framingsFor(itch50v2017, undefined),
    new Findings(() => {}),
    ({ view, sequence }) => {
      const bytes = new Uint8Array(view.$data.buffer, view.$data.byteOffset + view.$at, view.$length).slice();
      if (sequence === 0n) unnumbered.push(bytes);
      else if (!bySequence.has(sequence)) bySequence.set(sequence, bytes);
    },
    undefined,
  );
  const { fault } = await capture.read((p) => messages.packet(p));
  if (fault !== undefined) throw fault;
  messages.finish();
  const ordered = [...bySequence].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes);
  const all = [...ordered, ...unnumbered];
  if (all.length === 0) {
    throw new VenuewireError(
      'VW_CAPTURE_EMPTY',
      `${file} holds no TotalView-ITCH 5.0 message`,
      'Use a pcap of MoldUDP64 lines or a BinaryFILE of that feed.',
    );
  }
  const history = new VenueHistory({ session: 'CAPTURE001' });
  for (const bytes of all) history.append(bytes);
  return history;
}
