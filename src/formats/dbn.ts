/**
 * Events as Databento's DBN, version 3: records of one schema behind metadata that map symbols to instruments. What DBN
 * cannot say is refused; what a schema does not carry is counted.
 * Source: the DBN documentation and the record layouts that `databento-dbn` states.
 */
import {
  BOOK_SIDE,
  EVENT_ACTION,
  EVENT_ACTION_AT,
  EVENT_BAD_RECEIVE_TIME,
  EVENT_BYTES,
  EVENT_CHANNEL_AT,
  EVENT_EVENT_TIME_AT,
  EVENT_FLAGS_AT,
  EVENT_INSTRUMENT_AT,
  EVENT_KIND,
  EVENT_KIND_AT,
  EVENT_LEVEL_AT,
  EVENT_ORDER_ID_AT,
  EVENT_PRICE_AT,
  EVENT_PRICE_EXPONENT_AT,
  EVENT_RECEIVE_TIME_AT,
  EVENT_SEQUENCE_AT,
  EVENT_SIDE_AT,
  EVENT_SIZE_AT,
  EVENT_SIZE_EXPONENT_AT,
  type EventAction,
  type EventKind,
  TRADING_STATE,
  type TradingState,
} from '../contract.js';
import { VenuewireError } from '../errors.js';
import type { Naming } from '../events/columns.js';
import { NO_EXPONENT } from '../events/compile.js';
import { NO_VALUE } from '../events/view.js';
import { rulesOf } from '../layout/index.js';
import type { EventRoles } from '../layout/roles.js';
import { givesOf } from '../layout/roles.js';
import { fits32, LevelBook, type LevelEvent, refused, UNDEFINED_PRICE } from './dbn-levels.js';
import type { WriteBytes } from './write-bytes.js';

/** The schemas that are written. */
export const DBN_SCHEMAS = ['mbo', 'mbp-1', 'mbp-10', 'trades', 'definition', 'status'] as const;
export type DbnSchema = (typeof DBN_SCHEMAS)[number];

const VERSION = 3;
const SYMBOL_BYTES = 71;
/** Of the metadata, what stands in front of the lists; and what their length is a multiple of. */
const METADATA_BYTES = 100;
const ALIGNMENT = 8;
const DAY_NS = 86_400_000_000_000n;
const DATASET_BYTES = 16;
const UNDEFINED_TIME = 0xffff_ffff_ffff_ffffn;
const PRICE_DIGITS = 9;
const U32_MAX = 0xffff_ffffn;
const NO_INSTRUMENT = 0xffff_ffff;
/** Numbers of DBN: of the schema in the metadata, of a record's type, and its bytes. */
const SCHEMA = {
  mbo: { number: 0, rtype: 0xa0, bytes: 56 },
  'mbp-1': { number: 1, rtype: 0x01, bytes: 80 },
  'mbp-10': { number: 2, rtype: 0x0a, bytes: 368 },
  trades: { number: 4, rtype: 0x00, bytes: 48 },
  definition: { number: 9, rtype: 0x13, bytes: 520 },
  status: { number: 11, rtype: 0x12, bytes: 40 },
} as const;
/** Symbols as they are written, and the ids of instruments (SType). */
const RAW_SYMBOL = 1;
const INSTRUMENT_ID = 0;
const WORD = 4;
const LEAST_BUFFER = 1 << 16;
const LEVELS_AT = 48;
const LEVELS = { 'mbp-1': 1, 'mbp-10': 10 } as const;
const ACTION_LETTER: Readonly<Record<EventAction, string>> = {
  none: 'N',
  add: 'A',
  modify: 'M',
  cancel: 'C',
  clear: 'R',
  trade: 'T',
  fill: 'F',
};
const SIDE_LETTER = { bid: 'B', ask: 'A', none: 'N' } as const;
/** StatusAction by the state of trading. */
const STATUS_ACTION: Readonly<Record<TradingState, number>> = {
  none: 0,
  preOpen: 1,
  auction: 2,
  quoting: 3,
  trading: 7,
  halted: 8,
  paused: 9,
  suspended: 10,
  closed: 12,
  postClose: 13,
};
/** Kinds of events that a schema carries. */
const CARRIES: Readonly<Record<DbnSchema, readonly EventKind[]>> = {
  mbo: ['order', 'trade'],
  'mbp-1': ['order', 'level', 'quote', 'trade'],
  'mbp-10': ['order', 'level', 'quote', 'trade'],
  trades: ['trade'],
  definition: ['definition'],
  status: ['status'],
};
/** Zones are whole quarters of an hour from each other. */
const QUARTER_NS = 900_000_000_000n;
const TWO_DAYS_NS = 172_800_000_000_000n;

