/** `venuewire simulate`: a Nasdaq-shaped venue on loopback, with faults. */
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { API_VERSION, KIND } from '../patterns/venue.js';
import { capturedHistory } from '../simulator/captured-history.js';
import { type LineFaults, LoopbackVenue, type Means } from '../simulator/index.js';
import { probabilities, probability, wholeNumber } from './choose.js';
import { OK, usage } from './exit.js';
import { grouped, Output } from './output.js';
import { names, type SimulateTextOptions, simulateText } from './simulate-text.js';
import { say } from './terminal.js';

export interface FaultOptions {
  readonly loss: readonly number[];
  /** Probability that a burst begins, and the packets that it takes. */
  readonly burst: readonly [number, number];
  readonly duplicates: number;
  readonly reorder: number;
}

interface SimulateOptions extends FaultOptions {
  readonly seed: number;
  readonly symbols: number;
  readonly rate: number;
  readonly seconds: number;
  readonly messages?: number;
  readonly capture?: string;
  readonly rerequest: boolean;
  readonly replay: boolean;
  readonly glimpse: boolean;
  readonly join: 'live' | 'beginning' | 'snapshot';
  readonly once?: boolean;
}

/** Faults of lines A and B. */
export function lineFaults(options: FaultOptions): LineFaults[] {
  const [share, length] = options.burst;
  return [0, 1].map((i) => ({
    loss: options.loss[i] ?? options.loss[0] ?? 0,
    burst: { probability: share, length },
    duplicate: options.duplicates,
    reorder: options.reorder,
    reorderNs: 2e6,
  }));
}

/** The venue as a file that `venuewire run` takes. */
export function venueFile(venue: LoopbackVenue, means: readonly Means[], join: string): string {
  const { lines, addresses } = venue;
  const line = (address: string) => ({ type: 'udpMulticast', address, interface: '127.0.0.1' });
  const credentials = {
    type: 'userPassword',
    username: 'env:VENUEWIRE_SIMULATED_USER',
    password: 'env:VENUEWIRE_SIMULATED_PASSWORD',
  };
  const rungs = {
    rerequest: { type: 'request', pattern: 'moldudp64-rerequest', servers: [addresses.rerequest], timeout: '50ms' },
    replay: { type: 'request', pattern: 'soupbintcp-replay', servers: [addresses.replay], credentials, timeout: '2s' },
    glimpse: { type: 'snapshot', pattern: 'glimpse', servers: [addresses.glimpse], credentials },
  } as const;
  const file = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'simulated-totalview' },
    spec: {
      decoder: 'nasdaq-totalview-itch-5.0',
      framing: 'moldudp64',
      join,
      lines: { A: line(lines.A), B: line(lines.B) },
      directory: { message: 'stockDirectory', symbol: 'stock' },
      recovery: [{ type: 'waitForOtherLine', for: '5ms' }, ...means.map((m) => rungs[m])],
    },
  };
  return stringify(file, { aliasDuplicateObjects: false });
}

async function simulate(id: string | undefined, options: SimulateOptions & SimulateTextOptions): Promise<void> {
  if (id !== undefined) return simulateText(id, options);
  const history = options.capture === undefined ? undefined : await capturedHistory(options.capture);
  const venue = new LoopbackVenue({
    seed: options.seed,
    symbols: options.symbols,
    rate: options.rate,
    messages: options.messages ?? options.rate * options.seconds,
    faults: lineFaults(options),
    ...(history === undefined ? {} : { history }),
  });
  await venue.start();
  const means = (['rerequest', 'replay', 'glimpse'] as const).filter((m) => options[m]);
  const out = new Output();
  out.line(`# ${grouped(venue.history.length)} messages at ${grouped(options.rate)}/s, seed ${options.seed}`);
  if (means.some((m) => m !== 'rerequest')) {
    out.line('# export VENUEWIRE_SIMULATED_USER=SIMUSR VENUEWIRE_SIMULATED_PASSWORD=SIMPASS');
  }
  out.line(`# digest ${venue.history.digest().toString(16).padStart(16, '0')}`);
  out.line(venueFile(venue, means, options.join).trimEnd());
  await out.flush();
  say('Publishing; Ctrl-C ends it. Save the lines above as venue.yaml and: venuewire run venue.yaml --summary');
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  venue.begin();
  if (options.once) await Promise.race([venue.finished, stopped]);
  else await stopped;
  const { published, packets, lost, requests, answered, replayLogins, snapshots } = venue.stats();
  await venue.stop();
  say(
    `published ${grouped(published)} messages in ${grouped(packets)} packets; lost on A ${grouped(lost[0] ?? 0)}, on B ${grouped(lost[1] ?? 0)}; ` +
      `${grouped(requests)} requests (${grouped(answered)} answered), ${replayLogins} replays, ${snapshots} snapshots`,
  );
  process.exitCode = OK;
}

