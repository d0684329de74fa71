// The two executions of FAST: one program, the same messages, the same refusals.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAST_ERROR } from '../../src/contract.js';
import { VenuewireError } from '../../src/errors.js';
import { readFastTemplates } from '../../src/fast/import.js';
import {
  compileFast,
  FastDecoder,
  FastEncoder,
  type FastMessage,
  FastRecords,
  type FastStream,
  type FastTemplate,
  fastDigest,
  fastRecordBytes,
} from '../../src/fast/index.js';
import { fastDecoder, NativeFastStream } from '../../src/feed/fast.js';
import { native } from '../../src/native.js';
import { day, encodeDay, numbers } from './fast-samples.js';

const RUNS = { numRuns: Number(process.env.VENUEWIRE_RUNS ?? 60), seed: Number(process.env.VENUEWIRE_SEED ?? 2026) };
const MUTATIONS = Number(process.env.VENUEWIRE_MUTATIONS ?? 20_000);
const file = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** All that a caller can see of one message, or of its refusal. */
function seen(decoder: FastStream, bytes: Uint8Array, end = bytes.length): string {
  try {
    const m = decoder.decode(bytes, 0, end);
    return `${m.template} ${m.id} ${m.offset} ${m.next} ${m.reset} ${hex(fastRecordBytes(m))} ${JSON.stringify(m.fields)}`;
  } catch (error) {
    if (error instanceof VenuewireError) return error.code;
    throw error;
  }
}

function folded(messages: Iterable<FastMessage>): { digest: bigint; messages: number } {
  let digest = 0n;
  let n = 0;
  for (const m of messages) {
    digest = BigInt.asUintN(64, digest * 0x100000001b3n + fastDigest(m));
    n++;
  }
  return { digest, messages: n };
}

/** Messages of bench/decoders/fast-example.xml. */
function example(count: number): { all: FastTemplate[]; bytes: Uint8Array } {
  const all = readFastTemplates(readFileSync(file('bench/decoders/fast-example.xml'), 'utf8'));
  const encoder = new FastEncoder(all);
  const random = numbers(RUNS.seed);
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const MDEntries = Array.from({ length: random(5) }, () => ({
      MDUpdateAction: random(3),
      MDEntryType: 'AB'.charAt(random(2)),
      SecurityID: BigInt(random(400)) + (random(9) === 0 ? 2n ** 63n : 0n),
      RptSeq: i,
      MDEntryPx: random(4) === 0 ? undefined : { mantissa: BigInt(random(1000)) - 500n, exponent: -random(3) },
      MDEntrySize: random(4) === 0 ? undefined : BigInt(random(90)) - 2n ** 62n,
      MDEntryTime: random(1e6),
    }));
    chunks.push(encoder.encode('Incremental', { MsgSeqNum: i, SendingTime: BigInt(i) * 7n, MDEntries }));
  }
  return { all, bytes: Uint8Array.from(Buffer.concat(chunks)) };
}

