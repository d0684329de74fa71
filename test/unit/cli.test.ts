import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verbs } from '../../src/cli/verbs.js';
import { decoders } from '../../src/decoders/registry.js';
import { fixture, manifest, pcapOf, readPcap, venuewire } from './cli-process.js';

const ITCH = ['--decoder', 'nasdaq-totalview-itch-5.0'];

interface Decoded {
  packet: number;
  time: string;
  channel: string;
  sequence: string;
  message: string;
  fields: Record<string, unknown>;
}
interface Leaves {
  packet: number;
  message: string;
  leaves: [string, number | string, number, number][];
}

describe('decode', () => {
  it('prints one JSON object a message, as the contract says', async () => {
    const ran = await venuewire(['decode', fixture('itch50-vlan-us.pcap'), ...ITCH]);
    const lines = ran.json() as unknown as Decoded[];
    expect(ran.code).toBe(0);
    expect(ran.err).toBe('');
    expect(lines).toHaveLength(manifest('itch50-vlan-us.pcap').messages);
    expect(lines.map((l) => Number(l.sequence))).toEqual(lines.map((_, i) => i + 1));
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(['packet', 'time', 'channel', 'sequence', 'message', 'fields']);
      expect(line.time).toMatch(/^17\d{17}$/);
      expect(line.channel).toBe('233.54.12.111:26477');
    }
    const add = lines.find((l) => l.message === 'addOrder');
    expect(add?.fields).toMatchObject({
      orderReferenceNumber: expect.stringMatching(/^\d+$/),
      stock: expect.stringMatching(/^\S+$/),
      price: expect.any(Number),
    });
  });

  it('writes prices as decimals on demand, and says once what their integers are', async () => {
    const decode = (...words: string[]) => venuewire(['decode', fixture('itch50-vlan-us.pcap'), ...ITCH, ...words]);
    const [plain, raw, text] = await Promise.all([decode(), decode('--prices', 'raw'), decode('--prices', 'text')]);
    expect(raw.out).toBe(plain.out);
    expect(raw.err.trim().split('\n')).toEqual([
      expect.stringMatching(/^prices are the integers .* 10\^-4 .*--prices text/),
    ]);
    expect(text.err).toBe('');
    const prices = (ran: typeof raw) =>
      (ran.json() as unknown as Decoded[]).filter((l) => l.message === 'addOrder').map((l) => l.fields.price);
    expect(prices(text).length).toBeGreaterThan(0);
    expect(prices(text)).toEqual(prices(raw).map((p) => (Number(p) / 10_000).toFixed(4)));
    const table = await decode('--format', 'table', '--prices', 'text');
    expect(table.err).toContain('--prices is about ndjson and csv');
  });

  it('tells of every leaf where it stands in the transport payload', async () => {
    const ran = await venuewire(['decode', fixture('itch50-vlan-us.pcap'), ...ITCH, '--format', 'leaves']);
    const { packets } = readPcap('itch50-vlan-us.pcap');
    for (const { packet, leaves } of ran.json() as unknown as Leaves[]) {
      const { payload } = packets[packet - 1] as (typeof packets)[number];
      let next = leaves[0]?.[2] as number;
      for (const [name, value, offset, size] of leaves) {
        expect(offset).toBe(next);
        next = offset + size;
        const bytes = payload.subarray(offset, offset + size);
        const text = bytes.toString('latin1').trimEnd();
        const number = BigInt(`0x${bytes.toString('hex')}`).toString();
        expect([text, number, bytes.toString('hex')], name).toContain(String(value));
      }
    }
  });

  it('finds messages in a TCP stream, each in the packet in which it begins', async () => {
    const ran = await venuewire(['decode', fixture('itch50-soup.pcap'), ...ITCH, '--format', 'leaves']);
    const { packets } = readPcap('itch50-soup.pcap');
    const lines = ran.json() as unknown as Leaves[];
    expect(ran.code).toBe(0);
    expect(lines).toHaveLength(manifest('itch50-soup.pcap').messages);
    let spanning = 0;
    for (const { packet, leaves } of lines) {
      const type = leaves.find(([name]) => name === 'messageType') as Leaves['leaves'][number];
      const { payload } = packets[packet - 1] as (typeof packets)[number];
      expect(String.fromCharCode(payload.readUInt8(type[2]))).toBe(type[1]);
      const last = leaves.at(-1) as Leaves['leaves'][number];
      if (last[2] + last[3] > payload.length) spanning++;
    }
    expect(spanning).toBeGreaterThan(5);
  });

  it('goes on behind the message that a TCP capture begins in', async () => {
    const { packets } = readPcap('itch50-soup.pcap');
    const data = packets.filter((p) => p.payload.length > 200);
    const from = (data[2] as (typeof data)[number]).number;
    const ran = await venuewire(['decode', '-', ...ITCH], {
      input: pcapOf('itch50-soup.pcap', (p) => p.number >= from),
    });
    const whole = await venuewire(['decode', fixture('itch50-soup.pcap'), ...ITCH]);
    const fields = (r: typeof ran) => (r.json() as unknown as Decoded[]).map((l) => JSON.stringify(l.fields));
    const found = fields(ran);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('no packet of soupbintcp begins here');
    // Everything behind the first whole packet, and nothing else.
    expect(fields(whole).slice(-found.length)).toEqual(found);
    const before = (whole.json() as unknown as Decoded[]).filter((l) => l.packet < from).length;
    expect(found.length).toBeGreaterThanOrEqual(fields(whole).length - before - 2);
  });

  it('reads a BinaryFILE, each message a packet', async () => {
    const ran = await venuewire(['decode', fixture('itch50.bin'), ...ITCH]);
    const lines = ran.json() as unknown as Decoded[];
    expect(ran.code).toBe(0);
    expect(lines).toHaveLength(manifest('itch50.bin').messages);
    expect(lines.map((l) => [l.packet, l.sequence])).toEqual(lines.map((_, i) => [i + 1, String(i + 1)]));
  });

  it('reads gzip from standard input', async () => {
    const input = gzipSync(readFileSync(fixture('itch50-vlan-us.pcap')));
    const ran = await venuewire(['decode', '-', ...ITCH], { input });
    const plain = await venuewire(['decode', fixture('itch50-vlan-us.pcap'), ...ITCH]);
    expect(ran.out).toBe(plain.out);
  });

  it('reports broken packets and goes on', async () => {
    const input = pcapOf(
      'itch50-vlan-us.pcap',
      () => true,
      (payload, p) => {
        // More messages than there are; a message longer than the packet.
        if (p.number === 3) payload.writeUInt16BE(400, 18);
        if (p.number === 5) payload.writeUInt16BE(60_000, 20);
      },
    );
    const ran = await venuewire(['decode', '-', ...ITCH], { input });
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^packet 3 .*: the header states 400 messages/m);
    expect(ran.err).toMatch(/^packet 5 /m);
    expect(ran.err).toMatch(/^2 broken packets$/m);
    const { packets } = readPcap('itch50-vlan-us.pcap');
    const last = (ran.json() as unknown as Decoded[]).at(-1) as Decoded;
    expect(last.packet).toBeGreaterThan(packets.length - 5);
  });

  it('says of a capture that fits nowhere that it may be of another decoder', async () => {
    const wrong = await venuewire([
      'decode',
      fixture('itch50-vlan-us.pcap'),
      '--decoder',
      'nyse-pillar-integrated-2.5a',
    ]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/^Nothing here is a message of nyse-pillar-integrated-2\.5a: try another --decoder \(/m);
    const right = await venuewire(['decode', fixture('itch50-vlan-us.pcap'), ...ITCH, '--message', 'brokenTrade']);
    expect(right.err).not.toContain('Nothing here');
  });

  it('reports packets that the capture cut short, and reads what is there', async () => {
    const { header, packets } = readPcap('itch50-vlan-us.pcap');
    const records = packets.map((p) => {
      if (p.number !== 2) return p.record;
      const cut = Buffer.from(p.record.subarray(0, p.record.length - 10));
      cut.writeUInt32LE(cut.length - 16, 8);
      return cut;
    });
    const ran = await venuewire(['decode', '-', ...ITCH], { input: Buffer.concat([header, ...records]) });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('1 packet cut short by the capture');
    expect(ran.json()).toHaveLength(manifest('itch50-vlan-us.pcap').messages - 1);
  });

  it('counts messages of types that the table does not have', async () => {
    const input = pcapOf(
      'itch50-vlan-us.pcap',
      () => true,
      (payload, p) => {
        if (p.number < 3) payload.writeUInt8(0x7e, 22);
      },
    );
    const ran = await venuewire(['decode', '-', ...ITCH], { input });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('has no message of type "~"');
    expect(ran.err).toContain('2 messages of unknown types');
    expect(ran.json()).toHaveLength(manifest('itch50-vlan-us.pcap').messages - 2);
  });

  it('ends quietly when nobody reads on', async () => {
    const ran = await venuewire(['decode', fixture('itch50.bin'), ...ITCH], {
      watch: (child) => child.stdout?.destroy(),
    });
    expect(ran.code).toBe(0);
    expect(ran.err).toBe('');
  });

  it('filters by message, symbol, expression and number', async () => {
    const all = (await venuewire(['decode', fixture('itch50.bin'), ...ITCH])).json() as unknown as Decoded[];
    const run = async (...args: string[]) =>
      (await venuewire(['decode', fixture('itch50.bin'), ...ITCH, ...args])).json() as unknown as Decoded[];
    const adds = all.filter((l) => l.message === 'addOrder');
    expect(await run('--message', 'addOrder')).toEqual(adds);
    const [first] = adds as [Decoded];
    const { stock, stockLocate, price } = first.fields as { stock: string; stockLocate: number; price: number };
    const ofStock = all.filter((l) => l.fields.stockLocate === stockLocate);
    expect(await run('--symbol', stock)).toEqual(ofStock);
    expect(await run('--where', `price > ${price / 10_000} && buySellIndicator == "B"`)).toEqual(
      all.filter((l) => l.fields.buySellIndicator === 'B' && (l.fields.price as number) > price),
    );
    expect(await run('--limit', '7')).toEqual(all.slice(0, 7));
  });

  it('keeps to the port that is asked for', async () => {
    const ran = await venuewire(['decode', fixture('itch50-clean.pcap'), ...ITCH, '--port', '1']);
    expect(ran.out).toBe('');
    expect(ran.code).toBe(0);
  });

  it('counts instead of printing', async () => {
    const ran = await venuewire(['decode', fixture('itch50.bin'), ...ITCH, '--stats', '--format', 'ndjson']);
    const types = ran.json().filter((l) => 'message' in l);
    expect(types.reduce((n, l) => n + (l.messages as number), 0)).toBe(manifest('itch50.bin').messages);
    const people = await venuewire(['decode', fixture('itch50.bin'), ...ITCH, '--stats', '--format', 'table']);
    expect(people.out).toContain('3,000 messages');
  });
});

