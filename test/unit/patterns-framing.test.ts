import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FramingReader, tableLengths } from '../../src/capture/index.js';
import { decoders, findDecoder } from '../../src/decoders/registry.js';
import { defineFraming, type Framing, findFraming, framingOf, framings } from '../../src/patterns/index.js';
import { udpPayloads } from './patterns-pcap.js';

/** Captures by venue and protocol, beside the repository; the tests say so where they are not there. */
const captures = fileURLToPath(new URL('../../../shared/captures/omi/', import.meta.url));
const withCaptures = existsSync(captures) ? describe : describe.skip;

/** Folder of the captures, decoder whose table knows the messages. */
const DECODERS: Readonly<Record<string, string>> = {
  'Asx/Ntp.Itch.v1.05': 'asx-ntp-itch-1.05',
  'B3/BinaryUmdf.v1.5': 'b3-umdf-sbe-1.6',
  'B3/BinaryUmdf.v1.8': 'b3-umdf-sbe-1.8',
  'Box/Options.Hsvf': 'box-hsvf-1.8',
  'Cboe/Byx.Equities.DepthOfBook.Pitch.v2.41': 'cboe-pitch-equities-2.41',
  'Cboe/Futures.DepthOfBook.Pitch.v1.1.6': 'cboe-cfe-pitch-1.1.6',
  'Cboe/Futures.DepthOfBook.Pitch.v1.1.12': 'cboe-cfe-pitch-1.1.12',
  'Cboe/Options.ComplexDepthOfBook.Pitch.v2.1.18': 'cboe-options-complex-pitch-2.1.18',
  'Cboe/Options.DepthOfBook.Pitch.v2.39.4': 'cboe-pitch-options-2.39',
  'Cboe/Options.MarketLevel2.Csm.v1.0.4': 'cboe-c1-csm-level2-1.0.4',
  'Cboe/Options.TopOfMarket.Csm.v1.4.4': 'cboe-c1-csm-top-1.4',
  'Cme/Mdp3.Sbe.v1.5': 'cme-mdp3-sbe-1.5',
  'Cme/Mdp3.Sbe.v1.9': 'cme-mdp3-sbe-1.9',
  'Coinbase/MarketDataApi.v1.2': 'coinbase-derivatives-sbe-1.2',
  'Eurex/Eobi.T7.v3.0': 'eurex-eobi-3.0',
  'Eurex/Eobi.T7.v6.0': 'eurex-eobi-6.0',
  'Euronext/MarketDataGateway.v5.25': 'euronext-optiq-5.25',
  'Ice/Mdf.iMpact.v1.1.33': 'ice-impact-1.1.33',
  'Iex/Deep.IexTp.v1.0': 'iex-deep-1.0',
  'Iex/DeepPlus.IexTp.1.0.2': 'iex-deep-plus-1.0',
  'Iex/Tops.IexTp.v1.5': 'iex-tops-1.5',
  'Iex/Tops.IexTp.v1.6': 'iex-tops-1.6',
  'Imperative/IntelligentCross.Mdf.v1.11': 'cix-aspen-1.11',
  'Jnx/JnxEquities.Pts.Itch.v1.6': 'jnx-itch-1.6',
  'Memx/Equities.MemiorDepth.v1.3': 'memx-memoir-depth-1.3',
  'Miax/MiaxOptions.cToM.v1.1': 'miax-options-ctom-1.1',
  'Miax/OnyxFutures.ToM.v1.0': 'miax-onyx-tom-1.0',
  'Nasdaq/Bx.Equities.TotalView.Itch.v5.0': 'nasdaq-totalview-itch-5.0',
  'Nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0': 'nasdaq-totalview-itch-5.0',
  'Nyse/Arca.Options.TopFeed.Pillar.1.2.c': 'nyse-arca-options-top-1.2',
  'Nyse/Bbo.Xdp.v2.3a': 'nyse-xdp-bbo-2.4',
  'Nyse/ImbalancesFeed.Xdp.v2.1.f': 'nyse-imbalances-2.1',
  'Nyse/IntegratedFeed.Pillar.v2.5': 'nyse-pillar-integrated-2.5',
  'Nyse/IntegratedFeed.Xdp.v2.1': 'nyse-xdp-integrated-2.1',
  'Nyse/Nyse.Equities.OpenBook.Ultra.2.1.b': 'nyse-openbook-ultra-2.1',
  'Otc/Multicast.Ats.v4.3': 'otc-ats-multicast-4.3',
  'Siac/Cqs.Cta.v1.91': 'cta-cqs-1.91',
  'Siac/Cqs.Cta.v2.10.a': 'cta-cqs-2.10',
  'Siac/Cts.Cta.v2.10': 'cta-cts-2.10',
  'Siac/Cts.Cta.v2.11.b': 'cta-cts-2.11',
  'Siac/Opra.Recipient.v6.2': 'opra-6.3',
  'Tmx/Mx.Sola.1.14': 'tmx-sola-hsvf-1.14',
  'Tmx/Tmx.TsxTsxvLevel2.Xmt.v2.1': 'tmx-xmt-level2-2.1',
};

