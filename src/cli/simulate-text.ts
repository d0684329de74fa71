/** `venuewire simulate VENUE`: a venue that sends text on loopback, with faults. */
import { stringify } from 'yaml';
import { API_VERSION, KIND } from '../patterns/venue.js';
import { INTERNET_FAULTS, type InternetFault } from '../simulator/internet/faults.js';
import { SIMULATED_INTERNET, simulateInternet } from '../simulator/internet/simulate.js';
import { SIMULATED } from '../simulator/internet/simulated.js';
import { didYouMean, OK, usage } from './exit.js';
import { grouped, Output } from './output.js';
import { say } from './terminal.js';

export interface SimulateTextOptions {
  readonly seed: number;
  readonly seconds?: number;
  readonly instruments: readonly string[];
  readonly faults: readonly string[];
  readonly faultEvery: number;
}
const MILLISECONDS = 1_000;
const FAULTS = Object.keys(INTERNET_FAULTS);

/** Names behind commas; `all` of the faults are every one. */
export const names = (text: string): string[] => text.split(',').filter((name) => name !== '');

function faultsOf(asked: readonly string[], usesToken: boolean): InternetFault[] {
  // Where nobody logs in no token expires.
  if (asked.includes('all')) return FAULTS.filter((f) => usesToken || f !== 'expiredToken') as InternetFault[];
  const strange = asked.find((name) => !FAULTS.includes(name));
  if (strange !== undefined) {
    throw usage(`--faults: there is no '${strange}'`, didYouMean(strange, FAULTS, `simulate --help`));
  }
  return asked as InternetFault[];
}

export async function simulateText(id: string, options: SimulateTextOptions): Promise<void> {
  if (!SIMULATED_INTERNET.includes(id)) {
    throw usage(
      `there is no simulated venue '${id}'`,
      `There are ${SIMULATED_INTERNET.join(', ')}; without a name it is one of Nasdaq's kind.`,
      'VW_VENUE_UNKNOWN',
    );
  }
  const { instruments, seed, seconds } = options;
  const faults = faultsOf(options.faults, SIMULATED[id]?.usesToken === true);
  const simulation = await simulateInternet(id, {
    instruments,
    seed,
    faults,
    faultEveryMs: options.faultEvery * MILLISECONDS,
  });
  const { decoder, lines, integrity, security, subscription } = simulation.venue;
  const spec = { decoder: decoder.id, lines, integrity, security, subscription };
  const out = new Output();
  out.line(`# ${id} on loopback, seed ${seed}; its authority is gone when it ends`);
  const file = { apiVersion: API_VERSION, kind: KIND, metadata: { name: `simulated-${id}` }, spec };
  out.line(stringify(file, { aliasDuplicateObjects: false }).trimEnd());
  await out.flush();
  say('Ctrl-C ends it. Save the lines above as venue.yaml and: venuewire run venue.yaml --summary');
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    if (seconds !== undefined) setTimeout(resolve, seconds * MILLISECONDS);
  });
  const { connections, heard, asked } = simulation.server;
  simulation.stop();
  const struck = faults.map((name) => `${name} ${simulation.struck.filter((s) => s === name).length}`);
  say(
    `${grouped(connections)} connections, ${grouped(heard.length)} messages of clients, ${grouped(asked.length)} requests` +
      (struck.length === 0 ? '' : `; faults: ${struck.join(', ')}`),
  );
  process.exitCode = OK;
}
