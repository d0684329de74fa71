/**
 * A batch: what the core has published since the last one, read in place. Messages and notices come in the order in
 * which they happened. Nothing is allocated for a message.
 */
import {
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_TYPE_AT,
  NO_REQUESTER,
  NOTICE_BEGIN_AT,
  NOTICE_BYTES,
  NOTICE_CODE_AT,
  NOTICE_COUNT_AT,
  NOTICE_DETAIL_AT,
  NOTICE_END_AT,
  NOTICE_REASON_AT,
  NOTICE_REQUESTER_AT,
  NOTICE_SENDER_IP_AT,
  NOTICE_SENDER_PORT_AT,
  NOTICE_SERVER_AT,
  NOTICE_SESSION_HIGH_AT,
  NOTICE_SESSION_LOW_AT,
  NOTICE_TIME_AT,
  NOTICE_TYPE,
  type NoticeType,
  ORIGIN,
  type Origin,
  PACKET_BYTES,
  PACKET_DESTINATION_HIGH_AT,
  PACKET_DESTINATION_PORT_AT,
  PACKET_FILE_RECORD,
  PACKET_IPV6,
  PACKET_LENGTH_AT,
  PACKET_MISSING_SHIFT,
  PACKET_NUMBER_AT,
  PACKET_PACKET_FLAGS_AT,
  PACKET_SOURCE_HIGH_AT,
  PACKET_SOURCE_PORT_AT,
  PACKET_TCP,
  PACKET_TCP_FLAGS_SHIFT,
  PACKET_TCP_SEQUENCE_AT,
  PACKET_TIME_AT,
  PACKET_TRUNCATED,
  REASON,
  RECORD_CHANNEL_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  type Reason,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_LINE_AT,
  RUN_RECEIVE_TIME_AT,
  RUN_SEQUENCE_AT,
  RUN_UNSEQUENCED,
  STAMPS_BYTES,
  UNIT_BYTES,
  UNKNOWN_TYPE,
} from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import { createViews, type Decoder, type Fields, type Messages, type MessageView, type View } from '../layout/index.js';
import { jsonRecord, withJson } from '../plain.js';
import type { Reading, Ring } from './ring.js';

// biome-ignore lint/suspicious/noExplicitAny: a decoder of any header and messages
export type AnyDecoder = Decoder<any, any>;

export type { NoticeType, Origin, Reason } from '../contract.js';

// Words of 4 bytes in the ring. The loop over messages uses constants of this file alone: V8 puts those into its code, but
// loads an imported one each time.
const WORD = 4;
const WORD_SHIFT = Math.log2(WORD);
const UNIT_WORDS = UNIT_BYTES / WORD;
const UNIT_SHIFT = Math.log2(UNIT_BYTES);
const UNIT_ROUND_UP = UNIT_BYTES - 1;
const RUN_UNITS = RUN_BYTES / UNIT_BYTES;
const MESSAGE_HEAD_WORDS = MESSAGE_HEAD_BYTES / WORD;
const RUN_WORDS = RUN_BYTES / WORD;
// Kind, flags and channel share a word, as do line and origin, and a message's type and offset.
const KIND_WORD = RECORD_KIND_AT / WORD;
const SEQUENCE_WORD = RUN_SEQUENCE_AT / WORD;
const TIME_WORD = RUN_RECEIVE_TIME_AT / WORD;
const COUNT_WORD = RUN_COUNT_AT / WORD;
const LINE_WORD = RUN_LINE_AT / WORD;
const TYPE_WORD = MESSAGE_HEAD_TYPE_AT / WORD;
const RUN = RECORD_KIND.indexOf('run');
const NOTICE = RECORD_KIND.indexOf('notice');
const PACKET = RECORD_KIND.indexOf('packet');
const STAMPS = RECORD_KIND.indexOf('stamps');

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** Where a message stood, as a plain object. */
export type PlainPosition = Pick<
  Position,
  'channel' | 'line' | 'sequence' | 'sequenced' | 'receivedAt' | 'origin' | 'index'
>;

/**
 * Where a message stood: one reused object, valid during the call. `toObject` copies it.
 */
export class Position {
  /** Index of the channel, in the order of the venue's declaration. */
  channel = 0;
  /** Index of the line: A = 0, B = 1 … */
  line = 0;
  /** @internal */ $low = 0;
  /** @internal */ $high = 0;
  /** @internal */ $offset = 0;
  /** @internal */ $flags = 0;
  /** @internal */ $origin = 0;
  /** @internal */ $timeLow = 0;
  /** @internal */ $timeHigh = 0;

