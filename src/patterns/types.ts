/**
 * What can be declared, as types: what a check gives, and where it differs (`…Input`) what it takes. Written from the schemas by
 * `npm run pattern-types`, so that the package's declarations need no types of the schema library; a test compares them.
 */
import type { Action, Outcome, PacketKind, Variable } from '../contract.js';
import type { Decoder } from '../layout/decoder.js';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A time span: a number and its unit (ns, us, ms, s, min, h, d), for example `250us` */
export type Duration = string;

/** Where the value is found when the feed opens: `env:NAME` (environment variable) or `file:PATH` */
export type Reference = string;

/** Who we are to the server */
export type Credentials =
  | {
      type: 'none';
    }
  | {
      type: 'userPassword';
      username: Reference;
      password: Reference;
      /** A third part, where a venue has one: session, company or line */
      id?: Reference | undefined;
    }
  | {
      type: 'idAndSourceAddress';
      id: Reference;
      /** Address of this machine that connections are made from */
      localAddress?: string | undefined;
    }
  | {
      type: 'token';
      token: Reference;
    }
  | {
      type: 'fixLogon';
      senderCompId: Reference;
      targetCompId: Reference;
      username: Reference;
      password: Reference;
    }
  | {
      type: 'bearer';
      token: Reference;
    }
  | {
      type: 'keyAndSession';
      key: Reference;
      session: Reference;
    }
  | {
      type: 'apiKey';
      key: Reference;
      secret: Reference;
    }
  | {
      type: 'externalLogin';
      /** Where that program leaves the session */
      session: Reference;
    };

/** How the bytes come to us */
export type Network =
  | {
      type: 'udpMulticast';
      /** `group:port` */
      address: string;
      /** Network interface, by name (`eth1`) or address; default: the one that the system’s routes choose */
      interface?: string | undefined;
      /** Only datagrams of this sender are joined (source-specific multicast) */
      source?: string | undefined;
      /**
       * How they are received: `socket` (the default: no rights needed), `afXdp` (from the driver, past the kernel),
       * `dpdk` (out of the ring that venuewire-dpdk fills, which `interface` names), `ioUring` (sockets, read by
       * io_uring), `packetRing` (in blocks, up to a millisecond late), or `auto`: the best that the machine and the
       * rights allow
       */
      receive?: 'auto' | 'dpdk' | 'afXdp' | 'socket' | 'ioUring' | 'packetRing' | undefined;
    }
  | {
      type: 'udpUnicast';
      /** `address:port` to receive on; address 0.0.0.0 for any */
      address: string;
      /** Network interface, by name (`eth1`) or address; default: the one that the system’s routes choose */
      interface?: string | undefined;
    }
  | {
      type: 'tcp';
      /** `host:port` */
      address: string;
    }
  | {
      type: 'tls';
      /** `host:port` */
      address: string;
      /** Name that the server’s certificate must carry; default: the host */
      serverName?: string | undefined;
    }
  | {
      type: 'websocket';
      /** `wss://…` */
      url: string;
    }
  | {
      type: 'httpsStream';
      /** `https://…` */
      url: string;
    }
  | {
      type: 'captureFile';
      /** Path of the file */
      path: string;
      /** Only packets for this port */
      port?: number | undefined;
    }
  | {
      type: 'ftp';
      url: string;
    }
  | {
      type: 'sftp';
      url: string;
    }
  | {
      type: 'rrcp';
      /** `host:port` */
      address: string;
    }
  | {
      type: 'sqlReplication';
      url: string;
    };

export interface VariableValue {
  variable: Variable;
  /** Added to the value */
  add?: number | undefined;
}

export interface CredentialValue {
  /** The part of the credentials that goes here */
  credential: 'username' | 'password' | 'id' | 'token' | 'senderCompId' | 'targetCompId' | 'key' | 'session';
}

export interface ParameterValue {
  /** Name of a value that the venue gives under `parameters` */
  parameter: string;
}

/** A constant; `{ variable: … }`, which the engine fills in; `{ credential: … }`; `{ parameter: … }` */
export type Value = string | number | bigint | VariableValue | CredentialValue | ParameterValue;

/** The packet that the message travels in; absent: the message is sent as it is */
export interface Envelope {
  /** Id of the framing of the packet that the message travels in; `feed`: the feed’s own */
  framing: string;
  /** The packet’s number; default: 0 */
  sequence?: Value | undefined;
  /** Other header fields, in the framing’s byte order; what is not set is zero. Length and count are filled in */
  set: {
    offset: number;
    size: number;
    value: number | string | VariableValue;
  }[];
}

/** The packet that the message travels in; absent: the message is sent as it is */
export interface EnvelopeInput {
  /** Id of the framing of the packet that the message travels in; `feed`: the feed’s own */
  framing: string;
  /** The packet’s number; default: 0 */
  sequence?: Value | undefined;
  /** Other header fields, in the framing’s byte order; what is not set is zero. Length and count are filled in */
  set?:
    | {
        offset: number;
        size: number;
        value: number | string | VariableValue;
      }[]
    | undefined;
}

/** A message, encoded by its table */
export interface TableMessage {
  /** A message table, by the id of its decoder */
  table: string | Decoder;
  /** Name of the message in that table */
  message: string;
  /** What its fields hold, of groups a list; fields that are not named are zero or blank */
  values: Record<string, Value | Record<string, Value>[]>;
  in?: Envelope | undefined;
}

/** A message, encoded by its table */
export interface TableMessageInput {
  /** A message table, by the id of its decoder */
  table: string | Decoder;
  /** Name of the message in that table */
  message: string;
  /** What its fields hold, of groups a list; fields that are not named are zero or blank */
  values?: Record<string, Value | Record<string, Value>[]> | undefined;
  in?: EnvelopeInput | undefined;
}

/** A FIX tag=value message */
export interface FixMessage {
  /** Tags and values in order, from 8 (BeginString) on where the venue has it; 9 and 10 are computed */
  fix: [number, Value][];
}

/** A packet without messages, as some venues’ heartbeats are */
export interface EmptyPacket {
  packet: Envelope;
}

/** A packet without messages, as some venues’ heartbeats are */
export interface EmptyPacketInput {
  packet: EnvelopeInput;
}

export type Outgoing = TableMessage | FixMessage | EmptyPacket;

export type OutgoingInput = TableMessageInput | FixMessage | EmptyPacketInput;

/** Where an unsigned number stands */
export interface FramingField {
  /**
   * Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number
   */
  offset: number;
  /** Bytes; at most 8 unless the field is `digits` */
  size: number;
  /** `uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag */
  type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
  /** Byte order, where it differs from the framing’s */
  byteOrder?: 'big' | 'little' | undefined;
  /** Only these bits: the lowest (0 = least significant) and how many */
  bits?: [number, number] | undefined;
}

/** How packets carry messages */
export interface Parsed {
  /** Name of this framing; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** Beginnings of decoder ids that take this variant of the framing that they name */
  decoders: string[];
  /** What no public source confirms: check before relying on it */
  unconfirmed: string[];
  /** Of every field that does not say otherwise */
  byteOrder: 'big' | 'little';
  /** Bytes from the start of a packet to its first message */
  headerLength: number;
  /** Bytes of the shortest legal packet; default: `headerLength` */
  shortestPacket?: number | undefined;
  /** The length of the packet; absent: the datagram is the packet */
  packetLength?:
    | {
        /**
         * Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number
         */
        offset: number;
        /** Bytes; at most 8 unless the field is `digits` */
        size: number;
        /** `uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag */
        type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
        /** Byte order, where it differs from the framing’s */
        byteOrder?: 'big' | 'little' | undefined;
        /** Only these bits: the lowest (0 = least significant) and how many */
        bits?: [number, number] | undefined;
        /** Bytes of the packet that the field does not count (negative: counts more). Default: `0`. */
        excludes: number;
      }
    | undefined;
  /**
   * tag=value messages: BodyLength (9) ends one, CheckSum (10) is verified; fields are found by their tags.
   * Default: `false`.
   */
  fix: boolean;
  /** The packet ends with this byte, which is part of it, where no field says its length */
  packetDelimiter?: number | undefined;
  /** One datagram may hold several packets, each with its header. Default: `false`. */
  manyPackets: boolean;
  /** Session, version or restart counter: numbers mean something only within one */
  session?:
    | {
        offset: number;
        size: number;
        /** `text`: compared as bytes; `uint`: a number of up to 8 bytes. Default: `text`. */
        type: 'text' | 'uint';
        /** Only these bits: the lowest (0 = least significant) and how many */
        bits?: [number, number] | undefined;
        /** Byte order, where it differs from the framing’s */
        byteOrder?: 'big' | 'little' | undefined;
        /** A greater value is a newer session. Default: `false`. */
        ordered: boolean;
      }
    | undefined;
  /** The number of the packet’s first message, or of the packet */
  sequence?: FramingField | undefined;
  /** Bits of the number above its lowest 32 */
  sequenceHigh?: FramingField | undefined;
  /** What one number counts. Default: `message`, without a `sequence`: `none` */
  numbering?: 'message' | 'packet' | 'none' | undefined;
  /**
   * Numbers may start again without a mark that can be relied on: a lower number that was sent later is a new
   * beginning. Default: `false`.
   */
  restarts: boolean;
  /** Packets numbered 0 carry messages that no number counts. Default: `false`. */
  zeroIsUnsequenced: boolean;
  /** After `max` the next number is `first`; `first` is also where a session begins */
  wrap: {
    /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
    max: number | string;
    /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
    first: number | string;
  };
  /** Messages in the packet; absent: messages go to the packet’s end */
  count?: FramingField | undefined;
  /** What tells channels apart that share a line */
  channel?: FramingField | undefined;
  /** When the venue sent the packet */
  sendTime?:
    | {
        /**
         * Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number
         */
        offset: number;
        /** Bytes; at most 8 unless the field is `digits` */
        size: number;
        /** `uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag */
        type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
        /** Byte order, where it differs from the framing’s */
        byteOrder?: 'big' | 'little' | undefined;
        /** Only these bits: the lowest (0 = least significant) and how many */
        bits?: [number, number] | undefined;
        /** Default: `ns`. */
        unit: 'ns' | 'us' | 'ms' | 's';
        /** A further field that adds nanoseconds */
        nanos?: FramingField | undefined;
      }
    | undefined;
  /** Packets that are not plain data; the first that matches decides */
  kinds: {
    when: {
      /** A field that is declared above */
      field?: 'packetLength' | 'sequence' | 'count' | 'channel' | 'session' | undefined;
      offset?: number | undefined;
      size?: number | undefined;
      /** Instead of `offset` and `size`: a FIX tag */
      tag?: number | undefined;
      /** Byte order, where it differs from the framing’s */
      byteOrder?: 'big' | 'little' | undefined;
      /** Only these bits: the lowest (0 = least significant) and how many */
      bits?: [number, number] | undefined;
      /** The value; text is compared byte by byte */
      equals: number | string;
    };
    /** … and this holds too */
    and?:
      | {
          /** Default: `0`. */
          offset: number;
          /** Default: `1`. */
          size: number;
          /** Instead of `offset` and `size`: a FIX tag */
          tag?: number | undefined;
          /** Byte order, where it differs from the framing’s */
          byteOrder?: 'big' | 'little' | undefined;
          /** Only these bits: the lowest (0 = least significant) and how many */
          bits?: [number, number] | undefined;
          /** The value; text is compared byte by byte */
          equals: number | string;
        }
      | undefined;
    is: PacketKind;
    /**
     * What the number of such a packet says. `none`: nothing; `next`: the number that will be sent next; `last`: the
     * number that was sent last; `numbered`: its own number, which it takes. Default: `none`.
     */
    number: 'none' | 'next' | 'last' | 'numbered';
  }[];
  /** First messages that steer the session; offsets count from the message. They are delivered all the same */
  controls: {
    /** A field that has this value */
    when: {
      /** Default: `0`. */
      offset: number;
      /** Default: `1`. */
      size: number;
      /** Instead of `offset` and `size`: a FIX tag */
      tag?: number | undefined;
      /** Byte order, where it differs from the framing’s */
      byteOrder?: 'big' | 'little' | undefined;
      /** Only these bits: the lowest (0 = least significant) and how many */
      bits?: [number, number] | undefined;
      /** The value; text is compared byte by byte */
      equals: number | string;
    };
    /** … and this holds too */
    and?:
      | {
          /** Default: `0`. */
          offset: number;
          /** Default: `1`. */
          size: number;
          /** Instead of `offset` and `size`: a FIX tag */
          tag?: number | undefined;
          /** Byte order, where it differs from the framing’s */
          byteOrder?: 'big' | 'little' | undefined;
          /** Only these bits: the lowest (0 = least significant) and how many */
          bits?: [number, number] | undefined;
          /** The value; text is compared byte by byte */
          equals: number | string;
        }
      | undefined;
    is: PacketKind;
    /**
     * What the number of such a packet says. `none`: nothing; `next`: the number that will be sent next; `last`: the
     * number that was sent last; `numbered`: its own number, which it takes. Default: `none`.
     */
    number: 'none' | 'next' | 'last' | 'numbered';
    /** Of a heartbeat or reset: the number that follows; default: the packet’s. Of `unavailable`: the first */
    next?: FramingField | undefined;
    /** Of `unavailable`: the last number; default: the first */
    last?: FramingField | undefined;
    /** Whether `last` is the last number of the range or the one behind it. Default: `included`. */
    lastIs: 'included' | 'next';
    /**
     * false: the message takes no number. Of `unavailable`: it stands in the stream, in place of its range. Default:
     * `true`.
     */
    counted: boolean;
  }[];
  /** A second count that messages carry: of the product, or of several channels together */
  item?:
    | {
        /** Field of the packet that names the item; absent: one count for all */
        key?: FramingField | undefined;
        /** Its number; the offset counts from the message. All ones: the message has none */
        number: FramingField;
      }
    | undefined;
  /** How messages follow each other */
  message: {
    /** Length of a message; its offset counts from the first byte of the prefix */
    length?:
      | {
          /**
           * Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number
           */
          offset: number;
          /** Bytes; at most 8 unless the field is `digits` */
          size: number;
          /** `uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag */
          type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
          /** Byte order, where it differs from the framing’s */
          byteOrder?: 'big' | 'little' | undefined;
          /** Only these bits: the lowest (0 = least significant) and how many */
          bits?: [number, number] | undefined;
          /** Bytes from the prefix to the next message that the field does not count. Default: `0`. */
          excludes: number;
        }
      | undefined;
    /**
     * Where a message’s length comes from: its `length` field; the message `table` (its type decides); a `delimiter`;
     * the `packet` (one message, to the end). Default: what is declared
     */
    lengthFrom?: 'field' | 'table' | 'delimiter' | 'packet' | undefined;
    /** Messages end with this byte */
    delimiter?: number | undefined;
    /** Bytes in front of a message that are not part of it. Default: `0`. */
    prefix: number;
    /** Bytes behind a message that are not part of it. Default: `0`. */
    trailer: number;
    /** Messages begin at multiples of this, from the first one. Default: `1`. */
    align: number;
  };
}

