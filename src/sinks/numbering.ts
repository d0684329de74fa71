/** Which position each row has: the numbers of a feed as a sequence that never falls within its epoch. */
import type { Notice } from '../feed/batch.js';
import type { RowPosition } from './rows.js';

/**
 * The positions of one reader's rows. Numbers of an epoch never fall: a row whose message has no number, or a lower one
 * (of a snapshot), is a further part of the last.
 */
export class Numbering {
  readonly known: readonly RowPosition[];
  /** By channel: the code of its epoch, the number as halves, the part. */
  readonly epoch: Uint32Array;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly part: Uint32Array;
  readonly epochs: string[] = [''];
  readonly #sessions: string[];
  readonly #resets: number[];
  /** Epochs that each channel has had: one that comes again is another. */
  readonly #had: Set<string>[];
  /** Channels of which nothing has come yet, and what the store has of them. */
  readonly #fresh: (RowPosition | undefined)[];

  constructor(
    readonly channels: readonly string[],
    /** Where the store stands; only for feeds that begin with what is live, where a lower number is a new numbering. */
    known: Iterable<RowPosition> = [],
  ) {
    this.known = [...known];
    const size = channels.length;
    this.epoch = new Uint32Array(size);
    this.low = new Uint32Array(size);
    this.high = new Uint32Array(size);
    this.part = new Uint32Array(size).fill(NONE_YET);
    this.#sessions = channels.map(() => '');
    this.#resets = channels.map(() => 0);
    this.#had = channels.map(() => new Set());
    this.#fresh = channels.map(() => undefined);
    for (const position of this.known) this.#know(position);
  }

  /** The store's last numbering of a channel is where the next one is counted from. */
  #know(position: RowPosition): void {
    const channel = this.channels.indexOf(position.channel);
    if (channel < 0) return;
    const resets = Number(/#(\d+)$/.exec(position.epoch)?.[1] ?? 0);
    const known = this.#fresh[channel];
    if (known !== undefined && resets < (this.#resets[channel] as number)) return;
    this.#fresh[channel] = position;
    this.#resets[channel] = resets;
    this.#had[channel] = new Set();
    this.#name(channel);
    // The session that is told next goes on in it.
    this.#had[channel] = new Set();
  }

  #name(channel: number): void {
    const had = this.#had[channel] as Set<string>;
    while (had.has(this.#text(channel))) this.#resets[channel] = (this.#resets[channel] as number) + 1;
    const name = this.#text(channel);
    had.add(name);
    const at = this.epochs.indexOf(name);
    this.epoch[channel] = at >= 0 ? at : this.epochs.push(name) - 1;
    this.low[channel] = 0;
    this.high[channel] = 0;
    this.part[channel] = NONE_YET;
  }

  #text(channel: number): string {
    const resets = this.#resets[channel] as number;
    return resets === 0 ? (this.#sessions[channel] as string) : `${this.#sessions[channel]}#${resets}`;
  }

  /** Sessions and resets make epochs. */
  notice({ type, channel, session }: Notice): void {
    if (channel >= this.channels.length) return;
    if (type === 'sessionStarted' && session !== this.#sessions[channel]) {
      this.#sessions[channel] = session;
      if (this.#fresh[channel] === undefined) this.#resets[channel] = 0;
      this.#name(channel);
    } else if (type === 'reset') {
      this.#resets[channel] = (this.#resets[channel] as number) + 1;
      this.#name(channel);
    }
  }

  /** The number of the last row of a channel. */
  number(channel: number): bigint {
    return (BigInt(this.high[channel] as number) << 32n) | BigInt(this.low[channel] as number);
  }

  /** Takes a row of a message with this number; its position is then in `low`, `high` and `part`. */
  next(channel: number, low: number, high: number): void {
    if (this.#fresh[channel] !== undefined) this.#first(channel, low, high);
    const before = this.high[channel] as number;
    if (high > before || (high === before && low > (this.low[channel] as number))) {
      this.high[channel] = high;
      this.low[channel] = low;
      this.part[channel] = 0;
    } else {
      // From 2^32 - 1, which is none yet, to 0.
      this.part[channel] = (this.part[channel] as number) + 1;
    }
  }

  /** A live feed goes on above what is stored; below it, numbers have begun again while nobody listened. */
  #first(channel: number, low: number, high: number): void {
    const known = this.#fresh[channel] as RowPosition;
    const number = (BigInt(high) << 32n) | BigInt(low);
    if (number === 0n) return;
    this.#fresh[channel] = undefined;
    if (known.epoch !== this.epochs[this.epoch[channel] as number] || number > known.number) return;
    this.#resets[channel] = (this.#resets[channel] as number) + 1;
    this.#name(channel);
  }
}
const NONE_YET = 0xffff_ffff;
