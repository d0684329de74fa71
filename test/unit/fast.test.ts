import { describe, expect, it } from 'vitest';
import { readFastTemplates } from '../../src/fast/import.js';
import { FastDecoder, FastEncoder, type FastInput, type FastOptions } from '../../src/fast/index.js';
import { codeOf } from './damage.js';

const wrap = (body: string, more = ''): string =>
  `<templates xmlns="http://www.fixprotocol.org/ns/fast/td/1.1">${more}<template name="T" id="1">${body}</template></templates>`;

/** One message of template 1: a presence map of the given bits behind the identifier's, and the bytes in hexadecimal. */
function stream(bits: string, hexBytes: string): Uint8Array {
  const all = `1${bits}`;
  const map: number[] = [];
  for (let i = 0; i < all.length; i += 7) map.push(Number.parseInt(all.slice(i, i + 7).padEnd(7, '0'), 2));
  map[map.length - 1] = (map[map.length - 1] as number) | 0x80;
  return Uint8Array.from([...map, 0x81, ...Buffer.from(hexBytes.replaceAll(' ', ''), 'hex')]);
}

const decoder = (xml: string, options: FastOptions = {}) => new FastDecoder(readFastTemplates(xml), options);

/** Decodes the messages of one field and gives its values. */
function values(field: string, ...messages: [bits: string, bytes: string][]): unknown[] {
  const d = decoder(wrap(field));
  return messages.map(([bits, bytes]) => {
    const m = d.decode(stream(bits, bytes));
    expect(m.next).toBe(stream(bits, bytes).length);
    return m.fields.at(0);
  });
}
const failure = (field: string, ...messages: [bits: string, bytes: string][]) =>
  codeOf(() => values(field, ...messages));

