// The pages of the site, from docs/, README.md and what else documents link to: docs/site/build/pages. Links between pages stay, links to
// other files of the repository lead to it; a link to nothing ends the build.
// node docs/site/pages.mjs [ROOT TARGET]
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const [root = fileURLToPath(new URL('../..', import.meta.url)), target = join(root, 'docs/site/build/pages')] =
  process.argv.slice(2);
const REPOSITORY = 'https://github.com/venuewire/venuewire/blob/main';
/** The address of a document on npm's mirror, as README.md has it: on npm's page nothing else leads there. */
const MIRROR = 'https://unpkg.com/venuewire/';

/** Where each document of the repository is on the site. */
const places = new Map(
  [
    ['README.md', 'index.md'],
    ['CHANGELOG.md', 'changelog.md'],
    ['CONTRIBUTING.md', 'contributing.md'],
    ['bench/results.md', 'results.md'],
  ].filter(([document]) => existsSync(join(root, document))),
);
for (const name of readdirSync(join(root, 'docs'), { recursive: true })) {
  if (name.endsWith('.md') && !name.startsWith('site')) places.set(posix.join('docs', name), name);
}

const missing = [];

/** A link of `document`, as it has to be on the page. */
function linkOf(document, link) {
  const own = link.startsWith(MIRROR) ? link.slice(MIRROR.length) : undefined;
  if (own === undefined && /^([a-z]+:|#|\/\/)/i.test(link)) return link;
  const [path = '', anchor] = (own ?? link).split('#');
  const file = own === undefined ? posix.normalize(posix.join(posix.dirname(document), path)) : path;
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (!existsSync(join(root, file))) {
    missing.push(`${document}: ${link}`);
    return link;
  }
  const place = places.get(file) ?? places.get(posix.join(file, 'README.md'));
  if (place !== undefined) return `/${place}${hash}`;
  if (/^docs\/.*\.(svg|png)$/.test(file)) return `/${posix.relative('docs', file)}${hash}`;
  return `${REPOSITORY}/${file}${hash}`;
}

/** Text outside code, with its links changed, and nothing that Vue would run. */
function pageOf(document, text) {
  const parts = text.split(/(^```[\s\S]*?^```$|`[^`\n]+`)/m);
  const outside = (part) =>
    part
      .replace(/(!?\[[^\]]*\]\()([^)\s]+)/g, (_, before, link) => `${before}${linkOf(document, link)}`)
      .replace(/<!--[\s\S]*?-->\n*|<a id="[^"]*"><\/a> */g, '')
      .replaceAll('{{', '&#123;&#123;');
  return parts.map((part, i) => (i % 2 === 0 ? outside(part) : part)).join('');
}

rmSync(target, { recursive: true, force: true });
for (const [document, place] of places) {
  const text = readFileSync(join(root, document), 'utf8');
  mkdirSync(dirname(join(target, place)), { recursive: true });
  const search = place.startsWith('protocols/') && place !== 'protocols/index.md' ? '---\nheadings: only\n---\n\n' : '';
  writeFileSync(join(target, place), search + pageOf(document, text));
}
for (const name of readdirSync(join(root, 'docs'), { recursive: true })) {
  const from = join(root, 'docs', name);
  if (!/\.(svg|png)$/.test(name) || name.startsWith('site') || !statSync(from).isFile()) continue;
  for (const to of [join(target, name), join(target, 'public', name)]) {
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }
}
if (missing.length > 0) {
  console.error(`links to nothing:\n${missing.map((m) => `  ${m}`).join('\n')}`);
  process.exit(1);
}
console.log(`${places.size} pages in ${relative(process.cwd(), target)}`);
