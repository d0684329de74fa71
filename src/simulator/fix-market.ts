/** The market of a simulated FIX server: what stands for each symbol, by the field names of FIX 4.4. */
import { VenuewireError } from '../errors.js';
import type { FixObject } from '../fix/index.js';

const BID_OFFER_TRADE: readonly string[] = ['0', '1', '2'];
const TRADE = '2';
const NEW_CHANGE_DELETE: readonly string[] = ['0', '1', '2'];
const DELETE = '2';

/** MDReqRejReason (281). */
const UNKNOWN_SYMBOL = '0';
const DUPLICATE_REQUEST = '1';
const UNSUPPORTED_REQUEST_TYPE = '4';
const UNSUPPORTED_DEPTH = '5';
const UNSUPPORTED_UPDATE_TYPE = '6';
const UNSUPPORTED_ENTRY_TYPE = '8';

/** One entry of an increment (X), by FIX's names; further fields of its group may be given by theirs. */
export interface FixMarketEntry {
  /** 279: 0 new, 1 change, 2 delete. */
  readonly MDUpdateAction: '0' | '1' | '2';
  /** 269: 0 bid, 1 offer, 2 trade. */
  readonly MDEntryType: '0' | '1' | '2';
  readonly Symbol: string;
  /** A decimal number as text: nothing passes through floating point. */
  readonly MDEntryPx: string;
  readonly MDEntrySize?: string;
  /** What names the entry; without it, its side and price do. */
  readonly MDEntryID?: string;
  readonly [field: string]: unknown;
}

/** What one request asked for. */
export interface FixSubscription {
  readonly symbols: readonly string[];
  readonly types: readonly string[];
}

/** Of trades the last one stands. */
const keyOf = (e: FixMarketEntry): string =>
  e.MDEntryType === TRADE ? TRADE : (e.MDEntryID ?? `${e.MDEntryType} ${e.MDEntryPx}`);

export class FixMarket {
  readonly #bySymbol: ReadonlyMap<string, Map<string, FixMarketEntry>>;

  constructor(symbols: readonly string[]) {
    this.#bySymbol = new Map(symbols.map((s) => [s, new Map()]));
  }

  /** @throws VenuewireError `VW_SIMULATOR_OPTION`; nothing has been changed then. */
  apply(entries: readonly FixMarketEntry[]): void {
    for (const e of entries) {
      const sound = NEW_CHANGE_DELETE.includes(e.MDUpdateAction) && BID_OFFER_TRADE.includes(e.MDEntryType);
      if (!sound || !this.#bySymbol.has(e.Symbol) || !/^-?\d+(\.\d+)?$/.test(e.MDEntryPx))
        throw new VenuewireError(
          'VW_SIMULATOR_OPTION',
          `${JSON.stringify(e)} is no entry of this market`,
          'MDUpdateAction and MDEntryType are 0, 1 or 2, Symbol is one of the server’s, MDEntryPx a decimal number as text.',
        );
    }
    for (const e of entries) {
      const standing = this.#bySymbol.get(e.Symbol);
      if (e.MDUpdateAction === DELETE) standing?.delete(keyOf(e));
      else standing?.set(keyOf(e), e);
    }
  }

  static concerns(subscription: FixSubscription, e: FixMarketEntry): boolean {
    return subscription.symbols.includes(e.Symbol) && subscription.types.includes(e.MDEntryType);
  }

  /** What stands for a symbol, as entries of a full refresh (W). */
  refresh(symbol: string, subscription: FixSubscription): Record<string, unknown>[] {
    const standing = [...(this.#bySymbol.get(symbol)?.values() ?? [])];
    return standing
      .filter((e) => FixMarket.concerns(subscription, e))
      .map(({ MDUpdateAction: _action, Symbol: _symbol, ...entry }) => entry);
  }

  /** What a MarketDataRequest asks for, or the MDReqRejReason (281) why it cannot be had. */
  asked(request: FixObject, standing: ReadonlyMap<string, FixSubscription>): FixSubscription | string {
    const values = (group: unknown, field: string): string[] =>
      (group as readonly FixObject[]).map((entry) => String(entry[field]));
    const symbols = values(request.NoRelatedSym, 'Symbol');
    const types = values(request.NoMDEntryTypes, 'MDEntryType');
    const kind = String(request.SubscriptionRequestType);
    if (kind !== '0' && kind !== '1') return UNSUPPORTED_REQUEST_TYPE;
    if (standing.has(String(request.MDReqID))) return DUPLICATE_REQUEST;
    if (request.MarketDepth !== 0) return UNSUPPORTED_DEPTH;
    if (kind === '1' && request.MDUpdateType !== 1) return UNSUPPORTED_UPDATE_TYPE;
    if (types.some((t) => !BID_OFFER_TRADE.includes(t))) return UNSUPPORTED_ENTRY_TYPE;
    if (symbols.some((s) => !this.#bySymbol.has(s))) return UNKNOWN_SYMBOL;
    return { symbols: [...new Set(symbols)], types: [...new Set(types)] };
  }
}
