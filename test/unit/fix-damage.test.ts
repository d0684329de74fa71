import { describe, expect, it } from 'vitest';
import { fix44, type fix44Dictionary } from '../../src/decoders/fix44.js';
import { VenuewireError } from '../../src/errors.js';
import { type FixDecoder, type FixMembers, FixView, fixDecoder, readFixDictionary } from '../../src/fix/index.js';
import { Random } from '../../src/simulator/random.js';
import { damage } from './damage.js';

/** Mutated messages of both dictionaries together (VENUEWIRE_MUTATIONS), from a seed (VENUEWIRE_SEED). */
const MUTATIONS = Number(process.env.VENUEWIRE_MUTATIONS ?? 40_000);
const SEED = Number(process.env.VENUEWIRE_SEED ?? 2026);
const SOH = 1;
/** Bytes that mean something in FIX, or nearly. */
const BYTES = [0, SOH, 0x2d, 0x2e, 0x30, 0x31, 0x39, 0x3d, 0x41, 0x59, 0x7c, 0x7f, 0x80, 0xff];

/** Groups in groups, data in a message and in an entry. */
const NESTED = readFixDictionary(`
begin FIX.4.4
8 BeginString text
9 BodyLength length
35 MsgType text
10 CheckSum text
34 MsgSeqNum int
95 RawDataLength length
96 RawData data
90 SecureDataLen length
91 SecureData data
73 NoOrders numInGroup
11 ClOrdID text
44 Price decimal
78 NoAllocs numInGroup
79 AllocAccount text
539 NoNestedPartyIDs numInGroup
524 NestedPartyID text
114 LocateReqd boolean
header 8 9 35 34
trailer 10
E List 73(11 44 78(79 539(524 114)) 90 91) 95 96
`);

function values(
  dictionary: ReturnType<typeof fix44Dictionary>,
  members: FixMembers,
  random: Random,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  let first = true;
  for (const [tag, group] of members) {
    const f = dictionary.fields.get(tag);
    // The first field of a group's entry is always there.
    if (f === undefined || (!first && random.below(3) === 0)) continue;
    first = false;
    if (group !== undefined)
      out[f.name] = Array.from({ length: random.below(4) }, () => values(dictionary, group.members, random));
    else if (f.type === 'data') {
      const length = dictionary.fields.get(f.lengthTag ?? 0)?.name ?? '';
      const data = Uint8Array.from({ length: random.below(9) }, () => random.pick(BYTES));
      out[length] = data.length;
      out[f.name] = data;
    } else if (f.type === 'int') out[f.name] = random.below(1000) - 500;
    else if (f.type === 'decimal') out[f.name] = `${random.below(500)}.${random.below(90)}`;
    else if (f.type === 'boolean') out[f.name] = random.below(2) === 0;
    else if (f.type !== 'length') out[f.name] = 'ABCDEFGH'.slice(random.below(7));
  }
  return out;
}

function samples(decoder: FixDecoder, random: Random): Uint8Array[] {
  const { dictionary } = decoder;
  const filled = new Set(['BeginString', 'BodyLength', 'MsgType', 'CheckSum', 'Signature', 'SignatureLength']);
  return [...dictionary.messages.values()].flatMap(({ type, members }) =>
    Array.from({ length: 20 }, () => {
      const all = {
        ...values(dictionary, dictionary.header, random),
        ...values(dictionary, members, random),
      };
      return decoder.encode(type, Object.fromEntries(Object.entries(all).filter(([name]) => !filled.has(name))));
    }),
  );
}

/** BodyLength and CheckSum made right again, so that what is behind them is reached. */
function mended(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const from = text.indexOf('\x01', text.indexOf('\x01') + 1) + 1;
  if (!text.startsWith('8=FIX.4.4\x019=') || from > text.length - 7) return bytes;
  const body = text.slice(from, -7);
  const head = `8=FIX.4.4\x019=${body.length}\x01${body}`;
  const sum = Buffer.from(head, 'latin1').reduce((a, b) => a + b, 0) & 255;
  return Uint8Array.from(Buffer.from(`${head}10=${String(sum).padStart(3, '0')}\x01`, 'latin1'));
}

describe(`damaged FIX messages, seed ${SEED}`, () => {
  it('are read, or refused with a code, never over their end', { timeout: 600_000 }, () => {
    const random = new Random(SEED);
    const streams = [fix44(), fixDecoder(NESTED)].map((decoder) => ({ decoder, messages: samples(decoder, random) }));
    const view = new FixView();
    const seen = new Map<string, number>();
    const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    for (const { decoder, messages } of streams) {
      for (const sample of messages) {
        expect(decoder.decode(view, sample)).toBe(sample.length);
        decoder.toObject(view);
      }
    }
    for (let i = 0; i < MUTATIONS; i++) {
      const { decoder, messages } = streams[i % streams.length] as (typeof streams)[number];
      const sample = random.pick(messages);
      const room = new Uint8Array(sample.length + 64);
      room.set(sample);
      const damaged = room.subarray(0, damage(room, sample.length, random));
      const message = random.below(4) === 0 ? damaged : mended(damaged);
      // In front and behind stand bytes that are not the message's: read, they would make it another.
      const bytes = new Uint8Array(message.length + 16).fill(0x31);
      bytes.set(message, 8);
      const end = 8 + message.length;
      try {
        const next = decoder.decode(view, bytes, 8, end);
        if (next <= 8 || next > end) throw new Error(`the message ends at ${next} of ${end}`);
        for (let k = 0; k < view.count; k++) {
          if (view.startAt(k) < 8 || view.endAt(k) > end || view.endAt(k) < view.startAt(k))
            throw new Error(`field ${view.tagAt(k)} is from ${view.startAt(k)} to ${view.endAt(k)} of ${end}`);
        }
        view.scaled(270, -5);
        note('framed');
        JSON.stringify(decoder.toObject(view), (_, v) => (typeof v === 'bigint' ? String(v) : v));
        note('read');
      } catch (error) {
        if (!(error instanceof VenuewireError) || !/^VW_FIX_[A-Z]+$/.test(error.code))
          throw new Error(`${String(error)} for ${JSON.stringify(Buffer.from(message).toString('latin1'))}`, {
            cause: error,
          });
        note(error.code);
      }
    }
    console.log(`${MUTATIONS} damaged messages: ${[...seen].map(([k, n]) => `${k} ${n}`).join(', ')}`);
    for (const code of ['read', 'VW_FIX_END', 'VW_FIX_MALFORMED', 'VW_FIX_LENGTH', 'VW_FIX_CHECKSUM', 'VW_FIX_GROUP'])
      expect(seen.get(code), code).toBeGreaterThan(0);
  });
});
