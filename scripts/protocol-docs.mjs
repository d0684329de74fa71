#!/usr/bin/env node
// Writes docs/protocols: a reference page for each decoder, and an index, from the message tables alone; and the table of
// venues in README.md.
//
//   node scripts/protocol-docs.mjs            writes the pages (after npm run build:ts)
//   node scripts/protocol-docs.mjs --check    compares them with the tables; exits 1 and names those that are stale
//   … | node scripts/protocol-docs.mjs --agreement
//                                             takes the comparison of captures with independent decodings from standard
//                                             input (lines `ok folder captures 1/1 fields 2/2`) into agreement.json first
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { aliasesOf, familyOf, supersededBy, venuesOf, versionsOf } from '../dist/decoders/feeds.js';
import { decoders, documentDate } from '../dist/decoders/registry.js';
import { Composite, Constant, Data, Field, Filler, Group, rulesOf, toEnd, When } from '../dist/layout/index.js';
import { framingOf } from '../dist/patterns/framings.js';

const folder = fileURLToPath(new URL('../docs/protocols/', import.meta.url));
const README = new URL('../README.md', import.meta.url);
/** Between these marks the README is generated. */
const VENUES = ['<!-- venues: node scripts/protocol-docs.mjs -->', '<!-- end of venues -->'];
const BANNER =
  '<!-- generated: node scripts/protocol-docs.mjs. Do not edit: change the message table and generate again. -->';
/** Up to so many values of a code stand beside the field; longer lists have a section of their own. */
const INLINE = 6;

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (...cells) => `| ${cells.map(cell).join(' | ')} |`;
const heading = (...titles) => [row(...titles), row(...titles.map(() => '---'))];
const codeText = (code) =>
  code === ' ' ? '(blank)' : code.trim() === code && code !== '' ? `\`${code}\`` : `\`'${code}'\``;

function typeOf(field) {
  const { wire, size, order } = field.data;
  const ordered = order === undefined ? '' : `, ${order}-endian`;
  switch (wire) {
    case 'uint':
      return `u${8 * size}${ordered}`;
    case 'int':
      return `i${8 * size}${ordered}`;
    case 'float':
      return `f${8 * size}${ordered}`;
    case 'digits':
      return 'digits';
    default:
      return wire;
  }
}

const unitOf = (meaning) => {
  const parts = [];
  if (meaning.scale !== undefined) parts.push(`× 10^${meaning.scale}`);
  if (meaning.scaleFrom !== undefined) parts.push(`decimals from \`${meaning.scaleFrom}\``);
  if (meaning.divisor !== undefined) parts.push(`divided by \`${meaning.divisor}\``);
  if (meaning.unit !== undefined) parts.push([meaning.unit, meaning.note].filter(Boolean).join(' '));
  else if (meaning.note !== undefined) parts.push(meaning.note);
  return parts.join('; ');
};

/** A role as text: its field, the first of several that is there, or what its codes stand for. */
function roleText(role) {
  if (typeof role !== 'object') return String(role);
  if (Array.isArray(role)) return role.join(' or ');
  if (role.always !== undefined) return String(role.always);
  if (role.together !== undefined) return role.together.join(' + ');
  if (role.decimals !== undefined) return `decimals of ${role.decimals}`;
  const field = roleText(role.field ?? '');
  if (role.is !== undefined)
    return `by ${field}: ${Object.entries(role.is)
      .map(([code, means]) => `${code} ${means}`)
      .join(', ')}`;
  if (role.bid !== undefined) return `${field} (${role.bid.join(', ')} bid; ${role.ask.join(', ')} ask)`;
  return role.bit === undefined ? field : `bit ${role.bit} of ${field}`;
}

