import { describe, expect, it } from 'vitest';
import { fix44 } from '../../src/decoders/fix44.js';
import { VenuewireError } from '../../src/errors.js';
import { FixDecoder, type FixMembers, FixView, fixDecoder } from '../../src/fix/index.js';
import { readFixXml } from '../../src/import.js';
import { codeOf } from './damage.js';

/** A message with its BodyLength and CheckSum. */
function messageOf(body: string, begin = 'FIX.4.4'): Uint8Array {
  const soh = body.replaceAll('|', '\x01');
  const head = `8=${begin}\x019=${soh.length}\x01${soh}`;
  const sum = [...head].reduce((n, c) => n + c.charCodeAt(0), 0) & 255;
  return Uint8Array.from(`${head}10=${String(sum).padStart(3, '0')}\x01`, (c) => c.charCodeAt(0));
}

/** What view and object make of a message: the codes of `decode`, and of `decode` and `toObject` together. */
function verdicts(body: string, decoder: FixDecoder = fix44()): [view: string, object: string] {
  const view = new FixView();
  const bytes = messageOf(body);
  return [
    codeOf(() => decoder.decode(view, bytes)),
    codeOf(() => {
      decoder.decode(view, bytes);
      decoder.toObject(view);
    }),
  ];
}

describe('repeating groups of FIX', () => {
  it('refuses a NumInGroup that is lower than the entries, and one that is higher', () => {
    expect(verdicts('35=W|55=A|268=1|269=0|270=10.5|269=1|270=10.6|')[1]).toBe('VW_FIX_GROUP');
    expect(verdicts('35=W|55=A|268=0|269=0|270=10.5|')[1]).toBe('VW_FIX_GROUP');
    expect(verdicts('35=W|55=A|268=3|269=0|270=10.5|269=1|270=10.6|')[1]).toBe('VW_FIX_GROUP');
    expect(verdicts('35=W|55=A|268=2|269=0|270=10.5|269=1|270=10.6|')).toEqual(['none', 'none']);
  });
  it.each([
    ['in the message', '35=W|55=A|55=B|268=1|269=0|'],
    ['in its header', '35=W|49=A|49=B|55=A|268=1|269=0|'],
    ['the group itself', '35=W|55=A|268=1|269=0|268=1|269=0|'],
    ['in one entry', '35=W|55=A|268=1|269=0|270=1|270=2|'],
    ['one that no dictionary knows', '35=W|55=A|268=1|269=0|9001=1|9001=2|'],
    ['a high one', '35=W|55=A|268=1|269=0|9000001=1|9000001=2|'],
  ])('refuses a tag twice, by view and object alike: %s', (_, body) => {
    expect(verdicts(body)).toEqual(['VW_FIX_DUPLICATE', 'VW_FIX_DUPLICATE']);
  });
  it('takes a tag in every entry, and one that is in an entry and in the message', () => {
    expect(verdicts('35=W|55=A|268=3|269=0|270=1|269=0|270=1|269=0|')).toEqual(['none', 'none']);
    const d = fixDecoder(readFixXml(NESTED));
    expect(verdicts('35=E|15=USD|73=2|11=a|15=EUR|78=2|79=x|15=GBP|79=y|11=b|15=JPY|', d)).toEqual(['none', 'none']);
    expect(verdicts('35=E|15=USD|73=1|11=a|15=EUR|78=1|79=x|15=GBP|15=GBP|', d)).toEqual([
      'VW_FIX_DUPLICATE',
      'VW_FIX_DUPLICATE',
    ]);
    // The entry ends behind its inner group: what follows belongs to the message, which has the tag already.
    expect(verdicts('35=E|15=USD|73=1|11=a|78=1|79=x|58=t|15=EUR|', d)).toEqual([
      'VW_FIX_DUPLICATE',
      'VW_FIX_DUPLICATE',
    ]);
    expect(verdicts('35=E|73=1|11=a|78=1|79=x|79=y|', d)[1]).toBe('VW_FIX_GROUP');
  });
  it('leaves messages of a type that the dictionary does not have to the view', () => {
    const view = new FixView();
    const d = fix44();
    d.decode(view, messageOf('35=zz|5000=2|5001=a|5001=b|'));
    expect(view.text(5001)).toBe('a');
    expect(codeOf(() => d.toObject(view))).toBe('VW_FIX_DUPLICATE');
  });
});

const field = (number: number, name: string, type = 'STRING') =>
  `<field number="${number}" name="${name}" type="${type}"/>`;
const NESTED = `<fix type="FIX" major="4" minor="4"><header/><trailer/>
  <messages><message name="List" msgtype="E" msgcat="app"><field name="Currency" required="N"/><component name="Orders" required="Y"/><field name="Text" required="N"/></message></messages>
  <components><component name="Orders"><group name="NoOrders" required="Y"><field name="ClOrdID"/><field name="Currency"/>
     <group name="NoAllocs"><field name="AllocAccount"/><field name="Currency"/></group></group></component></components>
  <fields>${field(8, 'BeginString')}${field(9, 'BodyLength', 'LENGTH')}${field(35, 'MsgType')}${field(10, 'CheckSum')}
    ${field(15, 'Currency')}${field(73, 'NoOrders', 'NUMINGROUP')}${field(11, 'ClOrdID')}${field(78, 'NoAllocs', 'NUMINGROUP')}${field(79, 'AllocAccount')}${field(58, 'Text')}</fields></fix>`;

