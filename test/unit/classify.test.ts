// `classify`: run books as people write them come to items, patterns and figures that follow from them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseXml } from '@rgrove/parse-xml';
import { afterAll, describe, expect, it } from 'vitest';
import { AXES, type Axis, ITEMS, NEEDS } from '../../src/classify/axes.js';
import { classifyRows } from '../../src/classify/classify.js';
import { coverageOf, itemsOf } from '../../src/classify/coverage.js';
import {
  catalogue,
  classify,
  coveragePicture,
  htmlReport,
  itemsPicture,
  jsonReport,
  markdownReport,
  type Row,
  readRunBook,
} from '../../src/classify/index.js';
import { findDecoder } from '../../src/decoders/registry.js';
import { credentialsSchema } from '../../src/patterns/credentials.js';
import { networkSchema } from '../../src/patterns/network.js';
import { protection } from '../../src/patterns/security.js';
import { Random } from '../../src/simulator/random.js';
import { venues } from '../../src/venues/registry.js';
import { venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'vw-classify-'));
afterAll(() => rmSync(folder, { recursive: true }));

const one = (row: Row) => classifyRows([{ venue: 'V', ...row }])[0] as ReturnType<typeof classifyRows>[number];
const chosen = (axis: Axis, text: string): string => one({ [axis]: text }).axes[axis].items.join('+');

describe('the lists', () => {
  const types = (schema: unknown): string[] =>
    (schema as { options: { shape: { type: { value: string } } }[] }).options.map((o) => o.shape.type.value);
  it('of networks, credentials and protections are those that venue files can declare', () => {
    const ids = (axis: Axis): string[] =>
      ITEMS[axis].map((i) => i.id).filter((id) => axis !== 'security' || id !== 'none');
    expect(ids('network').sort()).toEqual(types(networkSchema).sort());
    expect(ids('credentials').sort()).toEqual(types(credentialsSchema).sort());
    expect(ids('security').sort()).toEqual(types(protection).sort());
  });
  it('have fewer than a dozen items each, and rules that name them', () => {
    for (const axis of AXES) expect(ITEMS[axis].length).toBeLessThan(12);
    for (const { axis, item, needs, oneOf } of NEEDS) {
      expect(ITEMS[axis].map((i) => i.id)).toContain(item);
      expect(ITEMS[needs].map((i) => i.id)).toEqual(expect.arrayContaining([...oneOf]));
    }
  });
  it.each(AXES.flatMap((axis) => ITEMS[axis].map((i) => [axis, i.id] as const)))(
    '%s: %s is known by its id, for certain',
    (axis, id) => {
      expect(one({ [axis]: id }).axes[axis]).toEqual({ items: [id], confidence: 1 });
    },
  );
});

