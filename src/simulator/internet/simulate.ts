/** A ready venue that sends text, simulated on loopback: its own declarations, with other addresses and an authority of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VenuewireError } from '../../errors.js';
import type { Venue } from '../../patterns/venue.js';
import { Random } from '../random.js';
import { INTERNET_FAULTS, type InternetFault } from './faults.js';
import { SIMULATED, SYMBOLS } from './simulated.js';
import { SimulatedInternetVenue } from './venue.js';

const OWNER_ONLY = 0o600;
const RENEWED_AFTER_MS = 1_000;
/** Lines inside TLS and HTTPS: played by `certify` alone. */
const LINES: readonly string[] = ['betfair', 'oanda'];
/** Ready venues that can be simulated with real connections: those that are WebSockets. */
export const SIMULATED_INTERNET: readonly string[] = Object.keys(SIMULATED).filter((id) => !LINES.includes(id));

export interface InternetSimulationOptions {
  /** As the venue writes them; default: AAA, BBB and CCC. */
  readonly instruments?: readonly string[];
  /** Everything random comes from it. Default 1. */
  readonly seed?: number;
  /** Milliseconds between two changes of each book. Default 10. */
  readonly everyMs?: number;
  /** What goes wrong, in an order by the seed. Default: nothing. */
  readonly faults?: readonly InternetFault[];
  /** Milliseconds between two faults. Default 5,000. */
  readonly faultEveryMs?: number;
}

/** A simulated venue at work. */
export interface InternetSimulation {
  /** What `openFeed` connects to it by. */
  readonly venue: Venue;
  /** Certificate of the authority that the venue's protections name; it is gone after `stop`. */
  readonly caFile: string;
  /** The server with the true books: its counts, and what its clients are told. */
  readonly server: SimulatedInternetVenue;
  /** Faults that have happened, oldest first. */
  readonly struck: readonly InternetFault[];
  /** Does one now. */
  strike(fault: InternetFault): void;
  stop(): void;
}

/**
 * Simulates a ready venue on loopback, with real TLS and WebSockets; nothing leaves the machine.
 * @throws VenuewireError `VW_SIMULATOR_OPTION` when there is no such one; `VW_PEER_MISSING` without the package `ws`
 */
export async function simulateInternet(
  id: string,
  options: InternetSimulationOptions = {},
): Promise<InternetSimulation> {
  const { instruments = SYMBOLS, seed = 1, everyMs = 10, faults = [], faultEveryMs = 5_000 } = options;
  const simulated = SIMULATED_INTERNET.includes(id) ? SIMULATED[id] : undefined;
  if (simulated === undefined) {
    throw new VenuewireError(
      'VW_SIMULATOR_OPTION',
      `there is no simulated venue '${id}'`,
      `There are ${SIMULATED_INTERNET.join(', ')}.`,
    );
  }
  if (faults.includes('expiredToken') && simulated.usesToken === undefined) {
    throw new VenuewireError(
      'VW_SIMULATOR_OPTION',
      `${id} is not logged in to: no token of it expires`,
      "Leave 'expiredToken' out.",
    );
  }
  const server = new SimulatedInternetVenue(simulated.dialect, simulated.symbols ?? instruments, seed);
  await server.start();
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-simulated-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, server.authority.cert);
  const tokenFile = join(folder, 'token');
  const renew = (token: string): void => {
    server.issued = token;
    writeFileSync(tokenFile, token, { mode: OWNER_ONLY });
  };
  if (simulated.usesToken) {
    server.token = 'token-of-the-day';
    renew(server.token);
    server.renew = (token) => setTimeout(renew, RENEWED_AFTER_MS, token).unref();
  }
  const random = new Random(seed).fork('faults');
  const struck: InternetFault[] = [];
  const strike = (fault: InternetFault): void => {
    struck.push(fault);
    INTERNET_FAULTS[fault](server, random);
  };
  const timers = [setInterval(() => server.tick(), everyMs)];
  if (faults.length > 0)
    timers.push(setInterval(() => strike(faults[random.below(faults.length)] as InternetFault), faultEveryMs));
  const security = [{ type: 'tls' as const, ca: `file:${caFile}` }];
  return {
    venue: simulated.make(
      { url: server.url, instruments, security },
      { https: server.https, token: `file:${tokenFile}` },
    ),
    ...{ caFile, server, struck, strike },
    stop: () => {
      for (const timer of timers) clearInterval(timer);
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
