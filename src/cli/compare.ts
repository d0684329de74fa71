/** `venuewire compare`: two handlers of one venue side by side, and the switch from one to the other. */
import { createServer, type Server } from 'node:http';
import type { Command } from 'commander';
import {
  Cutover,
  type CutoverStep,
  differenceText,
  readSide,
  type Score,
  type SideMessage,
  type SideSource,
} from '../compare/index.js';
import { oneOf, TIMER_SECONDS_MOST, wholeNumber } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { grouped, Output } from './output.js';
import { MessagePublisher } from './publish.js';
import { say } from './terminal.js';

interface CompareOptions {
  readonly old: string;
  readonly new: string;
  readonly minute: number;
  readonly wait: number;
  readonly promoteAfter?: number;
  readonly forward?: string;
  readonly channels?: ReadonlyMap<string, string>;
  readonly status?: string;
  readonly seconds?: number;
  readonly format: 'text' | 'ndjson';
}

const LOOK_MS = 20;
const MS_PER_SECOND = 1_000;

const plain = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;

/** How it stands, for whoever asks: the step, the last minute, everything so far, and what was passed on. */
function statusOf({ step, active, comparison, ledger }: Cutover): object {
  const { minutes, total, first, equalMinutes } = comparison;
  return { step, active, equalMinutes, minute: minutes.at(-1), total, ledger, first: first && differenceText(first) };
}

/** Answers `GET /status` with how it stands, and probes at `/livez` and `/readyz`. */
async function serveStatus(cutover: Cutover, place: string): Promise<Server> {
  const [, host, port] = /^(.*):(\d+)$/.exec(place) ?? [];
  if (port === undefined) throw usage(`--status '${place}' is no place to listen`, 'Write :9464, or 127.0.0.1:9464.');
  const server = createServer((request, response) => {
    const isKnown = ['/status', '/livez', '/readyz'].includes(request.url ?? '');
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(isKnown ? statusOf(cutover) : {}, plain)}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(usage(`--status ${place}: ${cause.code}`, 'Choose another port, or an address of this machine.')),
    );
    server.listen(Number(port), host || '0.0.0.0', resolve);
  });
  return server.unref();
}

/** Lines of what is found, as it is found. */
class Report {
  readonly #out: Output;
  readonly #format: 'text' | 'ndjson';
  #minutes = 0;
  #difference = false;
  constructor(out: Output, format: 'text' | 'ndjson') {
    this.#out = out;
    this.#format = format;
  }

