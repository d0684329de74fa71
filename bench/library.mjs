// Which library a bench measures: this checkout's, or with `--library=PATH` that of another built checkout, by the same script.
import { pathToFileURL } from 'node:url';

const named = process.argv.find((arg) => arg.startsWith('--library='));
const root = named === undefined ? new URL('..', import.meta.url) : pathToFileURL(`${named.split('=')[1]}/`);

/** The module at a path of `dist`. */
export const library = (path) => import(new URL(`dist/${path}`, root).href);
