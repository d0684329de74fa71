/**
 * What is said between a gateway and its clients, as JSON or MessagePack. Prices and sizes are exact decimal text, 64-bit
 * integers and times decimal text: nothing passes through floating point. Types only: a browser loads nothing of it.
 */
import type { ChannelCounter, EventAction, NoticeType, Reason } from '../contract.js';
import type { Ledger } from '../feed/statistics.js';

/** What a token can be given the right to. */
export const CATEGORIES = ['instruments', 'top', 'depth', 'trades', 'candles', 'state', 'notices', 'metrics'] as const;
export type Category = (typeof CATEGORIES)[number];

/** What a WebSocket carries. `top` and `state` are latest values, `depth` a book by deltas, the others records. */
export const STREAMS = ['top', 'depth', 'trades', 'state', 'notices'] as const;
export type StreamCategory = (typeof STREAMS)[number];
/** Of a venue, not of one of its instruments. */
export type VenueCategory = 'state' | 'notices';

/** `[price, size, orders]`: decimal text; orders 0 where the venue does not tell. */
export type WireLevel = readonly [price: string, size: string, orders: number];
/** A level that is another than before: size `0` is none any more. */
export type WireLevelChange = readonly [side: 'bid' | 'ask', price: string, size: string, orders: number];

export interface WireTop {
  readonly bid: WireLevel | null;
  readonly ask: WireLevel | null;
  /** Messages that the book rests on are missing. */
  readonly stale: boolean;
  readonly crossed: boolean;
}

export interface WireDepth {
  /** Best first. */
  readonly bids: readonly WireLevel[];
  readonly asks: readonly WireLevel[];
  readonly stale: boolean;
  readonly crossed: boolean;
}

export interface WireInstrument {
  /** What requests name it by: its symbol, or the venue's number. */
  readonly instrument: string;
  /** The venue's key. */
  readonly key: string;
  /** '' where the venue has not told it. */
  readonly symbol: string;
  readonly book: 'real' | 'implied' | 'orders';
  /** Prices are whole multiples of ten to this power; null: not told yet, and prices are raw integers. */
  readonly priceExponent: number | null;
}

export interface WireTrade {
  /** Of the instrument's trades, from 1 on. */
  readonly sequence: number;
  /** `cancel`: the trade of this id is undone. */
  readonly action: EventAction;
  readonly price: string | null;
  readonly size: string | null;
  /** The aggressor's, where the venue tells. */
  readonly side: 'bid' | 'ask' | 'none';
  /** The venue's number of the trade; `0`: none. */
  readonly id: string;
  /** Nanoseconds as the venue counts them. */
  readonly eventTime: string;
  /** Nanoseconds since 1970. */
  readonly receiveTime: string;
}

export interface WireCandle {
  /** Begin of the interval by receive time, nanoseconds since 1970. */
  readonly time: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** Sum of sizes. */
  readonly volume: string;
  readonly trades: number;
}

/** A notice of the feed; see docs/notices.md. */
export interface WireNotice {
  readonly sequence: number;
  readonly type: NoticeType;
  readonly channel: string;
  /** Numbers `[begin, end)`. */
  readonly begin: string;
  readonly end: string;
  readonly count: string;
  readonly reason: Reason;
  /** Nanoseconds since 1970. */
  readonly time: string;
  readonly text: string;
}

export interface WireLine {
  readonly line: string;
  /** Null: the core counts the first two lines of a channel. */
  readonly packets: number | null;
  /** Messages that came first on it. */
  readonly won: number;
  /** Nanoseconds since 1970 of its last packet, as far as the gateway has looked; null: none yet. */
  readonly lastPacket: string | null;
  /** It brings nothing while another line of the channel does. */
  readonly silent: boolean;
}

export interface WireChannel {
  readonly channel: string;
  readonly ledger: Ledger;
  readonly counters: Readonly<Record<ChannelCounter, number>>;
  readonly lines: readonly WireLine[];
  /** Messages delivered from recovery, not from a line. */
  readonly recoveredMessages: number;
}

