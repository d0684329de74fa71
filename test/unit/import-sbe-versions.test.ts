import { describe, expect, it } from 'vitest';
import { VenuewireError } from '../../src/errors.js';
import { decoderFromSbe, tableText } from '../../src/import.js';
import {
  compileCatalogue,
  createViews,
  type Decoder,
  encode,
  type Flyweight,
  leaves,
  walk,
} from '../../src/layout/index.js';
import { codeOf } from './damage.js';
import { dataOf, type Values } from './layout-samples.js';

const HEADER = `<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/>
  <type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/>
  <type name="version" primitiveType="uint16"/></composite>`;
const SIZES = `<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/>
  <type name="numInGroup" primitiveType="uint32"/></composite>`;
const schema = (types: string, messages: string, header = HEADER): string =>
  `<messageSchema package="p" id="9" version="3"><types>${header}${SIZES}${types}</types>${messages}</messageSchema>`;
const message = (fields: string, attributes = ''): string =>
  `<message name="M" id="1" ${attributes}>${fields}</message>`;

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
function viewOf(decoder: Decoder, bytes: Uint8Array): Flyweight {
  const data = dataOf(bytes);
  const index = decoder.messageIndex(data, 0, bytes.length);
  expect(decoder.lengthCheck(index, bytes.length)).toBe('ok');
  const reader = createViews(decoder)[index];
  if (reader === undefined) throw new Error('no such message');
  return new reader.View().bind(data, 0, bytes.length);
}
/** The fields of a message behind its header, as the view gives them, and as the walk meets them. */
function read(decoder: Decoder, hex: string): Values {
  const view = viewOf(decoder, bytesOf(hex));
  const { blockLength: _b, templateId: _t, schemaId: _s, version: _v, ...rest } = view.toObject() as unknown as Values;
  walk(view, () => undefined);
  return rest;
}
const written = (decoder: Decoder, values: Values): string => Buffer.from(encode(decoder, 'm', values)).toString('hex');

describe('SBE messages of an older version', () => {
  it('end before a field that was added behind padding', () => {
    const d = decoderFromSbe(
      schema(
        '',
        message(
          '<field name="a" id="1" type="uint16"/><field name="b" id="2" type="uint16" offset="4" sinceVersion="1"/>',
        ),
      ),
    );
    expect(read(d, '0200 0100 0900 0000 0500')).toEqual({ a: 5, b: null });
    expect(read(d, '0600 0100 0900 0100 0500 0000 0700')).toEqual({ a: 5, b: 7 });
    // The block of the older version had the padding already, whatever stands in it.
    expect(read(d, '0600 0100 0900 0000 0500 ffff ffff')).toEqual({ a: 5, b: null });
  });

  it('the same in the entries of a group, and in groups and data that were added', () => {
    const d = decoderFromSbe(
      schema(
        '<composite name="text"><type name="length" primitiveType="uint8"/><type name="varData" primitiveType="uint8" characterEncoding="UTF-8"/></composite>',
        message(`<field name="a" id="1" type="uint8"/>
          <group name="rows" id="2"><field name="x" id="3" type="uint8"/>
            <field name="y" id="4" type="uint16" offset="2" sinceVersion="1"/>
            <group name="late" id="5" sinceVersion="2"><field name="z" id="6" type="uint8"/></group>
            <data name="note" id="7" type="text" sinceVersion="2"/></group>
          <data name="memo" id="8" type="text" sinceVersion="3"/>`),
      ),
    );
    const rows = [
      { x: 1, y: null, late: [], note: null },
      { x: 2, y: null, late: [], note: null },
    ];
    expect(read(d, '0100 0100 0900 0000 07 0100 02000000 01 02')).toEqual({ a: 7, rows, memo: null });
    const view = viewOf(d, bytesOf('0100 0100 0900 0000 07 0100 02000000 01 02'));
    expect(leaves(view).map(([name]) => name)).not.toContain('late');
    const all = {
      a: 7,
      rows: [{ x: 1, y: 2, late: [{ z: 3 }], note: 'é' }],
      memo: 'ok',
    };
    const newest = written(d, all);
    expect(read(d, newest)).toEqual(all);
    // Written as version 1: what came later is left out, and refused where it is given.
    const first = written(d, { version: 1, a: 7, rows: [{ x: 1, y: 2 }] });
    expect(read(d, first)).toEqual({ a: 7, rows: [{ x: 1, y: 2, late: [], note: null }], memo: null });
    expect(codeOf(() => written(d, { version: 1, a: 7, memo: 'no' }))).toBe('VW_ENCODE_VERSION');
  });

  it('the same for composites, and for members that a composite gained', () => {
    const d = decoderFromSbe(
      schema(
        `<composite name="Pair"><type name="x" primitiveType="uint8"/><type name="y" primitiveType="uint8" offset="3" sinceVersion="2"/></composite>`,
        message('<field name="p" id="1" type="Pair"/><field name="q" id="2" type="Pair" offset="8" sinceVersion="1"/>'),
      ),
    );
    expect(read(d, '0100 0100 0900 0000 05')).toEqual({ pX: 5, pY: null, qX: null, qY: null });
    expect(read(d, '0c00 0100 0900 0200 05000006 00000000 07000008')).toEqual({ pX: 5, pY: 6, qX: 7, qY: 8 });
    expect(read(d, '0c00 0100 0900 0100 05000006 00000000 07000008')).toEqual({ pX: 5, pY: null, qX: 7, qY: null });
  });
});

