/** The line of a venue that repeats snapshots, made from the pattern that a client of it declares. */
import { drawMessage } from '../message-sampler.js';
import { type CertifiedServer, ServerAccount, type ServerContext } from './model.js';
import { encodeReply, markPacket, type Reply, snapshotNumber } from './reply-encoder.js';
import { tableOf } from './template-reader.js';

/** The packets of one cycle of a snapshot line: marks by the rules, messages in between. */
export function snapshotCycle(c: ServerContext, boundary: number): readonly Uint8Array[] {
  const made = c.model.cycle?.(c, boundary);
  if (made !== undefined) return made;
  const { pattern, lines, day } = c;
  const number = snapshotNumber(c, boundary);
  const timeNs = day.times[Math.max(0, boundary - 1)] ?? 0;
  const session = day.segmentOf(Math.max(0, boundary - 1)).session;
  const rulesFor = (action: Reply['do']): Reply[] => pattern.replies.filter((r) => r.do === action);
  const wholePacket = (r: Reply): boolean =>
    (r.of ?? (r.on === undefined || tableOf(r.on.table).framing === 'stream' ? 'packet' : 'message')) === 'packet';
  // Where every instrument has a number, so many of them make a cycle.
  const items = 'number' in pattern && pattern.number.comes === 'everyInstrument' ? 1 + c.random.below(6) : 1;
  const mark = (action: Reply['do']): Uint8Array[] => {
    const rules = rulesFor(action).filter((r) => r.on !== undefined && !wholePacket(r));
    if (rules.length === 0) return [];
    return Array.from({ length: action === 'snapshotNumber' ? items : 1 }, () => {
      const rule = items > 1 ? c.random.pick(rules) : (rules[0] as Reply);
      const told = { number: rule.number === undefined ? undefined : number, total: BigInt(items) };
      return lines.normalise(encodeReply(c, rule, told, {}, { begin: boundary, end: boundary }));
    });
  };
  const bodies = (): Uint8Array[] => {
    const given = c.model.snapshot?.(c.random, boundary);
    if (given !== undefined) return [...given];
    const rules = rulesFor('snapshotMessage').filter((r) => r.on !== undefined);
    return Array.from({ length: 2 + c.random.below(12) }, () => {
      const rule = rules.length > 0 ? c.random.pick(rules) : undefined;
      if (rule?.on === undefined) return c.random.pick(day.pool.messages);
      return lines.normalise(drawMessage(tableOf(rule.on.table), rule.on.message, c.random));
    });
  };
  const messages = [...mark('snapshotBegin'), ...mark('snapshotNumber'), ...bodies(), ...mark('snapshotEnd')];
  const out: Uint8Array[] = [];
  let at = BigInt(lines.framing.wrap.first);
  const kind = lines.framing.kinds.some((k) => k.is === 'unsequenced') ? 'unsequenced' : 'data';
  for (let i = 0; i < messages.length; ) {
    const n = Math.min(messages.length - i, 1 + c.random.below(4));
    const body = messages.slice(i, i + n);
    out.push(lines.packet(body, { sequence: at, session, timeNs }, 'snapshot', kind));
    at += lines.framing.numbering === 'packet' ? 1n : BigInt(n);
    i += n;
  }
  // What is said by the header of packets.
  for (const rule of pattern.replies) {
    if (!wholePacket(rule)) continue;
    const of =
      rule.do === 'snapshotBegin'
        ? out.slice(0, 1)
        : rule.do === 'snapshotEnd'
          ? out.slice(-1)
          : rule.do === 'snapshotNumber'
            ? out
            : [];
    for (const bytes of of) markPacket(c, rule, bytes, number);
  }
  return out;
}

/** A line that repeats snapshots: a cycle, a rest, the next. */
export class SnapshotLoop implements CertifiedServer {
  readonly transport = 'udp';
  readonly account = new ServerAccount();
  #cycle: readonly Uint8Array[] = [];
  #at = 0;
  #dueNs: number;

  constructor(
    readonly c: ServerContext,
    readonly restNs: number,
    readonly stepNs = 20_000,
  ) {
    this.#dueNs = c.day.times[0] ?? 0;
  }

  /** When the day is over there is no hurry. */
  #rest(nowNs: number): number {
    return nowNs > this.c.day.endNs + 20_000_000 ? Math.max(this.restNs, 50_000_000) : this.restNs;
  }

  onConnect(): boolean {
    return false;
  }
  onData(): void {}
  onClose(): void {}

  onTick(nowNs: number): number {
    const { c } = this;
    while (this.#dueNs <= nowNs) {
      if (this.#at >= this.#cycle.length) {
        const newest = c.day.publishedAt(nowNs);
        const back = c.faults.olderSnapshot ? c.random.below(c.faults.olderSnapshot + 1) : 0;
        const segment = c.day.segmentOf(Math.max(0, newest - 1));
        if (c.random.chance(c.faults.silent ?? 0)) this.#cycle = [];
        else {
          const boundary = Math.max(segment.from, newest - back);
          if (c.model.cycle === undefined) this.account.boundaries.push(boundary);
          this.#cycle = newest === 0 ? [] : snapshotCycle(c, boundary);
        }
        this.#at = 0;
        this.account.served++;
        if (this.#cycle.length === 0) {
          this.#dueNs = nowNs + this.#rest(nowNs);
          break;
        }
      }
      c.transmit('snapshot', this.#cycle[this.#at++] as Uint8Array);
      this.#dueNs = nowNs + (this.#at >= this.#cycle.length ? this.#rest(nowNs) : this.stepNs);
    }
    return this.#dueNs;
  }
}
