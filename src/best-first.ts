/** Levels of a side, the best first: bids from the highest price, asks from the lowest. */

/** Where a price is, or where it would go. */
export function placeOfPrice(
  levels: readonly ({ readonly price: bigint } | undefined)[],
  price: bigint,
  isBid: boolean,
): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = (levels[middle] as { readonly price: bigint }).price;
    if (isBid ? there > price : there < price) low = middle + 1;
    else high = middle;
  }
  return low;
}