describe('FAST, in TypeScript and natively', () => {
  it('gives one digest for our own templates', () => {
    const { all, bytes } = example(2000);
    const here = folded(fastDecoder(all).messages(bytes));
    const there = new NativeFastStream(all);
    expect(there.digest(bytes)).toEqual({ ...here, error: 'none' });
    there.reset();
    expect(folded(there.messages(bytes)), 'the same, message by message').toEqual(here);
    expect(here.messages).toBe(2000);
    expect(there.counts().none).toBe(4000);
    console.log(`${here.messages} messages of our own templates: ${here.digest.toString(16)} by both`);
  });

  it('agrees on random templates, messages and operator states', () => {
    let agreed = 0;
    fc.assert(
      fc.property(day, ([all, messages, coin]) => {
        const stream = coin[Symbol.iterator]();
        for (const explicit of [undefined, () => stream.next().value === true]) {
          const here = fastDecoder(all);
          const there = fastDecoder(all, { execution: 'native' });
          const records = new FastRecords(here.program);
          for (const m of encodeDay(all, messages as [string, Record<string, unknown>][], explicit)) {
            if (m.reset) {
              here.reset();
              there.reset();
            }
            const found = here.decode(m.bytes);
            const record = fastRecordBytes(found);
            expect(records.read(record, 0, found.next)).toEqual(found);
            const other = there.decode(m.bytes);
            expect(other).toEqual(found);
            expect(hex(fastRecordBytes(other))).toBe(hex(record));
            agreed++;
          }
        }
      }),
      { ...RUNS, numRuns: RUNS.numRuns * 10 },
    );
    expect(agreed).toBeGreaterThan(RUNS.numRuns);
    console.log(`${agreed} messages of random templates: both executions give the same`);
  });

  it('agrees on what is damaged: the same message or the same code', { timeout: 1_200_000 }, () => {
    const random = numbers(RUNS.seed);
    const found = new Map<string, number>();
    let tried = 0;
    let days = 0;
    while (tried < MUTATIONS) {
      const [[all, messages]] = fc.sample(day, { numRuns: 1, seed: RUNS.seed + days++ }) as [
        [FastTemplate[], [string, Record<string, unknown>][], unknown],
      ];
      const sent = encodeDay(all, messages);
      if (sent.length === 0) continue;
      const options = {
        reportable: days % 2 === 0 ? 'refused' : 'accepted',
        limits: { entries: 2000, text: 500 },
      } as const;
      const here = fastDecoder(all, options);
      const there = fastDecoder(all, { ...options, execution: 'native' });
      for (let i = 0; i < 400 && tried < MUTATIONS; i++) {
        const picked = sent[random(sent.length)] as { bytes: Uint8Array };
        const cut = random(4) === 0 ? random(picked.bytes.length + 1) : picked.bytes.length;
        const bytes = new Uint8Array(cut + 8).fill(0xff);
        bytes.set(picked.bytes.subarray(0, cut));
        for (let k = random(4); k > 0 && cut > 0; k--) bytes[random(cut)] = random(256);
        tried++;
        const a = seen(here, bytes, cut);
        const b = seen(there, bytes, cut);
        if (a !== b) throw new Error(`${a}\nis not\n${b}\nfor ${hex(bytes.subarray(0, cut))}, day ${days}`);
        const kind = a.startsWith('VW_') ? a : 'decoded';
        found.set(kind, (found.get(kind) ?? 0) + 1);
        if (kind !== 'decoded' && random(3) === 0) {
          here.reset();
          there.reset();
        }
      }
    }
    console.log(`${tried} damaged messages: ${[...found].map(([k, n]) => `${k} ${n}`).join(', ')}`);
    expect(found.get('decoded')).toBeGreaterThan(0);
    expect(found.size).toBeGreaterThan(8);
  });

  it('reads blocks and preambles natively', () => {
    const all = readFastTemplates('<templates><template name="T" id="1"><uInt32 name="F"/></template></templates>');
    const read = (options: { blocks?: boolean; preamble?: number }, bytes: number[]) =>
      [...fastDecoder(all, { ...options, execution: 'native' }).messages(Uint8Array.from(bytes))].map((m) => [
        m.next,
        m.fields.at(0),
      ]);
    expect(read({ blocks: true }, [0x00, 0x85, 0xc0, 0x81, 0x82, 0x80, 0x83])).toEqual([
      [5, 2],
      [7, 3],
    ]);
    expect(read({ preamble: 4 }, [1, 0, 0, 0, 0xc0, 0x81, 0x82])).toEqual([[7, 2]]);
  });

  it('gives records longer than the room it first has, and refuses those beyond the limit', () => {
    const xml =
      '<templates><template name="T" id="1"><sequence name="S"><string name="F"><constant value="' +
      `${'x'.repeat(1000)}"/></string></sequence></template></templates>`;
    const all = readFastTemplates(xml);
    const bytes = Uint8Array.of(0xc0, 0x81, 0x07, 0xe8);
    const m = fastDecoder(all, { execution: 'native' }).decode(bytes);
    expect(m).toEqual(fastDecoder(all).decode(bytes));
    expect((m.fields.at(0) as unknown[]).length).toBe(1000);
    const small = fastDecoder(all, { execution: 'native', limits: { record: 100_000 } });
    expect(seen(small, bytes)).toBe('VW_FAST_LIMIT');
    expect(seen(fastDecoder(all, { execution: 'native', limits: { entries: 999 } }), bytes)).toBe('VW_FAST_LIMIT');
  });

  it('names the field of a refusal', () => {
    const all = readFastTemplates(
      '<templates><template name="T" id="1"><uInt32 name="F"/><string name="G"><copy/></string></template></templates>',
    );
    expect(() => fastDecoder(all, { execution: 'native' }).decode(Uint8Array.of(0xc0, 0x81, 0x81))).toThrow(/T\.G/);
  });

  it('reads damaged records as records, or refuses them with a code', () => {
    const { all, bytes } = example(50);
    const random = numbers(RUNS.seed);
    const decoder = fastDecoder(all);
    const records = new FastRecords(decoder.program);
    const sound = [...decoder.messages(bytes)].map(fastRecordBytes);
    const found = new Map<string, number>();
    for (let i = 0; i < 5000; i++) {
      const record = Uint8Array.from(sound[random(sound.length)] as Uint8Array);
      for (let k = 1 + random(3); k > 0; k--) record[random(record.length)] = random(256);
      const cut = random(3) === 0 ? random(record.length) : record.length;
      let code = 'read';
      try {
        JSON.stringify(records.read(record.slice(0, cut)).fields);
      } catch (error) {
        if (!(error instanceof VenuewireError)) throw error;
        code = error.code;
      }
      found.set(code, (found.get(code) ?? 0) + 1);
    }
    expect([...found.keys()].sort()).toEqual(['VW_FAST_VALUE', 'read']);
  });

  it('checks what the addon is given', () => {
    const { FastDecoder: Native } = native();
    const coded = expect.objectContaining({ code: 'VW_ARGUMENT' }) as Error;
    const loose = Native as unknown as new (...given: unknown[]) => Record<string, (...given: unknown[]) => unknown>;
    expect(() => new loose()).toThrow(coded);
    expect(() => new loose(new Uint8Array(0), 1, 1, 1, '1', true)).toThrow(coded);
    const { bytes } = compileFast(new FastDecoder(example(0).all).program);
    const made = new loose(bytes, 1, 1, 1, 1, true);
    expect(() => made.decode?.()).toThrow(coded);
    expect(() => made.decode?.(bytes, 0, 1, bytes, new Float64Array(3))).toThrow(coded);
    expect(() => made.digest?.(bytes)).toThrow(coded);
    const state = new Float64Array(4);
    for (const [offset, end] of [
      [-1, 4],
      [2 ** 40, 2 ** 50],
      [Number.NaN, Number.NaN],
    ])
      made.decode?.(Uint8Array.of(1), offset, end, new Uint8Array(0), state);
    expect(FAST_ERROR[state[0] as number]).toBe('END');
  });

  it('refuses a compiled program that is cut or longer than itself, and records of another', () => {
    const { all } = example(0);
    const { bytes } = compileFast(new FastDecoder(all).program);
    const { FastDecoder: Native } = native();
    const made = (program: Uint8Array) => new Native(program, 1, 1, 1, 1, true);
    expect(() => made(bytes)).not.toThrow();
    for (let n = 0; n < bytes.length; n++) expect(() => made(bytes.slice(0, n))).toThrow(/compiled program/);
    expect(() => made(Uint8Array.of(...bytes, 0))).toThrow(/compiled program/);
    const records = new FastRecords(new FastDecoder(all).program);
    for (const record of [[], [9, 0, 0, 0], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1, 9, 9, 9, 9]])
      expect(() => records.read(Uint8Array.from(record))).toThrow(
        expect.objectContaining({ code: 'VW_FAST_VALUE' }) as Error,
      );
  });
});

const captured = file('../shared/captures/moex-fast-forts-2013/');
describe.skipIf(!existsSync(`${captured}templates.xml`))('FAST of a captured day', () => {
  it.each(['increment_a', 'increment_b', 'snapshot'])('%s: one digest by both', (name) => {
    const all = readFastTemplates(readFileSync(`${captured}templates.xml`, 'utf8'));
    const bytes = new Uint8Array(readFileSync(`${captured}${name}.dat`));
    const here = folded(fastDecoder(all).messages(bytes));
    expect(new NativeFastStream(all).digest(bytes)).toEqual({ ...here, error: 'none' });
    console.log(`${name}: ${here.messages} messages, ${here.digest.toString(16)} by both`);
  });
});