  /** @internal What a run says of all its messages; it begins at word `w`. */
  $begin(words: Uint32Array, w: number): void {
    const head = words[w + KIND_WORD] as number;
    const from = words[w + LINE_WORD] as number;
    this.$flags = (head >>> 8) & 0xff;
    this.channel = head >>> 16;
    this.$low = words[w + SEQUENCE_WORD] as number;
    this.$high = words[w + SEQUENCE_WORD + 1] as number;
    this.$timeLow = words[w + TIME_WORD] as number;
    this.$timeHigh = words[w + TIME_WORD + 1] as number;
    this.line = from & 0xff;
    this.$origin = (from >>> 8) & 0xff;
  }
  /** The venue's sequence number (of the packet, where packets are numbered); exact below 2^53. 0 when unsequenced. */
  get sequence(): number {
    if (this.$flags !== 0) return this.$flags & RUN_UNSEQUENCED ? 0 : this.$high * 4294967296 + this.$low;
    return this.$high * 4294967296 + this.$low + this.$offset;
  }
  /** Receive time by the kernel where it gave one, else by the feed thread: nanoseconds since the Unix epoch. */
  get receivedAt(): bigint {
    return (BigInt(this.$timeHigh) << 32n) | BigInt(this.$timeLow);
  }
  /** The same as a number: exact to about 256 ns. */
  get receivedAtNumber(): number {
    return this.$timeHigh * 4294967296 + this.$timeLow;
  }
  get sequenced(): boolean {
    return (this.$flags & RUN_UNSEQUENCED) === 0;
  }
  get origin(): Origin {
    return ORIGIN[this.$origin] ?? 'live';
  }
  /** Where the message stands in its packet (packet-numbered feeds) or run. */
  get index(): number {
    return this.$offset;
  }
  /** A copy that stays. */
  toObject(): PlainPosition {
    const { channel, line, sequence, sequenced, receivedAt, origin, index } = this;
    return withJson({ channel, line, sequence, sequenced, receivedAt, origin, index });
  }
  toJSON(): Record<string, unknown> {
    return jsonRecord(this.toObject());
  }
  /** What `console.log` prints. */
  [INSPECT](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    return `Position ${inspect({ ...this.toObject() }, options)}`;
  }
}

/** What happened to the stream; see docs/recovery.md for the codes. */
export interface Notice {
  readonly type: NoticeType;
  readonly reason: Reason;
  readonly channel: number;
  /** First number concerned, and one past the last. */
  readonly begin: bigint;
  readonly end: bigint;
  readonly count: bigint;
  /** Nanoseconds since the Unix epoch, by the feed thread. */
  readonly time: bigint;
  /** The requester and server that a recovery notice is about; −1: none. */
  readonly requester: number;
  readonly server: number;
  /** A server's status or reject code, or an errno. */
  readonly detail: number;
  /** Session string or number. */
  readonly session: string;
  /** `ip:port` of who sent the packet that led to it, where it is about sessions and numbers; else empty. */
  readonly sender: string;
}

/** A captured packet's payload, for tools that look at packets. */
export interface CapturedPayload {
  readonly number: number;
  /** Nanoseconds since the Unix epoch. */
  readonly time: bigint;
  /** `10.0.0.1:4000`, or `[2001:db8::1]:4000`. */
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: number;
  readonly transport: 'udp' | 'tcp' | 'file';
  readonly truncated: boolean;
  /** Bytes of the payload that the capture left out; 65535: that many or more. */
  readonly missingBytes: number;
  /** TCP: the sequence number of the segment, and its flags as in the header (FIN 1, SYN 2, RST 4); 0 otherwise. */
  readonly tcpSequence: number;
  readonly tcpFlags: number;
  /** Valid until the next batch. */
  readonly view: DataView;
}

/** One optional function a message; `message` is a reused view of exactly that message, `at` the reused position. */
export type FeedHandlers<D extends AnyDecoder> =
  D extends Decoder<infer H extends Fields, infer M extends Messages>
    ? { readonly [N in keyof M]?: (message: MessageView<Decoder<H, M>, N>, at: Position) => void }
    : never;

