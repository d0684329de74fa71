/** Of the venues that send text. */
export interface InternetOptions {
  /** Where it is; default: the venue's public address. */
  readonly url?: string;
  /** Levels of each side that were subscribed to, where the venue keeps so many. Default 10. */
  readonly depth?: number;
}
