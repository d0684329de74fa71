/** What REST answers, as data: paths, questions, answers. The server and its OpenAPI document are made from it. */
import { z } from 'zod';
import { VenuewireError } from '../errors.js';
import type { GatewayLimits } from './options.js';
import * as schemas from './schemas.js';
import { CANDLE_INTERVALS, type CandleInterval } from './tape.js';
import type { User } from './tokens.js';
import type { GatewayVenue } from './venue.js';
import type { Category, WireInstrument } from './wire.js';

/** Who asks, and about what. */
export interface Question {
  readonly user: User;
  readonly venues: ReadonlyMap<string, GatewayVenue>;
  readonly limits: GatewayLimits;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
}

export interface Route {
  readonly path: string;
  readonly says: string;
  readonly category?: Category;
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
  readonly handle: (question: Question) => unknown;
}

const PAGE_MOST = 10_000;
const whole = (least: number, most: number, usual: number, says: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: 'is no whole number' })
    .transform(Number)
    .pipe(z.number().min(least).max(most))
    .default(usual)
    .describe(`${says}; ${least} to ${most}, default ${usual}`);
const limit = (usual: number) => whole(1, PAGE_MOST, usual, 'The last so many');
const none = z.strictObject({});

const notFound = (what: string, hint: string): VenuewireError => new VenuewireError('VW_GATEWAY_NOT_FOUND', what, hint);

function venueOf({ user, venues, parameters }: Question, category: Category): GatewayVenue {
  const venue = venues.get(parameters.venue as string);
  if (venue === undefined)
    throw notFound(`There is no venue '${parameters.venue?.slice(0, 64)}' for this user`, 'GET /v1/venues lists them.');
  if (user.allows(category, venue.name)) return venue;
  throw new VenuewireError(
    'VW_GATEWAY_SCOPE',
    `No right to '${category}' of ${venue.name}`,
    'Use a token with this scope, or ask whoever runs the gateway.',
  );
}

const isFor = (user: User, category: Category, venue: string, { symbol, key }: WireInstrument): boolean =>
  user.allows(category, venue, symbol || key, key);

function instrumentOf(
  question: Question,
  category: Category,
): { readonly venue: GatewayVenue; readonly number: number } {
  const venue = venueOf(question, category);
  const name = question.parameters.instrument as string;
  const number = venue.numberOf(name);
  if (number !== undefined && isFor(question.user, category, venue.name, venue.instrument(number)))
    return { venue, number };
  throw notFound(
    `${venue.name} has no instrument '${name.slice(0, 64)}' for this user`,
    `GET /v1/venues/${encodeURIComponent(venue.name)}/instruments lists them.`,
  );
}

/** Instruments that this user may know, from a number on. */
function instruments(question: Question) {
  const venue = venueOf(question, 'instruments');
  const { after, limit: most, search } = question.query as { after: number; limit: number; search?: string };
  const wanted = search?.toUpperCase();
  const found: WireInstrument[] = [];
  let number = after;
  for (; number < venue.instruments && found.length < most; number++) {
    const of = venue.instrument(number);
    if (wanted !== undefined && !of.instrument.toUpperCase().startsWith(wanted)) continue;
    if (isFor(question.user, 'instruments', venue.name, of)) found.push(of);
  }
  return { instruments: found, next: number < venue.instruments ? number : null };
}

const VENUE = '/v1/venues/:venue';
const INSTRUMENT = `${VENUE}/instruments/:instrument`;
const pages = z.strictObject({
  after: whole(0, 999_999_999, 0, 'Begin there: `next` of the page before'),
  limit: limit(1_000),
  search: z.string().min(1).max(64).optional().describe('Only those that begin with it'),
});

