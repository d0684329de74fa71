/** Standard output in chunks, with back-pressure; tables; a progress bar on standard error. */
import { printable } from '../printable.js';
import { dataStream, writeData } from './terminal.js';

const CHUNK = 1 << 17;
/** Of a character of text in UTF-8. */
const BYTES_MOST = 3;

/** Collects lines and writes them in chunks; `full` says when to `flush`, which waits while the reader is slow. */
export class Output {
  /** The chunk that is being filled, and where its next byte goes; whoever writes into it has reserved the room. */
  bytes: Buffer = Buffer.alloc(CHUNK);
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  at = 0;
  #writing: Promise<void>[] = [];
  constructor(readonly stream: NodeJS.WriteStream = dataStream) {}

  get full(): boolean {
    return this.#writing.length > 0 || this.at >= CHUNK / 2;
  }
  /** Makes room for `count` bytes; returns where they go. */
  reserve(count: number): number {
    if (this.at + count > this.bytes.length) this.#write(count);
    return this.at;
  }
  /** Hands the chunk over. Files and pipes take it at once, and it is filled again; what waits in the stream is left to it. */
  #write(count: number): void {
    if (this.at > 0) {
      const written = writeData(this.bytes.subarray(0, this.at), this.stream);
      this.at = 0;
      if (written === undefined && count <= this.bytes.length) return;
      if (written !== undefined) this.#writing.push(written);
    } else if (count <= this.bytes.length) return;
    this.bytes = Buffer.alloc(Math.max(CHUNK, count));
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }
  /** What a terminal would obey is escaped. */
  line(text: string): void {
    const shown = printable(text);
    const at = this.reserve(BYTES_MOST * shown.length + 1);
    this.at = at + this.bytes.write(shown, at);
    this.bytes[this.at++] = 0x0a;
  }
  async flush(): Promise<void> {
    this.#write(0);
    const writing = this.#writing;
    this.#writing = [];
    await Promise.all(writing);
  }
}

export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/** Rows in columns as wide as their widest cell; the last left-bound column is not padded. */
export function table(columns: readonly Column[], rows: readonly (readonly (string | number | bigint)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = columns.map((c, i) => cells.reduce((w, row) => Math.max(w, (row[i] ?? '').length), c.title.length));
  const line = (row: readonly string[]) =>
    columns
      .map((c, i) =>
        c.right ? (row[i] ?? '').padStart(widths[i] as number) : (row[i] ?? '').padEnd(widths[i] as number),
      )
      .join('  ')
      .trimEnd();
  return [line(columns.map((c) => c.title)), line(widths.map((w) => '-'.repeat(w))), ...cells.map(line)].join('\n');
}

export const grouped = (n: number | bigint): string => n.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');

export function bytesText(n: number): string {
  if (n < 10_000) return `${n} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let v = n;
  let unit = 'B';
  for (const u of units) {
    if (v < 1024) break;
    v /= 1024;
    unit = u;
  }
  return `${v < 10 ? v.toFixed(1) : Math.round(v)} ${unit}`;
}

/** A bar on a terminal's standard error once the work has lasted a second; nothing otherwise. */
export class Progress {
  readonly #began = performance.now();
  #next = this.#began + 1000;
  #drawn = false;
  constructor(
    readonly what: string,
    readonly total: number,
    readonly rate: (perSecond: number) => string = (n) => `${bytesText(n)}/s`,
    readonly stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
  ) {}

  update(done: number): void {
    if (!this.stream.isTTY) return;
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + 100;
    const part = this.total > 0 ? Math.min(1, done / this.total) : 0;
    const bar = '█'.repeat(Math.round(part * 30)).padEnd(30, '░');
    const rate = done / ((now - this.#began) / 1000);
    this.stream.write(`\r${this.what} ${bar} ${Math.round(part * 100)} %  ${this.rate(rate)}\x1b[K`);
    this.#drawn = true;
  }
  /** Takes the bar away. */
  done(): void {
    if (this.#drawn) this.stream.write('\r\x1b[K');
    this.#drawn = false;
  }
}
