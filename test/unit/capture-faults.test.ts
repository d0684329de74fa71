/** Captures that end badly, that come through pipes, that change while they are read. */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openFeed } from '../../src/feed/open.js';
import { udpMulticast } from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { fixture, main, type Ran, readPcap, venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-captures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const kept = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

const DECODER = ['--decoder', 'nasdaq-totalview-itch-5.0'];
const GROUP = '233.54.12.111:26477';
const whole = readFileSync(fixture('itch50-clean.pcap'));
const { header, packets } = readPcap('itch50-clean.pcap');
const venue = () => nasdaqTotalView({ lines: { A: udpMulticast(GROUP) } });

/** The first `count` records of the fixture. */
const firstRecords = (count: number): Buffer =>
  Buffer.concat([header, ...packets.slice(0, count).map((p) => p.record)]);
const count = ({ payload }: { readonly payload: Buffer }): number => {
  const messages = payload.readUInt16BE(18);
  return messages === 0xffff ? 0 : messages;
};
/** Messages of both lines, and the numbers that they have between them. */
const messagesIn = (records: number): number => packets.slice(0, records).reduce((n, p) => n + count(p), 0);
const numbersIn = (records: number): number =>
  Math.max(...packets.slice(0, records).map((p) => Number(p.payload.readBigUInt64BE(10)) - 1 + count(p)));

function pcapng(count: number): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const out = Buffer.alloc(padded.length + 12);
    out.writeUInt32LE(type, 0);
    out.writeUInt32LE(out.length, 4);
    padded.copy(out, 8);
    out.writeUInt32LE(out.length, out.length - 4);
    return out;
  };
  const section = Buffer.alloc(16, 0xff);
  section.writeUInt32LE(0x1a2b3c4d, 0);
  section.writeUInt32LE(1, 4);
  const ethernet = Buffer.alloc(8);
  ethernet.writeUInt16LE(1, 0);
  const frames = packets.slice(0, count).map(({ record }) => {
    const head = Buffer.alloc(20);
    head.writeUInt32LE(record.length - 16, 12);
    head.writeUInt32LE(record.length - 16, 16);
    return block(6, Buffer.concat([head, record.subarray(16)]));
  });
  return Buffer.concat([block(0x0a0d0d0a, section), block(1, ethernet), ...frames]);
}

/** Captures of which the first so many records can be read, and where the fault lies. */
const RECORDS = 40;
const packed = gzipSync(firstRecords(RECORDS));
const damagedAt = packed.length + 40;
const damaged = Buffer.concat([packed, gzipSync(whole.subarray(24))]);
damaged.fill(0xff, damagedAt, damagedAt + 8);
const bad: readonly { readonly name: string; readonly bytes: Buffer; readonly says: RegExp }[] = [
  {
    name: 'cut.pcap',
    bytes: firstRecords(RECORDS + 1).subarray(0, -5),
    says: new RegExp(`frame ${RECORDS + 1} at byte ${firstRecords(RECORDS).length}: the record is cut`),
  },
  {
    name: 'cut-header.pcap',
    bytes: firstRecords(RECORDS + 1).subarray(0, firstRecords(RECORDS).length + 7),
    says: new RegExp(`frame ${RECORDS + 1} at byte ${firstRecords(RECORDS).length}: the record header is cut`),
  },
  {
    name: 'cut.pcapng',
    bytes: pcapng(RECORDS + 1).subarray(0, -5),
    says: new RegExp(`frame ${RECORDS + 1} at byte ${pcapng(RECORDS).length}: the block is cut`),
  },
  {
    name: 'cut.pcap.gz',
    bytes: Buffer.concat([packed, gzipSync(packets[RECORDS]?.record as Buffer).subarray(0, 12)]),
    says: new RegExp(`the gzip data is cut at byte ${packed.length + 12} of the file .*after frame ${RECORDS}\\)`),
  },
  {
    name: 'cut-inside.pcap.gz',
    bytes: gzipSync(firstRecords(RECORDS + 1).subarray(0, -5)),
    says: new RegExp(`frame ${RECORDS + 1} at byte ${firstRecords(RECORDS).length}: the record is cut`),
  },
  { name: 'damaged.pcap.gz', bytes: damaged, says: /the gzip data is damaged at byte \d+ of the file/ },
  {
    name: 'tail.pcap.gz',
    bytes: Buffer.concat([packed, Buffer.from('not gzip')]),
    says: new RegExp(`what follows the gzip data at byte ${packed.length} of the file is not gzip`),
  },
];