/** Everything a reader may want besides messages; all optional. */
export interface BatchSink {
  notice?(notice: Notice): void;
  /** A message whose type the decoder does not know, or that is shorter than its table says. */
  unknown?(bytes: DataView, at: Position): void;
  packet?(packet: CapturedPayload): void;
}

type Dispatch = (at: number, length: number) => void;
type AnyHandler = (message: never, at: Position) => void;

let made = 0;

/**
 * One call target a message type. Made from text where the runtime allows it, so that each type has code of its own and
 * the handler and the view's getters are compiled into it; otherwise a shared closure that does the same, slower. V8
 * gives equal texts the same code, hence the number.
 */
function dispatcher(view: View, handler: AnyHandler, position: Position): Dispatch {
  try {
    return new Function(
      'view',
      'handler',
      'position',
      `/* ${++made} */ return (at, length) => { view.$at = at; view.$length = length; view.$end = at + length; handler(view, position); };`,
    )(view, handler, position) as Dispatch;
  } catch {
    return (at, length) => {
      view.$at = at;
      view.$length = length;
      view.$end = at + length;
      (handler as (message: View, at: Position) => void)(view, position);
    };
  }
}

/** The handlers of one consumer, prepared once: a table from message index to what is called. */
export class Dispatcher implements Reading {
  readonly table: (Dispatch | undefined)[];
  readonly position = new Position();
  /** Nobody is called for a message: runs are passed over whole. */
  idle: boolean;
  /** Messages that were left when the feed was closed: they are walked over, but nobody is called. */
  left = 0;
  /** @internal Messages before the run that is being read, and where its first stands (in words; −1: none is). */
  $before = 0;
  /** @internal */ $runAt = -1;
  constructor(
    ring: Ring,
    decoder: AnyDecoder,
    handlers: Readonly<Record<string, unknown>>,
    readonly sink: BatchSink = {},
  ) {
    this.idle = sink.unknown === undefined;
    this.table = createViews(decoder).map(({ name, View }) => {
      const handler = handlers[name];
      if (typeof handler !== 'function') return undefined;
      this.idle = false;
      const view = new View();
      view.$data = ring.view;
      return dispatcher(view, handler.bind(handlers) as AnyHandler, this.position);
    });
  }

  /** From here on nobody is called. The loop over messages asks nothing for this: its table is another. */
  stop(): void {
    this.table.fill(() => {
      this.left++;
    });
  }
  passed(ring: Ring): number {
    return passedBy(this, ring);
  }
  /** @internal What is read while nothing else is: made once, because every batch needs it. */
  readonly alone: readonly Dispatcher[] = [this];
}

/** Found when somebody asks: the loop over messages does not count them one by one. */
function passedBy({ $before, $runAt, position }: Dispatcher, { words }: Ring): number {
  if ($runAt < 0) return $before;
  const count = words[$runAt - RUN_WORDS + COUNT_WORD] as number;
  for (let i = 0, w = $runAt; i < count; i++) {
    if ((words[w + TYPE_WORD] as number) >>> 16 === position.$offset) return $before + i + 1;
    w += MESSAGE_HEAD_WORDS + (((words[w] as number) + UNIT_ROUND_UP) >>> UNIT_SHIFT) * UNIT_WORDS;
  }
  return $before;
}

const damaged = (): VenuewireError =>
  new VenuewireError(
    'VW_RING_DAMAGED',
    'The ring holds what no feed has written: another thread has written into its memory',
    remedyOf('VW_RING_DAMAGED'),
  );

/** How much is read before it is given back: the core writes on while the rest is being read. */
const RELEASE_UNITS = 16384;

/**
 * Reads `[from, to)` of the ring; returns how many messages were passed over. With `release`, what has been read is
 * given back as it goes; without, the range stays valid. Ends where a handler closes the ring.
 */
export function read(ring: Ring, from: number, to: number, dispatcher: Dispatcher, release = false): number {
  if (ring.closed) return 0;
  if ((to - from) >>> 0 > ring.mask + 1) throw damaged();
  const outer = ring.reading;
  if (from !== ring.$readFrom) ring.beginReading(from);
  ring.reading = outer === undefined ? dispatcher.alone : [...outer, dispatcher];
  let messages: number;
  try {
    messages = walk(ring, from, to, dispatcher, release);
  } catch (thrown) {
    // By a handler: the message that it was given is the last one.
    ring.endReading(passedBy(dispatcher, ring));
    ring.reading = outer;
    throw thrown;
  }
  if (messages !== ring.$handedHere || ring.$takenTo >= 0) ring.endReading(messages);
  ring.reading = outer;
  return messages;
}