export interface DbnOptions {
  /** At most 16 characters. Default `VENUEWIRE`. */
  readonly dataset?: string;
  /** Databento's number of the publisher. Default 0: none. */
  readonly publisher?: number;
}

/** An event as it is written. */
interface Read extends LevelEvent {
  readonly time: bigint;
  readonly received: bigint;
  readonly sequence: number;
  readonly instrument: number;
  readonly channel: number;
  readonly flags: number;
  readonly state: TradingState;
}

/**
 * Writes events as the records of a DBN file. What stands in front of them, `metadata`, is known when the last event has been
 * taken: which instruments there were, and from when to when.
 * @throws VenuewireError `VW_DBN_SCHEMA` where the feed has not what the schema is made of; `VW_DBN_VALUE` from `events` for
 *   a value that DBN has no room for.
 */
export class DbnWriter {
  /** Events of kinds that the schema does not carry, or that DBN has no word for: taken back trades. */
  leftOut = 0;
  readonly #books = new Map<number, LevelBook>();
  readonly #channels = new Map<number, number>();
  readonly #mapped = new Map<number, Set<string>>();
  readonly #depths: { readonly real: number; readonly implied: number };
  readonly #publisher: number;
  readonly #dataset: string;
  #first = UNDEFINED_TIME;
  #last = 0n;
  #buffer = Buffer.allocUnsafeSlow(LEAST_BUFFER);
  #view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
  #at = 0;
  #midnight: bigint | undefined;

  constructor(
    readonly schema: DbnSchema,
    roles: EventRoles,
    readonly names: Naming,
    readonly write: WriteBytes,
    options: DbnOptions = {},
  ) {
    const gives = givesOf(roles);
    if (schema === 'mbo' && !gives.includes('L3')) {
      throw new VenuewireError(
        'VW_DBN_SCHEMA',
        'the feed tells no orders, which mbo is made of',
        gives.includes('L2') || gives.includes('top') ? 'Use mbp-1 or mbp-10.' : 'Use trades, definition or status.',
      );
    }
    if (schema.startsWith('mbp') && !gives.some((kind) => kind !== 'events')) {
      throw new VenuewireError(
        'VW_DBN_SCHEMA',
        `the feed tells no book, which ${schema} is made of`,
        'Use trades, definition or status.',
      );
    }
    this.#publisher = options.publisher ?? 0;
    this.#depths = depthsOf(roles);
    this.#dataset = options.dataset ?? 'VENUEWIRE';
  }

  /** Bytes that wait to be written. */
  get pending(): number {
    return this.#at;
  }

  /** Takes `count` records of 64 bytes. */
  events(records: Uint8Array, count: number): void {
    const data = new DataView(records.buffer, records.byteOffset, records.byteLength);
    for (let i = 0; i < count; i++) this.#event(data, i * EVENT_BYTES);
  }

  async flush(): Promise<void> {
    if (this.#at === 0) return;
    const bytes = this.#buffer.subarray(0, this.#at);
    // As large as the last: events come by batches of about the same length. What is written is cleared first.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(LEAST_BUFFER, this.#at));
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
    this.#at = 0;
    await this.write(bytes);
  }

  #room(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#buffer.length) {
      const more = Buffer.allocUnsafeSlow(2 * this.#buffer.length + bytes);
      this.#buffer.copy(more, 0, 0, at);
      this.#buffer = more;
      this.#view = new DataView(more.buffer, more.byteOffset);
    }
    this.#at = at + bytes;
    return at;
  }