const reader = (id: string): FramingReader => new FramingReader(findFraming(id) as Framing);
const bytes = (hex: string): DataView =>
  new DataView(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')).buffer);

/** Everything in a datagram: header and messages of each packet, or the problem. */
function read(r: FramingReader, data: DataView) {
  const out: unknown[] = [];
  for (let at = 0; at < data.byteLength; ) {
    const next = r.read(data, at, data.byteLength);
    if (next < 0) return [...out, { problem: r.problem }];
    const messages: [number, number, bigint][] = [];
    const ok = r.messages(data, (...m) => messages.push(m));
    const { kind, number, session, sequence, count } = r.packet;
    out.push({ kind, number, session, sequence, count, messages, ...(ok ? {} : { problem: r.problem }) });
    at = next;
  }
  return out;
}

describe('the framing records', () => {
  it.each(framings.map((f) => [f.id, f] as const))('%s is the same after a trip through JSON', (_, f) => {
    expect(defineFraming(JSON.parse(JSON.stringify(f)))).toEqual(f);
  });
  it('have different ids', () => {
    expect(new Set(framings.map((f) => f.id)).size).toBe(framings.length);
  });
  it('say where they come from', () => {
    for (const f of framings) expect(f.source, f.id).toBeTruthy();
  });
});

describe('the framing of a decoder', () => {
  /** Messages of a stream that has a framing of its own beside the table. */
  const STREAMS = ['nasdaq-glimpse-5.0', 'session-iex-gap-fill'];
  it.each(decoders.map((d) => [d.id, d] as const))('%s has one, or is of a stream', (id, entry) => {
    expect(framingOf(entry) === undefined ? entry.framing : 'framed').toBe(STREAMS.includes(id) ? 'stream' : 'framed');
  });
});

describe('packets that end with a byte', () => {
  const text = 'S28800000A1\nH\nS28800001A22\n';
  const data = new DataView(Uint8Array.from(Buffer.from(text, 'latin1')).buffer);
  const kinds = (r: FramingReader, end: number) => {
    const out: string[] = [];
    let at = 0;
    for (; at < end; ) {
      const size = r.streamSize(data, at, end);
      if (size <= 0) break;
      r.read(data, at, at + size);
      const messages: string[] = [];
      r.messages(data, (from, length) => messages.push(text.slice(from, from + length)));
      out.push(`${r.packet.kind} ${messages.join('|')}`.trim());
      at += size;
    }
    return [at, ...out];
  };
  it('are read one after the other, wherever the stream is cut', () => {
    const whole = ['data 28800000A1', 'heartbeat', 'data 28800001A22'];
    const ends = [12, 14, 27];
    for (let cut = 0; cut <= text.length; cut++) {
      const read = ends.filter((e) => e <= cut).length;
      expect(kinds(reader('souptcp'), cut)).toEqual([[0, ...ends][read], ...whole.slice(0, read)]);
    }
  });
  it('are refused where they are too short, or where nothing ends them within bounds', () => {
    const bounded = new FramingReader(findFraming('souptcp') as Framing, { packetBytesMax: 8 });
    expect(bounded.streamSize(data, 0, data.byteLength)).toBe(-1);
    expect(bounded.streamSize(data, 0, 8)).toBe(-1);
    expect(reader('souptcp').streamSize(bytes('0a 0a'), 0, 2)).toBe(-1);
    expect(reader('souptcp').read(bytes('53 41'), 0, 2)).toBe(-1);
  });
  it('have no length beside it', () => {
    const both = {
      id: 'x',
      byteOrder: 'big',
      headerLength: 4,
      packetDelimiter: 10,
      packetLength: { offset: 0, size: 2 },
    };
    expect(() => defineFraming(both as never)).toThrow(/packetDelimiter: is not for packets that have a packetLength/);
  });
});

describe('a framing that is not sound', () => {
  const sound = { id: 'x', byteOrder: 'big', headerLength: 8 } as const;
  it.each([
    [
      'a field behind the shortest packet',
      { sequence: { offset: 4, size: 8 } },
      /sequence: ends at byte 12, but the shortest packet has 8/,
    ],
    [
      'a kind of a field that is not there',
      { kinds: [{ when: { field: 'count', equals: 0 }, is: 'heartbeat' }] },
      /there is no 'count'/,
    ],
    ['many packets without a length', { manyPackets: true }, /manyPackets: needs a packetLength or a packetDelimiter/],
    ['numbers without a field', { numbering: 'packet' }, /'packet' needs a sequence/],
    ['nine bytes', { sequence: { offset: 0, size: 9 } }, /has more than 8 bytes/],
  ] as const)('is refused: %s', (_, part, message) => {
    expect(() => defineFraming({ ...sound, ...part } as never)).toThrow(message);
    expect(() => defineFraming({ ...sound, ...part } as never)).toThrow(
      expect.objectContaining({ code: 'VW_FRAMING' }),
    );
  });
});

describe('reading packets', () => {
  const mold = (sequence: number, count: string, rest = ''): DataView =>
    bytes(`${Buffer.from('000008453A').toString('hex')} ${sequence.toString(16).padStart(16, '0')} ${count} ${rest}`);

  it('numbers the messages of a packet one after the other', () => {
    expect(read(reader('moldudp64'), mold(7, '0002', '0001 53 0000'))).toEqual([
      {
        kind: 'data',
        number: 'none',
        session: '000008453A',
        sequence: 7n,
        count: 2,
        messages: [
          [22, 1, 7n],
          [25, 0, 8n],
        ],
      },
    ]);
  });
  it('tells a heartbeat and the end of a session by the count', () => {
    expect(read(reader('moldudp64'), mold(9, '0000'))).toMatchObject([
      { kind: 'heartbeat', number: 'next', sequence: 9n, messages: [] },
    ]);
    expect(read(reader('moldudp64'), mold(9, 'ffff'))).toMatchObject([
      { kind: 'endOfSession', number: 'next', messages: [] },
    ]);
  });
  it.each([
    ['a message that is cut off', mold(1, '0001', '0005 53'), 'message 1 states 7 bytes, 3 are left'],
    ['a length that is cut off', mold(1, '0001', '00'), 'message 1 is cut off'],
    ['fewer messages than stated', mold(1, '0003', '0001 53'), 'the header states 3 messages, there are 1'],
  ])('tells of %s', (_, data, problem) => {
    expect(read(reader('moldudp64'), data)).toMatchObject([{ problem }]);
  });
  it('tells of a datagram that is shorter than a header', () => {
    expect(read(reader('moldudp64'), bytes('00'))).toEqual([{ problem: '1 bytes, the shortest packet has 20' }]);
  });
  it('reads several packets of one datagram', () => {
    const packet = (sequence: string, type: string, body = '') =>
      `${sequence}00000000000000 ${(12 + body.length / 2).toString(16).padStart(2, '0')}00 ${type} 05 ${body}`;
    expect(
      read(
        reader('miax-mach'),
        bytes(`${packet('07', '03', 'aabb')} ${packet('08', '03', 'cc')} ${packet('08', '00')}`),
      ),
    ).toMatchObject([
      { kind: 'data', session: '5', messages: [[12, 2, 7n]] },
      { kind: 'data', messages: [[26, 1, 8n]] },
      { kind: 'heartbeat', number: 'last', sequence: 8n, messages: [] },
    ]);
  });
  it('goes on with the first number behind the greatest', () => {
    const data = bytes('1000 02 01 ffffffff 04 aa bb cc 04 aa bb cc');
    expect(read(reader('cboe-sequenced-unit'), data)).toMatchObject([
      {
        messages: [
          [8, 4, 0xffff_ffffn],
          [12, 4, 1n],
        ],
      },
    ]);
  });
  it('gives messages of packets numbered 0 no number where 0 means so', () => {
    expect(read(reader('cboe-sequenced-unit'), bytes('0c00 01 01 00000000 04 aa bb cc'))).toMatchObject([
      { kind: 'unsequenced', messages: [[8, 4, 0n]] },
    ]);
  });
  it('finds messages that end with a delimiter', () => {
    const line = (text: string) => `02${Buffer.from(text, 'latin1').toString('hex')}03`;
    expect(read(reader('hsvf'), bytes(line('094989750F abc') + line('094989751F de')))).toMatchObject([
      {
        sequence: 94989750n,
        messages: [
          [1, 14, 94989750n],
          [17, 13, 94989751n],
        ],
      },
    ]);
  });
  it('asks for the length of messages that do not say it', () => {
    const r = new FramingReader(findFraming('siac-block-opra') as Framing, { tableLength: () => 2 });
    const data = bytes('06 001a 4f 20 00 00000009 02 00000000 00000000 0000 5948 5948 00');
    expect(read(r, data)).toMatchObject([
      {
        messages: [
          [21, 2, 9n],
          [23, 2, 10n],
        ],
      },
    ]);
  });
  it('takes the number of a heartbeat message from the message', () => {
    const data = bytes('3201df15000000000db79261979cf3171000 50eb 0400 0200 0200 0900 442d0100');
    expect(read(reader('b3-umdf'), data)).toMatchObject([
      { kind: 'heartbeat', number: 'next', sequence: 0x12d44n, messages: [[20, 12, 0n]] },
    ]);
  });
  it('reads 35-bit numbers and the restart counter out of flags', () => {
    const data = bytes('0000000000000000 e0f00500 2200 1000');
    expect(read(reader('euronext-optiq'), data)).toMatchObject([{ sequence: 0x2_0005_f0e0n, session: '1' }]);
  });
  it('knows how much of a stream a packet takes', () => {
    const r = reader('soupbintcp');
    expect(r.streamSize(bytes('00'), 0, 1)).toBe(0);
    expect(r.streamSize(bytes('000548'), 0, 3)).toBe(7);
    expect(r.streamSize(bytes('0000'), 0, 2)).toBe(-1);
  });
});

if (!existsSync(captures))
  console.warn('no captures beside the repository: framings are checked against their records only');

withCaptures('on real packets', () => {
  for (const [folder, id] of Object.entries(DECODERS)) {
    it(`${folder}: every message is one of ${id}`, async () => {
      const decoder = await (findDecoder(id) as NonNullable<ReturnType<typeof findDecoder>>).load();
      const framing = framingOf(decoder) as Framing;
      let messages = 0;
      for (const name of readdirSync(`${captures}${folder}`).filter((n) => n.endsWith('.pcap'))) {
        for (const payload of udpPayloads(readFileSync(`${captures}${folder}/${name}`))) {
          const data = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
          const r = new FramingReader(framing, { tableLength: tableLengths(decoder) });
          for (let at = 0; at < data.byteLength; ) {
            const next = r.read(data, at, data.byteLength);
            expect(next, `${name}: ${r.problem}`).toBeGreaterThan(0);
            let last = r.packet.body;
            const whole = r.messages(data, (begin, length) => {
              messages++;
              last = begin + length;
              expect(decoder.messageIndex(data, begin, length), `${name} at ${begin}`).toBeGreaterThanOrEqual(0);
            });
            expect(whole, `${name}: ${r.problem}`).toBe(true);
            // Blocks may be padded to an even length, or end with the trailer of their last message.
            if (r.packet.kind === 'data') expect(r.packet.end - last, name).toBeLessThanOrEqual(1);
            at = next;
          }
        }
      }
      expect(messages).toBeGreaterThan(0);
    });
  }
});
