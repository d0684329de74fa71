import { VenuewireError } from '../errors.js';
import type { ByteOrder, Fields } from './field.js';
import { headerField, headerPlan, type PlanField, type PlanMessage, type PlanRecord, planMessage } from './plan.js';
import { type EventRoles, rolesFor } from './roles.js';
import type { DecodedMessage, DecoderShape, Messages, MessageView } from './types.js';
import { malformed, recordClass, type ViewClass } from './view.js';

/** What a message table says; see `defineDecoder`. */
export interface DecoderTable<H extends Fields, M extends Messages> {
  readonly id: string;
  readonly venue: string;
  readonly feed: string;
  readonly version: string;
  /** Document, version and date that the table follows. */
  readonly specification: string;
  /** The transport family that carries these messages. */
  readonly framing: string;
  readonly byteOrder: ByteOrder;
  /** The fields that every message begins with. */
  readonly header: H;
  /** The field of the header that selects a message; two where both do; none where the direction does. */
  readonly messageType: (keyof H & string) | readonly (keyof H & string)[] | null;
  /** Messages longer than the table says are of a newer version and are read as far as they are known. */
  readonly longer?: 'tolerated' | 'refused';
  /** The header field that carries the message's length, and how many bytes it does not count. */
  readonly lengthField?: { readonly name: keyof H & string; readonly excludes?: number };
  /** Simple Binary Encoding: field offsets count from the end of the header, blocks and entries carry their lengths. */
  readonly sbe?: { readonly schemaId: number; readonly version: number; readonly blockLength: keyof H & string };
  /** The field that tells instruments apart; several where messages name it differently (the first that is there counts). */
  readonly instrument?: string | readonly string[];
  readonly messages: M;
  /** What its messages mean for books and normalised events. */
  readonly events?: EventRoles<keyof M & string>;
  /** What was verified, where sources disagree, weak spots. */
  readonly checked?: readonly string[];
  /** What no public source confirms. */
  readonly unconfirmed?: readonly string[];
}

/** A message of a decoder, ready to be read: its number in the catalogue, its name and its view class. */
export interface MessageReader {
  readonly name: string;
  readonly index: number;
  readonly View: ViewClass;
}

export type LengthCheck = 'ok' | 'tooShort' | 'tooLong';

/** A protocol version: what its table says, and what is made from it. Made by `defineDecoder`, which checks the table. */
export class Decoder<H extends Fields = Fields, M extends Messages = Messages> implements DecoderShape<H, M> {
  declare readonly id: string;
  declare readonly venue: string;
  declare readonly feed: string;
  declare readonly version: string;
  declare readonly specification: string;
  declare readonly framing: string;
  declare readonly byteOrder: ByteOrder;
  declare readonly header: H;
  declare readonly messages: M;
  readonly messageType: readonly string[];
  declare readonly longer: 'tolerated' | 'refused';
  readonly lengthField: { readonly name: string; readonly excludes: number } | undefined;
  declare readonly sbe:
    | { readonly schemaId: number; readonly version: number; readonly blockLength: string }
    | undefined;
  readonly instrument: readonly string[];
  declare readonly checked: readonly string[];
  declare readonly unconfirmed: readonly string[];
  readonly events: EventRoles | undefined;
  /** Message names in the order of declaration: the position is the message's index, here and in the native core. */
  readonly names: readonly string[];
  #plans: (PlanMessage | undefined)[];
  #header: PlanRecord | undefined;
  #types: readonly PlanField[] | undefined;
  #codes: Map<number, number> | Int16Array | undefined;

  constructor(table: DecoderTable<H, M>) {
    Object.assign(this, { longer: 'refused', sbe: undefined, checked: [], unconfirmed: [] }, table);
    const type = table.messageType;
    this.messageType = type === null ? [] : typeof type === 'string' ? [type] : type;
    this.lengthField = table.lengthField && { name: table.lengthField.name, excludes: table.lengthField.excludes ?? 0 };
    const instrument = table.instrument ?? [];
    this.instrument = typeof instrument === 'string' ? [instrument] : instrument;
    this.events = table.events && rolesFor(table.events as EventRoles, table.messages);
    this.names = Object.keys(table.messages);
    this.#plans = new Array(this.names.length);
  }

  /** Where the header's fields stand. */
  get headerPlan(): PlanRecord {
    this.#header ??= headerPlan(this);
    return this.#header;
  }

