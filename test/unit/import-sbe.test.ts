import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decoders } from '../../src/decoders/registry.js';
import { VenuewireError } from '../../src/errors.js';
import { decoderFromSbe, tableText } from '../../src/import.js';
import {
  Composite,
  Constant,
  compileCatalogue,
  createViews,
  Data,
  type Decoder,
  encode,
  Field,
  type Fields,
  Filler,
  Group,
  fields as plainFields,
} from '../../src/layout/index.js';
import { EXAMPLE } from './import-sbe-example.js';
import { dataOf, headerSkips, RUNS, recordValues, type Values } from './layout-samples.js';

const escaped = (s: string) => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** A schema that says what a table says: the other way round from the importer. */
class SchemaWriter {
  readonly #types = new Map<string, string>();
  #type(text: (name: string) => string): string {
    const known = text('?');
    const found = this.#types.get(known);
    if (found !== undefined) return found;
    const name = `T${this.#types.size}`;
    this.#types.set(known, name);
    return name;
  }
  get types(): string {
    return [...this.#types].map(([text, name]) => text.replaceAll('"?"', `"${name}"`)).join('\n');
  }

  /** @returns undefined for a field that SBE has no type for. */
  field(name: string, part: Field, header: boolean): string | undefined {
    const d = part.data;
    const primitive = { uint: 'uint', int: 'int', float: '', char: '', text: '', bytes: '', digits: '' }[d.wire];
    const bits = 8 * d.size;
    const number =
      d.wire === 'float' ? (d.size === 4 ? 'float' : 'double') : primitive ? `${primitive}${bits}` : 'char';
    if (d.wire === 'digits' || (primitive !== '' && ![8, 16, 32, 64].includes(bits)) || d.order) return undefined;
    const none = d.nullValue === undefined ? '' : ` presence="optional" nullValue="${d.nullValue}"`;
    let type: string;
    if (d.wire === 'text') type = this.#type((n) => `<type name="${n}" primitiveType="char" length="${d.size}"/>`);
    else if (d.wire === 'bytes')
      type = this.#type((n) => `<type name="${n}" primitiveType="uint8" length="${d.size}"/>`);
    else if (d.places) {
      const choices = Object.entries(d.places);
      if (choices.some(([, p]) => typeof p !== 'number')) return undefined;
      const list = choices.map(([bit, at]) => `<choice name="${bit}">${at}</choice>`).join('');
      const encoding = none === '' ? number : this.#type((n) => `<type name="${n}" primitiveType="${number}"${none}/>`);
      type = this.#type((n) => `<set name="${n}" encodingType="${encoding}">${list}</set>`);
    } else if (d.values) {
      const list = Object.entries(d.values).map(
        ([code, said]) => `<validValue name="${escaped(said)}">${code}</validValue>`,
      );
      const encoding = none === '' ? number : this.#type((n) => `<type name="${n}" primitiveType="${number}"${none}/>`);
      type = this.#type((n) => `<enum name="${n}" encodingType="${encoding}">${list.join('')}</enum>`);
    } else if (d.meaning?.scale !== undefined) {
      const exponent = `<type name="exponent" primitiveType="int8" presence="constant">${d.meaning.scale}</type>`;
      type = this.#type(
        (n) => `<composite name="${n}"><type name="mantissa" primitiveType="${number}"${none}/>${exponent}</composite>`,
      );
    } else type = none === '' ? number : this.#type((n) => `<type name="${n}" primitiveType="${number}"${none}/>`);
    if (header) return `<type name="${name}" primitiveType="${number}" offset="${d.at}"/>`;
    const since = d.sinceVersion === undefined ? '' : ` sinceVersion="${d.sinceVersion}"`;
    return `<field name="${name}" id="1" type="${type}" offset="${d.at}"${since}/>`;
  }

  body(list: Fields): string | undefined {
    const out: string[] = [];
    for (const [name, part] of Object.entries(list)) {
      let text: string | undefined;
      if (part instanceof Field) text = this.field(name, part, false);
      else if (part instanceof Constant) {
        const primitive = typeof part.value === 'number' ? 'int64' : 'char';
        const type = this.#type(
          (n) =>
            `<type name="${n}" primitiveType="${primitive}" presence="constant">${escaped(String(part.value))}</type>`,
        );
        text = `<field name="${name}" id="1" type="${type}"/>`;
      } else if (part instanceof Group) {
        const d = part.count;
        if (typeof d !== 'object' || !('numInGroup' in d)) return undefined;
        const sizes: Record<string, Field<number>> = { blockLength: d.blockLength, numInGroup: d.numInGroup };
        const members = Object.entries(sizes).map(([n, f]) => this.field(n, f, true));
        // What stands behind the last member belongs to the dimension too.
        const end = d.numInGroup.data.at + d.numInGroup.data.size;
        if (end < d.size)
          members.push(`<type name="rest" primitiveType="uint8" length="${d.size - end}" offset="${end}"/>`);
        const type = this.#type((n) => `<composite name="${n}">${members.join('')}</composite>`);
        const inner = this.body(part.fields);
        const since = part.sinceVersion === undefined ? '' : ` sinceVersion="${part.sinceVersion}"`;
        text =
          inner &&
          `<group name="${name}" id="1" dimensionType="${type}" blockLength="${part.size}"${since}>${inner}</group>`;
        if (inner === '')
          text = `<group name="${name}" id="1" dimensionType="${type}" blockLength="${part.size}"${since}/>`;
      } else if (part instanceof Data) {
        if (!('prefix' in part.length)) return undefined;
        const length = this.field('length', part.length.prefix, true);
        const encoding = part.wire === 'text' ? ' characterEncoding="ISO-8859-1"' : '';
        const type = this.#type(
          (n) =>
            `<composite name="${n}">${length}<type name="varData" primitiveType="uint8" length="0"${encoding}/></composite>`,
        );
        text = `<data name="${name}" id="1" type="${type}"/>`;
      } else if (part instanceof Filler || part instanceof Composite) continue;
      if (text === undefined) return undefined;
      out.push(text);
    }
    // SBE has fields before groups before data.
    const rank = (t: string) => (t.startsWith('<field') ? 0 : t.startsWith('<group') ? 1 : 2);
    if (out.some((t, i) => i > 0 && rank(t) < rank(out[i - 1] as string) && !t.includes('presence="constant"')))
      return undefined;
    return out.join('\n');
  }

  schema(decoder: Decoder): string | undefined {
    const header = Object.entries(decoder.header).map(([n, p]) => (p instanceof Field ? this.field(n, p, true) : ''));
    const messages = Object.entries(decoder.messages).map(([name, m]) => {
      const inner = this.body(m.fields);
      const block = typeof m.length === 'number' ? m.length : m.length.atLeast;
      const since = m.notes.sinceVersion === undefined ? '' : ` sinceVersion="${m.notes.sinceVersion}"`;
      return inner === undefined
        ? undefined
        : `<sbe:message name="${name}" id="${String(m.codes[0])}" blockLength="${block}"${since}>${inner}</sbe:message>`;
    });
    if (messages.includes(undefined) || decoder.sbe === undefined) return undefined;
    const order = decoder.byteOrder === 'big' ? 'bigEndian' : 'littleEndian';
    return `<?xml version="1.0" encoding="UTF-8"?>
      <sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="p" id="${decoder.sbe.schemaId}"
        version="${decoder.sbe.version}" byteOrder="${order}">
      <types><composite name="messageHeader">${header.join('')}</composite>${this.types}</types>
      ${messages.join('\n')}</sbe:messageSchema>`;
  }
}

