// An example of each public declaration: `npm run reference` puts them into docs/api, and `npm run typecheck` compiles them.
// A region has the names that it is an example of, as module.name. Nothing here is run.

import { open, writeFile } from 'node:fs/promises';
import { BookChanges, InstrumentNames, openBooks, TopChanges, TopTable } from '../../src/books/index.js';
import {
  arrangeLines,
  Capture,
  Findings,
  Flows,
  type Found,
  FramingReader,
  findLines,
  framingsFor,
  groupLines,
  Messages,
  messagesOf,
  report,
  Spans,
  separateRecovery,
  Tracker,
  tableLengths,
} from '../../src/capture/index.js';
import {
  classify,
  coveragePicture,
  htmlReport,
  itemsPicture,
  jsonReport,
  markdownReport,
  readRunBook,
  runBookText,
} from '../../src/classify/index.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { soupbintcp } from '../../src/decoders/soupbintcp.js';
import { EVENT_TABLE, EventColumns, EventView } from '../../src/events/index.js';
import {
  compileFast,
  FastDecimal,
  FastDecoder,
  FastEncoder,
  FastRecords,
  type FastTemplate,
  fastDigest,
  fastRecordBytes,
} from '../../src/fast/index.js';
import { fetchReferenceFile } from '../../src/files.js';
import { type FixDecoder, FixView, fixDecoder, readFixDictionary } from '../../src/fix/index.js';
import { ArrowWriter, arrowSchema, DbnWriter, ParquetWriter, toArrow } from '../../src/formats/index.js';
import { decoderFromFast, decoderFromSbe, readFastTemplates, readFixXml, tableText } from '../../src/import.js';
import {
  type Batch,
  balances,
  counters,
  decoderFor,
  ERRORS,
  fastDecoder,
  findDecoders,
  isErrorCode,
  NativeFastStream,
  openFeed,
  type Position,
  VenuewireError,
} from '../../src/index.js';
import { manifests, venueConnectionDefinition } from '../../src/kubernetes/index.js';
import {
  anyAfter,
  assertSound,
  atLeast,
  bytes,
  char,
  check,
  compileCatalogue,
  constant,
  createViews,
  dateOf,
  decimal,
  defineDecoder,
  digest,
  digits,
  dimension,
  dividedBy,
  encode,
  encodeInto,
  f32,
  f64,
  fields,
  fieldText,
  formatPrice,
  group,
  i8,
  i16,
  i32,
  i64,
  instant,
  instantAt,
  instrumentKey,
  inUnit,
  leaves,
  longDigits,
  message as messageOf,
  microsAfter,
  millisAfter,
  nanosAfter,
  prefixedBytes,
  prefixedText,
  price4,
  reserved,
  rulesOf,
  scaled,
  scaledBy,
  scientific,
  text,
  toEnd,
  u8,
  u16,
  u32,
  u48,
  u64,
  untilLength,
  varBytes,
  varText,
  walk,
  when,
} from '../../src/layout/index.js';
import { cutLog, openLog, openLogWriter, verifyLog } from '../../src/log/index.js';
import {
  databaseRows,
  defineMapping,
  driftOf,
  readRows,
  resourcesOf,
  resourceText,
  rowsOf,
  rowsText,
  writeDatabase,
} from '../../src/metadata/index.js';
import { metricsOf, serveMetrics } from '../../src/metrics/index.js';
import {
  apiKey,
  bearer,
  captureFile,
  credential,
  defineFraming,
  defineIntegrity,
  defineRecovery,
  defineSnapshot,
  defineStream,
  defineSubscription,
  defineVenue,
  emptyPacket,
  env,
  externalLogin,
  type Framing,
  file,
  findFraming,
  fix,
  fixLogon,
  framingOf,
  ftp,
  httpsStream,
  idAndSourceAddress,
  keyAndSession,
  message,
  messageHmac,
  mutualTls,
  none,
  parameter,
  privateLine,
  request,
  rrcp,
  sftp,
  snapshot,
  sourceAllowList,
  sqlReplication,
  stream,
  tag,
  tcp,
  tls,
  token,
  udpMulticast,
  udpUnicast,
  userPassword,
  variable,
  venueJsonSchema,
  vpn,
  waitForOtherLine,
  websocket,
} from '../../src/patterns/index.js';
import { machineFrom, plan, readMachine, sarif } from '../../src/plan/index.js';
import { certify } from '../../src/simulator/certify/testkit.js';
import {
  Agenda,
  BookAt,
  FaultyLine,
  FixMarketDataServer,
  GlimpseServer,
  ItchBook,
  ItchGenerator,
  ItchSnapshots,
  LoopbackServer,
  LoopbackVenue,
  MoldUdp64Framing,
  MoldUdp64Server,
  PcapWriter,
  Publisher,
  planAnswer,
  Quota,
  Random,
  runScenario,
  SoupBinTcpServer,
  StreamDigest,
  simulatedCredentials,
  simulatedTotalView,
  simulateInternet,
  stockName,
  VenueHistory,
  VenueState,
  writeCapture,
} from '../../src/simulator/index.js';
import {
  consumeKafka,
  isNone,
  joinBatches,
  POSITION_FIELDS,
  RowBatch,
  type RowSchema,
  relayChanges,
  runPipelines,
  SinkRefusal,
  sinkBalances,
  sinkOf,
  subscribe,
} from '../../src/sinks/index.js';
import { loadVenue, readVenue, resolveVenue } from '../../src/venues/load.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { glimpse, moldudp64Rerequest } from '../../src/venues/patterns/recoveries.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';

declare const packet: Uint8Array;
declare const xml: string;
declare const templates: readonly FastTemplate[];
declare const dictionaryText: string;
const data = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);