export const ROUTES: readonly Route[] = [
  {
    path: '/v1/venues',
    says: 'Venues of this gateway that the user may see',
    query: none,
    answer: z.strictObject({ venues: z.array(schemas.venue) }),
    handle: ({ user, venues }) => ({
      venues: [...venues.values()]
        .filter(({ name }) => user.allows('instruments', name) || user.allows('state', name))
        .map(({ name, source, status, instruments: count }) => ({
          ...{ venue: name, decoder: source.decoder.id, status, instruments: count },
          metrics: `/v1/venues/${encodeURIComponent(name)}/metrics`,
        })),
    }),
  },
  {
    path: VENUE,
    says: 'What the feed of a venue is doing: ledger, channels, lines, latency',
    category: 'state',
    query: none,
    answer: schemas.state,
    handle: (question) => venueOf(question, 'state').state(),
  },
  {
    path: `${VENUE}/ledger`,
    says: 'The ledger of a venue and of each channel; null for an event log',
    category: 'state',
    query: none,
    answer: z.strictObject({
      ledger: schemas.ledger.nullable(),
      channels: z.array(z.strictObject({ channel: z.string(), ledger: schemas.ledger })),
    }),
    handle: (question) => {
      const { ledger, channels } = venueOf(question, 'state').state();
      return { ledger, channels: channels.map(({ channel, ledger: of }) => ({ channel, ledger: of })) };
    },
  },
  {
    path: `${VENUE}/notices`,
    says: 'The last notices: gaps, recoveries, sessions',
    category: 'notices',
    query: z.strictObject({ limit: limit(100) }),
    answer: z.strictObject({ notices: z.array(schemas.notice) }),
    handle: (question) => ({
      notices: venueOf(question, 'notices')
        .notices(0)
        .slice(-(question.query.limit as number)),
    }),
  },
  {
    path: `${VENUE}/instruments`,
    says: 'Instruments that the venue has named, page by page',
    category: 'instruments',
    query: pages,
    answer: z.strictObject({ instruments: z.array(schemas.instrument), next: z.number().int().nullable() }),
    handle: instruments,
  },
  {
    path: INSTRUMENT,
    says: 'An instrument',
    category: 'instruments',
    query: none,
    answer: schemas.instrument,
    handle: (question) => {
      const { venue, number } = instrumentOf(question, 'instruments');
      return venue.instrument(number);
    },
  },
  {
    path: `${INSTRUMENT}/top`,
    says: 'Best prices',
    category: 'top',
    query: none,
    answer: schemas.top,
    handle: (question) => {
      const { venue, number } = instrumentOf(question, 'top');
      return venue.top(number);
    },
  },
  {
    path: `${INSTRUMENT}/depth`,
    says: 'Levels of both sides, best first',
    category: 'depth',
    query: z.strictObject({ levels: whole(1, PAGE_MOST, 10, 'Levels of each side, at most what the gateway allows') }),
    answer: schemas.depth,
    handle: (question) => {
      const { venue, number } = instrumentOf(question, 'depth');
      const levels = question.query.levels as number;
      if (levels <= question.limits.levels) return venue.depth(number, levels);
      throw new VenuewireError(
        'VW_GATEWAY_LIMIT',
        `${levels} levels; this gateway gives at most ${question.limits.levels}`,
        'Ask for fewer.',
      );
    },
  },
  {
    path: `${INSTRUMENT}/trades`,
    says: 'The last trades, oldest first',
    category: 'trades',
    query: z.strictObject({ limit: limit(100) }),
    answer: z.strictObject({ trades: z.array(schemas.trade) }),
    handle: (question) => {
      const { venue, number } = instrumentOf(question, 'trades');
      return { trades: venue.tape.trades(number, question.query.limit as number) };
    },
  },
  {
    path: `${INSTRUMENT}/candles`,
    says: 'The last candles, oldest first; intervals without a trade have none',
    category: 'candles',
    query: z.strictObject({
      interval: z.enum(Object.keys(CANDLE_INTERVALS) as [CandleInterval]).default('1m'),
      limit: limit(100),
    }),
    answer: z.strictObject({ interval: z.string(), candles: z.array(schemas.candle) }),
    handle: (question) => {
      const { venue, number } = instrumentOf(question, 'candles');
      const { interval, limit: most } = question.query as { interval: CandleInterval; limit: number };
      return { interval, candles: venue.tape.candles(number, interval, most) };
    },
  },
];
