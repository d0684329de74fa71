import { describe, expect, test } from 'vitest';
import { receiving } from '../../src/cli/doctor-receive.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { defineVenue, udpMulticast } from '../../src/patterns/index.js';
import { cardAddress, joinedGroups, readMachine } from '../../src/plan/machine.js';

describe('doctor and receiving', () => {
  test('joined groups are read as the kernel writes them', () => {
    const text = [
      'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter',
      '1\tlo        :     1      V3',
      '\t\t\t\t010000E0     1 0:00000000\t\t0',
      '7\teth1      :     2      V2',
      '\t\t\t\t6F0C36E9     1 0:00000000\t\t0',
      '\t\t\t\t010000E0     1 0:00000000\t\t0',
    ].join('\n');
    expect([...joinedGroups(text)].map(([device, groups]) => [device, ...groups])).toEqual([
      ['lo', '224.0.0.1'],
      ['eth1', '233.54.12.111', '224.0.0.1'],
    ]);
  });

  test('groups that a card cannot tell apart have one address', () => {
    expect(cardAddress('233.54.12.111')).toBe(cardAddress('224.182.12.111'));
    expect(cardAddress('233.54.12.111')).not.toBe(cardAddress('233.54.12.112'));
  });

  test('a line that is read from a ring of DPDK: whether somebody fills it, whatever interfaces the kernel has', () => {
    const lines = { A: udpMulticast('233.54.12.111:26477', { interface: 'line-a', receive: 'dpdk' }) };
    const venue = defineVenue({ name: 'rings', decoder: itch50, lines });
    const looked = (dpdkRings: string[]) => receiving(venue, { ...readMachine(), dpdkRings });
    const line = (rings: string[]) => looked(rings).find((c) => c?.check === 'line A');
    expect(line(['line-a'])).toMatchObject({ status: 'ok', value: expect.stringContaining('venuewire-dpdk') });
    expect(line([])).toMatchObject({ status: 'fail', advice: expect.stringContaining('--ring line-a') });
    expect(looked(['x', 'y']).find((c) => c?.check === 'DPDK')?.value).toBe('rings x, y');
  });

  test('each line of a venue is looked at: its interface, its group, and groups that look alike', () => {
    const venue = defineVenue({
      name: 'lines',
      decoder: itch50,
      lines: {
        A: udpMulticast('233.54.12.111:26477', { interface: 'none0' }),
        B: udpMulticast('233.54.12.112:26477'),
        C: udpMulticast('224.182.12.112:26478'),
      },
    });
    const checks = receiving(venue).filter((c) => c !== undefined);
    const of = (name: string) => checks.find((c) => c.check === name);
    expect(of('line A')).toMatchObject({ status: 'fail', value: '233.54.12.111:26477 by none0' });
    expect(of('line B')?.status).toBe('ok');
    expect(of('line C')).toMatchObject({ status: 'warn' });
    expect(of('line C')?.advice).toContain('233.54.12.112');
    for (const check of checks) expect(check.value).not.toBe('');
    expect(checks.map((c) => c.check)).toEqual(expect.arrayContaining(['capabilities', 'locked memory']));
  });
});
