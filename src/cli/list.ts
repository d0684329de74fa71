/** `venuewire list`: what there is to choose from. */
import { Argument, type Command } from 'commander';
import { decoders } from '../decoders/registry.js';
import { framings } from '../patterns/framings.js';
import { oneOf } from './choose.js';
import { type Column, Output, table } from './output.js';

const KINDS = ['decoders', 'framings', 'venues', 'patterns'] as const;
type Kind = (typeof KINDS)[number];

interface ListOptions {
  readonly format: 'table' | 'ndjson';
  readonly notes?: boolean;
}

interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly objects: readonly object[];
  /** Text below each row. */
  readonly notes?: readonly (readonly string[])[] | undefined;
}

async function listDecoders(notes: boolean): Promise<Listing> {
  return {
    columns: [
      { title: 'ID' },
      { title: 'VENUE' },
      { title: 'FEED' },
      { title: 'VERSION' },
      { title: 'FRAMING' },
      { title: 'MESSAGES', right: true },
    ],
    rows: decoders.map((d) => [d.id, d.venue, d.feed, d.version, d.framing, d.messages]),
    objects: decoders.map(({ id, venue, feed, version, framing, messages }) => ({
      id,
      venue,
      feed,
      version,
      framing,
      messages,
    })),
    notes: notes ? await Promise.all(decoders.map(async (d) => (await d.load()).checked)) : undefined,
  };
}

async function listFramings(): Promise<Listing> {
  return {
    columns: [{ title: 'ID' }, { title: 'NUMBERED BY' }, { title: 'HEADER', right: true }, { title: 'SOURCE' }],
    rows: framings.map((f) => [f.id, f.numbering, f.headerLength, f.source ?? '']),
    objects: framings.map((f) => ({
      id: f.id,
      numbering: f.numbering,
      headerLength: f.headerLength,
      source: f.source ?? null,
      unconfirmed: f.unconfirmed,
    })),
    notes: framings.map((f) => f.unconfirmed),
  };
}

async function listVenues(): Promise<Listing> {
  const { venues } = await import('./venues.js');
  const all = await venues();
  return {
    columns: [{ title: 'ID' }, { title: 'DECODERS' }, { title: 'SAYS' }],
    rows: all.map((v) => [v.id, v.decoders.join(', '), v.says]),
    objects: all,
    notes: all.map((v) => v.unconfirmed),
  };
}

async function listPatterns(): Promise<Listing> {
  const { patterns } = await import('./patterns.js');
  const all = patterns();
  return {
    columns: [{ title: 'AXIS' }, { title: 'ITEM' }, { title: 'SAYS' }],
    rows: all.map((p) => [p.axis, p.item, p.says]),
    objects: all,
    notes: undefined,
  };
}

const LISTS: Readonly<Record<Kind, (notes: boolean) => Promise<Listing>>> = {
  decoders: listDecoders,
  framings: listFramings,
  venues: listVenues,
  patterns: listPatterns,
};

async function list(kind: Kind, options: ListOptions): Promise<void> {
  const { columns, rows, objects, notes } = await LISTS[kind](options.notes === true);
  const out = new Output();
  if (options.format === 'ndjson') {
    for (const object of objects) out.line(JSON.stringify(object));
  } else {
    const [head = '', rule = '', ...lines] = table(columns, rows).split('\n');
    out.line(head);
    out.line(rule);
    lines.forEach((line, i) => {
      out.line(line);
      if (options.notes) for (const note of notes?.[i] ?? []) out.line(`    · ${note}`);
    });
  }
  await out.flush();
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<kind>', 'what to list').choices(KINDS))
    .addOption(oneOf('--format <name>', 'how it is printed', ['table', 'ndjson'], 'table'))
    .option('--notes', 'what was checked, and what no source confirms')
    .addHelpText(
      'after',
      `
Examples:
  venuewire list decoders
  venuewire list decoders --notes | less
  venuewire list framings --format ndjson
`,
    )
    .action(list);
}
