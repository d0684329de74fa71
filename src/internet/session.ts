/**
 * What a connection to a venue of text brings, message by message, made into packets for the core. It finds what is missing
 * in the way that the venue allows, and says so by leaving out numbers: gap, stale and good are the core's, as for any feed.
 * Pure: no clock, no sockets.
 */
import { VenuewireError } from '../errors.js';
import type { JsonContext, JsonFound, JsonLevel } from '../json/reader.js';
import type { JsonDecoder } from '../json/table.js';
import type { Integrity } from '../patterns/integrity.js';
import { Ladder } from './ladder.js';
import { PacketChannel, type PacketTaker, PacketWriter } from './packets.js';

/** Levels of one record; more go into further ones. */
const LEVELS_OF_A_RECORD = 1_000;
/** More digits than a number has. */
const FEWEST = 255;

/** What was found out about an instrument. */
export interface InstrumentReport {
  /** Checksums that were right and wrong. */
  readonly checks: { readonly ok: number; readonly bad: number };
  /** Times that something was found missing. */
  readonly gaps: number;
  /** Messages that repeated, or came before the image they are older than. */
  readonly superseded: number;
  /** Fewest digits behind the point that were sent; more stand there only where they are not zero. */
  readonly decimals: { readonly price: number; readonly size: number };
}

interface Held {
  readonly found: JsonFound;
  readonly receivedNs: bigint;
}

class Instrument {
  readonly ladder = new Ladder();
  priceDecimals = FEWEST;
  sizeDecimals = FEWEST;
  /** Levels of each side that are kept. */
  depth: number | undefined;
  ok = 0;
  bad = 0;
  gaps = 0;
  superseded = 0;
  /** The last number; none before the image. */
  position: bigint | undefined;
  hasImage = false;
  broken = false;
  held: Held[] = [];
  /** What the last change told beside levels, where a state is kept for a break. */
  last: Readonly<Record<string, unknown>> | undefined;
  constructor(
    readonly symbol: string,
    readonly channel: PacketChannel,
  ) {}

  report(): InstrumentReport {
    return {
      checks: { ok: this.ok, bad: this.bad },
      gaps: this.gaps,
      superseded: this.superseded,
      decimals: { price: this.priceDecimals % FEWEST, size: this.sizeDecimals % FEWEST },
    };
  }
}

/** Who makes instruments good again, where something can be asked for. */
export interface SessionHelp {
  /** Something is missing of an instrument; told again while it is. */
  broken(symbol: string): void;
  /** Changes have begun to come, and are held until the image is there. */
  holding(symbol: string): void;
  /** An image has come that does not fit. */
  unfit(symbol: string): void;
  /** An image has come, and fits. */
  whole(symbol: string): void;
}

const big = (value: unknown): bigint => BigInt(value as number | bigint);

export class VenueSession {
  readonly #instruments = new Map<string, Instrument>();
  readonly #connection = new PacketChannel(0);
  readonly #channels = new Map<string, PacketChannel>();
  readonly #writer: PacketWriter;
  readonly #images: ReadonlySet<string>;
  readonly #changes: ReadonlySet<string>;
  /** Where a connection is numbered as a whole, an instrument may begin with a change. */
  readonly #needsImage: boolean;
  readonly #key: string;
  #lastId: bigint | undefined;
  /** Messages that could not be read, by the code of the error. */
  readonly refused = new Map<string, number>();
  /** A message that could not be read may have changed anything. */
  isInDoubt = false;
  /** The first of them. */
  firstRefusal: VenuewireError | undefined;

  /** `instruments`: those that have a channel of their own, by its key from 1 on; others share that of the connection. */
  constructor(
    readonly decoder: JsonDecoder,
    readonly integrity: Integrity,
    instruments: readonly string[],
    take: PacketTaker,
    readonly help?: SessionHelp,
    /** The venue goes on after a break: what was there before it is kept. */
    readonly resumes = false,
  ) {
    this.#writer = new PacketWriter(decoder, take);
    this.#images = new Set(integrity.images);
    this.#changes = new Set(integrity.changes);
    this.#needsImage = integrity.images.length > 0 && integrity.per === 'instrument';
    this.#key = decoder.instrument[0] ?? '';
    if (integrity.per === 'connection') return;
    for (const name of instruments) this.#channels.set(name, new PacketChannel(this.#channels.size + 1));
    // Those that are waited for are known before they have come.
    if (help !== undefined) for (const name of instruments) this.#instrument(name);
  }

