import { describe, expect, it } from 'vitest';
import { compileWhere, parseWhere } from '../../src/cli/where.js';
import { cmeMdp3Sbe19 } from '../../src/decoders/cme-mdp3-sbe-1.9.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { type Decoder, encode, type View } from '../../src/layout/index.js';

const decoder = itch50 as unknown as Decoder;

function addOrder(values: object): View {
  const bytes = encode(itch50, 'addOrder', values);
  return itch50.view('addOrder').bind(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}
const passes = (text: string, message: View): boolean =>
  compileWhere(text, decoder)[message.$message.index]?.(message) === true;

describe('a --where expression', () => {
  const order = addOrder({
    stock: 'ZAAB',
    buySellIndicator: 'B',
    shares: 300,
    price: 1_002_500,
    orderReferenceNumber: 2n ** 63n + 1n,
  });

  it.each([
    ['price == 100.25', true],
    ['price > 100.2499', true],
    ['price > 100.25', false],
    ['price >= 100.25', true],
    ['price < 100.25005', true],
    ['price > 100.25005', false],
    ['price == 100.25005', false],
    ['price != 100.25005', true],
    ['price == 1002500', false],
  ])('compares a price in its own unit, exactly: %s', (text, expected) => {
    expect(passes(text, order)).toBe(expected);
  });

  it.each([
    ['buySellIndicator == "B"', true],
    ['buySellIndicator == "buy"', true],
    ['buySellIndicator == "Sell"', false],
    ["stock == 'ZAAB'", true],
    ['stock != "ZAAB"', false],
  ])('compares text with codes and with what they stand for: %s', (text, expected) => {
    expect(passes(text, order)).toBe(expected);
  });

  it('finds a blank text by the word that stands for it', () => {
    const bytes = encode(itch50, 'stockTradingAction', { reasonCode: '' });
    const view = itch50.view('stockTradingAction').bind(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
    expect(passes('reasonCode == "reason not available"', view)).toBe(true);
    expect(passes('reasonCode == "IPO1"', view)).toBe(false);
  });

  it('compares 64-bit numbers without losing a bit', () => {
    expect(passes('orderReferenceNumber == 9223372036854775809', order)).toBe(true);
    expect(passes('orderReferenceNumber == 9223372036854775808', order)).toBe(false);
  });

  it.each([
    ['shares > 100 && stock == "ZAAB"', true],
    ['shares > 1000 || stock == "ZAAB"', true],
    ['shares > 1000 || stock == "ZAAC" && shares > 1', false],
    ['(shares > 1000 || stock == "ZAAB") && !(shares == 300)', false],
    ['!shares == 300', false],
  ])('joins comparisons: %s', (text, expected) => {
    expect(passes(text, order)).toBe(expected);
  });

  it('does not pass a message without the field, whatever the comparison', () => {
    expect(passes('executedShares != 1', order)).toBe(false);
  });

  it('finds a field inside a group, and passes when one entry does', () => {
    const cme = cmeMdp3Sbe19 as unknown as Decoder;
    const bytes = encode(cmeMdp3Sbe19, 'channelReset4', { noMDEntries: [{ applID: 310 }, { applID: 340 }] });
    const message = cmeMdp3Sbe19.view('channelReset4');
    message.bind(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    const test = (text: string) => compileWhere(text, cme)[message.$message.index]?.(message);
    expect(test('applID == 340')).toBe(true);
    expect(test('noMDEntries.applID == 340')).toBe(true);
    expect(test('noMDEntries.applID == 311')).toBe(false);
  });

  it.each(['price >', 'price 100', '&& price > 1', '(price > 1', 'price > 1 1', 'price = 1', 'process.exit()', ''])(
    'refuses what it does not understand: %s',
    (text) => {
      expect(() => parseWhere(text)).toThrow(expect.objectContaining({ code: 'VW_WHERE' }));
    },
  );

  it('names the nearest fields when there is none of that name', () => {
    expect(() => compileWhere('shrares > 1', decoder)).toThrow(
      expect.objectContaining({ code: 'VW_WHERE', hint: expect.stringContaining('shares') }),
    );
  });

  it.each([
    ['brackets without end', '('.repeat(100_000)],
    ['negations without end', `${'!'.repeat(100_000)}price > 1`],
    ['comparisons without end', `${'price > 1 && '.repeat(100_000)}price > 1`],
    ['a text without end', `stock == 'A${'A'.repeat(1_000_000)}`],
  ])('is refused with a code, and quoted in short: %s', (_, text) => {
    const wanted = { code: 'VW_WHERE', message: expect.not.stringMatching(/.{1000}/s) };
    expect(() => compileWhere(text, decoder)).toThrow(expect.objectContaining(wanted));
  });

  it('is compiled at the most that is read', () => {
    const most = `${'price > 1 && '.repeat(499)}price > 1`;
    expect(passes(most, order)).toBe(true);
    expect(passes(`${'('.repeat(100)}price > 1${')'.repeat(100)}`, order)).toBe(true);
  });

  it('says how equality is written', () => {
    expect(() => parseWhere("stock = 'AAPL'")).toThrow('equality is written ==');
  });
});
