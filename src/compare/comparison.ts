/**
 * Two handlers of one venue side by side, message by message, by the venue's own numbers. It begins, in each channel, with the
 * first number that both have. Time is an argument.
 */
import { comparedText, OTHER, type SideMessage, type SideName } from './message.js';

export interface ComparisonOptions {
  /** Milliseconds that a score is of. Default: one minute. */
  readonly minuteMs?: number;
  /** What one side has and the other has not within this is missing there, in milliseconds. Default: 5 s. */
  readonly waitMs?: number;
  /** Messages of a channel that may wait for the other side; one more, and the oldest is missing. Default: 65,536. */
  readonly waiting?: number;
}

/** A message that is not the same on both sides. */
export interface Difference {
  readonly kind: 'different' | 'missing' | 'twice';
  readonly channel: string;
  readonly sequence: bigint;
  /** Where it is missing, or came twice. */
  readonly side?: SideName;
  /** Offset of the first byte that differs, in what was compared. */
  readonly offset?: number;
  /** What was compared, as bytes (UTF-8). */
  readonly old?: Uint8Array;
  readonly new?: Uint8Array;
}

/** What a minute came to. */
export interface Score {
  /** When it began, milliseconds. */
  readonly from: number;
  /** Numbers that were decided: equal, different, missing on a side, or given twice by one. */
  readonly compared: number;
  readonly equal: number;
  readonly different: number;
  readonly missing: number;
  readonly twice: number;
  /** `equal / compared`; 0 where nothing was. */
  readonly score: number;
}

type Counts = { -readonly [K in 'compared' | 'equal' | 'different' | 'missing' | 'twice']: number };

const MINUTE_MS = 60_000;
const WAIT_MS = 5_000;
const WAITING = 65_536;
/** Minutes that are kept. */
const MINUTES_MOST = 1_440;

interface Waiting {
  readonly text: string;
  readonly at: number;
}

/** One channel: what each side has that the other has not given yet. */
class Channel {
  readonly waiting: Record<SideName, Map<bigint, Waiting>> = { old: new Map(), new: new Map() };
  readonly first: Partial<Record<SideName, bigint>> = {};
  begin: bigint | undefined;
  /** Numbers that were decided, the latest of them: who comes again comes twice. */
  readonly decided = new Set<bigint>();
}

const none = (): Counts => ({ compared: 0, equal: 0, different: 0, missing: 0, twice: 0 });
const scoreOf = (from: number, counts: Counts): Score => ({
  ...counts,
  from,
  score: counts.compared === 0 ? 0 : counts.equal / counts.compared,
});

export class Comparison {
  readonly #minuteMs: number;
  readonly #waitMs: number;
  readonly #most: number;
  readonly #channels = new Map<string, Channel>();
  readonly #minutes: Score[] = [];
  #minute: { from: number; counts: Counts } | undefined;
  readonly #total = none();
  #first: Difference | undefined;
  #before = 0;

  constructor({ minuteMs = MINUTE_MS, waitMs = WAIT_MS, waiting = WAITING }: ComparisonOptions = {}) {
    this.#minuteMs = minuteMs;
    this.#waitMs = waitMs;
    this.#most = waiting;
  }

