/**
 * Damaged messages of every JSON table, by seed: records or a coded error, nothing else; and JSON for us is what it is
 * for `JSON.parse`. VENUEWIRE_MUTATIONS=1000000 for each venue: `npm run fuzz:json`.
 */

import { expect, it } from 'vitest';
import { findDecoder } from '../../src/decoders/registry.js';
import { VenuewireError } from '../../src/errors.js';
import { JsonReader } from '../../src/json/reader.js';
import { readJson } from '../../src/json/scan.js';
import type { JsonDecoder } from '../../src/json/table.js';
import { encode } from '../../src/layout/index.js';
import { Random } from '../../src/simulator/random.js';
import { ASKED, JSON_MESSAGES } from './json-messages.js';

const MUTATIONS = Number(process.env.VENUEWIRE_MUTATIONS ?? 17_000);
const SEED = Number(process.env.VENUEWIRE_SEED ?? 14);
const PIECES = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '-',
  '.',
  'e',
  '0',
  '9',
  'null',
  'true',
  '1e999',
  '\\ud800',
  '\u0000',
  '\n',
];

function damaged(text: string, random: Random): string {
  let out = text;
  for (let n = random.below(3) + 1; n > 0; n--) {
    const at = random.below(out.length + 1);
    const piece = PIECES[random.below(PIECES.length)] as string;
    switch (random.below(4)) {
      case 0:
        out = out.slice(0, at) + out.slice(at + 1 + random.below(8));
        break;
      case 1:
        out = out.slice(0, at) + piece + out.slice(at);
        break;
      case 2:
        out = out.slice(0, at) + piece + out.slice(at + 1);
        break;
      default:
        out = out.slice(0, at) + out.slice(at >> 1, at) + out.slice(at);
    }
  }
  return out;
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const refusal = (run: () => unknown): VenuewireError | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof VenuewireError) return error;
    throw error;
  }
};

it.each(Object.entries(JSON_MESSAGES))(
  '%s: damaged messages give records or a coded error',
  { timeout: 3_600_000 },
  async (id, messages) => {
    const decoder = (await findDecoder(id)?.load()) as unknown as JsonDecoder;
    const reader = new JsonReader(decoder);
    const random = new Random(SEED);
    const none = new Set<string>();
    const codes = new Map<string, number>();
    for (let i = 0; i < MUTATIONS; i++) {
      const text = damaged(messages[random.below(messages.length)] as string, random);
      const where = `seed ${SEED}, mutation ${i}: ${JSON.stringify(text)}`;
      const syntax = refusal(() => readJson(text, none));
      if ((syntax === undefined) !== isJson(text) && syntax?.code !== 'VW_JSON_DEPTH')
        expect.fail(`JSON or not? ${where}`);
      const refused = refusal(() => {
        for (const { message, values } of reader.read(text, { url: ASKED })) encode(decoder, message, values as never);
      });
      const code = refused?.code ?? 'none';
      if (!/^(none|VW_JSON_(SYNTAX|DEPTH|FIELD|NUMBER)|VW_ENCODE_(RANGE|TEXT))$/.test(code))
        expect.fail(`${code}: ${where}`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(codes.get('none')).toBeGreaterThan(MUTATIONS / 100);
    expect(codes.get('VW_JSON_SYNTAX')).toBeGreaterThan(MUTATIONS / 100);
    expect(codes.get('VW_JSON_FIELD')).toBeGreaterThan(0);
  },
);