  /** One message, as it came. A message that cannot be read leaves everything in doubt that it may have been about. */
  message(text: string, receivedNs: bigint, context: JsonContext = {}): readonly JsonFound[] {
    try {
      const all = this.decoder.read(text, context);
      this.#ofMessage(all, receivedNs);
      for (const found of all) this.#found(found, receivedNs);
      return all;
    } catch (error) {
      if (!(error instanceof VenuewireError)) throw error;
      this.firstRefusal ??= error;
      this.refused.set(error.code, (this.refused.get(error.code) ?? 0) + 1);
      this.isInDoubt = true;
      this.#doubt(receivedNs);
      return [];
    }
  }

  /** The connection is lost: what it would have brought is missing, until images have come again. */
  lost(receivedNs: bigint): void {
    this.#isLost = true;
    this.#awaitsImage = false;
    this.#lastNumber = undefined;
    for (const instrument of this.#instruments.values()) this.#forget(instrument, receivedNs);
    this.#doubt(receivedNs);
    this.flush();
  }

  /** Hands on the packets of what has been told: those of one time are put together until then. */
  flush(): void {
    this.#writer.flush();
  }

  /**
   * A connection has been subscribed to. What it brings replaces everything, where all that a connection brings is numbered
   * together: from its first image on, where there are any. Until then everything is in doubt, not empty.
   */
  opened(receivedNs: bigint): void {
    if (this.integrity.per !== 'connection' || !this.#isLost) return;
    this.#isLost = false;
    this.isInDoubt = false;
    if (this.#images.size === 0) this.#beginAnew(receivedNs);
    else this.#awaitsImage = true;
  }
  #awaitsImage = false;

  #beginAnew(receivedNs: bigint): void {
    this.#awaitsImage = false;
    this.#writer.anew(this.#connection, receivedNs);
    for (const instrument of this.#instruments.values()) {
      instrument.broken = false;
      instrument.ladder.clear();
      instrument.last = undefined;
    }
  }

  /** The venue goes on where the connection before ended: everything is as it was then, and is told anew. */
  resumed(receivedNs: bigint): void {
    const [image] = this.integrity.images;
    if (!this.#isLost || image === undefined) return;
    this.#isLost = false;
    this.#writer.anew(this.#connection, receivedNs);
    for (const instrument of this.#instruments.values()) {
      instrument.broken = false;
      if (instrument.last === undefined) continue;
      instrument.hasImage = true;
      const levels = instrument.ladder.levels();
      this.#write(instrument.channel, { message: image, values: { ...instrument.last, levels } }, receivedNs);
    }
  }
  #isLost = false;

  /** The next connection numbers anew. What waited for an image is of the old one, and counted as missing. */
  #forget(instrument: Instrument, receivedNs: bigint): void {
    instrument.position = undefined;
    instrument.hasImage = false;
    if (instrument.held.length > 0) this.#missing(instrument, instrument.held.length, receivedNs);
    instrument.held = [];
  }

  /** Whether an instrument waits to become good again, or for its first image. */
  waits(symbol: string): boolean {
    const found = this.#instruments.get(symbol);
    return found === undefined || found.broken || !found.hasImage;
  }

  /** No more comes: what waits for its image goes out as it is, in doubt. */
  finish(receivedNs: bigint): void {
    for (const instrument of this.#instruments.values()) {
      if (instrument.held.length === 0) continue;
      this.#missing(instrument, 1, receivedNs);
      for (const held of instrument.held) this.#write(instrument.channel, held.found, held.receivedNs);
      instrument.held = [];
    }
    this.flush();
  }

  /** By the venue's symbols. */
  report(symbol: string): InstrumentReport | undefined {
    return this.#instruments.get(symbol)?.report();
  }

  #doubt(receivedNs: bigint): void {
    this.#writer.missing(this.#connection, 1, receivedNs);
    if (this.#instruments.size === 0) this.help?.broken('');
    for (const instrument of this.#instruments.values()) {
      if (instrument.channel === this.#connection) this.#break(instrument);
      else this.#missing(instrument, 1, receivedNs);
    }
  }

  #break(instrument: Instrument): void {
    instrument.broken = true;
    instrument.gaps++;
    this.help?.broken(instrument.symbol);
  }

  #missing(instrument: Instrument, count: number, receivedNs: bigint): void {
    this.#break(instrument);
    this.#writer.missing(instrument.channel, Math.min(count, Number.MAX_SAFE_INTEGER), receivedNs);
  }

  #instrument(symbol: string): Instrument {
    let found = this.#instruments.get(symbol);
    if (found === undefined) {
      found = new Instrument(symbol, this.#channels.get(symbol) ?? this.#connection);
      this.#instruments.set(symbol, found);
    }
    return found;
  }

  #found(found: JsonFound, receivedNs: bigint): void {
    const symbol = found.values[this.#key];
    if (typeof symbol !== 'string') {
      this.#ofConnection(found, receivedNs);
      return;
    }
    const instrument = this.#instrument(symbol);
    const { position } = this.integrity;
    if (position.type === 'range') this.#ranged(instrument, found, receivedNs, position);
    else if (position.type !== 'sequence' || position.of === 'connection' || !position.messages.includes(found.message))
      this.#apply(instrument, found, receivedNs);
    else this.#numbered(instrument, found, receivedNs, big(found.values[position.field]));
  }

  /** Where all that a connection brings is numbered together, the number of a message is followed before anything in it. */
  #ofMessage(all: readonly JsonFound[], receivedNs: bigint): void {
    const { position } = this.integrity;
    if (position.type !== 'sequence' || position.of !== 'connection') return;
    const numbered = all.find(({ message }) => position.messages.includes(message));
    if (numbered === undefined) return;
    const number = big(numbered.values[position.field]);
    const last = this.#lastNumber;
    this.#lastNumber = number;
    if (last !== undefined && number !== last + 1n) this.#doubt(receivedNs);
  }
  #lastNumber: bigint | undefined;