  /** What the file begins with, once all events have been taken. */
  metadata(): Uint8Array {
    const has = this.#first !== UNDEFINED_TIME;
    const day = (ns: bigint): number =>
      Number(new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 10).replaceAll('-', ''));
    const from = has ? day(this.#first) : day(0n);
    const to = day((has ? this.#last : 0n) + DAY_NS);
    const text = (value: string, bytes: number): Buffer => {
      const out = Buffer.alloc(bytes);
      out.write(value);
      return out;
    };
    const u32 = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
    const symbols = [...this.#mapped].flatMap(([number, names]) =>
      [...names].map((name) => [name, number + 1] as const),
    );
    const fixed = Buffer.alloc(METADATA_BYTES);
    fixed.write(this.#dataset.slice(0, DATASET_BYTES), 0, 'latin1');
    fixed.writeUInt16LE(SCHEMA[this.schema].number, 16);
    fixed.writeBigUInt64LE(has ? this.#first : 0n, 18);
    fixed.writeBigUInt64LE(has ? this.#last + 1n : UNDEFINED_TIME, 26);
    fixed.writeUInt8(RAW_SYMBOL, 42);
    fixed.writeUInt8(INSTRUMENT_ID, 43);
    fixed.writeUInt16LE(SYMBOL_BYTES, 45);
    const parts = [
      fixed,
      u32(0, symbols.length),
      ...symbols.map(([name]) => text(name, SYMBOL_BYTES)),
      u32(0, 0, symbols.length),
      ...symbols.flatMap(([name, id]) => [text(name, SYMBOL_BYTES), u32(1, from, to), text(String(id), SYMBOL_BYTES)]),
    ];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const padding = Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
    return Buffer.concat([
      Buffer.from(['D', 'B', 'N'].map((c) => c.charCodeAt(0)).concat(VERSION)),
      u32(length + padding.length),
      ...parts,
      padding,
    ]);
  }

  #event(data: DataView, at: number): void {
    const kind = EVENT_KIND[data.getUint8(at + EVENT_KIND_AT)] as EventKind;
    const action = EVENT_ACTION[data.getUint8(at + EVENT_ACTION_AT)] as EventAction;
    const carried = CARRIES[this.schema].includes(kind) || action === 'clear';
    if (!carried || (kind === 'trade' && action !== 'trade')) {
      this.leftOut++;
      return;
    }
    const event = this.#read(data, at, kind, action);
    if (event.instrument === NO_INSTRUMENT) {
      if (action === 'clear') this.#clearChannel(event);
      else this.leftOut++;
      return;
    }
    this.#channels.set(event.instrument, event.channel);
    this.#map(event);
    this.#put(event);
  }

  #put(event: Read): void {
    switch (this.schema) {
      case 'mbo':
        this.#mbo(event);
        break;
      case 'trades':
        if (event.kind === 'trade') this.#trade(event, SCHEMA.trades, 0);
        break;
      case 'mbp-1':
      case 'mbp-10':
        this.#levels(event, LEVELS[this.schema]);
        break;
      case 'definition':
        this.#definition(event);
        break;
      case 'status':
        if (event.kind === 'status') this.#status(event);
        break;
    }
  }

  #clearChannel(event: Read): void {
    for (const [instrument, channel] of this.#channels) {
      if (channel === event.channel) this.#put({ ...event, instrument });
    }
  }

  #read(data: DataView, at: number, kind: EventKind, action: EventAction): Read {
    const sequence = data.getBigUint64(at + EVENT_SEQUENCE_AT, true);
    if (sequence > U32_MAX) throw refused(`sequence number ${sequence} has more than 32 bits`);
    const time = data.getBigInt64(at + EVENT_EVENT_TIME_AT, true);
    const received = data.getBigInt64(at + EVENT_RECEIVE_TIME_AT, true);
    const raw = data.getBigInt64(at + EVENT_PRICE_AT, true);
    const size = data.getBigInt64(at + EVENT_SIZE_AT, true);
    const level = data.getUint8(at + EVENT_LEVEL_AT);
    const carried = CARRIES[this.schema].includes(kind) && kind !== 'definition' && kind !== 'status';
    return {
      kind,
      action,
      side: BOOK_SIDE[data.getUint8(at + EVENT_SIDE_AT)] as Read['side'],
      orderId: data.getBigUint64(at + EVENT_ORDER_ID_AT, true),
      price: raw === NO_VALUE || !carried ? undefined : priceOf(raw, data.getInt8(at + EVENT_PRICE_EXPONENT_AT)),
      size: size === NO_VALUE || !carried ? undefined : sizeOf(size, data.getInt8(at + EVENT_SIZE_EXPONENT_AT)),
      level: kind === 'level' ? level : 0,
      state: kind === 'status' ? (TRADING_STATE[level] as TradingState) : 'none',
      ...this.#times(time, received),
      sequence: Number(sequence),
      instrument: data.getUint32(at + EVENT_INSTRUMENT_AT, true),
      channel: data.getUint16(at + EVENT_CHANNEL_AT, true),
      flags: data.getUint8(at + EVENT_FLAGS_AT) | (received <= 0n ? EVENT_BAD_RECEIVE_TIME : 0),
    };
  }

  /** DBN's times count from 1970. Venues that count from a midnight: from the one that is nearest by when it was received. */
  #times(time: bigint, received: bigint): { readonly time: bigint; readonly received: bigint } {
    let of = time;
    if (time > 0n && time < TWO_DAYS_NS && received > 0n) {
      this.#midnight ??= ((received - time + QUARTER_NS / 2n) / QUARTER_NS) * QUARTER_NS;
      of = time + this.#midnight;
    }
    const told = of > 0n ? of : received > 0n ? received : UNDEFINED_TIME;
    return { time: told, received: received > 0n ? received : told };
  }

