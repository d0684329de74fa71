/** Books of a moment of the past: messages are applied up to a number or a time, and what is behind it is not. */
import {
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  MESSAGE_HEAD_OFFSET_AT,
  RECORD_FLAGS_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RECORD_UNITS_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_PACKET_NUMBERED,
  RUN_RECEIVE_TIME_AT,
  RUN_SEQUENCE_AT,
  RUN_UNSEQUENCED,
  UNIT_BYTES,
} from '../contract.js';
import type { Ring } from '../feed/ring.js';

/** The last message that counts: by its sequence number, or by when it was received, nanoseconds since 1970. */
export type BookMoment = { readonly sequence: bigint } | { readonly time: bigint };

const RUN = RECORD_KIND.indexOf('run');

/** How many messages of a run are not behind the moment. */
function within(view: DataView, at: number, moment: BookMoment): number {
  const count = view.getUint32(at + RUN_COUNT_AT, true);
  if ('time' in moment) return view.getBigInt64(at + RUN_RECEIVE_TIME_AT, true) <= moment.time ? count : 0;
  const flags = view.getUint8(at + RECORD_FLAGS_AT);
  if ((flags & RUN_UNSEQUENCED) !== 0) return count;
  const first = view.getBigUint64(at + RUN_SEQUENCE_AT, true);
  if ((flags & RUN_PACKET_NUMBERED) !== 0) return first <= moment.sequence ? count : 0;
  let message = at + RUN_BYTES;
  for (let i = 0; i < count; i++) {
    if (first + BigInt(view.getUint16(message + MESSAGE_HEAD_OFFSET_AT, true)) > moment.sequence) return i;
    const length = view.getUint32(message + MESSAGE_HEAD_LENGTH_AT, true);
    message += MESSAGE_HEAD_BYTES + Math.ceil(length / UNIT_BYTES) * UNIT_BYTES;
  }
  return count;
}

/**
 * Calls `take` with what of [from, to) is not behind the moment; true where something is. The runs of the ring are told to
 * be shorter for as long as that takes: nobody writes to what has been delivered, and no byte of it is copied.
 */
export function untilMoment(ring: Ring, from: number, to: number, moment: BookMoment, take: () => void): boolean {
  const { view, mask } = ring;
  const shortened: (readonly [at: number, count: number])[] = [];
  for (let unit = from; unit !== to; ) {
    const at = (unit & mask) * UNIT_BYTES;
    const units = view.getUint32(at + RECORD_UNITS_AT, true);
    if (units === 0) break;
    if (view.getUint8(at + RECORD_KIND_AT) === RUN) {
      const count = view.getUint32(at + RUN_COUNT_AT, true);
      const kept = within(view, at, moment);
      if (kept < count) {
        shortened.push([at, count]);
        view.setUint32(at + RUN_COUNT_AT, kept, true);
      }
    }
    unit = (unit + units) >>> 0;
  }
  try {
    take();
  } finally {
    for (const [at, count] of shortened) view.setUint32(at + RUN_COUNT_AT, count, true);
  }
  return shortened.length > 0;
}
