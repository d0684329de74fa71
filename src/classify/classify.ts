/** What a run book's row comes to: an item on each axis, how sure that is, and what is missing or contradicts itself. */
import { findDecoders } from '../decoders/feeds.js';
import { findDecoder } from '../decoders/registry.js';
import { AXES, type Axis, HAS, ITEMS, type Item, NEEDS } from './axes.js';
import type { Row } from './run-book.js';

/** What was chosen on one axis. */
export interface Choice {
  /** Ids of items; several where a venue may have several. Empty: nothing says it. */
  readonly items: readonly string[];
  /** From 0 (nothing says it) to 1 (the item is named by its id). */
  readonly confidence: number;
}

export interface Classified {
  /** Row of the run book, from 1, the titles not counted. */
  readonly row: number;
  readonly venue: string;
  readonly feed: string | undefined;
  readonly region: string | undefined;
  readonly axes: Readonly<Record<Axis, Choice>>;
  /** Id of the message table, where the library has one for it. */
  readonly decoder: { readonly id: string | undefined; readonly confidence: number };
  /** Axes that nothing says. */
  readonly missing: readonly (Axis | 'decoder')[];
  readonly contradictions: readonly string[];
  /** Items that can be declared, and that this version has no engine for. */
  readonly withoutEngine: readonly string[];
}

/** Named by its id; by words in its own column; by words in another one; by what follows from the rest. */
const CONFIDENCE = { id: 1, column: 0.9, elsewhere: 0.5, follows: 0.3 } as const;

/** `no TLS` is not TLS: a few words before decide. */
const DENIED = /\b(?:no|not|without|never|instead of)(?:\s+[\w/-]+){0,2}\s+$/;
const LOOKS_BACK = 40;

function named(item: Item, text: string): boolean {
  const found = item.words.exec(text);
  if (found === null) return false;
  const isDenial = item.id === 'none' || item.id === 'otherLine' || item.id === 'snapshotOnly';
  return isDenial || !DENIED.test(text.slice(Math.max(0, found.index - LOOKS_BACK), found.index));
}

const CACHE_MOST = 100_000;

/** Items that a text names, by axis; run books say the same again and again. */
class Reader {
  readonly #known = new Map<string, readonly string[]>();

