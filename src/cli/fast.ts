/** `venuewire decode FILE --fast TEMPLATES`: a stream of FAST messages without packets around them. */
import { VenuewireError } from '../errors.js';
import { decoderFromFast } from '../fast/import.js';
import type { FastMessage } from '../fast/index.js';
import { FINDINGS, OK, usage } from './exit.js';
import type { Format } from './format.js';
import { Output, Progress } from './output.js';
import { say } from './terminal.js';
import { readWhole } from './whole-file.js';

export interface FastDecodeOptions {
  readonly fast: string;
  /** Bytes in front of each message that are not FAST. */
  readonly preamble?: number;
  /** The stream is in blocks: each begins with its length. */
  readonly blocks?: boolean;
  readonly format: Format;
  readonly message?: string[];
  readonly limit?: number;
}

export async function decodeFast(file: string, options: FastDecodeOptions): Promise<void> {
  if (options.format !== 'ndjson' && options.format !== 'pretty')
    throw usage(`--fast prints ndjson or pretty, not ${options.format}`, 'Leave --format out, or choose one of these.');
  const { preamble = 0, blocks = false } = options;
  const templates = await readWhole(options.fast);
  const decoder = decoderFromFast(templates, { file: options.fast, preamble, blocks });
  const only = options.message && new Set(options.message.map((m) => m.toLowerCase()));
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const bytes = await readWhole(file);
  const out = new Output();
  const progress = new Progress('decode', bytes.length);
  let printed = 0;
  let number = 0;
  let fault: VenuewireError | undefined;
  try {
    for (const m of decoder.messages(bytes)) {
      number++;
      if (only !== undefined && !only.has(m.template.toLowerCase())) continue;
      out.line(options.format === 'pretty' ? pretty(m, number) : line(m, number));
      if (out.full) {
        progress.update(m.next);
        await out.flush();
      }
      if (++printed >= limit) break;
    }
  } catch (error) {
    if (!(error instanceof VenuewireError)) throw error;
    fault = error;
  } finally {
    progress.done();
    await out.flush();
  }
  // Operators build on what was before: behind a broken message nothing can be believed.
  if (fault !== undefined) say(`message ${number + 1}: ${fault.code}: ${fault.message}\n  ${fault.hint}`);
  process.exitCode = fault === undefined ? OK : FINDINGS;
}

/** The message's own number where it has one (FIX tag 34), else its place in the file. */
const sequenceOf = (m: FastMessage, number: number): string => String(m.fields.get('MsgSeqNum') ?? number);

const line = (m: FastMessage, packet: number): string =>
  JSON.stringify({
    packet,
    time: '0',
    channel: 'file',
    sequence: sequenceOf(m, packet),
    message: m.template,
    fields: m.fields,
  });

const pretty = (m: FastMessage, number: number): string =>
  `#${number} ${m.template} (${m.id}) ${sequenceOf(m, number)}\n${JSON.stringify(m.fields, undefined, 2)
    .split('\n')
    .slice(1, -1)
    .join('\n')}`;