// The encodings of the specification's own examples (FAST 1.1, appendix 3).
describe('FAST entities', () => {
  it.each([
    ['<int32 name="F"/>', '3945a3', 942755],
    ['<int32 name="F"/>', '7c1b1b9d', -7942755],
    ['<int32 name="F"/>', '00c0', 64],
    ['<int32 name="F" presence="optional"/>', '3945a4', 942755],
    ['<int32 name="F" presence="optional"/>', '463add', -942755],
    ['<uInt32 name="F" presence="optional"/>', '81', 0],
    ['<uInt32 name="F" presence="optional"/>', '80', undefined],
    ['<uInt32 name="F" presence="optional"/>', '1000000080', 4294967295],
    ['<uInt32 name="F"/>', '3945a3', 942755],
    ['<uInt64 name="F"/>', '017f7f7f7f7f7f7f7fff', 18446744073709551615n],
    ['<int64 name="F"/>', '7f000000000000000080', -9223372036854775808n],
    ['<int64 name="F"/>', '007f7f7f7f7f7f7f7fff', 9223372036854775807n],
    ['<string name="F"/>', '4142c3', 'ABC'],
    ['<string name="F"/>', '80', ''],
    ['<string name="F"/>', '0080', '\0'],
    ['<string name="F" presence="optional"/>', '80', undefined],
    ['<string name="F" presence="optional"/>', '0080', ''],
    ['<string name="F" presence="optional"/>', '000080', '\0'],
    ['<byteVector name="F"/>', '83414243', Uint8Array.of(0x41, 0x42, 0x43)],
    ['<byteVector name="F" presence="optional"/>', '80', undefined],
    ['<byteVector name="F" presence="optional"/>', '81', new Uint8Array(0)],
    ['<string name="F" charset="unicode"/>', '82c3a9', 'é'],
    ['<string name="F" charset="unicode" presence="optional"/>', '83c3a9', 'é'],
  ])('%s: %s', (field, bytes, value) => {
    expect(values(field, ['', bytes])[0]).toEqual(value);
  });

  it('reads decimals as mantissa and exponent', () => {
    const [up, down, none] = values(
      '<decimal name="F" presence="optional"/>',
      ['', '833945a3'],
      ['', 'fe3945a3'],
      ['', '80'],
    );
    expect([String(up), String(down), none]).toEqual(['94275500', '9427.55', undefined]);
  });

  it.each([
    ['R6', '<uInt32 name="F"/>', '0081'],
    ['R6', '<int32 name="F"/>', '0081'],
    ['R6', '<int32 name="F"/>', '7fff'],
    ['R9', '<string name="F"/>', '00c1'],
    ['R9', '<string name="F" presence="optional"/>', '00c1'],
    ['R9', '<string name="F" presence="optional"/>', '0000c1'],
    ['R2', '<string name="F" charset="unicode"/>', '81ff'],
    ['R1', '<decimal name="F"/>', '00c081'],
    ['D2', '<uInt32 name="F"/>', '1000000080'],
    ['D2', '<int32 name="F"/>', '0800000080'],
    ['D2', '<uInt64 name="F"/>', '02000000000000000080'],
    ['D2', '<int64 name="F"/>', '0100000000000000000080'],
    ['D2', '<uInt64 name="F"/>', '7f7f7f7f7f7f7f7f7f7f7f7fff'],
    ['END', '<uInt32 name="F"/>', '01'],
    ['END', '<string name="F"/>', '4142'],
    ['END', '<byteVector name="F"/>', '83'],
    ['LIMIT', '<byteVector name="F"/>', '0f7f7f7fff'],
    ['LIMIT', '<sequence name="F"><int32 name="C"><constant value="1"/></int32></sequence>', '0f7f7f7fff'],
  ])('%s: %s %s', (code, field, bytes) => {
    expect(failure(field, ['', bytes])).toBe(`VW_FAST_${code}`);
  });

  it('refuses presence maps that are overlong or too long', () => {
    const d = decoder(wrap('<uInt32 name="F"/>'));
    expect(codeOf(() => d.decode(Uint8Array.of(0x40, 0x80, 0x81, 0x81)))).toBe('VW_FAST_R7');
    expect(codeOf(() => d.decode(Uint8Array.of(0x40, 0xc0, 0x81, 0x81)))).toBe('VW_FAST_R8');
  });

  it('accepts what is reportable when it is told to', () => {
    const d = decoder(wrap('<uInt32 name="F"/><string name="S"/>'), { reportable: 'accepted' });
    const m = d.decode(Uint8Array.of(0x40, 0x80, 0x81, 0x00, 0x00, 0x85, 0x00, 0xc1));
    expect(m.fields.toObject()).toEqual({ F: 5, S: 'A' });
  });
});

