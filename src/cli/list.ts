/** `venuewire list`: what there is to choose from. */
import { Argument, type Command } from 'commander';
import { importOf } from '../decoders/exports.js';
import { aliasesOf, findDecoders, supersededBy, venuesOf } from '../decoders/feeds.js';
import { type DecoderEntry, decoders, documentDate } from '../decoders/registry.js';
import { framings } from '../patterns/framings.js';
import { oneOf } from './choose.js';
import { usage } from './exit.js';
import { type Column, Output, table } from './output.js';

const KINDS = ['decoders', 'framings', 'venues', 'patterns'] as const;
type Kind = (typeof KINDS)[number];

interface ListOptions {
  readonly format: 'table' | 'ndjson';
  readonly notes?: boolean;
  readonly venue?: string;
  readonly feed?: string;
  readonly current?: boolean;
}

interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly objects: readonly object[];
  /** Text below each row. */
  readonly notes?: readonly (readonly string[])[] | undefined;
}

/** What `list` says of a decoder. */
function described(d: DecoderEntry): object {
  return {
    id: d.id,
    venue: d.venue,
    feed: d.feed,
    version: d.version,
    framing: d.framing,
    messages: d.messages,
    gives: d.gives,
    venues: venuesOf(d),
    aliases: aliasesOf(d),
    document: documentDate(d.id) ?? null,
    supersededBy: supersededBy(d)?.id ?? null,
    import: importOf(d).path,
    export: importOf(d).name,
  };
}

async function notesOf(d: DecoderEntry): Promise<string[]> {
  const { checked, unconfirmed } = await d.load();
  const others = venuesOf(d).slice(1);
  const next = supersededBy(d);
  return [
    ...(aliasesOf(d).length > 0 ? [`also called ${aliasesOf(d).join(', ')}`] : []),
    ...(others.length > 0 ? [`the same layout: ${others.join(', ')}`] : []),
    ...(next === undefined ? [] : [`superseded by ${next.id}`]),
    ...checked,
    ...unconfirmed.map((u) => `not confirmed: ${u}`),
  ];
}

async function listDecoders(options: ListOptions): Promise<Listing> {
  const { venue, feed } = options;
  const named = venue === undefined && feed === undefined ? decoders : findDecoders({ venue, feed });
  if (named.length === 0) {
    const said = [venue, feed].filter((t) => t !== undefined).join(' ');
    const hint =
      'All of them: venuewire list decoders. By venue, with what feeds are also called: docs/protocols/index.md.';
    throw usage(`no decoder is for '${said}'`, hint, 'VW_DECODER_UNKNOWN');
  }
  const chosen = options.current ? named.filter((d) => supersededBy(d) === undefined) : named;
  return {
    columns: [
      { title: 'ID' },
      { title: 'VENUE' },
      { title: 'FEED' },
      { title: 'VERSION' },
      { title: 'DOCUMENT' },
      { title: 'FRAMING' },
      { title: 'MESSAGES', right: true },
      { title: 'GIVES' },
      { title: 'EXPORT OF venuewire/decoders/ID' },
    ],
    rows: chosen.map((d) => [
      ...[d.id, d.venue, d.feed, d.version, documentDate(d.id) ?? '', d.framing, d.messages],
      d.gives.join(' '),
      importOf(d).name,
    ]),
    objects: chosen.map(described),
    notes: options.notes ? await Promise.all(chosen.map(notesOf)) : undefined,
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

const LISTS: Readonly<Record<Kind, (options: ListOptions) => Promise<Listing>>> = {
  decoders: listDecoders,
  framings: listFramings,
  venues: listVenues,
  patterns: listPatterns,
};

async function list(kind: Kind, options: ListOptions): Promise<void> {
  const narrowed = options.venue !== undefined || options.feed !== undefined || options.current === true;
  if (narrowed && kind !== 'decoders') {
    const hint = 'Leave them out, or list decoders.';
    throw usage(`--venue, --feed and --current are of decoders, not of ${kind}`, hint);
  }
  const { columns, rows, objects, notes } = await LISTS[kind](options);
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
    .option('--venue <name>', 'decoders of this venue')
    .option('--feed <name>', 'decoders of this feed, by its name or what people call it (ITTO, PITCH, OMD-D)')
    .option('--current', 'only versions that nothing has superseded')
    .option('--notes', 'what was checked, what no source confirms, what it is also called')
    .addHelpText(
      'after',
      `
GIVES: the books that are made of a decoder's messages (L3 of orders, L2 of levels, top of best prices), and events.

Examples:
  venuewire list decoders
  venuewire list decoders --venue NYSE --current
  venuewire list decoders --feed ITTO --notes
  venuewire list framings --format ndjson
`,
    )
    .action(list);
}
