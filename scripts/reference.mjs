// Writes the reference from what declares it: docs/errors.md from the table of codes, docs/notices.md and docs/counters.md from
// the contract, docs/events.md and schema/events.json from the schema of events, docs/api from the declarations and test/types/examples.ts. Needs `npm run build:ts`.
// Usage: node scripts/reference.mjs [--check] [--pages]. `--check` writes nothing and names what is stale; `--pages`: all but
// docs/api, which takes half a minute.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CHANNEL_COUNTERS,
  FEED_COUNTERS,
  NOTICE_TYPE,
  NOTICE_TYPE_MEANING,
  REASON,
  REASON_MEANING,
} from '../dist/contract.js';
import { ERRORS } from '../dist/errors.js';
import { EVENT_TABLE } from '../dist/events/columns.js';
import { EVENT_SCHEMA } from '../dist/events/view.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
let stale = 0;

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.:!?]$/.test(text) ? '' : '.'}`;

function put(path, text) {
  const file = join(root, path);
  let now = '';
  try {
    now = readFileSync(file, 'utf8');
  } catch {}
  if (now === text) return;
  if (check) {
    stale++;
    console.log(`stale: ${path}`);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

put(
  'docs/errors.md',
  `# Errors

Every error of this library is a \`VenuewireError\`: \`code\` is stable, \`message\` names the place, \`hint\` says what to do there.
The command line prints the three and exits with 2 where the command line or a declaration is not right, with 1 where a
capture is damaged, and with 3 otherwise. This page is made from the table in \`src/errors.ts\`.

${table(
  ['code', 'cause', 'remedy'],
  Object.entries(ERRORS).map(([code, [cause, remedy]]) => [`\`${code}\``, cause, remedy]),
)}
`,
);

put(
  'docs/notices.md',
  `# Notices

What happens to the stream is told in order with its messages: \`feed.on('gapAbandoned', …)\`, \`feed.on('notice', …)\`, lines of
\`venuewire run\`. [recovery.md](recovery.md) says how they follow from each other. This page is made from
\`native/contract/contract.yaml\`.

Each has \`channel\`, \`begin\` and \`end\` (the first number, and one past the last), \`count\`, \`time\` (nanoseconds since 1970, by the
feed thread), \`reason\`, \`requester\` and \`server\` (indexes into \`feed.requesters\` and \`feed.servers\`; −1: none), \`detail\` (a
server's status code, or an error number of the system) and \`session\`.

${table(
  ['notice', 'meaning'],
  NOTICE_TYPE.map((name) => [`\`${name}\``, sentence(NOTICE_TYPE_MEANING[name])]),
)}

## Reasons

${table(
  ['reason', 'meaning'],
  REASON.map((name) => [`\`${name}\``, sentence(REASON_MEANING[name])]),
)}
`,
);

// ── events ──
const codes = (values) => (values === undefined ? '' : values.map((name, code) => `${code} ${name}`).join(', '));
const fields = (list, places) =>
  table(
    ['field', ...(places ? ['at'] : []), 'dtype', 'unit', 'state', 'no value', 'exponent', 'values'],
    list.map((f) => [
      `\`${f.name}\``,
      ...(places ? [String(f.at)] : []),
      f.dtype,
      f.unit,
      f.state,
      f.none ?? '',
      f.exponent === undefined ? '' : `\`${f.exponent}\``,
      codes(f.values),
    ]),
  );
put(
  'docs/events.md',
  `# Events

What every feed's messages become: \`${EVENT_SCHEMA.name}\`, a record of ${EVENT_SCHEMA.bytes} bytes, ${EVENT_SCHEMA.byteOrder}-endian. \`EVENT_SCHEMA\` and
\`EVENT_TABLE\` of \`venuewire/events\` are what this page, schema/events.json and the metadata of files are made of. How messages
become events: [books.md](books.md); files of them: [conversion.md](conversion.md).

A *state* of \`always\` says that every event has a value, \`optional\` that one may be missing: the column "no value" is what stands
for it in a record. In files it is null. \`raw\`: the value is the field times ten to the power of its exponent.

## The record

${fields(EVENT_SCHEMA.fields, true)}

## The table

\`${EVENT_TABLE.name}\`, the columns of Arrow and Parquet. \`text\`: strings, in Arrow of a dictionary; fields with values have their
names.

${fields(EVENT_TABLE.fields, false)}
`,
);
put('schema/events.json', `${JSON.stringify({ record: EVENT_SCHEMA, table: EVENT_TABLE }, undefined, 2)}\n`);

const counters = (list) =>
  table(
    ['counter', 'kind', 'unit', 'meaning'],
    list.map(({ name, kind, unit, meaning }) => [`\`${name}\``, kind, unit, sentence(meaning)]),
  );
put(
  'docs/counters.md',
  `# Counters

\`feed.statistics()\` reads them all, a load each; \`counters\` lists them with what is said here. A *counter* only rises, a *gauge*
says how things stand, a *peak* is the highest that a gauge has been. This page is made from \`native/contract/contract.yaml\`.

    expected = delivered + recovered + abandoned + inFlight

Those are sequence numbers, delivered into the ring. How much of it the reader was given is in \`feed.statistics().reader\`, in
messages, at every instant after \`close()\` or \`break\`:

    delivered = handed + unread

\`delivered\` is the channels' \`messages\` and \`snapshotMessages\`; \`handed\` counts what was read, with the message whose handler
closed the feed or threw; \`unread\` is what waits in the ring, and after the end what was never handed over.

## Of each channel

${counters(CHANNEL_COUNTERS)}

## Of the feed

${counters(FEED_COUNTERS)}
`,
);

if (!process.argv.includes('--pages')) {
  const made = mkdtempSync(join(tmpdir(), 'venuewire-api-'));
  try {
    const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
    const ran = spawnSync(process.execPath, [typedoc, '--options', join(root, 'typedoc.json'), '--out', made], {
      cwd: root,
      encoding: 'utf8',
    });
    if (ran.status !== 0) throw new Error(ran.stdout + ran.stderr);
    const pages = readdirSync(made, { recursive: true }).filter((name) => name.endsWith('.md'));
    for (const name of pages) put(`docs/api/${name}`, readFileSync(join(made, name), 'utf8'));
    for (const name of readdirSync(join(root, 'docs/api'), { recursive: true })) {
      if (!name.endsWith('.md') || pages.includes(name)) continue;
      if (check) {
        stale++;
        console.log(`stale: docs/api/${name}`);
      } else rmSync(join(root, 'docs/api', name));
    }
    console.log(/without an example: .*/.exec(ran.stdout)?.[0] ?? 'every declaration has an example');
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
if (stale > 0) process.exit(1);
