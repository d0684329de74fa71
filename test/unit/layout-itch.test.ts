import { describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { createViews, digest, encode, fields, formatPrice, leaves } from '../../src/layout/index.js';

const dataOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Add Order, written out by hand from the field table of the TotalView-ITCH 5.0 document, section 1.3.1. */
const ADD_ORDER = fromHex('41 1f40 0002 1a1b2c3d4e5f 0000000100000002 42 00000064 4141504c20202020 001e8480');

describe('an ITCH 5.0 add order', () => {
  it('is read field by field from the bytes of the specification', () => {
    const view = itch50.view('addOrder').bind(dataOf(ADD_ORDER), 0, ADD_ORDER.length);
    expect(view.messageType).toBe('A');
    expect(view.stockLocate).toBe(8000);
    expect(view.trackingNumber).toBe(2);
    expect(view.timestamp).toBe(0x1a1b2c3d4e5f);
    expect(view.orderReferenceNumber).toBe(0x1_0000_0002n);
    expect(view.orderReferenceNumberHigh).toBe(1);
    expect(view.orderReferenceNumberLow).toBe(2);
    expect(view.buySellIndicator).toBe('B');
    expect(view.shares).toBe(100);
    expect(view.stock).toBe('AAPL');
    expect(view.price).toBe(2_000_000);
    expect(formatPrice(view.price, -4)).toBe('200.0000');
  });

  it('is written as the same bytes', () => {
    const bytes = encode(itch50, 'addOrder', {
      stockLocate: 8000,
      trackingNumber: 2,
      timestamp: 0x1a1b2c3d4e5f,
      orderReferenceNumber: 0x1_0000_0002n,
      buySellIndicator: 'B',
      shares: 100,
      stock: 'AAPL',
      price: 2_000_000,
    });
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(ADD_ORDER).toString('hex'));
  });

  it('gives leaves with offsets in the payload, and fields as JSON', () => {
    const payload = new Uint8Array(22 + ADD_ORDER.length);
    payload.set(ADD_ORDER, 22);
    const view = itch50.view('addOrder').bind(dataOf(payload), 22, ADD_ORDER.length);
    expect(leaves(view)).toEqual([
      ['messageType', 'A', 22, 1],
      ['stockLocate', 8000, 23, 2],
      ['trackingNumber', 2, 25, 2],
      ['timestamp', 0x1a1b2c3d4e5f, 27, 6],
      ['orderReferenceNumber', '4294967298', 33, 8],
      ['buySellIndicator', 'B', 41, 1],
      ['shares', 100, 42, 4],
      ['stock', 'AAPL', 46, 8],
      ['price', 2_000_000, 54, 4],
    ]);
    expect(fields(view)).toEqual({
      messageType: 'A',
      stockLocate: 8000,
      trackingNumber: 2,
      timestamp: 0x1a1b2c3d4e5f,
      orderReferenceNumber: '4294967298',
      buySellIndicator: 'B',
      shares: 100,
      stock: 'AAPL',
      price: 2_000_000,
    });
    expect(JSON.parse(JSON.stringify(view.toObject()))).toEqual(fields(view));
    expect(view.toObject()).toMatchObject({ orderReferenceNumber: 4294967298n });
  });

  it('has one digest wherever it stands', () => {
    const shifted = new Uint8Array(50);
    shifted.set(ADD_ORDER, 7);
    const a = digest(itch50.view('addOrder').bind(dataOf(ADD_ORDER), 0, 36));
    expect(digest(itch50.view('addOrder').bind(dataOf(shifted), 7, 36))).toBe(a);
    shifted[8] = 1;
    expect(digest(itch50.view('addOrder').bind(dataOf(shifted), 7, 36))).not.toBe(a);
  });
});

describe('the ITCH 5.0 decoder', () => {
  it('knows every message of the document by its type byte', () => {
    expect(itch50.names).toHaveLength(23);
    const data = dataOf(ADD_ORDER);
    expect(itch50.names[itch50.messageIndex(data, 0, 36)]).toBe('addOrder');
    expect(itch50.messageIndex(dataOf(fromHex('7e')), 0, 1)).toBe(-1);
    expect(itch50.messageIndex(data, 0, 0)).toBe(-1);
  });

  it('refuses lengths that the table does not have', () => {
    const index = itch50.indexOf('addOrder');
    expect(itch50.lengthCheck(index, 36)).toBe('ok');
    expect(itch50.lengthCheck(index, 35)).toBe('tooShort');
    expect(itch50.lengthCheck(index, 37)).toBe('tooLong');
  });

  it('makes a view class for each message, in the order of declaration', () => {
    const views = createViews(itch50);
    expect(views.map((v) => v.name)).toEqual(itch50.names);
    expect(views.every((v, i) => v.index === i && typeof v.View === 'function')).toBe(true);
  });
});