export async function index(): Promise<void> {
  // #region index.openFeed index.Feed index.VenuewireError
  try {
    const feed = await openFeed('totalview.yaml', { capture: { file: 'monday.pcap.gz' } });
    feed.on('gapAbandoned', (gap) => console.error(`lost: ${gap.begin} to ${gap.end} (${gap.reason})`));
    await feed.run();
    console.log(feed.statistics().ledger);
  } catch (error) {
    if (!(error instanceof VenuewireError)) throw error;
    console.error(`${error.code}: ${error.message}\n  ${error.hint}`);
  }
  // #endregion
  {
    // #region index.Batch
    const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } }));
    for await (const batch of feed) {
      const { addOrder } = batch.columns({ addOrder: ['price', 'shares'] });
      console.log(addOrder.length, addOrder.price, addOrder.shares);
    }
    // #endregion
  }
  {
    // #region index.Position
    const print = (what: string, at: Position): void =>
      console.log(at.channel, at.sequence, at.line, at.origin, at.receivedAt, what);
    // #endregion
    void print;
  }
  {
    // #region index.balances index.statistics index.counters
    const feed = await openFeed('totalview.yaml');
    const { ledger, channels } = feed.statistics();
    if (!balances(ledger)) console.error('the ledger does not balance', ledger);
    for (const { name, meaning } of counters.channel) console.log(name, meaning);
    console.log(channels[0]?.duplicates);
    // #endregion
  }
  {
    // #region index.isErrorCode index.ERRORS
    const code: string = 'VW_LINE_OPEN';
    if (isErrorCode(code)) console.log(...ERRORS[code]); // cause, remedy
    // #endregion
  }
  {
    // #region index.decoderFor
    const choice = decoderFor({ venue: 'Nasdaq', feed: 'TotalView-ITCH', date: '2024-01-02' });
    const decoder = await choice?.entry.load();
    // #endregion
    void decoder;
  }
  // #region index.findDecoders
  for (const entry of findDecoders({ venue: 'IEX' })) console.log(entry.id, entry.version);
  // #endregion
  {
    // #region index.fastDecoder index.NativeFastStream
    const decoder = fastDecoder(templates, { execution: 'native' });
    for (const m of decoder.messages(packet)) console.log(m.template, m.fields.get('MsgSeqNum'));
    // #endregion
    void NativeFastStream;
  }
}

export function layoutModule(): void {
  {
    // #region layout.defineDecoder layout.Decoder layout.message layout.Message
    const example = defineDecoder({
      id: 'example-1.0',
      venue: 'Example',
      feed: 'Depth',
      version: '1.0',
      specification: 'Example Depth Feed 1.0',
      framing: 'moldudp64',
      byteOrder: 'big',
      header: { messageType: char(0) },
      messageType: 'messageType',
      messages: {
        trade: messageOf('T', 13, { symbol: text(1, 8), price: u32(9, price4) }),
      },
    });
    const trade = example.view('trade').bind(data, 0, 13);
    console.log(trade.symbol, trade.price, trade.toObject());
    // #endregion
  }
  {
    // #region layout.u8 layout.u16 layout.u24 layout.u32 layout.u40 layout.u48 layout.u64 layout.i8 layout.i16 layout.i24 layout.i32 layout.i40 layout.i48 layout.i64 layout.f32 layout.f64 layout.Field
    const numbers = {
      flags: u8(0),
      locate: u16(1),
      quantity: u32(3),
      nanos: u48(7),
      orderId: u64(13), // a bigint
      change: i32(21, scaled(-2)),
      offset: i8(25),
      adjustment: i16(26),
      profit: i64(28),
      ratio: f32(36),
      yield: f64(40),
    };
    // #endregion
    void numbers;
  }
  {
    // #region layout.char layout.text layout.bytes layout.digits layout.longDigits
    const texts = {
      side: char(0, { B: 'Buy', S: 'Sell' }), // labels of the codes
      symbol: text(1, 8), // without trailing blanks
      price: digits(9, 9, scaled(-4)), // a number written in ASCII
      reference: longDigits(18, 18), // the same as a bigint
      signature: bytes(36, 16),
    };
    // #endregion
    void texts;
  }
  {
    // #region layout.reserved layout.Filler layout.constant layout.Constant
    const parts = { version: u8(0), padding: reserved(1, 3), unit: constant('USD') };
    // #endregion
    void parts;
  }
  {
    // #region layout.scaled layout.scaledBy layout.dividedBy layout.inUnit layout.Meaning
    const meant = {
      price: i64(0, scaled(-9)), // nine decimals
      tradePrice: i32(8, scaledBy('priceScale')), // as another message's field says
      size: u32(12, dividedBy('lotSize')),
      latency: u32(16, inUnit('µs')),
    };
    // #endregion
    void meant;
  }
  {
    // #region layout.nanosAfter layout.microsAfter layout.millisAfter
    const times = {
      nanos: u32(0, nanosAfter('the last Seconds message')),
      micros: u32(4, microsAfter('midnight')),
      millis: u32(8, millisAfter('midnight')),
    };
    // #endregion
    void times;
  }
  {
    // #region layout.instant layout.decimal layout.scientific layout.Composite
    const read = {
      seconds: u32(0),
      nanoseconds: u32(4),
      time: instant('seconds', 'nanoseconds'), // one bigint of nanoseconds
      mantissa: i64(8),
      decimals: u8(16),
      exponent: i8(17),
      price: decimal('mantissa', 'decimals'), // '12.50'
      amount: scientific('mantissa', 'exponent'),
    };
    // #endregion
    void read;
  }
  {
    // #region layout.group layout.Group layout.GroupView layout.dimension layout.untilLength
    const book = {
      count: u8(0),
      levels: group(1, 'count', 12, { price: i64(0, price4), size: u32(8) }),
    };
    const sbe = { legs: group(0, dimension(3, u16(0), u8(2)), 8, { price: i64(0) }) };
    const rest = { length: u8(0), entries: group(1, untilLength('length'), 2, { code: u16(0) }) };
    const tail = { entries: group(0, toEnd, 1, { character: char(0) }) };
    // #endregion
    void [book, sbe, rest, tail];
  }
  {
    // #region layout.varText layout.varBytes layout.prefixedText layout.prefixedBytes layout.Data
    const variableParts = {
      textLength: u8(0),
      text: varText(1, 'textLength'),
      dataLength: u16(1),
      data: varBytes(3, 'dataLength'),
      name: prefixedText(0, u8(0)), // behind its own length
      blob: prefixedBytes(0, u16(0)),
    };
    // #endregion
    void variableParts;
  }
  {
    // #region layout.when layout.When
    const parts = { kind: char(0), limit: when(1, 'kind', ['L'], { price: u32(0, price4) }) };
    // #endregion
    void parts;
  }
  {
    // #region layout.atLeast layout.anyAfter
    const open = messageOf(anyAfter('X'), atLeast(4), { kind: char(0), code: u16(1) });
    // #endregion
    void open;
  }
  {
    // #region layout.check layout.assertSound
    const faults = check(itch50); // overlaps, holes, lengths and codes that do not fit
    for (const { code, where, what } of faults) console.error(code, where, what);
    assertSound(itch50); // the same, thrown
    // #endregion
  }
  {
    // #region layout.createViews layout.View layout.PlainMessage
    const readers = createViews(itch50);
    const reader = readers[itch50.messageIndex(data, 0, data.byteLength)];
    if (reader !== undefined) console.log(reader.name, new reader.View().bind(data, 0, data.byteLength).toObject());
    // #endregion
  }
  {
    // #region layout.encode layout.encodeInto
    const bytes = encode(itch50, 'orderDelete', { stockLocate: 7, orderReferenceNumber: 12n }); // type and length by themselves
    const room = new DataView(new ArrayBuffer(1500));
    const length = encodeInto(itch50, 'orderDelete', { orderReferenceNumber: 13n }, room, 0); // allocates no bytes
    // #endregion
    void [bytes, length];
  }
  {
    // #region layout.walk layout.leaves layout.fields layout.digest layout.Fnv1a64
    const view = itch50.view('addOrder').bind(data, 0, 36);
    walk(view, (name, at, size) => console.log(name, at, size));
    for (const [name, value, offset, size] of leaves(view)) console.log(name, value, offset, size);
    console.log(fields(view), digest(view));
    // #endregion
  }
  {
    // #region layout.compileCatalogue layout.instrumentKey
    const table = compileCatalogue(itch50); // what the core reads
    const key = instrumentKey(itch50, 1258);
    // #endregion
    void [table, key];
  }
  // #region layout.formatPrice
  console.log(formatPrice(1_002_500, -4)); // '100.2500'
  // #endregion
}

