/** An analysis for readers: Markdown and HTML of the same sections. */
import { AXES, type Axis, ITEMS } from './axes.js';
import type { Classified } from './classify.js';
import type { Coverage } from './coverage.js';
import type { Analysis } from './index.js';
import { coveragePicture, escaped, itemsPicture } from './picture.js';

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Section {
  readonly title: string;
  readonly text: readonly string[];
  readonly table?: Table;
}

/** Longer tables are for JSON. */
const ROWS_MOST = 500;
const NAMES_MOST = 6;

const percent = (n: number, of: number): string => (of === 0 ? '–' : `${Math.round((100 * n) / of)} %`);
const some = (names: readonly string[]): string =>
  names.length <= NAMES_MOST
    ? names.join(', ')
    : `${names.slice(0, NAMES_MOST).join(', ')} and ${names.length - NAMES_MOST} more`;
const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const summary = ({ coverage: c, venues }: Analysis): Section => {
  const doubtful = venues.filter((v) => v.contradictions.length > 0).length;
  const partly = venues.filter((v) => v.missing.some((m) => m !== 'decoder')).length;
  return {
    title: 'Summary',
    text: [
      `${counted(c.venues, 'connection')} come to ${counted(c.patterns.length, 'pattern')}, told apart by ${c.axes.join(', ')}.`,
      `${c.for80} of them cover 80 % and ${c.for100} cover all.`,
      `With one condition in a pattern (the items of one list depend on the venue, everything else is fixed) ${c.conditionalsFor80} cover 80 % and ${c.conditionalsFor100} cover all.`,
      `Of ${partly} connections a list is missing in the run book; ${counted(doubtful, 'connection')} contradict themselves.`,
    ],
  };
};

const shownItems = (items: Readonly<Record<Axis, string>>, axes: readonly Axis[]): string[] =>
  axes.map((a) => items[a]);

const patterns = ({ coverage: { patterns: all, venues, axes } }: Analysis): Section => ({
  title: 'Patterns',
  text: ['The choices that venues share, most frequent first.'],
  table: {
    head: ['pattern', 'venues', 'together', ...axes, 'which'],
    rows: (() => {
      let sum = 0;
      return all.map((p) => {
        sum += p.venues.length;
        return [p.id, String(p.venues.length), percent(sum, venues), ...shownItems(p.items, axes), some(p.venues)];
      });
    })(),
  },
});

const conditionals = ({ coverage: { conditionals: all, venues, axes } }: Analysis): Section => ({
  title: 'Patterns with one condition',
  text: [
    'What one pattern would cover if one list were left to the venue. A branch that one venue takes is a condition for that venue alone: look whether it is real.',
  ],
  table: {
    head: ['venues', 'together', 'condition on', 'branches', ...axes, 'made of'],
    rows: (() => {
      let sum = 0;
      return all.map((c) => {
        sum += c.venues;
        const branches = Object.entries(c.branches).map(([item, n]) => `${item} (${n})`);
        return [
          String(c.venues),
          percent(sum, venues),
          c.axis ?? '–',
          branches.join(', ') || '–',
          ...shownItems(c.items, axes),
          some(c.patterns),
        ];
      });
    })(),
  },
});

const near = ({ coverage: { nearDuplicates } }: Analysis): Section => ({
  title: 'Near-duplicates',
  text: ['Patterns that differ in one list: candidates to become one, or to be written down more exactly.'],
  table: {
    head: ['patterns', 'differ in', 'one has', 'the other has', 'venues together'],
    rows: nearDuplicates.map((n) => [n.patterns.join(' and '), n.axis, n.items[0], n.items[1], String(n.venues)]),
  },
});

const unused = ({ coverage }: Analysis): Section => ({
  title: 'Branches that no venue takes',
  text: ['Items of the lists that nothing here exercises.'],
  table: {
    head: ['list', 'item', 'what it is'],
    rows: coverage.unused.map(({ axis, item }) => [axis, item, ITEMS[axis].find((i) => i.id === item)?.says ?? '']),
  },
});

const venueName = (v: Classified): string => (v.feed === undefined ? v.venue : `${v.venue} ${v.feed}`);

const doubts = ({ venues, twice }: Analysis): Section => ({
  title: 'What is missing or contradicts itself',
  text: twice.length === 0 ? [] : [`In the run book more than once: ${some(twice)}.`],
  table: {
    head: ['row', 'venue', 'missing', 'contradictions', 'no engine here'],
    rows: venues
      .filter((v) => v.missing.length + v.contradictions.length + v.withoutEngine.length > 0)
      .map((v) => [
        String(v.row),
        venueName(v),
        v.missing.join(', '),
        v.contradictions.join('; '),
        v.withoutEngine.join(', '),
      ]),
  },
});

