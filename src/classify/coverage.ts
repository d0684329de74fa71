/** Across venues: which patterns there are, how many of them cover how much, and which could be one with a condition. */
import { AXES, type Axis, ITEMS } from './axes.js';
import type { Classified } from './classify.js';

/** A choice on every axis, shared by venues. */
export interface Pattern {
  /** `P1` is the one that most venues have. */
  readonly id: string;
  /** Items by axis; those of a set are joined by `+`; `?` where nothing says it. */
  readonly items: Readonly<Record<Axis, string>>;
  readonly venues: readonly string[];
}

/** A pattern with one condition: the items of one axis depend on the venue, everything else is fixed. */
export interface Conditional {
  readonly axis: Axis | undefined;
  readonly items: Readonly<Record<Axis, string>>;
  /** The branches of the condition, with the venues that take each. */
  readonly branches: Readonly<Record<string, number>>;
  readonly patterns: readonly string[];
  readonly venues: number;
}

export interface NearDuplicate {
  readonly patterns: readonly [string, string];
  readonly axis: Axis;
  readonly items: readonly [string, string];
  readonly venues: number;
}

export interface Coverage {
  readonly venues: number;
  /** Axes on which patterns are told apart. */
  readonly axes: readonly Axis[];
  readonly patterns: readonly Pattern[];
  /** Patterns that it takes for this share of the venues, most frequent first. */
  readonly for80: number;
  readonly for100: number;
  /** Pairs of patterns that differ on one axis, those with most venues first. */
  readonly nearDuplicates: readonly NearDuplicate[];
  /** Patterns with at most one condition each, chosen so that few cover much. */
  readonly conditionals: readonly Conditional[];
  readonly conditionalsFor80: number;
  readonly conditionalsFor100: number;
  /** Venues by item. */
  readonly uses: Readonly<Record<Axis, Readonly<Record<string, number>>>>;
  /** Items that no venue takes: branches that nothing exercises. */
  readonly unused: readonly { readonly axis: Axis; readonly item: string }[];
}

const UNKNOWN = '?';
const NEAR_MOST = 50;

const keyOf = (items: Readonly<Record<Axis, string>>): string => AXES.map((axis) => items[axis]).join('\n');
/** Items of a venue by axis; `-` on axes that do not count. */
export const itemsOf = ({ axes }: Classified, counted: readonly Axis[] = AXES): Record<Axis, string> =>
  Object.fromEntries(
    AXES.map((axis) => [axis, counted.includes(axis) ? axes[axis].items.join('+') || UNKNOWN : '-']),
  ) as Record<Axis, string>;

function patternsOf(all: readonly Classified[], counted: readonly Axis[]): Pattern[] {
  const groups = new Map<string, { items: Record<Axis, string>; venues: string[] }>();
  for (const one of all) {
    const items = itemsOf(one, counted);
    const key = keyOf(items);
    const group = groups.get(key) ?? { items, venues: [] };
    group.venues.push(one.feed === undefined ? one.venue : `${one.venue} ${one.feed}`);
    groups.set(key, group);
  }
  return [...groups.entries()]
    .sort(([keyA, a], [keyB, b]) => b.venues.length - a.venues.length || (keyA < keyB ? -1 : 1))
    .map(([, group], i) => ({ id: `P${i + 1}`, ...group }));
}

/** How many of these, taken in order, it takes for a share of the whole. */
function needed(counts: readonly number[], total: number, share: number): number {
  let sum = 0;
  const at = counts.findIndex((n) => {
    sum += n;
    return sum >= total * share;
  });
  return total === 0 ? 0 : at + 1;
}

/** The axis on which two patterns differ, where it is one. */
function oneDifference(a: Pattern, b: Pattern): Axis | undefined {
  const different = AXES.filter((axis) => a.items[axis] !== b.items[axis]);
  return different.length === 1 ? different[0] : undefined;
}