export function fast(): void {
  {
    // #region fast.FastDecoder fast.FastMessage fast.FastRecord fast.FastStream
    const decoder = new FastDecoder(templates);
    for (const m of decoder.messages(packet)) console.log(m.template, m.fields.get('MDEntryPx'));
    // #endregion
  }
  {
    // #region fast.FastEncoder
    const encoder = new FastEncoder(templates);
    // #endregion
    void encoder;
  }
  {
    // #region fast.compileFast fast.fastDigest
    const decoder = new FastDecoder(templates);
    const program = compileFast(decoder.program);
    for (const m of decoder.messages(packet)) console.log(program.bytes.length, fastDigest(m));
    // #endregion
  }
  {
    // #region fast.FastDecimal
    const isDecimal = (value: unknown): value is FastDecimal => value instanceof FastDecimal;
    // #endregion
    void isDecimal;
  }
}

export function fixModule(): void {
  {
    // #region fix.readFixDictionary fix.FixDecoder fix.FixView fix.fixDecoder
    const decoder: FixDecoder = fixDecoder(readFixDictionary(dictionaryText));
    const view = new FixView();
    const next = decoder.decode(view, packet);
    console.log(view.type?.name, view.text(55), decoder.toObject(view), next);
    // #endregion
  }
}

export function importModule(): void {
  {
    // #region import.decoderFromSbe import.tableText
    const decoder = decoderFromSbe(xml, { id: 'my-feed-1.2', framing: 'my-framing' });
    console.log(tableText(decoder)); // the table as TypeScript
    // #endregion
  }
  {
    // #region import.decoderFromFast import.readFastTemplates
    const decoder = decoderFromFast(xml);
    console.log(readFastTemplates(xml).map((t) => t.name));
    // #endregion
    void decoder;
  }
  {
    // #region import.readFixXml
    const decoder = fixDecoder(readFixXml(xml));
    // #endregion
    void decoder;
  }
}

