import { describe, expect, it } from 'vitest';
import { FramingReader, tableLengths } from '../../src/capture/framing-reader.js';
import { koscomSecuritiesA2018 } from '../../src/decoders/koscom-securities-a-2.018.js';
import { encode } from '../../src/layout/index.js';
import type { Framing } from '../../src/patterns/framing.js';
import { findFraming } from '../../src/patterns/framings.js';
import { codeOf } from './damage.js';

const levels = Array.from({ length: 10 }, (_, i) => ({
  askPrice: 70_100 + 100 * i,
  bidPrice: 70_000 - 100 * i,
  askVolume: 10 + i,
  bidVolume: 20 + i,
}));
const quote = encode(koscomSecuritiesA2018, 'securitiesQuoteMmLpExcluded', {
  isinCode: 'KR7005930003',
  levels,
  totalAskVolume: 145,
  totalBidVolume: 245,
  endKeyword: '\xff',
});
const dataOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);
const index = koscomSecuritiesA2018.indexOf('securitiesQuoteMmLpExcluded');

describe('a Korean quote, text without a length and ten levels in it', () => {
  it('has the length of the specification, and its levels are a group', () => {
    expect(quote.length).toBe(590);
    const view = koscomSecuritiesA2018.view('securitiesQuoteMmLpExcluded');
    view.bind(dataOf(quote), 0, quote.length);
    expect(view.toObject()).toMatchObject({
      isinCode: 'KR7005930003',
      levels,
      totalAskVolume: 145,
      endKeyword: '\xff',
    });
  });

  it('is refused wherever it is cut', () => {
    const view = koscomSecuritiesA2018.view('securitiesQuoteMmLpExcluded');
    for (let cut = 0; cut < quote.length; cut++) {
      if (koscomSecuritiesA2018.lengthCheck(index, cut) !== 'ok') continue;
      expect(
        codeOf(() => view.bind(dataOf(quote), 0, cut).toObject()),
        String(cut),
      ).toBe('VW_MESSAGE_MALFORMED');
    }
  });

  it('ends where its table says, when another follows in the same datagram', () => {
    const datagram = Buffer.concat([quote, quote, Buffer.from('I20000900\xff', 'latin1')]);
    const reader = new FramingReader(findFraming('koscom-mdcs') as Framing, {
      tableLength: tableLengths(koscomSecuritiesA2018),
    });
    const lengths: number[] = [];
    reader.read(dataOf(datagram), 0, datagram.length);
    expect(reader.messages(dataOf(datagram), (_, length) => lengths.push(length))).toBe(true);
    expect(lengths).toEqual([590, 590, 10]);
  });
});
