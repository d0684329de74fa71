/** The options of `openFeed` and the handlers, checked: what is misspelt or of another type is refused, not ignored. */
import { EVENT_KIND } from '../contract.js';
import { VenuewireError } from '../errors.js';
import type { Decoder } from '../layout/index.js';
import { nearestNames } from '../nearest.js';
import { RECEIVE } from '../patterns/network.js';
import type { FeedOptions } from './feed.js';

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Says why a value is not good; undefined: it is. */
type Check = (value: unknown) => string | undefined;

const wholeNumber =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`;
const oneOf =
  (...names: readonly string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `must be one of ${names.join(', ')}`;
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const text: Check = (value) => (typeof value === 'string' ? undefined : 'must be text');
const positiveOrZero: Check = (value) =>
  typeof value === 'number' && value >= 0 && Number.isFinite(value) ? undefined : 'must be a number, 0 or more';
const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((n) => typeof (value as Readonly<Record<string, unknown>>)[n] === 'function');
const list =
  (item: Check, of: string): Check =>
  (value) =>
    Array.isArray(value) && value.every((v) => item(v) === undefined) ? undefined : `must be a list of ${of}`;
const texts: Check = (value) =>
  isPlain(value) && Object.values(value).every((v) => typeof v === 'string') ? undefined : 'must be an object of texts';
const symbolOrKey: Check = (value) =>
  ['string', 'bigint'].includes(typeof value) || Number.isInteger(value) ? undefined : 'must be a symbol or a key';
/** Its own words are checked where it is opened. */
const captured: Check = (value) =>
  typeof value === 'string' || value instanceof Uint8Array ? undefined : 'must be a path or a Uint8Array';

/** Their names are checked against the venue. */
const transports: Check = (value) =>
  isPlain(value) &&
  Object.values(value).every((t) => typeof (t as { connect?: unknown } | null)?.connect === 'function')
    ? Object.values(value).every((t) => Array.isArray((t as { protects?: unknown }).protects ?? []))
      ? undefined
      : "must be an object of transports, whose 'protects' is a list"
    : 'must be an object of transports, which have connect()';
/** What the core can index. */
const BOUND_MOST = { orders: 2 ** 28, ordersMax: 2 ** 29, instrumentsMax: 2 ** 26 };
const bounds: Check = (value) => {
  if (typeof value === 'boolean') return undefined;
  if (!isPlain(value)) return 'must be true, false or the bounds of the books';
  for (const [name, bound] of Object.entries(value)) {
    if (name === 'checkpoint' && bound instanceof Uint8Array) continue;
    const most = Object.hasOwn(BOUND_MOST, name) ? BOUND_MOST[name as keyof typeof BOUND_MOST] : undefined;
    if (most === undefined) return `has no bound '${name}'`;
    if (bound === undefined) continue;
    if (!Number.isInteger(bound) || (bound as number) < 1 || (bound as number) > most)
      return `must have whole numbers; '${name}' is none from 1 to ${most}`;
  }
  return undefined;
};

/** Their channels are checked against the venue. */
const places: Check = (value) => {
  const isPlace = (place: unknown): boolean =>
    isPlain(place) &&
    Object.keys(place).every((name) => name === 'session' || name === 'next') &&
    ['string', 'undefined'].includes(typeof place.session) &&
    (typeof place.next === 'bigint' ? place.next >= 0n && place.next < 2n ** 64n : Number.isSafeInteger(place.next)) &&
    Number(place.next) >= 0;
  return isPlain(value) && Object.values(value).every(isPlace)
    ? undefined
    : 'must name channels, each with { session, next }: text, and the number of the first message wanted';
};

type Shape = { readonly [name: string]: Check | Shape };
const SHAPE: Shape = {
  capture: { file: captured, name: text, lines: texts, speed: positiveOrZero },
  select: { messages: list(text, 'message names'), instruments: list(symbolOrKey, 'symbols or keys') },
  resume: places,
  ringBytes: wholeNumber(65536, 2 ** 30),
  wake: oneOf('doorbell', 'poll'),
  spin: flag,
  cpu: wholeNumber(0, 1 << 20),
  numaNode: wholeNumber(0, 1023),
  realtimePriority: wholeNumber(1, 99),
  receiveBufferBytes: wholeNumber(0, 2 ** 30),
  receive: oneOf(...RECEIVE),
  signal: (value) => (value instanceof AbortSignal ? undefined : 'must be an AbortSignal'),
  logger: (value) => (hasMethods(value, 'info', 'warn') ? undefined : 'must have the methods info and warn'),
  transports: { lines: transports, servers: transports },
  busyPollUs: wholeNumber(0, 1_000_000),
  preferBusyPoll: flag,
  stamps: flag,
  books: bounds,
  events: bounds,
  frames: (value) => (typeof value === 'function' ? undefined : 'must be a function'),
  drain: { messages: wholeNumber(1, 2 ** 31), ms: wholeNumber(0, 60_000) },
};

const meant = (name: string, names: readonly string[]): string => {
  const near = nearestNames(name, names);
  return near.length > 0 ? `Did you mean ${near.join(', ')}?` : `There are ${names.join(', ')}.`;
};

function check(given: unknown, shape: Shape, path: string): void {
  const at = path === '' ? 'options' : path;
  if (!isPlain(given)) {
    throw new VenuewireError('VW_OPTION', `${at} must be an object`, `It may have ${Object.keys(shape).join(', ')}.`);
  }
  for (const name of Object.keys(given)) {
    const value = given[name];
    const whole = path === '' ? name : `${path}.${name}`;
    const wanted = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (wanted === undefined) {
      throw new VenuewireError('VW_OPTION', `There is no option '${whole}'`, meant(name, Object.keys(shape)));
    }
    if (value === undefined) continue;
    if (typeof wanted !== 'function') check(value, wanted, whole);
    else {
      const fault = wanted(value);
      if (fault !== undefined) throw new VenuewireError('VW_OPTION', `'${whole}' ${fault}`, 'Correct the option.');
    }
  }
}

const BOOKS_SHAPE: Shape = {
  orders: wholeNumber(1, BOUND_MOST.orders),
  ordersMax: wholeNumber(1, BOUND_MOST.ordersMax),
  instrumentsMax: wholeNumber(1, BOUND_MOST.instrumentsMax),
  checkpoint: (value) => (value instanceof Uint8Array ? undefined : 'must be a Uint8Array'),
  depth: wholeNumber(1, 1_000_000),
};

const { checkpoint: _, ...BOUNDS_SHAPE } = BOOKS_SHAPE;
const MARKET_DATA_SHAPE: Shape = {
  ...BOUNDS_SHAPE,
  instrumentsMax: wholeNumber(1, 0xffff),
  entriesBy: oneOf('level', 'price', 'id'),
  marketDepth: wholeNumber(1, 255),
  instrumentBy: oneOf('SecurityID', 'Symbol'),
  reported: flag,
  heldMax: wholeNumber(0, 1 << 24),
};

/** The options of `openMarketDataBooks`. @throws VenuewireError `VW_OPTION`. */
export function checkMarketDataOptions(options: unknown): void {
  check(options, MARKET_DATA_SHAPE, '');
  if ((options as { readonly entriesBy?: unknown }).entriesBy !== undefined) return;
  throw new VenuewireError(
    'VW_OPTION',
    "'entriesBy' is missing",
    "Say how the venue names entries: 'level', 'price' or 'id'.",
  );
}

/** The options of `openBooks`. @throws VenuewireError `VW_OPTION`. */
export function checkBooksOptions(options: unknown): void {
  check(options, BOOKS_SHAPE, '');
}

/** @throws VenuewireError `VW_OPTION` naming the option, and the one that may have been meant. */
export function checkOptions(options: unknown): void {
  check(options, SHAPE, '');
  const { preferBusyPoll, busyPollUs, stamps, capture, events } = options as FeedOptions;
  const other = capture !== undefined ? 'capture' : events ? 'events' : undefined;
  if (stamps === true && other !== undefined) {
    throw new VenuewireError(
      'VW_OPTION',
      `'stamps' are of live lines and handlers of messages, and go with no ${other}`,
      `Leave stamps or ${other} out.`,
    );
  }
  if (preferBusyPoll === true && !busyPollUs) {
    throw new VenuewireError('VW_OPTION', "'preferBusyPoll' needs busyPollUs", 'Say how long: { busyPollUs: 50 }.');
  }
}

/**
 * Own properties of a handlers object must be functions for messages of the decoder. What a class brings with it is not
 * looked at: it may have methods of its own.
 * @throws VenuewireError `VW_HANDLER` naming the message that may have been meant.
 */
export function checkHandlers(handlers: unknown, decoder: Decoder): void {
  checkNames(handlers, decoder.names, `${decoder.id} has no message`, '{ addOrder(message, at) { … } }');
}

const isAsync = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object AsyncFunction]';

/** The same for normalised events. */
export function checkEventHandlers(handlers: unknown): void {
  checkNames(handlers, EVENT_KIND, 'There is no event', '{ order(event) { … } }');
}

function checkNames(handlers: unknown, names: readonly string[], none: string, example: string): void {
  if (!isPlain(handlers)) {
    throw new VenuewireError(
      'VW_HANDLER',
      `handlers must be an object, not ${handlers === null ? 'null' : `a ${typeof handlers}`}`,
      `Pass an object of functions: ${example}.`,
    );
  }
  const isClass = Object.getPrototypeOf(handlers) !== Object.prototype && Object.getPrototypeOf(handlers) !== null;
  for (const name of Object.keys(handlers)) {
    const value = handlers[name];
    if (names.includes(name)) {
      if (isAsync(value)) {
        throw new VenuewireError(
          'VW_HANDLER',
          `The handler '${name}' is an async function: nobody waits for it, and its view has moved on when it goes on`,
          'Take what you need (message.toObject()) in a plain function, or read objects: for await (const object of feed.objects()) …',
        );
      }
      if (value === undefined || typeof value === 'function') continue;
      throw new VenuewireError(
        'VW_HANDLER',
        `The handler '${name}' is no function`,
        'Give a function, or leave it out.',
      );
    }
    if (isClass || value === undefined) continue;
    throw new VenuewireError('VW_HANDLER', `${none} '${name}'`, meant(name, names));
  }
}
