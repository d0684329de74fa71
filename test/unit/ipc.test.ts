// Shared memory: one copy, many readers in other processes, each with a position of its own; the writer waits for nobody.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { Batch, type Feed } from '../../src/feed/feed.js';
import { Ring } from '../../src/feed/ring.js';
import { openIpcReader, openIpcWriter } from '../../src/ipc/index.js';
import { VenueHistory } from '../../src/simulator/history.js';
import { ItchGenerator } from '../../src/simulator/itch-generator.js';

const script = fileURLToPath(new URL('ipc-child.mjs', import.meta.url));
const SOURCE = {
  ...{ venue: 'test', decoder: itch50, channels: ['one'], lines: ['A'], requesters: [], servers: [] },
};
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-ipc-'));
  folders.push(folder);
  return join(folder, 'feed');
}
const KIB = 1 << 10;
const MIB = 1 << 20;

const RUN = 1;
const RUN_HEAD = 32;
const MESSAGE_HEAD = 8;
/** Runs of ITCH messages in a ring, as a feed leaves them there. */
class Records {
  readonly ring = new Ring(1, 1 * MIB);
  readonly history = VenueHistory.generate(new ItchGenerator({ seed: 8, symbols: 20, messages: 5_000 }));
  #next = 1;
  #unit = 0;

