/** Makes what the package tests need, in `made`. */
export function prepare(options?: { readonly install?: boolean }): void;
/** Where it is. */
export const made: string;
/** Debian's release whose C library is the oldest that the tests run on. */
export const OLDEST: string;
