import { describe, expect, it } from 'vitest';
import { VenuewireError } from '../../src/errors.js';
import { FastDecoder, FastEncoder } from '../../src/fast/index.js';
import { decoderFromFast, decoderFromSbe, readFastTemplates, readFixXml } from '../../src/import.js';
import { codeOf } from './damage.js';
import { EXAMPLE } from './import-sbe-example.js';

const READERS = {
  SBE: (xml: string | Uint8Array) => void decoderFromSbe(xml),
  FAST: (xml: string | Uint8Array) => void decoderFromFast(xml),
  FIX: (xml: string | Uint8Array) => void readFixXml(xml),
};
const CODES = { SBE: 'VW_SBE_XML', FAST: 'VW_FAST_S1', FIX: 'VW_FIX_DICTIONARY' };

/** Processor time of `run` in milliseconds. */
function cost(run: () => unknown): number {
  const before = process.cpuUsage().user;
  run();
  return (process.cpuUsage().user - before) / 1000;
}

/** Documents that grow with `n` and are no documents. */
const HOSTILE: Readonly<Record<string, (n: number) => string>> = {
  'comments that do not end': (n) => `<a>${'<!--'.repeat(n)}`,
  'CDATA that does not end': (n) => `<a>${'<![CDATA['.repeat(n)}`,
  'instructions that do not end': (n) => `<a>${'<?x '.repeat(n)}`,
  'tags that do not end': (n) => `<a>${'<b "'.repeat(n)}`,
  'attributes that do not end': (n) => `<a ${'b=" '.repeat(n)}`,
  'namespaces without number': (n) =>
    `<a ${Array.from({ length: n / 4 }, (_, i) => `xmlns:n${i}="u"`).join(' ')}><b/></a>`,
  'nesting behind a quoted slash': (n) => '<a b="/>">'.repeat(n),
  'nesting behind a quoted bracket': (n) => `<a b='>'>`.repeat(n),
  nesting: (n) => '<a>'.repeat(n),
};

describe.each(['SBE', 'FAST', 'FIX'] as const)('%s documents', (kind) => {
  it.each(Object.keys(HOSTILE))('%s are refused in time that grows no faster than they do', (name) => {
    const make = HOSTILE[name] as (n: number) => string;
    const n = 100_000;
    const [small, large] = [make(n), make(4 * n)];
    expect(codeOf(() => READERS[kind](small))).toMatch(/^VW_(SBE|FAST|FIX)_/);
    // Quadratic would be 16 times as much, and minutes.
    expect(cost(() => codeOf(() => READERS[kind](large)))).toBeLessThan(2000);
  });
  it.each([undefined, null, 7, {}, new Date(0)])('%s is no document', (source) => {
    expect(codeOf(() => READERS[kind](source as unknown as string))).toBe(CODES[kind]);
  });
});

describe('documents as bytes', () => {
  const schema = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?>
    ${EXAMPLE.slice(EXAMPLE.indexOf('<sbe:messageSchema')).replace('An order', 'é')}`;
  it.each([
    ['UTF-8', Buffer.from(schema('UTF-8'), 'utf8')],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${schema('UTF-8')}`, 'utf8')],
    ['ISO-8859-1', Buffer.from(schema('ISO-8859-1'), 'latin1')],
    ['UTF-16', Buffer.from(`\ufeff${schema('UTF-16')}`, 'utf16le')],
  ])('are read as %s', (_, bytes) => {
    expect(decoderFromSbe(bytes).messages.order?.notes.note).toBe('é');
  });
  it('are refused where they are not in the encoding that they say', () => {
    expect(codeOf(() => decoderFromSbe(Buffer.from(schema('UTF-8'), 'latin1')))).toBe('VW_SBE_XML');
    expect(codeOf(() => decoderFromSbe(Buffer.from(schema('EBCDIC-9'), 'latin1')))).toBe('VW_SBE_XML');
  });
});

describe('errors of documents', () => {
  it.each([
    [
      'SBE',
      () => decoderFromSbe('<messageSchema>\n<types>\n</messageSchema>', { file: 'x.xml' }),
      /^x\.xml, line [23]: /,
    ],
    [
      'SBE',
      () => decoderFromSbe('<!-- -->\n<!DOCTYPE a>\n<a/>', { file: 'x.xml' }),
      /^x\.xml, line 2: SBE schema: has a document type/,
    ],
    [
      'FAST',
      () => readFastTemplates('<templates>\n<tomplate/></templates>', { file: 'x.xml' }),
      /x\.xml, line 2: tomplate /,
    ],
    [
      'FAST',
      () =>
        decoderFromFast(
          '<templates><template name="A" id="1"><uInt32 name="a"><constant/></uInt32></template></templates>',
          { file: 'x.xml' },
        ),
      /^x\.xml: .*A/,
    ],
    [
      'FIX',
      () => readFixXml('<fix>\n\n<fields>\n<field number="0" name="a" type="INT"/></fields></fix>', { file: 'x.xml' }),
      /^x\.xml, line 4: the tag '0'/,
    ],
  ])('of %s name file and line, and what to do', (_, read, message) => {
    try {
      read();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(VenuewireError);
      expect((error as VenuewireError).message).toMatch(message);
      expect((error as VenuewireError).hint).toMatch(/\w{3}.*[.…]/);
    }
  });
});

describe('FAST templates of other namespaces', () => {
  const templates = (root: string) => `<templates ${root} dictionary="template"><template name="T" id="7">
    <uInt32 name="n"><increment/></uInt32><string name="s" presence="optional"/></template></templates>`;
  it.each([
    ['FAST 1.0', 'xmlns="http://www.fixprotocol.org/ns/template-definition" templateNs="" ns=""'],
    ['FAST 1.1', 'xmlns="http://www.fixprotocol.org/ns/fast/td/1.1"'],
    ['FAST 1.2', 'xmlns="http://www.fixprotocol.org/ns/fast/td/1.2"'],
    ['a venue’s own', 'xmlns="http://venue.example/fast"'],
    ['none', ''],
  ])('%s', (_, root) => {
    const read = readFastTemplates(templates(root));
    expect(read).toEqual(readFastTemplates(templates('')));
    const bytes = new FastEncoder(read).encode('T', { n: 1, s: 'a' });
    expect(new FastDecoder(read).decode(bytes).fields).toMatchObject({ n: 1, s: 'a' });
  });
  it('leave elements of further namespaces to other readers', () => {
    const xml = `<templates xmlns="http://www.fixprotocol.org/ns/template-definition" xmlns:x="urn:other" xmlns:scp="http://www.fixprotocol.org/ns/fast/scp/1.0">
      <x:note/><template name="T" id="7" scp:reset="yes"><x:note/><uInt32 name="n"/></template></templates>`;
    expect(readFastTemplates(xml)).toMatchObject([{ name: 'T', reset: true, body: [{ name: 'n' }] }]);
  });
});
