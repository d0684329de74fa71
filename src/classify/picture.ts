/** Pictures of an analysis, as SVG text: how many patterns cover how much, and how many venues have which item. */
import { AXES, ITEMS } from './axes.js';
import type { Coverage } from './coverage.js';

const WIDTH = 760;
const HEIGHT = 320;
const LEFT = 56;
const RIGHT = 16;
const TOP = 40;
const BOTTOM = 44;

/** Text for XML and HTML. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const STYLE =
  '<style>text{font:13px system-ui,sans-serif;fill:#333}.s{font-size:11px;fill:#666}.g{stroke:#ddd}.a{stroke:#999}' +
  '.e{fill:none;stroke:#1f6feb;stroke-width:2.5}.c{fill:none;stroke:#d9730d;stroke-width:2.5}.b{fill:#1f6feb}.n{fill:#c9ccd1}</style>';

const svg = (title: string, height: number, inner: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>${STYLE}<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...inner,
    '</svg>',
  ].join('\n');

const fixed = (n: number): string => String(Math.round(n * 10) / 10);

/** A staircase: after n patterns so much is covered. */
function steps(counts: readonly number[], total: number, most: number, kind: string): string {
  const x = (n: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * n) / Math.max(1, most);
  const y = (share: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  let sum = 0;
  const path = counts.map((n, i) => {
    sum += n;
    return `V${fixed(y(sum / total))}H${fixed(x(Math.min(i + 2, most)))}`;
  });
  return `<path class="${kind}" d="M${fixed(x(0))} ${fixed(y(0))}H${fixed(x(Math.min(1, most)))}${path.join('')}"/>`;
}

/** So many steps of a staircase are drawn: the tail of accidents says nothing. */
const STEPS_MOST = 200;

/** How many patterns cover how much of the venues: as they are, and with one condition each. */
export function coveragePicture({ venues, patterns, conditionals, for80, conditionalsFor80 }: Coverage): string {
  const exact = patterns.slice(0, STEPS_MOST).map((p) => p.venues.length);
  const wide = conditionals.slice(0, STEPS_MOST).map((c) => c.venues);
  const most = Math.max(exact.length, wide.length, 1);
  const y = (share: number): string => fixed(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share);
  const grid = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
    (share) =>
      `<line class="${share === 0.8 ? 'a' : 'g'}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}"/>` +
      `<text class="s" x="${LEFT - 8}" y="${Number(y(share)) + 4}" text-anchor="end">${share * 100} %</text>`,
  );
  const title = `${for80} patterns cover 80 % of ${venues} venues; with one condition each ${conditionalsFor80} do`;
  return svg(title, HEIGHT, [
    `<text x="${LEFT}" y="22">${title}</text>`,
    ...grid,
    steps(exact, Math.max(1, venues), most, 'e'),
    steps(wide, Math.max(1, venues), most, 'c'),
    `<text class="s" x="${LEFT}" y="${HEIGHT - 24}">0</text>`,
    `<text class="s" x="${WIDTH - RIGHT}" y="${HEIGHT - 24}" text-anchor="end">${most} patterns</text>`,
    `<text class="s" x="${LEFT}" y="${HEIGHT - 8}">blue: patterns as they are; orange: with one condition each</text>`,
  ]);
}

const ROW = 20;
const NAMES = 230;

/** How many venues have each item; grey: nobody. */
export function itemsPicture({ uses, venues }: Coverage): string {
  const rows = AXES.flatMap((axis) => ITEMS[axis].map((item) => ({ axis, id: item.id, n: uses[axis][item.id] ?? 0 })));
  const longest = WIDTH - NAMES - 70;
  const bars = rows.map(({ axis, id, n }, i) => {
    const at = TOP + i * ROW;
    const width = fixed(Math.max(2, (longest * n) / Math.max(1, venues)));
    return (
      `<text class="s" x="${NAMES - 8}" y="${at + 13}" text-anchor="end">${axis} ${id}</text>` +
      `<rect class="${n > 0 ? 'b' : 'n'}" x="${NAMES}" y="${at + 3}" width="${width}" height="${ROW - 7}"/>` +
      `<text class="s" x="${NAMES + Number(width) + 6}" y="${at + 13}">${n}</text>`
    );
  });
  const title = `Items of each list by venues, of ${venues}`;
  return svg(title, TOP + rows.length * ROW + 12, [`<text x="16" y="24">${title}</text>`, ...bars]);
}