export function patternsModule(): void {
  {
    // #region patterns.defineVenue patterns.waitForOtherLine patterns.request patterns.snapshot patterns.udpMulticast
    const venue = defineVenue({
      name: 'my-totalview',
      decoder: itch50,
      lines: {
        A: udpMulticast('233.54.12.111:26477', { interface: 'eth1' }),
        B: udpMulticast('233.49.196.111:26477', { interface: 'eth2' }),
      },
      recovery: [
        waitForOtherLine({ for: '1ms' }),
        request(moldudp64Rerequest, { servers: ['10.1.1.4:17000'], timeout: '50ms' }),
        snapshot(glimpse, { servers: ['10.1.1.6:18301'], credentials: userPassword(env('USER'), env('PASSWORD')) }),
      ],
    });
    // #endregion
    void venue;
  }
  {
    // #region patterns.udpUnicast patterns.tcp patterns.captureFile
    const lines = { A: udpUnicast('10.0.0.2:5000'), B: tcp('10.1.1.5:18300'), C: captureFile('monday.pcap') };
    // #endregion
    void lines;
  }
  {
    // #region patterns.tls patterns.websocket patterns.httpsStream patterns.ftp patterns.sftp patterns.rrcp patterns.sqlReplication
    // Declared and checked; opening one is refused until it has an engine.
    const declared = [
      tls('md.example.com:443'),
      websocket('wss://md.example.com/v1'),
      httpsStream('https://md.example.com/stream'),
      ftp('ftp://files.example.com/reference'),
      sftp('sftp://files.example.com/reference'),
      rrcp('10.0.0.9:4000'),
      sqlReplication('postgres://reference.example.com/symbols'),
    ];
    // #endregion
    void declared;
  }
  {
    // #region patterns.userPassword patterns.env patterns.file patterns.none patterns.token patterns.bearer patterns.idAndSourceAddress patterns.fixLogon patterns.keyAndSession patterns.apiKey patterns.externalLogin
    const credentials = [
      none(),
      userPassword(env('FEED_USER'), file('/run/secrets/feed-password')),
      token(env('FEED_TOKEN')),
      bearer(env('FEED_TOKEN')),
      idAndSourceAddress(env('FEED_ID'), '10.0.0.7'),
      keyAndSession(env('APP_KEY'), env('APP_SESSION')),
      apiKey(env('API_KEY'), file('/run/secrets/api-secret')),
      externalLogin(file('/run/feed/session')),
      fixLogon({
        senderCompId: env('FIX_SENDER'),
        targetCompId: env('FIX_TARGET'),
        username: env('FIX_USER'),
        password: env('FIX_PASSWORD'),
      }),
    ];
    // #endregion
    void credentials;
  }
  {
    // #region patterns.privateLine patterns.sourceAllowList patterns.vpn patterns.mutualTls patterns.messageHmac
    const security = [
      privateLine(),
      sourceAllowList(),
      vpn(),
      mutualTls('file:client.pem', 'file:client.key'),
      messageHmac('env:KEY'),
    ];
    // #endregion
    void security;
  }
  {
    // #region patterns.defineIntegrity
    const integrity = defineIntegrity({
      images: ['bookSnapshot'],
      changes: ['bookUpdate'],
      depth: 10,
      checksum: { algorithm: 'crc32', field: 'checksum', levels: 10 },
    });
    console.log(integrity.per); // 'instrument'
    // #endregion
    // #region patterns.defineSubscription
    const subscription = defineSubscription({
      instruments: ['BTC/USD', 'ETH/USD'],
      subscribe: [{ method: 'subscribe', params: { channel: 'book', symbol: '{instruments}', depth: 10 } }],
      unsubscribe: [{ method: 'unsubscribe', params: { channel: 'book', symbol: '{instruments}', depth: 10 } }],
      recover: 'subscription',
      silence: '5s',
    });
    console.log(subscription.imageWithin); // '15s'
    // #endregion
    // #region patterns.defineFraming patterns.framingOf patterns.findFraming
    const framing = defineFraming({
      id: 'example',
      byteOrder: 'little',
      headerLength: 8,
      packetLength: { offset: 0, size: 2 },
      count: { offset: 2, size: 1 },
      sequence: { offset: 4, size: 4 },
      kinds: [{ when: { field: 'count', equals: 0 }, is: 'heartbeat', number: 'next' }],
      message: { length: { offset: 0, size: 1 } },
    });
    console.log(framing.id, framingOf(itch50)?.id, findFraming('cme-mdp3')?.source);
    // #endregion
  }
  {
    // #region patterns.tag
    const sequence = tag(34); // MsgSeqNum of a FIX message
    // #endregion
    void sequence;
  }
  {
    // #region patterns.defineRecovery patterns.message patterns.variable patterns.credential patterns.parameter
    const replay = defineRecovery({
      id: 'my-replay',
      source: 'SoupBinTCP 3.00',
      transport: 'tcp',
      framing: 'soupbintcp',
      login: message(soupbintcp, 'loginRequest', {
        username: credential('username'),
        password: credential('password'),
        requestedSession: parameter('session'),
        requestedSequenceNumber: variable('begin'),
      }),
      replies: [
        { on: message(soupbintcp, 'loginAccepted'), do: 'loginAccepted', number: 'sequenceNumber' },
        { on: message(soupbintcp, 'sequencedData'), do: 'message', payload: 'message' },
      ],
    });
    // #endregion
    void replay;
  }
  {
    // #region patterns.defineSnapshot
    const spin = defineSnapshot({
      id: 'my-snapshot',
      transport: 'tcp',
      framing: 'soupbintcp',
      login: message(soupbintcp, 'loginRequest', {
        username: credential('username'),
        password: credential('password'),
      }),
      number: { is: 'firstToApply', comes: 'after' },
      replies: [
        { on: message(soupbintcp, 'loginAccepted'), do: 'loginAccepted' },
        { on: message(soupbintcp, 'endOfSession'), do: 'snapshotEnd' },
        { on: message(soupbintcp, 'sequencedData'), do: 'snapshotMessage', payload: 'message' },
      ],
    });
    // #endregion
    void spin;
  }
  {
    // #region patterns.defineStream patterns.stream
    const own = defineStream({ ...soupbintcpFeed, id: 'my-feed', keepAlive: { send: '1s', silence: '5s' } });
    const streams = {
      A: stream(own, { servers: ['10.1.1.5:18300'], credentials: userPassword(env('USER'), env('PASSWORD')) }),
    };
    // #endregion
    void streams;
  }
  {
    // #region patterns.fix patterns.emptyPacket
    const logon = fix([8, 'FIX.4.4'], [35, 'A'], [553, credential('username')], [554, credential('password')]);
    const heartbeat = emptyPacket({ framing: 'feed' });
    // #endregion
    void [logon, heartbeat];
  }
  // #region patterns.venueJsonSchema
  console.log(JSON.stringify(venueJsonSchema(), null, 2)); // schema/venue.schema.json
  // #endregion
}

