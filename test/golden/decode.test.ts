import { expect, it } from 'vitest';
import { fixture, venuewire } from '../unit/cli-process.js';

const ITCH = 'nasdaq-totalview-itch-5.0';
const COMMANDS: readonly (readonly string[])[] = [
  ['itch50-vlan-us.pcap', '--decoder', ITCH, '--limit', '4'],
  ['itch50-vlan-us.pcap', '--decoder', ITCH, '--limit', '2', '--format', 'leaves'],
  [
    'itch50-vlan-us.pcap',
    '--decoder',
    ITCH,
    '--message',
    'addOrder,stockDirectory',
    '--limit',
    '3',
    '--format',
    'pretty',
  ],
  ['itch50-clean.pcap', '--decoder', ITCH, '--message', 'addOrder,orderExecuted', '--limit', '6', '--format', 'table'],
  ['itch50-clean.pcap', '--decoder', ITCH, '--message', 'addOrder,orderDelete', '--limit', '4', '--format', 'csv'],
  ['itch50-soup.pcap', '--decoder', 'session-soupbintcp-3', '--limit', '3'],
  ['itch50-soup.pcap', '--decoder', ITCH, '--limit', '2', '--format', 'leaves'],
  ['itch50.bin', '--decoder', ITCH, '--limit', '2'],
  ['itch50.bin', '--decoder', ITCH, '--stats', '--format', 'table'],
];

it('decode prints what it printed before', async () => {
  const parts = ['# What `venuewire decode` prints', ''];
  for (const [name = '', ...args] of COMMANDS) {
    const { out, err, code } = await venuewire(['decode', fixture(name), ...args]);
    parts.push(
      `\`venuewire decode fixtures/${name} ${args.join(' ')}\` (exit ${code})`,
      '',
      '```',
      (out + err).trimEnd(),
      '```',
      '',
    );
  }
  await expect(parts.join('\n')).toMatchFileSnapshot('./decode.md');
});
