/**
 * Makes what the interop tests need.
 * @throws Error naming what is missing and the command that installs it.
 */
export function prepare(options?: { readonly install?: boolean; spark?: boolean }): void;
