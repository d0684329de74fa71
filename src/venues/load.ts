/**
 * Venues from files: YAML (or JSON) with the schema of a venue resource, or a module that exports one. Errors say where in
 * the file, and what may stand there.
 */
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decoders, findDecoder } from '../decoders/registry.js';
import { VenuewireError } from '../errors.js';
import { nearestWord } from '../nearest.js';
import { findFraming, framings } from '../patterns/framings.js';
import {
  API_VERSION,
  defineVenue,
  KIND,
  type Venue,
  type VenueDeclaration,
  type VenueDocument,
  type VenueFault,
  type VenueResource,
  venueFaults,
  venueJsonSchema,
  venueResourceSchema,
} from '../patterns/venue.js';
import { printableWord } from '../printable.js';
import { folderOf, isModule, isPath, loadOwn, readText } from './own.js';
import { findPattern, findVenue, type PatternEntry, patterns, type VenueEntry } from './registry.js';
import { viaProxy } from './via.js';
import { readYaml } from './yaml.js';

/** So many faults are told of one file; whoever has more has another problem. */
const FAULTS_TOLD = 20;
/** Keys are told as far as this. */
const KEY_LENGTH = 64;

/** A place that is not right in a venue's declaration. */
export interface ReadFault {
  readonly path: readonly PropertyKey[];
  /** What is not right, beginning with the path. Values are never repeated. */
  readonly message: string;
}

/** A venue as it was read: what it declares, or what is not right, and where it stands. */
export interface VenueReading {
  /** The venue; undefined where there are faults. */
  readonly venue: Venue | undefined;
  readonly faults: readonly ReadFault[];
  /** As it is written, names not yet looked up; undefined for a module, and where there are faults. */
  readonly resource?: VenueResource;
  /** What errors call the file. */
  readonly file: string;
  /** What the venue's own parts begin with in the file: `spec`, or nothing for a module. */
  readonly root: readonly PropertyKey[];
  readonly metadata: Readonly<{
    labels?: Readonly<Record<string, string>> | undefined;
    annotations?: Readonly<Record<string, string>> | undefined;
  }>;
  /** Line and column of a path, from 1; undefined for a module. */
  readonly place: (path: readonly PropertyKey[]) => { readonly line: number; readonly col: number } | undefined;
}

/** How a venue is read. */
export interface VenueReadOptions {
  /** By the proxy that others ask: its own `via` is not followed, so that one file is everybody's. */
  readonly isProxy?: boolean;
}

/**
 * Reads a venue, and takes down what is not right instead of throwing it: for tools that show every place.
 * @param source as `loadVenue` takes it.
 * @throws VenuewireError `VW_VENUE_FILE`, `VW_VENUE_SYNTAX`, `VW_MODULE`, `VW_VENUE_FLAT`: there is nothing to read.
 */
export async function readVenue(source: string | URL, options: VenueReadOptions = {}): Promise<VenueReading> {
  const given = source instanceof URL && source.protocol === 'file:' ? fileURLToPath(source) : String(source);
  const isText = given.includes('\n') || given.trimStart().startsWith('{');
  if (!isText && isModule(given)) {
    const own = await loadOwn('venue', given, process.cwd());
    const venue = await resolveVenue(own, folderOf(given.split('#', 1)[0]));
    return { venue, faults: [], file: given, root: [], metadata: {}, place: () => undefined };
  }
  const file = isText ? 'venue' : given;
  const text = isText ? given : readText(given, await fileHint(given));
  const { data, place } = readYaml(text, file);
  const flat = flatForm(data);
  if (flat !== undefined) throw flatError(printableWord(file), flat);
  const result = venueResourceSchema.safeParse(data);
  const faults = result.success ? [] : venueFaults(result.error);
  let venue: Venue | undefined;
  if (result.success) {
    try {
      const { metadata, spec } = result.data;
      const { via: _, ...own } = spec;
      const declared = options.isProxy === true ? own : spec;
      venue = await resolve({ name: metadata.name, ...declared }, faults, folderOf(isText ? undefined : given), [
        'spec',
      ]);
    } catch (cause) {
      if (faults.length === 0) throw cause;
    }
  }
  return {
    venue,
    faults: faults.map((f) => ({
      path: f.path,
      message: `${pathText(f) || 'the document'} ${f.message}${known(f, data)}`,
    })),
    file,
    root: ['spec'],
    metadata: result.success ? result.data.metadata : {},
    ...(result.success ? { resource: data as VenueResource } : {}),
    place,
  };
}

