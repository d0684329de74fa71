/** Records as packets of the framing `venue-messages`: what the core arbitrates, counts and hands on. */

import type { JsonDecoder } from '../json/table.js';
import { encodeInto } from '../layout/index.js';

const HEADER = 20;
const PREFIX = 2;
const KIND_AT = 18;
const DATA = 0;
const HEARTBEAT = 1;
const END_OF_SESSION = 2;
/** What a packet may have: it goes through captures as a UDP datagram. */
const PACKET_MAX = 60_000;

/** Takes a packet. The bytes are overwritten by the next one. */
export type PacketTaker = (packet: Uint8Array, receivedNs: bigint) => void;

/** One channel of the core: its key, and where its numbers are. */
export class PacketChannel {
  session = 1;
  next = 1;
  constructor(readonly key: number) {}
}

export class PacketWriter {
  readonly #bytes = new Uint8Array(PACKET_MAX);
  readonly #view = new DataView(this.#bytes.buffer);
  constructor(
    readonly decoder: JsonDecoder,
    readonly take: PacketTaker,
  ) {}

  /** @throws VenuewireError `VW_ENCODE_…` when a value does not fit the record: nothing was written then. */
  record(channel: PacketChannel, message: string, values: object, receivedNs: bigint): void {
    const length = encodeInto(this.decoder, message, values as never, this.#view, HEADER + PREFIX);
    this.#view.setUint16(HEADER, length, true);
    this.#header(channel, DATA, 1);
    channel.next++;
    this.take(this.#bytes.subarray(0, HEADER + PREFIX + length), receivedNs);
  }

  /** So many numbers are missing before the next record, as the core learns at once. */
  missing(channel: PacketChannel, count: number, receivedNs: bigint): void {
    channel.next += count;
    this.#header(channel, HEARTBEAT, 0);
    this.take(this.#bytes.subarray(0, HEADER), receivedNs);
  }

  /** What comes next replaces everything that was told. */
  anew(channel: PacketChannel, receivedNs: bigint): void {
    this.#header(channel, END_OF_SESSION, 0);
    this.take(this.#bytes.subarray(0, HEADER), receivedNs);
    channel.session++;
    channel.next = 1;
  }

  #header(channel: PacketChannel, kind: number, count: number): void {
    const v = this.#view;
    v.setUint32(0, channel.key, true);
    v.setUint32(4, channel.session, true);
    v.setBigUint64(8, BigInt(channel.next), true);
    v.setUint16(16, count, true);
    v.setUint8(KIND_AT, kind);
    v.setUint8(KIND_AT + 1, 0);
  }
}

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const IP_HEADER = 20;
const UDP_HEADER = 8;
const RAW_IP = 101;
const NANOSECONDS = 1_000_000_000n;
const PORT = 1;
const LOOPBACK = 0x7f000001;
/** Where packets of the capture go to. */
export const CAPTURED_ADDRESS = `127.0.0.1:${PORT}`;
const FIRST_CHUNK = 1 << 20;

/** Packets as a capture in memory: pcap with nanoseconds, IP without a link layer. */
export class CaptureBytes {
  #bytes = new Uint8Array(FIRST_CHUNK);
  #view = new DataView(this.#bytes.buffer);
  #at = FILE_HEADER;
  constructor(readonly most: number) {
    const v = this.#view;
    v.setUint32(0, 0xa1b23c4d, true);
    v.setUint16(4, 2, true);
    v.setUint16(6, 4, true);
    v.setUint32(16, 1 << 18, true);
    v.setUint32(20, RAW_IP, true);
  }

  /** False: there is no room below the limit; nothing was added. */
  add(packet: Uint8Array, receivedNs: bigint): boolean {
    const ip = IP_HEADER + UDP_HEADER + packet.length;
    if (!this.#room(PACKET_HEADER + ip)) return false;
    const v = this.#view;
    let at = this.#at;
    v.setUint32(at, Number(receivedNs / NANOSECONDS), true);
    v.setUint32(at + 4, Number(receivedNs % NANOSECONDS), true);
    v.setUint32(at + 8, ip, true);
    v.setUint32(at + 12, ip, true);
    at += PACKET_HEADER;
    v.setUint8(at, 0x45);
    v.setUint16(at + 2, ip);
    v.setUint8(at + 8, 1);
    v.setUint8(at + 9, 17);
    v.setUint32(at + 12, LOOPBACK);
    v.setUint32(at + 16, LOOPBACK);
    at += IP_HEADER;
    v.setUint16(at, PORT);
    v.setUint16(at + 2, PORT);
    v.setUint16(at + 4, UDP_HEADER + packet.length);
    at += UDP_HEADER;
    this.#bytes.set(packet, at);
    this.#at = at + packet.length;
    return true;
  }

  #room(bytes: number): boolean {
    const needed = this.#at + bytes;
    if (needed > this.most) return false;
    if (needed <= this.#bytes.length) return true;
    const larger = new Uint8Array(Math.min(this.most, Math.max(needed, this.#bytes.length * 2)));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
    return true;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}