describe('SBE nulls, constants and text', () => {
  const one = (types: string, field = '<field name="a" id="1" type="T"/>', header = HEADER): Decoder =>
    decoderFromSbe(schema(types, message(field), header));

  it.each([
    ['float', 'NaN', '0000c07f'],
    ['double', 'NaN', '000000000000f87f'],
    ['double', '-1', '000000000000f0bf'],
    ['float', '-1.5', '0000c0bf'],
    ['int8', '-1', 'ff'],
    ['int16', '-32768', '0080'],
    ['int64', '-9223372036854775808', '0000000000000080'],
    ['uint64', '0xffffffffffffffff', 'ffffffffffffffff'],
    ['uint8', '-1', 'ff'],
  ])('%s with the nullValue %s', (primitive, none, hex) => {
    const d = one(`<type name="T" primitiveType="${primitive}" presence="optional" nullValue="${none}"/>`);
    const size = (hex.length / 2).toString(16).padStart(2, '0');
    expect(read(d, `${size}00 0100 0900 0000 ${hex}`)).toEqual({ a: null });
    expect(written(d, { a: null }).slice(16)).toBe(hex);
    expect(tableText(d)).toContain(none === 'NaN' ? '.nullable(Number.NaN)' : '.nullable(');
    compileCatalogue(d);
  });
  it('every NaN is null where NaN is, and a float without presence has all its values', () => {
    const optional = one('<type name="T" primitiveType="float" presence="optional"/>');
    expect(read(optional, '0400 0100 0900 0000 0100c07f')).toEqual({ a: null });
    expect(read(one('<type name="T" primitiveType="float"/>'), '0400 0100 0900 0000 0000c07f')).toEqual({
      a: Number.NaN,
    });
  });
  it.each([
    ['300', 'uint8'],
    ['x', 'double'],
    ['', 'float'],
  ])("refuses the nullValue '%s' of %s", (none, primitive) => {
    const types = `<type name="T" primitiveType="${primitive}" presence="optional" nullValue="${none}"/>`;
    expect(codeOf(() => one(types))).toBe('VW_SBE_SCHEMA');
  });

  const SIDE =
    '<enum name="Side" encodingType="uint8"><validValue name="Buy">1</validValue><validValue name="Sell">2</validValue></enum>';
  it('has constants by valueRef: of the field, of its type, of a composite member, of an exponent', () => {
    expect(
      read(one(SIDE, '<field name="a" id="1" type="Side" presence="constant" valueRef="Side.Sell"/>'), EMPTY),
    ).toEqual({ a: 2 });
    expect(
      read(one(SIDE, '<field name="a" id="1" type="uint8" presence="constant" valueRef="Side.Sell"/>'), EMPTY),
    ).toEqual({ a: 2 });
    expect(
      read(
        one(`${SIDE}<type name="T" primitiveType="uint8" presence="constant" valueRef="Side.Sell"/>`),
        '0000 0100 0900 0000',
      ),
    ).toEqual({ a: 2 });
    const d = one(
      `<enum name="Scale" encodingType="int8"><validValue name="Four">-4</validValue></enum>
       <composite name="T"><type name="mantissa" primitiveType="int32"/><type name="exponent" primitiveType="int8" presence="constant" valueRef="Scale.Four"/></composite>`,
    );
    expect(d.messages.m?.fields.a).toMatchObject({ data: { meaning: { scale: -4 } } });
  });
  const EMPTY = '0000 0100 0900 0000';
  it('has constants of 64 bits exactly', () => {
    const type = (text: string) => `<type name="T" primitiveType="uint64" presence="constant">${text}</type>`;
    expect(read(one(type('18446744073709551615')), EMPTY)).toEqual({ a: 18446744073709551615n });
    expect(read(one(type('9007199254740993')), EMPTY)).toEqual({ a: 9007199254740993n });
    expect(read(one(type('9007199254740991')), EMPTY)).toEqual({ a: 9007199254740991 });
    expect(tableText(one(type('9007199254740993')))).toContain('constant(9007199254740993n)');
    expect(codeOf(() => one(type('18446744073709551616')))).toBe('VW_SBE_SCHEMA');
    expect(codeOf(() => one(type('many')))).toBe('VW_SBE_SCHEMA');
  });
  it('has headers with a constant schema and version, which are not sent', () => {
    const header = `<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/>
      <type name="schemaId" primitiveType="uint16" presence="constant">9</type><type name="version" primitiveType="uint16" presence="constant">1</type></composite>`;
    const fields =
      '<field name="a" id="1" type="uint8"/><field name="b" id="2" type="uint8" sinceVersion="1"/><field name="c" id="3" type="uint8" sinceVersion="2"/>';
    const d = one('', fields, header);
    expect(written(d, { a: 5, b: 6 })).toBe('03000100050600');
    expect(viewOf(d, bytesOf('0300 0100 05 06 07')).toObject()).toMatchObject({
      schemaId: 9,
      version: 1,
      b: 6,
      c: null,
    });
    compileCatalogue(d);
    const without = header
      .replace('uint16" presence="constant">9</type>', 'uint16"/>')
      .replace('blockLength', 'length');
    expect(codeOf(() => one('', fields, without))).toBe('VW_SBE_SCHEMA');
  });

  const text = (encoding: string) =>
    `<composite name="T"><type name="length" primitiveType="uint8"/><type name="varData" primitiveType="uint8" length="0" characterEncoding="${encoding}"/></composite>`;
  it.each([
    ['UTF-8', 'c3a9', 'é'],
    ['utf-8', 'e282ac', '€'],
    ['ISO-8859-1', 'e9', 'é'],
    ['US-ASCII', '41', 'A'],
  ])('reads and writes data in %s as text', (encoding, hex, value) => {
    const d = one(text(encoding), '<data name="a" id="1" type="T"/>');
    const size = (hex.length / 2).toString(16).padStart(2, '0');
    expect(read(d, `${EMPTY}${size}${hex}`)).toEqual({ a: value });
    expect(written(d, { a: value }).slice(16)).toBe(`${size}${hex}`);
    expect(leaves(viewOf(d, bytesOf(`${EMPTY}${size}${hex}`))).at(-1)?.[1]).toBe(value);
  });
  it('leaves bytes of another encoding as they are, and says so', () => {
    const d = one(text('Shift_JIS'), '<data name="a" id="1" type="T"/>');
    expect(read(d, `${EMPTY}0282a0`)).toEqual({ a: Uint8Array.of(0x82, 0xa0) });
    expect(d.checked).toContain('a: bytes as they are, their encoding is Shift_JIS');
  });
  it('reads fixed text in UTF-8', () => {
    const d = one('<type name="T" primitiveType="char" length="4" characterEncoding="UTF-8"/>');
    expect(read(d, '0400 0100 0900 0000 c3a94100')).toEqual({ a: 'éA' });
    expect(written(d, { a: 'éA' }).slice(16)).toBe('c3a94100');
  });
});

