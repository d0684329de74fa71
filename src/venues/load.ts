/** Venues from files: YAML (or JSON) with the schema of `defineVenue`. Errors say where in the file, and what may stand there. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMap, LineCounter, parseDocument } from 'yaml';
import { decoders, findDecoder } from '../decoders/registry.js';
import { VenuewireError } from '../errors.js';
import { findFraming, framings } from '../patterns/framings.js';
import {
  type Venue,
  type VenueDocument,
  type VenueFault,
  venueFaults,
  venueJsonSchema,
  venueSchema,
} from '../patterns/venue.js';
import { findPattern, findVenue, patterns, type VenueEntry } from './registry.js';

/**
 * A venue from a file, by path or `file:` URL, or from the text of one (a text has more than one line, or begins with `{`).
 * Decoders, framings and recovery patterns are found by id.
 * @throws VenuewireError `VW_VENUE_FILE` when it cannot be read, `VW_VENUE_SYNTAX` when it is no YAML, `VW_VENUE` when it is no
 * venue: each place with file, line, column, path and what may stand there. Values are never repeated.
 */
export async function loadVenue(source: string | URL): Promise<Venue> {
  const given = source instanceof URL && source.protocol === 'file:' ? fileURLToPath(source) : String(source);
  const isText = given.includes('\n') || given.trimStart().startsWith('{');
  const file = isText ? 'venue' : given;
  const text = isText ? given : await readText(given);
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const at = counter.linePos(syntax.pos[0]);
    throw new VenuewireError(
      'VW_VENUE_SYNTAX',
      `${file}:${at.line}:${at.col}: ${syntax.message}`,
      'Correct the YAML at this place; indentation is by spaces.',
    );
  }
  const where = (path: readonly PropertyKey[]): string => {
    const at = counter.linePos(offsetOf(document, path));
    return `${file}:${at.line}:${at.col}`;
  };
  const data: unknown = document.toJS();
  const result = venueSchema.safeParse(data);
  const faults = result.success ? [] : venueFaults(result.error);
  if (result.success) {
    try {
      return await resolve(result.data, faults);
    } catch (cause) {
      if (faults.length === 0) throw cause;
    }
  }
  const lines = faults.map(
    (f) => `${where(f.path)}: ${f.path.map(String).join('.') || 'the document'} ${f.message}${known(f, data)}`,
  );
  throw new VenuewireError(
    'VW_VENUE',
    lines.join('\n'),
    'Correct these places. schema/venue.schema.json has every field with its meaning; an editor can use it.',
  );
}

/**
 * Replaces ids of decoders, tables and patterns by what they name.
 * @throws VenuewireError `VW_VENUE` when there is nothing of that id.
 */
export async function resolveVenue(venue: VenueDocument | Venue): Promise<Venue> {
  const faults: VenueFault[] = [];
  try {
    return await resolve(venue, faults);
  } catch (cause) {
    if (faults.length === 0) throw cause;
    throw new VenuewireError(
      'VW_VENUE',
      faults.map((f) => `${venue.name}: ${f.path.map(String).join('.')} ${f.message}`).join('; '),
      'Name one that exists, or write it inline.',
    );
  }
}

class Unresolved extends Error {}