/**
 * A venue from a file, by path or `file:` URL, or from the text of one (a text has more than one line, or begins with `{`).
 * Decoders, framings and patterns are found by id, or in files of one's own by path, which counts from the venue's file.
 * A module (`./venue.mjs`, `./venue.mjs#name`) exports the venue.
 * @throws VenuewireError `VW_VENUE_FILE` when it cannot be read, `VW_VENUE_SYNTAX` when it is no YAML, `VW_MODULE` when a module
 * is not in order, `VW_VENUE_FLAT` when it has the form of before `spec`, `VW_VENUE` when it is no venue: each place with
 * file, line, column, path and what may stand there. Values are never repeated.
 */
export async function loadVenue(source: string | URL, options: VenueReadOptions = {}): Promise<Venue> {
  const { venue, faults, file, place } = await readVenue(source, options);
  if (venue !== undefined) return venue;
  const lines = faults.slice(0, FAULTS_TOLD).map(({ path, message }) => {
    const { line, col } = place(path) ?? { line: 1, col: 1 };
    return `${printableWord(file)}:${line}:${col}: ${message}`;
  });
  if (faults.length > FAULTS_TOLD) lines.push(`… and ${faults.length - FAULTS_TOLD} more places`);
  throw new VenuewireError(
    'VW_VENUE',
    lines.join('\n'),
    'Correct these places. schema/venue.schema.json has every field with its meaning; an editor can use it.',
  );
}

/**
 * Replaces ids of decoders, tables and patterns by what they name. Takes a venue, or a resource as a file holds it.
 * @param folder what paths of files of one's own count from; default: the working directory.
 * @throws VenuewireError `VW_VENUE` when there is nothing of that id.
 */
export async function resolveVenue(
  given: VenueDeclaration | VenueResource | Venue,
  folder = process.cwd(),
): Promise<Venue> {
  const venue = declared(given);
  const faults: VenueFault[] = [];
  try {
    return await resolve(venue, faults, folder, []);
  } catch (cause) {
    if (faults.length === 0) throw cause;
    throw new VenuewireError(
      'VW_VENUE',
      faults.map((f) => `${venue.name}: ${pathText(f)} ${f.message}`).join('; '),
      'Name one that exists, or write it inline.',
    );
  }
}

/** Checked, with its defaults: a resource is its `spec` under its name. */
function declared(given: VenueDeclaration | VenueResource | Venue): VenueDocument | Venue {
  if ('window' in given && given.window !== undefined && Object.isFrozen(given)) return given as Venue;
  if (!('spec' in given)) return defineVenue(given as never);
  const { metadata, spec } = given;
  return defineVenue({ ...spec, name: metadata?.name } as never);
}

/** What was at the top before `metadata` and `spec`; undefined where the data has another fault, or none. */
function flatForm(data: unknown): readonly string[] | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  const keys = Object.keys(data);
  const isFlat = !keys.includes('spec') && !keys.includes('metadata') && keys.includes('decoder');
  return isFlat ? keys.filter((key) => allowedKeys(['spec'], {}).includes(key)) : undefined;
}

/** The new form, with the keys of the old one in their places. */
function flatError(file: string, keys: readonly string[]): VenuewireError {
  const form = [
    `apiVersion: ${API_VERSION}`,
    `kind: ${KIND}`,
    'metadata:',
    '  name: …',
    'spec:',
    ...keys.map((key) => `  ${key}: …`),
  ];
  return new VenuewireError(
    'VW_VENUE_FLAT',
    `${file}: name and declarations are at the top: they belong below metadata and spec`,
    `Write it like this, what was there indented by two spaces:\n${form.map((line) => `    ${line}`).join('\n')}`,
  );
}

