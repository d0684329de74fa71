/** Messages that make books: sampled ones whose roles say something that fits together, a few instruments, orders and prices. */
import { type Decoder, type EventRule, type Role, type RoleCode, rulesOf } from '../layout/index.js';
import { sampleMessage } from './message-sampler.js';
import type { Random } from './random.js';

type Values = Record<string, unknown>;

const INSTRUMENTS = 3;
const ORDERS = 48;
const PRICES = 12;
const FIRST_PRICE = 1_000;
const SIZES = 90;
const LEVELS = 5;

const namesOf = (role: Role | EventRule['instrument']): readonly string[] => {
  if (role === undefined) return [];
  if (typeof role === 'string') return [role];
  if ('together' in role) return role.together.flatMap(namesOf);
  return 'always' in role ? [] : (role as readonly string[]);
};

/** Puts `value` where the first of the names stands, as a value of the kind that is there. */
function put(places: readonly Values[], names: readonly string[], value: number | string): void {
  for (const name of names) {
    const place = places.find((p) => name in p);
    if (place === undefined) continue;
    const before = place[name];
    if (typeof before === 'string') place[name] = String(value);
    else if (!Number.isNaN(Number(value))) place[name] = typeof before === 'bigint' ? BigInt(value) : Number(value);
    return;
  }
}

function sideCodes(side: EventRule['side']): readonly RoleCode[] {
  if (typeof side !== 'object') return [];
  return 'bid' in side ? [...side.bid, ...side.ask] : ['B', 'S'];
}

function tell(decoder: Decoder, rule: EventRule, places: readonly Values[], random: Random): void {
  const small = (role: Role | undefined, from: number, count: number): void => {
    put(places, namesOf(role), from + random.below(count));
  };
  put(
    places,
    rule.instrument === undefined ? decoder.instrument : namesOf(rule.instrument),
    1 + random.below(INSTRUMENTS),
  );
  small(rule.id, 1, ORDERS);
  small(rule.newId, 1, ORDERS);
  small(rule.price, FIRST_PRICE, PRICES);
  small(rule.size, 1, SIZES);
  small(rule.level, 1, LEVELS);
  for (const [name, codes] of Object.entries(rule.when ?? {})) put(places, [name], String(random.pick(codes)));
  if (typeof rule.side === 'object') put(places, [rule.side.field], String(random.pick(sideCodes(rule.side))));
  if (typeof rule.does === 'object') put(places, namesOf(rule.does.field), random.pick(Object.keys(rule.does.is)));
}

/** A message of a table with roles; where what was meant cannot be written, any message of it. */
export function sampleOrder(decoder: Decoder, name: string, random: Random): Uint8Array {
  const rules = decoder.events === undefined ? [] : rulesOf(decoder.events, name);
  const orderly = (values: Values): void => {
    for (const rule of rules) {
      const entries = rule.each === undefined ? [{}] : ((values[rule.each] ?? []) as readonly Values[]);
      for (const entry of entries) tell(decoder, rule, [entry, values], random);
    }
  };
  try {
    return sampleMessage(decoder, name, random, orderly);
  } catch {
    return sampleMessage(decoder, name, random);
  }
}
