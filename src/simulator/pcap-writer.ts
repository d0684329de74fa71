import { VenuewireError } from '../errors.js';

/** Where a frame comes from and goes to: IPv4 addresses in dotted form, and ports. */
export interface FrameAddress {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/** Options of `PcapWriter`. */
export interface PcapOptions {
  /** Nanosecond timestamps (default) or microseconds, with the magic number that says so. */
  readonly nanoseconds?: boolean;
  /** An 802.1Q tag with this VLAN id on every frame. */
  readonly vlan?: number;
}

const ETHERNET = 14;
const VLAN = 4;
const IP = 20;
const UDP = 8;
const TCP = 20;
const RECORD = 16;
const CHUNK = 1 << 20;
const TCP_FLAGS = { syn: 0x02, ack: 0x10, push: 0x18, fin: 0x11 } as const;

function ipv4(text: string): number {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((p) => !(Number.isInteger(p) && p >= 0 && p < 256))) {
    throw new VenuewireError('VW_SIMULATOR_OPTION', `'${text}' is not an IPv4 address`, 'Write it as 239.1.2.3.');
  }
  return parts.reduce((n, p) => n * 256 + p, 0);
}

/**
 * Writes a pcap file: Ethernet II, an optional VLAN tag, IPv4 with its checksum, UDP (without a checksum) or TCP. Bytes go
 * to `sink` in pieces of about 1 MiB; a piece is not changed afterwards.
 */
export class PcapWriter {
  /** Frames and bytes written. */
  frames = 0;
  bytes = 0;
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #nanoseconds: boolean;
  readonly #vlan: number | undefined;
  readonly #addresses = new Map<string, number>();
  #chunk = new Uint8Array(CHUNK);
  #view = new DataView(this.#chunk.buffer);
  #at = 0;
  #ipId = 0;

  constructor(sink: (bytes: Uint8Array) => void, options: PcapOptions = {}) {
    this.#sink = sink;
    this.#nanoseconds = options.nanoseconds ?? true;
    this.#vlan = options.vlan;
    const v = this.#view;
    v.setUint32(0, this.#nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, true);
    v.setUint16(4, 2, true);
    v.setUint16(6, 4, true);
    v.setUint32(16, 65_535, true);
    v.setUint32(20, 1, true); // LINKTYPE_ETHERNET
    this.#at = 24;
  }

  #ip(text: string): number {
    let n = this.#addresses.get(text);
    if (n === undefined) {
      n = ipv4(text);
      this.#addresses.set(text, n);
    }
    return n;
  }

  /** Begins a frame: record header, Ethernet, IPv4. Returns where the transport header goes. */
  #frame(seconds: number, nanos: number, protocol: number, address: FrameAddress, transportBytes: number): number {
    const link = ETHERNET + (this.#vlan === undefined ? 0 : VLAN);
    const length = link + IP + transportBytes;
    if (this.#at + RECORD + length > this.#chunk.length) this.#flush(RECORD + length);
    const v = this.#view;
    let p = this.#at;
    v.setUint32(p, seconds, true);
    v.setUint32(p + 4, this.#nanoseconds ? nanos : Math.floor(nanos / 1_000), true);
    v.setUint32(p + 8, length, true);
    v.setUint32(p + 12, length, true);
    p += RECORD;
    const to = this.#ip(address.destination);
    const from = this.#ip(address.source);
    if (to >= 0xe0000000) {
      // Multicast addresses map to 01:00:5e and their low 23 bits.
      v.setUint32(p, 0x01005e00 | ((to >>> 16) & 0x7f));
      v.setUint16(p + 4, to & 0xffff);
    } else {
      v.setUint16(p, 0x0200);
      v.setUint32(p + 2, to);
    }
    v.setUint16(p + 6, 0x0200);
    v.setUint32(p + 8, from);
    p += 12;
    if (this.#vlan !== undefined) {
      v.setUint16(p, 0x8100);
      v.setUint16(p + 2, this.#vlan);
      p += VLAN;
    }
    v.setUint16(p, 0x0800);
    p += 2;
    v.setUint16(p, 0x4500);
    v.setUint16(p + 2, IP + transportBytes);
    v.setUint16(p + 4, this.#ipId++ & 0xffff);
    v.setUint16(p + 6, 0x4000); // do not fragment
    v.setUint16(p + 8, (16 << 8) | protocol);
    v.setUint16(p + 10, 0);
    v.setUint32(p + 12, from);
    v.setUint32(p + 16, to);
    let sum = 0;
    for (let i = 0; i < IP; i += 2) sum += v.getUint16(p + i);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    v.setUint16(p + 10, ~sum & 0xffff);
    this.#at += RECORD + length;
    this.frames++;
    return p + IP;
  }

  /** One datagram, at `seconds` since the Unix epoch and `nanos` nanoseconds. */
  udp(seconds: number, nanos: number, address: FrameAddress, payload: Uint8Array): void {
    const p = this.#frame(seconds, nanos, 17, address, UDP + payload.length);
    const v = this.#view;
    v.setUint16(p, address.sourcePort);
    v.setUint16(p + 2, address.destinationPort);
    v.setUint16(p + 4, UDP + payload.length);
    v.setUint16(p + 6, 0);
    this.#chunk.set(payload, p + UDP);
  }

  /** One TCP segment; `sequence` is the number of its first byte. The checksum is left out, as offloading cards do. */
  tcp(
    seconds: number,
    nanos: number,
    address: FrameAddress,
    segment: { readonly flags: keyof typeof TCP_FLAGS; readonly sequence: number; readonly acknowledge: number },
    payload: Uint8Array,
  ): void {
    const p = this.#frame(seconds, nanos, 6, address, TCP + payload.length);
    const v = this.#view;
    v.setUint16(p, address.sourcePort);
    v.setUint16(p + 2, address.destinationPort);
    v.setUint32(p + 4, segment.sequence);
    v.setUint32(p + 8, segment.acknowledge);
    v.setUint16(p + 12, (5 << 12) | TCP_FLAGS[segment.flags]);
    v.setUint16(p + 14, 65_535);
    v.setUint32(p + 16, 0);
    this.#chunk.set(payload, p + TCP);
  }

  #flush(room: number): void {
    if (this.#at === 0) return;
    this.bytes += this.#at;
    this.#sink(this.#chunk.subarray(0, this.#at));
    this.#chunk = new Uint8Array(Math.max(CHUNK, room));
    this.#view = new DataView(this.#chunk.buffer);
    this.#at = 0;
  }

  /** Hands over what is left. */
  end(): void {
    this.#flush(0);
  }
}
