/** Tables of venues that send JSON: what becomes of each kind of message, to the digit; what is refused, and how. */

import { describe, expect, it } from 'vitest';
import { findDecoder } from '../../src/decoders/registry.js';
import { decimalText, parseDecimal } from '../../src/json/decimal.js';
import { JsonReader } from '../../src/json/reader.js';
import { JsonMembers, readJson } from '../../src/json/scan.js';
import type { JsonDecoder } from '../../src/json/table.js';
import { encode, Field, nanosSinceEpoch } from '../../src/layout/index.js';
import { ASKED, JSON_MESSAGES } from './json-messages.js';

const load = async (id: string): Promise<JsonDecoder> => (await findDecoder(id)?.load()) as unknown as JsonDecoder;
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

/** What a record says, as a feed would give it: encoded, and decoded again. */
function recordsOf(decoder: JsonDecoder, text: string) {
  return decoder.read(text, { url: ASKED }).map(({ message, values }) => {
    const { fields } = decoder.decode(encode(decoder, message, values as never));
    return { message, fields: fields as Record<string, unknown> };
  });
}
interface Level {
  readonly side: string;
  readonly price: bigint;
  readonly size: bigint;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}
const ladder = (fields: Record<string, unknown>) =>
  (fields.levels as Level[]).map((l) => [
    l.side,
    decimalText(l.price, -10, l.priceDecimals),
    decimalText(l.size, -8, l.sizeDecimals),
  ]);

describe.each(Object.entries(JSON_MESSAGES))('%s', (id, texts) => {
  it('knows each of its messages', async () => {
    const decoder = await load(id);
    for (const text of texts) {
      const found = recordsOf(decoder, text);
      expect(found.length, text).toBeGreaterThan(0);
      for (const { message } of found) expect(message, text).not.toBe('other');
    }
  });

  it('says of its times that they are nanoseconds since 1970', async () => {
    const { json, messages } = await load(id);
    for (const { message, fields } of json.rules)
      for (const [name, { as }] of Object.entries(fields)) {
        if (!['rfc3339', 'epochSeconds', 'epochMilliseconds'].includes(as)) continue;
        const part = messages[message]?.fields[name];
        expect(part instanceof Field && part.data.meaning, `${message}.${name}`).toBe(nanosSinceEpoch);
      }
  });
  it('reads past members that it does not know', async () => {
    const decoder = await load(id);
    for (const text of texts.filter((m) => m.startsWith('{'))) {
      const more = `{"unknown":[{"deep":{"e":"x","type":"y","channel":null}},1e400],${text.slice(1)}`;
      expect(recordsOf(decoder, more)).toEqual(recordsOf(decoder, text));
    }
  });

  it('keeps what no rule knows', async () => {
    const decoder = await load(id);
    expect(recordsOf(decoder, '{"brand":"new"}')).toEqual([
      { message: 'other', fields: { type: expect.any(Number), length: 15, text: '{"brand":"new"}' } },
    ]);
  });
});

describe('a JSON table', () => {
  it('keeps the text of prices and sizes, quoted or not', async () => {
    const two = await load('kraken-spot-2');
    const [update] = recordsOf(two, JSON_MESSAGES['kraken-spot-2']?.[1] as string);
    expect(ladder(update?.fields as never)).toEqual([['B', '0.5657', '1098.39474080']]);
    const one = await load('kraken-spot-1');
    const [both] = recordsOf(one, JSON_MESSAGES['kraken-spot-1']?.[2] as string);
    expect(ladder(both?.fields as never)).toEqual([
      ['S', '5541.30000', '0.00000000'],
      ['B', '5541.20000', '0.10000000'],
    ]);
    expect(both?.fields).toMatchObject({ symbol: 'AAA/USD', checksum: 974_942_667 });
  });

  it('makes a record of each print, and keeps times to the nanosecond', async () => {
    const found = recordsOf(await load('kraken-spot-1'), JSON_MESSAGES['kraken-spot-1']?.[3] as string);
    expect(found.map(({ fields }) => [fields.side, fields.time])).toEqual([
      ['S', 1_534_614_057_321_597_000n],
      ['B', 1_534_614_057_324_998_000n],
    ]);
    const [price] = recordsOf(await load('oanda-v20-3'), JSON_MESSAGES['oanda-v20-3']?.[0] as string);
    expect(price?.fields.time).toBe(1_559_048_792_682_119_462n);
  });

  it('refuses a known field that is missing or of another type, and names it', async () => {
    const reader = new JsonReader(await load('kraken-futures-1'));
    const book = JSON_MESSAGES['kraken-futures-1']?.[1] as string;
    expect(() => reader.read(book.replace('"seq":326072250,', ''))).toThrow(
      /bookUpdate\.seq must be an integer, and is missing/,
    );
    expect(codeOf(() => reader.read(book.replace('326072250', 'true')))).toBe('VW_JSON_FIELD');
    expect(codeOf(() => reader.read(book.replace('"sell"', '"both"')))).toBe('VW_JSON_FIELD');
    expect(codeOf(() => reader.read(book.replace('34981.0', '0.12345678901')))).toBe('VW_JSON_NUMBER');
    expect(codeOf(() => reader.read(book.replace('34981.0', '1e30')))).toBe('VW_JSON_NUMBER');
    expect(codeOf(() => reader.read(book.replace('"qty":0.0', '"qty":-1')))).toBe('VW_JSON_FIELD');
  });

  it('has bounds: length, depth', () => {
    const none = new JsonMembers([]);
    expect(codeOf(() => readJson('['.repeat(1_000_000), none))).toBe('VW_JSON_DEPTH');
    expect(codeOf(() => readJson(`"${'x'.repeat(100)}"`, none, { size: 100 }))).toBe('VW_JSON_SIZE');
    expect(codeOf(() => readJson('{"a":1,"a":2}', new JsonMembers(['a'])))).toBe('VW_JSON_SYNTAX');
    expect(readJson(`${'['.repeat(32)}${']'.repeat(32)}`, none)).toHaveLength(1);
  });
});

describe('a decimal', () => {
  it.each([
    ['0.00100000', -8, 100_000n, 8],
    ['45285.2', -10, 452_852_000_000_000n, 1],
    ['-0.5', -2, -50n, 1],
    ['1e-8', -8, 1n, 8],
    ['1.5E3', -1, 15_000n, 0],
    ['0.1230', -3, 123n, 4],
    ['12e-20', -10, undefined, 0],
    ['9223372036854775807', 0, 9_223_372_036_854_775_807n, 0],
    ['9223372036854775808', 0, undefined, 0],
    ['1.', -2, undefined, 0],
    ['', -2, undefined, 0],
    ['NaN', -2, undefined, 0],
  ])('%s with exponent %i is %s', (text, exponent, raw, decimals) => {
    expect(parseDecimal(text, exponent)).toEqual(raw === undefined ? undefined : { raw, decimals });
  });
  it('is written as it was read', () => {
    for (const text of ['0.00100000', '45285.2', '7', '0.5', '-3.10'])
      expect(decimalText(parseDecimal(text, -8)?.raw as bigint, -8, text.split('.')[1]?.length ?? 0)).toBe(text);
  });
});
