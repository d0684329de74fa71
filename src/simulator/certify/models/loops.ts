/** Cycles of snapshot loops, as the models of venues that repeat their state write them. */
import type { Decoder } from '../../../layout/index.js';
import { drawMessage } from '../../message-sampler.js';
import type { Random } from '../../random.js';
import type { ServerContext } from '../model.js';

/** What the last number before a boundary is, as the live packets carry it. */
export const lastWire = (c: ServerContext, boundary: number): number => {
  const at = Math.max(0, boundary - 1);
  return Number(c.day.wire(at, c.day.segmentOf(at)));
};

/** What goes on from cycle to cycle: numbers, of loops that do not begin them again, and send times. */
const goesOn = new WeakMap<ServerContext, { number: bigint; timeNs: number }>();

/** Puts parts into packets: a part begins a packet of its own. `continues`: the loop's numbers go on. */
export function packets(
  c: ServerContext,
  boundary: number,
  parts: readonly (readonly Uint8Array[])[],
  continues: boolean,
): readonly Uint8Array[] {
  const { lines, day } = c;
  const at = Math.max(0, boundary - 1);
  const before = goesOn.get(c) ?? { number: 1n, timeNs: 0 };
  const head = { session: day.segmentOf(at).session, timeNs: Math.max(day.times[at] ?? 0, before.timeNs + 1) };
  let next = continues ? before.number : 1n;
  const kind = lines.framing.kinds.some((k) => k.is === 'unsequenced') ? 'unsequenced' : 'data';
  const out = parts.map((messages, i) => {
    const packet = lines.packet(
      messages.map((m) => lines.normalise(m)),
      { ...head, sequence: next, timeNs: head.timeNs + i },
      'snapshot',
      kind,
    );
    next += lines.framing.numbering === 'packet' ? 1n : BigInt(messages.length);
    return packet;
  });
  goesOn.set(c, { number: next, timeNs: head.timeNs + parts.length });
  return out;
}

/** Messages of one kind, as a decoder's sampler makes them. */
export const samples = (decoder: Decoder, name: string, random: Random, count: number): Uint8Array[] =>
  Array.from({ length: count }, () => drawMessage(decoder, name, random));
