// What columns are asked for is checked where it is written, and known to the editor. Compiled by `npm run typecheck`.

import type { cmeMdp3Sbe113 } from '../../src/decoders/cme-mdp3-sbe-1.13.js';
import type { itch50 } from '../../src/decoders/itch50.js';
import { type Batch, type Columns, type ColumnTable, openFeed, type Venue } from '../../src/index.js';

export function ofItch(batch: Batch<typeof itch50>): void {
  const { addOrder } = batch.columns({ addOrder: ['price', 'orderReferenceNumberLow', 'at.sequence'] });
  const price: ArrayLike<unknown> = addOrder.price;
  const sequence: ArrayLike<unknown> = addOrder.columns['at.sequence'];
  // @ts-expect-error: it was not asked for
  addOrder.shares;
  // @ts-expect-error: there is no such field
  batch.columns({ addOrder: ['prise'] });
  // @ts-expect-error: there is no such message
  batch.columns({ addOder: ['price'] });
  const events: ColumnTable<'price' | 'size'> = batch.eventColumns(['price', 'size']);
  // @ts-expect-error: events have no such field
  batch.eventColumns(['prise']);
  void [price, sequence, events];
}

export function ofCme(batch: Batch<typeof cmeMdp3Sbe113>): void {
  const name = 'mdIncrementalRefreshBook46.noMDEntries';
  const table = batch.columns({ [name]: ['mdEntryPx', 'transactTime', 'at.receivedAt'] } as const)[name];
  const price: ArrayLike<unknown> = table.columns.mdEntryPx;
  // @ts-expect-error: no field of entries, nor of the message
  batch.columns({ 'mdIncrementalRefreshBook46.noMDEntries': ['price'] });
  void price;
}

export async function ofAny(venue: Venue): Promise<Columns<{ trade: readonly ['price'] }> | undefined> {
  for await (const batch of await openFeed(venue)) return batch.columns({ trade: ['price'] });
  return undefined;
}
