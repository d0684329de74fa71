/** One reused view for each message type of a decoder. */
import { createViews, type Decoder, type View } from '../layout/index.js';

export type { Decoder, View } from '../layout/index.js';

export function recordViews(decoder: Decoder): (index: number) => View {
  const readers = createViews(decoder);
  const made: View[] = [];
  return (index) => {
    const known = made[index];
    if (known !== undefined) return known;
    const View = (readers[index] as (typeof readers)[number]).View;
    const view = new View();
    made[index] = view;
    return view;
  };
}
