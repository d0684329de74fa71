/**
 * The fields of a framing that belong to a message: of the header, where a packet is one message (MACH, SoupBinTCP); the
 * bytes that begin and end it, where a delimiter does (HSVF). `--format leaves` shows them with the message's own.
 */
import type { Leaf } from '../layout/index.js';
import { readBits } from '../layout/values.js';
import type { Framing, FramingField } from '../patterns/framing.js';

export type FrameLeaves = (
  data: DataView,
  packet: number,
  at: number,
  end: number,
  base: number,
) => { readonly before: readonly Leaf[]; readonly after: readonly Leaf[] };

const NOTHING = { before: [], after: [] };
const NAMES = ['packetLength', 'session', 'sequence', 'count', 'channel', 'sendTime'] as const;

/** Bytes `from` to `to`, a leaf each. */
function byteLeaves(name: string, data: DataView, from: number, to: number, base: number): Leaf[] {
  const out: Leaf[] = [];
  for (let at = from; at < to; at++) out.push([name, data.getUint8(at), at - base, 1]);
  return out;
}

export function frameLeaves(f: Framing): FrameLeaves {
  const m = f.message;
  if (m.lengthFrom === 'delimiter') {
    return (data, _packet, at, end, base) => ({
      before: byteLeaves('start', data, at - m.prefix, at, base),
      after: byteLeaves('end', data, end, end + m.trailer, base),
    });
  }
  if (m.lengthFrom !== 'packet' || f.headerLength === 0) return () => NOTHING;
  const type = f.kinds.find((k) => k.when.offset !== undefined)?.when as FramingField | undefined;
  const header = [
    ...NAMES.map((name) => ({ name: name as string, place: f[name] as FramingField | undefined })),
    { name: 'packetType', place: type },
  ]
    .filter((x): x is { name: string; place: FramingField } => x.place !== undefined && x.place.size <= 8)
    .sort((a, b) => a.place.offset - b.place.offset);
  return (data, packet, _at, _end, base) => ({
    before: header.map(({ name, place }): Leaf => {
      const bits = readBits(data, packet + place.offset, place.size, (place.byteOrder ?? f.byteOrder) === 'big');
      return [name, place.size === 8 ? bits.toString() : Number(bits), packet + place.offset - base, place.size];
    }),
    after: [],
  });
}