export async function booksModule(): Promise<void> {
  const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } }));
  {
    // #region books.openBooks books.Books books.TopTable
    const books = openBooks(feed, { orders: 2_000_000 });
    for await (const batch of feed) {
      books.take(batch);
      const { bid, ask, stale } = books.top(1); // by the key of the messages: ITCH's stock locate
      if (!stale) console.log(bid?.price, ask?.price, books.depth(1, 'bid', 5));
    }
    // In a worker, without a crossing:
    const table = new TopTable(books.tops);
    console.log(table.read(0));
    // #endregion
  }
  {
    const books = openBooks(feed);
    // #region books.BookChanges books.TopChanges
    const changes = new BookChanges(books, { depth: 5 });
    const tops = new TopChanges(books.tops); // also in a worker
    for await (const batch of feed) {
      books.take(batch);
      for (const { number, levels, stale } of changes.take()) {
        for (const { side, price, size } of levels) console.log(number, side, price, size, stale); // size 0n: gone
      }
      for (const { number, bid, ask } of tops.take()) console.log(number, bid?.price, ask?.price);
    }
    // #endregion
  }
  {
    const feed = await openFeed('day.yaml', { capture: { file: 'day.pcap' } });
    // #region books.InstrumentNames events.EventColumns formats.toArrow
    const books = openBooks(feed);
    const columns = new EventColumns(new InstrumentNames(books));
    for await (const batch of feed) {
      const full: ReturnType<typeof columns.take>[] = [];
      books.takeEvents(batch, (records, count) => {
        for (let at = 0; at < count; ) {
          at = columns.add(records, at, count);
          if (columns.full) full.push(columns.take());
        }
      });
      for (const rows of full) console.log((await toArrow(rows)).numRows);
    }
    // #endregion
  }
  {
    const file = await open('events.parquet', 'w');
    const columns = new EventColumns({ of: (n) => ({ key: `${n}`, symbol: '', book: 'real' }), told: () => {} });
    const write = async (bytes: Uint8Array): Promise<void> => void (await file.write(bytes));
    // #region formats.ParquetWriter
    const parquet = await ParquetWriter.open(EVENT_TABLE, write);
    await parquet.batch(columns.take()); // a row group
    await parquet.end();
    // #endregion
    // #region formats.ArrowWriter formats.arrowSchema
    console.log((await arrowSchema(EVENT_TABLE)).fields.map((field) => `${field}`));
    const arrow = await ArrowWriter.open(EVENT_TABLE, 'stream', write);
    await arrow.batch(columns.take());
    await arrow.end();
    // #endregion
  }
  {
    const chunks: Uint8Array[] = [];
    const names = { of: (n: number) => ({ key: `${n}`, symbol: 'AAPL', book: 'real' as const }), told: () => {} };
    const records = new Uint8Array(64);
    // #region formats.DbnWriter
    const dbn = new DbnWriter('trades', itch50.events ?? { priceExponent: -4, messages: {} }, names, (bytes) => {
      chunks.push(bytes);
      return undefined;
    });
    dbn.events(records, 1);
    await dbn.flush();
    // The metadata come first in the file, and are known last.
    console.log(Buffer.concat([dbn.metadata(), ...chunks]).length, dbn.leftOut);
    // #endregion
  }
}

export async function simulator(): Promise<void> {
  {
    // #region simulator.LoopbackVenue
    const venue = new LoopbackVenue({ seed: 1, symbols: 5, rate: 10_000, messages: 50_000 });
    await venue.start();
    const feed = await openFeed(venue.venue({ recovery: ['rerequest'] }));
    const reading = feed.run();
    venue.begin();
    await venue.finished;
    feed.close();
    await reading;
    await venue.stop();
    // #endregion
  }
  {
    // #region simulator.FixMarketDataServer simulator.LoopbackServer simulator.FixMarketEntry
    const server = new FixMarketDataServer({ senderCompId: 'VENUE', targetCompId: 'US', symbols: ['EUR/USD'] });
    const loopback = new LoopbackServer(server, { port: 18000 });
    await loopback.start();
    console.log(`log on at ${loopback.address}`);
    loopback.act((fix, nowNs) =>
      fix.publish([{ MDUpdateAction: '0', MDEntryType: '0', Symbol: 'EUR/USD', MDEntryPx: '1.0875' }], nowNs),
    );
    loopback.act((fix) => fix.lose(3)); // the next three are numbered, and not sent: the client has to ask
    await loopback.stop();
    // #endregion
  }
  {
    // #region simulator.runScenario simulator.simulatedTotalView simulator.simulatedCredentials
    const result = runScenario({ seed: 7, recovery: ['rerequest', 'replay'] }); // in simulated time
    console.log(result);
    const venue = simulatedTotalView({ recovery: ['replay'] }); // its servers take simulatedCredentials()
    const credentials = simulatedCredentials();
    // #endregion
    void [venue, credentials];
  }
  {
    // #region simulator.PcapWriter
    const pieces: Uint8Array[] = [];
    const pcap = new PcapWriter((piece) => pieces.push(piece));
    const address = { source: '10.0.0.1', sourcePort: 5000, destination: '239.1.1.1', destinationPort: 5000 };
    pcap.udp(1_767_600_000, 0, address, packet);
    pcap.end();
    // #endregion
  }
  {
    // #region simulator.simulateInternet
    const simulation = await simulateInternet('kraken-spot', { faults: ['drop', 'wrongChecksum'], faultEveryMs: 500 });
    const feed = await openFeed(simulation.venue);
    setTimeout(() => feed.close(), 2_000);
    await feed.run();
    simulation.stop();
    // #endregion
  }
  {
    // #region files.fetchReferenceFile
    const { size } = await fetchReferenceFile({
      url: 'sftp://files.example.com/daily/instruments.csv',
      into: 'instruments.csv',
      credentials: userPassword(env('FILES_USER'), env('FILES_PASSWORD')),
      hostKeys: ['SHA256:oVYGeqaUMMYqbUcFI0pxqbjKgq5I1mYxqMSzOEGW5fo'],
      progress: (bytes, of) => console.log(bytes, of),
    });
    console.log(size);
    // #endregion
  }
  {
    // #region simulator.ItchGenerator simulator.VenueHistory simulator.Random simulator.stockName
    const history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 5, messages: 1_000 }));
    console.log(history.length, stockName(0), new Random(1).below(6));
    // #endregion
  }
  {
    // #region simulator.StreamDigest
    const digest = new StreamDigest();
    digest.add(1, packet);
    console.log(digest.toString(), digest.count);
    // #endregion
  }
}

