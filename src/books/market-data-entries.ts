/** Refreshes of FIX, as FAST and tag=value give them, as entries with exact integers: fields by their FIX names. */
import { FastDecimal, FastMessage, FastRecord } from '../fast/index.js';
import { parseDecimal } from '../json/decimal.js';
import { NOT_TOLD, PRICE, SIZE, TYPE, UPDATE } from './market-data-table.js';

type Plain = Readonly<Record<string, unknown>>;
/** A message that FAST templates or a FIX dictionary have read. */
export type MarketDataMessage = FastMessage | Plain;
type Fields = FastRecord | Plain;

export interface Entry {
  type: string;
  action: number;
  last: number;
  level: number;
  price: bigint;
  size: bigint;
  orders: number;
  id: bigint;
  aggressor: string;
}

/** An entry as it came, of one instrument. */
export interface ReadEntry {
  readonly instrument: string;
  readonly entry: Entry;
  /** MDEntryID and MDEntryRefID (280), as text. */
  readonly name: string | undefined;
  readonly reference: string | undefined;
  /** RptSeq (83). */
  readonly reported: number | undefined;
}

/** What a refresh says. */
export interface Refresh {
  readonly full: boolean;
  readonly number: bigint | undefined;
  /** SendingTime, ns since 1970; 0n where it is not told. */
  readonly time: bigint;
  /** Of a full refresh. */
  readonly instrument: string;
  readonly reported: number | undefined;
  readonly entries: readonly ReadEntry[];
  /** Entries that tell no instrument, or whose price or size is no exact number. */
  readonly unreadable: number;
}

const LARGEST = (1n << 63n) - 1n;
const CLOCK = /^(\d{4})(\d{2})(\d{2})-?(\d{2}):?(\d{2}):?(\d{2})\.?(\d{0,9})$/;
const NANOSECOND_DIGITS = 9;
const MOST_ORDERS = 0xffff_ffff;
const MOST_LEVELS = 255;

const memberOf = (fields: Fields, name: string): unknown =>
  fields instanceof FastRecord ? fields.get(name) : fields[name];

function firstOf(fields: Fields, names: readonly string[]): unknown {
  for (const name of names) {
    const value = memberOf(fields, name);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}
const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
function countOf(value: unknown, most: number): number {
  const n = Number(value ?? 0);
  return Number.isInteger(n) && n >= 0 && n <= most ? n : 0;
}

/** As an integer of that scale: `NOT_TOLD` where there is none, undefined where it is no number or not exact. */
export function exactly(value: unknown, exponent: number): bigint | undefined {
  if (value === undefined || value === null) return NOT_TOLD;
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return lifted(BigInt(value as number), -exponent);
  if (value instanceof FastDecimal) return lifted(value.mantissa, value.exponent - exponent);
  return typeof value === 'string' ? parseDecimal(value, exponent)?.raw : undefined;
}

function lifted(mantissa: bigint, zeros: number): bigint | undefined {
  if (zeros < 0) {
    const cut = 10n ** BigInt(-zeros);
    return mantissa % cut === 0n ? mantissa / cut : undefined;
  }
  if (mantissa !== 0n && zeros > 2 * NANOSECOND_DIGITS + 1) return undefined;
  const raw = mantissa === 0n ? 0n : mantissa * 10n ** BigInt(zeros);
  return raw > LARGEST || raw < -LARGEST ? undefined : raw;
}

/** `20240102-14:30:00.123456` or the number 20240102143000123. */
function timeOf(value: unknown): bigint {
  const match = CLOCK.exec(String(value ?? ''));
  if (match === null) return 0n;
  const [, year, month, day, hour, minute, second, part = ''] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? 0n : BigInt(ms) * 1_000_000n + BigInt(part.padEnd(NANOSECOND_DIGITS, '0'));
}

const GROUPS = ['NoMDEntries', 'MDEntries', 'GroupMDEntries'];
const MESSAGE_TYPES = ['MsgType', 'MessageType'];
const FULL = 'W';
const INCREMENTAL = 'X';

/** Reads messages of one feed. `instrumentBy`: the field that names instruments. */
export class RefreshReader {
  readonly #instrumentBy: readonly string[];
  constructor(instrumentBy: 'SecurityID' | 'Symbol' | undefined) {
    this.#instrumentBy = instrumentBy === undefined ? ['SecurityID', 'Symbol'] : [instrumentBy];
  }

  /** Undefined: it is no refresh of market data. */
  read(message: MarketDataMessage): Refresh | undefined {
    const fields: Fields = message instanceof FastMessage ? message.fields : message;
    const type = firstOf(fields, MESSAGE_TYPES);
    if (type !== FULL && type !== INCREMENTAL) return undefined;
    const full = type === FULL;
    const instrument = textOf(firstOf(fields, this.#instrumentBy)) ?? '';
    const entries: ReadEntry[] = [];
    let unreadable = 0;
    const group = firstOf(fields, GROUPS);
    // Of an increment, fields that do not change from entry to entry may be left out (FIX: Symbol of the entry before).
    let before = instrument;
    for (const given of Array.isArray(group) ? (group as Fields[]) : []) {
      const named = full ? instrument : (textOf(firstOf(given, this.#instrumentBy)) ?? before);
      before = named;
      const read = entryOf(given, named, full);
      if (read === undefined) unreadable++;
      else entries.push(read);
    }
    const number = memberOf(fields, 'MsgSeqNum');
    return {
      full,
      number: number === undefined ? undefined : BigInt(number as number),
      time: timeOf(memberOf(fields, 'SendingTime')),
      instrument,
      reported: numberOf(memberOf(fields, 'RptSeq')),
      entries,
      unreadable,
    };
  }
}

const numberOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));
const isLevel = (type: string): boolean => type === TYPE.bid || type === TYPE.offer || type === 'E' || type === 'F';

function entryOf(given: Fields, instrument: string, full: boolean): ReadEntry | undefined {
  const type = String(memberOf(given, 'MDEntryType') ?? '');
  const action = full ? UPDATE.overlay : countOf(memberOf(given, 'MDUpdateAction') ?? UPDATE.new, MOST_LEVELS);
  const price = exactly(firstOf(given, ['MDEntryPx', 'LastPx']), PRICE);
  const size = exactly(memberOf(given, 'MDEntrySize'), SIZE);
  const removes = action >= UPDATE.delete && action <= UPDATE.deleteFrom;
  if (instrument === '' || type.length > 1 || price === undefined || size === undefined) return undefined;
  if (isLevel(type) && !removes && type !== TYPE.emptyBook && (price === NOT_TOLD || size === NOT_TOLD)) {
    // What a change of an order leaves out is as before: the one who knows orders says so.
    if (action !== UPDATE.change) return undefined;
  }
  const name = textOf(firstOf(given, ['MDEntryID', 'TradeID']));
  const entry: Entry = {
    type,
    action,
    last: 0,
    level: countOf(firstOf(given, ['MDPriceLevel', 'MDEntryPositionNo']), MOST_LEVELS),
    price,
    size,
    orders: countOf(memberOf(given, 'NumberOfOrders'), MOST_ORDERS),
    id: name !== undefined && /^\d{1,19}$/.test(name) ? BigInt(name) : 0n,
    aggressor: String(memberOf(given, 'AggressorSide') ?? ' ').charAt(0),
  };
  return {
    instrument,
    entry,
    name,
    reference: textOf(memberOf(given, 'MDEntryRefID')),
    reported: numberOf(memberOf(given, 'RptSeq')),
  };
}
