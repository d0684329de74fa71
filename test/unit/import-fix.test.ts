import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fix44, fix44Dictionary } from '../../src/decoders/fix44.js';
import { FixView, fixDecoder, readFixDictionary } from '../../src/fix/index.js';
import { readFixXml } from '../../src/import.js';
import { codeOf } from './damage.js';

const PIPE = 0x7c;
const bytesOf = (text: string) => Uint8Array.from(text.replaceAll('|', '\x01'), (c) => c.charCodeAt(0));

/** QuickFIX's shape, with every construct: components, nested groups, data, values. */
const XML = `<fix type="FIX" major="4" minor="4">
  <header><field name="BeginString" required="Y"/><field name="BodyLength" required="Y"/><field name="MsgType" required="Y"/>
    <group name="NoHops" required="N"><field name="HopCompID" required="N"/></group></header>
  <trailer><field name="CheckSum" required="Y"/></trailer>
  <messages><message name="List" msgtype="E" msgcat="app"><component name="Orders" required="N"/><field name="RawDataLength" required="N"/><field name="RawData" required="N"/></message></messages>
  <components><component name="Orders"><group name="NoOrders" required="Y"><field name="ClOrdID" required="Y"/><field name="Price" required="N"/>
     <group name="NoAllocs" required="N"><field name="AllocAccount" required="N"/><field name="AllocQty" required="N"/></group></group></component></components>
  <fields><field number="8" name="BeginString" type="STRING"/><field number="9" name="BodyLength" type="LENGTH"/><field number="35" name="MsgType" type="STRING"/>
    <field number="10" name="CheckSum" type="STRING"/><field number="627" name="NoHops" type="NUMINGROUP"/><field number="628" name="HopCompID" type="STRING"/>
    <field number="73" name="NoOrders" type="NUMINGROUP"/><field number="11" name="ClOrdID" type="STRING"/><field number="44" name="Price" type="PRICE"/>
    <field number="78" name="NoAllocs" type="NUMINGROUP"/><field number="79" name="AllocAccount" type="STRING"/><field number="80" name="AllocQty" type="QTY"/>
    <field number="95" name="RawDataLength" type="LENGTH"/><field number="96" name="RawData" type="DATA"/>
    <field number="54" name="Side" type="CHAR"><value enum="1" description="BUY"/></field></fields></fix>`;

const W = {
  MDReqID: 'r1',
  Symbol: 'EUR/USD',
  SenderCompID: 'V',
  TargetCompID: 'C',
  MsgSeqNum: 7,
  NoMDEntries: [
    { MDEntryType: '0', MDEntryPx: '1.10025', MDEntrySize: '1000000' },
    { MDEntryType: '1', MDEntryPx: '1.10030', MDEntrySize: '2000000', NumberOfOrders: 3 },
  ],
};

