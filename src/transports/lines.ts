/** Lines out of chunks that are cut anywhere. */
import { remedyOf, VenuewireError } from '../errors.js';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export class Lines {
  #parts: Buffer[] = [];
  #bytes = 0;
  constructor(
    readonly most: number,
    readonly where: string,
  ) {}

  /**
   * The lines that a chunk ends, without LF or CRLF; an empty one is ''.
   * @throws VenuewireError `VW_MESSAGE_SIZE` when a line has more bytes than allowed, whether or not it has ended.
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, at));
      lines.push(this.#line());
      from = at + 1;
    }
    // The chunk is the socket's: what is kept of it is copied, so that a small rest does not hold a large buffer.
    this.#add(Buffer.from(chunk.subarray(from)));
    return lines;
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.most) throw tooLong(this.where, this.most);
    if (part.length > 0) this.#parts.push(part);
    // One byte a chunk must not become an array of millions.
    if (this.#parts.length > PARTS_MOST) this.#parts = [Buffer.concat(this.#parts)];
  }

  #line(): string {
    const whole = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    const end = whole[whole.length - 1] === CARRIAGE_RETURN ? whole.length - 1 : whole.length;
    return whole.toString('utf8', 0, end);
  }
}
const PARTS_MOST = 1024;

export const tooLong = (where: string, most: number): VenuewireError =>
  new VenuewireError('VW_MESSAGE_SIZE', `${where}: a message of more than ${most} bytes`, remedyOf('VW_MESSAGE_SIZE'));