/** How packets carry messages */
export interface FramingInput {
  /** Name of this framing; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** Beginnings of decoder ids that take this variant of the framing that they name */
  decoders?: string[] | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed?: string[] | undefined;
  /** Of every field that does not say otherwise */
  byteOrder: 'big' | 'little';
  /** Bytes from the start of a packet to its first message */
  headerLength: number;
  /** Bytes of the shortest legal packet; default: `headerLength` */
  shortestPacket?: number | undefined;
  /** The length of the packet; absent: the datagram is the packet */
  packetLength?:
    | {
        /**
         * Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number
         */
        offset: number;
        /** Bytes; at most 8 unless the field is `digits` */
        size: number;
        /** `uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag */
        type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
        /** Byte order, where it differs from the framing’s */
        byteOrder?: 'big' | 'little' | undefined;
        /** Only these bits: the lowest (0 = least significant) and how many */
        bits?: [number, number] | undefined;
        /** Bytes of the packet that the field does not count (negative: counts more). Default: `0`. */
        excludes?: number | undefined;
      }
    | undefined;
  /**
   * tag=value messages: BodyLength (9) ends one, CheckSum (10) is verified; fields are found by their tags.
   * Default: `false`.
   */
  fix?: boolean | undefined;
  /** The packet ends with this byte, which is part of it, where no field says its length */
  packetDelimiter?: number | undefined;
  /** One datagram may hold several packets, each with its header. Default: `false`. */
  manyPackets?: boolean | undefined;
  /** Session, version or restart counter: numbers mean something only within one */
  session?:
    | {
        offset: number;
        size: number;
        /** `text`: compared as bytes; `uint`: a number of up to 8 bytes. Default: `text`. */
        type?: 'text' | 'uint' | undefined;
        /** Only these bits: the lowest (0 = least significant) and how many */
        bits?: [number, number] | undefined;
        /** Byte order, where it differs from the framing’s */
        byteOrder?: 'big' | 'little' | undefined;
        /** A greater value is a newer session. Default: `false`. */
        ordered?: boolean | undefined;
      }
    | undefined;
  /** The number of the packet’s first message, or of the packet */
  sequence?: FramingField | undefined;
  /** Bits of the number above its lowest 32 */
  sequenceHigh?: FramingField | undefined;
  /** What one number counts. Default: `message`, without a `sequence`: `none` */
  numbering?: 'message' | 'packet' | 'none' | undefined;
  /**
   * Numbers may start again without a mark that can be relied on: a lower number that was sent later is a new
   * beginning. Default: `false`.
   */
  restarts?: boolean | undefined;
  /** Packets numbered 0 carry messages that no number counts. Default: `false`. */
  zeroIsUnsequenced?: boolean | undefined;
  /** After `max` the next number is `first`; `first` is also where a session begins */
  wrap?:
    | {
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        max: number | string;
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        first: number | string;
      }
    | undefined;
  /** Messages in the packet; absent: messages go to the packet’s end */
  count?: FramingField | undefined;
  /** What tells channels apart that share a line */
  channel?: FramingField | undefined;
  /** When the venue sent the packet */
  sendTime?:
    | {
        /**
         * Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number
         */
        offset: number;
        /** Bytes; at most 8 unless the field is `digits` */
        size: number;
        /** `uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag */
        type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
        /** Byte order, where it differs from the framing’s */
        byteOrder?: 'big' | 'little' | undefined;
        /** Only these bits: the lowest (0 = least significant) and how many */
        bits?: [number, number] | undefined;
        /** Default: `ns`. */
        unit?: 'ns' | 'us' | 'ms' | 's' | undefined;
        /** A further field that adds nanoseconds */
        nanos?: FramingField | undefined;
      }
    | undefined;
  /** Packets that are not plain data; the first that matches decides */
  kinds?:
    | {
        when: {
          /** A field that is declared above */
          field?: 'packetLength' | 'sequence' | 'count' | 'channel' | 'session' | undefined;
          offset?: number | undefined;
          size?: number | undefined;
          /** Instead of `offset` and `size`: a FIX tag */
          tag?: number | undefined;
          /** Byte order, where it differs from the framing’s */
          byteOrder?: 'big' | 'little' | undefined;
          /** Only these bits: the lowest (0 = least significant) and how many */
          bits?: [number, number] | undefined;
          /** The value; text is compared byte by byte */
          equals: number | string;
        };
        /** … and this holds too */
        and?:
          | {
              /** Default: `0`. */
              offset?: number | undefined;
              /** Default: `1`. */
              size?: number | undefined;
              /** Instead of `offset` and `size`: a FIX tag */
              tag?: number | undefined;
              /** Byte order, where it differs from the framing’s */
              byteOrder?: 'big' | 'little' | undefined;
              /** Only these bits: the lowest (0 = least significant) and how many */
              bits?: [number, number] | undefined;
              /** The value; text is compared byte by byte */
              equals: number | string;
            }
          | undefined;
        is: PacketKind;
        /**
         * What the number of such a packet says. `none`: nothing; `next`: the number that will be sent next; `last`: the
         * number that was sent last; `numbered`: its own number, which it takes. Default: `none`.
         */
        number?: 'none' | 'next' | 'last' | 'numbered' | undefined;
      }[]
    | undefined;
  /** First messages that steer the session; offsets count from the message. They are delivered all the same */
  controls?:
    | {
        /** A field that has this value */
        when: {
          /** Default: `0`. */
          offset?: number | undefined;
          /** Default: `1`. */
          size?: number | undefined;
          /** Instead of `offset` and `size`: a FIX tag */
          tag?: number | undefined;
          /** Byte order, where it differs from the framing’s */
          byteOrder?: 'big' | 'little' | undefined;
          /** Only these bits: the lowest (0 = least significant) and how many */
          bits?: [number, number] | undefined;
          /** The value; text is compared byte by byte */
          equals: number | string;
        };
        /** … and this holds too */
        and?:
          | {
              /** Default: `0`. */
              offset?: number | undefined;
              /** Default: `1`. */
              size?: number | undefined;
              /** Instead of `offset` and `size`: a FIX tag */
              tag?: number | undefined;
              /** Byte order, where it differs from the framing’s */
              byteOrder?: 'big' | 'little' | undefined;
              /** Only these bits: the lowest (0 = least significant) and how many */
              bits?: [number, number] | undefined;
              /** The value; text is compared byte by byte */
              equals: number | string;
            }
          | undefined;
        is: PacketKind;
        /**
         * What the number of such a packet says. `none`: nothing; `next`: the number that will be sent next; `last`: the
         * number that was sent last; `numbered`: its own number, which it takes. Default: `none`.
         */
        number?: 'none' | 'next' | 'last' | 'numbered' | undefined;
        /** Of a heartbeat or reset: the number that follows; default: the packet’s. Of `unavailable`: the first */
        next?: FramingField | undefined;
        /** Of `unavailable`: the last number; default: the first */
        last?: FramingField | undefined;
        /** Whether `last` is the last number of the range or the one behind it. Default: `included`. */
        lastIs?: 'included' | 'next' | undefined;
        /**
         * false: the message takes no number. Of `unavailable`: it stands in the stream, in place of its range. Default:
         * `true`.
         */
        counted?: boolean | undefined;
      }[]
    | undefined;
  /** A second count that messages carry: of the product, or of several channels together */
  item?:
    | {
        /** Field of the packet that names the item; absent: one count for all */
        key?: FramingField | undefined;
        /** Its number; the offset counts from the message. All ones: the message has none */
        number: FramingField;
      }
    | undefined;
  /** How messages follow each other */
  message?:
    | {
        /** Length of a message; its offset counts from the first byte of the prefix */
        length?:
          | {
              /**
               * Bytes from the first byte of the packet (in `message` and `controls`: of the message); of a `tag`, its number
               */
              offset: number;
              /** Bytes; at most 8 unless the field is `digits` */
              size: number;
              /** `uint` (the default); `digits`: a number in ASCII; `tag`, `tagText`: the number or text of a FIX tag */
              type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
              /** Byte order, where it differs from the framing’s */
              byteOrder?: 'big' | 'little' | undefined;
              /** Only these bits: the lowest (0 = least significant) and how many */
              bits?: [number, number] | undefined;
              /** Bytes from the prefix to the next message that the field does not count. Default: `0`. */
              excludes?: number | undefined;
            }
          | undefined;
        /**
         * Where a message’s length comes from: its `length` field; the message `table` (its type decides); a `delimiter`;
         * the `packet` (one message, to the end). Default: what is declared
         */
        lengthFrom?: 'field' | 'table' | 'delimiter' | 'packet' | undefined;
        /** Messages end with this byte */
        delimiter?: number | undefined;
        /** Bytes in front of a message that are not part of it. Default: `0`. */
        prefix?: number | undefined;
        /** Bytes behind a message that are not part of it. Default: `0`. */
        trailer?: number | undefined;
        /** Messages begin at multiples of this, from the first one. Default: `1`. */
        align?: number | undefined;
      }
    | undefined;
}

/** What one kind of reply means */
export interface Reply {
  /** The message that the rule is for; the first rule that matches decides */
  on?:
    | {
        /** A message table, by the id of its decoder */
        table: string | Decoder;
        /** Name of the message in that table */
        message: string;
        /** Fields that must have these values too */
        values: Record<string, string | number | bigint>;
      }
    | undefined;
  /** Instead of `on`: little-endian bytes, or text. Without either the rule is for all that is left */
  when?:
    | {
        /** Default: `0`. */
        offset: number;
        /** Default: `1`. */
        size: number;
        /** Instead of `offset` and `size`: a FIX tag */
        tag?: number | undefined;
        byteOrder?: 'big' | 'little' | undefined;
        equals: number | string;
      }
    | undefined;
  /** … and this too */
  and?:
    | {
        /** Default: `0`. */
        offset: number;
        /** Default: `1`. */
        size: number;
        /** Instead of `offset` and `size`: a FIX tag */
        tag?: number | undefined;
        byteOrder?: 'big' | 'little' | undefined;
        equals: number | string;
      }
    | undefined;
  /**
   * Whether that message is the whole `packet` or one `message` in it. Default: `packet` for tables of streams,
   * else `message`
   */
  of?: 'packet' | 'message' | undefined;
  /** … and its payload begins with this message; the other fields are then fields of it */
  holding?:
    | {
        /** A message table, by the id of its decoder */
        table: string | Decoder;
        /** Name of the message in that table */
        message: string;
        /** Fields that must have these values too */
        values: Record<string, string | number | bigint>;
      }
    | undefined;
  do: Action;
  /** Field of `on` that the payload begins with */
  payload?: string | undefined;
  /** Field that holds the number, or (in little-endian order, unless it says otherwise) its place */
  number?: string | FramingField | undefined;
  /** Field that holds the last number of a range (of `subscriptionRejected`: the reason), or its place */
  last?: string | FramingField | undefined;
  /** Of `answer`: the FIX tag whose text is sent back */
  echo?: FramingField | undefined;
  /** Of a loop’s items: field that tells them apart. Default: the framing’s `item` */
  key?: string | undefined;
  /** Of a loop: field that says how many items a cycle has */
  total?: string | undefined;
  /** Field that must equal the feed’s session, blanks aside */
  session?: string | undefined;
  /** Fields that repeat what the request held. Where one does not, the reply answers another request */
  answers: Record<string, Variable>;
  /** What each status code means; a character, or a number in quotes */
  statuses: Record<string, Outcome>;
  /** What every other status code means. Default: `giveUp`. */
  otherwise: Outcome;
}