function walk(ring: Ring, from: number, to: number, dispatcher: Dispatcher, release: boolean): number {
  const { words, view, mask } = ring;
  const { table, position, sink } = dispatcher;
  const known = table.length;
  if (ring.stages !== undefined) ring.stages.begin();
  let messages = 0;
  let given = from;
  for (let unit = from; unit !== to && !ring.closed; ) {
    if (release && (unit - given) >>> 0 >= RELEASE_UNITS) {
      ring.tail = unit;
      given = unit;
    }
    const first = unit & mask;
    let w = first * UNIT_WORDS;
    // `| 0` keeps lengths whole numbers of 32 bits for V8, which would compute with doubles otherwise.
    const units = (words[w] as number) | 0;
    const head = words[w + KIND_WORD] as number;
    // What no core has written (another thread has scribbled over the ring) is neither followed nor believed.
    if ((units - 1) >>> 0 >= (to - unit) >>> 0 || first + units > mask + 1) {
      dispatcher.$before = messages;
      dispatcher.$runAt = -1;
      throw damaged();
    }
    const end = w + units * UNIT_WORDS;
    unit = (unit + units) >>> 0;
    const kind = head & 0xff;
    if (kind === RUN) {
      const count = words[w + COUNT_WORD] as number;
      if (dispatcher.idle) {
        if (units < RUN_UNITS) throw damaged();
        messages += count;
        dispatcher.$before = messages;
        dispatcher.$runAt = -1;
        continue;
      }
      position.$begin(words, w);
      w += RUN_WORDS;
      dispatcher.$before = messages;
      dispatcher.$runAt = w;
      for (let i = 0; i < count; i++) {
        const length = (words[w] as number) | 0;
        const word = (words[w + TYPE_WORD] as number) | 0;
        const type = word & 0xffff;
        w += MESSAGE_HEAD_WORDS;
        const next = w + ((length + UNIT_ROUND_UP) >>> UNIT_SHIFT) * UNIT_WORDS;
        if (next > end || length < 0) throw damaged();
        if (type < known) {
          const call = table[type];
          if (call !== undefined) {
            position.$offset = word >>> 16;
            call(w << WORD_SHIFT, length);
          }
        } else if (ring.closed) {
          dispatcher.left++;
        } else if (sink.unknown !== undefined && type === UNKNOWN_TYPE) {
          position.$offset = word >>> 16;
          sink.unknown(new DataView(view.buffer, view.byteOffset + w * WORD, length), position);
        }
        w = next;
      }
      messages += count;
    } else {
      dispatcher.$before = messages;
      dispatcher.$runAt = -1;
      readOther(ring, kind, w * WORD, units * UNIT_BYTES, sink);
    }
  }
  if (release) ring.tail = to;
  return messages - dispatcher.left;
}

/** A record that is no run of messages, of so many bytes. */
function readOther(ring: Ring, kind: number, at: number, bytes: number, sink: BatchSink): void {
  if (kind === NOTICE) {
    if (bytes < NOTICE_BYTES) throw damaged();
    if (sink.notice !== undefined) sink.notice(readNotice(ring, at));
  } else if (kind === STAMPS) {
    if (bytes < STAMPS_BYTES) throw damaged();
    ring.stages?.note(ring.view, at);
  } else if (kind === PACKET) {
    if (bytes < PACKET_BYTES + ring.view.getUint32(at + PACKET_LENGTH_AT, true)) throw damaged();
    if (sink.packet !== undefined) sink.packet(readPacket(ring, at));
  }
}

/** @internal The notice at a position of the ring. */
export const noticeAt = (ring: Ring, position: number): Notice => readNotice(ring, (position & ring.mask) * UNIT_BYTES);