describe('list', () => {
  it('finds decoders by venue, by what a feed is called, and without what has been superseded', async () => {
    const ids = async (...more: string[]) =>
      (await venuewire(['list', 'decoders', '--format', 'ndjson', ...more])).json().map((d) => d.id);
    expect(await ids('--feed', 'ITTO')).toEqual(['nasdaq-nom-itto-4.0']);
    expect(await ids('--venue', 'LTSE')).toContain('memx-memoir-depth-1.3');
    const cfe = ['--venue', 'Cboe Futures Exchange', '--feed', 'PITCH'];
    expect(await ids(...cfe)).toHaveLength(3);
    expect(await ids(...cfe, '--current')).toEqual(['cboe-cfe-pitch-1.2.19']);
    const notes = await venuewire(['list', 'decoders', '--feed', 'ITTO', '--notes']);
    expect(notes.out).toContain('also called ITTO');
  });
  it('refuses a feed that there is not, and a choice that is not of decoders', async () => {
    const none = await venuewire(['list', 'decoders', '--feed', 'nothing of that name']);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('VW_DECODER_UNKNOWN')]);
    const wrong = await venuewire(['list', 'framings', '--current']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('VW_USAGE')]);
  });
  it('prints a line for each decoder', async () => {
    const ran = await venuewire(['list', 'decoders', '--format', 'ndjson']);
    expect(ran.json()).toEqual(decoders.map(({ load, ...rest }) => expect.objectContaining(rest)));
    const beside = ['venues', 'aliases', 'document', 'supersededBy', 'import', 'export'];
    for (const line of ran.json()) {
      expect(Object.keys(line)).toEqual(['id', 'venue', 'feed', 'version', 'framing', 'messages', 'gives', ...beside]);
    }
  });

  it.each(['framings', 'venues', 'patterns', 'decoders'])('shows %s with notes', async (kind) => {
    const ran = await venuewire(['list', kind, '--notes']);
    expect(ran.code).toBe(0);
    expect(ran.out.split('\n').length).toBeGreaterThan(4);
  });
});

