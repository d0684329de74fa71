/** The handlers of normalised events, prepared once: a table from an event's kind to what is called. */
import { EVENT_BYTES, EVENT_KIND, EVENT_KIND_AT } from '../contract.js';
import { type EventHandlers, EventView } from '../events/view.js';
import { type BatchSink, noticeAt } from './batch.js';
import type { EventTaker } from './kept-books.js';
import type { Ring } from './ring.js';

export class EventDispatcher implements EventTaker {
  readonly #table: readonly (((event: EventView) => void) | undefined)[];
  readonly #view = new EventView();
  /** Called with each notice, in order with the events around it. */
  readonly notice: ((position: number) => void) | undefined;

  constructor(
    readonly ring: Ring,
    handlers: EventHandlers,
    sink: BatchSink,
  ) {
    this.#table = EVENT_KIND.map((kind) => handlers[kind]?.bind(handlers));
    this.notice = sink.notice && ((position) => sink.notice?.(noticeAt(ring, position)));
  }

  events(records: DataView, count: number): void {
    const view = this.#view.bind(records, 0);
    const end = count * EVENT_BYTES;
    for (let at = 0; at < end && !this.ring.closed; at += EVENT_BYTES) {
      view.$at = at;
      this.#table[records.getUint8(at + EVENT_KIND_AT)]?.(view);
    }
  }
}