describe('FIX tag=value', () => {
  it('decodes what others have sent', () => {
    const view = new FixView();
    const d = fix44();
    // The execution report that public introductions to FIX show, with its BodyLength and CheckSum.
    const report = bytesOf(
      '8=FIX.4.2|9=178|35=8|49=PHLX|56=PERS|52=20071123-05:30:00.000|11=ATOMNOCCC9990900|20=3|150=E|39=E|55=MSFT|167=CS|' +
        '54=1|38=15|40=2|44=15|58=PHLX EQUITY TESTING|59=0|47=C|32=0|31=0|151=15|14=0|6=0|10=128|',
    );
    expect(d.decode(view, report)).toBe(report.length);
    expect(d.toObject(view)).toMatchObject({ MsgType: '8', Symbol: 'MSFT', Text: 'PHLX EQUITY TESTING', 151: '15' });
  });

  it('reads groups, and fields without allocating', () => {
    const d = fix44();
    const bytes = d.encode('W', W);
    const view = new FixView();
    expect(d.decode(view, bytes)).toBe(bytes.length);
    expect(d.toObject(view)).toMatchObject(W);
    expect([view.text(55), view.int(34), view.byte(269), view.scaled(270, -5), view.int(9999)]).toEqual([
      'EUR/USD',
      7,
      0x30,
      110025,
      Number.NaN,
    ]);
    expect(view.scaled(270, -3)).toBeNaN();
    expect(view.type?.name).toBe('MarketDataSnapshotFullRefresh');
  });

  it('reads a dictionary in QuickFIX’s XML: components, nested groups, data with separators in it', () => {
    const d = fixDecoder(readFixXml(XML));
    const fields = {
      NoHops: [{ HopCompID: 'H' }],
      NoOrders: [
        { ClOrdID: 'a', Price: '1.5', NoAllocs: [{ AllocAccount: 'x', AllocQty: '2' }, { AllocAccount: 'y' }] },
        { ClOrdID: 'b' },
      ],
      RawDataLength: 3,
      RawData: Uint8Array.of(1, 0x31, 1),
    };
    const view = new FixView();
    const bytes = d.encode('E', fields);
    d.decode(view, bytes);
    expect(d.toObject(view)).toMatchObject(fields);
    expect(readFixXml(XML).fields.get(54)?.values).toEqual({ 1: 'BUY' });
  });

  it('reads logs with another separator', () => {
    const d = fix44({ separator: PIPE });
    const text = '8=FIX.4.4|9=5|35=0|10=161|';
    const view = new FixView();
    expect(
      d.decode(
        view,
        Uint8Array.from(text, (c) => c.charCodeAt(0)),
      ),
    ).toBe(text.length);
  });

  it.each([
    ['VW_FIX_END', '8=FIX.4.4|9=5|35=0|10=1'],
    ['VW_FIX_MALFORMED', '9=5|8=FIX.4.4|35=0|10=161|'],
    ['VW_FIX_LENGTH', '8=FIX.4.4|9=x|35=0|10=161|'],
    ['VW_FIX_LENGTH', '8=FIX.4.4|9=4|35=0|10=161|'],
    ['VW_FIX_LENGTH', '8=FIX.4.4|9=999999999|35=0|10=161|'],
    ['VW_FIX_CHECKSUM', '8=FIX.4.4|9=5|35=0|10=160|'],
    ['VW_FIX_MALFORMED', '8=FIX.4.4|9=5|x5=0|10=161|'],
  ])('refuses with %s: %s', (code, text) => {
    expect(codeOf(() => fix44().decode(new FixView(), bytesOf(text)))).toBe(code);
  });

  it('refuses groups that are not as long as they say, and values that cannot be sent', () => {
    const d = fix44();
    const bytes = d.encode('W', { Symbol: 'A', NoMDEntries: [{ MDEntryType: '0' }] });
    const more = Uint8Array.from(bytes);
    const at = Buffer.from(more).indexOf('268=1') + 4;
    more[at] = 0x32;
    const sum = more.subarray(0, -7).reduce((a, b) => a + b, 0) & 255;
    more.set(bytesOf(String(sum).padStart(3, '0')), more.length - 4);
    const view = new FixView();
    d.decode(view, more);
    expect(codeOf(() => d.toObject(view))).toBe('VW_FIX_GROUP');
    expect(codeOf(() => d.encode('W', { Symbol: 'a\x01b' }))).toBe('VW_FIX_VALUE');
    expect(codeOf(() => d.encode('W', { Nobody: 1 }))).toBe('VW_FIX_VALUE');
    expect(codeOf(() => d.encode('W', { NoMDEntries: [{ MDEntryPx: '1' }] }))).toBe('VW_FIX_VALUE');
  });

  it.each([
    '1 A text',
    'begin FIX.4.4\n1 A text\n1 B text',
    'begin FIX.4.4\nW Message 5',
    'begin FIX.4.4\n1 A text\n5 G numInGroup\nW Message 5(1',
    'begin FIX.4.4\n1 A text\n5 G numInGroup\nW Message 5()',
  ])('refuses the dictionary %j', (text) => {
    expect(codeOf(() => readFixDictionary(text))).toBe('VW_FIX_DICTIONARY');
  });
  it.each([
    '<fix',
    '<fox/>',
    '<fix><fields><field number="x" name="A" type="INT"/></fields></fix>',
    '<fix><messages><message name="M" msgtype="M"><field name="A"/></message></messages></fix>',
    '<fix><messages><message name="M" msgtype="M"><component name="C"/></message></messages><components><component name="C"><component name="C"/></component></components></fix>',
  ])('refuses the dictionary %.60s', (xml) => {
    expect(codeOf(() => readFixXml(xml))).toBe('VW_FIX_DICTIONARY');
  });

  it('passes over fields without a value, and refuses an entry whose first field has none', () => {
    const d = fix44();
    const fields = { MsgSeqNum: 1, Text: undefined, RefTagID: null, RefSeqNum: 5 };
    expect(d.encode('3', fields)).toEqual(d.encode('3', { MsgSeqNum: 1, RefSeqNum: 5 }));
    const entry = { MDEntryType: '0', MDEntryPx: '1', MDEntrySize: undefined };
    expect(d.encode('W', { NoMDEntries: [entry] })).toEqual(
      d.encode('W', { NoMDEntries: [{ MDEntryType: '0', MDEntryPx: '1' }] }),
    );
    expect(codeOf(() => d.encode('W', { NoMDEntries: [{ MDEntryType: undefined }] }))).toBe('VW_FIX_VALUE');
    expect(codeOf(() => d.encode('3', { Symbol: 'A' }))).toBe('VW_FIX_VALUE');
  });

  it('is the identity for random messages; damaged ones are refused with a code', () => {
    const d = fix44();
    const { fields, messages } = fix44Dictionary();
    const word = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('A', '=', '|', '9', 'é') });
    const record = (members: ReadonlyMap<number, unknown>): fc.Arbitrary<Record<string, unknown>> => {
      const model: Record<string, fc.Arbitrary<unknown>> = {};
      const needed: string[] = [];
      for (const [tag, group] of members as ReadonlyMap<
        number,
        { first: number; members: ReadonlyMap<number, unknown> } | undefined
      >) {
        const f = fields.get(tag);
        if (f === undefined || f.type === 'data' || f.type === 'length') continue;
        if (group !== undefined) {
          const first = fields.get(group.first)?.name ?? '';
          model[f.name] = fc.array(
            fc.tuple(record(group.members), word).map(([e, w]) => ({ ...e, [first]: e[first] ?? w })),
            { maxLength: 3 },
          );
        } else if (f.type === 'int') model[f.name] = fc.integer();
        else if (f.type === 'boolean') model[f.name] = fc.boolean();
        else model[f.name] = word;
      }
      return fc.record(model, { requiredKeys: needed });
    };
    const view = new FixView();
    const any = fc.constantFrom(...messages.values()).chain((m) => fc.tuple(fc.constant(m.type), record(m.members)));
    fc.assert(
      fc.property(
        any,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        ([type, values], damage) => {
          const bytes = d.encode(type, values);
          expect(d.decode(view, bytes)).toBe(bytes.length);
          const { BeginString: _b, BodyLength: _l, MsgType: _t, CheckSum: _c, ...rest } = d.toObject(view);
          expect(rest).toEqual(values);
          for (const [at, byte] of damage) bytes[at % bytes.length] = byte;
          const code = codeOf(() => {
            d.decode(view, bytes);
            d.toObject(view);
          });
          expect(code).toMatch(/^(none|VW_FIX_[A-Z]+)$/);
        },
      ),
      { numRuns: 10 * Number(process.env.VENUEWIRE_RUNS ?? 60), seed: Number(process.env.VENUEWIRE_SEED ?? 2026) },
    );
  });
});
