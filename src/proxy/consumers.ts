/** Who is served by a proxy, and how much. */
import { remedyOf, VenuewireError } from '../errors.js';
import { type Reference, referenced } from '../patterns/credentials.js';

/** One consumer, or a group of them with the same rights; each address, and each login, has an allowance of its own. */
export interface ProxyConsumer {
  readonly name: string;
  /** Addresses it comes from: `10.1.2.3` or `10.1.2.0/24`. Default: any. */
  readonly address?: string;
  /** What it logs in with to the replay server, as references. Default: any login will do. */
  readonly credentials?: { readonly username: Reference; readonly password: Reference };
  /** Requests a second, with bursts of as many; those above are not answered, and counted. Default: no bound. */
  readonly requestsPerSecond?: number;
  /** Messages a second by replay. Default: no bound. */
  readonly messagesPerSecond?: number;
  /** Who has a lower one is replayed to first. 0 to 9, default 5. Requests of single ranges always go before replay. */
  readonly priority?: number;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/;
const ADDRESS_BITS = 32;
const OCTET = 256;
const PRIORITY_MOST = 9;
const USUAL_PRIORITY = 5;
const SECOND_NS = 1e9;
/** Allowances of addresses; the one that has been quiet for longest makes room. */
const ALLOWANCES_MOST = 65_536;

const refuse = (what: string): VenuewireError =>
  new VenuewireError('VW_PROXY_OPTION', `The proxy cannot be opened: ${what}`, remedyOf('VW_PROXY_OPTION'));

/** An IPv4 address as a number, and how many of its bits count; undefined: it is none. */
function range(text: string): { readonly address: number; readonly bits: number } | undefined {
  const found = IPV4.exec(text);
  if (found === null) return undefined;
  const octets = found.slice(1, 5).map(Number);
  const bits = found[5] === undefined ? ADDRESS_BITS : Number(found[5]);
  if (octets.some((o) => o >= OCTET) || bits > ADDRESS_BITS) return undefined;
  return { address: octets.reduce((sum, o) => sum * OCTET + o, 0), bits };
}

/** So much a second, saved up for a second at most. */
export class Allowance {
  #left: number;
  #sinceNs: number;
  constructor(
    readonly perSecond: number,
    nowNs: number,
  ) {
    this.#left = perSecond;
    this.#sinceNs = nowNs;
  }
  /** How much of `wanted` there is now. */
  take(wanted: number, nowNs: number): number {
    if (this.perSecond === Number.POSITIVE_INFINITY) return wanted;
    const grown = ((nowNs - this.#sinceNs) * this.perSecond) / SECOND_NS;
    this.#left = Math.min(this.perSecond, this.#left + grown);
    this.#sinceNs = nowNs;
    const taken = Math.min(wanted, Math.floor(this.#left));
    this.#left -= taken;
    return taken;
  }
}

/** A declared consumer, checked, and what it has come to. */
export class Consumer {
  readonly name: string;
  readonly priority: number;
  readonly requestsPerSecond: number;
  readonly messagesPerSecond: number;
  /** Counted since the proxy was opened. */
  readonly counts = { requests: 0, answered: 0, refused: 0, logins: 0, rejected: 0, messages: 0 };
  readonly #range: ReturnType<typeof range>;
  readonly #login: { readonly username: string; readonly password: string } | undefined;
  readonly #allowances = new Map<string, Allowance>();

  constructor(given: ProxyConsumer) {
    const { name, address, credentials, requestsPerSecond, messagesPerSecond, priority = USUAL_PRIORITY } = given;
    this.name = name;
    this.priority = priority;
    this.requestsPerSecond = requestsPerSecond ?? Number.POSITIVE_INFINITY;
    this.messagesPerSecond = messagesPerSecond ?? Number.POSITIVE_INFINITY;
    this.#range = address === undefined ? undefined : range(address);
    if (address !== undefined && this.#range === undefined)
      throw refuse(`consumer '${name}': '${address}' is no IPv4 address, nor a range of them (10.1.2.0/24)`);
    if (!Number.isInteger(priority) || priority < 0 || priority > PRIORITY_MOST)
      throw refuse(`consumer '${name}': priority must be a whole number from 0 to ${PRIORITY_MOST}`);
    for (const [what, rate] of Object.entries({ requestsPerSecond, messagesPerSecond })) {
      if (rate !== undefined && !(Number.isFinite(rate) && rate >= 1))
        throw refuse(`consumer '${name}': ${what} must be 1 or more`);
    }
    this.#login = credentials && {
      username: referenced(credentials.username, 'username').toLowerCase(),
      password: referenced(credentials.password, 'password').toLowerCase(),
    };
  }

  comesFrom(address: string): boolean {
    if (this.#range === undefined) return true;
    const from = range(address);
    if (from === undefined) return false;
    const size = 2 ** (ADDRESS_BITS - this.#range.bits);
    return Math.floor(from.address / size) === Math.floor(this.#range.address / size);
  }
  get asksForLogin(): boolean {
    return this.#login !== undefined;
  }
  /** SoupBinTCP takes letters of either case for the same. */
  knows(username: string, password: string): boolean {
    const login = this.#login;
    if (login === undefined) return true;
    return username.toLowerCase() === login.username && password.toLowerCase() === login.password;
  }
  /** Whether an address may ask once more. */
  mayAsk(address: string, nowNs: number): boolean {
    if (this.requestsPerSecond === Number.POSITIVE_INFINITY) return true;
    let allowance = this.#allowances.get(address);
    this.#allowances.delete(address);
    if (allowance === undefined && this.#allowances.size >= ALLOWANCES_MOST)
      this.#allowances.delete(this.#allowances.keys().next().value as string);
    allowance ??= new Allowance(this.requestsPerSecond, nowNs);
    this.#allowances.set(address, allowance);
    return allowance.take(1, nowNs) === 1;
  }
}

/** Everybody who may come, the first that fits counts; nobody declared: everybody may. */
export class Consumers {
  readonly all: readonly Consumer[];
  constructor(given: readonly ProxyConsumer[]) {
    this.all = (given.length === 0 ? [{ name: 'anybody' }] : given).map((consumer) => new Consumer(consumer));
  }
  /** Who asks from an address without a login. */
  from(address: string): Consumer | undefined {
    return this.all.find((consumer) => consumer.comesFrom(address));
  }
  loggedIn(address: string, username: string, password: string): Consumer | undefined {
    return this.all.find((consumer) => consumer.comesFrom(address) && consumer.knows(username, password));
  }
}
