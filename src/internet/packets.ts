/** Records as packets of the framing `venue-messages`: what the core arbitrates, counts and hands on. */
import { RecordWriter } from '../json/record-writer.js';
import type { JsonDecoder } from '../json/table.js';

const HEADER = 24;
const PREFIX = 2;
const KIND_AT = 18;
const LENGTH_AT = 20;
const DATA = 0;
const HEARTBEAT = 1;
const END_OF_SESSION = 2;
/** What packets may have together: they go through captures as a UDP datagram. */
const DATAGRAM_MOST = 60_000;
/** More than any record has. */
const RECORD_MOST = 24_000;

/** Takes packets, one behind the other. The bytes are overwritten by the next ones. */
export type PacketTaker = (packets: Uint8Array, receivedNs: bigint) => void;

/** One channel of the core: its key, and where its numbers are. */
export class PacketChannel {
  session = 1;
  next = 1;
  constructor(readonly key: number) {}
}

/** Puts packets of one time together: they are handed on when time goes on, when there is no more room, and by `flush`. */
export class PacketWriter {
  readonly #bytes = new Uint8Array(DATAGRAM_MOST);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #records: RecordWriter;
  #at = 0;
  #receivedNs = 0n;
  constructor(
    decoder: JsonDecoder,
    readonly take: PacketTaker,
  ) {
    this.#records = new RecordWriter(decoder);
  }

  /** @throws VenuewireError `VW_ENCODE_…` when a value does not fit the record: nothing was written then. */
  record(channel: PacketChannel, message: string, values: Readonly<Record<string, unknown>>, receivedNs: bigint): void {
    this.#begin(receivedNs);
    const from = this.#at + HEADER;
    const length = this.#records.write(message, values, this.#view, from + PREFIX);
    this.#view.setUint16(from, length, true);
    this.#header(channel, DATA, 1, PREFIX + length);
    channel.next++;
  }

  /** So many numbers are missing before the next record, as the core learns at once. */
  missing(channel: PacketChannel, count: number, receivedNs: bigint): void {
    this.#begin(receivedNs);
    channel.next += count;
    this.#header(channel, HEARTBEAT, 0, 0);
  }

  /** What comes next replaces everything that was told. */
  anew(channel: PacketChannel, receivedNs: bigint): void {
    this.#begin(receivedNs);
    this.#header(channel, END_OF_SESSION, 0, 0);
    channel.session++;
    channel.next = 1;
  }

  /** Hands on what has been put together. */
  flush(): void {
    if (this.#at === 0) return;
    const packets = this.#bytes.subarray(0, this.#at);
    this.#at = 0;
    this.take(packets, this.#receivedNs);
  }

  #begin(receivedNs: bigint): void {
    if (this.#at > 0 && (receivedNs !== this.#receivedNs || this.#at + RECORD_MOST > DATAGRAM_MOST)) this.flush();
    this.#receivedNs = receivedNs;
  }

  #header(channel: PacketChannel, kind: number, count: number, length: number): void {
    const v = this.#view;
    const at = this.#at;
    v.setUint32(at, channel.key, true);
    v.setUint32(at + 4, channel.session, true);
    v.setBigUint64(at + 8, BigInt(channel.next), true);
    v.setUint16(at + 16, count, true);
    v.setUint8(at + KIND_AT, kind);
    v.setUint8(at + KIND_AT + 1, 0);
    v.setUint32(at + LENGTH_AT, length, true);
    this.#at += HEADER + length;
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
