/**
 * What is planned is not opened: a venue is held against a machine, a day and another venue before anything connects. What
 * `openFeed` would refuse is found by the very code that refuses it.
 */
import { VenuewireError } from '../errors.js';
import { compileFaults } from '../feed/compile.js';
import { jsonDecoderOf, withChannels } from '../internet/replay.js';
import type { Venue, VenueDeclaration, VenueResource } from '../patterns/venue.js';
import { tlsTransport } from '../transports/tls.js';
import { readVenue, resolveVenue, type VenueReading } from '../venues/load.js';
import { type Change, changesOf } from './changes.js';
import { checkDeclaredLines } from './check-lines.js';
import { checkMachine } from './check-machine.js';
import { checkRecovery } from './check-recovery.js';
import { checkRest, isInstalled } from './check-rest.js';
import { checkSecrets } from './check-secrets.js';
import { type Machine, readMachine } from './machine.js';
import { SEVERITIES, type Severity } from './rules.js';
import { type Burst, type Finding, finding, type Subject } from './subject.js';

export type { Change, Effect } from './changes.js';
export { type Machine, type MachineInterface, machineFrom, readMachine } from './machine.js';
export { RULES, type RuleId, type RuleMeaning, type Severity } from './rules.js';
export { sarif } from './sarif.js';
export type { Burst, Finding } from './subject.js';

/** A venue in any of its forms: a file's path or text, a declaration, a resource. */
export type VenueSource = string | URL | Venue | VenueDeclaration | VenueResource;

export interface PlanOptions {
  /** Facts about the machine that it will run on. Default: this one; false: none is looked at. */
  readonly machine?: Machine | false;
  /** What runs now: differences are listed with what they do. */
  readonly against?: VenueSource;
  /** Day that it is to run on, `YYYY-MM-DD`. Default: today. */
  readonly date?: string;
  /** What the venue sends at its peak. Default: the annotation `venuewire.io/burst`, packets a second. */
  readonly burst?: Burst;
  /** As for `openFeed`. Default 8 MiB. */
  readonly receiveBufferBytes?: number;
  /** false: references are not looked up, as where the file is reviewed and not run. Default true. */
  readonly secrets?: boolean;
  /** Default: now. */
  readonly now?: Date;
}

export interface Plan {
  /** Name of the venue; its file, where it could not be read. */
  readonly name: string;
  readonly file: string | undefined;
  /** Errors first, then warnings, then notes. */
  readonly findings: readonly Finding[];
  /** Against what runs; undefined where nothing was given. */
  readonly changes: readonly Change[] | undefined;
  /** How many findings there are of each severity. */
  readonly counts: Readonly<Record<Severity, number>>;
}

const DEFAULT_BUFFER = 8 << 20;
/** Packets a second that a line is expected to bring, in a venue file's metadata. */
export const BURST_ANNOTATION = 'venuewire.io/burst';

/** A venue that is no file, read as one: it has no places. */
async function reading(source: VenueSource): Promise<VenueReading> {
  if (typeof source === 'string' || source instanceof URL) return readVenue(source);
  const venue = await resolveVenue(source);
  const metadata = 'metadata' in source ? (source.metadata as VenueReading['metadata']) : {};
  return { venue, faults: [], file: '', root: [], metadata, place: () => undefined };
}

function burstOf(options: PlanOptions, annotations: VenueReading['metadata']['annotations']): Burst | undefined {
  if (options.burst !== undefined) return options.burst;
  const text = annotations?.[BURST_ANNOTATION];
  const packetsPerSecond = Number(text);
  return text === undefined || !(packetsPerSecond > 0) ? undefined : { packetsPerSecond };
}

/** What opening it would fail with, without sending or reading a secret; with them where all are there. */
function refusals(venue: Venue, secrets: boolean, add: (f: Finding, path: readonly PropertyKey[]) => void): void {
  // The line of a venue that sends text is connected by us, whatever its network.
  const lines = Object.entries(venue.lines ?? {});
  const [, network] = jsonDecoderOf(venue) === undefined ? [] : (lines[0] ?? []);
  const whole = network === undefined ? venue : withChannels(venue, network, []);
  const transports = network && { lines: Object.fromEntries(lines.map(([name]) => [name, tlsTransport])) };
  for (const { path, error } of compileFaults(whole, { secrets, tls: tlsTransport, transports })) {
    add({ rule: error.code, severity: 'error', path: '', message: error.message, remedy: error.hint }, path);
  }
}

const byWeight = (a: Finding, b: Finding): number => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);

function checkAll(
  subject: Subject,
  options: PlanOptions,
  add: (f: Finding, path: readonly PropertyKey[]) => void,
): void {
  checkDeclaredLines(subject);
  checkMachine(subject);
  checkRecovery(subject);
  checkRest(subject);
  let isWhole = options.secrets !== false;
  if (isWhole) {
    checkSecrets({
      ...subject,
      found: (rule, ...rest) => {
        isWhole &&= rule !== 'secret-missing';
        subject.found(rule, ...rest);
      },
    });
  }
  refusals(subject.venue, isWhole, add);
}

/**
 * Holds a venue against a machine, a day and another venue. Nothing is opened, connected to or sent; secrets are looked up,
 * and are in nothing that comes of it.
 * @throws VenuewireError what `loadVenue` throws of a file that cannot be read at all, or of `against`.
 */
export async function plan(source: VenueSource, options: PlanOptions = {}): Promise<Plan> {
  const { venue, faults, file, root, metadata, place } = await reading(source);
  const findings: Finding[] = [];
  const add = (f: Finding, path: readonly PropertyKey[]): void => {
    const at = place(path);
    const shown = path.map(String).join('.');
    findings.push({ ...f, path: shown, ...(at === undefined ? {} : { at: { file, line: at.line, column: at.col } }) });
  };
  for (const { path, message } of faults) {
    const remedy = 'Correct this place; schema/venue.schema.json has every field with its meaning.';
    add({ rule: 'VW_VENUE', severity: 'error', path: '', message, remedy }, path);
  }
  if (venue !== undefined) {
    const now = options.now ?? new Date();
    const subject: Subject = {
      venue,
      machine: options.machine === false ? undefined : (options.machine ?? readMachine()),
      burst: burstOf(options, metadata.annotations),
      receiveBufferBytes: options.receiveBufferBytes ?? DEFAULT_BUFFER,
      day: options.date ?? now.toISOString().slice(0, 10),
      now,
      installed: isInstalled,
      found: (rule, path, message, remedy) => add(finding(rule, '', message, remedy), [...root, ...path]),
    };
    checkAll(subject, options, (f, path) => add(f, [...root, ...path]));
  }
  const against = options.against === undefined ? undefined : await reading(options.against);
  if (against !== undefined && against.venue === undefined) {
    const [first] = against.faults;
    throw new VenuewireError(
      'VW_VENUE',
      `${against.file}: ${first?.message ?? 'is no venue'}`,
      'What is compared with has to be a venue: plan it by itself first.',
    );
  }
  const counts = Object.fromEntries(SEVERITIES.map((s) => [s, findings.filter((f) => f.severity === s).length]));
  return {
    name: venue?.name ?? file,
    file: file === '' ? undefined : file,
    findings: findings.sort(byWeight),
    changes: against?.venue === undefined || venue === undefined ? undefined : changesOf(against.venue, venue),
    counts: counts as Record<Severity, number>,
  };
}
