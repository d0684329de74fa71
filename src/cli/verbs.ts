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
  { name: 'run', says: 'open a venue and print what it sends', load: () => import('./run.js') },
  {
    name: 'replay',
    says: 'read a capture as a venue’s traffic, or send it to multicast again',
    load: () => import('./replay.js'),
  },
  { name: 'record', says: 'what comes to multicast groups, into pcapng files', load: () => import('./record.js') },
  {
    name: 'gaps',
    says: 'what each line of a capture lost, and what the other line filled',
    load: () => import('./gaps.js'),
  },
  { name: 'book', says: 'the order books that a capture builds up', load: () => import('./book.js') },
  { name: 'top', says: 'the best prices of a capture, or of a venue while it runs', load: () => import('./top.js') },
  { name: 'events', says: 'the normalised events of a capture', load: () => import('./events.js') },
  {
    name: 'query',
    says: 'SQL over what pipelines have stored in DuckDB or Parquet files',
    load: () => import('./query.js'),
  },
  {
    name: 'gateway',
    says: 'REST, WebSocket and a web console over venues, captures and event logs',
    load: () => import('./gateway.js'),
  },
  { name: 'log', says: 'event logs: written, read, checked and cut', load: () => import('./log.js') },
  {
    name: 'proxy',
    says: 'one process that asks a venue for what is missing, and answers everybody else',
    load: () => import('./proxy.js'),
  },
  {
    name: 'service',
    says: 'services of the registry: publishers of feeds, subscribers with sinks',
    load: () => import('./service.js'),
  },
  { name: 'simulate', says: 'a Nasdaq-shaped venue on loopback, with faults', load: () => import('./simulate.js') },
  {
    name: 'demo',
    says: 'simulator and feed together: gaps open and close, and the ledger balances',
    load: () => import('./demo.js'),
  },
  {
    name: 'certify',
    says: 'a venue against the recovery scenarios that its patterns call for',
    load: () => import('./certify.js'),
  },
  {
    name: 'plan',
    says: 'a venue file against this machine, a day and what runs, before anything connects',
    load: () => import('./plan.js'),
  },
  {
    name: 'compare',
    says: 'two handlers of one venue, message by message, and the switch from one to the other',
    load: () => import('./compare.js'),
  },
  {
    name: 'kubernetes',
    says: 'what a cluster runs for venue files, and the kind that it keeps them as',
    load: () => import('./kubernetes.js'),
  },
  {
    name: 'classify',
    says: 'run books of many venues: what each chooses, and the patterns that they share',
    load: () => import('./classify.js'),
  },
  {
    name: 'metadata',
    says: 'venue files to and from a firm’s databases, and where the two differ',
    load: () => import('./metadata.js'),
  },
  { name: 'doctor', says: 'whether this machine is fit for market data', load: () => import('./doctor.js') },
  { name: 'list', says: 'decoders, framings, venues and patterns', load: () => import('./list.js') },
  {
    name: 'import',
    says: 'a message table from an SBE schema, template data from FAST templates',
    load: () => import('./import.js'),
  },
  { name: 'completion', says: 'completion of verbs and options for your shell', load: () => import('./completion.js') },
  { name: 'bench', says: 'the benchmarks of this checkout', load: () => import('./bench.js') },
];
