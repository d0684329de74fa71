/** What is planned: a venue, a machine, a day; and how what is found is taken down. */
import type { Venue } from '../patterns/venue.js';
import type { Machine } from './machine.js';
import { RULES, type RuleId, type Severity } from './rules.js';

/** Traffic that the venue is expected to send on one line, at its peak. */
export interface Burst {
  /** Datagrams a second. */
  readonly packetsPerSecond: number;
  /** Bytes of a datagram. Default 200. */
  readonly packetBytes?: number;
  /** Longest time that the feed thread may have to wait for its processor, in ms. Default 10. */
  readonly pauseMs?: number;
}

export interface Finding {
  /** Code of an error (`VW_…`), or id of a rule. */
  readonly rule: string;
  readonly severity: Severity;
  /** Where in the document: `spec.lines.A`. */
  readonly path: string;
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
  /** Where in the file, from 1; absent for a module or an object. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number };
}

/** Everything that checks look at. */
export interface Subject {
  readonly venue: Venue;
  /** undefined: no machine is looked at. */
  readonly machine: Machine | undefined;
  readonly burst: Burst | undefined;
  /** Asked of the kernel for each socket. */
  readonly receiveBufferBytes: number;
  /** `YYYY-MM-DD` that the venue is to run on. */
  readonly day: string;
  readonly now: Date;
  /** Whether a package that a sink loads is here. */
  readonly installed: (name: string) => boolean;
  /** `remedy`: nearer to the place than the rule's. */
  readonly found: (rule: RuleId, path: readonly PropertyKey[], message: string, remedy?: string) => void;
}

export type Check = (subject: Subject) => void;

/** A finding without its place in a file. */
export const finding = (rule: RuleId, path: string, message: string, remedy: string = RULES[rule][2]): Finding => ({
  rule,
  severity: RULES[rule][0],
  path,
  message,
  remedy,
});