  /** Whole minutes, in order. */
  get minutes(): readonly Score[] {
    return this.#minutes;
  }
  /** Everything so far, from the first minute on. */
  get total(): Score {
    return scoreOf(this.#minutes[0]?.from ?? this.#minute?.from ?? 0, this.#total);
  }
  get first(): Difference | undefined {
    return this.#first;
  }
  /** Messages of one side from before the other was there: not compared. */
  get before(): number {
    return this.#before;
  }
  /** Messages that wait for the other side. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.#channels.values()) count += waiting.old.size + waiting.new.size;
    return count;
  }
  /** How many minutes up to now, in a row, were wholly equal. A minute in which nothing came is none of them. */
  get equalMinutes(): number {
    let count = 0;
    for (let i = this.#minutes.length - 1; i >= 0 && this.#minutes[i]?.score === 1; i--) count++;
    return count;
  }

  /** One message of one side. @param now milliseconds. */
  add(side: SideName, message: SideMessage, now: number): void {
    this.tick(now);
    let channel = this.#channels.get(message.channel);
    if (channel === undefined) {
      channel = new Channel();
      this.#channels.set(message.channel, channel);
    }
    const { sequence } = message;
    channel.first[side] ??= sequence;
    if (channel.begin === undefined) this.#begin(channel);
    if (channel.begin !== undefined && sequence < channel.begin) {
      this.#before++;
      return;
    }
    const [own, others] = [channel.waiting[side], channel.waiting[OTHER[side]]];
    if (channel.decided.has(sequence) || own.has(sequence)) {
      this.#decide('twice', { kind: 'twice', channel: message.channel, sequence, side });
      return;
    }
    const text = comparedText(message);
    const other = others.get(sequence);
    if (other === undefined) {
      own.set(sequence, { text, at: now });
      if (own.size > this.#most) this.#late(message.channel, channel, side, own.keys().next().value as bigint);
      return;
    }
    others.delete(sequence);
    this.#remember(channel, sequence);
    if (other.text === text) this.#decide('equal');
    else {
      const [a, b] = (side === 'new' ? [other.text, text] : [text, other.text]).map((t) => Buffer.from(t));
      const offset = differsAt(a as Buffer, b as Buffer);
      const texts = { old: a as Uint8Array, new: b as Uint8Array };
      this.#decide('different', { kind: 'different', channel: message.channel, sequence, offset, ...texts });
    }
  }

  /** Time goes on: minutes end, and what has waited for too long is missing. */
  tick(now: number): void {
    this.#minute ??= { from: now, counts: none() };
    for (const [name, channel] of this.#channels) {
      if (channel.begin === undefined) continue;
      for (const side of ['old', 'new'] as const) {
        for (const [sequence, { at }] of channel.waiting[side]) {
          if (now - at < this.#waitMs) break;
          this.#late(name, channel, side, sequence);
        }
      }
    }
    while (now - this.#minute.from >= this.#minuteMs) {
      this.#minutes.push(scoreOf(this.#minute.from, this.#minute.counts));
      if (this.#minutes.length > MINUTES_MOST) this.#minutes.shift();
      // Hours without a call are not so many minutes.
      const missed = Math.floor((now - this.#minute.from) / this.#minuteMs);
      this.#minute = { from: this.#minute.from + missed * this.#minuteMs, counts: none() };
    }
  }

  #begin(channel: Channel): void {
    const { old, new: young } = channel.first;
    if (old === undefined || young === undefined) return;
    channel.begin = later(old, young);
    for (const side of ['old', 'new'] as const)
      for (const sequence of channel.waiting[side].keys()) {
        if (sequence >= channel.begin) continue;
        channel.waiting[side].delete(sequence);
        this.#before++;
      }
  }

  /** What `side` has, and the other has not in time. */
  #late(name: string, channel: Channel, side: SideName, sequence: bigint): void {
    const { text } = channel.waiting[side].get(sequence) as Waiting;
    channel.waiting[side].delete(sequence);
    if (channel.begin === undefined) {
      // The other side is not there at all yet.
      this.#before++;
      return;
    }
    this.#remember(channel, sequence);
    this.#decide('missing', { kind: 'missing', channel: name, sequence, side: OTHER[side], [side]: Buffer.from(text) });
  }

  #remember({ decided }: Channel, sequence: bigint): void {
    decided.add(sequence);
    if (decided.size > this.#most) decided.delete(decided.keys().next().value as bigint);
  }

  #decide(what: 'equal' | 'different' | 'missing' | 'twice', difference?: Difference): void {
    for (const counts of [this.#total, (this.#minute as { counts: Counts }).counts]) {
      counts.compared++;
      counts[what]++;
    }
    this.#first ??= difference;
  }
}

function later(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

function differsAt(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

const AROUND = 24;
/** A difference as lines to read: what and where, and the bytes around the first that differs, by offset. */
export function differenceText(of: Difference): string[] {
  const head = `${of.channel} ${of.sequence}`;
  const sideText = of.side === 'old' ? 'the old side' : 'the new side';
  if (of.kind === 'twice') return [`${head}: came twice on ${sideText}`];
  const lines = [
    of.kind === 'missing' ? `${head}: missing on ${sideText}` : `${head}: differs from byte ${of.offset} on`,
  ];
  for (const side of ['old', 'new'] as const) {
    const bytes = of[side];
    if (bytes === undefined) continue;
    const from = Math.max(0, (of.offset ?? 0) - AROUND);
    const part = Buffer.from(bytes.subarray(from, from + 2 * AROUND));
    lines.push(`  ${side} ${String(from).padStart(5)}: ${part.toString('hex').replace(/(..)/g, '$1 ').trim()}`);
    lines.push(`  ${' '.repeat(9)}  ${part.toString('utf8').replace(/[^\x20-\x7e]/g, '.')}`);
  }
  return lines;
}
