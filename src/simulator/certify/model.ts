/**
 * What certification has to know of a venue. Nearly everything is derived from the venue's own declarations: packets are
 * written by its framing record, messages by its decoder, and servers answer by inverting its recovery and snapshot
 * patterns (request templates are read back into ranges, replies are encoded from the tables that the reply rules name).
 * A model says the rest: where the venue comes from, and what its patterns leave open.
 *
 * The least model is `{ id, venue: () => myVenue({ lines, servers }) }`; that is what a venue file of a user gets.
 */
import type { PacketKind } from '../../patterns/framing.js';
import type { Recovery } from '../../patterns/recovery.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { Stream } from '../../patterns/stream.js';
import type { Venue } from '../../patterns/venue.js';
import type { LineFaults } from '../line-faults.js';
import type { PacketWriter } from '../packet-writer.js';
import type { Random } from '../random.js';
import type { ServerFaults, SimulatedServer } from '../server.js';
import type { Day } from './day.js';

/** A model of a venue: see the module's words. */
export interface VenueModel {
  /** As in `src/venues/registry.ts`: a venue, or a stream that venues are made of. */
  readonly id: string;
  /**
   * The venue with every rung configured. Addresses are never dialled, credentials are replaced by simulated ones; `join`,
   * tries, window and number of servers are set by the scenarios. Of several channels only the first is played.
   */
  readonly venue: () => Venue;
  readonly feed?: FeedModel;
  /** What the servers of a recovery or snapshot pattern do that cannot be derived, by the pattern's id. */
  readonly servers?: Readonly<Record<string, ServerModel>>;
  /** Scenarios (by name) that this venue's rules make meaningless, and why. Shown in the report. */
  readonly without?: Readonly<Record<string, string>>;
}

/** Bytes of a packet's header that say what cannot be derived, in the framing's byte order. */
export interface HeaderBytes {
  readonly offset: number;
  readonly size: number;
  readonly value: number | bigint;
}

/** Why a packet is written. `data` is live; retransmitted and snapshot packets may be marked in their header. */
export type PacketUse = PacketKind | 'retransmission' | 'snapshot';

export interface FeedModel {
  /** Messages that are not drawn for the ordinary stream. Those that the framing's `controls` name never are. */
  readonly without?: readonly string[];
  /** Instead of random messages of the decoder: the day's messages, in order. */
  readonly messages?: (random: Random, count: number) => readonly Uint8Array[];
  /** Most messages of a packet; default: what its header can count, at most 12. */
  readonly packetMessages?: number;
  /**
   * Header bytes by use. Derived without: length, session, number, count, channel, time, and a value that makes the packet
   * of its kind.
   */
  readonly header?: Readonly<Partial<Record<PacketUse, readonly HeaderBytes[]>>>;
  /** The last touch on every packet: a checksum. */
  readonly seal?: (packet: Uint8Array) => void;
  /** Quiet time before a heartbeat; default 1 s. */
  readonly heartbeatNs?: number;
  /** The message that is the heartbeat, reset, … where a control message says so and the table alone does not. */
  readonly control?: (kind: PacketKind, next: bigint) => Uint8Array;
}