export async function parts(): Promise<void> {
  const history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 5, messages: 1_000 }));
  {
    // #region simulator.MoldUdp64Server simulator.MoldUdp64Framing simulator.Publisher simulator.VenueState
    const state = new VenueState(history); // how far the day has been published
    const framing = new MoldUdp64Framing(history.session);
    const publisher = new Publisher(state, new Random(1), { framing });
    const rerequests = new LoopbackServer(new MoldUdp64Server(state, new Random(2), { faults: { silent: 0.1 } }));
    await rerequests.start();
    publisher.tick(publisher.timeOf(history.next), (line, bytes) => console.log(line, bytes.length));
    await rerequests.stop();
    // #endregion
  }
  {
    // #region simulator.SoupBinTcpServer simulator.GlimpseServer simulator.ItchSnapshots
    const state = new VenueState(history);
    const users = { me: 'secret' };
    const replay = new LoopbackServer(new SoupBinTcpServer(state, new Random(1), { users }));
    const glimpse = new GlimpseServer(state, new Random(2), new ItchSnapshots(history), { users });
    await replay.start();
    console.log(replay.address, glimpse.transport);
    await replay.stop();
    // #endregion
  }
  {
    // #region simulator.ItchBook simulator.BookAt
    const books = new BookAt(history); // numbers that only rise are quickest
    const book = books.at(500); // before message 500
    console.log(book instanceof ItchBook, book.snapshot().length);
    // #endregion
  }
  {
    // #region simulator.FaultyLine
    const line = new FaultyLine({ loss: 0.01, duplicate: 0.01, reorder: 0.02 }, new Random(1));
    for (const { timeNs, bytes } of line.pass(1_000, packet)) console.log(timeNs, bytes.length);
    // #endregion
  }
  {
    // #region simulator.planAnswer simulator.Quota simulator.Agenda
    const agenda = new Agenda();
    const quota = new Quota({ requests: 10, windowNs: 1e9 });
    const answer = planAnswer(100, 120, { oldest: 1, next: 500 }, { split: 0.5, late: 0.2 }, new Random(1));
    if (quota.take(0)) for (const p of answer?.pieces ?? []) agenda.at(p.delayNs, () => console.log(p.begin, p.end));
    agenda.run(agenda.dueNs);
    // #endregion
  }
  {
    // #region simulator.CheckingConsumer
    const { consumer } = runScenario({ seed: 3 });
    console.log(consumer.live, consumer.recovered, consumer.of('gapAbandoned').length);
    // #endregion
  }
  {
    // #region simulator.writeCapture
    const file: Uint8Array[] = [];
    const written = writeCapture(history, { seed: 1, faults: [{ loss: 0.01 }, {}] }, (piece) => file.push(piece));
    console.log(written.packets, written.bytes, written.lost);
    // #endregion
  }
}

export async function captureModule(): Promise<void> {
  const capture = new Capture('monday.pcap.gz');
  const framing = findFraming('moldudp64') as Framing;
  {
    // #region capture.Capture
    const file = new Capture('monday.pcap.gz');
    const { frames, skipped, fault } = await file.read((p) => console.log(p.number, p.destination, p.view.byteLength));
    console.log(frames, skipped, fault?.message);
    // #endregion
  }
  {
    // #region capture.Messages capture.Findings capture.framingsFor
    const findings = new Findings((line) => console.error(line)); // what is broken, a line each
    const print = (found: Found): void => console.log(found.packet, found.sequence, found.view.toJSON());
    const messages = new Messages(itch50, framingsFor(itch50, undefined), findings, print, undefined);
    await capture.read((p) => messages.packet(p));
    messages.finish();
    console.log(findings.summary);
    // #endregion
  }
  {
    // #region capture.findLines capture.arrangeLines
    const groups = await findLines(capture, framing, itch50, () => {});
    const venue = defineVenue({ name: 'monday', decoder: itch50, framing, ...arrangeLines(groups, framing) });
    // #endregion
    void venue;
  }
  {
    // #region capture.Tracker capture.groupLines capture.separateRecovery capture.report
    const tracker = new Tracker(framing, itch50, new Findings(() => {}), undefined);
    await capture.read((p) => tracker.packet(p));
    const { groups, recovery } = separateRecovery(groupLines([...tracker.lines.values()], []));
    for (const group of groups) {
      for (const r of report(group, recovery)) console.log(r.session, r.losses, r.lost);
    }
    // #endregion
  }
  {
    // #region capture.Spans
    const spans = new Spans();
    spans.add(1n, 10n);
    spans.add(15n, 20n);
    console.log(spans.missing()); // [{ begin: 10n, end: 15n }]
    // #endregion
  }
  {
    // #region capture.FramingReader capture.tableLengths
    const reader = new FramingReader(framing, { tableLength: tableLengths(itch50) });
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    if (reader.read(view, 0, view.byteLength) < 0) console.error(reader.problem);
    else reader.messages(view, (at, length, sequence) => console.log(sequence, at, length));
    // #endregion
  }
  {
    // #region capture.Flows
    const flows = new Flows({
      bytes: (flow) => {
        console.log(flow.channel, flow.length);
        flow.take(flow.length);
      },
      hole: (flow, bytes) => console.error(`${flow.channel}: ${bytes} bytes are not in the capture`),
      end: (flow, why) => console.log(flow.channel, why),
    });
    await capture.read((p) => {
      if (p.transport === 'tcp') flows.add(p);
    });
    flows.finish();
    // #endregion
  }
}

