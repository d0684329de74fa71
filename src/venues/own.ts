/**
 * Things of one's own, by the path of the file that has them: decoders, framings, patterns and venues from modules
 * (`./own.mjs`, `./own.mjs#name`), framings and patterns from YAML as well.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { VenuewireError } from '../errors.js';
import { Decoder } from '../layout/decoder.js';
import { defineFraming, type Framing, type FramingInput } from '../patterns/framing.js';
import { defineRecovery, type Recovery, type RecoveryInput } from '../patterns/recovery.js';
import { defineSnapshot, type Snapshot, type SnapshotInput } from '../patterns/snapshot.js';
import { defineStream, type Stream, type StreamInput } from '../patterns/stream.js';
import type { Venue } from '../patterns/venue.js';
import { printableWord } from '../printable.js';
import { readYaml, YAML_LIMITS } from './yaml.js';

/** What each kind is in TypeScript. */
export interface OwnThings {
  decoder: Decoder;
  framing: Framing;
  recovery: Recovery;
  snapshot: Snapshot;
  stream: Stream;
  venue: Venue;
}
export type OwnKind = keyof OwnThings;

type Row = Readonly<Record<string, unknown>>;
const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (value: unknown, ...names: readonly string[]): boolean =>
  isRow(value) && names.every((name) => value[name] !== undefined);

interface Kind {
  readonly is: (value: unknown) => boolean;
  /** How one is made. */
  readonly make: string;
  /** From the data of a YAML file; where there is none, it comes from a module only. */
  readonly define?: (data: never) => unknown;
}

const KINDS: Readonly<Record<OwnKind, Kind>> = {
  decoder: { is: (v) => v instanceof Decoder, make: 'defineDecoder({ … })' },
  framing: {
    is: (v) => has(v, 'headerLength', 'byteOrder'),
    make: 'defineFraming({ … })',
    define: (data: FramingInput) => defineFraming(data),
  },
  recovery: {
    is: (v) => has(v, 'request', 'replies') && !has(v, 'from') && !has(v, 'subscribe'),
    make: 'defineRecovery({ … })',
    define: (data: RecoveryInput) => defineRecovery(data),
  },
  snapshot: {
    is: (v) => has(v, 'from', 'id'),
    make: 'defineSnapshot({ … })',
    define: (data: SnapshotInput) => defineSnapshot(data),
  },
  stream: {
    is: (v) => has(v, 'subscribe', 'replies'),
    make: 'defineStream({ … })',
    define: (data: StreamInput) => defineStream(data),
  },
  venue: { is: (v) => has(v, 'decoder', 'recovery'), make: 'defineVenue({ … })' },
};

const MODULE = /\.[cm]?[jt]s$/;
const DOCUMENT = /\.(ya?ml|json)$/;

/** Whether a text is the path of a file and not an id: ids have no slash and no such ending. */
export const isPath = (text: string): boolean => {
  const [path = ''] = text.split('#', 1);
  return /[/\\]/.test(path) || MODULE.test(path) || DOCUMENT.test(path);
};

/** Whether what is at the path is code, and not data. */
export const isModule = (path: string): boolean => MODULE.test(path.split('#', 1)[0] as string);

/** A file that was named: where it is, which export of it is meant, and how errors call it. */
interface Place {
  readonly path: string;
  readonly name: string | undefined;
  readonly shown: string;
}

function placeOf(reference: string, folder: string): Place {
  const [path = '', name] = reference.split('#', 2);
  return { path: resolve(folder, path), name, shown: printableWord(path) };
}

/**
 * The text of a file, refused where it is no regular file (nothing is waited for) or longer than a declaration can be.
 * @throws VenuewireError `VW_VENUE_FILE`
 */
