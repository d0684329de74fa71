/** One reused view for each message type of a decoder. */
import { createViews, type Decoder, type Flyweight } from '../layout/index.js';

export type { Decoder, Flyweight } from '../layout/index.js';

export function recordViews(decoder: Decoder): (index: number) => Flyweight {
  const readers = createViews(decoder);
  const made: Flyweight[] = [];
  return (index) => {
    const known = made[index];
    if (known !== undefined) return known;
    const View = (readers[index] as (typeof readers)[number]).View;
    const view = new View();
    made[index] = view;
    return view;
  };
}
