import type { LogSource } from '../../src/log/index.js';

export const SOURCE: LogSource;
export function recordsOf(first: number, runs: number): { readonly bytes: Uint8Array; readonly end: number };
export function numbersOf(ring: { readonly view: DataView; readonly mask: number }, from: number, to: number): number[];