  /** Where everything of message `index` stands. */
  plan(index: number): PlanMessage {
    const made = this.#plans[index];
    if (made !== undefined) return made;
    const name = this.names[index];
    const message = name === undefined ? undefined : this.messages[name];
    if (name === undefined || message === undefined) {
      throw new VenuewireError(
        'VW_MESSAGE_INDEX',
        `${this.id} has no message ${index}`,
        'Use an index below names.length.',
      );
    }
    const plan = planMessage(this, name, index, message);
    this.#plans[index] = plan;
    return plan;
  }

  /** The index of a message by name. */
  indexOf(name: keyof M & string): number {
    const index = this.names.indexOf(name);
    if (index < 0) {
      throw new VenuewireError(
        'VW_MESSAGE_NAME',
        `${this.id} has no message '${name}'`,
        `Its messages are ${this.names.join(', ')}.`,
      );
    }
    return index;
  }

  #prepare(): void {
    const types = this.messageType.map((name) => headerField(this, this.headerPlan, name));
    const width = types.reduce((n, t) => n + t.size, 0);
    const codes = width === 1 ? new Int16Array(256).fill(-1) : new Map<number, number>();
    for (const [code, index] of this.codes()) {
      if (codes instanceof Map) codes.set(code, index);
      else codes[code] = index;
    }
    this.#codes = codes;
    this.#types = types;
  }

  /** Which message each type code selects: the bytes of the type fields as one number, most significant first. */
  codes(): Map<number, number> {
    const codes = new Map<number, number>();
    if (this.messageType.length === 0) return codes;
    for (const own of [false, true]) {
      this.names.forEach((_, index) => {
        const plan = this.plan(index);
        for (const code of own ? plan.codes : plan.others) codes.set(code, index);
      });
    }
    return codes;
  }

  /** The index of the message at `offset`, -1 when its type is not in the table or its bytes end before the type. */
  messageIndex(data: DataView, offset: number, length: number): number {
    if (this.#types === undefined) this.#prepare();
    const types = this.#types as readonly PlanField[];
    const codes = this.#codes as Map<number, number> | Int16Array;
    const first = types[0];
    if (first === undefined || first.at + first.size > length) return -1;
    if (!(codes instanceof Map)) return codes[data.getUint8(offset + first.at)] as number;
    let code = 0;
    for (const t of types) {
      if (t.at + t.size > length) return -1;
      if (t.wire === 'uint' && t.size === 2) code = code * 0x10000 + data.getUint16(offset + t.at, !t.big);
      else for (let i = 0; i < t.size; i++) code = code * 256 + data.getUint8(offset + t.at + i);
    }
    return codes.get(code) ?? -1;
  }

  /** Whether `length` bytes can be message `index`; views may be bound only to what is `ok`. */
  lengthCheck(index: number, length: number): LengthCheck {
    const plan = this.plan(index);
    if (length < plan.minLength) return 'tooShort';
    return plan.maxLength !== 0 && length > plan.maxLength && this.longer === 'refused' ? 'tooLong' : 'ok';
  }

  /** A new view for message `name`; `bind` it to bytes. */
  view<N extends keyof M & string>(name: N): MessageView<DecoderShape<H, M>, N> {
    const plan = this.plan(this.indexOf(name));
    return new (recordClass(plan.record, plan))() as MessageView<DecoderShape<H, M>, N>;
  }

  /**
   * The message that `bytes` are, by its type code, as a plain object; no feed and no framing is needed.
   * @throws VenuewireError `VW_MESSAGE_TYPE` when its type is not in the table, `VW_MESSAGE_MALFORMED` when the bytes are
   * fewer or more than it has, or contradict themselves.
   */
  decode(bytes: Uint8Array): DecodedMessage<DecoderShape<H, M>> {
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const index = this.messageIndex(data, 0, bytes.length);
    const message = this.names[index];
    if (message === undefined)
      throw new VenuewireError(
        'VW_MESSAGE_TYPE',
        `${this.id}: no message has the type of these ${bytes.length} bytes`,
        'Give the bytes of one message, without the framing around it, to the decoder of its version.',
      );
    const plan = this.plan(index);
    const fits = this.lengthCheck(index, bytes.length);
    if (fits !== 'ok')
      throw malformed(`${bytes.length} bytes are ${fits === 'tooShort' ? 'too few' : 'too many'} for ${message}`);
    const view = new (recordClass(plan.record, plan))().bind(data, 0, bytes.length);
    return { message, fields: view.toObject() } as unknown as DecodedMessage<DecoderShape<H, M>>;
  }
}

/** The view classes of a decoder, by message index. */
export function createViews(decoder: Decoder): readonly MessageReader[] {
  return decoder.names.map((name, index) => {
    return {
      name,
      index,
      get View(): ViewClass {
        const plan = decoder.plan(index);
        return recordClass(plan.record, plan);
      },
    };
  });
}