export async function venueFiles(): Promise<void> {
  {
    // #region venues/load.loadVenue venues/load.resolveVenue
    const fromFile = await loadVenue('totalview.yaml');
    // Tables, framings and patterns instead of their ids:
    const resolved = await resolveVenue({
      name: 'mine',
      decoder: 'nasdaq-totalview-itch-5.0',
      lines: { A: udpMulticast('233.54.12.111:26477') },
    });
    // #endregion
    // #region venues/load.readVenue
    const reading = await readVenue('totalview.yaml');
    for (const fault of reading.faults) console.log(reading.file, reading.place(fault.path), fault.message);
    // #endregion
    void [fromFile, resolved];
  }
}

export function fastRecords(): void {
  // #region fast.FastRecords fast.fastRecordBytes
  const decoder = new FastDecoder(templates);
  const records = new FastRecords(decoder.program);
  for (const m of decoder.messages(packet)) console.log(records.read(fastRecordBytes(m)).template);
  // #endregion
}

export function roles(): void {
  // #region layout.rulesOf
  if (itch50.events !== undefined) console.log(rulesOf(itch50.events, 'addOrder')); // what it means for a book
  // #endregion
}

export function told(): void {
  // #region capture.messagesOf layout.fieldText
  for (const message of messagesOf(itch50, packet)) console.log(message.sequence, message);
  const add = itch50.view('addOrder').bind(new DataView(packet.buffer), 22, 36);
  console.log(fieldText(add, 'price'), fieldText(add, 'buySellIndicator')); // '123.4500' 'Buy'
  // #endregion
  // #region layout.instantAt layout.dateOf
  const at = instantAt('2024-01-02', 'America/New_York', 34_200_000_000_000n); // half past nine
  console.log(dateOf(at).toISOString());
  // #endregion
  // #region events.EventView
  const event = new EventView().bind(new DataView(new ArrayBuffer(64)), 0);
  console.log(event.kind, event.side);
  // #endregion
}

export async function classifyModule(): Promise<void> {
  // #region classify.classify classify.readRunBook classify.runBookText
  const book = await readRunBook(runBookText('run-books.csv'), 'run-books.csv', { network: 'Line type' });
  const analysis = classify(book, { axes: ['network', 'framing', 'recovery', 'snapshot'] });
  console.log(`${analysis.coverage.for80} patterns cover 80 % of ${analysis.coverage.venues} venues`);
  for (const { venue, missing, contradictions } of analysis.venues) console.log(venue, missing, contradictions);
  // #endregion
  // #region classify.markdownReport classify.htmlReport classify.jsonReport classify.coveragePicture classify.itemsPicture
  await Promise.all([
    writeFile('patterns.svg', coveragePicture(analysis.coverage)),
    writeFile('items.svg', itemsPicture(analysis.coverage)),
    writeFile('patterns.md', markdownReport(analysis, 'patterns.svg')),
    writeFile('patterns.html', htmlReport(analysis)),
    writeFile('patterns.json', JSON.stringify(jsonReport(analysis))),
  ]);
  // #endregion
}

export async function metadataModule(): Promise<void> {
  // #region metadata.defineMapping metadata.readRows metadata.resourcesOf metadata.resourceText
  const amdb = defineMapping(
    {
      apiVersion: 'venuewire.io/v1alpha1',
      kind: 'MetadataMapping',
      metadata: { name: 'amdb' },
      spec: { key: 'VENUE_ID', columns: { ADDRESS_A: { path: 'spec.lines.A.address' } } },
    },
    'amdb',
  );
  const rows = await readRows('VENUE_ID,ADDRESS_A,DESK\ntv,233.54.12.111:26477,Equities\n', 'venues.csv');
  const resources = resourcesOf(rows, amdb);
  for (const resource of resources) console.log(resourceText(resource));
  // #endregion
  // #region metadata.rowsOf metadata.rowsText metadata.driftOf
  const back = resources.flatMap((resource) => rowsOf(resource, amdb));
  console.log(rowsText(back, 'venues.csv'));
  for (const { key, column, database, file } of driftOf(rows, resources, amdb))
    console.log(key, column, database, file);
  // #endregion
  // #region metadata.databaseRows metadata.writeDatabase
  const table = amdb.spec.postgresql;
  if (table !== undefined) console.log(await databaseRows(table), await writeDatabase(table, back, amdb));
  // #endregion
}

