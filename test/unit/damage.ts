import { VenuewireError } from '../../src/errors.js';
import type { Random } from '../../src/simulator/random.js';

/** The code of the error that `run` throws; 'none' where it throws none. Any other error is not caught. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof VenuewireError) return error.code;
    throw error;
  }
  return 'none';
}

const BYTES = [0, 1, 3, 0x0a, 0x20, 0x30, 0x39, 0x3d, 0x7f, 0x80, 0xfe, 0xff];

/**
 * Changes a message of `length` bytes at the front of `bytes` a little: bits, bytes, cuts, parts copied over others, more
 * than there was. Returns its new length, at most that of `bytes`.
 */
export function damage(bytes: Uint8Array, length: number, random: Random): number {
  let size = length;
  for (let n = 1 + random.below(4); n > 0 && size > 0; n--) {
    const at = random.below(size);
    switch (random.below(7)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
        break;
      case 1:
        bytes[at] = random.below(256);
        break;
      case 2:
        bytes[at] = random.pick(BYTES);
        break;
      case 3:
        if (random.below(3) === 0) size = at;
        break;
      case 4:
        bytes.copyWithin(at, random.below(size), size);
        break;
      case 5: {
        // A part of the message comes again, in front of the rest.
        const from = random.below(size);
        const piece = bytes.slice(from, Math.min(from + random.below(24), size));
        if (size + piece.length > bytes.length) break;
        bytes.copyWithin(at + piece.length, at, size);
        bytes.set(piece, at);
        size += piece.length;
        break;
      }
      default: {
        const more = random.below(Math.min(24, bytes.length - size) + 1);
        bytes.fill(random.below(256), size, size + more);
        size += more;
      }
    }
  }
  return size;
}