const asOf = (d: Decoder) => ({
  id: d.id,
  venue: d.venue,
  feed: d.feed,
  version: d.version,
  framing: d.framing,
  instrument: d.instrument,
});

/** What a table says of its fields, as text: everything but notes and units. */
function told(fields: Fields): unknown {
  return Object.entries(fields)
    .filter(([, part]) => !(part instanceof Filler))
    .map(([name, part]) => {
      if (part instanceof Field) {
        const { wire, at, size, nullValue, values, places, meaning, sinceVersion } = part.data;
        const none = nullValue === undefined ? undefined : String(nullValue);
        return [name, wire, at, size, none, values, places, meaning?.scale, sinceVersion];
      }
      if (part instanceof Group) return [name, part.size, part.sinceVersion, told(part.fields)];
      return [name, part.kind, part instanceof Constant ? part.value : undefined];
    });
}

const bare = (d: Decoder): unknown =>
  Object.entries(d.messages).map(([n, m]) => [n, m.codes, m.length, told(m.fields)]);

describe('the SBE importer', () => {
  it('makes of a schema written back from each SBE table the table itself', async () => {
    const equal: string[] = [];
    const not: string[] = [];
    for (const entry of decoders) {
      const hand = await entry.load();
      if (hand.sbe === undefined) continue;
      const xml = new SchemaWriter().schema(hand);
      if (xml === undefined) {
        not.push(hand.id);
        continue;
      }
      const made = decoderFromSbe(xml, asOf(hand));
      expect(bare(made), hand.id).toEqual(bare(hand));
      expect(Buffer.from(compileCatalogue(made)).equals(Buffer.from(compileCatalogue(hand))), hand.id).toBe(true);
      equal.push(hand.id);
    }
    console.log(
      `equal plans: ${equal.join(', ')}${not.length > 0 ? `; beyond SBE's own types: ${not.join(', ')}` : ''}`,
    );
    expect(equal.length).toBeGreaterThan(12);
  }, 120_000);

  it('reads a schema with everything in it', () => {
    const decoder = decoderFromSbe(EXAMPLE, { framing: 'none' });
    expect(decoder.names).toEqual(['order', 'news', 'heartbeat']);
    expect(decoder.byteOrder).toBe('big');
    const { order } = decoder.messages as unknown as { order: { fields: Fields } };
    expect(Object.keys(order.fields)).toMatchInlineSnapshot(`
      [
        "orderID",
        "price",
        "stopPx",
        "avgPxMantissa",
        "avgPxExponent",
        "avgPx",
        "transactTime",
        "side",
        "status",
        "reason",
        "fixedStatus",
        "reserved40",
        "flags",
        "symbol",
        "key",
        "levels1",
        "levels2",
        "levels3",
        "maturityYear",
        "maturityMonth",
        "reserved69",
        "maturityLeg",
        "qty",
        "source",
        "ratio",
        "sendingTime",
        "legs",
        "parties",
        "memo",
      ]
    `);
    const bytes = encode(decoder, 'order', {
      orderID: 7n,
      price: -12345n,
      side: '1',
      flags: 5,
      symbol: 'ABC',
      qty: null,
      legs: [{ legID: 1, fees: [{ amount: 5 }] }, { legID: 2 }],
      memo: new Uint8Array([104, 105]),
    });
    const [reader] = createViews(decoder);
    const view = new (reader as { View: new () => import('../../src/layout/index.js').Flyweight }).View().bind(
      dataOf(bytes),
      0,
      bytes.length,
    );
    expect(plainFields(view)).toMatchInlineSnapshot(`
      {
        "avgPxExponent": 0,
        "avgPxMantissa": 0,
        "blockLength": 96,
        "fixedStatus": 1,
        "flags": 5,
        "key": "00000000",
        "legs": [
          {
            "fees": [
              {
                "amount": 5,
              },
            ],
            "legID": 1,
            "legText": "",
          },
          {
            "fees": [],
            "legID": 2,
            "legText": "",
          },
        ],
        "levels1": 0,
        "levels2": 0,
        "levels3": 0,
        "maturityLeg": " ",
        "maturityMonth": null,
        "maturityYear": null,
        "memo": "6869",
        "orderID": "7",
        "parties": [],
        "price": "-12345",
        "qty": null,
        "ratio": 0,
        "reason": null,
        "schemaId": 77,
        "sendingTime": "0",
        "side": "1",
        "source": "8",
        "status": null,
        "stopPx": null,
        "symbol": "ABC",
        "templateId": 1,
        "transactTime": "0",
        "version": 3,
      }
    `);
  });

  it('encodes and decodes random messages of the example', () => {
    const decoder = decoderFromSbe(EXAMPLE);
    for (const { name, index, View } of createViews(decoder)) {
      const fields = { ...decoder.header, ...decoder.messages[name]?.fields };
      fc.assert(
        fc.property(recordValues(fields, headerSkips(decoder)), (values) => {
          const bytes = encode(decoder, name, values);
          expect(decoder.messageIndex(dataOf(bytes), 0, bytes.length)).toBe(index);
          const object = new View().bind(dataOf(bytes), 0, bytes.length).toObject() as unknown as Values;
          expect(encode(decoder, name, object)).toEqual(bytes);
        }),
        { ...RUNS, numRuns: RUNS.numRuns * 10 },
      );
    }
  });

  it('writes a table that says the same', async () => {
    const folder = fileURLToPath(new URL('../../build/import-test/', import.meta.url));
    mkdirSync(folder, { recursive: true });
    try {
      const layout = fileURLToPath(new URL('../../src/layout/index.ts', import.meta.url));
      const sources = [decoderFromSbe(EXAMPLE)];
      for (const id of [
        'cme-mdp3-sbe-1.9',
        'b3-umdf-sbe-2.2',
        'euronext-optiq-5.25',
        'nasdaq-totalview-itch-5.0',
        'opra-6.3',
      ]) {
        const entry = decoders.find((d) => d.id === id);
        sources.push((await entry?.load()) as Decoder);
      }
      for (const decoder of sources) {
        const file = join(folder, `${decoder.id}.ts`);
        writeFileSync(file, tableText(decoder, { layout }));
        const module = (await import(pathToFileURL(file).href)) as Record<string, Decoder>;
        const again = Object.values(module)[0] as Decoder;
        expect(bare(again)).toEqual(bare(decoder));
        expect(Buffer.from(compileCatalogue(again)).equals(Buffer.from(compileCatalogue(decoder)))).toBe(true);
        expect(tableText(again, { layout })).toBe(tableText(decoder, { layout }));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const schema = (types: string, messages = '<message name="M" id="1"><field name="a" id="1" type="T"/></message>') =>
    `<messageSchema package="p" id="1" version="0"><types><composite name="messageHeader">
      <type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/>
      <type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>
      ${types}</types>${messages}</messageSchema>`;
  it.each([
    ['VW_SBE_XML', '<messageSchema>'],
    ['VW_SBE_XML', '<!DOCTYPE messageSchema><messageSchema/>'],
    [
      'VW_SBE_INCLUDE',
      '<messageSchema xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="types.xml"/></messageSchema>',
    ],
    ['VW_SBE_SCHEMA', '<templates/>'],
    ['VW_SBE_SCHEMA', schema('')],
    ['VW_SBE_SCHEMA', schema('<type name="T" primitiveType="int7"/>')],
    ['VW_SBE_SCHEMA', schema('<type name="T" primitiveType="int8" length="-1"/>')],
    ['VW_SBE_SCHEMA', schema('<type name="T" primitiveType="int8" presence="maybe"/>')],
    ['VW_SBE_SCHEMA', schema('<type name="T" primitiveType="int8" presence="constant"/>')],
    ['VW_SBE_SCHEMA', schema('<type name="T" primitiveType="int8" presence="optional" nullValue="none"/>')],
    ['VW_SBE_SCHEMA', schema('<set name="T" encodingType="uint8"><choice name="x">9</choice></set>')],
    ['VW_SBE_SCHEMA', schema('<composite name="T"><ref name="t" type="T"/></composite>')],
    ['VW_SBE_SCHEMA', schema('<type name="T" primitiveType="int8"/><type name="T" primitiveType="int8"/>')],
    ['VW_SBE_SCHEMA', schema('<type name="T" primitiveType="int8"/>', '')],
    [
      'VW_SBE_SCHEMA',
      schema(
        '<type name="T" primitiveType="int8"/>',
        '<message name="M" id="1" blockLength="0"><field name="a" id="1" type="T"/></message>',
      ),
    ],
    [
      'VW_SBE_SCHEMA',
      schema(
        '<type name="T" primitiveType="int8"/>',
        '<message name="M" id="1"><group name="g" id="1"><field name="a" id="1" type="T"/></group></message>',
      ),
    ],
  ])('%s: %.70s', (code, xml) => {
    let found = 'none';
    try {
      decoderFromSbe(xml);
    } catch (error) {
      if (!(error instanceof VenuewireError)) throw error;
      found = error.code;
      expect(error.hint).not.toBe('');
    }
    expect(found).toBe(code);
  });
});
