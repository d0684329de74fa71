/** The verbs: a name, a line of help and where the rest is. A verb's file is loaded only when the verb is asked for. */
import type { Command } from 'commander';

export interface VerbModule {
  /** Adds arguments, options, examples and the action. */
  configure(command: Command): void;
}

export interface Verb {
  readonly name: string;
  readonly says: string;
  readonly load: () => Promise<VerbModule>;
}

export const verbs: readonly Verb[] = [
  { name: 'decode', says: 'print the messages of a capture', load: () => import('./decode.js') },
  { name: 'list', says: 'decoders, framings, venues and patterns', load: () => import('./list.js') },
];
