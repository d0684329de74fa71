/**
 * From an old handler to a new one without losing or repeating a message: both run, one of them is passed on, and the other one's
 * messages are kept as far as they are ahead. After so many equal minutes the new one is passed on, from exactly the number behind
 * the last; the first difference goes back to the old one. Time is an argument.
 */
import { VenuewireError } from '../errors.js';
import { Comparison, type ComparisonOptions } from './comparison.js';
import { OTHER, type SideMessage, type SideName } from './message.js';

export type CutoverStep = 'shadow' | 'promoted' | 'oldRemoved' | 'rolledBack';

export interface CutoverOptions extends ComparisonOptions {
  /** Equal minutes in a row before the new side is passed on. Infinity: it is only compared. */
  readonly promoteAfter: number;
  /** Equal minutes in a row after that before the old side may go. Default: 1. */
  readonly removeAfter?: number;
  /** Each message once, in the order of its channel, from whichever side. */
  readonly forward?: (message: SideMessage, from: SideName) => void;
  /** Is told each step, with why. After `oldRemoved` the old side is not needed, after `rolledBack` the new one. */
  readonly stepped?: (step: CutoverStep, why: string) => void;
}

/** What was passed on. */
export interface CutoverLedger {
  readonly forwarded: number;
  readonly fromOld: number;
  readonly fromNew: number;
  /** Numbers that came again on the side that is passed on, or that the other side had given before the switch: not repeated. */
  readonly notRepeated: number;
  /** Numbers between two that were passed on, where the venue’s numbers have no holes: lost. */
  readonly lost: number;
}

/** Messages of a channel that the other side has not given yet, and that are kept. */
const KEPT = 65_536;

class Kept {
  /** The last number passed on. */
  last: bigint | undefined;
  readonly ahead: Record<SideName, Map<bigint, SideMessage>> = { old: new Map(), new: new Map() };
}

export class Cutover {
  readonly comparison: Comparison;
  readonly #options: CutoverOptions;
  readonly #channels = new Map<string, Kept>();
  readonly #ledger = { forwarded: 0, fromOld: 0, fromNew: 0, notRepeated: 0, lost: 0 };
  #step: CutoverStep = 'shadow';
  #active: SideName = 'old';
  /** Whole minutes there were at the last step. */
  #since = 0;
  #overflowed = false;

  constructor(options: CutoverOptions) {
    if (!(options.promoteAfter >= 1)) {
      throw new VenuewireError('VW_CUTOVER', 'promoteAfter is no number of minutes', 'Give 1 or more, or Infinity.');
    }
    this.#options = options;
    this.comparison = new Comparison(options);
  }

  get step(): CutoverStep {
    return this.#step;
  }
  /** The side that is passed on. */
  get active(): SideName {
    return this.#active;
  }
  get ledger(): CutoverLedger {
    return this.#ledger;
  }

  /** One message of one side. @param now milliseconds. */
  add(side: SideName, message: SideMessage, now: number): void {
    if (this.#step === 'shadow' || this.#step === 'promoted') this.comparison.add(side, message, now);
    this.#pass(side, message);
    this.#look();
  }

  tick(now: number): void {
    if (this.#step !== 'shadow' && this.#step !== 'promoted') return;
    this.comparison.tick(now);
    this.#look();
  }

  /** Back to the old side, whatever was found: possible until the old side is removed. */
  rollBack(why: string): void {
    if (this.#step === 'oldRemoved') {
      throw new VenuewireError(
        'VW_CUTOVER',
        'the old side has been removed',
        'Start it as the new side of another cut-over.',
      );
    }
    if (this.#step === 'rolledBack') return;
    this.#switch('old');
    this.#set('rolledBack', why);
  }

  #look(): void {
    if (this.#step !== 'shadow' && this.#step !== 'promoted') return;
    const { first, equalMinutes, minutes } = this.comparison;
    if (first !== undefined) {
      const side = first.side === undefined ? '' : ` on the ${first.side} side`;
      this.rollBack(`${first.channel} ${first.sequence} is ${first.kind}${side}`);
      return;
    }
    const { promoteAfter, removeAfter = 1 } = this.#options;
    const equal = Math.min(equalMinutes, minutes.length - this.#since);
    if (this.#step === 'shadow' && equal >= promoteAfter) {
      if (this.#overflowed) {
        this.rollBack('the new side was farther ahead than what is kept');
        return;
      }
      this.#switch('new');
      this.#set('promoted', `${equal} equal minutes`);
    } else if (this.#step === 'promoted' && equal >= removeAfter) {
      this.#set('oldRemoved', `${equal} equal minutes after the switch`);
      for (const kept of this.#channels.values()) kept.ahead.old.clear();
    }
  }

  #set(step: CutoverStep, why: string): void {
    this.#step = step;
    this.#since = this.comparison.minutes.length;
    this.#options.stepped?.(step, why);
  }

  #pass(side: SideName, message: SideMessage): void {
    let kept = this.#channels.get(message.channel);
    if (kept === undefined) {
      kept = new Kept();
      this.#channels.set(message.channel, kept);
    }
    if (side === this.#active) {
      this.#forward(kept, side, message);
      return;
    }
    const isGone = this.#step === 'oldRemoved' || this.#step === 'rolledBack';
    if (isGone || (kept.last !== undefined && message.sequence <= kept.last)) return;
    const ahead = kept.ahead[side];
    ahead.set(message.sequence, message);
    if (ahead.size <= KEPT) return;
    ahead.delete(ahead.keys().next().value as bigint);
    this.#overflowed = kept.last !== undefined;
  }

  #forward(kept: Kept, side: SideName, message: SideMessage): void {
    const { sequence } = message;
    if (kept.last !== undefined && sequence <= kept.last) {
      this.#ledger.notRepeated++;
      return;
    }
    if (kept.last !== undefined) this.#ledger.lost += Number(sequence - kept.last - 1n);
    kept.last = sequence;
    for (const before of kept.ahead[OTHER[side]].keys()) {
      if (before > sequence) break;
      kept.ahead[OTHER[side]].delete(before);
    }
    this.#ledger.forwarded++;
    this.#ledger[side === 'old' ? 'fromOld' : 'fromNew']++;
    this.#options.forward?.(message, side);
  }

  /** From now on `side` is passed on, beginning with what it is ahead. */
  #switch(side: SideName): void {
    if (this.#active === side) return;
    this.#active = side;
    for (const kept of this.#channels.values()) {
      const ahead = [...kept.ahead[side].values()].sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
      kept.ahead[side].clear();
      for (const message of ahead) this.#forward(kept, side, message);
    }
  }
}