describe('FAST operators', () => {
  it('constant', () => {
    expect(values('<string name="F"><constant value="X"/></string>', ['', ''])).toEqual(['X']);
    const optional = '<uInt32 name="F" presence="optional"><constant value="7"/></uInt32>';
    expect(values(optional, ['1', ''], ['0', ''])).toEqual([7, undefined]);
  });

  it('default', () => {
    const mandatory = '<uInt32 name="F"><default value="7"/></uInt32>';
    expect(values(mandatory, ['0', ''], ['1', '82'], ['0', ''])).toEqual([7, 2, 7]);
    const optional = '<uInt32 name="F" presence="optional"><default/></uInt32>';
    expect(values(optional, ['0', ''], ['1', '82'], ['1', '80'])).toEqual([undefined, 1, undefined]);
  });

  it('copy', () => {
    const mandatory = '<string name="F"><copy/></string>';
    expect(values(mandatory, ['1', '434dc5'], ['0', ''], ['1', '4953c5'], ['0', ''])).toEqual([
      'CME',
      'CME',
      'ISE',
      'ISE',
    ]);
    expect(failure(mandatory, ['0', ''])).toBe('VW_FAST_D5');
    const optional = '<uInt32 name="F" presence="optional"><copy/></uInt32>';
    expect(values(optional, ['0', ''], ['1', '82'], ['0', ''], ['1', '80'], ['0', ''])).toEqual([
      undefined,
      1,
      1,
      undefined,
      undefined,
    ]);
    expect(values('<uInt32 name="F"><copy value="5"/></uInt32>', ['0', ''], ['1', '81'], ['0', ''])).toEqual([5, 1, 1]);
  });

  it('increment', () => {
    const field = '<uInt32 name="F"><increment value="1"/></uInt32>';
    expect(values(field, ['0', ''], ['0', ''], ['1', '84'], ['0', ''])).toEqual([1, 2, 4, 5]);
    const last = '<int32 name="F"><increment value="2147483647"/></int32>';
    expect(values(last, ['0', ''], ['0', '']), 'goes round').toEqual([2147483647, -2147483648]);
    const wide = '<uInt64 name="F"><increment value="9007199254740991"/></uInt64>';
    expect(values(wide, ['0', ''], ['0', ''], ['0', ''])).toEqual([
      9007199254740991n,
      9007199254740992n,
      9007199254740993n,
    ]);
  });

  it('delta of integers and decimals', () => {
    expect(values('<int32 name="F"><delta/></int32>', ['', '3945a3'], ['', 'fb'], ['', '85'])).toEqual([
      942755, 942750, 942755,
    ]);
    const optional = '<uInt32 name="F" presence="optional"><delta value="10"/></uInt32>';
    expect(values(optional, ['', '80'], ['', '82'], ['', '80'], ['', 'ff']), 'NULL leaves the value').toEqual([
      undefined,
      11,
      undefined,
      10,
    ]);
    const decimal = values('<decimal name="F"><delta/></decimal>', ['', 'fe3945a3'], ['', '8085']);
    expect(decimal.map(String)).toEqual(['9427.55', '9427.60']);
    expect(failure('<uInt32 name="F"><delta/></uInt32>', ['', 'ff'])).toBe('VW_FAST_R4');
    expect(failure('<int64 name="F"><delta value="9223372036854775807"/></int64>', ['', '81'])).toBe('VW_FAST_R4');
    const wide = '<uInt64 name="F"><delta value="18446744073709551615"/></uInt64>';
    expect(values(wide, ['', '7e000000000000000081'])).toEqual([0n]);
  });

  it('delta of strings', () => {
    const field = '<string name="F"><delta/></string>';
    expect(values(field, ['', '80474548b6'], ['', '824db6'], ['', 'fd45d3'], ['', 'ff52d3'])).toEqual([
      'GEH6',
      'GEM6',
      'ESM6',
      'RSESM6',
    ]);
    expect(failure(field, ['', '81c1'])).toBe('VW_FAST_D7');
    expect(failure(field, ['', 'fec1'])).toBe('VW_FAST_D7');
    expect(failure(field, ['', '0800000080c1'])).toBe('VW_FAST_D7');
    const unicode = '<string name="F" charset="unicode"><delta value="é"/></string>';
    expect(values(unicode, ['', '8181a8'])).toEqual(['è']);
    expect(failure(unicode, ['', '8180'])).toBe('VW_FAST_R2');
    expect(values('<byteVector name="F"><delta value="01 02"/></byteVector>', ['', '818103'])).toEqual([
      Uint8Array.of(1, 3),
    ]);
  });

  it('tail', () => {
    const field = '<string name="F"><tail/></string>';
    expect(values(field, ['1', '474548b6'], ['1', '4db6'], ['0', ''])).toEqual(['GEH6', 'GEM6', 'GEM6']);
    expect(values('<string name="F"><tail value="ABC"/></string>', ['0', ''], ['1', 'd8'])).toEqual(['ABC', 'ABX']);
    expect(failure(field, ['0', ''])).toBe('VW_FAST_D5');
    const optional = '<byteVector name="F" presence="optional"><tail value="010203"/></byteVector>';
    expect(values(optional, ['1', '80'], ['0', ''], ['1', '8209'])).toEqual([
      undefined,
      undefined,
      Uint8Array.of(1, 2, 9),
    ]);
  });

  it('individual operators of a decimal', () => {
    const field =
      '<decimal name="F" presence="optional"><exponent><copy/></exponent><mantissa><copy/></mantissa></decimal>';
    const seen = values(field, ['11', '8285'], ['00', ''], ['1', '80'], ['0', ''], ['10', 'ff']);
    expect(seen.map((v) => v?.toString())).toEqual(['50', '50', undefined, undefined, '0.5']);
    const constant =
      '<decimal name="F"><exponent><constant value="-2"/></exponent><mantissa><delta/></mantissa></decimal>';
    expect(values(constant, ['', '85'], ['', '85']).map(String)).toEqual(['0.05', '0.10']);
  });
});