describe('gaps', () => {
  it('finds what each line lost, what the other filled, and what is on neither', async () => {
    const ran = await venuewire(['gaps', fixture('itch50-ab-lossy.pcap'), ...ITCH, '--format', 'ndjson']);
    const { lost } = manifest('itch50-ab-lossy.pcap');
    const group = ran.json().find((l) => 'group' in l)?.group as { lost: string; lines: { line: string }[] };
    expect(ran.code).toBe(1);
    expect(group.lines.map((l) => l.line).sort()).toEqual(['233.49.196.111:26477', '233.54.12.111:26477']);
    expect(Number(group.lost)).toBe(lost);
    const gone = ran.json().flatMap((l) => ('lost' in l ? [l.lost as { count: string }] : []));
    expect(gone.reduce((n, l) => n + Number(l.count), 0)).toBe(lost);
  });

  it('exits with 0 where nothing is lost', async () => {
    const ran = await venuewire(['gaps', fixture('itch50-clean.pcap'), '--framing', 'moldudp64']);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('nothing is missing');
  });

  it.each([
    ['a TCP stream', 'itch50-soup.pcap', [], /no UDP datagrams, but \d+ TCP segments/],
    ['a BinaryFILE', 'itch50.bin', [], /no UDP datagrams, but [\d,]+ records/],
    ['another port', 'itch50-clean.pcap', ['--port', '9'], /no UDP datagrams to port 9$/m],
  ])('says that there is nothing to compare in %s', async (_, name, options, says) => {
    const ran = await venuewire(['gaps', fixture(name), '--framing', 'moldudp64', ...options]);
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toContain('VW_GAPS_NO_DATAGRAMS');
    expect(ran.err).toMatch(says);
  });
});