/** What one kind of reply means */
export interface ReplyInput {
  /** The message that the rule is for; the first rule that matches decides */
  on?:
    | {
        /** A message table, by the id of its decoder */
        table: string | Decoder;
        /** Name of the message in that table */
        message: string;
        /** Fields that must have these values too */
        values?: Record<string, string | number | bigint> | undefined;
      }
    | undefined;
  /** Instead of `on`: little-endian bytes, or text. Without either the rule is for all that is left */
  when?:
    | {
        /** Default: `0`. */
        offset?: number | undefined;
        /** Default: `1`. */
        size?: number | undefined;
        /** Instead of `offset` and `size`: a FIX tag */
        tag?: number | undefined;
        byteOrder?: 'big' | 'little' | undefined;
        equals: number | string;
      }
    | undefined;
  /** … and this too */
  and?:
    | {
        /** Default: `0`. */
        offset?: number | undefined;
        /** Default: `1`. */
        size?: number | undefined;
        /** Instead of `offset` and `size`: a FIX tag */
        tag?: number | undefined;
        byteOrder?: 'big' | 'little' | undefined;
        equals: number | string;
      }
    | undefined;
  /**
   * Whether that message is the whole `packet` or one `message` in it. Default: `packet` for tables of streams,
   * else `message`
   */
  of?: 'packet' | 'message' | undefined;
  /** … and its payload begins with this message; the other fields are then fields of it */
  holding?:
    | {
        /** A message table, by the id of its decoder */
        table: string | Decoder;
        /** Name of the message in that table */
        message: string;
        /** Fields that must have these values too */
        values?: Record<string, string | number | bigint> | undefined;
      }
    | undefined;
  do: Action;
  /** Field of `on` that the payload begins with */
  payload?: string | undefined;
  /** Field that holds the number, or (in little-endian order, unless it says otherwise) its place */
  number?: string | FramingField | undefined;
  /** Field that holds the last number of a range (of `subscriptionRejected`: the reason), or its place */
  last?: string | FramingField | undefined;
  /** Of `answer`: the FIX tag whose text is sent back */
  echo?: FramingField | undefined;
  /** Of a loop’s items: field that tells them apart. Default: the framing’s `item` */
  key?: string | undefined;
  /** Of a loop: field that says how many items a cycle has */
  total?: string | undefined;
  /** Field that must equal the feed’s session, blanks aside */
  session?: string | undefined;
  /** Fields that repeat what the request held. Where one does not, the reply answers another request */
  answers?: Record<string, Variable> | undefined;
  /** What each status code means; a character, or a number in quotes */
  statuses?: Record<string, Outcome> | undefined;
  /** What every other status code means. Default: `giveUp`. */
  otherwise?: Outcome | undefined;
}

/** How missing messages are requested from a server */
export interface Recovery {
  /** Name of this pattern; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed: string[];
  /** How the server is reached */
  transport: 'udp' | 'tcp' | 'tls';
  /**
   * After a request has been served the connection is kept, or closed by the server, or by us. Default: `keep`.
   */
  connection: 'keep' | 'serverCloses' | 'clientCloses';
  /** How replies are framed: `feed`, like the feed, or the id of a framing, or a framing. Default: `feed`. */
  framing: string | Parsed;
  /** Sent first; without a `request` the login itself asks for the range */
  login?: Outgoing | undefined;
  /** Asks for a range */
  request?: Outgoing | undefined;
  /** Keeps the connection alive */
  heartbeat?: Outgoing | undefined;
  /** Sent before we close */
  logout?: Outgoing | undefined;
  /** What the server’s messages mean; the first rule that matches decides */
  replies: Reply[];
  /** A request can only be sent once the server has announced an image. Default: `false`. */
  needsImage: boolean;
  keepAlive: {
    /** The heartbeat is sent when we have been silent for so long */
    send?: Duration | undefined;
    /** A server that has been silent for so long is given up */
    silence?: Duration | undefined;
  };
  /** What the venue allows; limits change without a protocol version, so a venue file can set them */
  limits: {
    /** Messages per request. What the request’s count field can hold bounds it too */
    perRequest?: number | string | undefined;
    /** Messages behind the newest that the server still has */
    age?: number | string | undefined;
    /** Requests per time; all hold at once */
    rates: {
      /** So many requests */
      count: number;
      /** … in any span of this length */
      per: Duration;
    }[];
    /** Least time between two logins */
    loginGap?: Duration | undefined;
    /** Longest wait for an allowance before the next rung. Default: `1s`. */
    patience: Duration;
    /** Rest after every server has refused, or could not be reached. Default: `1s`. */
    cooldown: Duration;
    /** Longest packet that a server may send. Default: `65536`. */
    packetBytes: number;
  };
  /** Default: `1s`. */
  connectTimeout: Duration;
  /** From the connection to the server’s answer to the login. Default: `1s`. */
  loginTimeout: Duration;
  /**
   * Where the messages come: out of `replies` by the rules; as packets of the feed (`feedPackets`: what no rule
   * matches); or on the venue’s retransmission `lines`. Default: `replies`.
   */
  delivery: 'replies' | 'feedPackets' | 'lines';
  /**
   * TCP: the next request waits until this one has been answered to its end. Never so where the messages come on
   * `lines`. Default: `true`.
   */
  serial: boolean;
  /**
   * One datagram answers one request, however much was asked for: the rest is asked for again. Default: `false`.
   */
  onePerDatagram: boolean;
}

/** How missing messages are requested from a server */
export interface RecoveryInput {
  /** Name of this pattern; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed?: string[] | undefined;
  /** How the server is reached */
  transport: 'udp' | 'tcp' | 'tls';
  /**
   * After a request has been served the connection is kept, or closed by the server, or by us. Default: `keep`.
   */
  connection?: 'keep' | 'serverCloses' | 'clientCloses' | undefined;
  /** How replies are framed: `feed`, like the feed, or the id of a framing, or a framing. Default: `feed`. */
  framing?: string | FramingInput | undefined;
  /** Sent first; without a `request` the login itself asks for the range */
  login?: OutgoingInput | undefined;
  /** Asks for a range */
  request?: OutgoingInput | undefined;
  /** Keeps the connection alive */
  heartbeat?: OutgoingInput | undefined;
  /** Sent before we close */
  logout?: OutgoingInput | undefined;
  /** What the server’s messages mean; the first rule that matches decides */
  replies?: ReplyInput[] | undefined;
  /** A request can only be sent once the server has announced an image. Default: `false`. */
  needsImage?: boolean | undefined;
  keepAlive?:
    | {
        /** The heartbeat is sent when we have been silent for so long */
        send?: Duration | undefined;
        /** A server that has been silent for so long is given up */
        silence?: Duration | undefined;
      }
    | undefined;
  /** What the venue allows; limits change without a protocol version, so a venue file can set them */
  limits?:
    | {
        /** Messages per request. What the request’s count field can hold bounds it too */
        perRequest?: number | string | undefined;
        /** Messages behind the newest that the server still has */
        age?: number | string | undefined;
        /** Requests per time; all hold at once */
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        /** Least time between two logins */
        loginGap?: Duration | undefined;
        /** Longest wait for an allowance before the next rung. Default: `1s`. */
        patience?: Duration | undefined;
        /** Rest after every server has refused, or could not be reached. Default: `1s`. */
        cooldown?: Duration | undefined;
        /** Longest packet that a server may send. Default: `65536`. */
        packetBytes?: number | undefined;
      }
    | undefined;
  /** Default: `1s`. */
  connectTimeout?: Duration | undefined;
  /** From the connection to the server’s answer to the login. Default: `1s`. */
  loginTimeout?: Duration | undefined;
  /**
   * Where the messages come: out of `replies` by the rules; as packets of the feed (`feedPackets`: what no rule
   * matches); or on the venue’s retransmission `lines`. Default: `replies`.
   */
  delivery?: 'replies' | 'feedPackets' | 'lines' | undefined;
  /**
   * TCP: the next request waits until this one has been answered to its end. Never so where the messages come on
   * `lines`. Default: `true`.
   */
  serial?: boolean | undefined;
  /**
   * One datagram answers one request, however much was asked for: the rest is asked for again. Default: `false`.
   */
  onePerDatagram?: boolean | undefined;
}

/** What one line lost the other may still bring */
export interface WaitRung {
  type: 'waitForOtherLine';
  /** How long the other line may take. Default: `1ms`. */
  for: Duration;
  /** The wait is also over once so many packets are held behind the hole; 0: no such bound. Default: `0`. */
  packets: number;
}

/** What one line lost the other may still bring */
export interface WaitRungInput {
  type: 'waitForOtherLine';
  /** How long the other line may take. Default: `1ms`. */
  for?: Duration | undefined;
  /** The wait is also over once so many packets are held behind the hole; 0: no such bound. Default: `0`. */
  packets?: number | undefined;
}

/** Missing messages are requested from a server */
export interface RequestRung {
  type: 'request';
  /** How the server is talked to: id of a recovery, or a recovery */
  pattern: string | Recovery;
  /**
   * `host:port` of each server, in the order in which they are tried. A host name is resolved anew for every
   * connection
   */
  servers: string[];
  credentials: Credentials;
  /** Only for this channel; default: for all */
  channel?: string | undefined;
  /** Address of this machine that requests come from */
  localAddress?: string | undefined;
  /** Values that the pattern leaves to the venue, for example a product number */
  parameters: Record<string, string | number>;
  /** Attempts without progress before the next rung. Default: `3`. */
  tries: number;
  /** Other limits than the pattern’s */
  limits?:
    | {
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        perRequest?: number | string | undefined;
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        age?: number | string | undefined;
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        loginGap?: Duration | undefined;
        patience?: Duration | undefined;
        cooldown?: Duration | undefined;
        packetBytes?: number | undefined;
      }
    | undefined;
  /** From a request until its answer must have made progress. Default: `250ms`. */
  timeout: Duration;
}

/** Missing messages are requested from a server */
export interface RequestRungInput {
  type: 'request';
  /** How the server is talked to: id of a recovery, or a recovery */
  pattern: string | RecoveryInput;
  /**
   * `host:port` of each server, in the order in which they are tried. A host name is resolved anew for every
   * connection
   */
  servers: string[];
  credentials?: Credentials | undefined;
  /** Only for this channel; default: for all */
  channel?: string | undefined;
  /** Address of this machine that requests come from */
  localAddress?: string | undefined;
  /** Values that the pattern leaves to the venue, for example a product number */
  parameters?: Record<string, string | number> | undefined;
  /** Attempts without progress before the next rung. Default: `3`. */
  tries?: number | undefined;
  /** Other limits than the pattern’s */
  limits?:
    | {
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        perRequest?: number | string | undefined;
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        age?: number | string | undefined;
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        loginGap?: Duration | undefined;
        patience?: Duration | undefined;
        cooldown?: Duration | undefined;
        packetBytes?: number | undefined;
      }
    | undefined;
  /** From a request until its answer must have made progress. Default: `250ms`. */
  timeout?: Duration | undefined;
}

/** Where a snapshot comes from and how it joins the live feed */
export interface Snapshot {
  /** Name of this pattern; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed: string[];
  /** How the server is reached */
  transport: 'udp' | 'tcp' | 'tls';
  /**
   * After a request has been served the connection is kept, or closed by the server, or by us. Default: `keep`.
   */
  connection: 'keep' | 'serverCloses' | 'clientCloses';
  /** How replies are framed: `feed`, like the feed, or the id of a framing, or a framing. Default: `feed`. */
  framing: string | Parsed;
  /** Sent first; without a `request` the login itself asks for the range */
  login?: Outgoing | undefined;
  /** Asks for a range */
  request?: Outgoing | undefined;
  /** Keeps the connection alive */
  heartbeat?: Outgoing | undefined;
  /** Sent before we close */
  logout?: Outgoing | undefined;
  replies: Reply[];
  /** A request can only be sent once the server has announced an image. Default: `false`. */
  needsImage: boolean;
  keepAlive: {
    /** The heartbeat is sent when we have been silent for so long */
    send?: Duration | undefined;
    /** A server that has been silent for so long is given up */
    silence?: Duration | undefined;
  };
  /** What the venue allows; limits change without a protocol version, so a venue file can set them */
  limits: {
    /** Messages per request. What the request’s count field can hold bounds it too */
    perRequest?: number | string | undefined;
    /** Messages behind the newest that the server still has */
    age?: number | string | undefined;
    /** Requests per time; all hold at once */
    rates: {
      /** So many requests */
      count: number;
      /** … in any span of this length */
      per: Duration;
    }[];
    /** Least time between two logins */
    loginGap?: Duration | undefined;
    /** Longest wait for an allowance before the next rung. Default: `1s`. */
    patience: Duration;
    /** Rest after every server has refused, or could not be reached. Default: `1s`. */
    cooldown: Duration;
    /** Longest packet that a server may send. Default: `65536`. */
    packetBytes: number;
  };
  /** Default: `1s`. */
  connectTimeout: Duration;
  /** From the connection to the server’s answer to the login. Default: `1s`. */
  loginTimeout: Duration;
  /**
   * Where it comes from: `request`: a server, on the same connection; `loop`: a line that repeats it;
   * `requestOnLines`: a server, on separate lines; `firstMessages` after a subscription; `inBand`: on the live
   * line. Default: `request`.
   */
  from: 'request' | 'loop' | 'requestOnLines' | 'firstMessages' | 'inBand';
  /** How the snapshot lines are framed: `feed`, or the id of a framing, or a framing. Default: `feed`. */
  lineFraming: string | Parsed;
  /** How the snapshot is joined with the live numbers */
  number: {
    /** Whether the snapshot’s number is the last that it contains or the first that it does not */
    is: 'lastIncluded' | 'firstToApply';
    /** … and comes before the data, after it, or with every packet or instrument */
    comes: 'before' | 'after' | 'everyPacket' | 'everyInstrument';
    /**
     * What it counts: the `channel`’s messages or packets, or what the framing declares as `item`: a count that is
     * each product’s own, or that several channels share. Only what is held can then prove a snapshot new enough.
     * Default: `channel`.
     */
    of: 'channel' | 'item';
  };
}