function readNotice({ view }: Ring, at: number): Notice {
  const requester = view.getUint16(at + NOTICE_REQUESTER_AT, true);
  return withJson({
    type: NOTICE_TYPE[view.getUint8(at + NOTICE_CODE_AT)] ?? 'none',
    reason: REASON[view.getUint8(at + NOTICE_REASON_AT)] ?? 'none',
    channel: view.getUint16(at + RECORD_CHANNEL_AT, true),
    begin: view.getBigUint64(at + NOTICE_BEGIN_AT, true),
    end: view.getBigUint64(at + NOTICE_END_AT, true),
    count: view.getBigUint64(at + NOTICE_COUNT_AT, true),
    time: view.getBigInt64(at + NOTICE_TIME_AT, true),
    requester: requester === NO_REQUESTER ? -1 : requester,
    server: view.getUint16(at + NOTICE_SERVER_AT, true),
    detail: view.getUint32(at + NOTICE_DETAIL_AT, true),
    sender: senderText(
      view.getUint32(at + NOTICE_SENDER_IP_AT, true),
      view.getUint16(at + NOTICE_SENDER_PORT_AT, true),
    ),
    session: sessionText(
      view.getBigUint64(at + NOTICE_SESSION_HIGH_AT, true),
      view.getBigUint64(at + NOTICE_SESSION_LOW_AT, true),
    ),
  });
}

const senderText = (ip: number, port: number): string =>
  ip === 0 && port === 0 ? '' : `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}:${port}`;

/** The session that was written last: notices come in thousands of one. */
const latest = { high: 0n, low: 0n, text: '' };

/** A text session keeps its bytes in order, the first eight in `high`; a number is in `low` alone. */
function sessionText(high: bigint, low: bigint): string {
  if (high !== latest.high || low !== latest.low) Object.assign(latest, { high, low, text: textOf(high, low) });
  return latest.text;
}

function textOf(high: bigint, low: bigint): string {
  if (high === 0n) return low === 0n ? '' : low.toString();
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64BE(high, 0);
  bytes.writeBigUInt64BE(low, 8);
  return bytes.toString('latin1').replaceAll('\0', '').trim();
}

const ipv4Text = (view: DataView, at: number): string =>
  `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;

/** As RFC 5952 writes it, in brackets: hexadecimal groups without leading zeros, the longest run of zeros as `::`. */
function ipv6Text(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16));
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (groups[from + length] === '0') length++;
    if (length > best.length) best = { from, length };
  }
  if (best.length < 2) return `[${groups.join(':')}]`;
  return `[${groups.slice(0, best.from).join(':')}::${groups.slice(best.from + best.length).join(':')}]`;
}

/** So many addresses are remembered: a capture has few, and a scan of ports must not fill memory. */
const ENDPOINTS_MOST = 4096;
const endpoints = new Map<number, string>();

/** `ip:port` of an IPv4 address, made once for the packets of a line. */
function endpoint(view: DataView, at: number, port: number): string {
  const key = view.getUint32(at) * 0x1_0000 + port;
  const known = endpoints.get(key);
  if (known !== undefined) return known;
  if (endpoints.size >= ENDPOINTS_MOST) endpoints.clear();
  const text = `${ipv4Text(view, at)}:${port}`;
  endpoints.set(key, text);
  return text;
}

function readPacket({ view }: Ring, at: number): CapturedPayload {
  const flags = view.getUint32(at + PACKET_PACKET_FLAGS_AT, true);
  const destinationPort = view.getUint16(at + PACKET_DESTINATION_PORT_AT, true);
  const sourcePort = view.getUint16(at + PACKET_SOURCE_PORT_AT, true);
  const sourceAt = at + PACKET_SOURCE_HIGH_AT;
  const destinationAt = at + PACKET_DESTINATION_HIGH_AT;
  const isV6 = (flags & PACKET_IPV6) !== 0;
  return {
    number: Number(view.getBigUint64(at + PACKET_NUMBER_AT, true)),
    time: view.getBigInt64(at + PACKET_TIME_AT, true),
    source: isV6 ? `${ipv6Text(view, sourceAt)}:${sourcePort}` : endpoint(view, sourceAt, sourcePort),
    destination: isV6
      ? `${ipv6Text(view, destinationAt)}:${destinationPort}`
      : endpoint(view, destinationAt, destinationPort),
    destinationPort,
    transport: flags & PACKET_FILE_RECORD ? 'file' : flags & PACKET_TCP ? 'tcp' : 'udp',
    truncated: (flags & PACKET_TRUNCATED) !== 0,
    missingBytes: flags >>> PACKET_MISSING_SHIFT,
    tcpSequence: view.getUint32(at + PACKET_TCP_SEQUENCE_AT, true),
    tcpFlags: (flags >>> PACKET_TCP_FLAGS_SHIFT) & 0xff,
    view: new DataView(view.buffer, view.byteOffset + at + PACKET_BYTES, view.getUint32(at + PACKET_LENGTH_AT, true)),
  };
}