const BURST_MAX = 1_000_000;

/** `0.01,20` */
function burst(text: string): readonly [number, number] {
  const [share = '', length = '', ...more] = text.split(',');
  if (more.length > 0) throw usage(`--burst: '${text}' is not p,n`, 'Write for example 0.01,20.');
  return [probability('--burst')(share), wholeNumber('--burst', 0, BURST_MAX)(length)];
}

/** The options of the simulated venue's lines, for `simulate` and `demo`. */
export function faultOptions(command: Command, loss: readonly number[]): Command {
  return command
    .option(
      '--loss <p[,p]>',
      'part of the packets that a line loses; two numbers: A and B',
      probabilities('--loss'),
      loss,
    )
    .option('--burst <p,n>', 'a burst begins with probability p and loses n packets', burst, [0, 0] as const)
    .option('--duplicates <p>', 'part of the packets that come twice', probability('--duplicates'), 0.01)
    .option('--reorder <p>', 'part of the packets that come late, by up to 2 ms', probability('--reorder'), 0.01);
}

export function configure(command: Command): void {
  command
    .argument('[venue]', 'a venue that sends text: kraken-spot, kraken-futures, coinbase-exchange or binance-spot')
    .option('--instruments <names>', 'of such a venue, behind commas', names, ['AAA', 'BBB', 'CCC'])
    .option('--faults <names>', 'what goes wrong at such a venue, behind commas, or all', names, [])
    .option('--fault-every <s>', 'seconds between two of them', wholeNumber('--fault-every', 1, 3_600), 5)
    .option('--seed <n>', 'everything random comes from it', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--symbols <n>', 'stocks', wholeNumber('--symbols', 1, 10_000), 20)
    .option('--rate <n>', 'messages a second', wholeNumber('--rate', 1, 10_000_000), 10_000)
    .option('--seconds <n>', 'length of the day', wholeNumber('--seconds', 1, 86_400), 60)
    .option('--messages <n>', 'messages of the day, instead of its length', wholeNumber('--messages', 1, 100_000_000))
    .option('--capture <file>', 'publish the messages of a TotalView pcap or BinaryFILE instead');
  faultOptions(command, [0.01])
    .option('--no-rerequest', 'leave the re-request server out of the venue file')
    .option('--no-replay', 'leave the replay server out')
    .option('--no-glimpse', 'leave the snapshot server out')
    .option('--join <where>', 'where delivery begins: live, beginning or snapshot', 'beginning')
    .option('--once', 'end when the day is over')
    .addHelpText(
      'after',
      `
Prints the venue as a file for 'venuewire run'. The servers keep running after the day's end, until Ctrl-C.
Faults of a venue that sends text: drop, cutMidMessage, wrongChecksum, gap, damaged, silence, close1001, close1006,
close1013, http429, http503, slow, expiredToken (of venues with a login), clockSkew, maintenance. It needs the package ws.

Examples:
  venuewire simulate --seed 7 --rate 20000 --loss 0.02,0.05 > venue.yaml &
  VENUEWIRE_SIMULATED_USER=SIMUSR VENUEWIRE_SIMULATED_PASSWORD=SIMPASS venuewire run venue.yaml --summary
  venuewire simulate --capture day.pcap --burst 0.001,30 --no-glimpse
  venuewire simulate kraken-spot --faults wrongChecksum,drop,close1013 > venue.yaml &
`,
    )
    .action(simulate);
}