/** Where a snapshot comes from and how it joins the live feed */
export interface SnapshotInput {
  /** Name of this pattern; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed?: string[] | undefined;
  /** How the server is reached */
  transport: 'udp' | 'tcp' | 'tls';
  /**
   * After a request has been served the connection is kept, or closed by the server, or by us. Default: `keep`.
   */
  connection?: 'keep' | 'serverCloses' | 'clientCloses' | undefined;
  /** How replies are framed: `feed`, like the feed, or the id of a framing, or a framing. Default: `feed`. */
  framing?: string | FramingInput | undefined;
  /** Sent first; without a `request` the login itself asks for the range */
  login?: OutgoingInput | undefined;
  /** Asks for a range */
  request?: OutgoingInput | undefined;
  /** Keeps the connection alive */
  heartbeat?: OutgoingInput | undefined;
  /** Sent before we close */
  logout?: OutgoingInput | undefined;
  replies?: ReplyInput[] | undefined;
  /** A request can only be sent once the server has announced an image. Default: `false`. */
  needsImage?: boolean | undefined;
  keepAlive?:
    | {
        /** The heartbeat is sent when we have been silent for so long */
        send?: Duration | undefined;
        /** A server that has been silent for so long is given up */
        silence?: Duration | undefined;
      }
    | undefined;
  /** What the venue allows; limits change without a protocol version, so a venue file can set them */
  limits?:
    | {
        /** Messages per request. What the request’s count field can hold bounds it too */
        perRequest?: number | string | undefined;
        /** Messages behind the newest that the server still has */
        age?: number | string | undefined;
        /** Requests per time; all hold at once */
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        /** Least time between two logins */
        loginGap?: Duration | undefined;
        /** Longest wait for an allowance before the next rung. Default: `1s`. */
        patience?: Duration | undefined;
        /** Rest after every server has refused, or could not be reached. Default: `1s`. */
        cooldown?: Duration | undefined;
        /** Longest packet that a server may send. Default: `65536`. */
        packetBytes?: number | undefined;
      }
    | undefined;
  /** Default: `1s`. */
  connectTimeout?: Duration | undefined;
  /** From the connection to the server’s answer to the login. Default: `1s`. */
  loginTimeout?: Duration | undefined;
  /**
   * Where it comes from: `request`: a server, on the same connection; `loop`: a line that repeats it;
   * `requestOnLines`: a server, on separate lines; `firstMessages` after a subscription; `inBand`: on the live
   * line. Default: `request`.
   */
  from?: 'request' | 'loop' | 'requestOnLines' | 'firstMessages' | 'inBand' | undefined;
  /** How the snapshot lines are framed: `feed`, or the id of a framing, or a framing. Default: `feed`. */
  lineFraming?: string | FramingInput | undefined;
  /** How the snapshot is joined with the live numbers */
  number: {
    /** Whether the snapshot’s number is the last that it contains or the first that it does not */
    is: 'lastIncluded' | 'firstToApply';
    /** … and comes before the data, after it, or with every packet or instrument */
    comes: 'before' | 'after' | 'everyPacket' | 'everyInstrument';
    /**
     * What it counts: the `channel`’s messages or packets, or what the framing declares as `item`: a count that is
     * each product’s own, or that several channels share. Only what is held can then prove a snapshot new enough.
     * Default: `channel`.
     */
    of?: 'channel' | 'item' | undefined;
  };
}

/** The state is taken from a snapshot; what is missing before it is given up */
export interface SnapshotRung {
  type: 'snapshot';
  /** Where it comes from: id of a snapshot, or a snapshot */
  pattern: string | Snapshot;
  /** `host:port` of each server; none where the snapshot comes on lines by itself */
  servers: string[] | never[];
  credentials: Credentials;
  /** Only for this channel; default: for all */
  channel?: string | undefined;
  /** Address of this machine that requests come from */
  localAddress?: string | undefined;
  /** Values that the pattern leaves to the venue, for example a product number */
  parameters: Record<string, string | number>;
  /** Attempts without progress before the next rung. Default: `3`. */
  tries: number;
  /** Other limits than the pattern’s */
  limits?:
    | {
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        perRequest?: number | string | undefined;
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        age?: number | string | undefined;
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        loginGap?: Duration | undefined;
        patience?: Duration | undefined;
        cooldown?: Duration | undefined;
        packetBytes?: number | undefined;
      }
    | undefined;
  /** Longest time for a whole snapshot. Default: `30s`. */
  timeout: Duration;
}

/** The state is taken from a snapshot; what is missing before it is given up */
export interface SnapshotRungInput {
  type: 'snapshot';
  /** Where it comes from: id of a snapshot, or a snapshot */
  pattern: string | SnapshotInput;
  /** `host:port` of each server; none where the snapshot comes on lines by itself */
  servers?: string[] | never[] | undefined;
  credentials?: Credentials | undefined;
  /** Only for this channel; default: for all */
  channel?: string | undefined;
  /** Address of this machine that requests come from */
  localAddress?: string | undefined;
  /** Values that the pattern leaves to the venue, for example a product number */
  parameters?: Record<string, string | number> | undefined;
  /** Attempts without progress before the next rung. Default: `3`. */
  tries?: number | undefined;
  /** Other limits than the pattern’s */
  limits?:
    | {
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        perRequest?: number | string | undefined;
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        age?: number | string | undefined;
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        loginGap?: Duration | undefined;
        patience?: Duration | undefined;
        cooldown?: Duration | undefined;
        packetBytes?: number | undefined;
      }
    | undefined;
  /** Longest time for a whole snapshot. Default: `30s`. */
  timeout?: Duration | undefined;
}

/** A connection that is itself a line of the feed */
export interface Stream {
  /** Name of this pattern; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed: string[];
  /** How the server is reached */
  transport: 'udp' | 'tcp' | 'tls';
  /**
   * After a request has been served the connection is kept, or closed by the server, or by us. Default: `keep`.
   */
  connection: 'keep' | 'serverCloses' | 'clientCloses';
  /** How replies are framed: `feed`, like the feed, or the id of a framing, or a framing. Default: `feed`. */
  framing: string | Parsed;
  /** Sent first; without a `request` the login itself asks for the range */
  login?: Outgoing | undefined;
  /** Asks for a range */
  request?: Outgoing | undefined;
  /** Keeps the connection alive */
  heartbeat?: Outgoing | undefined;
  /** Sent before we close */
  logout?: Outgoing | undefined;
  /** What the server’s messages mean; the first rule that matches decides */
  replies: Reply[];
  /** A request can only be sent once the server has announced an image. Default: `false`. */
  needsImage: boolean;
  keepAlive: {
    /** The heartbeat is sent when we have been silent for so long */
    send?: Duration | undefined;
    /** A silent server is probed after so long */
    probe?: Duration | undefined;
    /** … and given up after so long */
    silence?: Duration | undefined;
  };
  /** What the venue allows; limits change without a protocol version, so a venue file can set them */
  limits: {
    /** Messages per request. What the request’s count field can hold bounds it too */
    perRequest?: number | string | undefined;
    /** Messages behind the newest that the server still has */
    age?: number | string | undefined;
    /** Requests per time; all hold at once */
    rates: {
      /** So many requests */
      count: number;
      /** … in any span of this length */
      per: Duration;
    }[];
    /** Least time between two logins */
    loginGap?: Duration | undefined;
    /** Longest wait for an allowance before the next rung. Default: `1s`. */
    patience: Duration;
    /** Rest after every server has refused, or could not be reached. Default: `1s`. */
    cooldown: Duration;
    /** Longest packet that a server may send. Default: `65536`. */
    packetBytes: number;
  };
  /** Default: `1s`. */
  connectTimeout: Duration;
  /** From the connection to the server’s answer to the login. Default: `1s`. */
  loginTimeout: Duration;
  /**
   * Where the messages come: out of `replies` by the rules; or every packet of the stream is one of the feed, with
   * its own number (`feedPackets`), whatever the rules do besides. Default: `replies`.
   */
  delivery: 'replies' | 'feedPackets';
  /** The login after a break, where it differs from the first */
  resume?: Outgoing | undefined;
  /** Sent after each login */
  subscribe: Outgoing[];
  /**
   * The messages of `subscribe` as they are sent a second time, by `answerNumber` rules: with their numbers, marked
   * as the protocol wants it. Default: they are filled over like everything else
   */
  resend: Outgoing[];
  /** FIX tags and what every message of the server must hold in them; one that does not ends the connection */
  peer: [number, Value][];
  /** Sent once to a server that has been silent for `keepAlive.probe` */
  probe?: Outgoing | undefined;
  /** Sent by `answer` rules; default: the heartbeat */
  answer?: Outgoing | undefined;
  /**
   * Sent by `answerNumber` rules for what will not be sent again: our messages from `asked` up to (not with)
   * `filledTo`. Takes no number of its own
   */
  gapFill?: Outgoing | undefined;
  /** Between two connections, and between two subscriptions of which the first has failed */
  reconnect: {
    /** Rest before the first new attempt; it doubles …. Default: `100ms`. */
    first: Duration;
    /** … up to this. A rejected login waits for so long at once. Default: `10s`. */
    most: Duration;
  };
  /** What marks a message that was sent before; a number that is too low without it ends the connection */
  resent?:
    | {
        field: FramingField;
        equals: number | string;
      }
    | undefined;
  /**
   * So many `snapshotEnd` messages after `subscribe` make the state whole again (one for each instrument). Default:
   * `0`.
   */
  refresh: number;
  /** From a subscription until its state has made progress; then it is subscribed to again. Default: `10s`. */
  refreshTimeout: Duration;
}

/** A connection that is itself a line of the feed */
export interface StreamInput {
  /** Name of this pattern; venue files refer to it */
  id: string;
  /** Document, version and section that says so */
  source?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed?: string[] | undefined;
  /** How the server is reached */
  transport: 'udp' | 'tcp' | 'tls';
  /**
   * After a request has been served the connection is kept, or closed by the server, or by us. Default: `keep`.
   */
  connection?: 'keep' | 'serverCloses' | 'clientCloses' | undefined;
  /** How replies are framed: `feed`, like the feed, or the id of a framing, or a framing. Default: `feed`. */
  framing?: string | FramingInput | undefined;
  /** Sent first; without a `request` the login itself asks for the range */
  login?: OutgoingInput | undefined;
  /** Asks for a range */
  request?: OutgoingInput | undefined;
  /** Keeps the connection alive */
  heartbeat?: OutgoingInput | undefined;
  /** Sent before we close */
  logout?: OutgoingInput | undefined;
  /** What the server’s messages mean; the first rule that matches decides */
  replies?: ReplyInput[] | undefined;
  /** A request can only be sent once the server has announced an image. Default: `false`. */
  needsImage?: boolean | undefined;
  keepAlive?:
    | {
        /** The heartbeat is sent when we have been silent for so long */
        send?: Duration | undefined;
        /** A silent server is probed after so long */
        probe?: Duration | undefined;
        /** … and given up after so long */
        silence?: Duration | undefined;
      }
    | undefined;
  /** What the venue allows; limits change without a protocol version, so a venue file can set them */
  limits?:
    | {
        /** Messages per request. What the request’s count field can hold bounds it too */
        perRequest?: number | string | undefined;
        /** Messages behind the newest that the server still has */
        age?: number | string | undefined;
        /** Requests per time; all hold at once */
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        /** Least time between two logins */
        loginGap?: Duration | undefined;
        /** Longest wait for an allowance before the next rung. Default: `1s`. */
        patience?: Duration | undefined;
        /** Rest after every server has refused, or could not be reached. Default: `1s`. */
        cooldown?: Duration | undefined;
        /** Longest packet that a server may send. Default: `65536`. */
        packetBytes?: number | undefined;
      }
    | undefined;
  /** Default: `1s`. */
  connectTimeout?: Duration | undefined;
  /** From the connection to the server’s answer to the login. Default: `1s`. */
  loginTimeout?: Duration | undefined;
  /**
   * Where the messages come: out of `replies` by the rules; or every packet of the stream is one of the feed, with
   * its own number (`feedPackets`), whatever the rules do besides. Default: `replies`.
   */
  delivery?: 'replies' | 'feedPackets' | undefined;
  /** The login after a break, where it differs from the first */
  resume?: OutgoingInput | undefined;
  /** Sent after each login */
  subscribe?: OutgoingInput[] | undefined;
  /**
   * The messages of `subscribe` as they are sent a second time, by `answerNumber` rules: with their numbers, marked
   * as the protocol wants it. Default: they are filled over like everything else
   */
  resend?: OutgoingInput[] | undefined;
  /** FIX tags and what every message of the server must hold in them; one that does not ends the connection */
  peer?: [number, Value][] | undefined;
  /** Sent once to a server that has been silent for `keepAlive.probe` */
  probe?: OutgoingInput | undefined;
  /** Sent by `answer` rules; default: the heartbeat */
  answer?: OutgoingInput | undefined;
  /**
   * Sent by `answerNumber` rules for what will not be sent again: our messages from `asked` up to (not with)
   * `filledTo`. Takes no number of its own
   */
  gapFill?: OutgoingInput | undefined;
  /** Between two connections, and between two subscriptions of which the first has failed */
  reconnect?:
    | {
        /** Rest before the first new attempt; it doubles …. Default: `100ms`. */
        first?: Duration | undefined;
        /** … up to this. A rejected login waits for so long at once. Default: `10s`. */
        most?: Duration | undefined;
      }
    | undefined;
  /** What marks a message that was sent before; a number that is too low without it ends the connection */
  resent?:
    | {
        field: FramingField;
        equals: number | string;
      }
    | undefined;
  /**
   * So many `snapshotEnd` messages after `subscribe` make the state whole again (one for each instrument). Default:
   * `0`.
   */
  refresh?: number | undefined;
  /** From a subscription until its state has made progress; then it is subscribed to again. Default: `10s`. */
  refreshTimeout?: Duration | undefined;
}