function nearDuplicates(patterns: readonly Pattern[]): NearDuplicate[] {
  const found: NearDuplicate[] = [];
  // Patterns are few; a run book of nothing but accidents is not compared pair by pair.
  const list = patterns.slice(0, 1000);
  list.forEach((b, j) => {
    for (let i = 0; i < j; i++) {
      const a = list[i] as Pattern;
      const axis = oneDifference(a, b);
      if (axis === undefined) continue;
      const venues = a.venues.length + b.venues.length;
      found.push({ patterns: [a.id, b.id], axis, items: [a.items[axis], b.items[axis]], venues });
    }
  });
  return found.sort((a, b) => b.venues - a.venues).slice(0, NEAR_MOST);
}

/** All patterns that are alike but for one axis, by that axis and the rest. */
function families(patterns: readonly Pattern[]): [axis: Axis, members: Pattern[]][] {
  const groups = new Map<string, [Axis, Pattern[]]>();
  for (const pattern of patterns) {
    for (const axis of AXES) {
      const key = `${axis}\n${keyOf({ ...pattern.items, [axis]: '*' })}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [axis, [pattern]]);
      else group[1].push(pattern);
    }
  }
  return [...groups.values()].filter(([, members]) => members.length > 1);
}

const size = (members: readonly Pattern[]): number => members.reduce((n, p) => n + p.venues.length, 0);

function conditionalOf(axis: Axis | undefined, members: readonly Pattern[]): Conditional {
  const [first] = members as [Pattern, ...Pattern[]];
  const items = axis === undefined ? first.items : { ...first.items, [axis]: '*' };
  return {
    axis,
    items,
    branches: axis === undefined ? {} : Object.fromEntries(members.map((p) => [p.items[axis], p.venues.length])),
    patterns: members.map((p) => p.id),
    venues: size(members),
  };
}

type Family = readonly [axis: Axis | undefined, members: readonly Pattern[]];

/** Families by how much they cover; what others have covered meanwhile is taken off when a family's turn comes. */
function withConditions(patterns: readonly Pattern[]): Conditional[] {
  const all: Family[] = [...families(patterns), ...patterns.map((p): Family => [undefined, [p]])];
  const buckets: Family[][] = [];
  const put = (family: Family, venues: number): void => {
    buckets[venues] ??= [];
    buckets[venues].push(family);
  };
  // Of two that cover as much, the pattern without a condition lies on top.
  for (const family of all) put(family, size(family[1]));
  const left = new Set(patterns);
  const out: Conditional[] = [];
  for (let venues = buckets.length - 1; venues > 0 && left.size > 0; venues--) {
    for (let family = buckets[venues]?.pop(); family !== undefined; family = buckets[venues]?.pop()) {
      const open = family[1].filter((p) => left.has(p));
      const now = size(open);
      if (now === 0 || (family[0] !== undefined && open.length < 2)) continue;
      if (now < venues) {
        put([family[0], open], now);
        continue;
      }
      for (const p of open) left.delete(p);
      out.push(conditionalOf(family[0], open));
    }
  }
  return out;
}

function usesOf(all: readonly Classified[]): Coverage['uses'] {
  return Object.fromEntries(
    AXES.map((axis) => {
      const counts: Record<string, number> = {};
      for (const { axes } of all) for (const id of axes[axis].items) counts[id] = (counts[id] ?? 0) + 1;
      return [axis, counts];
    }),
  ) as Record<Axis, Record<string, number>>;
}

/**
 * What the venues come to together.
 * @param axes on which patterns are told apart; default: all.
 */
export function coverageOf(all: readonly Classified[], axes: readonly Axis[] = AXES): Coverage {
  const patterns = patternsOf(all, axes);
  const counts = patterns.map((p) => p.venues.length);
  const conditionals = withConditions(patterns);
  const wide = conditionals.map((c) => c.venues);
  const uses = usesOf(all);
  return {
    venues: all.length,
    axes,
    patterns,
    for80: needed(counts, all.length, 0.8),
    for100: needed(counts, all.length, 1),
    nearDuplicates: nearDuplicates(patterns),
    conditionals,
    conditionalsFor80: needed(wide, all.length, 0.8),
    conditionalsFor100: needed(wide, all.length, 1),
    uses,
    unused: AXES.flatMap((axis) =>
      ITEMS[axis].filter((i) => uses[axis][i.id] === undefined).map((i) => ({ axis, item: i.id })),
    ),
  };
}
