// Messages a second by protocol family: native walk, TypeScript walk, views (every fixed field read), plain objects.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messagesOf } from './input.mjs';

const FAMILIES = [
  ['ITCH', 'nasdaq-totalview-itch-5.0'],
  ['PITCH', 'cboe-pitch-equities-2.41'],
  ['SBE (CME)', 'cme-mdp3-sbe-1.13'],
  ['SBE (Euronext)', 'euronext-optiq-6.67'],
  ['XDP / Pillar', 'nyse-pillar-integrated-2.5'],
  ['EOBI', 'eurex-eobi-14.1'],
  ['MACH', 'miax-options-tom-2.5'],
  ['iMpact', 'ice-impact-1.1.51'],
  ['OPRA', 'opra-6.3'],
  ['HSVF', 'tmx-sola-hsvf-1.14'],
];
const WAYS = ['native', 'walk', 'views', 'objects'];
/** Executions of FAST: one digest. */
const FAST_WAYS = [
  ['native', 'native walk and digest'],
  ['digest', 'TypeScript walk and digest'],
  ['nativeRecords', 'native, records in JavaScript'],
  ['records', 'TypeScript, records'],
  ['objects', 'TypeScript, plain objects'],
];
const here = fileURLToPath(new URL('.', import.meta.url));

/** Median, and the lowest and highest run around it. */
function spread(list, median) {
  const rate = (x) => (x >= 1e6 ? `${(x / 1e6).toFixed(2)} M` : `${(x / 1e3).toFixed(0)} k`);
  const m = median(list);
  return list.length < 2 ? rate(m) : `${rate(m)} (${rate(Math.min(...list))} – ${rate(Math.max(...list))})`;
}

/** Our own FAST templates over random messages, for machines without captures. */
async function ownFast() {
  const { FastEncoder } = await import('../../dist/fast/index.js');
  const { readFastTemplates } = await import('../../dist/import.js');
  const xml = join(here, 'fast-example.xml');
  const encoder = new FastEncoder(readFastTemplates(readFileSync(xml, 'utf8')));
  const chunks = [];
  for (let i = 0; i < 5000; i++) {
    const MDEntries = Array.from({ length: 1 + (i % 5) }, (_, k) => ({
      MDUpdateAction: (i + k) % 3,
      MDEntryType: String((i >> 2) & 1),
      SecurityID: 49_630_000n + BigInt((i * 31 + k) % 400),
      RptSeq: i + k,
      MDEntryPx: { mantissa: BigInt(19_800 + ((i * 17 + k) % 100)), exponent: -2 },
      MDEntrySize: BigInt((i * 13) % 90),
      MDEntryTime: 142_411_770 + i,
    }));
    const SendingTime = 20_130_801_142_437_941n + BigInt(i * 7);
    chunks.push(encoder.encode('Incremental', { MsgSeqNum: i, SendingTime, MDEntries }));
  }
  mkdirSync(join(tmpdir(), 'venuewire-bench'), { recursive: true });
  const file = join(tmpdir(), 'venuewire-bench', 'fast-example.dat');
  writeFileSync(file, Buffer.concat(chunks));
  return [xml, file];
}

export async function run({ quick, runs, table, median, node, families = FAMILIES }) {
  const seconds = quick ? 0.05 : 0.5;
  const count = quick ? 500 : 20_000;
  const rows = [];
  for (const [family, id] of quick ? families.slice(0, 3) : families) {
    const input = await messagesOf(id, count);
    const found = WAYS.map(() => []);
    for (let i = 0; i < runs; i++)
      for (const [k, way] of WAYS.entries()) found[k].push(node('decoders/table.mjs', way, id, input.file, seconds)[0]);
    const [walked, walkedHere, viewed, made] = found.map((f) => f[0].checksum);
    if (walked !== walkedHere)
      throw new Error(`${id}: the native digest is ${walked}, that of TypeScript ${walkedHere}`);
    if (Number(viewed) <= 0 || Number(made) <= 0) throw new Error(`${id}: nothing was read`);
    const rates = found.map((f) => f.map((x) => x.perSecond));
    rows.push([family, id, Math.round(input.bytes / input.messages), ...rates.map((r) => spread(r, median)), 'equal']);
  }
  table(
    'Messages/s by protocol family: random values in every message of the table, one process each, median (range)',
    [
      'family',
      'table',
      'bytes',
      'native walk',
      'TypeScript walk',
      'views, every fixed field',
      'plain objects',
      'native and TypeScript digests',
    ],
    rows,
  );

  const captured = fileURLToPath(new URL('../../../shared/captures/moex-fast-forts-2013/', import.meta.url));
  const streams = [['FAST, own templates', ...(await ownFast())]];
  if (existsSync(`${captured}templates.xml`))
    streams.push(['FAST, MOEX FORTS capture', `${captured}templates.xml`, `${captured}increment_a.dat`]);
  const other = [];
  for (const [name, templates, file] of streams) {
    let digest;
    for (const [way, what] of FAST_WAYS) {
      const list = [];
      for (let i = 0; i < runs; i++) list.push(node('decoders/fast.mjs', way, templates, file, seconds)[0]);
      digest ??= list[0].checksum;
      for (const { checksum } of list)
        if (checksum !== digest) throw new Error(`${name}: the digest of ${what} is ${checksum}, not ${digest}`);
      other.push([
        name,
        what,
        list[0].messages,
        spread(
          list.map((x) => x.perSecond),
          median,
        ),
        list[0].checksum,
      ]);
    }
  }
  const fix = [['FIX 4.4 tag=value', 'decoders/fix.mjs']];
  if (existsSync(fileURLToPath(new URL('../../node_modules/jspurefix', import.meta.url))))
    fix.push(['FIX 4.4, jspurefix', 'decoders/fix-jspurefix.mjs']);
  else console.log('\nbeside jspurefix too after: npm install --no-save jspurefix');
  for (const [name, script] of fix) {
    for (const way of ['views', 'objects']) {
      const list = [];
      for (let i = 0; i < runs; i++) list.push(node(script, way, 0, seconds)[0]);
      const rate = spread(
        list.map((x) => x.perSecond),
        median,
      );
      other.push([name, way, list[0].messages, rate, list[0].checksum]);
    }
  }
  table('Messages/s of FAST and FIX', ['protocol', 'what', 'messages', 'messages/s', 'read'], other);
}
