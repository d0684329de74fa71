/** What else a venue rests on: the table's version on the day, packages and places of sinks, and what nobody has confirmed. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { supersededBy } from '../decoders/feeds.js';
import { documentDate, findDecoder } from '../decoders/registry.js';
import { packagesOf } from '../sinks/registry.js';
import { serverUses } from './check-machine.js';
import type { Check, Subject } from './subject.js';

const decoder: Check = ({ venue, day, found }) => {
  const entry = findDecoder(venue.decoder.id);
  if (entry === undefined) return;
  const next = supersededBy(entry);
  const own = documentDate(entry.id);
  if (own !== undefined && own > day)
    found('decoder-early', ['decoder'], `the document of ${entry.id} is of ${own}, and the day is ${day}`);
  if (next === undefined) return;
  const since = documentDate(next.id);
  if (since !== undefined && since > day) return;
  const when = since === undefined ? '' : `, by a document of ${since}`;
  found('decoder-superseded', ['decoder'], `${entry.id} is followed by ${next.id}${when}`);
};

const require = createRequire(import.meta.url);
export const isInstalled = (name: string): boolean => {
  try {
    require.resolve(name);
    return true;
  } catch (cause) {
    // One that is there and offers nothing to `require` is there.
    return (cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
};

const pipelines: Check = ({ venue, installed, found }) => {
  const bound = new Map<string, string>();
  for (const [name, { sink }] of Object.entries(venue.pipelines ?? {})) {
    const path = ['pipelines', name, 'sink'];
    for (const needed of packagesOf(sink.type).filter((p) => !installed(p)))
      found('package-missing', path, `${sink.type} needs ${needed}`, `npm install ${needed}`);
    if (sink.type === 'duckdb') {
      const folder = dirname(resolve(sink.file));
      if (!existsSync(folder)) found('folder-missing', [...path, 'file'], `there is no folder ${folder}`);
    }
    if (sink.type !== 'zeromq') continue;
    for (const key of ['bind', 'replay'] as const) {
      const place = sink[key];
      if (place === undefined) continue;
      const other = bound.get(place);
      if (other !== undefined) found('endpoint-twice', [...path, key], `${place} is that of ${other} too`);
      bound.set(place, `${name}.${key}`);
    }
  }
};

const knowledge: Check = ({ venue, found }) => {
  for (const [i, what] of venue.unconfirmed.entries()) found('unconfirmed', ['unconfirmed', i], what);
  for (const { path, use } of serverUses(venue)) {
    if (typeof use.pattern !== 'object') continue;
    for (const what of use.pattern.unconfirmed) found('unconfirmed', path, `${use.pattern.id}: ${what}`);
  }
};

export const checkRest = (subject: Subject): void => {
  for (const check of [decoder, pipelines, knowledge]) check(subject);
};