  items(axis: Axis, text: string): readonly string[] {
    const key = `${axis} ${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#read(axis, text);
    if (this.#known.size < CACHE_MOST) this.#known.set(key, made);
    return made;
  }

  #read(axis: Axis, text: string): readonly string[] {
    const lower = text.toLowerCase();
    const all = ITEMS[axis];
    const ids = lower.split(/[\s,;+/]+/).filter((w) => w !== '');
    const byId = all.filter((i) => ids.includes(i.id.toLowerCase()));
    if (byId.length === ids.length && byId.length > 0) return byId.map((i) => i.id);
    const hit = all.filter((i) => named(i, lower));
    const covered = new Set(hit.flatMap((i) => i.over ?? []));
    const left = hit.filter((i) => !covered.has(i.id)).map((i) => i.id);
    // What says that there is nothing says nothing where something is named beside it.
    return left.length > 1 ? left.filter((id) => id !== 'none' && id !== 'otherLine') : left;
  }
}

const isId = (axis: Axis, items: readonly string[], text: string): boolean =>
  items.length > 0 &&
  text
    .toLowerCase()
    .split(/[\s,;+/]+/)
    .filter((w) => w !== '')
    .every((w) => ITEMS[axis].some((i) => i.id.toLowerCase() === w));

const NOTHING: Choice = { items: [], confidence: 0 };
/** Where a hint about an axis may stand, beside its own column. */
const ELSEWHERE = ['notes', 'feed', 'network', 'framing'] as const;

/** Order in which items of an axis are written, so that one set has one form. */
const inOrder = (axis: Axis, items: readonly string[]): string[] =>
  ITEMS[axis].map((i) => i.id).filter((id) => items.includes(id));

function choose(axis: Axis, row: Row, reader: Reader, contradictions: string[]): Choice {
  const own = row[axis];
  let items = own === undefined ? [] : reader.items(axis, own);
  let confidence: number = own !== undefined && isId(axis, items, own) ? CONFIDENCE.id : CONFIDENCE.column;
  if (items.length === 0) {
    confidence = CONFIDENCE.elsewhere;
    for (const column of ELSEWHERE) {
      const text = column === axis ? undefined : row[column];
      // A denial in another column is about something else.
      items = text === undefined ? [] : reader.items(axis, text).filter((i) => i !== 'none' && i !== 'otherLine');
      if (items.length > 0) break;
    }
  }
  if (items.length === 0) return NOTHING;
  if (HAS[axis] === 'one' && items.length > 1) {
    contradictions.push(`${axis}: ${items.join(' and ')} are both named`);
    return { items: items.slice(0, 1), confidence: confidence / items.length };
  }
  return { items: inOrder(axis, items), confidence };
}

/** What nobody writes down because it follows. */
function follow(axes: Record<Axis, Choice>): void {
  const set = (axis: Axis, item: string): void => {
    if (axes[axis].items.length === 0) axes[axis] = { items: [item], confidence: CONFIDENCE.follows };
  };
  const { network, framing, recovery } = axes;
  if (framing.items[0] === 'fixTags') {
    set('credentials', 'fixLogon');
    set('recovery', 'inSession');
    set('snapshot', 'firstMessages');
  }
  const [by] = network.items;
  if (by === 'websocket') set('framing', 'webSocketMessage');
  if (by === 'websocket' || by === 'httpsStream' || by === 'tls') set('security', 'tls');
  if (recovery.items.includes('reconnect')) set('snapshot', 'firstMessages');
}

function decoderOf(row: Row): Classified['decoder'] {
  const { decoder: text, venue, feed } = row;
  if (text !== undefined) {
    const entry = findDecoder(text.trim().toLowerCase());
    if (entry !== undefined) return { id: entry.id, confidence: CONFIDENCE.id };
  }
  const asked = [
    { venue, feed: text },
    { venue, feed },
  ].filter((q) => q.feed !== undefined);
  for (const query of asked) {
    const found = findDecoders(query);
    if (found.length > 0) return { id: found.at(-1)?.id, confidence: CONFIDENCE.column / found.length };
  }
  return { id: undefined, confidence: 0 };
}

/** Classifies rows of one run book. */
export function classifyRows(rows: readonly Row[]): Classified[] {
  const reader = new Reader();
  const decoders = new Map<string, Classified['decoder']>();
  return rows.map((row, i) => {
    const contradictions: string[] = [];
    const axes = Object.fromEntries(AXES.map((axis) => [axis, choose(axis, row, reader, contradictions)])) as Record<
      Axis,
      Choice
    >;
    follow(axes);
    for (const { axis, item, needs, oneOf, because } of NEEDS) {
      const chosen = axes[needs].items;
      if (!axes[axis].items.includes(item) || chosen.length === 0 || chosen.some((c) => oneOf.includes(c))) continue;
      contradictions.push(`${axis} ${item} does not go with ${needs} ${chosen.join(', ')}: ${because}`);
    }
    const key = JSON.stringify([row.decoder, row.venue, row.feed]);
    const decoder = decoders.get(key) ?? decoderOf(row);
    if (decoders.size < CACHE_MOST) decoders.set(key, decoder);
    const missing: (Axis | 'decoder')[] = AXES.filter((axis) => axes[axis].items.length === 0);
    if (decoder.id === undefined) missing.push('decoder');
    return {
      row: i + 1,
      venue: row.venue ?? '',
      feed: row.feed,
      region: row.region,
      axes,
      decoder,
      missing,
      contradictions,
      withoutEngine: AXES.flatMap((axis) =>
        axes[axis].items.filter((id) => ITEMS[axis].find((x) => x.id === id)?.engine === false),
      ),
    };
  });
}
