/** Time that passes when nothing more is to be done at one instant. */
import type { Alarm, Clock } from '../../../transports/clock.js';
import { EventQueue } from '../../event-queue.js';
import type { Random } from '../../random.js';

const BEGIN_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export class VirtualClock implements Clock {
  readonly #events = new EventQueue<() => void>();
  readonly random: () => number;
  #nowMs = BEGIN_MS;

  constructor(random: Random) {
    this.random = () => random.real();
  }
  now = (): number => this.#nowMs;
  /** Since the beginning. */
  get passedMs(): number {
    return this.#nowMs - BEGIN_MS;
  }

  after = (ms: number, then: () => void): Alarm => {
    // What was begun before, or stopped, comes to nothing.
    let nth = 0;
    const begin = (): void => {
      const own = ++nth;
      this.at(this.#nowMs + Math.max(0, Math.ceil(ms)), () => {
        if (own === nth) then();
      });
    };
    begin();
    return { stop: () => nth++, again: begin };
  };
  soon = (then: () => void): void => this.at(this.#nowMs, then);
  at(timeMs: number, then: () => void): void {
    this.#events.push(timeMs, then);
  }

  /** Lets time pass until `done`, or for so long. False: it was not done. */
  run(mostMs: number, done: () => boolean): boolean {
    const until = this.#nowMs + mostMs;
    while (!done()) {
      if (this.#events.dueNs > until) return false;
      this.#nowMs = Math.max(this.#nowMs, this.#events.dueNs);
      this.#events.pop()?.();
    }
    return true;
  }
}