async function resolve(venue: VenueDocument | Venue, faults: VenueFault[]): Promise<Venue> {
  const out = (await tables(venue, [], faults)) as VenueDocument;
  if (typeof out.framing === 'string' && findFraming(out.framing) === undefined) {
    faults.push({ path: ['framing'], message: unknownId('framing', out.framing, framings) });
  }
  const recovery = await Promise.all(
    out.recovery.map(async (rung, i) => {
      if (rung.type === 'waitForOtherLine' || typeof rung.pattern !== 'string') return rung;
      const kind = rung.type === 'snapshot' ? 'snapshot' : 'recovery';
      const entry = findPattern(rung.pattern);
      if (entry?.kind === kind) return { ...rung, pattern: await entry.load() } as typeof rung;
      const list = patterns.filter((p) => p.kind === kind);
      faults.push({ path: ['recovery', i, 'pattern'], message: unknownId(`${kind} pattern`, rung.pattern, list) });
      return rung;
    }),
  );
  const streams: Record<string, unknown> = {};
  for (const [name, use] of Object.entries(out.streams ?? {})) {
    streams[name] = use;
    if (typeof use.pattern !== 'string') continue;
    const entry = findPattern(use.pattern);
    if (entry?.kind === 'stream') streams[name] = { ...use, pattern: await entry.load() };
    else {
      const list = patterns.filter((p) => p.kind === 'stream');
      faults.push({ path: ['streams', name, 'pattern'], message: unknownId('stream', use.pattern, list) });
    }
  }
  if (faults.length > 0) throw new Unresolved();
  return Object.freeze({ ...out, recovery, ...(out.streams === undefined ? {} : { streams }) }) as Venue;
}

/** A copy in which `decoder` and `table` are decoders. */
async function tables(value: unknown, path: PropertyKey[], faults: VenueFault[]): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((v, i) => tables(v, [...path, i], faults)));
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const out: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) {
    const at = [...path, key];
    if ((key === 'table' || key === 'decoder') && typeof part === 'string') {
      const entry = findDecoder(part);
      if (entry === undefined) faults.push({ path: at, message: unknownId('decoder', part, decoders) });
      out[key] = (await entry?.load()) ?? part;
    } else {
      // Values are a message's own fields, whatever their names.
      out[key] = key === 'values' ? part : await tables(part, at, faults);
    }
  }
  return out;
}

function unknownId(what: string, id: string, list: readonly { readonly id: string }[]): string {
  const near = nearest(
    id,
    list.map((x) => x.id),
  );
  const shown =
    list.length <= 12
      ? ` They are ${list.map((x) => x.id).join(', ')}.`
      : ` \`venuewire list\` shows all ${list.length}.`;
  return `names no ${what}${near === undefined ? '' : `; did you mean '${near}'?`}.${shown}`;
}

/** The nearest of some words, when it is near enough to have been meant. */
function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const w of words) {
    const d = distance(word.toLowerCase(), w.toLowerCase());
    if (d < least) [best, least] = [w, d];
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min(
          (next[j - 1] as number) + 1,
          (row[j] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row[b.length] as number;
}

/** For a key that is not known: the keys that are. */
function known(fault: VenueFault, data: unknown): string {
  if (fault.message !== 'is not known here') return '';
  const key = String(fault.path.at(-1));
  const keys = allowedKeys(fault.path.slice(0, -1), data);
  if (keys.length === 0) return '';
  const near = nearest(key, keys);
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

function allowedKeys(path: readonly PropertyKey[], data: unknown): string[] {
  const root = venueJsonSchema() as Schema;
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

/** Where in the text a path is; of a missing key, what should have it. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let n = path.length; n > 0; n--) {
    const parent = n === 1 ? document.contents : document.getIn(path.slice(0, n - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (p) => String((p.key as { value?: unknown } | null)?.value) === String(path[n - 1]),
      );
      const range = (pair?.key as { range?: readonly number[] } | undefined)?.range;
      if (range !== undefined) return range[0] as number;
    }
    const range = (document.getIn(path.slice(0, n), true) as { range?: readonly number[] } | undefined)?.range;
    if (range !== undefined) return range[0] as number;
  }
  return 0;
}

async function readText(path: string): Promise<string> {
  const ready = findVenue(path);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new VenuewireError(
      'VW_VENUE_FILE',
      `${path} could not be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
      ready === undefined
        ? 'Check the path and the permissions.'
        : `This is the id of a ready venue, which needs its lines: ${await callOf(ready)}`,
    );
  }
}

/** How a ready venue is made. */
async function callOf({ module, load }: VenueEntry): Promise<string> {
  const [name] = Object.entries(await load()).find(([, value]) => typeof value === 'function') ?? [];
  return `import { ${name} } from 'venuewire/venues/${module}' and pass ${name}({ lines: { A: … } }).`;
}