/** Of a key that is not known where credentials stand, only that it is there: it may be a secret without its key. */
function pathText({ path, message }: VenueFault): string {
  const secret = message === NOT_KNOWN && path.includes('credentials');
  return path.map((step, i) => (secret && i === path.length - 1 ? '(a key)' : keyText(step))).join('.');
}

const NOT_KNOWN = 'is not known here';
const keyText = (key: PropertyKey): string => {
  const text = String(key);
  return printableWord(text.length > KEY_LENGTH ? `${text.slice(0, KEY_LENGTH)}…` : text);
};

class Unresolved extends Error {}

/** Takes a reference's place, or says that there is nothing of the name. */
class Resolver {
  constructor(
    readonly faults: VenueFault[],
    readonly folder: string,
    /** Where the venue stands in its file. */
    readonly root: readonly PropertyKey[],
  ) {}

  fault(path: readonly PropertyKey[], message: string): void {
    this.faults.push({ path: [...this.root, ...path], message });
  }

  /** The pattern of a rung or stream, by id or by the path of a file. */
  async pattern(path: readonly PropertyKey[], use: PatternUse, kind: PatternEntry['kind']): Promise<object> {
    const { pattern, options, ...rest } = use;
    if (typeof pattern === 'string' && !isPath(pattern)) {
      const entry = findPattern(pattern);
      if (entry?.kind !== kind) {
        const list = patterns.filter((p) => p.kind === kind);
        this.fault([...path, 'pattern'], unknownId(kind === 'stream' ? kind : `${kind} pattern`, pattern, list));
        return use;
      }
      if (entry.make !== undefined) {
        const made = await entry.make(options ?? {});
        if ('pattern' in made) return { ...rest, pattern: made.pattern };
        for (const f of made.faults) this.fault([...path, 'options', ...f.path], f.message);
        return use;
      }
      if (options === undefined) return { ...rest, pattern: await entry.load() };
    } else if (options === undefined) {
      const own = typeof pattern === 'string' ? await loadOwn(kind, pattern, this.folder) : pattern;
      const folder = typeof pattern === 'string' ? folderIn(this.folder, pattern) : this.folder;
      return { ...rest, pattern: await new Resolver(this.faults, folder, this.root).tables(own, [...path, 'pattern']) };
    }
    this.fault([...path, 'options'], 'are taken by patterns that are made for their use: this one is not');
    return use;
  }

  /** A copy in which decoders, tables and framings of one's own are what they name. */
  async tables(value: unknown, path: readonly PropertyKey[]): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map((v, i) => this.tables(v, [...path, i])));
    if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
    const entries = await Promise.all(
      // Values are a message's own fields, whatever their names.
      Object.entries(value).map(async ([key, part]) => [
        key,
        key === 'values' ? part : await this.part(key, part, [...path, key]),
      ]),
    );
    return Object.fromEntries(entries);
  }

  async part(key: string, part: unknown, path: readonly PropertyKey[]): Promise<unknown> {
    if (typeof part !== 'string') return this.tables(part, path);
    if (key === 'table' || key === 'decoder') {
      if (isPath(part)) return loadOwn('decoder', part, this.folder);
      const entry = findDecoder(part);
      if (entry === undefined) this.fault(path, unknownId('decoder', part, decoders));
      return (await entry?.load()) ?? part;
    }
    const isFraming = key === 'framing' || key === 'lineFraming';
    return isFraming && isPath(part) ? loadOwn('framing', part, this.folder) : part;
  }
}

const folderIn = (folder: string, reference: string): string =>
  folderOf(resolvePath(folder, reference.split('#', 1)[0] as string));

