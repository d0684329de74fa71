/** One run of a venue that sends text: a connection, what goes wrong with it, and what must be true all the while. */
import { LiveVenue, ms } from '../../../internet/live.js';
import type { JsonDecoder } from '../../../json/table.js';
import type { Venue } from '../../../patterns/venue.js';
import type { Dialect } from '../../internet/dialects.js';
import { INTERNET_FAULTS, type InternetFault } from '../../internet/faults.js';
import { TOKEN_VARIABLE } from '../../internet/simulated.js';
import { Random } from '../../random.js';
import type { RunResult } from '../run.js';
import { TextCore } from './text-core.js';
import { VirtualClock } from './virtual-clock.js';
import { type Marks, stateOf, VirtualVenue, type Way } from './virtual-venue.js';

const TICK_MS = 100;
/** While nobody is connected changes matter to nobody. */
const LONELY_TICK_MS = 500;
const FIRST_IMAGES_MS = 60_000;
const FAULT_AFTER_MS = 2_000;
/** A fault has shown by then, and has been mended. */
const GRACE_MS = 150_000;
/** Ticks in which all must stay good at the end. */
const CALM_TICKS = 20;
/** Longer than any way. */
const ARRIVED_MS = 50;
const RENEWED_AFTER_MS = 3_000;
const WORDS_MOST = 4;
const MILLISECONDS = 1e6;

/** What is played, and what must come of it. */
export interface TextScenario {
  /** One after the other. */
  faults(random: Random): readonly InternetFault[];
  /** Codes that must be told. */
  readonly told: readonly string[];
  /** Whether instruments become stale: always, never, or it depends. */
  readonly stale: 'always' | 'never' | 'perhaps';
}

/** What a venue is played as. */
export interface TextStage {
  readonly id: string;
  readonly venue: Venue;
  readonly decoder: JsonDecoder;
  readonly dialect: Dialect;
  readonly symbols: readonly string[];
}

class Player {
  readonly faults: string[] = [];
  readonly told = new Set<string>();
  readonly #clock: VirtualClock;
  readonly #venue: VirtualVenue;
  readonly #live: LiveVenue;
  readonly #core: TextCore;
  /** What has arrived of each book, or would have. */
  readonly #known = new Map<string, { sequence: number; levels: string }>();
  /** Books of which a message was lost that nothing has come behind of yet. */
  readonly #blind = new Set<string>();
  /** Books that something has come for. */
  readonly #touched = new Set<string>();
  readonly #digits: readonly [price: number, size: number];
  #staleSinceMs = Number.NaN;
  staleForMs = 0;
  longestMs = 0;
  cured = 0;
  /** It was stale behind the first images. */
  wasStale = false;
  #isPlaying = false;

  constructor(
    readonly stage: TextStage,
    readonly random: Random,
    way: Way,
  ) {
    const { venue, decoder, dialect, symbols } = stage;
    this.#clock = new VirtualClock(random.fork('rests'));
    const witness = { arrived: (m: Marks) => this.#arrived(m), lost: (m: Marks) => this.#lost(m) };
    this.#venue = new VirtualVenue(dialect, symbols, random.u32(), this.#clock, witness, way, random.fork('way'));
    this.#digits = dialect.digits ?? [1, 8];
    this.#core = new TextCore(venue, venue.subscription?.instruments ?? []);
    const usesToken = venue.subscription?.credentials !== undefined && venue.subscription.credentials.type !== 'none';
    if (usesToken) this.#useToken();
    this.#live = new LiveVenue(venue, decoder, this.#venue.means, (frame) => {
      if (this.#secrets.some((secret) => frame.text.includes(secret))) this.#fault('a recording holds a credential');
    });
    this.#live.tell = (error) => this.told.add(error.code);
  }

  readonly #secrets: string[] = [];
  #useToken(): void {
    const give = (token: string): void => {
      this.#secrets.push(token);
      this.#venue.issued = token;
      process.env[TOKEN_VARIABLE] = token;
    };
    this.#venue.token = 'token-of-the-day';
    give(this.#venue.token);
    this.#venue.renew = (token) => this.#clock.after(RENEWED_AFTER_MS, () => give(token));
  }

