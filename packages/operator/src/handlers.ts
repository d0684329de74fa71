/** How the handlers in the pods are: their metrics, asked again and again, and what follows from them. */
import type { KubernetesObject } from './api.js';

/** What is said of a handler; it changes only when a condition does. */
export interface HandlerState {
  /** Its metrics answer. */
  readonly reached: boolean;
  /** Channels that have brought nothing yet. */
  readonly silentChannels: readonly string[];
  /** Channels with numbers missing, twice in a row: a hole that closes at once is every day. */
  readonly recovering: readonly string[];
  /** Channels that lost numbers, and no snapshot carried them, in the last minutes. */
  readonly lost: readonly string[];
  /** Lines that bring nothing while another line of their channel does: `channel/line`. */
  readonly silentLines: readonly string[];
}

const UNREACHED: HandlerState = { reached: false, silentChannels: [], recovering: [], lost: [], silentLines: [] };
/** How long lost numbers are told of. */
const LOST_SHOWN_MS = 5 * 60_000;
/** A line that has brought nothing for so long, while another has within the shorter time, is silent. */
const SILENT_MS = 15_000;
const ALIVE_MS = 5_000;

/** Value by metric and labels, of Prometheus' text format; what cannot be read is left out. */
export function samplesOf(text: string): Map<string, { labels: Record<string, string>; value: number }[]> {
  const found = new Map<string, { labels: Record<string, string>; value: number }[]>();
  for (const line of text.split('\n')) {
    const [, name, inner = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (name === undefined || !Number.isFinite(Number(value))) continue;
    const labels = Object.fromEntries(
      [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, of]) => [label as string, of as string]),
    );
    const of = found.get(name) ?? [];
    of.push({ labels, value: Number(value) });
    found.set(name, of);
  }
  return found;
}

interface Channel {
  packets: number;
  missing: number;
  lost: number;
}

/** One handler from poll to poll. */
export class Handler {
  #missing: readonly string[] = [];
  readonly #lost = new Map<string, { count: number; at: number }>();
  readonly #lines = new Map<string, { count: number; at: number }>();

  /** @param text its metrics; undefined where they do not answer. @param now milliseconds. */
  see(text: string | undefined, now: number): HandlerState {
    if (text === undefined) return UNREACHED;
    const samples = samplesOf(text);
    const channels = channelsOf(samples);
    const named = (is: (c: Channel) => boolean): string[] =>
      [...channels].filter(([, c]) => is(c)).map(([name]) => name);
    const missing = named((c) => c.missing > 0);
    const recovering = missing.filter((name) => this.#missing.includes(name));
    this.#missing = missing;
    for (const [name, { lost }] of channels) {
      const before = this.#lost.get(name)?.count ?? 0;
      if (lost > before) this.#lost.set(name, { count: lost, at: now });
    }
    return {
      reached: true,
      silentChannels: named((c) => c.packets === 0),
      recovering,
      lost: [...this.#lost].filter(([, { at }]) => now - at < LOST_SHOWN_MS).map(([name]) => name),
      silentLines: this.#silentLines(samples, now),
    };
  }

  #silentLines(samples: ReturnType<typeof samplesOf>, now: number): string[] {
    const lines = samples.get('venuewire_line_packets_total') ?? [];
    const nameOf = ({ channel, line }: Record<string, string>): string => `${channel}/${line}`;
    for (const { labels, value } of lines) {
      const name = nameOf(labels);
      if (this.#lines.get(name)?.count !== value) this.#lines.set(name, { count: value, at: now });
    }
    const ageOf = (labels: Record<string, string>): number => now - (this.#lines.get(nameOf(labels))?.at ?? now);
    return lines
      .filter(
        ({ labels }) =>
          ageOf(labels) > SILENT_MS &&
          lines.some((other) => other.labels.channel === labels.channel && ageOf(other.labels) < ALIVE_MS),
      )
      .map(({ labels }) => nameOf(labels));
  }
}

function channelsOf(samples: ReturnType<typeof samplesOf>): Map<string, Channel> {
  const channels = new Map<string, Channel>();
  const add = (metric: string, part: keyof Channel, sign = 1): void => {
    for (const { labels, value } of samples.get(`venuewire_channel_${metric}`) ?? []) {
      const name = labels.channel ?? '';
      const channel = channels.get(name) ?? { packets: 0, missing: 0, lost: 0 };
      channel[part] += sign * value;
      channels.set(name, channel);
    }
  };
  add('packets_total', 'packets');
  add('recovery_packets_total', 'packets');
  add('missing', 'missing');
  add('abandoned_total', 'lost');
  add('abandoned_to_snapshot_total', 'lost', -1);
  return channels;
}

const POLL_MS = 5_000;
const ANSWER_MS = 2_000;
const TEXT_MOST = 16 << 20;
const AT_ONCE = 32;

/** Where a handler answers: its container port `metrics`. Undefined while it has no address. */
export function addressOf(pod: KubernetesObject): string | undefined {
  const port = pod.spec?.containers
    ?.flatMap((c: { ports?: { name?: string; containerPort: number }[] }) => c.ports ?? [])
    .find((p: { name?: string }) => p.name === 'metrics')?.containerPort;
  const ip = pod.status?.podIP as string | undefined;
  return ip === undefined || port === undefined ? undefined : `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

async function metricsAt(address: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) return undefined;
    const text = await answer.text();
    return text.length > TEXT_MOST ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Asks the handlers of all pods in turn. */
export class Handlers {
  readonly #known = new Map<string, { handler: Handler; state: HandlerState }>();
  readonly #changed: (pod: KubernetesObject) => void;
  readonly #ask: (address: string) => Promise<string | undefined>;

  constructor(changed: (pod: KubernetesObject) => void, ask = metricsAt) {
    this.#changed = changed;
    this.#ask = ask;
  }

  stateOf(pod: KubernetesObject): HandlerState | undefined {
    return this.#known.get(pod.metadata.uid as string)?.state;
  }

  /** One round. */
  async poll(pods: readonly KubernetesObject[], now = Date.now()): Promise<void> {
    const there = new Set(pods.map((pod) => pod.metadata.uid as string));
    for (const uid of this.#known.keys()) if (!there.has(uid)) this.#known.delete(uid);
    const waiting = [...pods];
    const worker = async (): Promise<void> => {
      for (let pod = waiting.pop(); pod !== undefined; pod = waiting.pop()) await this.#one(pod, now);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #one(pod: KubernetesObject, now: number): Promise<void> {
    const address = addressOf(pod);
    if (address === undefined) return;
    const uid = pod.metadata.uid as string;
    const known = this.#known.get(uid) ?? { handler: new Handler(), state: UNREACHED };
    const state = known.handler.see(await this.#ask(address), now);
    const isNew = !this.#known.has(uid) || JSON.stringify(state) !== JSON.stringify(known.state);
    this.#known.set(uid, { handler: known.handler, state });
    if (isNew) this.#changed(pod);
  }

  static readonly everyMs = POLL_MS;
}