/**
 * A stream that is a line of a channel. Where its pattern has a `request`, missing messages are asked for on it,
 * before the rungs of `recovery`; where it has a `refresh`, it is subscribed to again when they are lost for good
 */
export interface StreamUse {
  /** How the server is talked to: id of a stream, or a stream */
  pattern: string | Stream;
  /**
   * `host:port` of each server, in the order in which they are tried. A host name is resolved anew for every
   * connection
   */
  servers: string[];
  credentials: Credentials;
  /** Only for this channel; default: for all */
  channel?: string | undefined;
  /** Address of this machine that requests come from */
  localAddress?: string | undefined;
  /** Values that the pattern leaves to the venue, for example a product number */
  parameters: Record<string, string | number>;
  /** Attempts without progress before the next rung. Default: `3`. */
  tries: number;
  /** Other limits than the pattern’s */
  limits?:
    | {
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        perRequest?: number | string | undefined;
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        age?: number | string | undefined;
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        loginGap?: Duration | undefined;
        patience?: Duration | undefined;
        cooldown?: Duration | undefined;
        packetBytes?: number | undefined;
      }
    | undefined;
  /** Of a pattern that is made for its use, for example the symbols of a FIX session */
  options?: Record<string, unknown> | undefined;
  /** From a request on the stream until its answer must have made progress. Default: `2s`. */
  timeout: Duration;
}

/**
 * A stream that is a line of a channel. Where its pattern has a `request`, missing messages are asked for on it,
 * before the rungs of `recovery`; where it has a `refresh`, it is subscribed to again when they are lost for good
 */
export interface StreamUseInput {
  /** How the server is talked to: id of a stream, or a stream */
  pattern: string | StreamInput;
  /**
   * `host:port` of each server, in the order in which they are tried. A host name is resolved anew for every
   * connection
   */
  servers: string[];
  credentials?: Credentials | undefined;
  /** Only for this channel; default: for all */
  channel?: string | undefined;
  /** Address of this machine that requests come from */
  localAddress?: string | undefined;
  /** Values that the pattern leaves to the venue, for example a product number */
  parameters?: Record<string, string | number> | undefined;
  /** Attempts without progress before the next rung. Default: `3`. */
  tries?: number | undefined;
  /** Other limits than the pattern’s */
  limits?:
    | {
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        perRequest?: number | string | undefined;
        /** An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes */
        age?: number | string | undefined;
        rates?:
          | {
              /** So many requests */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }[]
          | undefined;
        loginGap?: Duration | undefined;
        patience?: Duration | undefined;
        cooldown?: Duration | undefined;
        packetBytes?: number | undefined;
      }
    | undefined;
  /** Of a pattern that is made for its use, for example the symbols of a FIX session */
  options?: Record<string, unknown> | undefined;
  /** From a request on the stream until its answer must have made progress. Default: `2s`. */
  timeout?: Duration | undefined;
}

/** What is said to a venue that sends text */
export interface Subscription {
  /** What is subscribed to, as the venue writes it in its messages */
  instruments: string[];
  /** Sent first */
  login: Record<string, JsonValue>[];
  /** Sent behind it, and for one instrument alone when it is recovered */
  subscribe: Record<string, JsonValue>[];
  /** Sent behind that, once for a connection: what has no state, which no recovery subscribes to anew */
  alongside: Record<string, JsonValue>[];
  /** Sent before an instrument is subscribed to anew */
  unsubscribe: Record<string, JsonValue>[];
  /** Behind the address of the line, with places as in messages */
  path: string;
  /** Of the HTTP request, with places as in messages */
  headers: Record<string, string>;
  credentials?: Credentials | undefined;
  /** Of WebSockets and HTTPS */
  proxy?:
    | {
        /** The proxy: connections go through tunnels of it (HTTP CONNECT); TLS is with the venue all the same */
        url: string;
        /** `userPassword`, where the proxy wants a login */
        credentials?: Credentials | undefined;
      }
    | undefined;
  /** Of messages that have the places `{signature}`, `{timestamp}` or `{nonce}` */
  signature?:
    | {
        /** Hash of the HMAC (RFC 2104) */
        hmac: 'sha256' | 'sha512';
        /** How the secret of the credentials is written. Default: `text`. */
        secret: 'text' | 'base64';
        /**
         * What is signed, one behind the other. Places: `{path}`, `{body}`, `{nonce}` (grows), `{timestamp}` (seconds),
         * `{credentials.NAME}`
         */
        of: {
          text: string;
          /** The bytes of this hash of it, instead */
          hash?: 'sha256' | undefined;
        }[];
        /** Default: `base64`. */
        as: 'base64' | 'hex';
      }
    | undefined;
  /** A token that is asked for before each connection */
  session?:
    | {
        /** Where it is asked for, by POST */
        url: string;
        /** What is posted, with places `{nonce}` and `{timestamp}` */
        body: string;
        /** With places as in messages, and `{signature}` */
        headers: Record<string, string>;
        /** A signature by the secret of `apiKey` credentials; it stands where `{signature}` is */
        signature?:
          | {
              /** Hash of the HMAC (RFC 2104) */
              hmac: 'sha256' | 'sha512';
              /** How the secret of the credentials is written. Default: `text`. */
              secret: 'text' | 'base64';
              /**
               * What is signed, one behind the other. Places: `{path}`, `{body}`, `{nonce}` (grows), `{timestamp}` (seconds),
               * `{credentials.NAME}`
               */
              of: {
                text: string;
                /** The bytes of this hash of it, instead */
                hash?: 'sha256' | undefined;
              }[];
              /** Default: `base64`. */
              as: 'base64' | 'hex';
            }
          | undefined;
        /** Where in the answer the token is: it stands where messages have `{session}` */
        token: (string | number)[];
        /** Where the answer says why there is none */
        refused?: (string | number)[] | undefined;
      }
    | undefined;
  /** Of venues whose images are asked for over HTTPS */
  image?:
    | {
        /** Where it is asked for, with `{instrument}` */
        url: string;
        /** Bytes of an answer. Default: `67108864`. */
        most: number;
      }
    | undefined;
  /**
   * How an instrument that something is missing of becomes good: it is subscribed to anew; its image is asked for;
   * all is connected to anew; or by the next image, which comes unasked
   */
  recover: 'subscription' | 'image' | 'connection' | 'next';
  /**
   * How a venue goes on after a break. A template has `{resume.NAME}` where a token stands; without tokens the
   * member is left out
   */
  resume?:
    | {
        /** Members of messages: the last value of each goes into the next subscription */
        tokens: string[];
        /** Member of messages that are parts of one: only the last part has tokens */
        part?:
          | {
              member: string;
              /** What it is of the last part */
              last: string;
            }
          | undefined;
        /** Member of the message that tells what comes instead */
        answer: {
          member: string;
          /** What was missed */
          patch: string;
          /** Everything anew */
          image: string;
        };
        /** Member of the answer to tokens that are too old */
        refused: {
          member: string;
          equals: string;
        };
      }
    | undefined;
  /** How one knows that the venue has refused what was asked of it */
  refused: {
    /** Where in an answer */
    path: (string | number)[];
    /** … this stands when something is refused */
    equals: string | boolean;
    /** Where it says why */
    text?: (string | number)[] | undefined;
    /** It concerns the connection: that one is ended. Default: `false`. */
    fatal: boolean;
  }[];
  /** How one knows of maintenance: it is told, and the connection stays until the venue ends it */
  maintenance: {
    /** Where in a message */
    path: (string | number)[];
    /** … this stands when the venue rests, or is about to */
    equals: string | boolean;
  }[];
  /** How one knows that one of the two clocks is wrong */
  clock?:
    | {
        /** Field of records with the time of the venue */
        field: string;
        /** More than that between it and our clock is told. Default: `5s`. */
        within: Duration;
      }
    | undefined;
  /** What is sent while nothing else is; without `send` a WebSocket ping, which must be answered `within` */
  keepAlive?:
    | {
        /**
         * A message. In its texts `{instruments}` stands for all instruments (alone: as an array), `{instrument}` within
         * an array for one entry each, `:lower` behind the name for small letters, `{credentials.NAME}` for a part of the
         * credentials, `{session}` for the token of `session`, `{signature}`, `{timestamp}` and `{nonce}` for those of
         * `signature`
         */
        send?: Record<string, JsonValue> | undefined;
        every: Duration;
        /** Default: `10s`. */
        within: Duration;
      }
    | undefined;
  /** A connection that brings nothing for so long is given up. Default: `30s`. */
  silence: Duration;
  /** From a subscription until its image; then it is asked for again. Default: `15s`. */
  imageWithin: Duration;
  /** A connection is made anew after so long, before the venue ends it */
  lifetime?: Duration | undefined;
  /** What the venue allows */
  rates: {
    connects?:
      | {
          /** So many */
          count: number;
          /** … in any span of this length */
          per: Duration;
        }
      | undefined;
    messages?:
      | {
          /** So many */
          count: number;
          /** … in any span of this length */
          per: Duration;
        }
      | undefined;
    requests?:
      | {
          /** So many */
          count: number;
          /** … in any span of this length */
          per: Duration;
        }
      | undefined;
  };
  reconnect: {
    /** Rest before the first new attempt; it doubles, and half of it is random …. Default: `250ms`. */
    first: Duration;
    /** … up to this. A refused login waits for so long at once. Default: `60s`. */
    most: Duration;
  };
  /** Bytes of a message, unpacked. Default: `16777216`. */
  most: number;
}

/** What is said to a venue that sends text */
export interface SubscriptionInput {
  /** What is subscribed to, as the venue writes it in its messages */
  instruments: string[];
  /** Sent first */
  login?: Record<string, JsonValue>[] | undefined;
  /** Sent behind it, and for one instrument alone when it is recovered */
  subscribe?: Record<string, JsonValue>[] | undefined;
  /** Sent behind that, once for a connection: what has no state, which no recovery subscribes to anew */
  alongside?: Record<string, JsonValue>[] | undefined;
  /** Sent before an instrument is subscribed to anew */
  unsubscribe?: Record<string, JsonValue>[] | undefined;
  /** Behind the address of the line, with places as in messages */
  path?: string | undefined;
  /** Of the HTTP request, with places as in messages */
  headers?: Record<string, string> | undefined;
  credentials?: Credentials | undefined;
  /** Of WebSockets and HTTPS */
  proxy?:
    | {
        /** The proxy: connections go through tunnels of it (HTTP CONNECT); TLS is with the venue all the same */
        url: string;
        /** `userPassword`, where the proxy wants a login */
        credentials?: Credentials | undefined;
      }
    | undefined;
  /** Of messages that have the places `{signature}`, `{timestamp}` or `{nonce}` */
  signature?:
    | {
        /** Hash of the HMAC (RFC 2104) */
        hmac: 'sha256' | 'sha512';
        /** How the secret of the credentials is written. Default: `text`. */
        secret?: 'text' | 'base64' | undefined;
        /**
         * What is signed, one behind the other. Places: `{path}`, `{body}`, `{nonce}` (grows), `{timestamp}` (seconds),
         * `{credentials.NAME}`
         */
        of: {
          text: string;
          /** The bytes of this hash of it, instead */
          hash?: 'sha256' | undefined;
        }[];
        /** Default: `base64`. */
        as?: 'base64' | 'hex' | undefined;
      }
    | undefined;
  /** A token that is asked for before each connection */
  session?:
    | {
        /** Where it is asked for, by POST */
        url: string;
        /** What is posted, with places `{nonce}` and `{timestamp}` */
        body?: string | undefined;
        /** With places as in messages, and `{signature}` */
        headers?: Record<string, string> | undefined;
        /** A signature by the secret of `apiKey` credentials; it stands where `{signature}` is */
        signature?:
          | {
              /** Hash of the HMAC (RFC 2104) */
              hmac: 'sha256' | 'sha512';
              /** How the secret of the credentials is written. Default: `text`. */
              secret?: 'text' | 'base64' | undefined;
              /**
               * What is signed, one behind the other. Places: `{path}`, `{body}`, `{nonce}` (grows), `{timestamp}` (seconds),
               * `{credentials.NAME}`
               */
              of: {
                text: string;
                /** The bytes of this hash of it, instead */
                hash?: 'sha256' | undefined;
              }[];
              /** Default: `base64`. */
              as?: 'base64' | 'hex' | undefined;
            }
          | undefined;
        /** Where in the answer the token is: it stands where messages have `{session}` */
        token: (string | number)[];
        /** Where the answer says why there is none */
        refused?: (string | number)[] | undefined;
      }
    | undefined;
  /** Of venues whose images are asked for over HTTPS */
  image?:
    | {
        /** Where it is asked for, with `{instrument}` */
        url: string;
        /** Bytes of an answer. Default: `67108864`. */
        most?: number | undefined;
      }
    | undefined;
  /**
   * How an instrument that something is missing of becomes good: it is subscribed to anew; its image is asked for;
   * all is connected to anew; or by the next image, which comes unasked
   */
  recover: 'subscription' | 'image' | 'connection' | 'next';
  /**
   * How a venue goes on after a break. A template has `{resume.NAME}` where a token stands; without tokens the
   * member is left out
   */
  resume?:
    | {
        /** Members of messages: the last value of each goes into the next subscription */
        tokens: string[];
        /** Member of messages that are parts of one: only the last part has tokens */
        part?:
          | {
              member: string;
              /** What it is of the last part */
              last: string;
            }
          | undefined;
        /** Member of the message that tells what comes instead */
        answer: {
          member: string;
          /** What was missed */
          patch: string;
          /** Everything anew */
          image: string;
        };
        /** Member of the answer to tokens that are too old */
        refused: {
          member: string;
          equals: string;
        };
      }
    | undefined;
  /** How one knows that the venue has refused what was asked of it */
  refused?:
    | {
        /** Where in an answer */
        path: (string | number)[];
        /** … this stands when something is refused */
        equals: string | boolean;
        /** Where it says why */
        text?: (string | number)[] | undefined;
        /** It concerns the connection: that one is ended. Default: `false`. */
        fatal?: boolean | undefined;
      }[]
    | undefined;
  /** How one knows of maintenance: it is told, and the connection stays until the venue ends it */
  maintenance?:
    | {
        /** Where in a message */
        path: (string | number)[];
        /** … this stands when the venue rests, or is about to */
        equals: string | boolean;
      }[]
    | undefined;
  /** How one knows that one of the two clocks is wrong */
  clock?:
    | {
        /** Field of records with the time of the venue */
        field: string;
        /** More than that between it and our clock is told. Default: `5s`. */
        within?: Duration | undefined;
      }
    | undefined;
  /** What is sent while nothing else is; without `send` a WebSocket ping, which must be answered `within` */
  keepAlive?:
    | {
        /**
         * A message. In its texts `{instruments}` stands for all instruments (alone: as an array), `{instrument}` within
         * an array for one entry each, `:lower` behind the name for small letters, `{credentials.NAME}` for a part of the
         * credentials, `{session}` for the token of `session`, `{signature}`, `{timestamp}` and `{nonce}` for those of
         * `signature`
         */
        send?: Record<string, JsonValue> | undefined;
        every: Duration;
        /** Default: `10s`. */
        within?: Duration | undefined;
      }
    | undefined;
  /** A connection that brings nothing for so long is given up. Default: `30s`. */
  silence?: Duration | undefined;
  /** From a subscription until its image; then it is asked for again. Default: `15s`. */
  imageWithin?: Duration | undefined;
  /** A connection is made anew after so long, before the venue ends it */
  lifetime?: Duration | undefined;
  /** What the venue allows */
  rates?:
    | {
        connects?:
          | {
              /** So many */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }
          | undefined;
        messages?:
          | {
              /** So many */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }
          | undefined;
        requests?:
          | {
              /** So many */
              count: number;
              /** … in any span of this length */
              per: Duration;
            }
          | undefined;
      }
    | undefined;
  reconnect?:
    | {
        /** Rest before the first new attempt; it doubles, and half of it is random …. Default: `250ms`. */
        first?: Duration | undefined;
        /** … up to this. A refused login waits for so long at once. Default: `60s`. */
        most?: Duration | undefined;
      }
    | undefined;
  /** Bytes of a message, unpacked. Default: `16777216`. */
  most?: number | undefined;
}