/** What is said about a rule, beside what it does, its conditions and its group. */
const SAID_ELSEWHERE = new Set(['does', 'each', 'when', 'unless']);
function ruleText(rule) {
  const codes = (conditions, word) =>
    Object.entries(conditions ?? {}).map(([name, values]) => `${word} ${name} is ${values.join(' or ')}`);
  const roles = Object.entries(rule)
    .filter(([name, role]) => !SAID_ELSEWHERE.has(name) && role !== undefined && role !== false)
    .map(([name, role]) => (role === true ? name : `${name}: ${roleText(role)}`));
  return [
    ...(rule.each === undefined ? [] : [`each of ${rule.each}`]),
    ...codes(rule.when, 'where'),
    ...codes(rule.unless, 'unless'),
    ...roles,
  ].join('; ');
}

/** What the messages mean for books and events. */
function meanings({ events }) {
  if (events === undefined) return [];
  const scale =
    events.priceExponent === 'instrument' ? 'those of each instrument’s definition' : `× 10^${events.priceExponent}`;
  return [
    '## What its messages mean for books and events',
    '',
    `Prices: ${scale}. The words: docs/books.md.`,
    '',
    ...heading('Message', 'Does', 'Roles'),
    ...Object.keys(events.messages).flatMap((name) =>
      rulesOf(events, name).map((rule) => row(`\`${name}\``, roleText(rule.does), ruleText(rule))),
    ),
    '',
  ];
}

/** One page's lists of values that are too long to stand beside their fields; equal lists are shown once. */
class Values {
  lists = new Map();
  refer(name, values) {
    const key = JSON.stringify(values);
    let known = this.lists.get(key);
    if (known === undefined) {
      const same = [...this.lists.values()].filter((l) => l.name === name).length;
      known = { name, anchor: same === 0 ? name : `${name}-${same + 1}`, values };
      this.lists.set(key, known);
    }
    return `[${Object.keys(values).length} values](#values-of-${known.anchor.toLowerCase()})`;
  }
}

function meaningOf(name, part, values) {
  const out = [];
  if (part instanceof Constant) {
    out.push(`always \`${part.value}\``);
    if (part.values) out.push(valuesOf(name, part.values, values));
    return out.join('; ');
  }
  if (part instanceof Composite) {
    const as = {
      instant: 'seconds and nanoseconds',
      decimal: 'mantissa and decimals',
      scientific: 'mantissa and exponent',
    };
    return `\`${part.first}\` and \`${part.second}\` read as one (${as[part.as]}); not on the wire`;
  }
  const d = part.data;
  if (d.meaning) out.push(unitOf(d.meaning));
  if (d.values) out.push(valuesOf(name, d.values, values));
  if (d.places) {
    const bits = Object.entries(d.places).map(([bit, place]) =>
      typeof place === 'number' ? `${bit} (bit ${place})` : `${bit} (bits ${place[0]}–${place[0] + place[1] - 1})`,
    );
    out.push(bits.join(', '));
  }
  if (d.nullValue !== undefined) out.push(`no value: ${d.nullValue}`);
  if (d.sinceVersion !== undefined) out.push(`since version ${d.sinceVersion}`);
  if (d.pad !== undefined) out.push(`padded with ${d.pad}s${d.padLeft ? ' on the left' : ''}`);
  if (d.noted) out.push(d.noted);
  return out.filter(Boolean).join('; ');
}

function valuesOf(name, list, values) {
  const entries = Object.entries(list);
  return entries.length <= INLINE
    ? entries.map(([code, label]) => `${codeText(code)} ${label}`).join(', ')
    : values.refer(name, list);
}

function countOf(group) {
  const { count } = group;
  if (typeof count === 'number') return `${count} entries`;
  if (typeof count === 'string') return `as many entries as \`${count}\` says`;
  if (count === toEnd) return 'entries up to the end of the message';
  if ('untilLength' in count) return `entries until \`${count.untilLength}\` bytes are full`;
  return `SBE group: block length (${count.blockLength.data.size} bytes) and number of entries (${count.numInGroup.data.size} bytes) in front`;
}