describe('FAST templates', () => {
  it('sequences, groups and references', () => {
    const xml = wrap(
      `<templateRef name="Head"/>
       <sequence name="Legs" presence="optional"><length name="NoLegs"><copy/></length>
         <string name="Symbol"><copy/></string><uInt32 name="Ratio"/></sequence>
       <group name="Extra" presence="optional"><uInt32 name="A"/><uInt32 name="B"><default value="9"/></uInt32></group>
       <templateRef/>`,
      '<template name="Head"><uInt32 name="N"><increment value="5"/></uInt32></template>' +
        '<template name="Inner" id="2"><uInt32 name="N"><copy value="3"/></uInt32></template>',
    );
    const messages: FastInput[] = [
      {
        N: 5,
        Legs: [
          { Symbol: 'A', Ratio: 1 },
          { Symbol: 'A', Ratio: 2 },
        ],
        Extra: { A: 1, B: 9 },
        templateRef: { template: 'Inner', fields: { N: 5 } },
      },
      { N: 6, templateRef: { template: 'Inner', fields: { N: 4 } } },
      { N: 5, Legs: [], Extra: { A: 2, B: 0 }, templateRef: { template: 'Inner', fields: { N: 5 } } },
    ];
    const encoder = new FastEncoder(readFastTemplates(xml));
    const d = decoder(xml);
    for (const m of messages) expect(d.decode(encoder.encode('T', m)).fields.toObject()).toEqual(m);
  });

  it('dictionaries: global, template, type, named, keys', () => {
    const two = (a: string, b: string): string =>
      `<templates xmlns="http://www.fixprotocol.org/ns/fast/td/1.1">
        <template name="A" id="1"><typeRef name="Order"/><uInt32 name="F">${a}</uInt32></template>
        <template name="B" id="2"><typeRef name="Order"/><uInt32 name="F">${b}</uInt32></template></templates>`;
    const second = (a: string, b: string): unknown => {
      const d = decoder(two(a, b));
      d.decode(Uint8Array.of(0xe0, 0x81, 0x87));
      return d.decode(Uint8Array.of(0xc0, 0x82)).fields.at(0);
    };
    const own = '<copy value="1"/>';
    expect(second(own, own)).toBe(7);
    expect(second('<copy dictionary="template"/>', '<copy dictionary="template" value="1"/>')).toBe(1);
    expect(second('<copy dictionary="type"/>', '<copy dictionary="type"/>')).toBe(7);
    expect(second('<copy dictionary="x"/>', '<copy dictionary="y" value="1"/>')).toBe(1);
    expect(second('<copy dictionary="x" key="k"/>', '<copy dictionary="x" key="k"/>')).toBe(7);
    expect(second('<copy key="k"/>', '<copy value="1"/>')).toBe(1);
  });

  it('resets by message, and says so', () => {
    const xml = wrap(
      '<uInt32 name="F"><copy value="1"/></uInt32>',
      '<template name="Reset" id="120" xmlns:scp="http://www.fixprotocol.org/ns/fast/scp/1.1" scp:reset="yes"/>',
    );
    const d = decoder(xml);
    expect(d.decode(stream('1', '87')).fields.get('F')).toBe(7);
    expect(d.decode(stream('0', '')).fields.get('F')).toBe(7);
    expect(d.decode(Uint8Array.of(0xc0, 0xf8))).toMatchObject({ template: 'Reset', reset: true });
    expect(codeOf(() => d.decode(Uint8Array.of(0x80)))).toBe('VW_FAST_D5');
    expect(d.decode(stream('0', '')).fields.get('F')).toBe(1);
  });

  it('reads blocks and preambles', () => {
    const xml = wrap('<uInt32 name="F"/>');
    const blocks = [
      ...decoder(xml, { blocks: true }).messages(Uint8Array.of(0x00, 0x85, 0xc0, 0x81, 0x82, 0x80, 0x83)),
    ];
    expect(blocks.map((m) => m.fields.at(0))).toEqual([2, 3]);
    expect(codeOf(() => [...decoder(xml, { blocks: true }).messages(Uint8Array.of(0x80))])).toBe('VW_FAST_D12');
    const lead = [...decoder(xml, { preamble: 4 }).messages(Uint8Array.of(1, 0, 0, 0, 0xc0, 0x81, 0x82))];
    expect(lead.map((m) => [m.next, m.fields.at(0)])).toEqual([[7, 2]]);
  });

  it.each([
    ['S1', '<templates'],
    ['S1', '<!DOCTYPE x [<!ENTITY a "b">]><templates/>'],
    ['S1', '<fields/>'],
    ['S1', wrap('<float name="F"/>')],
    ['S1', wrap('<uInt32/>')],
    ['S1', wrap('<uInt32 name="F" presence="perhaps"/>')],
    ['S1', wrap('<uInt32 name="F"><copy/><delta/></uInt32>')],
    ['S1', wrap('<templateRef name="T"/>')],
    ['S1', `${'<group name="g">'.repeat(100_000)}`],
    ['S2', wrap('<string name="F"><increment/></string>')],
    ['S2', wrap('<uInt32 name="F"><tail/></uInt32>')],
    ['S3', wrap('<uInt32 name="F"><copy value="-1"/></uInt32>')],
    ['S3', wrap('<uInt32 name="F"><copy value="x"/></uInt32>')],
    ['S4', wrap('<uInt32 name="F"><constant/></uInt32>')],
    ['S5', wrap('<uInt32 name="F"><default/></uInt32>')],
    ['D8', wrap('<templateRef name="Nobody"/>')],
  ])('refuses with %s: %.60s', (code, xml) => {
    expect(codeOf(() => decoder(xml))).toBe(`VW_FAST_${code}`);
  });

  it('knows the errors of a stream by their names', () => {
    expect(codeOf(() => decoder(wrap('')).decode(Uint8Array.of(0xc0, 0x85)))).toBe('VW_FAST_D9');
    const clash = '<uInt32 name="A"><copy key="k"/></uInt32><string name="B"><copy key="k"/></string>';
    expect(failure(clash, ['10', '81'])).toBe('VW_FAST_D4');
    const empty =
      '<uInt32 name="A" presence="optional"><copy key="k"/></uInt32><uInt32 name="B"><copy key="k"/></uInt32>';
    expect(failure(empty, ['10', '80'])).toBe('VW_FAST_D6');
    expect(
      codeOf(() =>
        decoder(wrap('<templateRef/>')).decode(new Uint8Array(100).fill(0x80).fill(0xc0, 0, 1).fill(0x81, 1, 2)),
      ),
    ).toBe('VW_FAST_LIMIT');
  });

  it('keeps a field whose name is a member of the record apart', () => {
    const m = decoder(wrap('<uInt32 name="toJSON"/><uInt32 name="__proto__"/>')).decode(stream('', '8182'));
    expect([m.fields.get('toJSON'), m.fields.get('__proto__'), JSON.stringify(m.fields)]).toEqual([
      1,
      2,
      '{"toJSON":1,"__proto__":2}',
    ]);
  });
});
