/**
 * Keys that are to be worked on: each once however often it was added, and never by two workers at once. What fails comes again,
 * later each time.
 */
export interface QueueClock {
  /** Calls `then` after so many milliseconds. */
  after(ms: number, then: () => void): void;
}

const FIRST_MS = 5;
const MOST_MS = 16 * 60_000;

const timers: QueueClock = { after: (ms, then) => void setTimeout(then, ms).unref() };

export class WorkQueue {
  readonly #clock: QueueClock;
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  /** Added while a worker had it. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(clock: QueueClock = timers) {
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#waiting.size;
  }
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.add(key);
    this.#hand();
  }

  addAfter(key: string, ms: number): void {
    this.#clock.after(ms, () => this.add(key));
  }

  /** After a failure: 5 ms, and twice as long with each, to 16 minutes. */
  retry(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const ms = Math.min(FIRST_MS * 2 ** failures, MOST_MS);
    this.addAfter(key, ms);
    return ms;
  }
  /** After a success: the next failure is the first one. */
  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key; undefined when the queue is closed. Its worker calls `done`. */
  next(): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve(undefined);
      this.#takers.push(resolve);
      this.#hand();
    });
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  #hand(): void {
    for (const key of this.#waiting) {
      const taker = this.#takers.shift();
      if (taker === undefined) return;
      this.#waiting.delete(key);
      this.#working.add(key);
      taker(key);
    }
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }
}