describe('a capture that ends badly', () => {
  for (const { name, bytes, says } of bad) {
    it(`is read up to its fault by every verb, and the fault is told last: ${name}`, async () => {
      const file = kept(name, bytes);
      const ended = (ran: Ran): void => {
        expect(ran.err).toMatch(new RegExp(`VW_CAPTURE_MALFORMED: ${file.replaceAll('.', '\\.')}: `));
        expect(ran.err).toMatch(says);
        expect(ran.err).not.toMatch(/ {4}at /);
        expect(ran.code).toBe(1);
      };
      const decode = await venuewire(['decode', file, ...DECODER]);
      expect(decode.json()).toHaveLength(messagesIn(RECORDS));
      ended(decode);
      const gaps = await venuewire(['gaps', file, ...DECODER]);
      expect(gaps.out).toMatch(/nothing is missing/);
      ended(gaps);
      const replay = await venuewire([
        'replay',
        file,
        ...DECODER,
        '--line',
        `A=${GROUP}`,
        '--line',
        'B=233.49.196.111:26477',
        '--summary',
      ]);
      const numbers = numbersIn(RECORDS);
      expect(replay.out).toMatch(new RegExp(`expected ${numbers} = delivered ${numbers} \\+`));
      ended(replay);
    });
  }

  it('is told by a feed after everything before it', async () => {
    const feed = await openFeed(venue(), { capture: { file: kept('feed.pcap', bad[0]?.bytes as Buffer) } });
    let messages = 0;
    const counted = Object.fromEntries(feed.decoder.names.map((n: string) => [n, () => messages++]));
    await expect(feed.run(counted)).rejects.toThrow(/feed\.pcap: frame 41 at byte/);
    expect(messages).toBe(numbersIn(RECORDS));
    expect(feed.statistics().ledger.expected).toBe(messages);
  });
});

describe('gzip', () => {
  it('of several members is one capture, padding behind it is none', async () => {
    const at = firstRecords(RECORDS).length;
    const bytes = Buffer.concat([packed, gzipSync(whole.subarray(at)), Buffer.alloc(512)]);
    const several = await venuewire(['decode', kept('several.pcap.gz', bytes), ...DECODER]);
    const plain = await venuewire(['decode', fixture('itch50-clean.pcap'), ...DECODER]);
    expect(several.code).toBe(0);
    expect(several.out).toBe(plain.out);
  });

  it('is unpacked in memory that does not depend on what it unpacks to', async () => {
    // 1.3 GB of frames that are not IP in a member of 8 MB, which is repeated.
    const frame = Buffer.alloc(16 + 65_000);
    frame.writeUInt32LE(65_000, 8);
    frame.writeUInt32LE(65_000, 12);
    const member = gzipSync(Buffer.concat(Array.from({ length: 128 }, () => frame)));
    const times = 160;
    const bomb = kept('bomb.pcap.gz', Buffer.concat([gzipSync(whole), ...Array.from({ length: times }, () => member)]));
    const script = `process.on('exit', () => process.stderr.write('rss ' + process.resourceUsage().maxRSS + '\\n'));`;
    const node = ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
    const ran = await venuewire(['decode', bomb, ...DECODER, '--stats'], { node });
    expect(ran.err).toContain(
      `${128 * times} of ${128 * times + packets.length} frames skipped: ${128 * times} not IP`,
    );
    expect(ran.code).toBe(0);
    expect(Number(/rss (\d+)/.exec(ran.err)?.[1])).toBeLessThan(250_000); // KiB
  }, 60_000);
});

