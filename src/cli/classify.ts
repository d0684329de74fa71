/** `venuewire classify`: run books of many venues, and the patterns that they share. */
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { AXES, type Axis, COLUMNS, type ColumnName } from '../classify/axes.js';
import {
  type Analysis,
  catalogue,
  classify,
  coveragePicture,
  htmlReport,
  jsonReport,
  markdownReport,
  type RunBook,
  readRunBook,
  runBookText,
} from '../classify/index.js';
import { again, commaList, oneOf } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { Output } from './output.js';
import { say } from './terminal.js';

const FORMATS = ['markdown', 'html', 'json', 'svg'] as const;

interface Options {
  readonly catalogue?: boolean;
  readonly axes?: readonly string[];
  readonly column: readonly string[];
  readonly picture?: string;
  readonly format: (typeof FORMATS)[number];
}

function columns(given: readonly string[]): Partial<Record<ColumnName, string>> {
  const names = Object.keys(COLUMNS);
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      const column = text.slice(0, at);
      if (at > 0 && names.includes(column)) return [column, text.slice(at + 1)];
      throw usage(`--column '${text}' names no column`, `Write it as COLUMN=TITLE; columns are ${names.join(', ')}.`);
    }),
  );
}

function axesOf(given: readonly string[] | undefined): readonly Axis[] | undefined {
  const wrong = given?.find((a) => !(AXES as readonly string[]).includes(a));
  if (wrong !== undefined) throw usage(`--axes: there is no list '${wrong}'`, `They are ${AXES.join(', ')}.`);
  return given as readonly Axis[] | undefined;
}

function textOf(analysis: Analysis, { format, picture }: Options): string {
  if (format === 'json') return JSON.stringify(jsonReport(analysis));
  if (format === 'html') return htmlReport(analysis);
  if (format === 'svg') return coveragePicture(analysis.coverage);
  return markdownReport(analysis, picture);
}

async function run(files: readonly string[], options: Options): Promise<void> {
  if (files.length === 0 && !options.catalogue) throw usage('no run book is given', 'Give a file, or --catalogue.');
  const axes = axesOf(options.axes);
  const named = columns(options.column);
  const books: RunBook[] = options.catalogue ? [{ rows: catalogue, unread: [] }] : [];
  for (const file of files) books.push(await readRunBook(runBookText(file), file, named));
  const analysis = classify(books, axes === undefined ? {} : { axes });
  if (options.picture !== undefined) writeFileSync(options.picture, coveragePicture(analysis.coverage));
  const out = new Output();
  for (const line of textOf(analysis, options).trimEnd().split('\n')) out.line(line);
  await out.flush();
  if (analysis.unread.length > 0) say(`columns that nothing was made of: ${analysis.unread.join(', ')}`);
  const doubtful = analysis.venues.some((v) => v.contradictions.length > 0);
  process.exitCode = doubtful || analysis.twice.length > 0 ? FINDINGS : OK;
}

export function configure(command: Command): void {
  command
    .argument('[run-book...]', 'CSV, JSON or YAML: a row for each connection, and a title above each column')
    .option('--catalogue', 'the venues that public documents describe, with or without run books of your own')
    .addOption(
      new Option('--axes <names>', `lists on which patterns are told apart; default: ${AXES.join(',')}`).argParser(
        commaList,
      ),
    )
    .option('--column <name=title>', 'the column of that title is about this; again for more', again, [])
    .option('--picture <file>', 'write the picture (SVG) there; the Markdown report shows it')
    .addOption(oneOf('--format <name>', 'how it is printed', FORMATS, 'markdown'))
    .addHelpText(
      'after',
      `
Exits with 1 when connections contradict themselves, or are there twice.

Examples:
  venuewire classify run-books.csv > patterns.md
  venuewire classify run-books.csv --column network='Line type' --format html > patterns.html
  venuewire classify --catalogue --axes network,framing,recovery,snapshot
  venuewire classify run-books.yaml --format json
`,
    )
    .action(run);
}
