/** Datagrams to multicast groups, for replays. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { VenuewireError } from '../errors.js';
import { ipPort } from './choose.js';
import { usage } from './exit.js';

const IN_FLIGHT = 64;

/** Sends in order; a few datagrams are under way at a time. */
export class MulticastSender {
  packets = 0;
  readonly #socket: Socket = createSocket('udp4');
  readonly #map: ReadonlyMap<string, string>;
  readonly #used = new Set<string>();
  readonly #known = new Map<string, readonly [string, number]>();
  #underWay: Promise<void>[] = [];

  /** @param map `ip:port=ip:port` each. */
  constructor(
    readonly address: string,
    map: readonly string[],
  ) {
    this.#map = new Map(
      map.map((text) => {
        const match = /^([0-9.]+:\d+)=([0-9.]+:\d+)$/.exec(text);
        if (match) return [ipPort('--map', match[1] as string), ipPort('--map', match[2] as string)];
        throw usage(`--map '${text}' is not understood`, 'Write it as ip:port=ip:port.');
      }),
    );
  }

  get destinations(): string[] {
    return [...this.#used];
  }

  async open(): Promise<void> {
    this.#socket.bind(0);
    await once(this.#socket, 'listening');
    try {
      this.#socket.setMulticastInterface(this.address);
      this.#socket.setMulticastLoopback(true);
      this.#socket.setMulticastTTL(1);
    } catch (cause) {
      throw new VenuewireError(
        'VW_INTERFACE',
        `datagrams cannot be sent from ${this.address}: ${cause instanceof Error ? cause.message : cause}`,
        'Give the address of one of this machine’s interfaces: --interface 127.0.0.1',
      );
    }
  }

  async send(destination: string, bytes: Uint8Array): Promise<void> {
    const to = this.#map.get(destination) ?? destination;
    let known = this.#known.get(to);
    if (known === undefined) {
      const [ip = '', port = ''] = to.split(':');
      known = [ip, Number(port)];
      this.#known.set(to, known);
      this.#used.add(to);
    }
    const [ip, port] = known;
    this.#underWay.push(
      new Promise((resolve, reject) => {
        this.#socket.send(bytes, port, ip, (error) => {
          if (error) {
            reject(
              new VenuewireError(
                'VW_SEND',
                `a datagram could not be sent to ${to}: ${error.message}`,
                'Check the group and the interface.',
              ),
            );
          } else resolve();
        });
      }),
    );
    this.packets++;
    if (this.#underWay.length >= IN_FLIGHT) await this.flush();
  }

  async flush(): Promise<void> {
    const list = this.#underWay;
    this.#underWay = [];
    await Promise.all(list);
  }
  close(): void {
    this.#socket.close();
  }
}