/** How messages of text are checked and held together */
export interface Integrity {
  /**
   * What is stale when something is missing: the instrument, or everything that the connection brings. Default:
   * `instrument`.
   */
  per: 'instrument' | 'connection';
  /** Messages with the whole state of an instrument */
  images: string[];
  /** Messages that change it */
  changes: string[];
  /** What tells that a message is missing */
  position:
    | {
        type: 'none';
      }
    | {
        type: 'sequence';
        /** Field with the number, one more with each message */
        field: string;
        /** Messages that have it, images included */
        messages: string[];
        /**
         * What is numbered: the messages of each instrument; or all that a connection brings, so that a number that is
         * missing may have been about any instrument. Default: `instrument`.
         */
        of: 'instrument' | 'connection';
      }
    | {
        type: 'range';
        /** Messages that change the state */
        messages: string[];
        /** Field with the first number of the message’s range */
        first: string;
        /** Field with its last number */
        last: string;
        /** Field of the image with the last number that it holds */
        imageLast: string;
        /** Messages of an instrument that are held until its image has come. Default: `10000`. */
        held: number;
      }
    | {
        type: 'lastId';
        /** Messages that have an id */
        messages: string[];
        /** Field with the id, which grows */
        field: string;
        /** Message that tells the last id there is */
        told: {
          message: string;
          field: string;
        };
      };
  /**
   * Levels of each side that the venue keeps up: what is pushed behind them is cut off. An image with more of them
   * says that they are more
   */
  depth?: number | undefined;
  /** Field that tells the depth, instead */
  depthField?: string | undefined;
  /** Of prices and sizes as text without the point and leading zeros: asks, then bids, best first */
  checksum?:
    | {
        algorithm: 'crc32';
        /** Field with the checksum of the state after the message */
        field: string;
        /** Levels of each side that it is taken of */
        levels: number;
      }
    | undefined;
}

/** How messages of text are checked and held together */
export interface IntegrityInput {
  /**
   * What is stale when something is missing: the instrument, or everything that the connection brings. Default:
   * `instrument`.
   */
  per?: 'instrument' | 'connection' | undefined;
  /** Messages with the whole state of an instrument */
  images?: string[] | undefined;
  /** Messages that change it */
  changes?: string[] | undefined;
  /** What tells that a message is missing */
  position?:
    | {
        type: 'none';
      }
    | {
        type: 'sequence';
        /** Field with the number, one more with each message */
        field: string;
        /** Messages that have it, images included */
        messages: string[];
        /**
         * What is numbered: the messages of each instrument; or all that a connection brings, so that a number that is
         * missing may have been about any instrument. Default: `instrument`.
         */
        of?: 'instrument' | 'connection' | undefined;
      }
    | {
        type: 'range';
        /** Messages that change the state */
        messages: string[];
        /** Field with the first number of the message’s range */
        first: string;
        /** Field with its last number */
        last: string;
        /** Field of the image with the last number that it holds */
        imageLast: string;
        /** Messages of an instrument that are held until its image has come. Default: `10000`. */
        held?: number | undefined;
      }
    | {
        type: 'lastId';
        /** Messages that have an id */
        messages: string[];
        /** Field with the id, which grows */
        field: string;
        /** Message that tells the last id there is */
        told: {
          message: string;
          field: string;
        };
      }
    | undefined;
  /**
   * Levels of each side that the venue keeps up: what is pushed behind them is cut off. An image with more of them
   * says that they are more
   */
  depth?: number | undefined;
  /** Field that tells the depth, instead */
  depthField?: string | undefined;
  /** Of prices and sizes as text without the point and leading zeros: asks, then bids, best first */
  checksum?:
    | {
        algorithm: 'crc32';
        /** Field with the checksum of the state after the message */
        field: string;
        /** Levels of each side that it is taken of */
        levels: number;
      }
    | undefined;
}

export type Protection =
  | {
      type: 'privateLine';
    }
  | {
      type: 'sourceAllowList';
      /** Address of this machine that the venue has registered: it must be there, and connections come from it */
      address?: string | undefined;
    }
  | {
      type: 'vpn';
      /** Its network interface: must be there and have an address */
      interface?: string | undefined;
      /** Address or network behind it: must have a route of its own, by that interface where one is named */
      route?: string | undefined;
    }
  | {
      type: 'tls';
      /** Name that the certificate must carry; default: the host */
      serverName?: string | undefined;
      /** Certificates (PEM) that may have signed it; default: the public ones that Node knows */
      ca?: Reference | undefined;
      /** Certificates (PEM CRL) that are no longer good; with it every one is looked up */
      revocationList?: Reference | undefined;
      /** Least version; default: TLSv1.2 */
      minimum?: 'TLSv1.2' | 'TLSv1.3' | undefined;
    }
  | {
      type: 'mutualTls';
      /** Our certificate (PEM), as `file:PATH` */
      certificate: Reference;
      /** Its private key (PEM), as `file:PATH` */
      key: Reference;
      /** Name that the certificate must carry; default: the host */
      serverName?: string | undefined;
      /** Certificates (PEM) that may have signed it; default: the public ones that Node knows */
      ca?: Reference | undefined;
      /** Certificates (PEM CRL) that are no longer good; with it every one is looked up */
      revocationList?: Reference | undefined;
      /** Least version; default: TLSv1.2 */
      minimum?: 'TLSv1.2' | 'TLSv1.3' | undefined;
    }
  | {
      type: 'messageHmac';
      key: Reference;
    };

/** How a cluster runs the handler; a handler that is started by hand does not read it */
export interface Deployment {
  /** Image of the handler, best by digest */
  image: string;
  /** Where the lines of the pod come from */
  network:
    | {
        type: 'host';
      }
    | {
        type: 'pod';
      }
    | {
        type: 'macvlan';
        /** Interface of the node for each interface that the lines name: `lineA: ens1f0`. Needs Multus */
        parents: Record<string, string>;
      };
  /** Asked for and not exceeded */
  resources: {
    /** Whole numbers give the feed thread a processor of its own. Default: `2`. */
    cpu: string;
    /** Default: `1Gi`. */
    memory: string;
  };
  /** Secret whose keys are files below /run/secrets/venuewire, for references as file:/run/secrets/venuewire/… */
  secret?: string | undefined;
  /**
   * Port where messages are published by ZeroMQ, as `venuewire run --publish` does: for consumers and comparisons
   */
  publish?: number | undefined;
  /** Labels of the nodes that have the lines */
  nodeSelector?: Record<string, string> | undefined;
}

/** How a cluster runs the handler; a handler that is started by hand does not read it */
export interface DeploymentInput {
  /** Image of the handler, best by digest */
  image: string;
  /** Where the lines of the pod come from */
  network?:
    | {
        type: 'host';
      }
    | {
        type: 'pod';
      }
    | {
        type: 'macvlan';
        /** Interface of the node for each interface that the lines name: `lineA: ens1f0`. Needs Multus */
        parents: Record<string, string>;
      }
    | undefined;
  /** Asked for and not exceeded */
  resources?:
    | {
        /** Whole numbers give the feed thread a processor of its own. Default: `2`. */
        cpu?: string | undefined;
        /** Default: `1Gi`. */
        memory?: string | undefined;
      }
    | undefined;
  /** Secret whose keys are files below /run/secrets/venuewire, for references as file:/run/secrets/venuewire/… */
  secret?: string | undefined;
  /**
   * Port where messages are published by ZeroMQ, as `venuewire run --publish` does: for consumers and comparisons
   */
  publish?: number | undefined;
  /** Labels of the nodes that have the lines */
  nodeSelector?: Record<string, string> | undefined;
}

