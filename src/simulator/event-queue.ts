/** Events in the order of their time; equal times in the order in which they were added. A binary heap. */
export class EventQueue<T> {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #items: T[] = [];
  #order = 0;

  get size(): number {
    return this.#items.length;
  }

  /** Time of the first event; Infinity: none. */
  get dueNs(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  #before(i: number, j: number): boolean {
    const a = this.#times[i] as number;
    const b = this.#times[j] as number;
    return a < b || (a === b && (this.#orders[i] as number) < (this.#orders[j] as number));
  }

  #swap(i: number, j: number): void {
    for (const list of [this.#times, this.#orders, this.#items] as unknown[][]) {
      const t = list[i];
      list[i] = list[j];
      list[j] = t;
    }
  }

  push(timeNs: number, item: T): void {
    let i = this.#items.length;
    this.#times.push(timeNs);
    this.#orders.push(this.#order++);
    this.#items.push(item);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!this.#before(i, up)) return;
      this.#swap(i, up);
      i = up;
    }
  }

  /** Takes the first event out; undefined: there is none. */
  pop(): T | undefined {
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    this.#times.pop();
    this.#orders.pop();
    const item = this.#items.pop();
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < last && this.#before(child, least)) least = child;
      }
      if (least === i) return item;
      this.#swap(i, least);
      i = least;
    }
  }
}
