import { describe, expect, expectTypeOf, it } from 'vitest';
import type { FeedHandlers } from '../../src/feed/batch.js';
import { fastDecoder } from '../../src/feed/fast.js';
import { decoderFromSbe, readFastTemplates } from '../../src/import.js';
import {
  type AnyView,
  createViews,
  type Decoder,
  encode,
  type Handlers,
  type MessageView,
} from '../../src/layout/index.js';

const SCHEMA = `<messageSchema package="p" id="9" version="0"><types><composite name="messageHeader">
  <type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/>
  <type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite></types>
  <message name="Quote" id="1"><field name="Price" id="1" type="int64"/></message></messageSchema>`;

describe('an imported decoder is used without casts', () => {
  const decoder = decoderFromSbe(SCHEMA);
  it('to encode and to read', () => {
    const bytes = encode(decoder, 'quote', { price: 5n });
    const view = decoder.view('quote').bind(new DataView(bytes.buffer), 0, bytes.length);
    expectTypeOf(view.price).toEqualTypeOf<unknown>();
    expect([view.price, view.toObject()]).toMatchObject([5n, { price: 5n, templateId: 1 }]);
    const [reader] = createViews(decoder);
    expect(reader?.name).toBe('quote');
  });
  it('with handlers by name', () => {
    const seen: unknown[] = [];
    const take = (m: AnyView): void => void seen.push(m.price);
    const handlers: FeedHandlers<Decoder> & Handlers<Decoder> = Object.fromEntries(decoder.names.map((n) => [n, take]));
    expectTypeOf<MessageView<Decoder>>().toEqualTypeOf<AnyView>();
    expect(Object.keys(handlers)).toEqual(['quote']);
  });
  it('and FAST templates likewise, by either execution', () => {
    const templates = readFastTemplates(
      '<templates><template name="T" id="1"><uInt32 name="n"/></template></templates>',
    );
    const [message] = [
      ...fastDecoder(templates, { execution: 'typescript' }).messages(Uint8Array.of(0xc0, 0x81, 0x85)),
    ];
    expect(message?.fields.get('n')).toBe(5);
  });
});
