/** `venuewire gateway`: REST and WebSocket over venues, captures and event logs. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { Capture } from '../capture/packets.js';
import { VenuewireError } from '../errors.js';
import { openFeed } from '../feed/open.js';
import {
  type Gateway,
  type GatewayOptions,
  type GatewaySource,
  readTokens,
  serveGateway,
  type TokenDeclaration,
} from '../gateway/index.js';
import { openLog } from '../log/index.js';
import type { Reference } from '../patterns/types.js';
import { loadVenue } from '../venues/load.js';
import { again, decimalFrom, TIMER_SECONDS_MOST, wholeNumber } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { captureVenue } from './feeds.js';
import { grouped } from './output.js';
import { say } from './terminal.js';

interface GatewayVerbOptions {
  readonly listen: string;
  readonly tokens?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly origin: readonly string[];
  readonly console: boolean;
  readonly stamps?: boolean;
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly speed: number;
  readonly seconds?: number;
}

const VENUE_FILE = /\.(ya?ml|json|mjs|js)$/;

interface Named {
  readonly name: string;
  readonly source: GatewaySource;
}

async function opened(path: string, options: GatewayVerbOptions): Promise<Named> {
  if (!existsSync(path))
    throw usage(`there is no '${path}'`, 'Name a venue file, a capture or the folder of an event log.');
  if (statSync(path).isDirectory()) {
    const log = await openLog(path);
    if (log.holds === 'events')
      throw new VenuewireError('VW_LOG_EVENTS', `${path} holds events`, 'Name a log of messages.');
    return { name: log.venue, source: log.read({ tail: true }) };
  }
  const stamps = options.stamps === true;
  if (VENUE_FILE.test(path)) {
    const venue = await loadVenue(path);
    return { name: venue.name, source: await openFeed(venue, { stamps }) };
  }
  const { venue, capture, found } = await captureVenue(new Capture(path), options);
  for (const text of found) say(`${path}: ${text}`);
  return { name: venue.name, source: await openFeed(venue, { capture: { ...capture, speed: options.speed } }) };
}

/** Two captures of one venue are told apart by their files. */
function nameOf(named: Named, path: string, taken: Readonly<Record<string, GatewaySource>>): string {
  if (!(named.name in taken)) return named.name;
  const name = `${named.name} ${basename(path)}`;
  if (name in taken) throw usage(`'${path}' is named twice`, 'Name each once.');
  return name;
}

function tokensOf(path: string): readonly TokenDeclaration[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw usage(`--tokens: ${path} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, 'Check the path.');
  }
  try {
    return readTokens(parse(text), path);
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    throw usage(`--tokens: ${path} is no YAML or JSON`, 'docs/gateway.md has an example.');
  }
}

const reference = (text: string): Reference => (/^(env|file):/.test(text) ? text : `file:${text}`) as Reference;

function gatewayOptions(options: GatewayVerbOptions): GatewayOptions {
  const { tlsCertificate, tlsKey } = options;
  if ((tlsCertificate === undefined) !== (tlsKey === undefined))
    throw usage('--tls-certificate and --tls-key belong together', 'Give both.');
  return {
    listen: options.listen,
    origins: options.origin,
    console: options.console,
    ...(options.tokens === undefined ? {} : { tokens: tokensOf(options.tokens) }),
    ...(tlsCertificate === undefined || tlsKey === undefined
      ? {}
      : { tls: { certificate: reference(tlsCertificate), key: reference(tlsKey) } }),
  };
}

/** Until a signal, or the time is over. */
function ended(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(resolve, seconds * 1_000);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
}

function tellEnds(gateway: Gateway): void {
  for (const venue of gateway.venues.values()) {
    void venue.done.then(() => {
      if (gateway.isClosing) return;
      const { failure } = venue;
      say(
        failure
          ? `${venue.name} failed: ${failure.code} ${failure.message}`
          : `${venue.name} has ended; it is still served`,
      );
    });
  }
}

async function gateway(paths: readonly string[], options: GatewayVerbOptions): Promise<void> {
  const serving = gatewayOptions(options);
  const sources: Record<string, GatewaySource> = {};
  let served: Gateway;
  try {
    for (const path of paths) {
      const named = await opened(path, options);
      sources[nameOf(named, path, sources)] = named.source;
    }
    served = await serveGateway(sources, serving);
  } catch (error) {
    for (const source of Object.values(sources)) source.close();
    throw error;
  }
  const isOpen = served.tokens.none;
  say(
    `gateway at ${served.address}${options.console ? '/ (console)' : ''}: ${Object.keys(sources).join(', ')}; ends with Ctrl-C`,
  );
  if (isOpen) say('No tokens: whoever reaches it on this machine may see everything');
  tellEnds(served);
  await ended(options.seconds);
  const { clients, accepted, requests, slow, slowEnded } = served.statistics();
  say(
    `closing: ${grouped(clients)} clients of ${grouped(accepted)} are told, ${grouped(requests)} requests were answered, ` +
      `${grouped(slow)} times a client was slow, ${grouped(slowEnded)} were ended for it`,
  );
  await served.close();
  process.exitCode = [...served.venues.values()].some(({ status }) => status === 'failed') ? FINDINGS : OK;
}

export function configure(command: Command): void {
  command
    .argument('<source...>', 'venue files (opened live), captures, folders of event logs (followed as they grow)')
    .option('--listen <address>', 'where to listen; port 0: a free one', '127.0.0.1:8080')
    .option('--tokens <file>', 'who may do what: a YAML or JSON file of tokens (docs/gateway.md)')
    .option('--tls-certificate <reference>', 'certificate, PEM: a path, file:PATH or env:NAME')
    .option('--tls-key <reference>', 'its key')
    .option('--origin <origin>', 'web pages of this origin may ask; again for more', again, [])
    .option('--no-console', 'leave the console out')
    .option('--stamps', 'latency by stage, for live venues')
    .option('--venue <file-or-id>', 'of captures: venue file, or a ready venue (venuewire list venues)')
    .option('--decoder <id>', 'of captures: message table, where there is no venue')
    .option('--framing <id>', 'of captures: how packets carry messages')
    .option('--line <name=ip:port>', 'of captures: destination that is this line; again for more', again, [])
    .option('--speed <n>', 'of captures: times the original speed; 0: as fast as it goes', decimalFrom('--speed', 0), 0)
    .option('--seconds <n>', 'end after so many seconds', wholeNumber('--seconds', 1, TIMER_SECONDS_MOST))
    .addHelpText(
      'after',
      `
REST below /v1 (GET /v1/openapi.json describes it), streams at /v1/stream (WebSocket), Prometheus at /metrics, the console
at /. Without tokens it listens on loopback alone. It needs the packages fastify and ws; msgpackr for MessagePack,
prom-client for metrics, @venuewire/console for that page.

Examples:
  venuewire gateway totalview.yaml
  venuewire gateway totalview.yaml pitch.yaml --listen 0.0.0.0:8443 --tokens tokens.yaml \\
    --tls-certificate gateway.pem --tls-key gateway.key --origin https://desk.example
  venuewire gateway day.pcap --venue nasdaq-totalview --speed 1
  venuewire gateway /var/log/venue/totalview --no-console
  venuewire simulate --loss 0.02,0.05 > venue.yaml & venuewire gateway venue.yaml --stamps
`,
    )
    .action(gateway);
}