/** What a shell's pipe gives: Node makes such a pipe non-blocking, its own are sockets. */
function throughPipe(
  file: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn('sh', ['-c', 'cat "$0" | "$@"', file, process.execPath, main, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })));
}

describe('standard input', () => {
  for (const verb of ['decode', 'gaps', 'replay']) {
    for (const [how, name, bytes] of [
      ['plain', 'piped.pcap', whole],
      ['gzip', 'piped.pcap.gz', gzipSync(whole)],
    ] as const) {
      it(`is streamed to ${verb}, ${how}`, async () => {
        const piped = await throughPipe(kept(`${verb}-${name}`, bytes), [verb, '-', ...DECODER]);
        const file = await venuewire([verb, fixture('itch50-clean.pcap'), ...DECODER]);
        expect(piped.code).toBe(0);
        expect(piped.out).toBe(file.out);
      });
    }
  }

  it('is seen as it comes, and Ctrl-C ends the reading but not the report', async () => {
    const child = spawn(process.execPath, [main, 'decode', '-', ...DECODER], { stdio: 'pipe' });
    child.stdin.write(firstRecords(3));
    // The pipe stays open all the time.
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  });
});

describe('a datagram without a byte', () => {
  const EMPTY = 42;
  /** The head of a record, with the lengths of an empty datagram. */
  const empty = (() => {
    const record = firstRecords(1).subarray(header.length, header.length + 16 + EMPTY);
    record.writeUInt32LE(EMPTY, 8);
    record.writeUInt32LE(EMPTY, 12);
    record.writeUInt16BE(EMPTY - 14, 16 + 16);
    record.writeUInt16BE(8, 16 + 38);
    record.writeUInt16BE(0, 16 + 24);
    let sum = 0;
    for (let at = 16 + 14; at < 16 + 34; at += 2) sum += record.readUInt16BE(at);
    record.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 16 + 24);
    return record;
  })();
  const file = () => kept('empty-datagram.pcap', Buffer.concat([firstRecords(10), empty, empty]));

  it.each(['decode', 'gaps'])('is told by %s, and is a finding', async (verb) => {
    const { code, err } = await venuewire([verb, file(), ...DECODER]);
    expect(err).toMatch(/packet 11 \(\S+\): the datagram is empty/);
    expect(err).toContain('2 broken packets');
    expect(code).toBe(1);
  });
  it('is counted by a feed', async () => {
    const feed = await openFeed(venue(), { capture: { file: file() } });
    const { statistics } = await feed.run();
    expect(statistics.channels[0]?.malformed).toBe(2);
  });
});

describe('what is no capture', () => {
  const cases: readonly (readonly [name: string, file: () => string, code: string])[] = [
    ['a directory', () => folder, 'VW_CAPTURE_OPEN'],
    ['a device without end', () => '/dev/zero', 'VW_CAPTURE_FORMAT'],
    ['an empty device', () => '/dev/null', 'VW_CAPTURE_FORMAT'],
  ];
  for (const [name, file, code] of cases) {
    it(`is refused with a code by every verb: ${name}`, async () => {
      for (const args of [['decode'], ['gaps'], ['replay'], ['replay', '--to-multicast']]) {
        const ran = await venuewire([args[0] as string, file(), ...args.slice(1), ...(args.length > 1 ? [] : DECODER)]);
        expect(ran.err).toContain(`${code}: ${file()}: `);
        expect(ran.code).toBe(3);
      }
      const fast = await venuewire(['decode', fixture('itch50-clean.pcap'), '--fast', file()]);
      expect(fast.code).not.toBe(0);
      expect(fast.err).not.toMatch(/ {4}at /);
    });
  }
});