/** What a client has asked for, read back from its request by the pattern's template. Numbers are positions of the day. */
export interface Asked {
  readonly begin: number;
  readonly end: number;
  /** The fields of the request by name (FIX: values by tag). */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is special about the servers of one pattern; all optional. */
export interface ServerModel {
  /**
   * More fields of a reply, by the name of its message. Derived without: the field that the rule calls `number`, `last`,
   * `session`; and every field that the request has by the same name is given back.
   */
  readonly fields?: (message: string, asked: Asked, part: { readonly begin: number; readonly end: number }) => object;
  /** A range that is kept in part: what there is is served (default), or all of it is refused, or nothing is said. */
  readonly partly?: 'serve' | 'refuse';
  /** Status code that refuses what is no longer kept; default: the first whose outcome is `unavailable`. */
  readonly tooOld?: string;
  /** Status code that refuses for the quota; default: the first whose outcome is `wait`, else `retry`. */
  readonly overQuota?: string;
  /**
   * The messages of one snapshot of the state before position `boundary`. Default: random ones of the tables that the
   * pattern's `snapshotMessage` rules name. Marks (begin, number, end) are derived from the rules and put around them.
   */
  readonly snapshot?: (random: Random, boundary: number) => readonly Uint8Array[];
  /** The packets of one cycle of a snapshot line, marks and all, when the rules alone cannot say. */
  readonly cycle?: (context: ServerContext, boundary: number) => readonly Uint8Array[];
  /** Another server altogether. */
  readonly create?: (context: ServerContext) => CertifiedServer;
}

/** What a simulated server works with. */
export interface ServerContext {
  readonly pattern: Recovery | Snapshot | Stream;
  readonly model: ServerModel;
  /** What the client is held to. */
  readonly limits: Recovery['limits'];
  /** What the venue says and when. */
  readonly day: Day;
  /** Writes packets of the feed. */
  readonly feed: PacketWriter;
  /** Writes packets as the pattern frames its replies, and its snapshot lines. */
  readonly replies: PacketWriter;
  readonly lines: PacketWriter;
  readonly random: Random;
  readonly faults: CertifyFaults;
  /** Puts a packet on every line of that role (retransmission, snapshot), each with its own faults. */
  readonly transmit: (role: 'retransmission' | 'snapshot', packet: Uint8Array) => void;
}

/** A simulated server that keeps the books of what it was asked. */
export interface CertifiedServer extends SimulatedServer {
  readonly account: ServerAccount;
  /** Of a stream: everything has been said to somebody who was there. */
  readonly quiet?: boolean | undefined;
}

export class ServerAccount {
  connects = 0;
  logins = 0;
  requests = 0;
  /** When each request (or login that is a request) came. */
  readonly times: number[] = [];
  /** When each login came. */
  readonly loginTimes: number[] = [];
  /** What was asked against the declared limits, in words. */
  readonly violations: string[] = [];
  /** Answers that were refused, by status. */
  readonly refused: Record<string, number> = {};
  served = 0;
  /** Positions before which the snapshots were taken that it made by itself. */
  readonly boundaries: number[] = [];
}

/** What a server does wrong, beyond `ServerFaults`. */
export interface CertifyFaults extends ServerFaults {
  /** The first request is refused with this status code of the pattern, each further one with this probability (default 1). */
  readonly status?: { readonly code: string; readonly probability?: number };
  /** The login is rejected. */
  readonly rejectLogin?: number;
  /** A bit of a reply is turned, for each reply. */
  readonly mutate?: number;
  /** The range is said to be unavailable by a message, where the pattern or the framing has one. */
  readonly sayUnavailable?: number;
  readonly session?: SessionFaults;
}

/** What the other end of a session does that is a stream by itself: probabilities, for each message or each time. */
export interface SessionFaults {
  /** A message has its number and is not sent. */
  readonly drop?: number;
  /** What is asked for again is filled over: no message will come. */
  readonly fills?: number;
  /** Numbers are filled over in their turn. */
  readonly fillsInTurn?: number;
  /** Numbers begin anew within the session, or with a new logon. */
  readonly resetInSession?: number;
  readonly resetAtLogon?: number;
  /** A number that was used before, and no mark that says so. */
  readonly tooLow?: number;
  /** What is missing is asked for in vain. */
  readonly deaf?: number;
  /** The server is there, and sends no heartbeats: 1. */
  readonly mute?: number;
  /** A subscription is not answered. */
  readonly noState?: number;
  /** A new connection finds numbers that have begun again, and nothing says so. */
  readonly restartsAtOne?: number;
  /** Numbers begin again within the session, with one that has been: it must not be followed. */
  readonly resetsLower?: number;
  /** A logon, or a later message, has the names of somebody else. */
  readonly wrongPeer?: number;
  /** A subscription is refused, by the message that the pattern knows for it. */
  readonly refusesSubscription?: number;
  /** A session is over, and nothing says so: 1. */
  readonly noEnd?: number;
  /** The server says goodbye and closes. */
  readonly goodbye?: number;
  /** The server asks whether we are there, or for what we have said: 1, once for each connection. */
  readonly tests?: number;
  readonly asks?: number;
}

/** How a line of some role is treated in one run. */
export type RoleFaults = Readonly<
  Partial<Record<'live' | 'retransmission' | 'snapshot', LineFaults | readonly LineFaults[]>>
>;

/** Declares what cannot be derived of a ready venue; only for its types. */
export const defineModel = (model: Omit<VenueModel, 'id' | 'venue'>): typeof model => model;
