/** What a handler says of one message, whoever wrote the handler; and the bytes that two of them are compared by. */

export type SideName = 'old' | 'new';
export const OTHER: Readonly<Record<SideName, SideName>> = { old: 'new', new: 'old' };

/** A message as a handler gives it out. */
export interface SideMessage {
  /** Channel of the venue; one name where there is only one. */
  readonly channel: string;
  /** The venue's own number. */
  readonly sequence: bigint;
  /** Name of the message. */
  readonly message: string;
  readonly fields: unknown;
}

/**
 * Name and fields as UTF-8, keys in order, numbers as their decimal text: two encodings of one message have the same bytes. What
 * differs from side to side by nature (line, receive time) is not in it.
 */
export function comparedText({ message, fields }: SideMessage): string {
  return `${JSON.stringify(message)} ${ordered(fields)}`;
}

function ordered(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (ArrayBuffer.isView(value))
    return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`;
  if (Array.isArray(value)) return `[${value.map(ordered).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${ordered(part)}`).join(',')}}`;
  }
  return JSON.stringify(String(value));
}
