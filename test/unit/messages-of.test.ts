import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { messagesOf } from '../../src/capture/index.js';
import { importOf } from '../../src/decoders/exports.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { decoders } from '../../src/decoders/registry.js';
import { decoderFor } from '../../src/index.js';
import { encode } from '../../src/layout/index.js';

const order = (n: bigint) => encode(itch50, 'orderDelete', { orderReferenceNumber: n });
/** A MoldUDP64 packet. */
function mold(sequence: bigint, messages: readonly Uint8Array[], count = messages.length): Uint8Array {
  const head = Buffer.alloc(20, ' ');
  head.write('DAY1', 'latin1');
  head.writeBigUInt64BE(sequence, 10);
  head.writeUInt16BE(count, 18);
  return Buffer.concat([head, ...messages.flatMap((m) => [Buffer.from([m.length >> 8, m.length & 255]), m])]);
}

describe('messages of bytes, without a feed', () => {
  it('gives each message of a packet, with its number and its place', () => {
    const packet = mold(7n, [order(1n), order(2n)]);
    const found = [...messagesOf(itch50, packet)];
    expect(found.map((m) => [m.message, m.sequence, m.offset])).toEqual([
      ['orderDelete', 7n, 22],
      ['orderDelete', 8n, 43],
    ]);
    expect(found.map((m) => m.message === 'orderDelete' && m.fields.orderReferenceNumber)).toEqual([1n, 2n]);
    expect(JSON.parse(JSON.stringify(found))[1]).toMatchObject({ sequence: '8' });
  });
  it('takes another framing by its id or record, or none', () => {
    const soup = Buffer.concat([Buffer.from([0, 20, 0x53]), order(3n)]);
    expect([...messagesOf(itch50, soup, 'soupbintcp')].map((m) => m.offset)).toEqual([3]);
    expect([...messagesOf(itch50, order(3n), 'none')].map((m) => m.message)).toEqual(['orderDelete']);
    expect(() => [...messagesOf(itch50, soup, 'soup')]).toThrow(
      expect.objectContaining({ code: 'VW_FRAMING_UNKNOWN' }),
    );
  });
  it('gives what came before a fault, then throws its code', () => {
    const seen: string[] = [];
    const read = (bytes: Uint8Array) => {
      for (const { message } of messagesOf(itch50, bytes)) seen.push(message);
    };
    expect(() => read(mold(1n, [order(1n)], 2))).toThrow(expect.objectContaining({ code: 'VW_PACKET_MALFORMED' }));
    expect(seen).toEqual(['orderDelete']);
    expect(() => read(mold(1n, [Buffer.from('?')]))).toThrow(expect.objectContaining({ code: 'VW_MESSAGE_TYPE' }));
    expect(() => read(Buffer.alloc(5))).toThrow(expect.objectContaining({ code: 'VW_PACKET_MALFORMED' }));
  });
  it('reads a day of long ago with the decoder of that day', async () => {
    const { entry } = decoderFor({ venue: 'Nasdaq', feed: 'TotalView', date: '2017-06-01' });
    const decoder = await entry.load();
    const old = encode(decoder, 'orderDelete', { orderReferenceNumber: 9n });
    expect([...messagesOf(decoder, mold(1n, [old]))].map((m) => m.message)).toEqual(['orderDelete']);
  });
});

it('every decoder is imported under its id, as what list prints', async () => {
  const files = new Set(readdirSync(new URL('../../src/decoders', import.meta.url)));
  for (const entry of decoders) {
    const { path, name } = importOf(entry);
    const file = `${path.replace('venuewire/decoders/', '')}.ts`;
    expect(files, file).toContain(file);
    const module = await import(new URL(`../../src/decoders/${file}`, import.meta.url).href);
    expect(module[name], `${path} ${name}`).toBe(await entry.load());
  }
});
