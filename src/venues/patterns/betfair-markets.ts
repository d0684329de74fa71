import { remedyOf, VenuewireError } from '../../errors.js';

/** `[price, size]`, or of ladders by level `[level, price, size]`, as Betfair sends them: doubles by definition. */
export type Rung = readonly number[];
const LADDERS = ['atb', 'atl', 'trd', 'spb', 'spl', 'batb', 'batl', 'bdatb', 'bdatl'] as const;
type LadderName = (typeof LADDERS)[number];
/** Highest price first. */
const DESCENDING: readonly LadderName[] = ['atb', 'spb'];
const BY_LEVEL: readonly LadderName[] = ['batb', 'batl', 'bdatb', 'bdatl'];
const VALUES = ['ltp', 'tv', 'spn', 'spf'] as const;

/** A runner's prices; what the stream has not told is null. */
export type RunnerBook = {
  readonly id: number;
  readonly hc: number;
  readonly status: string | null;
} & Readonly<Record<(typeof VALUES)[number], number | null>> &
  Readonly<Record<LadderName, readonly Rung[]>>;

export interface MarketBook {
  readonly id: string;
  readonly status: string | null;
  readonly inPlay: boolean | null;
  readonly version: number | null;
  readonly tv: number | null;
  /** By id, then handicap. */
  readonly runners: readonly RunnerBook[];
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);

class Runner {
  readonly values = new Map<string, number>();
  readonly ladders = new Map<LadderName, Map<number, Rung>>();
  constructor(
    readonly id: number,
    readonly hc: number,
  ) {}

  apply(change: Json): void {
    for (const name of VALUES) if (typeof change[name] === 'number') this.values.set(name, change[name]);
    for (const name of LADDERS) {
      const rungs = change[name];
      if (!Array.isArray(rungs)) continue;
      let ladder = this.ladders.get(name);
      if (ladder === undefined) {
        ladder = new Map();
        this.ladders.set(name, ladder);
      }
      // An empty list of trades says that there are none; of the others, that what has changed is filtered out.
      if (rungs.length === 0 && name === 'trd') ladder.clear();
      for (const rung of rungs as unknown[]) {
        if (!isRung(rung, BY_LEVEL.includes(name) ? 3 : 2)) throw unsound(`${name} of runner ${this.id}`);
        if (rung[rung.length - 1] === 0) ladder.delete(rung[0] as number);
        else ladder.set(rung[0] as number, rung);
      }
    }
  }

  book(status: string | null): RunnerBook {
    const value = (name: string): number | null => this.values.get(name) ?? null;
    const ladders = LADDERS.map((name) => {
      const sign = DESCENDING.includes(name) ? -1 : 1;
      const rungs = [...(this.ladders.get(name)?.values() ?? [])];
      return [name, rungs.sort(([a = 0], [b = 0]) => sign * (a - b))] as const;
    });
    return {
      ...{ id: this.id, hc: this.hc, status },
      ...Object.fromEntries(VALUES.map((name) => [name, value(name)])),
      ...Object.fromEntries(ladders),
    } as RunnerBook;
  }
}

const isRung = (value: unknown, length: number): value is Rung =>
  Array.isArray(value) && value.length === length && value.every((v) => typeof v === 'number');
const unsound = (what: string): VenuewireError =>
  new VenuewireError(
    'VW_JSON_FIELD',
    `A market change is not as Betfair documents it: ${what}`,
    remedyOf('VW_JSON_FIELD'),
  );

class Market {
  readonly runners = new Map<string, Runner>();
  definition: Json | undefined;
  tv: number | null = null;
  constructor(readonly id: string) {}

  apply(change: Json): void {
    if (isObject(change.marketDefinition)) {
      this.definition = change.marketDefinition;
      for (const runner of this.#declared()) this.#runner(runner);
    }
    if (typeof change.tv === 'number') this.tv = change.tv;
    if (!Array.isArray(change.rc)) return;
    for (const runner of change.rc as unknown[]) {
      if (!isObject(runner)) throw unsound(`rc of market ${this.id}`);
      this.#runner(runner).apply(runner);
    }
  }

  #declared(): Json[] {
    const runners = this.definition?.runners;
    return Array.isArray(runners) ? runners.filter(isObject) : [];
  }
  #runner({ id, hc }: Json): Runner {
    if (typeof id !== 'number') throw unsound(`a runner of market ${this.id} has no id`);
    const handicap = number(hc) ?? 0;
    const key = `${id}/${handicap}`;
    let found = this.runners.get(key);
    if (found === undefined) {
      found = new Runner(id, handicap);
      this.runners.set(key, found);
    }
    return found;
  }

  book(): MarketBook {
    const { status, inPlay, version } = this.definition ?? {};
    const statuses = new Map(this.#declared().map((r) => [`${r.id}/${number(r.hc) ?? 0}`, r.status]));
    const runners = [...this.runners].sort(([, a], [, b]) => a.id - b.id || a.hc - b.hc);
    return {
      id: this.id,
      status: typeof status === 'string' ? status : null,
      inPlay: typeof inPlay === 'boolean' ? inPlay : null,
      version: number(version),
      tv: this.tv,
      runners: runners.map(([key, runner]) => {
        const own = statuses.get(key);
        return runner.book(typeof own === 'string' ? own : null);
      }),
    };
  }
}

/** Markets that are kept. */
const MARKETS_MOST = 10_000;

/**
 * What Betfair's market stream makes of its markets: all ladders, traded volume, starting prices and definitions. The books of
 * a feed hold what can be backed and layed; this holds the rest.
 */
export class BetfairMarkets {
  readonly #markets = new Map<string, Market>();
  /** Tokens to go on with after a break; undefined before an image. */
  initialClk: string | undefined;
  clk: string | undefined;
  /** In the middle of an image in segments. */
  #isCut = false;

  /**
   * One message of the stream; what is no market change is passed over.
   * @throws VenuewireError `VW_JSON_SYNTAX`, `VW_JSON_FIELD`
   */
  apply(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      throw new VenuewireError('VW_JSON_SYNTAX', 'A message of Betfair is no JSON', remedyOf('VW_JSON_SYNTAX'));
    }
    if (!isObject(message) || message.op !== 'mcm') return;
    const { ct, segmentType: segment } = message;
    if (ct === 'SUB_IMAGE' && (segment === undefined || segment === null || segment === 'SEG_START'))
      this.#markets.clear();
    this.#isCut = segment === 'SEG_START' || segment === 'SEG';
    if (typeof message.initialClk === 'string') this.initialClk = message.initialClk;
    // In the middle of segments no token would go on at the right place.
    if (typeof message.clk === 'string' && !this.#isCut) this.clk = message.clk;
    if (Array.isArray(message.mc)) for (const change of message.mc as unknown[]) this.#market(change);
  }

  #market(change: unknown): void {
    if (!isObject(change) || typeof change.id !== 'string') throw unsound('a market has no id');
    const { id } = change;
    let market = this.#markets.get(id);
    if (market === undefined || change.img === true) {
      // A market that has moved to another event comes twice: the later version is the one.
      if (market === undefined && this.#markets.size >= MARKETS_MOST)
        throw unsound(`more than ${MARKETS_MOST} markets`);
      market = new Market(id);
      this.#markets.set(id, market);
    }
    market.apply(change);
  }

  get ids(): string[] {
    return [...this.#markets.keys()];
  }
  /** A market as it stands, runners and ladders in order. */
  book(id: string): MarketBook | undefined {
    return this.#markets.get(id)?.book();
  }
}