const place = (at) => (at < 0 ? 'next' : String(at));

function rows(fields, values, indent, out) {
  const name = (n) => `${'&nbsp;&nbsp;'.repeat(indent)}${n}`;
  for (const [key, part] of Object.entries(fields)) {
    if (part instanceof Field) {
      out.push(row(place(part.data.at), part.data.size, name(key), typeOf(part), meaningOf(key, part, values)));
    } else if (part instanceof Filler) {
      out.push(row(place(part.at), part.size, name(key), 'filler', 'reserved or padding'));
    } else if (part instanceof Constant || part instanceof Composite) {
      out.push(row('–', '–', name(key), part.kind, meaningOf(key, part, values)));
    } else if (part instanceof Data) {
      const length =
        'from' in part.length
          ? `as many bytes as \`${part.length.from}\` says${part.length.add ? ` ${part.length.add > 0 ? '+' : '−'} ${Math.abs(part.length.add)}` : ''}`
          : `behind its length (${part.length.prefix.data.size} bytes)`;
      out.push(row(place(part.at), 'variable', name(key), part.wire, length));
    } else if (part instanceof Group) {
      const since = part.sinceVersion === undefined ? '' : `; since version ${part.sinceVersion}`;
      out.push(
        row(
          place(part.at),
          `${part.size} each`,
          name(`**${key}**`),
          'group',
          `${countOf(part)}${since}; offsets from the entry's first byte`,
        ),
      );
      rows(part.fields, values, indent + 1, out);
    } else if (part instanceof When) {
      const is = Array.isArray(part.is) ? part.is.map((v) => `\`${v}\``).join(' or ') : `above ${part.is.above}`;
      out.push(row(place(part.at), '–', name(`**${key}**`), 'when', `there when \`${part.on}\` is ${is}`));
      rows(part.fields, values, indent + 1, out);
    }
  }
}

function messageSection(decoder, name, values) {
  const message = decoder.messages[name];
  const { notes } = message;
  const length =
    typeof message.length === 'number' ? `${message.length} bytes` : `at least ${message.length.atLeast} bytes`;
  const codes = message.codes.map((c) => `\`${c}\``).join(', ');
  const facts = [
    codes === '' ? 'told by its direction' : `type ${codes}`,
    decoder.sbe ? `block of ${length.replace('at least ', 'at least ')}` : length,
    notes.section && `section ${notes.section}`,
    notes.sinceVersion !== undefined && `since version ${notes.sinceVersion}`,
  ].filter(Boolean);
  const table = [];
  rows(message.fields, values, 0, table);
  return [
    `### ${name}`,
    '',
    `${sentence(notes.title ? `${notes.title}: ${facts.join(', ')}` : facts.join(', '))}.${notes.note ? ` ${notes.note}` : ''}`,
    '',
    ...(table.length === 0
      ? ['Only the header.', '']
      : [...heading('Offset', 'Size', 'Field', 'Type', 'Meaning'), ...table, '']),
  ];
}

function agreementLines(id, agreement) {
  const own = agreement.filter((a) => a.decoders.includes(id));
  if (own.length === 0) return [];
  return [
    '## Agreement with independent decodings',
    '',
    ...heading('Captures of', 'Captures that agree', 'Fields that agree'),
    ...own.map((a) => row(a.folder, `${a.ok} of ${a.captures}`, `${a.agree} of ${a.fields}`)),
    '',
  ];
}

/** Other venues, other names, and the versions before and after. */
function namesOf(entry) {
  const link = (d) => `[${d.id}](${d.id}.md)`;
  const others = venuesOf(entry).slice(1);
  const aliases = aliasesOf(entry);
  const next = supersededBy(entry);
  const before = decoders.filter((d) => supersededBy(d) === entry);
  const date = documentDate(entry.id);
  return [
    ...(date === undefined ? [] : [row('Document of', date)]),
    ...(aliases.length > 0 ? [row('Also called', aliases.join(', '))] : []),
    ...(others.length > 0 ? [row('The same layout', others.join(', '))] : []),
    ...(before.length > 0 ? [row('Supersedes', before.map(link).join(', '))] : []),
    ...(next === undefined ? [] : [row('Superseded by', link(next))]),
  ];
}

