import { describe, expect, expectTypeOf, it } from 'vitest';
import type { cmeMdp3Sbe113 } from '../../src/decoders/cme-mdp3-sbe-1.13.js';
import type { ctaCqs210 } from '../../src/decoders/cta-cqs-2.10.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { encode, type Handlers, type MessageObject, type MessageView } from '../../src/layout/index.js';

type Itch = typeof itch50;
type Cme = typeof cmeMdp3Sbe113;

describe('the types of a decoder', () => {
  it('narrow each handler to its message', () => {
    const handlers: Handlers<Itch> = {
      addOrder(m) {
        expectTypeOf(m.price).toEqualTypeOf<number>();
        expectTypeOf(m.stock).toEqualTypeOf<string>();
        expectTypeOf(m.orderReferenceNumber).toEqualTypeOf<bigint>();
        expectTypeOf(m.orderReferenceNumberLow).toEqualTypeOf<number>();
        expectTypeOf(m.messageType).toEqualTypeOf<string>();
        // @ts-expect-error a misspelt field
        void m.prise;
        // @ts-expect-error a field of another message
        void m.executedShares;
        // @ts-expect-error only 64-bit fields have halves
        void m.sharesLow;
      },
      orderExecuted(m) {
        expectTypeOf(m.executedShares).toEqualTypeOf<number>();
      },
    };
    const misspelt: Handlers<Itch> = {
      // @ts-expect-error a misspelt message
      addOder() {},
    };
    expect(Object.keys({ ...handlers, ...misspelt })).toHaveLength(3);
  });

  it('give a copy the type of the message as a plain object', () => {
    const orders: MessageObject<Itch, 'addOrder'>[] = [];
    const handlers: Handlers<Itch> = { addOrder: (m) => void orders.push(m.toObject()) };
    expectTypeOf<ReturnType<MessageView<Itch, 'addOrder'>['toObject']>>().toExtend<MessageObject<Itch, 'addOrder'>>();
    expect(Object.keys(handlers)).toEqual(['addOrder']);
  });

  it('say what may be absent, and what a group holds', () => {
    type Book = MessageView<Cme, 'mdIncrementalRefreshBook46'>;
    expectTypeOf<Book['transactTime']>().toEqualTypeOf<bigint>();
    expectTypeOf<Book['noMDEntries']['length']>().toEqualTypeOf<number>();
    type Entry = ReturnType<Book['noMDEntries']['at']>;
    expectTypeOf<Entry['mdEntryPx']>().toEqualTypeOf<bigint | null>();
    expectTypeOf<Entry['mdEntrySize']>().toEqualTypeOf<number | null>();
    type Quote = MessageView<typeof ctaCqs210, 'longQuote'>;
    expectTypeOf<Extract<Quote['nationalBestBidLongAppendage'], undefined>>().toEqualTypeOf<undefined>();
    expectTypeOf<Quote['timestamp1']>().toEqualTypeOf<bigint>();
  });

  it('give bits a property each', () => {
    type Status = MessageView<Cme, 'securityStatus30'>;
    expectTypeOf<Status['matchEventIndicator']>().toEqualTypeOf<number>();
    expectTypeOf<Status['matchEventIndicatorEndOfEvent']>().toEqualTypeOf<boolean>();
  });

  it('leave fillers out of objects and take bigints or exact numbers when encoding', () => {
    type Action = MessageObject<Itch, 'stockTradingAction'>;
    expectTypeOf<'reserved' extends keyof Action ? true : false>().toEqualTypeOf<false>();
    encode(itch50, 'orderDelete', { orderReferenceNumber: 5 });
    encode(itch50, 'orderDelete', { orderReferenceNumber: 5n });
    // @ts-expect-error a text is no order reference
    expect(() => encode(itch50, 'orderDelete', { orderReferenceNumber: '5' })).toThrow();
    // @ts-expect-error a misspelt field
    expect(() => encode(itch50, 'orderDelete', { orderReference: 5n })).toThrow();
    // @ts-expect-error a misspelt message
    expect(() => encode(itch50, 'orderDeleted', {})).toThrow();
  });
});
