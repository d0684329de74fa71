/** A file read whole, with a bound: for what can only be looked at in one piece. */
import { createReadStream, statSync } from 'node:fs';
import { stdin } from 'node:process';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { createGunzip } from 'node:zlib';
import { VenuewireError } from '../errors.js';

/** Far more than a stream of FAST messages or a template file has, and what a machine can still hold. */
const BYTES_MAX = 1 << 30;

const refused = (name: string, why: string): VenuewireError =>
  new VenuewireError('VW_CAPTURE_OPEN', `${name}: ${why}`, 'Check the path and the permissions.');

/**
 * The bytes of a file or FIFO, plain or gzip; `-` is standard input.
 * @throws VenuewireError `VW_CAPTURE_OPEN` when it cannot be read, is a device or a terminal, or has more than 1 GiB.
 */
export async function readWhole(file: string): Promise<Uint8Array> {
  const name = file === '-' ? 'standard input' : file;
  if (file === '-' && isatty(0)) throw refused(name, 'it is a terminal: pipe a file into it');
  try {
    const { isPacked, stream } = await peek(file === '-' ? stdin : open(file));
    return await collect(isPacked ? stream.pipe(createGunzip()) : stream, name, isPacked ? stream : undefined);
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    throw refused(name, cause instanceof Error ? cause.message : String(cause));
  }
}

function open(file: string): Readable {
  const status = statSync(file);
  if (!status.isFile() && !status.isFIFO())
    throw new Error(`it is ${status.isDirectory() ? 'a directory' : 'a device'}`);
  return createReadStream(file);
}

/** The first bytes say whether it is packed. */
async function peek(stream: Readable): Promise<{ readonly isPacked: boolean; readonly stream: Readable }> {
  const first = await new Promise<Buffer | null>((resolve, reject) => {
    const look = (): void => {
      const chunk = stream.read() as Buffer | null;
      if (chunk === null) return;
      stream.removeListener('readable', look);
      resolve(chunk);
    };
    stream
      .on('readable', look)
      .once('end', () => resolve(null))
      .once('error', reject);
  });
  if (first !== null) stream.unshift(first);
  return { isPacked: first?.[0] === 0x1f && first[1] === 0x8b, stream };
}

async function collect(stream: Readable, name: string, packed: Readable | undefined): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  packed?.once('error', (error) => stream.destroy(error));
  if (!stream.readableEnded) {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BYTES_MAX) {
        packed?.destroy();
        throw refused(name, `it has more than ${BYTES_MAX} bytes`);
      }
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks, size);
}