/** What no public source confirms: of the table, then of its framing. */
function notConfirmed(decoder, framing) {
  const own = decoder.unconfirmed.map((u) => `- ${u}`);
  const frame = (framing?.unconfirmed ?? []).map((u) => `- framing \`${framing.id}\`: ${u}`);
  const lines = [...own, ...frame];
  return lines.length > 0 ? ['## What no public source confirms', '', ...lines, ''] : [];
}

function page(entry, decoder, agreement) {
  const values = new Values();
  const header = [];
  rows(decoder.header, values, 0, header);
  const body = decoder.names.flatMap((name) => messageSection(decoder, name, values));
  const [, module, exported] = /import\(['"]\.\/(.+?)\.js['"]\)\)\.(\w+)/.exec(entry.load.toString()) ?? [];
  const framing = framingOf(decoder);
  const type = decoder.messageType.map((t) => `\`${t}\``).join(' and ');
  const lists = [...values.lists.values()].flatMap(({ anchor, values: list }) => [
    `### Values of ${anchor}`,
    '',
    ...heading('Code', 'Meaning'),
    ...Object.entries(list).map(([code, label]) => row(codeText(code), label)),
    '',
  ]);
  const sbe =
    decoder.sbe &&
    `SBE schema ${decoder.sbe.schemaId}, version ${decoder.sbe.version}; offsets of fields count from the end of the header.`;
  return [
    BANNER,
    '',
    `# ${decoder.venue} ${decoder.feed}${decoder.version === '' ? '' : ` ${decoder.version}`}`,
    '',
    ...heading('', ''),
    row('Decoder', `\`${decoder.id}\``),
    row('Source', decoder.specification),
    ...namesOf(entry),
    row('Import', `\`import { ${exported} } from 'venuewire/decoders/${module}'\``),
    row(
      'Framing',
      framing === undefined ? decoder.framing : `\`${framing.id}\`${framing.source ? `: ${framing.source}` : ''}`,
    ),
    row('Byte order', `${decoder.byteOrder}-endian`),
    row('Message type', type === '' ? 'told by the direction' : type),
    ...(decoder.instrument.length > 0
      ? [row('Instrument', decoder.instrument.map((i) => `\`${i}\``).join(', else '))]
      : []),
    row('Messages', decoder.names.length),
    row('Longer messages', decoder.longer === 'tolerated' ? 'read as far as they are known' : 'refused'),
    '',
    ...(sbe ? [sbe, ''] : []),
    ...meanings(decoder),
    ...(decoder.checked.length > 0 ? ['## What was checked', '', ...decoder.checked.map((c) => `- ${c}`), ''] : []),
    ...notConfirmed(decoder, framing),
    ...agreementLines(decoder.id, agreement),
    '## Header',
    '',
    ...(header.length === 0
      ? ['None.', '']
      : [...heading('Offset', 'Size', 'Field', 'Type', 'Meaning'), ...header, '']),
    '## Messages',
    '',
    ...body,
    ...(lists.length > 0 ? ['## Values', '', ...lists] : []),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** The place of a heading in the page, as GitHub makes it. */
const anchor = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

const byText = (a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' });

/** One row for each feed of a venue: its versions newest first, and what they are called. */
function venueSection(venue, entries, figures) {
  const families = [...new Set(entries.map((d) => familyOf(d.id)))].map((f) =>
    versionsOf(entries.find((d) => familyOf(d.id) === f))
      .slice()
      .reverse(),
  );
  const rows = families
    .sort((a, b) => byText(a[0].feed, b[0].feed))
    .map((versions) => {
      const [newest] = versions;
      const links = versions.map((d) => {
        const date = documentDate(d.id);
        return `[${d.version}](${d.id}.md)${date === undefined ? '' : ` (${date})`}`;
      });
      const next = supersededBy(newest);
      const after = next === undefined ? '' : `; followed by [${next.id}](${next.id}.md)`;
      const agree = versions.map((d) => figures(d.id)).filter(Boolean);
      return row(
        newest.feed,
        aliasesOf(newest).join(', '),
        links.join(', ') + after,
        newest.messages,
        agree.join('; '),
      );
    });
  return [
    `## ${venue}`,
    '',
    ...heading('Feed', 'Also called', 'Versions', 'Messages', 'Fields that agree'),
    ...rows,
    '',
  ];
}

function index(agreement) {
  const figures = (id) => {
    const own = agreement.filter((a) => a.decoders.includes(id));
    const fields = own.reduce((n, a) => n + a.fields, 0);
    return fields === 0 ? '' : `${own.reduce((n, a) => n + a.agree, 0)} of ${fields}`;
  };
  const venues = new Map();
  const names = new Map();
  for (const d of decoders) {
    for (const venue of venuesOf(d)) venues.set(venue, [...(venues.get(venue) ?? []), d]);
    if (supersededBy(d) === undefined) for (const a of aliasesOf(d)) names.set(a, [...(names.get(a) ?? []), d]);
  }
  const sorted = [...venues].sort(([a], [b]) => byText(a, b));
  const letters = new Map();
  for (const [venue] of sorted) {
    const letter = venue.charAt(0).toUpperCase();
    letters.set(letter, [...(letters.get(letter) ?? []), venue]);
  }
  return [
    BANNER,
    '',
    '# Protocols',
    '',
    `${decoders.length} protocol versions of ${venues.size} venues: fields, offsets, types, units and values, what was checked, and what no`,
    'public source confirms. Look for your venue below, or for the name of the feed at the end. "Fields that agree" counts the',
    'fields of real captures that an independent decoding reads alike. In code: `decoderFor({ venue, feed, date })`; on the',
    'command line: `venuewire list decoders --venue NYSE --current`, `venuewire list decoders --feed ITTO`.',
    '',
    ...[...letters.values()].flatMap((of) => [of.map((v) => `[${v}](#${anchor(v)})`).join(' · '), '']),
    ...sorted.flatMap(([venue, entries]) => venueSection(venue, entries, figures)),
    '## What feeds are called',
    '',
    ...heading('Name', 'Current decoders'),
    ...[...names]
      .sort(([a], [b]) => byText(a, b))
      .map(([name, of]) => row(name, of.map((d) => `[${d.id}](${d.id}.md)`).join(', '))),
    '',
  ].join('\n');
}

/** The part of the README about venues: those whose captures agree with their figures, then the names of the rest. */
function summary(agreement) {
  const groups = new Map();
  // 'NYSE Arca Options' and 'NYSE' are one row.
  for (const d of decoders) {
    const [group] = d.venue.split(' ');
    groups.set(group, [...(groups.get(group) ?? []), d]);
  }
  const rows = [...groups].map(([word, entries]) => {
    const names = new Set(entries.map((d) => d.venue));
    const group = names.size === 1 ? entries[0].venue : word;
    const ids = new Set(entries.map((d) => d.id));
    const own = agreement.filter((a) => a.decoders.some((id) => ids.has(id)));
    const sum = (name) => own.reduce((n, a) => n + a[name], 0);
    return { group, versions: entries.length, captures: sum('captures'), agree: sum('agree'), fields: sum('fields') };
  });
  rows.sort((a, b) => byText(a.group, b.group));
  const number = (n) => n.toLocaleString('en-US');
  const held = rows.filter((r) => r.fields > 0);
  const rest = rows.filter((r) => r.fields === 0);
  return [
    ...heading('Venue', 'Protocol versions', 'Captures compared', 'Fields that agree'),
    ...held.map((r) => row(r.group, r.versions, r.captures, `${number(r.agree)} of ${number(r.fields)}`)),
    '',
    `Without a public capture (protocol versions): ${rest.map((r) => `${r.group} (${r.versions})`).join(', ')}.`,
    '',
    counts(agreement),
  ].join('\n');
}

/** How many tables there are, and what stands behind them. */
function counts(agreement) {
  const agreed = new Set(agreement.filter((a) => a.fields > 0).flatMap((a) => a.decoders));
  const unseen = decoders.filter((d) => !agreed.has(d.id) && !d.id.startsWith('session-')).length;
  const withEvents = decoders.filter((d) => d.gives.includes('events')).length;
  return (
    `${decoders.length} protocol versions; ${withEvents} of them say what their messages mean, so that events are made of them, and books where they tell ` +
    `orders, levels or quotes. Captures stand behind ${agreed.size}; ${unseen} rest on documents and public dissectors alone.`
  );
}

/** The README with its part about venues as the tables and the figures say. */
function readme(agreement) {
  const text = readFileSync(README, 'utf8');
  const [begin, end] = VENUES.map((mark) => text.indexOf(mark));
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${VENUES.join(' … ')}`);
  return `${text.slice(0, begin + VENUES[0].length)}\n${summary(agreement)}\n${text.slice(end)}`;
}

const agreed = () => {
  const file = `${folder}agreement.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).folders : [];
};

async function pages() {
  const agreement = agreed();
  const out = new Map([['index.md', index(agreement)]]);
  for (const entry of decoders) out.set(`${entry.id}.md`, page(entry, await entry.load(), agreement));
  return out;
}

/** Keeps the lines of a comparison that name a folder with a decoder, with the decoders that oracle-map.json names for it. */
function takeAgreement(text) {
  const map = JSON.parse(readFileSync(new URL('../oracle-map.json', import.meta.url), 'utf8'));
  const line = /^(?:ok|OFF)\s+(\S+)\s+captures (\d+)\/(\d+)\s+fields (\d+)\/(\d+)/gm;
  const folders = [...text.matchAll(line)].flatMap(([, folder, ok, captures, agree, fields]) => {
    const exceptions = Object.entries(map.captures).filter(([capture]) => capture.startsWith(`${folder}/`));
    const named = [map.folders[folder], ...exceptions.map(([, id]) => id)].filter(Boolean);
    if (named.length === 0 || Number(fields) === 0) return [];
    const numbers = { ok: Number(ok), captures: Number(captures), agree: Number(agree), fields: Number(fields) };
    return [{ folder, decoders: [...new Set(named)], ...numbers }];
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}agreement.json`, `${JSON.stringify({ folders }, null, 2)}\n`);
}

if (process.argv.includes('--agreement')) takeAgreement(readFileSync(0, 'utf8'));
const made = await pages();
const front = readme(agreed());
const present = existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith('.md')) : [];
const left = present.filter((f) => !made.has(f));
if (process.argv.includes('--check')) {
  const stale = [...made].filter(
    ([name, text]) => !present.includes(name) || readFileSync(folder + name, 'utf8') !== text,
  );
  for (const [name] of stale) console.log(`stale: docs/protocols/${name}`);
  for (const name of left) console.log(`left over: docs/protocols/${name}`);
  const old = readFileSync(README, 'utf8') !== front;
  if (old) console.log('stale: README.md, its table of venues');
  if (stale.length + left.length > 0 || old) {
    console.log('Generate them again: npm run build:ts && node scripts/protocol-docs.mjs');
    process.exit(1);
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of left) rmSync(folder + name);
  for (const [name, text] of made) writeFileSync(folder + name, text);
  writeFileSync(README, front);
  console.log(`${made.size} pages, and the table of venues in README.md`);
}