  #head(type: { readonly rtype: number; readonly bytes: number }, event: Read): number {
    const at = this.#room(type.bytes);
    this.#buffer.fill(0, at, at + type.bytes);
    const view = this.#view;
    view.setUint8(at, type.bytes / WORD);
    view.setUint8(at + 1, type.rtype);
    view.setUint16(at + 2, this.#publisher, true);
    view.setUint32(at + 4, event.instrument + 1, true);
    view.setBigUint64(at + 8, event.time, true);
    return at;
  }

  /** What the instrument is called, for the metadata. */
  #map(event: Read): void {
    if (event.kind === 'definition') this.names.told(event.instrument);
    const { key, symbol, book } = this.names.of(event.instrument);
    const text = `${symbol === '' ? key : symbol}${book === 'real' ? '' : ` (${book})`}`;
    if (Buffer.byteLength(text) >= SYMBOL_BYTES) throw refused(`symbol '${text}' has more than 70 bytes`);
    const known = this.#mapped.get(event.instrument);
    if (known === undefined) this.#mapped.set(event.instrument, new Set([text]));
    else known.add(text);
    const at = event.received === UNDEFINED_TIME ? event.time : event.received;
    if (at === UNDEFINED_TIME) return;
    if (at < this.#first) this.#first = at;
    if (at > this.#last) this.#last = at;
  }

  #text(at: number, text: string): void {
    this.#buffer.write(text, at);
  }

