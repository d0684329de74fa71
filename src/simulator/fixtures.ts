import { soupbintcp } from '../decoders/soupbintcp.js';
import { encode } from '../layout/index.js';
import { type CaptureOptions, writeCapture } from './capture.js';
import { StreamDigest } from './digest.js';
import { VenueHistory } from './history.js';
import { ItchGenerator } from './itch-generator.js';
import { PcapWriter } from './pcap-writer.js';

/** A file of the fixtures folder: how it is made, and what is in it. */
export interface Fixture {
  readonly name: string;
  readonly seed: number;
  readonly description: string;
  make(): { readonly bytes: Uint8Array; readonly messages: number; readonly lost: number; readonly digest: string };
}

const day = (seed: number, messages: number): VenueHistory =>
  VenueHistory.generate(new ItchGenerator({ seed, symbols: 8, messages }));

function capture(
  name: string,
  seed: number,
  messages: number,
  description: string,
  options: Omit<CaptureOptions, 'seed'>,
): Fixture {
  return {
    name,
    seed,
    description,
    make: () => {
      const history = day(seed, messages);
      const parts: Uint8Array[] = [];
      const { lost } = writeCapture(history, { seed, ...options }, (bytes) => parts.push(bytes));
      const gone = new Set(lost);
      const digest = new StreamDigest();
      for (let s = history.first; s < history.next; s++) if (!gone.has(s)) digest.add(s, history.message(s));
      return { bytes: Buffer.concat(parts), messages: digest.count, lost: lost.length, digest: digest.toString() };
    },
  };
}

/** A SoupBinTCP login and its messages as TCP segments that end anywhere. */
function soupCapture(seed: number, messages: number): Uint8Array {
  const history = day(seed, messages);
  const parts: Uint8Array[] = [];
  const pcap = new PcapWriter((bytes) => parts.push(bytes));
  const client = { source: '10.2.0.20', sourcePort: 50_001 };
  const server = { source: '10.2.0.10', sourcePort: 18_300 };
  const up = { ...client, destination: server.source, destinationPort: server.sourcePort };
  const down = { ...server, destination: client.source, destinationPort: client.sourcePort };
  const none = new Uint8Array(0);
  const login = encode(soupbintcp, 'loginRequest', {
    username: 'SIMUSR',
    password: 'SIMPASS',
    requestedSequenceNumber: 1n,
  });
  let us = 0;
  const second = 1_704_205_800;
  const clock = (): number => {
    us += 25;
    return us * 1_000;
  };
  pcap.tcp(second, clock(), up, { flags: 'syn', sequence: 99, acknowledge: 0 }, none);
  pcap.tcp(second, clock(), down, { flags: 'syn', sequence: 4_999, acknowledge: 100 }, none);
  pcap.tcp(second, clock(), up, { flags: 'push', sequence: 100, acknowledge: 5_000 }, login);
  const stream = Buffer.concat([
    encode(soupbintcp, 'loginAccepted', { session: history.session, sequenceNumber: 1n }),
    ...Array.from({ length: history.length }, (_, i) =>
      encode(soupbintcp, 'sequencedData', { message: history.message(history.first + i) }),
    ),
    encode(soupbintcp, 'endOfSession', {}),
  ]);
  let sequence = 5_000;
  for (let at = 0; at < stream.length; ) {
    const n = Math.min(stream.length - at, 1 + ((at * 7 + 311) % 1_400));
    const segment = { flags: 'push', sequence, acknowledge: 100 + login.length } as const;
    pcap.tcp(second, clock(), down, segment, stream.subarray(at, at + n));
    sequence += n;
    at += n;
  }
  pcap.tcp(second, clock(), down, { flags: 'fin', sequence, acknowledge: 100 + login.length }, none);
  pcap.end();
  return Buffer.concat(parts);
}

/** The captures of the fixtures folder. Each is made from its seed alone. */
export const fixtures: readonly Fixture[] = [
  capture('itch50-clean.pcap', 1, 2_000, 'A and B, packed differently, nothing lost', {}),
  capture(
    'itch50-ab-lossy.pcap',
    2,
    4_000,
    'A and B lose packets, now and then both the same messages; some packets overtake others or come twice',
    {
      faults: [
        { loss: 0.05, jitterNs: 40_000, duplicate: 0.02, silence: [{ fromNs: 9_000_000, toNs: 9_400_000 }] },
        { loss: 0.05, delayNs: 30_000, jitterNs: 40_000, silence: [{ fromNs: 9_100_000, toNs: 9_600_000 }] },
      ],
      publisher: { packetMessages: 20 },
    },
  ),
  capture('itch50-vlan-us.pcap', 3, 500, 'One line, VLAN 100, microsecond timestamps', {
    lines: ['233.54.12.111:26477'],
    vlan: 100,
    nanoseconds: false,
  }),
  {
    name: 'itch50-soup.pcap',
    seed: 4,
    description: 'A SoupBinTCP session: login, messages, end of session; TCP segments end anywhere',
    make: () => {
      const digest = day(4, 800).digest().toString(16).padStart(16, '0');
      return { bytes: soupCapture(4, 800), messages: 800, lost: 0, digest };
    },
  },
  {
    name: 'itch50.bin',
    seed: 5,
    description: 'A BinaryFILE: messages behind their lengths, ended by a length of 0',
    make: () => {
      const history = day(5, 3_000);
      const bytes = Buffer.concat([history.toBinaryFile(), Uint8Array.of(0, 0)]);
      const digest = history.digest().toString(16).padStart(16, '0');
      return { bytes, messages: 3_000, lost: 0, digest };
    },
  },
];

/** The manifest: one line a fixture. `lost`: messages that are on no line; `digest`: see `StreamDigest`. */
export function manifest(): string {
  const lines = fixtures.map((f) => {
    const { bytes, messages, lost, digest } = f.make();
    return `  ${JSON.stringify({
      name: f.name,
      seed: f.seed,
      bytes: bytes.length,
      messages,
      lost,
      digest,
      command: 'node scripts/fixtures.mjs',
      description: f.description,
    })}`;
  });
  return `[\n${lines.join(',\n')}\n]\n`;
}