  line(kind: string, of: object, text: readonly string[]): void {
    if (this.#format === 'ndjson') this.#out.line(JSON.stringify({ [kind]: of }, plain));
    else for (const line of text) this.#out.line(line);
  }
  /** What is new since the last look. */
  look({ comparison }: Cutover): void {
    for (; this.#minutes < comparison.minutes.length; this.#minutes++) {
      const score = comparison.minutes[this.#minutes] as Score;
      this.line('minute', score, [scoreText(score)]);
    }
    if (this.#difference || comparison.first === undefined) return;
    this.#difference = true;
    // Buffers have a form of their own in JSON.
    const { old, new: young, ...rest } = comparison.first;
    const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? {} : Buffer.from(bytes).toString('hex'));
    const shown = { ...rest, ...(old && { old: hex(old) }), ...(young && { new: hex(young) }) };
    this.line('difference', shown, differenceText(comparison.first));
  }
}

const scoreText = ({ from, compared, equal, score, different, missing, twice }: Score): string =>
  `${new Date(from).toISOString()}  ${(score * 100).toFixed(4)} %: ${grouped(equal)} of ${grouped(compared)} equal` +
  `${different > 0 ? `, ${different} different` : ''}${missing > 0 ? `, ${missing} missing` : ''}${twice > 0 ? `, ${twice} twice` : ''}`;

async function compare(options: CompareOptions): Promise<void> {
  if (options.promoteAfter !== undefined && options.forward === undefined)
    throw usage(
      '--promote-after: there is nothing to switch',
      'Say where messages are passed on: --forward zmq:tcp://…',
    );
  const publisher = options.forward === undefined ? undefined : await MessagePublisher.bind(options.forward);
  const out = new Output();
  const report = new Report(out, options.format);
  let over = false;
  const cutover = new Cutover({
    minuteMs: options.minute * MS_PER_SECOND,
    waitMs: options.wait,
    promoteAfter: options.promoteAfter ?? Number.POSITIVE_INFINITY,
    forward: ({ channel, sequence, message, fields }) =>
      publisher?.add({ channel, sequence, time: 0n, message, fields: fields as object }),
    stepped: (step, why) => {
      report.look(cutover);
      report.line('step', { step, why }, [`${step}: ${why}`]);
      // Whoever only compares is done with the first difference; whoever passes on goes on.
      if (step === 'rolledBack' && publisher === undefined) over = true;
    },
  });
  const names = options.channels ?? new Map<string, string>();
  const take = (side: 'old' | 'new') => (message: SideMessage) => {
    const name = side === 'new' ? names.get(message.channel) : undefined;
    cutover.add(side, name === undefined ? message : { ...message, channel: name }, Date.now());
  };
  const sides = [await readSide(options.old, take('old')), await readSide(options.new, take('new'))] as const;
  say(
    `comparing ${options.old} with ${options.new}${publisher ? `, passed on at ${publisher.endpoint}` : ''}; ends with Ctrl-C`,
  );
  const status = options.status === undefined ? undefined : await serveStatus(cutover, options.status);
  const end = (): void => {
    over = true;
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const timer = options.seconds === undefined ? undefined : setTimeout(end, options.seconds * MS_PER_SECOND);
  try {
    await turn(cutover, sides, report, out, publisher, () => over);
    report.look(cutover);
    finish(cutover, sides, report);
    await out.flush();
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
    for (const side of sides) side.close();
    publisher?.close();
    status?.close();
  }
}

async function turn(
  cutover: Cutover,
  sides: readonly [SideSource, SideSource],
  report: Report,
  out: Output,
  publisher: MessagePublisher | undefined,
  isOver: () => boolean,
): Promise<void> {
  let failed: unknown;
  // The end of a side that is not passed on any more is none of ours.
  for (const side of sides)
    side.done.catch((cause) => {
      failed = cause;
    });
  while (!isOver()) {
    if (failed !== undefined) throw failed;
    cutover.tick(Date.now());
    report.look(cutover);
    await publisher?.flush();
    await out.flush();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await publisher?.flush();
}

/** `old=new,…`: the old side's name by the new side's. */
function channelNames(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(',').map((pair) => {
      const [old, young, ...more] = pair.split('=');
      if (!old || !young || more.length > 0)
        throw usage(`--channels: '${pair}' is not old=new`, 'Write --channels totalview=totalview-2');
      return [young, old];
    }),
  );
}

const GOOD: readonly CutoverStep[] = ['shadow', 'promoted', 'oldRemoved'];

function finish(cutover: Cutover, sides: readonly [SideSource, SideSource], report: Report): void {
  const { comparison, ledger, step, active } = cutover;
  const { total, before, waiting } = comparison;
  const skipped = sides[0].skipped + sides[1].skipped;
  const { from: _, ...counts } = total;
  report.line('summary', { step, active, ...counts, before, waiting, skipped, ...ledger }, [
    `${step}, ${active} is passed on; ${(total.score * 100).toFixed(4)} %: ${grouped(total.equal)} of ${grouped(total.compared)} equal; ` +
      `${grouped(before)} from before both were there, ${grouped(waiting)} waiting, ${grouped(skipped)} without a number`,
    `passed on ${grouped(ledger.forwarded)} = old ${grouped(ledger.fromOld)} + new ${grouped(ledger.fromNew)}; ` +
      `not repeated ${grouped(ledger.notRepeated)}, lost ${grouped(ledger.lost)}`,
  ]);
  const isGood = GOOD.includes(step) && comparison.first === undefined && total.compared > 0 && ledger.lost === 0;
  process.exitCode = isGood ? OK : FINDINGS;
}

export function configure(command: Command): void {
  command
    .requiredOption('--old <source>', 'zmq: and an endpoint, or a file of JSON lines')
    .requiredOption('--new <source>', 'the same, of the handler that is to replace it')
    .option('--minute <s>', 'seconds that a score is of', wholeNumber('--minute', 1, 3_600), 60)
    .option(
      '--wait <ms>',
      'a message that one side has not after this is missing there',
      wholeNumber('--wait', 1, 600_000),
      5_000,
    )
    .option(
      '--forward <address>',
      'pass each message on once: the old side’s, then the new side’s; zmq:tcp://127.0.0.1:5557',
    )
    .option(
      '--promote-after <n>',
      'switch to the new side after so many equal minutes',
      wholeNumber('--promote-after', 1, 1_440),
    )
    .option('--channels <old=new,…>', 'channels that the new side calls otherwise', channelNames)
    .option('--status <address>', 'answer GET /status with how it stands, as JSON: :9464')
    .option('--seconds <n>', 'end after so many seconds', wholeNumber('--seconds', 1, TIMER_SECONDS_MOST))
    .addOption(oneOf('--format <name>', 'how it is printed', ['text', 'ndjson'] as const, 'text'))
    .addHelpText(
      'after',
      `
Messages are put side by side by the venue's sequence number, and compared by name and fields; where two differ, the bytes around
the first difference are shown. A side is venuewire run --publish, venuewire run > file, or any handler that says channel, sequence,
message and fields of a message as JSON or MessagePack. The first difference rolls back: the old side is passed on again.
docs/migration.md goes through a whole cut-over.
The one channel of a venue without channels is called as the venue is: --channels pairs the two names.

Exit codes: 0 equal so far, 1 a difference, a loss, or nothing to compare.

Examples:
  venuewire compare --old zmq:tcp://127.0.0.1:5556 --new zmq:tcp://127.0.0.1:5566
  venuewire compare --old legacy.ndjson --new zmq:tcp://127.0.0.1:5566 --format ndjson
  venuewire compare --old zmq:tcp://a:5556 --new zmq:tcp://b:5556 --forward zmq:tcp://0.0.0.0:5557 --promote-after 30
`,
    )
    .action(compare);
}