  #letters(at: number, event: Read): void {
    this.#view.setUint8(at, ACTION_LETTER[event.action].charCodeAt(0));
    this.#view.setUint8(at + 1, SIDE_LETTER[event.side].charCodeAt(0));
  }

  #mbo(event: Read): void {
    if (event.channel > 255) throw refused(`channel ${event.channel} has more than 8 bits`);
    const at = this.#head(SCHEMA.mbo, event);
    const view = this.#view;
    view.setBigUint64(at + 16, event.orderId, true);
    view.setBigInt64(at + 24, event.price ?? UNDEFINED_PRICE, true);
    view.setUint32(at + 32, fits32(event.size ?? 0n, 'size'), true);
    view.setUint8(at + 36, event.flags);
    view.setUint8(at + 37, event.channel);
    this.#letters(at + 38, event);
    view.setBigUint64(at + 40, event.received, true);
    view.setUint32(at + 52, event.sequence, true);
  }

  /** The part that trades and levels have alike. */
  #trade(event: Read, type: { readonly rtype: number; readonly bytes: number }, depth: number): number {
    const at = this.#head(type, event);
    const view = this.#view;
    view.setBigInt64(at + 16, event.price ?? UNDEFINED_PRICE, true);
    view.setUint32(at + 24, fits32(event.size ?? 0n, 'size'), true);
    this.#letters(at + 28, event);
    view.setUint8(at + 30, event.flags);
    view.setUint8(at + 31, depth);
    view.setBigUint64(at + 32, event.received, true);
    view.setUint32(at + 44, event.sequence, true);
    return at;
  }

  /** A record for each trade, and for each event that changes what the schema shows. */
  #levels(event: Read, count: 1 | 10): void {
    if (event.action === 'fill') return;
    let book = this.#books.get(event.instrument);
    if (book === undefined) {
      const implied = this.names.of(event.instrument).book === 'implied';
      book = new LevelBook(implied ? this.#depths.implied : this.#depths.real, count);
      this.#books.set(event.instrument, book);
    }
    let depth = 0;
    if (event.kind !== 'trade') {
      book.apply(event);
      depth = book.show();
      if (depth < 0) return;
    }
    const at = this.#trade(event, SCHEMA[count === 1 ? 'mbp-1' : 'mbp-10'], depth);
    this.#buffer.set(book.shown, at + LEVELS_AT);
  }

  /** What no table tells of an instrument is undefined, as DBN writes that. */
  #definition(event: Read): void {
    if (event.kind !== 'definition') return;
    const at = this.#head(SCHEMA.definition, event);
    const { view, buffer } = { view: this.#view, buffer: this.#buffer };
    view.setBigUint64(at + 16, event.received, true);
    for (const price of [24, 56, 64, 72, 80, 88, 96, 104, 120, 128]) {
      view.setBigInt64(at + price, UNDEFINED_PRICE, true);
    }
    view.setBigInt64(at + 32, 10n ** BigInt(PRICE_DIGITS), true);
    for (const time of [40, 48]) view.setBigUint64(at + time, UNDEFINED_TIME, true);
    for (const i32 of [136, 144, 148, 160, 164, 168, 176, 180, 184]) view.setInt32(at + i32, 0x7fff_ffff, true);
    for (const u32 of [152, 156, 172]) view.setUint32(at + u32, 0xffff_ffff, true);
    view.setInt16(at + 212, 0x7fff, true);
    for (const u16 of [214, 216, 218]) view.setUint16(at + u16, 0xffff, true);
    const { key, symbol } = this.names.of(event.instrument);
    if (/^\d{1,19}$/.test(key)) view.setBigUint64(at + 112, BigInt(key), true);
    this.#text(at + 238, symbol === '' ? key : symbol);
    for (const [place, letter] of [
      [488, ' '],
      [493, 'A'],
      [497, 'N'],
      [502, 'N'],
    ] as const) {
      buffer.write(letter, at + place, 'latin1');
    }
    for (const u8 of [489, 490, 491, 492, 494, 495, 496, 500]) view.setUint8(at + u8, 0xff);
    for (const i8 of [498, 499]) view.setInt8(at + i8, 0x7f);
  }

  #status(event: Read): void {
    const at = this.#head(SCHEMA.status, event);
    const view = this.#view;
    view.setBigUint64(at + 16, event.received, true);
    view.setUint16(at + 24, STATUS_ACTION[event.state], true);
    const trading = event.state === 'none' ? '~' : event.state === 'trading' || event.state === 'postClose' ? 'Y' : 'N';
    const quoting = trading === 'N' && ['quoting', 'auction', 'preOpen'].includes(event.state) ? 'Y' : trading;
    this.#buffer.write(`${trading}${quoting}~`, at + 30, 'latin1');
  }
}

/** Levels that the table's numbered books have. */
function depthsOf(roles: EventRoles): { readonly real: number; readonly implied: number } {
  const depths = { real: roles.depth ?? 255, implied: roles.depth ?? 255 };
  for (const name of Object.keys(roles.messages)) {
    for (const { depth, implied } of rulesOf(roles, name)) {
      if (depth !== undefined) depths[implied ? 'implied' : 'real'] = depth;
    }
  }
  return depths;
}

const POWERS = Array.from({ length: 28 }, (_, i) => 10n ** BigInt(i));

/** In units of 1e-9. */
function priceOf(raw: bigint, exponent: number): bigint {
  if (exponent === NO_EXPONENT) throw refused('the scale of a price has not been told');
  const by = exponent + PRICE_DIGITS;
  if (by >= 0) return raw * (POWERS[by] as bigint);
  const divisor = POWERS[-by] as bigint;
  if (raw % divisor !== 0n) throw refused(`price ${raw}e${exponent} has more than nine decimals`);
  return raw / divisor;
}

function sizeOf(raw: bigint, exponent: number): bigint {
  if (exponent >= 0) return raw * (POWERS[exponent] as bigint);
  const divisor = POWERS[-exponent] as bigint;
  if (raw % divisor !== 0n) throw refused(`size ${raw}e${exponent} is no whole number`);
  return raw / divisor;
}