export function readText(path: string, hint = 'Check the path and the permissions.'): string {
  const fault = (why: string): VenuewireError =>
    new VenuewireError('VW_VENUE_FILE', `${printableWord(path)} could not be read: ${why}`, hint);
  let text: string;
  try {
    const found = statSync(path);
    if (!found.isFile()) throw fault(found.isDirectory() ? 'EISDIR, it is a folder' : 'it is not a regular file');
    if (found.size > YAML_LIMITS.bytes) throw fault(`it is longer than ${YAML_LIMITS.bytes} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    throw fault((cause as NodeJS.ErrnoException).code ?? String(cause));
  }
  return text;
}

const loaded = async ({ path, shown }: Place): Promise<Row> => {
  try {
    return (await import(pathToFileURL(path).href)) as Row;
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const [first = ''] = String(message ?? cause).split('\n', 1);
    throw new VenuewireError('VW_MODULE', `${shown} could not be loaded: ${first}`, loadHint(code, path));
  }
};

function loadHint(code: string | undefined, path: string): string {
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return 'This Node does not run TypeScript: use Node 22.18 or newer, or compile the module to .mjs.';
  if (code === 'ERR_MODULE_NOT_FOUND')
    return `Check the path; what the module imports must be installed beside it: npm install venuewire in ${dirname(path)}`;
  return 'Correct the module: node --check shows the place.';
}

/** The export that was named, else the default one, else the only one of the kind. */
function chosen(kind: OwnKind, exports: Row, { name, shown }: Place): unknown {
  const { is, make } = KINDS[kind];
  const found = Object.entries(exports).filter(([, value]) => is(value));
  const names = [...new Set(found.map(([of]) => of))];
  const fault = (what: string, hint: string): VenuewireError => new VenuewireError('VW_MODULE', what, hint);
  if (name !== undefined) {
    if (is(exports[name])) return exports[name];
    throw fault(
      `${shown} exports no ${kind} '${printableWord(name)}'`,
      names.length > 0 ? `It exports: ${names.join(', ')}.` : `Write: export const ${kind} = ${make}`,
    );
  }
  if (is(exports.default)) return exports.default;
  const distinct = [...new Set(found.map(([, value]) => value))];
  if (distinct.length === 1) return distinct[0];
  if (distinct.length > 1) {
    throw fault(
      `${shown} exports several of the kind ${kind}`,
      `Name one: ${shown}#${names[0]} (${names.join(', ')}).`,
    );
  }
  if (Object.values(exports).some((v) => v?.constructor?.name === 'Decoder' && !(v instanceof Decoder))) {
    throw fault(
      `${shown} uses another copy of venuewire than the one that runs`,
      `Run the copy that is installed beside it: npx venuewire, in the folder of ${shown}.`,
    );
  }
  throw fault(`${shown} exports no ${kind}`, `Write: export const ${kind} = ${make}`);
}

/**
 * The thing of that kind in a file.
 * @param reference a path, relative to `folder`; `#name` behind it is an export of a module.
 * @throws VenuewireError `VW_MODULE`, `VW_VENUE_FILE`, `VW_VENUE_SYNTAX`, or what the kind's own declaration throws.
 */
export async function loadOwn<K extends OwnKind>(kind: K, reference: string, folder: string): Promise<OwnThings[K]> {
  const place = placeOf(reference, folder);
  if (isModule(reference)) return chosen(kind, await loaded(place), place) as OwnThings[K];
  const { define, make } = KINDS[kind];
  if (define === undefined) {
    throw new VenuewireError(
      'VW_MODULE',
      `${place.shown} is no module: a ${kind} comes from one`,
      `Name a .mjs, .js or .ts file that has: export const ${kind} = ${make}`,
    );
  }
  const { data } = readYaml(readText(place.path), place.shown);
  try {
    return define(data as never) as OwnThings[K];
  } catch (cause) {
    if (!(cause instanceof VenuewireError)) throw cause;
    throw new VenuewireError(cause.code, `${place.shown}: ${cause.message}`, cause.hint);
  }
}

/** The framing that a decoder of one's own names, where its module has it beside the decoder. */
export async function framingBeside(decoder: Decoder, reference: string, folder: string): Promise<Framing | undefined> {
  const exports = await loaded(placeOf(reference, folder));
  return Object.values(exports).find((v) => KINDS.framing.is(v) && (v as Framing).id === decoder.framing) as
    | Framing
    | undefined;
}

/** The folder that paths in a file count from; in text that no file holds: the working directory. */
export const folderOf = (file: string | URL | undefined): string =>
  file === undefined ? process.cwd() : dirname(resolve(file instanceof URL ? fileURLToPath(file) : file));
