/** The captures that the tests read: our own, and those of `../shared` where they are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const shared = join(root, '../shared/captures');
export const there = existsSync(shared);
if (!there) console.warn('../shared/captures is not there: only our own fixtures are held against each other');

const map = JSON.parse(readFileSync(join(root, 'oracle-map.json'), 'utf8')) as {
  readonly folders: Readonly<Record<string, string>>;
  readonly captures: Readonly<Record<string, string>>;
};
export const FIXTURES: readonly (readonly [file: string, decoder: string])[] = [
  ['itch50-clean.pcap', 'nasdaq-totalview-itch-5.0'],
  ['itch50-ab-lossy.pcap', 'nasdaq-totalview-itch-5.0'],
  ['itch50-vlan-us.pcap', 'nasdaq-totalview-itch-5.0'],
  ['itch50-soup.pcap', 'session-soupbintcp-3'],
  ['itch50.bin', 'nasdaq-totalview-itch-5.0'],
];
const CAPTURE = /\.(pcap|pcapng|itch|dump)(\.gz)?$/;

function captures(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name);
    return e.isDirectory() ? captures(path) : CAPTURE.test(e.name) ? [path] : [];
  });
}

/** Every capture that the map names a decoder for, with its path below the folder. */
export function mapped(): { readonly file: string; readonly path: string; readonly id: string }[] {
  return captures(shared)
    .sort()
    .flatMap((file) => {
      const path = relative(shared, file);
      const stem = join(dirname(path), basename(path).replace(CAPTURE, ''));
      const id = map.captures[stem] ?? map.folders[dirname(path)];
      return id === undefined ? [] : [{ file, path, id }];
    });
}