interface PatternUse {
  readonly pattern: unknown;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

async function resolve(
  venue: VenueDocument | Venue,
  faults: VenueFault[],
  folder: string,
  root: readonly PropertyKey[],
): Promise<Venue> {
  const resolver = new Resolver(faults, folder, root);
  const { recovery, streams, ...parts } = venue;
  const out = (await resolver.tables(parts, [])) as Omit<VenueDocument, 'recovery' | 'streams'>;
  if (typeof out.framing === 'string' && findFraming(out.framing) === undefined) {
    resolver.fault(['framing'], unknownId('framing', out.framing, framings));
  }
  const rungs = await Promise.all(
    recovery.map((rung, i) =>
      rung.type === 'waitForOtherLine'
        ? rung
        : resolver.pattern(['recovery', i], rung, rung.type === 'snapshot' ? 'snapshot' : 'recovery'),
    ),
  );
  const connections = await Promise.all(
    Object.entries(streams ?? {}).map(async ([name, use]) => [
      name,
      await resolver.pattern(['streams', name], use, 'stream'),
    ]),
  );
  if (faults.length > 0) throw new Unresolved();
  const whole = Object.freeze({
    ...out,
    recovery: rungs,
    ...(streams === undefined ? {} : { streams: Object.fromEntries(connections) }),
  }) as Venue;
  return through(whole, faults, root);
}

/** Whose servers are asked: the venue's own, or a proxy's. */
function through(venue: Venue, faults: VenueFault[], root: readonly PropertyKey[]): Venue {
  const { via } = venue;
  if (via === undefined) return venue;
  try {
    return viaProxy(venue, via);
  } catch (cause) {
    if (!(cause instanceof VenuewireError)) throw cause;
    faults.push({ path: [...root, 'via'], message: `does not fit: ${cause.message}. ${cause.hint}` });
    throw new Unresolved();
  }
}

function unknownId(what: string, id: string, list: readonly { readonly id: string }[]): string {
  const near = nearestWord(
    id,
    list.map((x) => x.id),
  );
  const shown =
    list.length <= 12
      ? ` They are ${list.map((x) => x.id).join(', ')}.`
      : ` \`venuewire list\` shows all ${list.length}.`;
  return `names no ${what}${near === undefined ? '' : `; did you mean '${near}'?`}.${shown}`;
}

/** For a key that is not known: the keys that are. */
function known(fault: VenueFault, data: unknown): string {
  if (fault.message !== NOT_KNOWN) return '';
  const key = String(fault.path.at(-1));
  const keys = allowedKeys(fault.path.slice(0, -1), data);
  if (keys.length === 0) return '';
  const near = nearestWord(key, keys);
  return `${near === undefined ? '' : `; did you mean '${near}'?`} (known: ${keys.join(', ')})`;
}

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
};

/** Made when it is first needed: it takes a while. */
let schema: Schema | undefined;

function allowedKeys(path: readonly PropertyKey[], data: unknown): string[] {
  schema ??= venueJsonSchema() as Schema;
  const root = schema;
  let here: Schema[] = [root];
  let value = data;
  const open = (list: readonly Schema[]): Schema[] =>
    list.flatMap((s) => {
      const named = s.$ref === undefined ? undefined : root.$defs?.[s.$ref.slice('#/$defs/'.length)];
      if (named !== undefined) return open([named]);
      const alternatives = s.anyOf ?? s.oneOf;
      if (alternatives === undefined) return [s];
      const type = (value as { type?: unknown } | undefined)?.type;
      const chosen = alternatives.filter(
        (a) => a.properties?.type?.const === undefined || a.properties.type.const === type,
      );
      return open(chosen);
    });
  for (const step of path) {
    here = open(here).flatMap((s) => {
      if (typeof step === 'number') return s.items === undefined ? [] : [s.items];
      const named = s.properties?.[String(step)];
      if (named !== undefined) return [named];
      return typeof s.additionalProperties === 'object' ? [s.additionalProperties] : [];
    });
    value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  }
  return [...new Set(open(here).flatMap((s) => Object.keys(s.properties ?? {})))];
}

/** What to do about a file that cannot be read: its name may be the id of a ready venue. */
async function fileHint(path: string): Promise<string> {
  const ready = findVenue(path);
  return ready === undefined
    ? 'Check the path and the permissions.'
    : `This is the id of a ready venue, which needs its lines: ${await callOf(ready)}`;
}

/** How a ready venue is made. */
async function callOf({ module, load }: VenueEntry): Promise<string> {
  const [name] =
    Object.entries(await load()).find(([key, value]) => typeof value === 'function' && key !== 'example') ?? [];
  return `import { ${name} } from 'venuewire/venues/${module}' and pass ${name}({ lines: { A: … } }).`;
}
