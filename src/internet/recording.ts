/** Recordings of venues that send text: a frame or a message a line, plain or gzip. */
import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { VenuewireError } from '../errors.js';
import { epochSeconds } from '../json/reader.js';

/** A message that came in, and when. */
export interface RecordedMessage {
  readonly text: string;
  readonly receivedNs: bigint;
  readonly url?: string | undefined;
}

/** Characters of a line. */
const LINE_MAX = 64 << 20;
const GZIP = Buffer.from([0x1f, 0x8b]);
const PIECE = 1 << 18;

interface Frame {
  readonly t?: unknown;
  readonly dir?: unknown;
  readonly url?: unknown;
  readonly text?: unknown;
}

/** The bytes of a file, unpacked where it is gzip. */
async function bytesOf(file: FileHandle): Promise<AsyncIterable<Buffer>> {
  const begin = Buffer.alloc(GZIP.length);
  await file.read(begin, 0, GZIP.length, 0);
  const bytes = file.createReadStream({ start: 0, autoClose: false, highWaterMark: PIECE });
  if (!begin.equals(GZIP)) return bytes;
  const unpacked = createGunzip();
  bytes.on('error', (error) => unpacked.destroy(error));
  return bytes.pipe(unpacked);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let file: FileHandle | undefined;
  let rest = '';
  try {
    file = await open(path);
    for await (const chunk of await bytesOf(file)) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length <= LINE_MAX) continue;
      throw new VenuewireError(
        'VW_RECORDING_SIZE',
        `${path}: a line of more than ${LINE_MAX} characters`,
        'A recording has a message a line: compare the file with docs/internet.md.',
      );
    }
    yield rest + decoder.end();
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    throw new VenuewireError(
      'VW_RECORDING',
      `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      'Check the path and that the file is whole.',
      cause,
    );
  } finally {
    await file?.close();
  }
}

/** The frame that a line is; undefined where the line is itself a message of the venue. */
function frameOf(line: string): Frame | undefined {
  if (!line.startsWith('{"t":') && !line.startsWith('{"dir":') && !line.startsWith('{"name":')) return undefined;
  try {
    const frame = JSON.parse(line) as Frame;
    return typeof frame.text === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The messages that came in, in order. A line without a time has that of the line before.
 * @throws VenuewireError `VW_RECORDING` when the file cannot be read, `VW_RECORDING_SIZE` for an endless line.
 */
export async function* recordedMessages(path: string): AsyncGenerator<RecordedMessage> {
  let receivedNs = 0n;
  for await (const raw of linesOf(path)) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '') continue;
    const frame = frameOf(line);
    if (frame === undefined) {
      yield { text: line, receivedNs };
      continue;
    }
    const time = typeof frame.t === 'string' ? epochSeconds(frame.t) : undefined;
    receivedNs = time ?? receivedNs;
    if (frame.dir === 'open' || frame.dir === 'out') continue;
    yield { text: frame.text as string, receivedNs, url: typeof frame.url === 'string' ? frame.url : undefined };
  }
}