  /** What is about no instrument; where its ids are the venue's numbers, they are followed. */
  #ofConnection(found: JsonFound, receivedNs: bigint): void {
    const { position } = this.integrity;
    if (position.type === 'lastId') {
      const told = position.told.message === found.message;
      if (told || position.messages.includes(found.message)) {
        const id = big(found.values[told ? position.told.field : position.field]);
        const missing = this.#lastId === undefined ? 0n : id - this.#lastId - (told ? 0n : 1n);
        if (missing > 0n) this.#writer.missing(this.#connection, Number(missing), receivedNs);
        if (this.#lastId === undefined || id > this.#lastId) this.#lastId = id;
      }
    }
    this.#write(this.#connection, found, receivedNs);
  }

  #numbered(instrument: Instrument, found: JsonFound, receivedNs: bigint, number: bigint): void {
    const last = instrument.position;
    if (!this.#images.has(found.message)) {
      if (last !== undefined && number <= last) {
        instrument.superseded++;
        return;
      }
      if (last === undefined) {
        if (!instrument.broken) this.#missing(instrument, 1, receivedNs);
      } else if (number > last + 1n) this.#missing(instrument, Number(number - last - 1n), receivedNs);
    }
    instrument.position = number;
    this.#apply(instrument, found, receivedNs);
  }

  #ranged(
    instrument: Instrument,
    found: JsonFound,
    receivedNs: bigint,
    position: Extract<Integrity['position'], { type: 'range' }>,
  ): void {
    if (this.#images.has(found.message)) {
      this.#joined(instrument, found, receivedNs, position);
      return;
    }
    if (!position.messages.includes(found.message)) {
      this.#write(instrument.channel, found, receivedNs);
      return;
    }
    if (instrument.position === undefined) {
      instrument.held.push({ found, receivedNs });
      if (instrument.held.length === 1) this.help?.holding(instrument.symbol);
      if (instrument.held.length > position.held) {
        const oldest = instrument.held.shift() as Held;
        this.#missing(instrument, 1, receivedNs);
        this.#write(instrument.channel, oldest.found, oldest.receivedNs);
      }
      return;
    }
    const first = big(found.values[position.first]);
    const last = big(found.values[position.last]);
    if (last <= instrument.position) {
      instrument.superseded++;
      return;
    }
    if (first > instrument.position + 1n) {
      this.#missing(instrument, Number(first - instrument.position - 1n), receivedNs);
      if (this.help !== undefined) {
        // A new image is asked for, and this message may be newer than that.
        instrument.position = undefined;
        instrument.held.push({ found, receivedNs });
        return;
      }
    }
    instrument.position = last;
    this.#apply(instrument, found, receivedNs);
  }

  /** An image that came another way: what is older goes out before it, the rest behind it. */
  #joined(
    instrument: Instrument,
    image: JsonFound,
    receivedNs: bigint,
    position: Extract<Integrity['position'], { type: 'range' }>,
  ): void {
    const last = big(image.values[position.imageLast]);
    if (instrument.position !== undefined && last < instrument.position) {
      instrument.superseded++;
      return;
    }
    const { held } = instrument;
    instrument.held = [];
    const isOlder = ({ found }: Held): boolean => big(found.values[position.last]) <= last;
    const newer = held.filter((h) => !isOlder(h));
    const first = newer[0];
    // An image that is older than what is held cannot be joined: the next one may be.
    if (first !== undefined && big(first.found.values[position.first]) > last + 1n) {
      instrument.held = held;
      instrument.superseded++;
      this.help?.unfit(instrument.symbol);
      return;
    }
    for (const h of held.filter(isOlder)) {
      instrument.superseded++;
      this.#write(instrument.channel, h.found, h.receivedNs);
    }
    instrument.position = last;
    this.#apply(instrument, image, receivedNs);
    for (const h of newer) this.#ranged(instrument, h.found, receivedNs, position);
  }

  /** Applies what changes the state, checks it, and hands it on with what has left the depth. */
  #apply(instrument: Instrument, found: JsonFound, receivedNs: bigint): void {
    const isImage = this.#images.has(found.message);
    if (isImage && this.#awaitsImage) this.#beginAnew(receivedNs);
    if (isImage && instrument.broken && instrument.channel !== this.#connection) {
      this.#writer.anew(instrument.channel, receivedNs);
      instrument.broken = false;
    }
    if (!isImage && !this.#changes.has(found.message)) {
      this.#write(instrument.channel, found, receivedNs);
      return;
    }
    if (isImage) instrument.hasImage = true;
    else if (!instrument.hasImage && this.#needsImage && !instrument.broken) this.#missing(instrument, 1, receivedNs);
    const levels = (found.values.levels as JsonLevel[] | undefined) ?? [];
    for (const level of levels) {
      instrument.priceDecimals = Math.min(instrument.priceDecimals, level.priceDecimals);
      instrument.sizeDecimals = Math.min(instrument.sizeDecimals, level.sizeDecimals);
    }
    const { checksum } = this.integrity;
    if (checksum === undefined && this.integrity.depth === undefined) {
      if (this.resumes) {
        if (isImage) instrument.ladder.clear();
        instrument.ladder.apply(levels, undefined);
        instrument.last = found.values;
      }
      this.#write(instrument.channel, found, receivedNs);
      if (isImage) this.help?.whole(instrument.symbol);
      return;
    }
    if (isImage) instrument.ladder.clear();
    const cut = instrument.ladder.apply(levels, this.#depth(instrument, found, isImage, levels));
    const values = cut.length === 0 ? found.values : { ...found.values, levels: [...levels, ...cut] };
    this.#write(instrument.channel, { message: found.message, values }, receivedNs);
    this.#check(instrument, found, receivedNs);
    if (!isImage) return;
    if (instrument.broken) this.help?.unfit(instrument.symbol);
    else this.help?.whole(instrument.symbol);
  }

  /** Levels of each side that are kept: what the venue tells, what is declared, or as many as an image has. */
  #depth(instrument: Instrument, found: JsonFound, isImage: boolean, levels: readonly JsonLevel[]): number | undefined {
    const { depth, depthField } = this.integrity;
    const told = depthField === undefined ? undefined : found.values[depthField];
    if (typeof told === 'number') return told;
    if (depth === undefined) return undefined;
    if (isImage) {
      const bids = levels.filter(({ side }) => side === 'B').length;
      instrument.depth = Math.max(depth, bids, levels.length - bids);
    }
    return instrument.depth ?? depth;
  }

  #check(instrument: Instrument, found: JsonFound, receivedNs: bigint): void {
    const { checksum } = this.integrity;
    const told = checksum === undefined ? undefined : found.values[checksum.field];
    if (checksum === undefined || told === undefined) return;
    const { price, size } = this.decoder.json.scales;
    if (instrument.ladder.checksum(checksum.levels, price, size) === told) {
      instrument.ok++;
      return;
    }
    instrument.bad++;
    if (!instrument.broken) this.#missing(instrument, 1, receivedNs);
  }

  #write(channel: PacketChannel, found: JsonFound, receivedNs: bigint): void {
    const levels = found.values.levels as JsonLevel[] | undefined;
    if (levels === undefined || levels.length <= LEVELS_OF_A_RECORD) {
      this.#writer.record(channel, found.message, found.values, receivedNs);
      return;
    }
    for (let i = 0; i < levels.length; i += LEVELS_OF_A_RECORD) {
      const part = { ...found.values, continued: i === 0 ? 0 : 1, levels: levels.slice(i, i + LEVELS_OF_A_RECORD) };
      this.#writer.record(channel, found.message, part, receivedNs);
    }
  }
}
