/** `decode --stats`: messages by type, sizes, rates, channels. */

import type { MutableFound } from '../capture/messages.js';
import type { CapturedPayload } from '../feed/batch.js';
import type { Format } from './format.js';
import { instantText } from './format.js';
import { bytesText, grouped, table } from './output.js';

interface Counted {
  messages: number;
  bytes: number;
  least: number;
  most: number;
}

interface Channel {
  packets: number;
  bytes: number;
  messages: number;
  first: bigint;
  last: bigint;
  /** Messages in the second that is being counted, and the most in any. */
  second: bigint;
  inSecond: number;
  peak: number;
}

export class Stats {
  readonly #types = new Map<string, Counted>();
  readonly #channels = new Map<string, Channel>();
  /** Types that came equally often are reported in the order of `names`, then in that of their coming. */
  constructor(
    names: readonly string[],
    readonly nameOf: (found: MutableFound) => string,
  ) {
    for (const name of names) this.#type(name);
  }

  #type(name: string): Counted {
    let type = this.#types.get(name);
    if (type === undefined) {
      type = { messages: 0, bytes: 0, least: Number.POSITIVE_INFINITY, most: 0 };
      this.#types.set(name, type);
    }
    return type;
  }

  #channel(name: string, time: bigint): Channel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { packets: 0, bytes: 0, messages: 0, first: time, last: time, second: 0n, inSecond: 0, peak: 0 };
      this.#channels.set(name, channel);
    }
    if (time > channel.last) channel.last = time;
    return channel;
  }

  packet(p: CapturedPayload): void {
    const channel = this.#channel(p.transport === 'file' ? 'file' : p.destination, p.time);
    channel.packets++;
    channel.bytes += p.view.byteLength;
  }

  message(found: MutableFound): void {
    const { length, channel: name, time } = found;
    const type = this.#type(this.nameOf(found));
    type.messages++;
    type.bytes += length;
    if (length < type.least) type.least = length;
    if (length > type.most) type.most = length;
    const channel = this.#channel(name, time);
    channel.messages++;
    const second = time / 1_000_000_000n;
    if (second !== channel.second) {
      channel.second = second;
      channel.inSecond = 0;
    }
    if (++channel.inSecond > channel.peak) channel.peak = channel.inSecond;
  }

  report(format: Format): string[] {
    const types = [...this.#types]
      .map(([name, t]) => ({ name, ...t }))
      .filter((t) => t.messages > 0)
      .sort((a, b) => b.messages - a.messages);
    const channels = [...this.#channels].filter(([, c]) => c.packets > 0 || c.messages > 0);
    if (format === 'ndjson') return [...types.map(typeLine), ...channels.map(channelLine)];
    const all = types.reduce((n, t) => n + t.messages, 0);
    return [
      table(
        TYPE_COLUMNS,
        types.map((t) => typeRow(t, all)),
      ),
      `${grouped(all)} messages`,
      '',
      table(CHANNEL_COLUMNS, channels.map(channelRow)),
    ];
  }
}

type Named = Counted & { readonly name: string };
type NamedChannel = readonly [name: string, channel: Channel];

const right = (title: string) => ({ title, right: true });
const TYPE_COLUMNS = [
  { title: 'MESSAGE' },
  right('COUNT'),
  right('SHARE'),
  right('BYTES'),
  right('LEAST'),
  right('MEAN'),
  right('MOST'),
];
const CHANNEL_COLUMNS = [
  { title: 'CHANNEL' },
  right('PACKETS'),
  right('BYTES'),
  right('MESSAGES'),
  right('MEAN/S'),
  right('PEAK/S'),
  { title: 'FIRST' },
  { title: 'LAST' },
];

const typeLine = ({ name, messages, bytes, least, most }: Named): string =>
  JSON.stringify({ message: name, messages, bytes, least, most });

const channelLine = ([channel, c]: NamedChannel): string =>
  JSON.stringify({
    channel,
    packets: c.packets,
    bytes: c.bytes,
    messages: c.messages,
    first: String(c.first),
    last: String(c.last),
    peakPerSecond: c.peak,
  });

const typeRow = (t: Named, all: number): (string | number)[] => [
  t.name,
  grouped(t.messages),
  `${((100 * t.messages) / all).toFixed(2)} %`,
  bytesText(t.bytes),
  t.least,
  (t.bytes / t.messages).toFixed(1),
  t.most,
];

const channelRow = ([name, c]: NamedChannel): (string | number)[] => {
  const seconds = Number(c.last - c.first) / 1e9;
  return [
    name,
    grouped(c.packets),
    bytesText(c.bytes),
    grouped(c.messages),
    seconds > 0 ? grouped(Math.round(c.messages / seconds)) : '–',
    c.last > 0n ? grouped(c.peak) : '–',
    c.first > 0n ? instantText(c.first) : '–',
    c.last > 0n ? instantText(c.last) : '–',
  ];
};