  #fault(what: string): void {
    if (this.faults.length < WORDS_MOST) this.faults.push(what);
  }

  #connect(): void {
    this.#live.connect(this.#live.target, {
      connected: () => {},
      bytes: () => true,
      datagram: (packets) => {
        this.#core.take(packets, this.#clock.now());
        this.#look();
        return true;
      },
      closed: (_reason, error) => {
        if (error !== undefined) this.told.add(error.code);
        this.#clock.soon(() => this.#connect());
      },
    });
  }

  #look(): void {
    const core = this.#core;
    const isStale = this.stage.symbols.some((symbol) => core.isStale(symbol));
    for (const symbol of this.stage.symbols)
      if (core.isThere(symbol) && !core.isStale(symbol) && core.isEmpty(symbol))
        this.#fault(`the book of ${symbol} is empty and not stale: no book of the venue is`);
    const now = this.#clock.now();
    if (isStale && this.#isPlaying) this.wasStale = true;
    if (isStale && Number.isNaN(this.#staleSinceMs)) this.#staleSinceMs = now;
    if (isStale || Number.isNaN(this.#staleSinceMs)) return;
    const forMs = now - this.#staleSinceMs;
    this.#staleSinceMs = Number.NaN;
    this.staleForMs += forMs;
    this.longestMs = Math.max(this.longestMs, forMs);
    this.cured++;
  }

  #arrived(marks: Marks): void {
    for (const [symbol, state] of marks) {
      this.#keep(symbol, state);
      this.#blind.delete(symbol);
      this.#touched.add(symbol);
    }
    // Behind everything that arrives at the same time.
    this.#clock.soon(() => {
      for (const symbol of this.#touched) this.#compare(symbol);
      this.#touched.clear();
    });
  }
  #lost(marks: Marks): void {
    for (const [symbol, state] of marks) {
      this.#keep(symbol, state);
      this.#blind.add(symbol);
    }
  }
  #keep(symbol: string, state: { sequence: number; levels: string }): void {
    const known = this.#known.get(symbol);
    if (known === undefined || state.sequence >= known.sequence) this.#known.set(symbol, state);
  }

  /** A book that does not say that it is stale is the venue's. */
  #compare(symbol: string): void {
    const core = this.#core;
    if (!core.isThere(symbol) || core.isStale(symbol) || this.#blind.has(symbol)) return;
    const shown = core.levels(symbol, ...this.#digits);
    const truth = this.#known.get(symbol)?.levels;
    if (shown !== truth) this.#fault(`the book of ${symbol} is wrong and not stale: ${shown}; the venue's: ${truth}`);
  }

  #isGood(): boolean {
    const isUp = [...this.#venue.clients].some(({ ready }) => ready);
    return isUp && this.stage.symbols.every((symbol) => this.#core.isThere(symbol) && !this.#core.isStale(symbol));
  }

  #tick = (): void => {
    this.#venue.tick();
    this.#clock.after(this.#venue.clients.size > 0 ? TICK_MS : LONELY_TICK_MS, () => this.#tick());
  };

  #strike(fault: InternetFault): void {
    INTERNET_FAULTS[fault](this.#venue, this.random);
    const silenceTicks = ms(this.stage.venue.subscription?.silence ?? '30s') / TICK_MS;
    if (fault === 'silence') this.#venue.stillTicks = Math.ceil(silenceTicks * 1.2);
    if (fault === 'slow') this.#venue.slowTicks = Math.min(this.#venue.slowTicks, Math.floor(silenceTicks * 0.6));
  }

  /** Waits for it; false is a fault. */
  #until(mostMs: number, what: string, done: () => boolean): void {
    if (!this.#clock.run(mostMs, done)) this.#fault(`${what}: not within ${mostMs / 1_000} s`);
  }

  play({ faults, told, stale }: TextScenario): void {
    this.#connect();
    this.#tick();
    this.#until(FIRST_IMAGES_MS, 'the first images', () => this.#isGood());
    this.#isPlaying = true;
    for (const fault of faults(this.random)) {
      this.#wait(FAULT_AFTER_MS * this.random.real());
      this.#strike(fault);
      this.#wait(FAULT_AFTER_MS);
      // A silence is seen when it has lasted; what was refused is tried again.
      this.#until(
        GRACE_MS,
        `good again behind ${fault}`,
        () => this.#hasShown(told) && this.#isQuiet() && this.#isGood(),
      );
    }
    this.#wait(CALM_TICKS * TICK_MS);
    this.#until(GRACE_MS, 'good at the end', () => this.#isGood() && this.#venue.clients.size > 0);
    this.#end(stale);
  }
  #hasShown = (told: readonly string[]): boolean => told.every((code) => this.told.has(code));
  #isQuiet(): boolean {
    const { stillTicks, slowTicks, refusals } = this.#venue;
    return stillTicks + slowTicks + refusals.length === 0;
  }
  #wait(forMs: number): void {
    this.#clock.run(forMs, () => false);
  }

  #end(stale: TextScenario['stale']): void {
    // Nothing changes any more, and what is on its way arrives.
    this.#venue.stillTicks = Number.POSITIVE_INFINITY;
    this.#wait(ARRIVED_MS);
    for (const symbol of this.stage.symbols) {
      const book = this.#venue.books.get(symbol);
      const shown = this.#core.levels(symbol, ...this.#digits);
      if (book !== undefined && !this.#blind.has(symbol) && shown !== stateOf(book).levels)
        this.#fault(`the book of ${symbol} is not the venue's at the end: ${shown}`);
    }
    if (stale === 'always' && !this.wasStale) this.#fault('nothing was told to be stale');
    if (stale === 'never' && this.wasStale) this.#fault('something was told to be stale');
    if (this.#venue.impatient > 0) this.#fault('it was connected to within a rest that the server had asked for');
    this.#checkRates();
  }

  #checkRates(): void {
    const { attempts } = this.#venue;
    const rate = this.stage.venue.subscription?.rates.connects;
    if (rate === undefined) return;
    const most = attempts.filter((at, i) => at - (attempts[i - rate.count] ?? Number.NEGATIVE_INFINITY) < ms(rate.per));
    // The way differs by a few milliseconds.
    if (most.length > rate.count + 1) this.#fault(`more than ${rate.count} connections within ${rate.per}`);
  }

  result(): RunResult {
    const { expected, inFlight, abandoned } = this.#core.finish(this.#clock.now());
    const core = this.#core;
    if (core.unbalanced > 0) this.#fault(`the ledger did not balance ${core.unbalanced} times`);
    if (inFlight !== 0) this.#fault(`${inFlight} in flight after the end`);
    if (expected !== core.delivered + abandoned)
      this.#fault(`expected ${expected}, delivered ${core.delivered}, abandoned ${abandoned}`);
    if (abandoned !== core.named) this.#fault(`${abandoned} counted as abandoned, ${core.named} named`);
    return {
      ...{ faults: this.faults, delivered: core.delivered, recovered: 0, abandoned },
      toGoodNs: this.cured === 0 ? Number.NaN : (this.staleForMs * MILLISECONDS) / this.cured,
      requests: this.#venue.asked + this.#venue.heard.length,
      ...{ quotaShare: Number.NaN, counters: {}, seen: core.seen, timeNs: this.#clock.passedMs * MILLISECONDS },
    };
  }

  /** It is over: nothing is left to be done. */
  miss(told: readonly string[]): void {
    for (const code of told) if (!this.told.has(code)) this.#fault(`${code} was not told`);
  }
}

/** Plays it: the seed alone decides. */
export function playText(stage: TextStage, scenario: TextScenario, seed: number): RunResult {
  const [line] = Object.values(stage.venue.lines ?? {});
  const player = new Player(stage, new Random(seed), line?.type as Way);
  player.play(scenario);
  player.miss(scenario.told);
  return player.result();
}
