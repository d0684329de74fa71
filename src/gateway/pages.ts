/** The web page of a gateway: files of one folder, and the client library as a browser loads it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VenuewireError } from '../errors.js';
import { optionError } from './options.js';

export interface Page {
  readonly type: string;
  readonly bytes: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** What a browser needs of the library, as paths below `dist`. */
const LIBRARY = ['gateway/client.js', 'errors.js', 'printable.js'] as const;
const FILE_MOST = 4 << 20;

function consoleFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('@venuewire/console/package.json'));
  } catch {
    throw new VenuewireError(
      'VW_PEER_MISSING',
      "The console needs the package '@venuewire/console', which could not be found",
      'Install it: npm install @venuewire/console; or leave the console out.',
    );
  }
}

/**
 * The pages by their paths, read once: nothing that is asked for later opens a file.
 * @throws VenuewireError `VW_PEER_MISSING`, `VW_GATEWAY_OPTION`
 */
export function readPages(console: boolean | string | undefined): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>();
  if (console === undefined || console === false) return pages;
  const folder = console === true ? consoleFolder() : console;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw optionError(
      `${folder} cannot be read: ${(cause as NodeJS.ErrnoException).code}`,
      'Give the folder of a web page.',
    );
  }
  for (const name of names) {
    const type = TYPES[extname(name)];
    const path = join(folder, name);
    if (type === undefined || !statSync(path).isFile() || statSync(path).size > FILE_MOST) continue;
    pages.set(`/${name}`, { type, bytes: readFileSync(path) });
  }
  const index = pages.get('/index.html');
  if (index === undefined) throw optionError(`${folder} has no index.html`, 'Give the folder of a web page.');
  pages.set('/', index);
  const root = fileURLToPath(new URL('../', import.meta.url));
  for (const name of LIBRARY) {
    // Sources that run uncompiled, as in tests, have no file to give.
    const path = join(root, name);
    try {
      pages.set(`/library/${name}`, { type: TYPES['.js'] as string, bytes: readFileSync(path) });
    } catch {
      const built = join(root, '../dist', name);
      pages.set(`/library/${name}`, { type: TYPES['.js'] as string, bytes: readFileSync(built) });
    }
  }
  return pages;
}