describe('words of run books', () => {
  // biome-ignore format: one wording a line
  const WORDINGS: readonly [Axis, string, string][] = [
    ['network', 'UDP multicast A/B', 'udpMulticast'],
    ['network', 'Multicast (IGMPv3/SSM), TCP for recovery', 'udpMulticast'],
    ['network', 'wss://ws.example/v2', 'websocket'],
    ['network', 'Web Socket over TLS', 'websocket'],
    ['network', 'HTTP chunked stream', 'httpsStream'],
    ['network', 'SFTP pull, nightly', 'sftp'],
    ['network', 'FTP', 'ftp'],
    ['network', 'RRCP on Ethernet', 'rrcp'],
    ['network', 'SQL replication', 'sqlReplication'],
    ['network', 'TCP/IP socket', 'tcp'],
    ['network', 'TCP via stunnel', 'tls'],
    ['network', 'UDP unicast', 'udpUnicast'],
    ['framing', 'MoldUDP64', 'firstNumberAndCount'],
    ['framing', 'SBE, packet sequence number', 'packetNumber'],
    ['framing', 'SoupBinTCP', 'lengthAndType'],
    ['framing', 'FIX 4.4', 'fixTags'],
    ['framing', 'FAST encoded FIX 5.0 SP2', 'fast'],
    ['framing', 'CRLF JSON', 'delimitedText'],
    ['framing', 'MACH', 'numberedPackets'],
    ['recovery', 'MoldUDP64 re-request by UDP', 'udpRequest'],
    ['recovery', 'UDP retransmission requests', 'udpRequest'],
    ['recovery', 'TCP replay server', 'tcpSession'],
    ['recovery', 'TCP replay; one request per connection', 'tcpOneShot'],
    ['recovery', 'Gap Request Proxy', 'requestOnLines'],
    ['recovery', 'Request server; retransmissions on multicast groups of their own', 'requestOnLines'],
    ['recovery', 'FIX ResendRequest', 'inSession'],
    ['recovery', 'log in with the next sequence number', 'resume'],
    ['recovery', 'none, wait for the next snapshot', 'snapshotOnly'],
    ['recovery', 'reconnect and re-subscribe', 'reconnect'],
    ['recovery', 'none', 'otherLine'],
    ['recovery', 'UDP re-request, then SoupBinTCP: log in with the next number', 'udpRequest+resume'],
    ['snapshot', 'snapshot multicast, loop', 'loop'],
    ['snapshot', 'GLIMPSE', 'request'],
    ['snapshot', 'refresh asked by TCP, comes on refresh multicast', 'requestOnLines'],
    ['snapshot', 'first message after subscribing', 'firstMessages'],
    ['snapshot', 'in-band', 'inBand'],
    ['snapshot', 'n/a: none', ''],
    ['credentials', 'username / password', 'userPassword'],
    ['credentials', 'SourceID plus registered IP', 'idAndSourceAddress'],
    ['credentials', 'FIX logon (SenderCompID, password)', 'fixLogon'],
    ['credentials', 'Bearer token', 'bearer'],
    ['credentials', 'app key and session token', 'keyAndSession'],
    ['credentials', 'static token', 'token'],
    ['credentials', 'login by browser', 'externalLogin'],
    ['credentials', 'entitlement by multicast', 'none'],
    ['security', 'cross-connect, no TLS', 'privateLine'],
    ['security', 'leased line + IP whitelist', 'privateLine+sourceAllowList'],
    ['security', 'IPsec VPN', 'vpn'],
    ['security', 'mTLS', 'mutualTls'],
    ['security', 'TLS 1.2', 'tls'],
    ['security', 'requests are signed (HMAC), HTTPS', 'tls+messageHmac'],
    ['security', 'private line, without any TLS', 'privateLine'],
  ];
  it.each(WORDINGS)('%s: "%s" is %s', (axis, text, item) => {
    expect(chosen(axis, text)).toBe(item);
  });

  it('say how sure a choice is: by id, in its column, in another one, by what follows', () => {
    expect(one({ network: 'udpMulticast' }).axes.network.confidence).toBe(1);
    expect(one({ network: 'multicast' }).axes.network.confidence).toBe(0.9);
    expect(one({ notes: 'it is multicast' }).axes.network.confidence).toBe(0.5);
    expect(one({ network: 'websocket' }).axes.framing).toEqual({ items: ['webSocketMessage'], confidence: 0.3 });
    expect(one({}).axes.network).toEqual({ items: [], confidence: 0 });
  });
  it('that contradict each other are told, and halve what is sure', () => {
    const two = one({ credentials: 'bearer token or SenderCompID logon by FIX', network: 'multicast' });
    expect(two.axes.credentials.confidence).toBe(0.45);
    expect(two.contradictions[0]).toBe('credentials: fixLogon and bearer are both named');
    const apart = one({ network: 'multicast', snapshot: 'first message after subscription', security: 'HMAC' });
    expect(apart.contradictions.map((c) => c.split(':')[0])).toEqual([
      'snapshot firstMessages does not go with network udpMulticast',
      'security messageHmac does not go with network udpMulticast',
    ]);
  });
  it('that are not there are missing, and nothing is made up', () => {
    expect(one({ network: 'multicast' }).missing).toEqual([
      'framing',
      'recovery',
      'snapshot',
      'credentials',
      'security',
      'decoder',
    ]);
    expect(one({ network: 'carrier pigeon' }).axes.network.items).toEqual([]);
  });
  it('name items that nothing here opens, and the table of a feed', () => {
    expect(one({ network: 'RRCP' }).withoutEngine).toEqual(['rrcp']);
    expect(one({ decoder: 'itch' }).decoder.id).toBeUndefined();
    expect(one({ venue: 'Nasdaq', feed: 'TotalView-ITCH' }).decoder.id).toMatch(/^nasdaq-totalview-itch/);
    expect(one({ decoder: 'opra-6.3' }).decoder).toEqual({ id: 'opra-6.3', confidence: 1 });
  });
});

