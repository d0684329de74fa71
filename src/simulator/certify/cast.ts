/** Who takes part in a run besides the lines: the servers of each requester, and lines that repeat snapshots. */
import type { CompiledVenue } from '../../feed/compile.js';
import type { Random } from '../random.js';
import type { Day } from './day.js';
import { DerivedServer } from './derived-server.js';
import { FixServer } from './fix-server.js';
import type { CertifiedServer, CertifyFaults, ServerContext } from './model.js';
import type { Run } from './run.js';
import { SessionDay } from './session-day.js';
import { SnapshotLoop } from './snapshot-loop.js';
import { framingOf, patternOf, type ServerRung, type Stage } from './stage.js';

const REST_NS = 20_000_000;

export class Cast {
  /** The servers of each requester, by the requester's index. */
  readonly servers: readonly (readonly CertifiedServer[])[];
  readonly loops: CertifiedServer[] = [];

  constructor(
    readonly stage: Stage,
    readonly run: Run,
    readonly compiled: CompiledVenue,
    readonly day: Day,
    readonly random: Random,
    readonly transmit: ServerContext['transmit'],
  ) {
    this.servers = compiled.requesters.map((q) => {
      const rung = this.rungOf(q.name);
      const pattern = patternOf(rung);
      if ('from' in pattern && pattern.from === 'loop') {
        this.loops.push(new SnapshotLoop(this.#context(rung, 0, q.name), run.restNs ?? REST_NS));
        return [];
      }
      return q.servers.map((_, i) => this.#server(this.#context(rung, i, `${q.name} ${i}`)));
    });
  }

  get all(): readonly CertifiedServer[] {
    return [...this.servers.flat(), ...this.loops];
  }

  /** Servers that are a stream: the live feed comes from them. */
  get streams(): readonly CertifiedServer[] {
    return this.servers.flat().filter((s) => s.quiet !== undefined);
  }

  /** The rung that a requester was made of. */
  rungOf(requester: string): ServerRung {
    const { stage, run } = this;
    const rungs = stage.rungs.filter((r) => run.only === undefined || run.only.includes(patternOf(r).id));
    const found =
      stage.rungs.find((r) => r.type === 'stream' && r.name === requester) ??
      rungs.find((r) => patternOf(r).id === requester) ??
      rungs.find((r) => requester.startsWith(`${patternOf(r).id}-`));
    return found as ServerRung;
  }

  #server(context: ServerContext): CertifiedServer {
    const own = context.model.create?.(context);
    if (own !== undefined) return own;
    return this.day instanceof SessionDay ? new FixServer(context, this.day) : new DerivedServer(context);
  }

  #context(rung: ServerRung, index: number, name: string): ServerContext {
    const { stage, run, day, transmit } = this;
    const pattern = patternOf(rung);
    const lineFraming = 'lineFraming' in pattern ? framingOf(pattern.lineFraming, stage.framing) : stage.framing;
    return {
      pattern,
      model: stage.model.servers?.[pattern.id] ?? {},
      limits: { ...pattern.limits, ...rung.limits, ...run.limits } as ServerContext['limits'],
      day,
      feed: stage.writer,
      replies: stage.writerOf(framingOf(pattern.framing, stage.framing)),
      lines: stage.writerOf(lineFraming),
      random: this.random.fork(name),
      faults: this.#faults(pattern.id, index),
      transmit,
    };
  }

  #faults(id: string, index: number): CertifyFaults {
    const given = this.run.servers?.[id] ?? {};
    return (Array.isArray(given) ? (given[index] ?? {}) : given) as CertifyFaults;
  }
}
