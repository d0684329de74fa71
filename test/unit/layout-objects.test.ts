import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { cmeMdp3Sbe113 } from '../../src/decoders/cme-mdp3-sbe-1.13.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { encode, fieldText } from '../../src/layout/index.js';
import { codeOf } from './damage.js';

const order = encode(itch50, 'addOrder', { orderReferenceNumber: 2n ** 60n, stock: 'ABC', shares: 5, price: 12_3400 });
const viewOf = (bytes: Uint8Array) =>
  itch50.view('addOrder').bind(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);

describe('decoding without a feed', () => {
  it('gives a message’s name and its fields as a plain object', () => {
    const decoded = itch50.decode(order);
    expect(decoded).toMatchObject({ message: 'addOrder', fields: { stock: 'ABC', orderReferenceNumber: 2n ** 60n } });
    expect(Object.getPrototypeOf(decoded.fields)).toBe(Object.prototype);
    expect(structuredClone(decoded)).toEqual(decoded);
    if (decoded.message === 'addOrder') expectTypeOf(decoded.fields.shares).toEqualTypeOf<number>();
  });
  it('reads bytes that stand somewhere in a larger buffer', () => {
    const around = new Uint8Array(order.length + 9);
    around.set(order, 7);
    expect(itch50.decode(around.subarray(7, 7 + order.length))).toEqual(itch50.decode(order));
  });
  it.each([
    ['VW_MESSAGE_TYPE', Uint8Array.of(1, 2, 3)],
    ['VW_MESSAGE_TYPE', new Uint8Array(0)],
    ['VW_MESSAGE_MALFORMED', order.subarray(0, 20)],
  ])('refuses with %s what is no message', (code, bytes) => {
    expect(codeOf(() => itch50.decode(bytes))).toBe(code);
  });
});

describe('messages and groups explain themselves', () => {
  it('by the word for a code, also for the blank one of a text', () => {
    const bytes = encode(itch50, 'stockTradingAction', { reasonCode: '' });
    const halt = itch50.view('stockTradingAction').bind(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
    expect([halt.reasonCode, fieldText(halt, 'reasonCode')]).toEqual(['', 'Reason Not Available']);
    expect(fieldText(viewOf(order), 'stock')).toBe('ABC');
  });
  it('to JSON, 64-bit integers as text', () => {
    expect(JSON.parse(JSON.stringify({ order: viewOf(order) }))).toMatchObject({
      order: { stock: 'ABC', orderReferenceNumber: String(2n ** 60n), price: 123400 },
    });
  });
  it('to console.log, without the buffer', () => {
    const text = inspect(viewOf(order));
    expect(text).toMatch(/^addOrder \{/);
    expect(text).toMatch(/stock: 'ABC'/);
    expect(text).not.toMatch(/DataView|ArrayBuffer|\$at/);
  });
  it('groups too, entry by entry', () => {
    const bytes = encode(cmeMdp3Sbe113, 'mdIncrementalRefreshBook46', {
      noMDEntries: [{ mdEntrySize: 7 }, { mdEntrySize: 8 }],
    });
    const view = cmeMdp3Sbe113.view('mdIncrementalRefreshBook46').bind(new DataView(bytes.buffer), 0, bytes.length);
    expect(JSON.parse(JSON.stringify(view.noMDEntries))).toMatchObject([{ mdEntrySize: 7 }, { mdEntrySize: 8 }]);
    expect(inspect(view.noMDEntries)).toMatch(/mdEntrySize: 7[\s\S]*mdEntrySize: 8/);
    expect(inspect(view.noMDEntries.at(1))).toMatch(/^\{[\s\S]*mdEntrySize: 8/);
  });
  it('never by throwing: a view that is bound to nothing, or to a message that lies', () => {
    expect(inspect(itch50.view('addOrder'))).toBe('addOrder <not bound to a message>');
    const bytes = encode(cmeMdp3Sbe113, 'mdIncrementalRefreshBook46', {});
    const cut = cmeMdp3Sbe113.view('mdIncrementalRefreshBook46').bind(new DataView(bytes.buffer), 0, bytes.length - 3);
    expect(inspect(cut)).toMatch(/<malformed message: /);
  });
});
