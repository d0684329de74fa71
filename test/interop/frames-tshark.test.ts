/** Frames in tunnels and link layers, written by Scapy, rewritten by editcap and mergecap, read by tshark and by us. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Capture } from '../../src/capture/packets.js';
import { built, folder } from './harness.js';

const PORT = '26477';
const FIELDS = ['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'udp.dstport', 'data.data'];
const counterparts = new URL('counterparts/', import.meta.url).pathname;

function written(): { readonly path: string; readonly names: readonly string[]; readonly json: string } {
  const path = folder();
  const json = execFileSync(join(built, 'python/bin/python'), [join(counterparts, 'frames.py'), path], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { path, names: readdirSync(path).sort(), json };
}

/** `source > destination payload` of each datagram, innermost addresses. */
function byTshark(file: string): string[] {
  const out = execFileSync(
    'tshark',
    ['-r', file, '-T', 'fields', ...FIELDS.flatMap((f) => ['-e', f]), '-E', 'occurrence=l'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return out.split('\n').flatMap((line) => {
    const [source4, destination4, source6, destination6, port, data] = line.split('\t');
    if (port !== PORT) return [];
    // A tunnel of the other version has addresses too: the datagrams of the script tell by their own.
    const isIpv6 = destination6?.startsWith('ff3e') === true;
    return [`${isIpv6 ? source6 : source4} > ${isIpv6 ? destination6 : destination4} ${data}`];
  });
}

async function byUs(file: string): Promise<{ readonly seen: string[]; readonly skipped: string }> {
  const bare = (address: string): string => address.replace(/:\d+$/, '').replace(/[[\]]/g, '');
  const seen: string[] = [];
  const totals = await new Capture(file).read(({ source, destination, view }) => {
    const data = Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');
    seen.push(`${bare(source)} > ${bare(destination)} ${data}`);
  });
  return { seen, skipped: totals.skipped.text };
}

it('every datagram is the one that tshark finds, in pcap, in pcapng and in a file of many link layers', async () => {
  const { path, names } = written();
  const merged = join(path, 'merged.pcapng');
  execFileSync('mergecap', ['-a', '-F', 'pcapng', '-w', merged, ...names.map((n) => join(path, n))]);
  const wanted = byTshark(merged);
  expect(wanted).toHaveLength(names.length);
  expect(await byUs(merged)).toEqual({ seen: wanted, skipped: '' });
  mkdirSync(join(path, 'ng'));
  for (const [i, name] of names.entries()) {
    expect(await byUs(join(path, name)), name).toEqual({ seen: [wanted[i]], skipped: '' });
    const next = join(path, 'ng', name);
    execFileSync('editcap', ['-F', 'pcapng', join(path, name), next]);
    expect(await byUs(next), `${name} as pcapng`).toEqual({ seen: [wanted[i]], skipped: '' });
  }
});

it('the frames that the unit tests carry are those that Scapy writes', () => {
  const carried = new URL('../unit/encapsulated-frames.json', import.meta.url);
  expect(JSON.parse(written().json)).toEqual(JSON.parse(readFileSync(carried, 'utf8')));
});