export interface Pipeline {
  /** Only what is named; default: everything */
  select?:
    | {
        /** Messages of the decoder, for messages and raw */
        messages?: string[] | undefined;
        /** Kinds of events, for events */
        kinds?:
          | ('order' | 'level' | 'trade' | 'quote' | 'status' | 'definition' | 'imbalance' | 'statistic')[]
          | undefined;
        /** Symbols or keys of instruments, for events, bookTop, ticks and statistics */
        instruments?: string[] | undefined;
      }
    | undefined;
  /** What a row is */
  shape:
    | {
        type: 'raw';
      }
    | {
        type: 'messages';
      }
    | {
        type: 'records';
      }
    | {
        type: 'events';
      }
    | {
        type: 'columns';
        /** Fields by message */
        columns: Record<string, string[]>;
      }
    | {
        type: 'bookTop';
      }
    | {
        type: 'ticks';
      }
    | {
        type: 'statistics';
        /** What they are of: the time up to now. Default: `1min`. */
        window: Duration;
        /** Instrument that others are correlated with; left out: with none */
        reference?: string | undefined;
      };
  /** Conflated: of each category and instrument the newest row, so often; default: every row */
  every?: Duration | undefined;
  /** Where rows go */
  sink:
    | {
        type: 'duckdb';
        /** Path; made when it is not there */
        file: string;
        /** Default: the name of the rows’ schema */
        table?: string | undefined;
      }
    | {
        type: 'postgresql';
        /** `host:port` */
        server: string;
        database: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Schema of the tables; made when it is not there. Default: `public`. */
        schema: string;
        /** Channel that is told of each transaction (NOTIFY), with its rows and position */
        notify?: string | undefined;
      }
    | {
        type: 'redis';
        /** `host:port` */
        server: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** What keys begin with; access control lists can name it. Default: `venuewire`. */
        prefix: string;
        /** After so long without a new row a key is gone; default: never */
        ttl?: Duration | undefined;
        /** Also a stream of all rows, kept to about so many */
        stream?: number | undefined;
      }
    | {
        type: 'zeromq';
        /** Where it listens */
        bind: string;
        /** Where missing frames are asked for; left out: nowhere */
        replay?: string | undefined;
        /** Frames kept for the replay, oldest forgotten first. Default: `67108864`. */
        replayBytes: number;
        /**
         * A topic for each category and instrument (`trade.AAPL`), or for each category (`trade`). Default: `instrument`.
         */
        topicBy: 'instrument' | 'category';
        /**
         * `rows`: an array of values for each row; `columns`: typed arrays as bytes, little-endian, many times faster.
         * Default: `rows`.
         */
        encoding: 'rows' | 'columns';
        /** Rows of a frame, at most. Default: `512`. */
        frameRows: number;
        /**
         * A subscriber that does not read: it loses frames, and sees that; or everybody waits for it. Default: `drop`.
         */
        slow: 'drop' | 'wait';
        /** Frames that wait for one subscriber. Default: `10000`. */
        highWaterMark: number;
        /** CURVE: encrypted, and the server proves who it is */
        curve?:
          | {
              /** The server’s secret key, 40 characters (Z85) */
              secretKey: Reference;
              /** Public keys of clients that are let in; default: all */
              clients?: Reference[] | undefined;
            }
          | undefined;
      }
    | {
        type: 'kafka';
        /** Brokers that are asked first */
        servers: string[];
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** How the user proves who it is; default, with a username: SCRAM-SHA-512 */
        mechanism?: 'SCRAM-SHA-512' | 'SCRAM-SHA-256' | 'PLAIN' | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Topics are PREFIX.SCHEMA.vVERSION, and PREFIX.control. Default: `md`. */
        prefix: string;
        /**
         * `exactlyOnce`: rows and position in one transaction; `atLeastOnce`: without, rows may come twice after a
         * failure. Default: `exactlyOnce`.
         */
        delivery: 'exactlyOnce' | 'atLeastOnce';
        /**
         * Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest). Default:
         * `json`.
         */
        encoding: 'json' | 'rows' | 'columns';
        /** Rows of a record, all of one instrument, at most. Default: `512`. */
        recordRows: number;
        /** Default: `none`. */
        compression: 'none' | 'gzip' | 'snappy' | 'lz4';
        /** Of a topic that is not there; changing it later moves instruments. Default: `6`. */
        partitions: number;
        /** Of a topic that is not there; default: the broker’s */
        replicas?: number | undefined;
      }
    | {
        type: 'nats';
        /** Servers of the cluster */
        servers: string[];
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** Instead of a user */
        token?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Subjects are PREFIX.data.SCHEMA.CATEGORY.INSTRUMENT. Default: `venuewire`. */
        prefix: string;
        /**
         * Stream of those subjects, and STREAM-control of positions; made where they are not there. Default: `VENUEWIRE`.
         */
        stream: string;
        /** The stream keeps records so long; default: for ever */
        ttl?: Duration | undefined;
        /** Of a stream that is not there. Default: `1`. */
        replicas: number;
        /**
         * Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest). Default:
         * `json`.
         */
        encoding: 'json' | 'rows' | 'columns';
        /** Rows of a record, all of one category and instrument, at most. Default: `512`. */
        recordRows: number;
      }
    | {
        type: 'rabbitmq';
        /** `host:port` */
        server: string;
        /** Virtual host. Default: `/`. */
        vhost: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /**
         * Topic exchange, made where it is not there; routing keys are SCHEMA.CATEGORY.INSTRUMENT. Default: `venuewire`.
         */
        exchange: string;
        /** A quorum queue that is made and bound to everything; left out: whoever reads binds a queue of his own */
        queue?: string | undefined;
        /**
         * Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest). Default:
         * `json`.
         */
        encoding: 'json' | 'rows' | 'columns';
        /** Rows of a record, all of one category and instrument, at most. Default: `512`. */
        recordRows: number;
      }
    | {
        type: 'clickhouse';
        /** `host:port` of its HTTP interface, 8123 as it comes */
        server: string;
        /** Made when it is not there. Default: `default`. */
        database: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Rows are deleted so long after they were received; default: never */
        ttl?: Duration | undefined;
      }
    | {
        type: 'influxdb';
        /** `host:port` */
        server: string;
        /** Default: `1`. */
        version: 1 | 2 | 3;
        /** Database, or bucket of version 2 */
        database: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** Of versions 2 and 3, instead of a user */
        token?: Reference | undefined;
        /** Organisation, of version 2 */
        org?: string | undefined;
        /** Retention policy; default: the database’s */
        retention?: string | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'kapacitor';
        /** `host:port` */
        server: string;
        database: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** Retention policy; default: the database’s */
        retention?: string | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'questdb';
        /** `host:port` */
        server: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'typedb';
        /** `host:port` of its HTTP endpoint, 8000 as it comes */
        server: string;
        /** Made when it is not there. Default: `venuewire`. */
        database: string;
        /** User name */
        username: Reference;
        /** Password */
        password: Reference;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'parquet';
        /** FOLDER/SCHEMA/source=VENUE/date=DAY/…; made when it is not there */
        folder: string;
        /**
         * Of texts, bytes and floating point; words and whole numbers are encoded, which is smaller. Default: `snappy`.
         */
        compression: 'none' | 'snappy';
      }
    | {
        type: 'log';
        /** Made when it is not there */
        folder: string;
        /**
         * What is written outlives a power cut: before it is acknowledged, when the kernel likes to, or so long after it
         * was written. The end of the process harms nothing that was written. Default: `1s`.
         */
        sync: 'always' | 'never' | Duration;
        /** A file of the log is closed after about so many bytes. Default: `268435456`. */
        segmentBytes: number;
        /** Of what is checked and read together. Default: `262144`. */
        blockBytes: number;
        /** Whole files are deleted, oldest first; default: never */
        retain?:
          | {
              /** The log has about so many bytes at most */
              bytes?: number | undefined;
              /** Files are deleted so long after they were written last */
              age?: Duration | undefined;
            }
          | undefined;
      };
  /** What waits for the sink */
  queue: {
    /** Rows that wait for the sink, at most. Default: `262144`. */
    rows: number;
    /** Bytes of those rows. Default: `67108864`. */
    bytes: number;
    /**
     * What a full queue does. `wait`: reading the feed waits, nothing is lost here; `dropNewest`, `dropOldest`: rows
     * are dropped and counted; `conflate`: of each category and instrument only the newest row stays, the rest is
     * counted; `spill`: rows go to disk, in order, and from there to the sink, in the next run too. Default: `wait`.
     */
    whenFull: 'wait' | 'dropNewest' | 'dropOldest' | 'conflate' | 'spill';
    /** Where rows go, for `whenFull: spill` */
    spill?:
      | {
          /** FOLDER/VENUE/PIPELINE has the files; made when it is not there */
          folder: string;
          /** Of the files, at most; rows beyond are dropped and counted (`spillFull`). Default: `17179869184`. */
          bytes: number;
        }
      | undefined;
    /** Rows of one write (transaction), at most. Default: `10000`. */
    writeRows: number;
    /** Wait so long for more rows before a write. Default: `0`. */
    lingerMs: number;
    /**
     * A server that has not answered a write for so long is taken for gone: its connection is made anew. Default:
     * `60000`.
     */
    answerMs: number;
  };
}

export interface PipelineInput {
  /** Only what is named; default: everything */
  select?:
    | {
        /** Messages of the decoder, for messages and raw */
        messages?: string[] | undefined;
        /** Kinds of events, for events */
        kinds?:
          | ('order' | 'level' | 'trade' | 'quote' | 'status' | 'definition' | 'imbalance' | 'statistic')[]
          | undefined;
        /** Symbols or keys of instruments, for events, bookTop, ticks and statistics */
        instruments?: string[] | undefined;
      }
    | undefined;
  /** What a row is */
  shape:
    | {
        type: 'raw';
      }
    | {
        type: 'messages';
      }
    | {
        type: 'records';
      }
    | {
        type: 'events';
      }
    | {
        type: 'columns';
        /** Fields by message */
        columns: Record<string, string[]>;
      }
    | {
        type: 'bookTop';
      }
    | {
        type: 'ticks';
      }
    | {
        type: 'statistics';
        /** What they are of: the time up to now. Default: `1min`. */
        window?: Duration | undefined;
        /** Instrument that others are correlated with; left out: with none */
        reference?: string | undefined;
      };
  /** Conflated: of each category and instrument the newest row, so often; default: every row */
  every?: Duration | undefined;
  /** Where rows go */
  sink:
    | {
        type: 'duckdb';
        /** Path; made when it is not there */
        file: string;
        /** Default: the name of the rows’ schema */
        table?: string | undefined;
      }
    | {
        type: 'postgresql';
        /** `host:port` */
        server: string;
        database: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Schema of the tables; made when it is not there. Default: `public`. */
        schema?: string | undefined;
        /** Channel that is told of each transaction (NOTIFY), with its rows and position */
        notify?: string | undefined;
      }
    | {
        type: 'redis';
        /** `host:port` */
        server: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** What keys begin with; access control lists can name it. Default: `venuewire`. */
        prefix?: string | undefined;
        /** After so long without a new row a key is gone; default: never */
        ttl?: Duration | undefined;
        /** Also a stream of all rows, kept to about so many */
        stream?: number | undefined;
      }
    | {
        type: 'zeromq';
        /** Where it listens */
        bind: string;
        /** Where missing frames are asked for; left out: nowhere */
        replay?: string | undefined;
        /** Frames kept for the replay, oldest forgotten first. Default: `67108864`. */
        replayBytes?: number | undefined;
        /**
         * A topic for each category and instrument (`trade.AAPL`), or for each category (`trade`). Default: `instrument`.
         */
        topicBy?: 'instrument' | 'category' | undefined;
        /**
         * `rows`: an array of values for each row; `columns`: typed arrays as bytes, little-endian, many times faster.
         * Default: `rows`.
         */
        encoding?: 'rows' | 'columns' | undefined;
        /** Rows of a frame, at most. Default: `512`. */
        frameRows?: number | undefined;
        /**
         * A subscriber that does not read: it loses frames, and sees that; or everybody waits for it. Default: `drop`.
         */
        slow?: 'drop' | 'wait' | undefined;
        /** Frames that wait for one subscriber. Default: `10000`. */
        highWaterMark?: number | undefined;
        /** CURVE: encrypted, and the server proves who it is */
        curve?:
          | {
              /** The server’s secret key, 40 characters (Z85) */
              secretKey: Reference;
              /** Public keys of clients that are let in; default: all */
              clients?: Reference[] | undefined;
            }
          | undefined;
      }
    | {
        type: 'kafka';
        /** Brokers that are asked first */
        servers: string[];
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** How the user proves who it is; default, with a username: SCRAM-SHA-512 */
        mechanism?: 'SCRAM-SHA-512' | 'SCRAM-SHA-256' | 'PLAIN' | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Topics are PREFIX.SCHEMA.vVERSION, and PREFIX.control. Default: `md`. */
        prefix?: string | undefined;
        /**
         * `exactlyOnce`: rows and position in one transaction; `atLeastOnce`: without, rows may come twice after a
         * failure. Default: `exactlyOnce`.
         */
        delivery?: 'exactlyOnce' | 'atLeastOnce' | undefined;
        /**
         * Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest). Default:
         * `json`.
         */
        encoding?: 'json' | 'rows' | 'columns' | undefined;
        /** Rows of a record, all of one instrument, at most. Default: `512`. */
        recordRows?: number | undefined;
        /** Default: `none`. */
        compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | undefined;
        /** Of a topic that is not there; changing it later moves instruments. Default: `6`. */
        partitions?: number | undefined;
        /** Of a topic that is not there; default: the broker’s */
        replicas?: number | undefined;
      }
    | {
        type: 'nats';
        /** Servers of the cluster */
        servers: string[];
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** Instead of a user */
        token?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Subjects are PREFIX.data.SCHEMA.CATEGORY.INSTRUMENT. Default: `venuewire`. */
        prefix?: string | undefined;
        /**
         * Stream of those subjects, and STREAM-control of positions; made where they are not there. Default: `VENUEWIRE`.
         */
        stream?: string | undefined;
        /** The stream keeps records so long; default: for ever */
        ttl?: Duration | undefined;
        /** Of a stream that is not there. Default: `1`. */
        replicas?: number | undefined;
        /**
         * Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest). Default:
         * `json`.
         */
        encoding?: 'json' | 'rows' | 'columns' | undefined;
        /** Rows of a record, all of one category and instrument, at most. Default: `512`. */
        recordRows?: number | undefined;
      }
    | {
        type: 'rabbitmq';
        /** `host:port` */
        server: string;
        /** Virtual host. Default: `/`. */
        vhost?: string | undefined;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /**
         * Topic exchange, made where it is not there; routing keys are SCHEMA.CATEGORY.INSTRUMENT. Default: `venuewire`.
         */
        exchange?: string | undefined;
        /** A quorum queue that is made and bound to everything; left out: whoever reads binds a queue of his own */
        queue?: string | undefined;
        /**
         * Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest). Default:
         * `json`.
         */
        encoding?: 'json' | 'rows' | 'columns' | undefined;
        /** Rows of a record, all of one category and instrument, at most. Default: `512`. */
        recordRows?: number | undefined;
      }
    | {
        type: 'clickhouse';
        /** `host:port` of its HTTP interface, 8123 as it comes */
        server: string;
        /** Made when it is not there. Default: `default`. */
        database?: string | undefined;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
        /** Rows are deleted so long after they were received; default: never */
        ttl?: Duration | undefined;
      }
    | {
        type: 'influxdb';
        /** `host:port` */
        server: string;
        /** Default: `1`. */
        version?: 1 | 2 | 3 | undefined;
        /** Database, or bucket of version 2 */
        database: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** Of versions 2 and 3, instead of a user */
        token?: Reference | undefined;
        /** Organisation, of version 2 */
        org?: string | undefined;
        /** Retention policy; default: the database’s */
        retention?: string | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'kapacitor';
        /** `host:port` */
        server: string;
        database: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** Retention policy; default: the database’s */
        retention?: string | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'questdb';
        /** `host:port` */
        server: string;
        /** User name */
        username?: Reference | undefined;
        /** Password */
        password?: Reference | undefined;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'typedb';
        /** `host:port` of its HTTP endpoint, 8000 as it comes */
        server: string;
        /** Made when it is not there. Default: `venuewire`. */
        database?: string | undefined;
        /** User name */
        username: Reference;
        /** Password */
        password: Reference;
        /** TLS; left out: none */
        tls?:
          | {
              /** Certificates (PEM) that the server’s must be signed by; default: the system’s */
              ca?: Reference | undefined;
              /** Our certificate (PEM) */
              certificate?: Reference | undefined;
              /** Its private key (PEM) */
              key?: Reference | undefined;
            }
          | undefined;
      }
    | {
        type: 'parquet';
        /** FOLDER/SCHEMA/source=VENUE/date=DAY/…; made when it is not there */
        folder: string;
        /**
         * Of texts, bytes and floating point; words and whole numbers are encoded, which is smaller. Default: `snappy`.
         */
        compression?: 'none' | 'snappy' | undefined;
      }
    | {
        type: 'log';
        /** Made when it is not there */
        folder: string;
        /**
         * What is written outlives a power cut: before it is acknowledged, when the kernel likes to, or so long after it
         * was written. The end of the process harms nothing that was written. Default: `1s`.
         */
        sync?: 'always' | 'never' | Duration | undefined;
        /** A file of the log is closed after about so many bytes. Default: `268435456`. */
        segmentBytes?: number | undefined;
        /** Of what is checked and read together. Default: `262144`. */
        blockBytes?: number | undefined;
        /** Whole files are deleted, oldest first; default: never */
        retain?:
          | {
              /** The log has about so many bytes at most */
              bytes?: number | undefined;
              /** Files are deleted so long after they were written last */
              age?: Duration | undefined;
            }
          | undefined;
      };
  /** What waits for the sink */
  queue?:
    | {
        /** Rows that wait for the sink, at most. Default: `262144`. */
        rows?: number | undefined;
        /** Bytes of those rows. Default: `67108864`. */
        bytes?: number | undefined;
        /**
         * What a full queue does. `wait`: reading the feed waits, nothing is lost here; `dropNewest`, `dropOldest`: rows
         * are dropped and counted; `conflate`: of each category and instrument only the newest row stays, the rest is
         * counted; `spill`: rows go to disk, in order, and from there to the sink, in the next run too. Default: `wait`.
         */
        whenFull?: 'wait' | 'dropNewest' | 'dropOldest' | 'conflate' | 'spill' | undefined;
        /** Where rows go, for `whenFull: spill` */
        spill?:
          | {
              /** FOLDER/VENUE/PIPELINE has the files; made when it is not there */
              folder: string;
              /** Of the files, at most; rows beyond are dropped and counted (`spillFull`). Default: `17179869184`. */
              bytes?: number | undefined;
            }
          | undefined;
        /** Rows of one write (transaction), at most. Default: `10000`. */
        writeRows?: number | undefined;
        /** Wait so long for more rows before a write. Default: `0`. */
        lingerMs?: number | undefined;
        /**
         * A server that has not answered a write for so long is taken for gone: its connection is made anew. Default:
         * `60000`.
         */
        answerMs?: number | undefined;
      }
    | undefined;
}

