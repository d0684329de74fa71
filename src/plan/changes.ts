/** What differs between two venues, and what each difference does to a feed that runs. */

import { Decoder } from '../layout/decoder.js';
import type { Venue } from '../patterns/venue.js';

/** `live`: nothing that runs reads it; `restart`: the feed has to be closed and opened again. */
export type Effect = 'live' | 'restart';

export interface Change {
  /** Where in the venue: `recovery.request moldudp64-rerequest.servers`. */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** As JSON values; secrets are references, and so are these. */
  readonly from?: unknown;
  readonly to?: unknown;
  readonly effect: Effect;
  /** What takes part in it: `nothing`, `lines`, `servers`, `sinks`, or the whole `feed`. */
  readonly part: Part;
  readonly because: string;
}

type Part = 'nothing' | 'lines' | 'servers' | 'sinks' | 'feed';

/**
 * By the first step of a path. A feed is compiled once, when it is opened: this version has no way to change one that runs.
 * Where that comes, its line here changes.
 */
const EFFECTS: Readonly<Record<string, readonly [Effect, Part, string]>> = {
  description: ['live', 'nothing', 'it is for readers'],
  unconfirmed: ['live', 'nothing', 'it is for readers'],
  name: ['restart', 'feed', 'reports and statistics carry the name that the feed was opened with'],
  decoder: ['restart', 'feed', 'the table is compiled into the feed'],
  framing: ['restart', 'feed', 'the record is compiled into the feed'],
  lines: [
    'restart',
    'lines',
    'groups are joined when the feed is opened: open the new one before the old one is closed, or packets are missed',
  ],
  channels: [
    'restart',
    'lines',
    'channels are made when the feed is opened: open the new one before the old one is closed, or packets are missed',
  ],
  streams: [
    'restart',
    'servers',
    'the connection logs in again, and goes on with the first number that is missing where its pattern resumes',
  ],
  join: ['restart', 'feed', 'it says where delivery begins, which has begun'],
  session: ['restart', 'feed', 'it is compared from the first packet on'],
  recovery: [
    'restart',
    'servers',
    'rungs, limits and credentials are compiled into the feed; its connections log in again',
  ],
  window: ['restart', 'feed', 'its memory is taken when the feed is opened'],
  directory: ['restart', 'feed', 'symbols are learnt from the first message on'],
  security: ['restart', 'servers', 'protections are checked when the feed is opened'],
  pipelines: [
    'restart',
    'sinks',
    'sinks are opened with the feed; what they have not confirmed is written again where they resume',
  ],
  deployment: ['restart', 'feed', 'the handler runs in another pod'],
};

/** Whether nothing that runs reads this part of a venue. */
export const isForReaders = (part: string): boolean => EFFECTS[part]?.[0] === 'live';

type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Data without what is the library's own: tables and patterns that have an id are that id. */
function plain(value: unknown): Plain {
  if (value instanceof Decoder) return value.id;
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as Plain;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[key, plain(part)]])),
  );
}

/** Rungs by what they are, so that one more does not change those behind it. */
function rungsByName(rungs: Venue['recovery']): Record<string, Plain> {
  const out: Record<string, Plain> = {};
  for (const rung of rungs) {
    const pattern = 'pattern' in rung && typeof rung.pattern === 'object' ? ` ${rung.pattern.id}` : '';
    let name = `${rung.type}${pattern}`;
    for (let n = 2; name in out; n++) name = `${rung.type}${pattern} (${n})`;
    out[name] = plain(rung);
  }
  return out;
}

const isObject = (value: Plain | undefined): value is { readonly [key: string]: Plain } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A pattern or framing that became another one is one change, and not one for each of its fields. */
const isAnother = (a: Plain | undefined, b: Plain | undefined): boolean =>
  isObject(a) && isObject(b) && a.id !== undefined && a.id !== b.id;
const shown = (value: Plain | undefined): Plain | undefined => (isObject(value) && 'id' in value ? value.id : value);

function* differences(
  a: Plain | undefined,
  b: Plain | undefined,
  path: string,
): Generator<[string, Plain | undefined, Plain | undefined]> {
  if (JSON.stringify(a) === JSON.stringify(b)) return;
  if (!isObject(a) || !isObject(b) || isAnother(a, b)) {
    yield [path, shown(a), shown(b)];
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    yield* differences(a[key], b[key], path === '' ? key : `${path}.${key}`);
}

/** What an order says that names alone do not. */
const orderChange = (a: readonly string[], b: readonly string[]): boolean =>
  a.filter((x) => b.includes(x)).join('\n') !== b.filter((x) => a.includes(x)).join('\n');

const document = (venue: Venue): { readonly [key: string]: Plain } => {
  const { recovery, ...rest } = venue;
  return { ...(plain(rest) as { readonly [key: string]: Plain }), recovery: rungsByName(recovery) };
};

/** The changes that make `from` to `to`; both resolved. */
export function changesOf(from: Venue, to: Venue): Change[] {
  const [a, b] = [document(from), document(to)];
  const changes = [...differences(a, b, '')].map(([path, before, after]): Change => {
    const [effect, part, because] = EFFECTS[path.split('.', 1)[0] as string] ?? [
      'restart',
      'feed',
      'it is compiled into the feed',
    ];
    return {
      path,
      kind: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
      ...(before === undefined ? {} : { from: before }),
      ...(after === undefined ? {} : { to: after }),
      ...{ effect, part, because },
    };
  });
  for (const key of ['recovery', 'lines', 'channels'] as const) {
    const [before, after] = [a, b].map((d) => Object.keys((d[key] as object | undefined) ?? {}));
    if (before === undefined || after === undefined || !orderChange(before, after)) continue;
    const [effect, part, because] = EFFECTS[key] as readonly [Effect, Part, string];
    changes.push({ path: key, kind: 'changed', from: before, to: after, effect, part, because });
  }
  return changes;
}