/** Of a stage: nanoseconds. */
export interface WireStage {
  readonly stage: string;
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface WireState {
  readonly venue: string;
  readonly decoder: string;
  readonly status: 'running' | 'ended' | 'failed';
  /** Why it failed: code and message. */
  readonly failure: WireError | null;
  /** Nanoseconds since 1970 of this state. */
  readonly time: string;
  readonly instruments: number;
  readonly messages: number;
  /** Trades of which nothing was kept, by the bound of records. */
  readonly tradesUnkept: number;
  /** Null for an event log, which has none of its own. */
  readonly ledger: Ledger | null;
  /** The first 1,000; `channelsMore`: how many there are besides. */
  readonly channels: readonly WireChannel[];
  readonly channelsMore: number;
  /** Empty where the feed was opened without stamps. */
  readonly stages: readonly WireStage[];
}

export interface WireVenue {
  readonly venue: string;
  readonly decoder: string;
  readonly status: WireState['status'];
  readonly instruments: number;
  /** Path of its Prometheus metrics. */
  readonly metrics: string;
}

export interface WireError {
  /** `VW_…`, stable. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What a client sends. */
export type ClientMessage =
  | { readonly op: 'authenticate'; readonly token: string }
  | {
      readonly op: 'subscribe';
      /** The client's number for it, in every message that belongs to it. */
      readonly id: number;
      readonly venue: string;
      readonly category: StreamCategory;
      /** Not for `state` and `notices`. */
      readonly instrument?: string | undefined;
      /** Of `depth`: levels of each side. Default 10. */
      readonly levels?: number | undefined;
      /** At most one message in so many milliseconds; what is between is put together. Default: as it comes. */
      readonly every?: number | undefined;
      /** To go on where an earlier subscription ended: its session and its last sequence. */
      readonly resume?: { readonly session: string; readonly sequence: number } | undefined;
    }
  | { readonly op: 'unsubscribe'; readonly id: number }
  | { readonly op: 'ping'; readonly id: number };

/** What a gateway sends, in lists: a WebSocket message is a list of these. */
export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly heartbeatMs: number;
      readonly authenticated: boolean;
      /** What happens to a client that reads too slowly. */
      readonly slowPolicy: {
        readonly queueBytes: number;
        readonly graceMs: number;
        readonly policy: 'latest values and merged deltas, records are passed over, and at last the connection is ended';
      };
    }
  | {
      readonly type: 'subscribed';
      readonly id: number;
      /** To resume: sequences are counted from it, and begin anew with another one. */
      readonly session: string;
      readonly sequence: number;
      readonly resumed: boolean;
    }
  | { readonly type: 'unsubscribed'; readonly id: number }
  | { readonly type: 'top'; readonly id: number; readonly sequence: number; readonly top: WireTop }
  | { readonly type: 'snapshot'; readonly id: number; readonly sequence: number; readonly depth: WireDepth }
  | {
      readonly type: 'delta';
      readonly id: number;
      /** Applies to the book at this sequence, and no other. */
      readonly after: number;
      readonly sequence: number;
      /** Those that are gone first. */
      readonly levels: readonly WireLevelChange[];
      readonly stale: boolean;
      readonly crossed: boolean;
    }
  | { readonly type: 'trades'; readonly id: number; readonly sequence: number; readonly trades: readonly WireTrade[] }
  | {
      readonly type: 'notices';
      readonly id: number;
      readonly sequence: number;
      readonly notices: readonly WireNotice[];
    }
  | { readonly type: 'state'; readonly id: number; readonly sequence: number; readonly state: WireState }
  /** Records `[from, to]` of a stream that this client will not get: it was away, or slow, for too long. */
  | { readonly type: 'passedOver'; readonly id: number; readonly from: number; readonly to: number }
  /** The client reads more slowly than it is sent to: until `caughtUp` it gets nothing, then what is latest. */
  | { readonly type: 'slow'; readonly queuedBytes: number; readonly graceMs: number }
  | { readonly type: 'caughtUp'; readonly heldMs: number }
  | { readonly type: 'heartbeat'; readonly time: string }
  | { readonly type: 'pong'; readonly id: number; readonly time: string }
  | { readonly type: 'closing'; readonly reason: string }
  | { readonly type: 'error'; readonly id: number | null; readonly error: WireError };

/** Subprotocols of the WebSocket, which choose how its messages are written. */
export const JSON_PROTOCOL = 'venuewire.json';
export const MESSAGE_PACK_PROTOCOL = 'venuewire.msgpack';
/** Where it is. */
export const STREAM_PATH = '/v1/stream';