export async function metricsModule(): Promise<void> {
  // #region metrics.metricsOf metrics.serveMetrics metrics.FeedMetrics
  const feed = await openFeed('totalview.yaml');
  const metrics = await metricsOf(feed, { venue: 'totalview' });
  feed.on('notice', (notice) => metrics.notice(notice));
  const { address } = await serveMetrics(metrics, '127.0.0.1:9464');
  console.log(`http://${address}/metrics`);
  // #endregion
}

export async function kubernetesModule(): Promise<void> {
  {
    // #region kubernetes.manifests kubernetes.venueConnectionDefinition
    const { resource } = await readVenue('totalview.yaml');
    if (resource === undefined) throw new Error('totalview.yaml is not in order');
    const objects = manifests(resource, await loadVenue('totalview.yaml'), { namespace: 'markets' });
    for (const { kind, metadata } of [venueConnectionDefinition(), ...objects]) console.log(kind, metadata.name);
    // #endregion
  }
}

export async function planModule(): Promise<void> {
  {
    // #region plan.plan plan.sarif
    const planned = await plan('totalview.yaml', { against: 'running.yaml' });
    for (const { severity, path, message, remedy } of planned.findings) console.log(severity, path, message, remedy);
    for (const { path, effect, because } of planned.changes ?? []) console.log(path, effect, because);
    console.log(JSON.stringify(sarif([planned], '1.0.0')));
    // #endregion
  }
  {
    // #region plan.readMachine plan.machineFrom
    const here = readMachine();
    const there = machineFrom(JSON.stringify(here), 'machine.json'); // as a file has kept it
    await plan('totalview.yaml', { machine: there, date: '2026-12-01' });
    // #endregion
  }
}

export async function testkit(): Promise<void> {
  {
    // #region testkit.certify
    const { failures } = await certify('my-venue.yaml', { seeds: 50 });
    for (const { scenario, seed, faults } of failures) console.error(`${scenario}, seed ${seed}: ${faults.join('; ')}`);
    // #endregion
  }
}

export async function sinksModule(): Promise<void> {
  {
    // #region log.openLogWriter log.openLog
    const feed = await openFeed(await loadVenue('totalview.yaml'));
    const writer = openLogWriter('day', feed, { sync: 'always' });
    for await (const batch of feed) {
      writer.append(batch);
      if (writer.full) await writer.room();
    }
    await writer.close();
    const log = await openLog('day');
    const { books } = await log.books(1_000_000); // before the entry at this position
    console.log(books.instruments);
    for await (const batch of log.tail({ from: 1_000_000 })) console.log(batch.end); // as it is written
    // #endregion
  }
  {
    // #region log.verifyLog log.cutLog
    const { isSound, faults } = await verifyLog('day');
    for (const { type, path, at } of faults) console.warn(type, path, at);
    if (!isSound) console.log(await cutLog('day')); // ends before the first fault; the rest stays beside it
    // #endregion
  }
  {
    // #region sinks.runPipelines sinks.sinkBalances
    const run = await runPipelines(await loadVenue('totalview.yaml'));
    const { pipelines } = await run.done; // ends with the feed, or with run.close()
    for (const [name, { ledger }] of Object.entries(pipelines)) console.log(name, ledger, sinkBalances(ledger));
    // #endregion
  }
  {
    // #region sinks.relayChanges
    const relay = await relayChanges({
      postgresql: { server: '10.1.1.8:5432', database: 'ticks', username: 'env:PG_USER', password: 'env:PG_PASSWORD' },
      tables: ['orders'],
      rabbitmq: { server: '10.1.1.10:5672', exchange: 'changes', queue: 'changes' },
    });
    console.log(relay.state().told);
    await relay.close();
    // #endregion

    // #region sinks.consumeKafka
    const offsets = new Map<number, bigint>();
    const store = (_rows: RowBatch, at: number, next: bigint): void => void offsets.set(at, next);
    const events = await consumeKafka({ servers: ['10.1.1.9:9092'], schema: 'event', from: (at) => offsets.get(at) });
    // What is made of the rows and the next offset go into one transaction of yours.
    for await (const { rows, partition, next } of events) store(rows, partition, next);
    // #endregion
  }
  {
    // #region sinks.subscribe sinks.isNone
    const ticks = await subscribe({
      connect: 'tcp://127.0.0.1:5558',
      topics: ['trade.'],
      replay: 'tcp://127.0.0.1:5658',
    });
    for await (const { topic, rows, lost } of ticks) {
      if (lost > 0) console.warn(`${topic}: ${lost} rows are lost`);
      const price = rows.schema.fields.findIndex(({ name }) => name === 'price');
      const field = rows.schema.fields[price];
      for (let row = 0; row < rows.rows; row++) {
        const value = rows.value(price, row);
        if (field !== undefined && !isNone(field, value)) console.log(topic, value);
      }
    }
    // #endregion
  }
  {
    // #region sinks.RowBatch sinks.joinBatches sinks.sinkOf sinks.SinkRefusal
    const sink = await sinkOf({ type: 'duckdb', file: 'day.duckdb' });
    const { positions } = await sink.open({ venue: 'day', pipeline: 'day/ticks' });
    console.log(positions);
    const schema: RowSchema = {
      name: 'note',
      version: 1,
      fields: [...POSITION_FIELDS, { name: 'text', dtype: 'text', unit: 'text', state: 'always' }],
    };
    const word = { codes: new Uint32Array(1), words: ['A'] };
    const row = new RowBatch(schema, 1, [word, word, BigUint64Array.of(1n), Uint32Array.of(0), ['hello']]);
    try {
      await sink.write(joinBatches([row]));
    } catch (error) {
      if (error instanceof SinkRefusal) console.error(error.reason); // these rows will never be taken
    }
    await sink.close();
    // #endregion
  }
}

export type Used = Batch;