describe('replay', () => {
  it('delivers through the production path what the capture holds', async () => {
    const ran = await venuewire([
      'replay',
      fixture('itch50-ab-lossy.pcap'),
      '--venue',
      'nasdaq-totalview',
      '--summary',
    ]);
    const { digest, lost } = manifest('itch50-ab-lossy.pcap');
    expect(ran.out).toContain(`digest ${digest}`);
    expect(ran.out).toContain(`abandoned ${lost} + in flight 0`);
    expect(ran.out).not.toContain('DOES NOT BALANCE');
    expect(ran.code).toBe(1);
  });

  it('prints messages and notices in the order in which they happened', async () => {
    const ran = await venuewire(['replay', fixture('itch50-clean.pcap'), '--venue', 'nasdaq-totalview']);
    const lines = ran.json();
    expect(ran.code).toBe(0);
    expect(lines[0]).toMatchObject({ notice: 'sessionStarted' });
    const numbers = lines.filter((l) => 'message' in l).map((l) => Number(l.sequence));
    expect(numbers).toEqual(Array.from({ length: manifest('itch50-clean.pcap').messages }, (_, i) => i + 1));
    expect(ran.err).toContain('ledger: expected 2,000 = delivered 2,000');
  });

  it('needs no venue where a decoder is enough', async () => {
    const ran = await venuewire(['replay', fixture('itch50.bin'), ...ITCH, '--summary']);
    expect(ran.out).toContain(`digest ${manifest('itch50.bin').digest}`);
    expect(ran.code).toBe(0);
  });
});

