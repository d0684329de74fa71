/** Which instruments wait for an image, and when each is asked for again. */
import type { Subscription } from '../patterns/subscription.js';
import { nanosecondsOf } from '../patterns/units.js';
import type { Alarm, Clock } from '../transports/clock.js';
import { Backoff } from '../transports/pace.js';
import type { VenueSession } from './session.js';

/** What can be done for an instrument. */
export interface RecoveryMeans {
  subscribe(symbol: string): void;
  image(symbol: string): void;
  /** All is connected to anew. */
  connect(): void;
  /** It does not become good however often it is asked for. */
  giveUp(symbol: string): void;
}

const NANOSECONDS = 1e6;
/** An instrument that stays good for so long is asked for at once when it breaks again. */
const STEADY_MS = 60_000;
const FIRST_MS = 500;
const ATTEMPTS_MOST = 6;
/** An image that changes do not call for is asked for after so long: the instrument may be quiet. */
const QUIET_MS = 1_000;

class Recovery {
  readonly backoff: Backoff;
  attempts = 0;
  /** It has been asked for, or will be. */
  isBusy = false;
  timer: Alarm | undefined;
  goodSinceMs = 0;
  constructor(mostMs: number, random: () => number) {
    this.backoff = new Backoff(FIRST_MS, mostMs, random);
  }
}

export class Recoveries {
  readonly #all = new Map<string, Recovery>();
  readonly #imageMs: number;
  readonly #mostMs: number;

  constructor(
    readonly subscription: Subscription,
    readonly session: VenueSession,
    readonly clock: Clock,
    readonly means: RecoveryMeans,
  ) {
    this.#imageMs = nanosecondsOf(subscription.imageWithin) / NANOSECONDS;
    this.#mostMs = nanosecondsOf(subscription.reconnect.most) / NANOSECONDS;
  }

  /** All have been subscribed to: their images are waited for, or asked for. */
  begin(): void {
    const { instruments, recover } = this.subscription;
    if (recover === 'next' || recover === 'connection') return;
    for (const symbol of instruments) {
      const recovery = this.#of(symbol);
      recovery.isBusy = true;
      // An image asked for before the changes come may be too old for them.
      if (recover === 'image') this.#after(recovery, QUIET_MS, () => this.#act(symbol, recovery));
      else this.#watch(symbol, recovery);
    }
  }

  holding(symbol: string): void {
    const recovery = this.#of(symbol);
    if (recovery.isBusy && recovery.attempts === 0) this.#act(symbol, recovery);
  }

  broken(symbol: string): void {
    const { recover, instruments } = this.subscription;
    if (recover === 'next') return;
    if (recover !== 'connection' && !instruments.includes(symbol)) return;
    const recovery = this.#of(symbol);
    if (recovery.isBusy) return;
    recovery.isBusy = true;
    const isSteady = this.clock.now() - recovery.goodSinceMs > STEADY_MS;
    if (isSteady) recovery.backoff.reset();
    if (isSteady) recovery.attempts = 0;
    this.#after(recovery, isSteady || recovery.attempts === 0 ? 0 : recovery.backoff.next(), () =>
      this.#act(symbol, recovery),
    );
  }

  whole(symbol: string): void {
    const recovery = this.#of(symbol);
    recovery.timer?.stop();
    recovery.isBusy = false;
    recovery.goodSinceMs = this.clock.now();
  }

  /** What was asked for did not come, or does not fit; the server may have asked for a rest. */
  failed(symbol: string, afterMs = 0): void {
    if (this.subscription.recover === 'next') return;
    const recovery = this.#of(symbol);
    recovery.isBusy = true;
    this.#after(recovery, Math.max(afterMs, recovery.backoff.next()), () => this.#act(symbol, recovery));
  }

  stop(): void {
    for (const { timer } of this.#all.values()) timer?.stop();
    this.#all.clear();
  }

  #of(symbol: string): Recovery {
    let found = this.#all.get(symbol);
    if (found === undefined) {
      found = new Recovery(this.#mostMs, this.clock.random);
      this.#all.set(symbol, found);
    }
    return found;
  }

  #act(symbol: string, recovery: Recovery): void {
    recovery.attempts++;
    const { recover } = this.subscription;
    if (recover === 'connection') {
      this.means.connect();
      return;
    }
    if (recovery.attempts > ATTEMPTS_MOST) {
      this.means.giveUp(symbol);
      return;
    }
    if (recover === 'subscription') this.means.subscribe(symbol);
    else this.means.image(symbol);
    this.#watch(symbol, recovery);
  }

  /** If no image comes in time it is asked for again. */
  #watch(symbol: string, recovery: Recovery): void {
    this.#after(recovery, this.#imageMs, () => {
      if (this.session.waits(symbol)) this.#act(symbol, recovery);
      else recovery.isBusy = false;
    });
  }

  #after(recovery: Recovery, afterMs: number, then: () => void): void {
    recovery.timer?.stop();
    recovery.timer = this.clock.after(afterMs, then);
  }
}