  /** A batch of so many runs of ten messages; numbers go on behind the last one, messages repeat. */
  batch(runs: number): Batch {
    const { view, mask } = this.ring;
    const begin = this.#unit;
    for (let i = 0; i < runs; i++) {
      const messages = Array.from({ length: 10 }, (_, k) => this.history.message(1 + ((this.#next - 1 + k) % 5_000)));
      const size = messages.reduce((sum, m) => sum + MESSAGE_HEAD + Math.ceil(m.length / 8) * 8, RUN_HEAD);
      let at = (this.#unit & mask) * 8;
      if (at + size > view.byteLength) {
        // A pad: not of a kind that is read.
        const left = view.byteLength - at;
        view.setUint32(at, left / 8, true);
        view.setUint32(at + 4, 0, true);
        this.#unit = (this.#unit + left / 8) >>> 0;
        at = 0;
      }
      this.#run(at, size, messages);
      this.#unit = (this.#unit + size / 8) >>> 0;
      this.#next += 10;
    }
    return new Batch({ ring: this.ring } as unknown as Feed, begin, this.#unit);
  }
  #run(at: number, size: number, messages: readonly Uint8Array[]): void {
    const { view } = this.ring;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    bytes.fill(0, at, at + size);
    view.setUint32(at, size / 8, true);
    view.setUint8(at + 4, RUN);
    view.setBigUint64(at + 8, BigInt(this.#next), true);
    view.setBigInt64(at + 16, BigInt(Date.now()) * 1_000_000n, true);
    view.setUint32(at + 24, messages.length, true);
    let to = at + RUN_HEAD;
    messages.forEach((message, i) => {
      const data = new DataView(message.buffer, message.byteOffset, message.length);
      view.setUint32(to, message.length, true);
      view.setUint16(to + 4, itch50.messageIndex(data, 0, message.length), true);
      view.setUint16(to + 6, i, true);
      bytes.set(message, to + MESSAGE_HEAD);
      to += MESSAGE_HEAD + Math.ceil(message.length / 8) * 8;
    });
  }
}

interface Said {
  readonly first: number;
  readonly entries: number;
  readonly messages: number;
  readonly sum: number;
  readonly disorder: number;
  readonly end: number;
  readonly cpuUs: number;
  readonly lost: readonly { readonly begin: number; readonly end: number; readonly reason: string }[];
}
/** A reader in another process. */
class Child {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  constructor(path: string, how = 'read') {
    this.process = spawn(process.execPath, [script, path, how], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }
  async line(): Promise<string> {
    return (await this.#lines.next()).value as string;
  }
  async said(): Promise<Said> {
    return JSON.parse(await this.line()) as Said;
  }
}
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe('eight readers of one feed', () => {
  it('read the same, whole; one that stops disturbs nobody, and is told what it lost', async () => {
    const path = newPath();
    const records = new Records();
    const writer = openIpcWriter(path, SOURCE, { bytes: 4 * MIB });
    const children = Array.from({ length: 8 }, (_, i) => new Child(path, i === 7 ? 'stop' : 'read'));
    for (const child of children) expect(await child.line()).toBe('open');
    const stopped = children[7] as Child;
    writer.append(records.batch(1));
    expect(await stopped.line()).toBe('stopping');
    // Four times as much as there is room for; the others have time to read.
    for (let i = 0; i < 400; i++) {
      writer.append(records.batch(100));
      await turn();
      if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(writer.bytes).toBeGreaterThan(12 * MIB);
    writer.close();
    stopped.process.kill('SIGCONT');
    const said = await Promise.all(children.map((child) => child.said()));
    const [one] = said as [Said];
    for (const other of said.slice(0, 7)) {
      expect(other.lost).toEqual([]);
      expect(other).toMatchObject({
        first: 0,
        end: writer.position,
        entries: writer.position,
        disorder: 0,
        sum: one.sum,
      });
    }
    const slow = said[7] as Said;
    expect(slow.disorder).toBe(0);
    // Every entry was read, or is in what it was told: nothing is both, nothing is neither.
    const lost = slow.lost.reduce((sum, { begin, end }) => sum + end - begin, 0);
    expect(lost).toBeGreaterThan(0);
    expect(slow.lost.every(({ reason }) => reason === 'overtaken')).toBe(true);
    expect(slow.end).toBe(writer.position);
    expect(slow.entries + lost).toBe(writer.position);
  });
});

describe('a reader', () => {
  it('gets messages and positions as the writer gave them, and ends with it', async () => {
    const path = newPath();
    const records = new Records();
    const writer = openIpcWriter(`ipc:${path}`, SOURCE, { bytes: 1 * MIB, position: 700 });
    const reader = await openIpcReader(`ipc:${path}`);
    writer.append(records.batch(3));
    writer.close();
    const numbers: number[] = [];
    for await (const batch of reader) {
      expect(batch.position).toBe(700);
      batch.read(
        Object.fromEntries(
          itch50.names.map((name) => [name, (_: unknown, at: { sequence: number }) => numbers.push(at.sequence)]),
        ) as never,
      );
    }
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(reader.position).toBe(730);
  });

  it('that does not want to be told ends when it is overtaken', async () => {
    const path = newPath();
    const records = new Records();
    const writer = openIpcWriter(path, SOURCE, { bytes: 64 * KIB });
    const reader = await openIpcReader(path);
    writer.append(records.batch(1));
    expect(reader.poll()?.entries).toBe(10);
    for (let i = 0; i < 50; i++) writer.append(records.batch(5));
    expect(() => reader.poll()).toThrow(expect.objectContaining({ code: 'VW_IPC_LOST' }));
    writer.close();
  });

  it('that is overtaken again and again has read or lost each entry, whatever the seed', async () => {
    const path = newPath();
    const records = new Records();
    const writer = openIpcWriter(path, SOURCE, { bytes: 64 * KIB });
    let lost = 0;
    let entries = 0;
    const reader = await openIpcReader(path, { lost: ({ begin, end }) => (lost += end - begin) });
    for (let i = 0; i < 3_000; i++) {
      for (let k = (i * 7919) % 13; k >= 0; k--) writer.append(records.batch(1 + ((i * 31) % 9)));
      for (let k = (i * 104_729) % 17; k >= 0; k--) entries += reader.poll()?.entries ?? 0;
    }
    for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) entries += batch.entries;
    expect(lost).toBeGreaterThan(0);
    expect(entries + lost).toBe(writer.position);
    writer.close();
  });
});

describe('a writer that is killed', () => {
  it('leaves what it published; another takes its place, and readers follow it', async () => {
    const path = newPath();
    const killed = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `
        import { openIpcWriter } from ${JSON.stringify(new URL('../../dist/ipc/index.js', import.meta.url).href)};
        import { itch50 } from ${JSON.stringify(new URL('../../dist/decoders/itch50.js', import.meta.url).href)};
        openIpcWriter(${JSON.stringify(path)}, { ...${JSON.stringify({ ...SOURCE, decoder: undefined })}, decoder: itch50 }, { bytes: 1 << 20 });
        process.stdout.write('open\\n');
        setInterval(() => {}, 1000);
      `,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve) => killed.stdout?.once('data', resolve));
    expect(() => openIpcWriter(path, SOURCE)).toThrow(expect.objectContaining({ code: 'VW_IPC_TAKEN' }));
    const reader = await openIpcReader(path, { lost: () => {} });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const batch of reader) seen.push(batch.position);
    })();
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.once('close', resolve));
    const writer = openIpcWriter(path, SOURCE, { bytes: 1 * MIB, position: 40 });
    const records = new Records();
    while (seen.length === 0) {
      writer.append(records.batch(1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(seen[0]).toBeGreaterThanOrEqual(40);
    writer.close();
    await reading;
  });
});

describe('what is no shared ring', () => {
  it.each([
    ['nothing', undefined],
    ['an empty file', 0],
    ['a file of zeros', 70_000],
    ['a ring that was cut short', -1],
  ])('is refused: %s', async (_, bytes) => {
    const path = newPath();
    if (bytes === -1) {
      openIpcWriter(path, SOURCE, { bytes: 64 * KIB }).close();
      truncateSync(path, statSync(path).size - 4096);
    } else if (bytes !== undefined) writeFileSync(path, new Uint8Array(bytes));
    await expect(openIpcReader(path)).rejects.toThrow(expect.objectContaining({ code: 'VW_IPC_OPEN' }));
  });

  it('and bytes that somebody else has written are told as damage', async () => {
    const path = newPath();
    const writer = openIpcWriter(path, SOURCE, { bytes: 64 * KIB });
    const reader = await openIpcReader(path);
    writer.append(new Records().batch(1));
    const { openSync, writeSync, closeSync } = await import('node:fs');
    const fd = openSync(path, 'r+');
    writeSync(fd, new Uint8Array(64).fill(0xee), 0, 64, statSync(path).size - 64 * KIB);
    closeSync(fd);
    expect(() => reader.poll()).toThrow(expect.objectContaining({ code: 'VW_IPC_DAMAGED' }));
    writer.close();
  });

  it.each([[{ bytes: 100_000 }], [{ bytes: 2 ** 31 }], [{ position: -1 }], [{ byts: 65_536 }]])(
    'and options that are none are refused: %j',
    (options) => {
      expect(() => openIpcWriter(newPath(), SOURCE, options as never)).toThrow(
        expect.objectContaining({ code: 'VW_IPC_OPTION' }),
      );
    },
  );
});
