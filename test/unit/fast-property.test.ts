import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VenuewireError } from '../../src/errors.js';
import { FastDecimal, FastDecoder, type FastTemplate } from '../../src/fast/index.js';
import { sameValue } from '../../src/fast/values.js';
import { day, encodeDay, numbers } from './fast-samples.js';

/** Runs can be made more and other: VENUEWIRE_RUNS, VENUEWIRE_SEED; mutated messages: VENUEWIRE_MUTATIONS. */
const RUNS = { numRuns: Number(process.env.VENUEWIRE_RUNS ?? 60), seed: Number(process.env.VENUEWIRE_SEED ?? 2026) };
const MUTATIONS = Number(process.env.VENUEWIRE_MUTATIONS ?? 40_000);

/** What the decoder gives for what the encoder took. */
function normal(value: unknown): unknown {
  if (value instanceof FastDecimal || (typeof value === 'object' && value !== null && 'mantissa' in value)) {
    const { mantissa, exponent } = value as FastDecimal;
    return `${mantissa}e${exponent}`;
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => [k, normal(v)]),
  );
}

describe('FAST, encoded and decoded', () => {
  it('is the identity for random templates, messages and operator states', () => {
    let decoded = 0;
    fc.assert(
      fc.property(day, ([all, messages, coin]) => {
        const stream = coin[Symbol.iterator]();
        for (const explicit of [undefined, () => stream.next().value === true]) {
          const decoder = new FastDecoder(all);
          for (const m of encodeDay(all, messages as [string, Record<string, unknown>][], explicit)) {
            if (m.reset) decoder.reset();
            const found = decoder.decode(m.bytes);
            expect(found.next).toBe(m.bytes.length);
            expect(found.template).toBe(m.name);
            expect(normal(found.fields.toObject())).toEqual(normal(m.fields));
            decoded++;
          }
        }
      }),
      { ...RUNS, numRuns: RUNS.numRuns * 10 },
    );
    expect(decoded).toBeGreaterThan(RUNS.numRuns);
    console.log(`${decoded} messages of random templates come back as they were`);
  });

  it('throws nothing but its own errors for damaged messages, and ends in bounded time', { timeout: 1_200_000 }, () => {
    const random = numbers(RUNS.seed);
    const codes = new Map<string, number>();
    let tried = 0;
    let whole = 0;
    let days = 0;
    while (tried < MUTATIONS) {
      const [[all, messages]] = fc.sample(day, { numRuns: 1, seed: RUNS.seed + days++ }) as [
        [FastTemplate[], [string, Record<string, unknown>][], unknown],
      ];
      const sent = encodeDay(all, messages);
      if (sent.length === 0) continue;
      const decoder = new FastDecoder(all, {
        reportable: days % 2 === 0 ? 'refused' : 'accepted',
        limits: { entries: 2000, text: 500 },
      });
      for (let i = 0; i < 2000 && tried < MUTATIONS; i++) {
        const picked = sent[random(sent.length)] as { bytes: Uint8Array };
        // Behind the message stand bytes that must not be read.
        const cut = random(4) === 0 ? random(picked.bytes.length + 1) : picked.bytes.length;
        const bytes = new Uint8Array(cut + 8).fill(0xff);
        bytes.set(picked.bytes.subarray(0, cut));
        for (let k = random(4); k > 0 && cut > 0; k--) bytes[random(cut)] = random(256);
        tried++;
        try {
          const message = decoder.decode(bytes, 0, cut);
          expect(message.next).toBeLessThanOrEqual(cut);
          JSON.stringify(message.fields);
          whole++;
        } catch (error) {
          if (!(error instanceof VenuewireError)) throw error;
          codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
          if (random(3) === 0) decoder.reset();
        }
      }
    }
    const shown = [...codes].sort((a, b) => b[1] - a[1]).map(([c, n]) => `${c} ${n}`);
    console.log(`${tried} damaged messages: ${whole} decoded, ${shown.join(', ')}`);
    for (const code of codes.keys()) expect(code).toMatch(/^VW_FAST_/);
  });

  it('compares values of all kinds', () => {
    expect(sameValue(new FastDecimal(1, 2), new FastDecimal(1, 2))).toBe(true);
    expect(sameValue(Uint8Array.of(1), Uint8Array.of(2))).toBe(false);
  });
});
