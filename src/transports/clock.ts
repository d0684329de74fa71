/** Time as connections have it. Certification gives one of its own, in which nothing has to be waited for. */

/** Something that will be done. */
export interface Alarm {
  stop(): void;
  /** Begins to wait anew. */
  again(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  after(ms: number, then: () => void): Alarm;
  /** When what happens now has happened. */
  soon(then: () => void): void;
  /** From 0 to 1, for rests that are to differ. */
  random(): number;
}

export const systemClock: Clock = {
  now: Date.now,
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return { stop: () => clearTimeout(timer), again: () => timer.refresh() };
  },
  soon: queueMicrotask,
  random: Math.random,
};