describe('SBE counts', () => {
  const d = decoderFromSbe(schema('', message('<group name="rows" id="1"/>')));
  it('are bounded by the bytes that are there, entries without bytes by those of the message', () => {
    // 14 bytes: a header, and 2^32-1 entries of no bytes.
    const view = viewOf(d, bytesOf('0000 0100 0900 0000 0000 ffffffff')) as unknown as { rows: { length: number } };
    expect(codeOf(() => view.rows.length)).toBe('VW_MESSAGE_MALFORMED');
    expect(codeOf(() => (view as unknown as Flyweight).toObject())).toBe('VW_MESSAGE_MALFORMED');
    expect(codeOf(() => walk(view as unknown as Flyweight, () => undefined))).toBe('VW_MESSAGE_MALFORMED');
    expect(read(d, '0000 0100 0900 0000 0000 02000000')).toEqual({ rows: [{}, {}] });
  });
  it.each([
    ['numInGroup', 'uint64'],
    ['numInGroup', 'int16'],
    ['blockLength', 'uint64'],
  ])('a dimension whose %s is %s is refused', (member, primitive) => {
    const sizes = SIZES.replace(
      new RegExp(`name="${member}" primitiveType="[a-z0-9]+"`),
      `name="${member}" primitiveType="${primitive}"`,
    );
    const xml = schema('', message('<group name="rows" id="1"><field name="x" id="2" type="uint8"/></group>'));
    expect(codeOf(() => decoderFromSbe(xml.replace(SIZES, sizes)))).toBe('VW_SBE_SCHEMA');
  });
});

describe('errors of the SBE importer', () => {
  it('name file, line and what to do', () => {
    const xml = schema('', message('\n\n<field name="a" id="1" type="Nothing"/>'));
    try {
      decoderFromSbe(xml, { file: 'feed.xml' });
      expect.unreachable();
    } catch (error) {
      const { code, message, hint } = error as VenuewireError;
      expect(error).toBeInstanceOf(VenuewireError);
      expect([code, message]).toEqual([
        'VW_SBE_SCHEMA',
        'feed.xml, line 6: field is of type Nothing, which is not there',
      ]);
      expect(hint).toMatch(/./);
    }
  });
});