describe('doctor', () => {
  it('says of each thing whether it is fit, and what to do', async () => {
    const ran = await venuewire(['doctor', '--format', 'ndjson']);
    const checks = ran.json() as { check: string; status: string; value: string; advice: string }[];
    expect(checks.map((c) => c.check)).toEqual(expect.arrayContaining(['Node', 'addon', 'processors']));
    expect(checks.find((c) => c.check === 'addon')).toMatchObject({
      status: 'ok',
      value: expect.stringContaining('.node'),
    });
    for (const c of checks) if (c.status !== 'ok') expect(c.advice).not.toBe('');
    expect(ran.code).toBe(checks.some((c) => c.status === 'warn') ? 1 : 0);
  });
});

describe('the command line', () => {
  it.each(verbs.map((v) => v.name))('%s has help with examples', async (verb) => {
    const ran = await venuewire([verb, '--help']);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/Examples?:\n {2}venuewire/);
  });

  it.each([
    [
      'an unknown decoder',
      ['decode', 'x', '--decoder', 'itch5.0'],
      2,
      'VW_DECODER_UNKNOWN',
      'nasdaq-totalview-itch-5.0',
    ],
    ['an unknown framing', ['decode', 'x', ...ITCH, '--framing', 'mold'], 2, 'VW_FRAMING_UNKNOWN', 'moldudp64'],
    ['an unknown message', ['decode', 'x', ...ITCH, '--message', 'addOrdr'], 2, 'VW_MESSAGE_NAME', 'addOrder'],
    ['an unknown verb', ['decod'], 2, 'VW_USAGE', 'decode'],
    ['an unknown option', ['decode', 'x', '--decodr', 'y'], 2, 'VW_USAGE', '--decoder'],
    [
      'an unknown venue',
      ['replay', fixture('itch50.bin'), '--venue', 'nasdaq'],
      2,
      'VW_VENUE_UNKNOWN',
      'nasdaq-totalview',
    ],
    ['a bad expression', ['decode', 'x', ...ITCH, '--where', 'price >'], 2, 'VW_WHERE', 'price > 100'],
    ['a missing file', ['decode', '/nowhere.pcap', ...ITCH], 3, 'VW_CAPTURE_OPEN', '/nowhere.pcap'],
    ['a file that is no capture', ['decode', fixture('manifest.json'), ...ITCH], 3, 'VW_CAPTURE_FORMAT', 'pcapng'],
  ])('answers %s with a code, the cause and what to do', async (_, args, code, name, text) => {
    const ran = await venuewire(args as string[]);
    expect(ran.code).toBe(code);
    expect(ran.out).toBe('');
    expect(ran.err).toContain(name);
    expect(ran.err).toContain(text);
    expect(ran.err).not.toContain('    at ');
  });

  it('prints its version, and help without a verb', async () => {
    expect((await venuewire(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const bare = await venuewire([]);
    expect(bare.code).toBe(2);
    expect(bare.out + bare.err).toContain('decode');
  });
});
