#!/usr/bin/env node
// The picture of the running demo, docs/images/demo.svg: what `venuewire demo` printed, as it printed it.
// node scripts/demo-picture.mjs   (after npm run build; Linux with multicast on loopback)
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMAND = ['demo', '--seed', '1', '--no-color'];
/** Lines from the beginning; the rest of the picture is the end. */
const FIRST_LINES = 12;
const LAST_LINES = 24;
const COLUMNS = 118;
const CHARACTER = 7.2;
const LINE = 17;
const MARGIN = 16;

const root = fileURLToPath(new URL('..', import.meta.url));
const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', ...COMMAND], {
  cwd: root,
  encoding: 'utf8',
});
if (status !== 0) {
  console.error(`the demo ended with ${status}, no picture was made\n${stderr}`);
  process.exit(1);
}

const printed = stdout.trimEnd().split('\n');
const shown =
  printed.length <= FIRST_LINES + LAST_LINES
    ? printed
    : [...printed.slice(0, FIRST_LINES), '   …', ...printed.slice(-LAST_LINES)];
const lines = ['$ npx venuewire demo', '', ...shown].map((line) =>
  line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line,
);
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
const height = lines.length * LINE + 2 * MARGIN;
const texts = lines.map(
  (line, i) => `  <text x="${MARGIN}" y="${MARGIN + LINE * (i + 1) - 4}" xml:space="preserve">${escaped(line)}</text>`,
);
const picture = `<!-- Made by scripts/demo-picture.mjs from what \`venuewire demo\` printed. -->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The output of venuewire demo">
  <rect width="${width}" height="${height}" rx="8" fill="#16181d"/>
  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="12" fill="#d8dee9">
${texts.join('\n')}
  </g>
</svg>
`;
writeFileSync(new URL('../docs/images/demo.svg', import.meta.url), picture);
console.log(`docs/images/demo.svg: ${lines.length} of ${printed.length} lines`);