describe('run books', () => {
  const read = async (text: string, name = 'book.csv', named = {}) => (await readRunBook(text, name, named)).rows;

  it('are CSV with commas, semicolons, tabs or bars, with or without a mark of order, in any line ends', async () => {
    const expected = [{ venue: 'A, B', network: 'multicast; "A"', notes: 'two\nlines' }];
    for (const d of [',', ';', '\t', '|']) {
      for (const end of ['\n', '\r\n']) {
        const text =
          ['Venue', 'Network Protocol', 'Comments'].join(d) +
          end +
          ['"A, B"', '"multicast; ""A"""', '"two\nlines"'].join(d) +
          end;
        expect(await read(text), `${d} ${JSON.stringify(end)}`).toEqual(expected);
        expect(await read(`\uFEFF${text}`)).toEqual(expected);
      }
    }
  });
  it('may lack cells, columns and rows, or have too many of them', async () => {
    expect(await read('venue,network,recovery\nX\nY,tcp,a,b,c\n\n,,\n')).toEqual([
      { venue: 'X' },
      { venue: 'Y', network: 'tcp', recovery: 'a' },
    ]);
    expect(await read('venue\n')).toEqual([]);
  });
  it('are JSON or YAML: a list, a list under venues, or connections by name', async () => {
    const expected = [{ venue: 'X', network: 'tcp', security: 'tls, vpn' }];
    const object = { network: 'tcp', security: ['tls', 'vpn'] };
    expect(await read(JSON.stringify([{ venue: 'X', ...object }]), 'b.json')).toEqual(expected);
    expect(await read(JSON.stringify({ venues: [{ venue: 'X', ...object }] }), 'b.json')).toEqual(expected);
    expect(await read(JSON.stringify({ X: object }), 'b.json')).toEqual(expected);
    expect(await read('X: { network: tcp, security: [tls, vpn] }', 'b.yaml')).toEqual(expected);
  });
  it('have titles as people write them, and others that are told', async () => {
    const book = await readRunBook(
      'Exchange Name;dataSet;Transport;GAP RECOVERY;Auth;Colour\nX;F;tcp;none;none;red',
      'b.csv',
    );
    expect(book.rows).toEqual([{ venue: 'X', feed: 'F', network: 'tcp', recovery: 'none', credentials: 'none' }]);
    expect(book.unread).toEqual(['Colour']);
    expect(await read('who,how\nX,tcp', 'b.csv', { venue: 'who', network: 'how' })).toEqual([
      { venue: 'X', network: 'tcp' },
    ]);
  });
  it.each([
    ['', 'b.csv', 'is empty'],
    ['colour,size\nred,2', 'b.csv', 'no column names the venue'],
    ['venue,x\n"never closed', 'b.csv', 'is no CSV'],
    ['{', 'b.json', 'is no JSON'],
    ['7', 'b.json', 'no list of connections'],
    ['[1,2]', 'b.json', 'no list of connections'],
    ['[]', 'b.json', 'no list of connections'],
  ])('%j (%s) is refused: %s', async (text, name, says) => {
    await expect(readRunBook(text, name)).rejects.toMatchObject({
      code: 'VW_RUN_BOOK',
      message: expect.stringContaining(says),
    });
  });
  it('refuse a column that is not there', async () => {
    await expect(read('venue\nX', 'b.csv', { network: 'wire' })).rejects.toMatchObject({ code: 'VW_RUN_BOOK' });
  });
  it('of 100,000 rows, half of them accidents, are read, classified and reported', async () => {
    const random = new Random(16);
    const words = AXES.map((axis) => [...ITEMS[axis].map((i) => i.id), '', 'who knows', `no ${axis}`]);
    const rows = Array.from({ length: 100_000 }, (_, i) => {
      const cells = words.map((w) => w[random.below(w.length)]);
      return `"Venue ${i}";${cells.join(';')};"${'x'.repeat(random.below(40))}"`;
    });
    const began = performance.now();
    const book = await readRunBook(`venue;${AXES.join(';')};notes\n${rows.join('\n')}`, 'big.csv');
    const analysis = classify(book);
    const text = markdownReport(analysis) + htmlReport(analysis);
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(analysis.venues.length).toBe(100_000);
    expect(text.length).toBeLessThan(2_000_000);
    expect(text).toContain('more rows are in the JSON report');
  });
  it('with cells that want to be slow take no longer than others', () => {
    const cells = ['a '.repeat(5000), 'answers '.repeat(2000), 'id '.repeat(3000), 'request udp '.repeat(1000)];
    const began = performance.now();
    for (const text of cells) for (const axis of AXES) one({ [axis]: text.slice(0, 2000) });
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('patterns of many venues', () => {
  /** Rows by chance, of few items, so that they share patterns. */
  const byChance = (seed: number, count: number): ReturnType<typeof classifyRows> => {
    const random = new Random(seed);
    const rows = Array.from({ length: count }, (_, i) => ({
      venue: `V${i}`,
      ...Object.fromEntries(AXES.map((axis) => [axis, ITEMS[axis][random.below(2 + (seed % 3))]?.id as string])),
    }));
    return classifyRows(rows);
  };

  it.each(Array.from({ length: 30 }, (_, i) => i + 1))('by chance, seed %i: figures are those of counting', (seed) => {
    const all = byChance(seed, 60);
    const c = coverageOf(all);
    const counts = new Map<string, number>();
    for (const v of all) counts.set(JSON.stringify(itemsOf(v)), (counts.get(JSON.stringify(itemsOf(v))) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    expect(c.patterns.map((p) => p.venues.length)).toEqual(sorted);
    expect(c.for100).toBe(sorted.length);
    const sum = (n: number): number => sorted.slice(0, n).reduce((a, b) => a + b, 0);
    expect(sum(c.for80)).toBeGreaterThanOrEqual(48);
    expect(sum(c.for80 - 1)).toBeLessThan(48);
    // Each pattern is in one conditional, whose members differ on its axis and nowhere else.
    expect(c.conditionals.flatMap((k) => k.patterns).sort()).toEqual(c.patterns.map((p) => p.id).sort());
    expect(c.conditionals.reduce((n, k) => n + k.venues, 0)).toBe(60);
    const byId = new Map(c.patterns.map((p) => [p.id, p]));
    for (const { axis, patterns } of c.conditionals) {
      const members = patterns.map((id) => byId.get(id)?.items);
      for (const other of AXES) {
        const different = new Set(members.map((m) => m?.[other])).size;
        expect(different).toBe(other === axis ? patterns.length : 1);
      }
    }
    const venuesOf = c.conditionals.map((k) => k.venues);
    expect(venuesOf).toEqual([...venuesOf].sort((a, b) => b - a));
    expect(c.conditionals.length).toBeLessThanOrEqual(c.patterns.length);
    for (const { patterns, axis } of c.nearDuplicates) {
      const [a, b] = patterns.map((id) => byId.get(id)?.items);
      expect(AXES.filter((x) => a?.[x] !== b?.[x])).toEqual([axis]);
    }
  });
  it('a hundred venues of one pattern with a condition are one pattern', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({
      venue: `V${i}`,
      network: 'udpMulticast',
      framing: 'firstNumberAndCount',
      recovery: 'udpRequest',
      snapshot: 'request',
      credentials: i % 4 === 0 ? 'none' : 'userPassword',
      security: 'privateLine',
    }));
    const { coverage } = classify({ rows, unread: [] });
    expect([coverage.patterns.length, coverage.conditionalsFor100]).toEqual([2, 1]);
    expect(coverage.conditionals[0]).toMatchObject({
      axis: 'credentials',
      branches: { userPassword: 75, none: 25 },
      venues: 100,
    });
  });
  it('of nothing are none', () => {
    const { coverage, venues: none } = classify({ rows: [], unread: [] });
    expect([none.length, coverage.for80, coverage.for100, coverage.conditionalsFor100]).toEqual([0, 0, 0, 0]);
  });
});

describe('the catalogue', () => {
  const analysis = classify({ rows: catalogue, unread: [] });

  it('has more than sixty feeds, each with its source, once, and with a table that exists', () => {
    expect(catalogue.length).toBeGreaterThanOrEqual(60);
    for (const row of catalogue) {
      expect(row.source, row.venue).toBeTruthy();
      if (row.decoder !== undefined) expect(findDecoder(row.decoder)?.id, row.venue).toBe(row.decoder);
    }
    expect(analysis.twice).toEqual([]);
    expect(analysis.venues.flatMap((v) => v.contradictions)).toEqual([]);
    // Nothing public says whether TMX has a snapshot.
    expect(analysis.venues.filter((v) => v.missing.some((m) => m !== 'decoder')).map((v) => v.venue)).toEqual([
      'TMX TSX',
    ]);
  });

  /** What a ready venue declares, in the items of the lists: written by others, for another purpose. */
  async function declared(entry: (typeof venues)[number]): Promise<Partial<Record<Axis, string>>> {
    const venue = (await entry.load()).example();
    const patterns = venue.recovery.flatMap((r) =>
      'pattern' in r && typeof r.pattern === 'object' ? [r.pattern] : [],
    );
    const recovery = patterns.flatMap((p) => {
      if ('from' in p) return [];
      if (p.delivery === 'lines') return ['requestOnLines'];
      if (p.transport === 'udp') return ['udpRequest'];
      if (p.request === undefined) return ['resume'];
      return [p.connection === 'keep' ? 'tcpSession' : 'tcpOneShot'];
    });
    const snapshot = patterns.flatMap((p) => ('from' in p ? [p.from] : []));
    const order = ITEMS.recovery.map((i) => i.id);
    return {
      network: venue.lines !== undefined || venue.channels !== undefined ? 'udpMulticast' : 'tcp',
      ...(recovery.length > 0 ? { recovery: order.filter((id) => recovery.includes(id)).join('+') } : {}),
      ...(recovery.length === 0 && snapshot.length > 0 ? { recovery: 'snapshotOnly' } : {}),
      ...(snapshot.length > 0 ? { snapshot: snapshot[0] as string } : {}),
    };
  }
  /** Ready venues and the catalogue's feeds. */
  // biome-ignore format: a list
  const READY: readonly [string, string][] = [
    ['nasdaq-totalview', 'Nasdaq'], ['eurex-eobi', 'Eurex'], ['euronext-optiq', 'Euronext'], ['ice-impact', 'ICE Futures'], ['b3-umdf', 'B3'],
    ['cboe-pitch', 'Cboe BZX Equities'], ['cboe-europe-pitch', 'Cboe Europe Equities'], ['nyse-pillar', 'NYSE'], ['cta', 'CTA (SIAC)'], ['opra', 'OPRA (SIAC)'],
    ['memx', 'MEMX'], ['hkex-omd-c', 'HKEX Securities'], ['hkex-omd-d', 'HKEX Derivatives'], ['lse-gtp', 'London Stock Exchange'], ['lse-mitch', 'JSE'],
    ['miax', 'MIAX Pearl Equities'], ['cme-mdp3', 'CME Globex'], ['coinbase-derivatives', 'Coinbase Derivatives'], ['iex-deep-plus', 'IEX'], ['jpx-ose', 'JPX Osaka Exchange'],
  ];
  it.each(READY)('agrees with what the ready venue %s declares', async (id, name) => {
    const entry = venues.find((v) => v.id === id) as (typeof venues)[number];
    const own = analysis.venues.find((v) => v.venue === name);
    expect(own).toBeDefined();
    const items = itemsOf(own as never);
    for (const [axis, item] of Object.entries(await declared(entry))) expect(items[axis as Axis], axis).toBe(item);
  });

  it('comes to the figures that the page states', () => {
    const page = readFileSync(new URL('../../docs/classification.md', import.meta.url), 'utf8');
    const wire = classify({ rows: catalogue, unread: [] }, { axes: ['network', 'framing', 'recovery', 'snapshot'] });
    for (const [name, { coverage: c }] of [
      ['all six lists', analysis],
      ['the first four', wire],
    ] as const) {
      const figures = [c.venues, c.patterns.length, c.for80, c.conditionalsFor100, c.conditionalsFor80];
      expect(page).toContain(`| ${name} | ${figures.join(' | ')} |`);
    }
  });
});

describe('reports', () => {
  const hostile = '<script>alert("x")</script> | `a` [b](c) \u001b[31m';
  const analysis = classify({
    rows: [{ venue: hostile, network: 'multicast', feed: '"><img src=x>' }, { venue: 'B' }],
    unread: [],
  });
  it('in HTML take text for text', () => {
    const html = htmlReport(analysis);
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain("default-src 'none'");
  });
  it('in Markdown have no markup of the run book', () => {
    const text = markdownReport(analysis);
    expect(text).not.toContain('<script>');
    expect(text).toContain('\\| \\`a\\` \\[b\\](c)');
    const widths = new Set(
      text
        .split('\n')
        .filter((l) => /^\| P\d+ \|/.test(l))
        .map((l) => l.split(/(?<!\\)\|/).length),
    );
    expect(widths.size).toBe(1);
  });
  it('have pictures that are XML, and JSON that is whole', () => {
    for (const text of [coveragePicture(analysis.coverage), itemsPicture(analysis.coverage)]) {
      expect(parseXml(text).root?.name).toBe('svg');
      expect(text).not.toContain('NaN');
    }
    expect(JSON.parse(JSON.stringify(jsonReport(analysis))).venues).toHaveLength(2);
    expect(coveragePicture(classify({ rows: [], unread: [] }).coverage)).not.toContain('NaN');
  });
});

describe('venuewire classify', () => {
  it('reads run books of several kinds together, and writes the picture that the report shows', async () => {
    const [csv, json, picture] = ['a.csv', 'b.json', 'p.svg'].map((n) => join(folder, n)) as [string, string, string];
    writeFileSync(csv, 'venue,network\nX,multicast\n');
    writeFileSync(json, '[{"venue":"Y","network":"tcp","colour":"red"}]');
    const { code, out, err } = await venuewire(['classify', csv, json, '--picture', picture]);
    expect(code).toBe(0);
    expect(out).toContain('2 connections come to 2 patterns');
    expect(out).toContain(`![How many patterns cover how much](${picture})`);
    expect(readFileSync(picture, 'utf8')).toContain('<svg');
    expect(err).toContain('colour');
  });
  it('ends with 1 where connections contradict themselves or are there twice', async () => {
    const file = join(folder, 'twice.csv');
    writeFileSync(file, 'venue,network\nX,multicast\nX,multicast\n');
    expect((await venuewire(['classify', file])).code).toBe(1);
  });
  it('gives JSON, HTML and SVG of the catalogue', async () => {
    const json = await venuewire(['classify', '--catalogue', '--format', 'json']);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.out).coverage.venues).toBe(catalogue.length);
    expect((await venuewire(['classify', '--catalogue', '--format', 'svg'])).out).toMatch(/^<svg/);
    expect((await venuewire(['classify', '--catalogue', '--format', 'html'])).out).toMatch(/^<!doctype html>/);
  });
  it.each([
    [['classify'], 2, 'no run book'],
    [['classify', '--catalogue', '--axes', 'colour'], 2, "no list 'colour'"],
    [['classify', '--catalogue', '--column', 'x=y'], 2, 'names no column'],
    [['classify', 'nowhere.csv'], 2, 'VW_RUN_BOOK'],
  ])('%j is refused with %i', async (args, code, text) => {
    const ran = await venuewire(args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(text);
  });
});
