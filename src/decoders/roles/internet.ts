import type { EventRoles, EventRule } from '../../layout/table.js';

interface Facts {
  readonly timed?: boolean;
  /** The venue takes away levels that it has not told. */
  readonly ifKnown?: boolean;
}

const levels = ({ timed, ifKnown }: Facts): EventRule => ({
  does: 'levelSet',
  each: 'levels',
  side: { field: 'side' },
  price: 'price',
  size: 'size',
  ...(timed === true ? { time: 'time' } : {}),
  ...(ifKnown === true ? { ifKnown } : {}),
});

/** Levels with their whole size; 0 takes one away. */
export const changes = (facts: Facts = {}): EventRule => levels(facts);

/** The whole book: what was there is gone, unless the record goes on with the levels of the one before. */
export const image = (facts: Facts = {}): EventRule[] => [
  { does: 'clear', when: { continued: [0] }, ...(facts.timed === true ? { time: 'time' } : {}) },
  levels(facts),
];

/** Best prices beside a book that is told by levels. */
export const ticker = ({ timed }: Facts = {}): EventRule[] =>
  (['bid', 'ask'] as const).map((side) => ({
    does: 'quote',
    side,
    price: side,
    size: `${side}Size`,
    aside: true,
    ...(timed === true ? { time: 'time' } : {}),
  }));

export const print: EventRule = {
  does: 'trade',
  side: { field: 'side' },
  price: 'price',
  size: 'size',
  time: 'time',
};

/** Books of records as `json/records` has them. */
export const levelBooks = (messages: EventRoles['messages']): EventRoles => ({
  priceExponent: -10,
  sizeExponent: -8,
  messages,
});
