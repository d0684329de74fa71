/** Who is believed: packets that the venue did not send, restarts that nobody tells, headers that state too much. */
import type { Framing } from '../../../patterns/framing.js';
import type { PacketWriter } from '../../packet-writer.js';
import { type Day, START_NS } from '../day.js';
import type { Stage } from '../stage.js';
import { type Add, day as dayOf, INTERVAL_NS } from './scenario.js';

const NUMBERS = 400;
/** Numbers before a restart: enough that the old ones come again for a while. */
const BEFORE_RESTART = 200;
const FOREIGN_TEXT = 'FOREIGN';

/** The greatest number that a field can hold. */
const most = (size: number, bits?: readonly [number, number]): bigint =>
  (1n << BigInt(bits === undefined ? Math.min(8 * size, 62) : bits[1])) - 1n;

function foreignSession(framing: Framing): { readonly value: bigint | string; readonly text: string } | undefined {
  const s = framing.session;
  if (s === undefined) return undefined;
  if (s.type === 'text') return { value: FOREIGN_TEXT, text: FOREIGN_TEXT.slice(0, s.size) };
  const value = most(s.size, s.bits) - 1n;
  return { value, text: value.toString() };
}

/** A number far from every number of the day. */
function farNumber(framing: Framing): bigint | undefined {
  const { sequence, wrap } = framing;
  if (sequence === undefined) return undefined;
  const top = sequence.type === 'digits' ? 10n ** BigInt(sequence.size) - 1n : most(sequence.size, sequence.bits);
  const last = top < BigInt(wrap.max) ? top : BigInt(wrap.max);
  return last / 3n;
}

const single = (day: Day, writer: PacketWriter, sequence: bigint, session: bigint | string, timeNs: number) => {
  const packet = writer.packet([day.pool.messages[0] as Uint8Array], { sequence, session, timeNs });
  return { timeNs, line: 0, bytes: packet };
};

/** Adds what the framing of the venue can be put through. */
export function beliefScenarios(stage: Stage, add: Add): void {
  const { framing } = stage;
  const day = (more: object = {}) => dayOf(NUMBERS, more);
  const far = farNumber(framing);
  if (far !== undefined) {
    add('first packet wrong', 'the first packet has a number that nobody else means', () => ({
      day: day(),
      foreign: (d, writer) => {
        const session = d.segments[0]?.session ?? 0n;
        return { packets: [single(d, writer, far, session, START_NS - INTERVAL_NS)] };
      },
      expect: 'everything',
    }));
  }
  const foreign = foreignSession(framing);
  if (foreign !== undefined) {
    add('foreign session', 'two packets of another session, then the venue goes on', (r) => ({
      day: day(),
      foreign: (d, writer) => {
        const at = d.times[BEFORE_RESTART - 50 + r.below(100)] as number;
        const first = BigInt(framing.wrap.first);
        const of = (n: bigint) => single(d, writer, first + n, foreign.value, at + 1);
        return { packets: [of(0n), of(1n)], session: foreign.text };
      },
      expect: 'everything',
    }));
  }
  add('restart at the first number', 'the same session begins again without a word', (r) => ({
    day: day({ breaks: [{ at: BEFORE_RESTART + r.below(50), kind: 'restart', quietNs: 5_000_000 }] }),
    unknownEnd: true,
    expect: 'everything',
  }));
  const bounded =
    framing.packetLength !== undefined || (framing.count !== undefined && framing.message.lengthFrom !== 'packet');
  if (bounded && framing.numbering === 'message') {
    add('stated more than held', 'packets are cut: their headers state more than there is', (r) => {
      const cut = { truncate: 0.05 + 0.2 * r.real() };
      return { day: day(), lines: stage.liveLines > 1 ? [cut, {}] : cut };
    });
  }
}