export interface VenueDocument {
  /** Name of the connection, in reports */
  name: string;
  description?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed: string[];
  /** Message table of the feed, by the id of its decoder; `venuewire list decoders` shows them */
  decoder: string | Decoder;
  /** How packets carry messages: id of a framing, or a framing. Default: the one that the decoder names */
  framing?: string | Parsed | undefined;
  /** Lines that every channel uses. Either these or lines in `channels` */
  lines?: Record<string, Network> | undefined;
  /** Channels by name; default: one channel */
  channels?:
    | Record<
        string,
        {
          /** Value of the framing’s channel field, a number or one character; needed where lines are shared */
          key?: number | string | string | undefined;
          /** The channel’s own lines; default: the venue’s, told apart by `key` */
          lines?: Record<string, Network> | undefined;
          /** Lines on which requested messages come */
          retransmission?: Record<string, Network> | undefined;
          /** Lines on which snapshots come */
          snapshot?: Record<string, Network> | undefined;
          /** Instead of the venue’s `join` */
          join?: 'live' | 'beginning' | 'snapshot' | undefined;
        }
      >
    | undefined;
  /** Connections that are lines by themselves, by name, in order, instead of or besides `lines` */
  streams?: Record<string, StreamUse> | undefined;
  /**
   * Where delivery begins: with the first packet seen (`live`); with the session’s first number (`beginning`: what
   * was missed is requested); or with a `snapshot`. Default: `live`.
   */
  join: 'live' | 'beginning' | 'snapshot';
  /** Only this session is taken; default: the one that the lines carry */
  session?: string | undefined;
  /** The ladder: what is tried, in order, before a missing message is lost. Default: a wait of 1ms */
  recovery: (WaitRung | RequestRung | SnapshotRung)[];
  /** What is missing is asked of recovery proxies (`venuewire proxy`), instead of the servers in `recovery` */
  via?:
    | {
        /** `host:port` of each proxy, in the order in which they are tried */
        proxy: string[];
        /** User and password, where the proxy asks for them */
        credentials?: Credentials | undefined;
      }
    | undefined;
  /** What is held while something is missing, for each channel */
  window: {
    /** Packets held while earlier ones are missing. Default: `4096`. */
    packets: number;
    /** Bytes of those packets. Default: `16777216`. */
    bytes: number;
    /** Holes tracked at once; more are joined. Default: `1024`. */
    holes: number;
    /** A packet farther ahead than this needs a second one that agrees. Default: `1048576`. */
    jump: number | string;
  };
  /** Where symbols are tied to the numbers that later messages carry, for selection by symbol */
  directory?:
    | {
        /** Message that names instruments */
        message: string;
        /** Field with the symbol */
        symbol: string;
      }
    | undefined;
  /** Of venues that send text: how one finds out that something is missing */
  integrity?: Integrity | undefined;
  /** Of venues that send text: what is said to them, and when */
  subscription?: Subscription | undefined;
  /** What protects the connection, as a set: each kind at most once */
  security: Protection[];
  /** What of the feed goes where, by name; `venuewire run` runs them */
  pipelines?: Record<string, Pipeline> | undefined;
  deployment?: Deployment | undefined;
}

export interface VenueDeclaration {
  /** Name of the connection, in reports */
  name: string;
  description?: string | undefined;
  /** What no public source confirms: check before relying on it */
  unconfirmed?: string[] | undefined;
  /** Message table of the feed, by the id of its decoder; `venuewire list decoders` shows them */
  decoder: string | Decoder;
  /** How packets carry messages: id of a framing, or a framing. Default: the one that the decoder names */
  framing?: string | FramingInput | undefined;
  /** Lines that every channel uses. Either these or lines in `channels` */
  lines?: Record<string, Network> | undefined;
  /** Channels by name; default: one channel */
  channels?:
    | Record<
        string,
        {
          /** Value of the framing’s channel field, a number or one character; needed where lines are shared */
          key?: number | string | string | undefined;
          /** The channel’s own lines; default: the venue’s, told apart by `key` */
          lines?: Record<string, Network> | undefined;
          /** Lines on which requested messages come */
          retransmission?: Record<string, Network> | undefined;
          /** Lines on which snapshots come */
          snapshot?: Record<string, Network> | undefined;
          /** Instead of the venue’s `join` */
          join?: 'live' | 'beginning' | 'snapshot' | undefined;
        }
      >
    | undefined;
  /** Connections that are lines by themselves, by name, in order, instead of or besides `lines` */
  streams?: Record<string, StreamUseInput> | undefined;
  /**
   * Where delivery begins: with the first packet seen (`live`); with the session’s first number (`beginning`: what
   * was missed is requested); or with a `snapshot`. Default: `live`.
   */
  join?: 'live' | 'beginning' | 'snapshot' | undefined;
  /** Only this session is taken; default: the one that the lines carry */
  session?: string | undefined;
  /** The ladder: what is tried, in order, before a missing message is lost. Default: a wait of 1ms */
  recovery?: (WaitRungInput | RequestRungInput | SnapshotRungInput)[] | undefined;
  /** What is missing is asked of recovery proxies (`venuewire proxy`), instead of the servers in `recovery` */
  via?:
    | {
        /** `host:port` of each proxy, in the order in which they are tried */
        proxy: string[];
        /** User and password, where the proxy asks for them */
        credentials?: Credentials | undefined;
      }
    | undefined;
  /** What is held while something is missing, for each channel */
  window?:
    | {
        /** Packets held while earlier ones are missing. Default: `4096`. */
        packets?: number | undefined;
        /** Bytes of those packets. Default: `16777216`. */
        bytes?: number | undefined;
        /** Holes tracked at once; more are joined. Default: `1024`. */
        holes?: number | undefined;
        /** A packet farther ahead than this needs a second one that agrees. Default: `1048576`. */
        jump?: number | string | undefined;
      }
    | undefined;
  /** Where symbols are tied to the numbers that later messages carry, for selection by symbol */
  directory?:
    | {
        /** Message that names instruments */
        message: string;
        /** Field with the symbol */
        symbol: string;
      }
    | undefined;
  /** Of venues that send text: how one finds out that something is missing */
  integrity?: IntegrityInput | undefined;
  /** Of venues that send text: what is said to them, and when */
  subscription?: SubscriptionInput | undefined;
  /** What protects the connection, as a set: each kind at most once */
  security?: Protection[] | undefined;
  /** What of the feed goes where, by name; `venuewire run` runs them */
  pipelines?: Record<string, PipelineInput> | undefined;
  deployment?: DeploymentInput | undefined;
}

export interface VenueResource {
  /** Version of this schema */
  apiVersion: 'venuewire.io/v1alpha1';
  /** What the resource is */
  kind: 'VenueConnection';
  /** What it is called */
  metadata: {
    /** Name of the connection, in reports */
    name: string;
    /** Where a cluster keeps it */
    namespace?: string | undefined;
    /** What it is found by */
    labels?: Record<string, string> | undefined;
    /** What tools note on it */
    annotations?: Record<string, string> | undefined;
  };
  /** The connection */
  spec: {
    description?: string | undefined;
    /** What no public source confirms: check before relying on it */
    unconfirmed?: string[] | undefined;
    /** Message table of the feed, by the id of its decoder; `venuewire list decoders` shows them */
    decoder: string | Decoder;
    /** How packets carry messages: id of a framing, or a framing. Default: the one that the decoder names */
    framing?: string | FramingInput | undefined;
    /** Lines that every channel uses. Either these or lines in `channels` */
    lines?: Record<string, Network> | undefined;
    /** Channels by name; default: one channel */
    channels?:
      | Record<
          string,
          {
            /** Value of the framing’s channel field, a number or one character; needed where lines are shared */
            key?: number | string | string | undefined;
            /** The channel’s own lines; default: the venue’s, told apart by `key` */
            lines?: Record<string, Network> | undefined;
            /** Lines on which requested messages come */
            retransmission?: Record<string, Network> | undefined;
            /** Lines on which snapshots come */
            snapshot?: Record<string, Network> | undefined;
            /** Instead of the venue’s `join` */
            join?: 'live' | 'beginning' | 'snapshot' | undefined;
          }
        >
      | undefined;
    /** Connections that are lines by themselves, by name, in order, instead of or besides `lines` */
    streams?: Record<string, StreamUseInput> | undefined;
    /**
     * Where delivery begins: with the first packet seen (`live`); with the session’s first number (`beginning`: what
     * was missed is requested); or with a `snapshot`. Default: `live`.
     */
    join?: 'live' | 'beginning' | 'snapshot' | undefined;
    /** Only this session is taken; default: the one that the lines carry */
    session?: string | undefined;
    /** The ladder: what is tried, in order, before a missing message is lost. Default: a wait of 1ms */
    recovery?: (WaitRungInput | RequestRungInput | SnapshotRungInput)[] | undefined;
    /** What is missing is asked of recovery proxies (`venuewire proxy`), instead of the servers in `recovery` */
    via?:
      | {
          /** `host:port` of each proxy, in the order in which they are tried */
          proxy: string[];
          /** User and password, where the proxy asks for them */
          credentials?: Credentials | undefined;
        }
      | undefined;
    /** What is held while something is missing, for each channel */
    window?:
      | {
          /** Packets held while earlier ones are missing. Default: `4096`. */
          packets?: number | undefined;
          /** Bytes of those packets. Default: `16777216`. */
          bytes?: number | undefined;
          /** Holes tracked at once; more are joined. Default: `1024`. */
          holes?: number | undefined;
          /** A packet farther ahead than this needs a second one that agrees. Default: `1048576`. */
          jump?: number | string | undefined;
        }
      | undefined;
    /** Where symbols are tied to the numbers that later messages carry, for selection by symbol */
    directory?:
      | {
          /** Message that names instruments */
          message: string;
          /** Field with the symbol */
          symbol: string;
        }
      | undefined;
    /** Of venues that send text: how one finds out that something is missing */
    integrity?: IntegrityInput | undefined;
    /** Of venues that send text: what is said to them, and when */
    subscription?: SubscriptionInput | undefined;
    /** What protects the connection, as a set: each kind at most once */
    security?: Protection[] | undefined;
    /** What of the feed goes where, by name; `venuewire run` runs them */
    pipelines?: Record<string, PipelineInput> | undefined;
    deployment?: DeploymentInput | undefined;
  };
  /** What a controller says of it; files have none, and it is not read */
  status?: unknown | undefined;
}