describe('a feed', () => {
  const TIMES = 60;

  it('on a FIFO that nobody writes to is closed at once', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const feed = await openFeed(venue(), { capture: { file: fifo } });
    const ended = feed.run();
    await new Promise((resolve) => setImmediate(resolve));
    feed.close();
    expect((await ended).messages).toBe(0);
  });

  it('delivers what comes through a FIFO before its writer ends', async () => {
    const fifo = join(folder, 'slow');
    execFileSync('mkfifo', [fifo]);
    const feed = await openFeed(venue(), { capture: { file: fifo } });
    const wanted = numbersIn(20);
    let messages = 0;
    let enough: () => void = () => {};
    const seen = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const handlers = Object.fromEntries(
      feed.decoder.names.map((n: string) => [n, () => ++messages === wanted && enough()]),
    );
    const ended = feed.run(handlers);
    const writer = openSync(fifo, 'r+');
    writeSync(writer, firstRecords(20));
    await seen;
    closeSync(writer);
    await ended;
    expect(messages).toBe(wanted);
  });

  it('reads bytes that are transferred to another thread meanwhile to their end', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // So much that the memory goes back to the system when nobody has it any more.
    const copy = new Uint8Array(Buffer.concat([header, ...Array.from({ length: TIMES }, () => whole.subarray(24))]));
    const feed = await openFeed(venue(), { capture: { file: copy }, ringBytes: 65_536 });
    let messages = 0;
    const once = (): void => {
      if (messages++ > 0) return;
      structuredClone(copy.buffer, { transfer: [copy.buffer] });
      collect();
    };
    const { statistics } = await feed.run(Object.fromEntries(feed.decoder.names.map((n: string) => [n, once])));
    expect(copy.byteLength).toBe(0);
    expect(messages).toBe(2000);
    expect(statistics.feed.captureFrames).toBe(TIMES * packets.length);
  });

  it('reads bytes of which the buffer is made shorter meanwhile to their end', async () => {
    const buffer = new (
      ArrayBuffer as unknown as new (
        n: number,
        o: object,
      ) => ArrayBuffer & { resize(n: number): void }
    )(whole.length, { maxByteLength: whole.length });
    const bytes = new Uint8Array(buffer);
    bytes.set(whole);
    const feed = await openFeed(venue(), { capture: { file: bytes }, ringBytes: 65_536 });
    let messages = 0;
    const once = (): void => {
      if (messages++ === 0) buffer.resize(0);
    };
    await feed.run(Object.fromEntries(feed.decoder.names.map((n: string) => [n, once])));
    expect(messages).toBe(2000);
  });

  it('ends with a coded fault when somebody makes the file shorter', async () => {
    const many = Buffer.concat([header, ...Array.from({ length: 20 }, () => whole.subarray(24))]);
    const file = kept('shrinks.pcap', many);
    const feed = await openFeed(venue(), { capture: { file }, ringBytes: 65_536 });
    let messages = 0;
    const once = (): void => {
      if (messages++ === 0) truncateSync(file, 24);
    };
    const ended = feed.run(Object.fromEntries(feed.decoder.names.map((n: string) => [n, once])));
    await expect(ended).rejects.toThrow(/shrinks\.pcap: the file had \d+ bytes when it was opened and ends at byte/);
    expect(messages).toBeGreaterThan(0);
  });

  it.each([
    ['a number', 5],
    ['nothing', null],
    ['an empty path', ''],
    ['other typed arrays', new Uint16Array(4)],
    ['a symbol', Symbol('x')],
  ])('refuses %s as a capture with a code', async (_, file) => {
    await expect(openFeed(venue(), { capture: { file: file as string } })).rejects.toMatchObject({
      code: file === '' ? 'VW_CAPTURE_OPEN' : 'VW_OPTION',
    });
  });
});
