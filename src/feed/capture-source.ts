/** What a capture is read from, as the addon takes it. */
import { VenuewireError } from '../errors.js';

export type NativeCaptureBytes = { readonly file: string } | { readonly memory: Uint8Array };

/**
 * A path (`-`: standard input), or bytes that stay. Bytes in an ArrayBuffer can be transferred or made shorter while
 * another thread reads them, so these are copied once; bytes in a SharedArrayBuffer are read where they are.
 * @throws VenuewireError `VW_CAPTURE_OPEN` for anything else, or when there is no memory for the copy.
 */
export function captureBytes(file: unknown): NativeCaptureBytes {
  if (typeof file === 'string' && file !== '') {
    if (!file.includes('\0')) return { file };
  } else if (file instanceof Uint8Array) {
    if (file.buffer instanceof SharedArrayBuffer && file.length > 0) return { memory: file };
    return { memory: copyOf(file) };
  }
  throw new VenuewireError(
    'VW_CAPTURE_OPEN',
    `a capture is a path or a Uint8Array, not ${file === null ? 'null' : typeof file === 'string' ? `'${file.replaceAll('\0', '\\0')}'` : `a ${typeof file}`}`,
    "Pass { file: 'day.pcap' }, { file: '-' } for standard input, or the bytes.",
  );
}

function copyOf(bytes: Uint8Array): Uint8Array {
  try {
    // One byte at least: the addon tells no bytes from no capture by the address.
    const copy = new Uint8Array(new SharedArrayBuffer(Math.max(1, bytes.length)), 0, bytes.length);
    copy.set(bytes);
    return copy;
  } catch (cause) {
    throw new VenuewireError(
      'VW_CAPTURE_OPEN',
      `there is no memory for a copy of ${bytes.length} bytes: ${cause instanceof Error ? cause.message : cause}`,
      'Pass the path of the file, or bytes in a SharedArrayBuffer: those are not copied.',
    );
  }
}
