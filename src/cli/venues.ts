/** The venues that come with the library. */
export interface VenueItem {
  readonly id: string;
  readonly decoder: string;
  readonly framing: string;
  readonly recovery: readonly string[];
  readonly unconfirmed: readonly string[];
}

export async function venues(): Promise<VenueItem[]> {
  return [];
}