const sure = (v: Classified, axis: Axis): string => {
  const { items, confidence } = v.axes[axis];
  return items.length === 0 ? '?' : `${items.join('+')} ${Math.round(confidence * 100)}`;
};

const connections = ({ venues }: Analysis): Section => ({
  title: 'Connections',
  text: [
    'The number behind an item is how sure the choice is, of 100: 90 where words of its own column say it, 50 where another column does, 30 where it follows from the rest.',
  ],
  table: {
    head: ['row', 'venue', ...AXES, 'decoder'],
    rows: venues.map((v) => [String(v.row), venueName(v), ...AXES.map((axis) => sure(v, axis)), v.decoder.id ?? '?']),
  },
});

const sectionsOf = (a: Analysis): Section[] =>
  [summary, patterns, conditionals, near, unused, doubts, connections].map((make) => make(a));

const left = ({ rows }: Table): string | undefined =>
  rows.length > ROWS_MOST ? `${rows.length - ROWS_MOST} more rows are in the JSON report.` : undefined;

/** A cell of a Markdown table: what a reader of Markdown would take for markup is escaped. */
const cell = (text: string): string => escaped(text.replace(/[\r\n]+/g, ' ')).replace(/[\\|`*_[\]#]/g, (c) => `\\${c}`);

const TITLE = 'Venue connections and their patterns';

/** The report in Markdown; `picture`: what its image links to. */
export function markdownReport(analysis: Analysis, picture?: string): string {
  const out = [`# ${TITLE}`, ''];
  for (const { title, text, table } of sectionsOf(analysis)) {
    out.push(`## ${title}`, '', ...text.flatMap((t) => [cell(t), '']));
    if (title === 'Summary' && picture !== undefined)
      out.push(`![How many patterns cover how much](${encodeURI(picture)})`, '');
    if (table === undefined) continue;
    if (table.rows.length === 0) {
      out.push('None.', '');
      continue;
    }
    const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
    out.push(
      line(table.head),
      `|${' --- |'.repeat(table.head.length)}`,
      ...table.rows.slice(0, ROWS_MOST).map(line),
      '',
    );
    const more = left(table);
    if (more !== undefined) out.push(more, '');
  }
  return `${out.join('\n').trimEnd()}\n`;
}

const PAGE_STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em;color:#222}table{border-collapse:collapse;font-size:13px}' +
  'th,td{border:1px solid #ddd;padding:3px 7px;text-align:left;vertical-align:top}th{background:#f5f6f7}svg{max-width:760px;width:100%;height:auto;border:1px solid #eee}.w{overflow-x:auto}';

/** The report as one HTML file: no script, nothing from elsewhere. */
export function htmlReport(analysis: Analysis): string {
  const row = (cells: readonly string[], tag: 'td' | 'th'): string =>
    `<tr>${cells.map((c) => `<${tag}>${escaped(c)}</${tag}>`).join('')}</tr>`;
  const body = sectionsOf(analysis).flatMap(({ title, text, table }) => [
    `<h2>${escaped(title)}</h2>`,
    ...text.map((t) => `<p>${escaped(t)}</p>`),
    ...(title === 'Summary' ? [coveragePicture(analysis.coverage), itemsPicture(analysis.coverage)] : []),
    ...(table === undefined
      ? []
      : table.rows.length === 0
        ? ['<p>None.</p>']
        : [
            `<div class="w"><table>${row(table.head, 'th')}${table.rows
              .slice(0, ROWS_MOST)
              .map((r) => row(r, 'td'))
              .join('\n')}</table></div>`,
            ...(left(table) === undefined ? [] : [`<p>${left(table)}</p>`]),
          ]),
  ]);
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${TITLE}</title>`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>${PAGE_STYLE}</style></head>`,
    `<body><h1>${TITLE}</h1>`,
    ...body,
    '</body></html>',
    '',
  ].join('\n');
}

/** The part of an analysis that tools read. */
export const jsonReport = ({
  coverage,
  venues,
  twice,
  unread,
}: Analysis): {
  readonly coverage: Coverage;
  readonly venues: readonly Classified[];
  readonly twice: readonly string[];
  readonly unread: readonly string[];
} => ({
  coverage,
  venues,
  twice,
  unread,
});