/** Components that put each other in twice: `depth` of them come to 2^depth members. */
function doubling(depth: number): string {
  const components = Array.from({ length: depth }, (_, i) =>
    i === 0
      ? '<component name="c0"><field name="Text"/></component>'
      : `<component name="c${i}"><component name="c${i - 1}"/><component name="c${i - 1}"/></component>`,
  );
  return `<fix type="FIX" major="4" minor="4"><messages><message name="M" msgtype="M"><component name="c${depth - 1}"/></message></messages>
    <components>${components.join('')}</components><fields>${field(58, 'Text')}</fields></fix>`;
}

/** Groups in each other, 17 deep and three wide: 3^17 members when all is put in. */
function deep(depth: number): string {
  const components = Array.from({ length: depth }, (_, i) => {
    const inner =
      i === 0
        ? ''
        : [0, 1, 2]
            .map((k) => `<group name="No${k}"><field name="F${k}"/><component name="c${i - 1}"/></group>`)
            .join('');
    return `<component name="c${i}"><field name="Text"/>${inner}</component>`;
  });
  const fields = [0, 1, 2].map((k) => field(500 + k, `No${k}`, 'NUMINGROUP') + field(600 + k, `F${k}`)).join('');
  return `<fix type="FIX" major="4" minor="4"><messages><message name="M" msgtype="M"><component name="c${depth - 1}"/></message></messages>
    <components>${components.join('')}</components><fields>${fields}${field(58, 'Text')}</fields></fix>`;
}

describe('FIX dictionaries', () => {
  it('cost what is used of them: groups 17 deep whose members are 129 million when all is put in', () => {
    const started = process.cpuUsage().user;
    const dictionary = readFixXml(deep(17));
    let members: FixMembers = (dictionary.messages.get('M') as { members: FixMembers }).members;
    for (let depth = 1; depth < 17; depth++) {
      expect([...members.keys()]).toEqual(depth === 1 ? [58, 500, 501, 502] : [600, 58, 500, 501, 502]);
      members = members.get(500)?.members as FixMembers;
    }
    new FixDecoder(dictionary);
    expect((process.cpuUsage().user - started) / 1e6).toBeLessThan(2);
  });
  it.each([
    ['members without end', doubling(40), /line 1: c15 has more than|has more than 20000 fields/],
    [
      'a component in itself',
      '<fix><messages/><components><component name="a"><component name="b"/></component>\n<component name="b"><component name="a"/></component></components><fields/></fix>',
      /d\.xml, line 1: component a stands in itself/,
    ],
    [
      'a group in itself',
      `<fix><messages/><components><component name="a"><group name="No0"><field name="F0"/><component name="a"/></group></component></components><fields>${field(500, 'No0')}${field(600, 'F0')}</fields></fix>`,
      /stands in itself/,
    ],
    ['too much in each other', deep(80), /more than 64 deep/],
    [
      'an unknown field',
      '<fix>\n<messages><message name="M" msgtype="M">\n<field name="A"/></message></messages></fix>',
      /d\.xml, line 3: there is no field A/,
    ],
    [
      'a tag twice',
      `<fix><fields>${field(1, 'A')}\n${field(1, 'B')}</fields></fix>`,
      /d\.xml, line 2: tag 1 is there twice/,
    ],
    ['no XML', '<fix><a>', /d\.xml, line 1: FIX dictionary: not well-formed/],
  ])('refuses %s, with file, line and what to do', (_, xml, message) => {
    try {
      readFixXml(xml, { file: 'd.xml' });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(VenuewireError);
      const { code, message: said, hint } = error as VenuewireError;
      expect(code).toBe('VW_FIX_DICTIONARY');
      expect(said).toMatch(message);
      expect(hint).toMatch(/\w{3}/);
    }
  });
  it('puts the session of FIX 5.0 and later in front of the application’s messages', () => {
    const session = `<fix type="FIXT" major="1" minor="1"><header><field name="BeginString"/><field name="BodyLength"/><field name="MsgType"/></header><trailer><field name="CheckSum"/></trailer>
      <messages><message name="Heartbeat" msgtype="0"/></messages><fields>${field(8, 'BeginString')}${field(9, 'BodyLength', 'LENGTH')}${field(35, 'MsgType')}${field(10, 'CheckSum')}</fields></fix>`;
    const application = `<fix type="FIX" major="5" minor="0"><header/><trailer/><messages><message name="News" msgtype="B"><field name="Text"/></message></messages><fields>${field(58, 'Text')}</fields></fix>`;
    const dictionary = readFixXml(application, { transport: session });
    const d = fixDecoder(dictionary);
    expect([dictionary.begin, [...dictionary.messages.keys()]]).toEqual(['FIXT.1.1', ['0', 'B']]);
    const view = new FixView();
    d.decode(view, d.encode('B', { Text: 'hello' }));
    expect(d.toObject(view)).toMatchObject({ BeginString: 'FIXT.1.1', MsgType: 'B', Text: 'hello' });
  });
});
