import { levelsMessage, otherMessage, SCALES, SYMBOL } from '../json/records.js';
import { defineJsonDecoder, from, optional } from '../json/table.js';
import { i64, message, nanosSinceEpoch, text, u8 } from '../layout/table.js';
import { changes, image, levelBooks } from './roles/internet.js';

const OP = ['op'];
/** What is offered to those who back stands below what is offered to those who lay: bids and asks of odds. */
const LEVELS = [
  { list: ['atb'], side: 'B', price: 0, size: 1 },
  { list: ['atl'], side: 'S', price: 0, size: 1 },
] as const;

/**
 * Betfair Exchange Stream: the ladders of each runner, `MARKET/SELECTION`, or `MARKET/SELECTION/HANDICAP`. Definitions, traded
 * volume and starting prices are in BetfairMarkets of venuewire/venues/betfair.
 */
export const betfairStream1 = defineJsonDecoder({
  id: 'betfair-stream-1',
  venue: 'Betfair Exchange',
  feed: 'Exchange Stream: markets',
  version: '1',
  specification: 'Exchange Stream API',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({ runnerImage: image({ timed: true }), runnerChange: changes({ timed: true, ifKnown: true }) }),
  checked: ['recordings of 2017 and 2022: ladders at every checkpoint, against the cache of betcode-org/betfair'],
  unconfirmed: ['images in segments: one message of each kind is public, no session'],
  messages: {
    runnerImage: levelsMessage(1, 42, { time: i64(34, nanosSinceEpoch) }),
    runnerChange: levelsMessage(2, 42, { time: i64(34, nanosSinceEpoch) }),
    status: message(3, 65, { statusCode: text(1, SYMBOL), errorCode: text(33, SYMBOL) }),
    connection: message(4, 1, {}),
    heartbeat: message(5, 9, { time: i64(1, nanosSinceEpoch) }),
    other: otherMessage(6),
  },
  json: {
    scales: SCALES,
    rules: [
      { message: 'heartbeat', when: [[['ct'], 'HEARTBEAT']], fields: { time: from.epochMilliseconds('pt') } },
      {
        message: 'runnerChange',
        when: [[OP, 'mcm']],
        each: [['mc'], ['rc']],
        mayHaveNone: true,
        instead: { message: 'runnerImage', where: ['^', 'img'] },
        fields: {
          symbol: from.joined('/', ['^', 'id'], ['id'], ['hc']),
          time: from.epochMilliseconds('$', 'pt'),
        },
        levels: LEVELS,
      },
      {
        message: 'status',
        when: [[OP, 'status']],
        fields: { statusCode: from.text('statusCode'), errorCode: optional(from.text('errorCode')) },
      },
      { message: 'connection', when: [[OP, 'connection']], fields: {} },
    ],
  },
});
