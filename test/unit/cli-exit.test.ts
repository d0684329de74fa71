// How the command line ends: 0 ok, 1 findings, 2 usage, 3 environment; a code, a cause, what to do, and no stack.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { configure as events } from '../../src/cli/events.js';
import { describeError, exitCode } from '../../src/cli/exit.js';
import { configure as replay } from '../../src/cli/replay.js';
import { fixture, main, venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-exit-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileWith = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const DAY = fixture('itch50-clean.pcap');
const ITCH = ['--decoder', 'nasdaq-totalview-itch-5.0'];
const SBE = `<?xml version="1.0"?>
<sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="p" id="1" version="0" byteOrder="littleEndian">
  <types><composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite></types>
  <sbe:message name="A" id="1"><field name="a" id="1" type="uint32"/></sbe:message>
</sbe:messageSchema>
`;
const STACK = /\n {4}at /;

describe.runIf(existsSync('/dev/full'))('a full disk', () => {
  const full = (args: readonly string[], what: 'stdout' | 'stderr') => {
    const fd = openSync('/dev/full', 'w');
    const stdio = what === 'stdout' ? ['ignore', fd, 'pipe'] : ['ignore', 'ignore', fd];
    return spawnSync(process.execPath, [main, ...args], { stdio: stdio as never, encoding: 'utf8' });
  };
  it.each([
    ['decode', DAY, ...ITCH],
    ['gaps', DAY, ...ITCH],
    ['replay', DAY, ...ITCH],
    ['list', 'decoders'],
    ['certify', 'miax', '--seeds', '1', '--jobs', '1'],
    ['--help'],
    ['--version'],
  ])('behind standard output is the environment: %s', (...args) => {
    const ran = full(args, 'stdout');
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain('venuewire: VW_OUTPUT: standard output could not be written: ENOSPC');
    expect(ran.stderr).not.toMatch(STACK);
  });
  it('behind standard error changes no exit code', () => {
    expect(full(['decode', DAY, ...ITCH], 'stderr').status).toBe(0);
    expect(full(['decode', join(folder, 'none.pcap'), ...ITCH], 'stderr').status).toBe(3);
    expect(full(['decode', DAY, '--decoder', 'none'], 'stderr').status).toBe(2);
  });
});

describe('an option that would be ignored', () => {
  const sending = [
    '--speed 2',
    '--times 2',
    '--interface lo',
    `--map 1.2.3.4:5=239.1.1.1:6`,
    '--port 5',
    '--realtime 5',
  ];
  const reading = ['--venue x', '--line A=239.1.1.1:5', '--format ndjson', '--summary', '--message A', '--where a==1'];
  const verbs: Readonly<Record<string, (command: Command) => void>> = { replay, events };
  /** Exit code and message of what the verb throws. */
  const refused = async ([verb = '', ...args]: readonly string[]) => {
    const command = new Command(verb);
    verbs[verb]?.(command);
    const thrown = await command.parseAsync(args, { from: 'user' }).then(
      () => undefined,
      (error: unknown) => error,
    );
    return [exitCode(thrown), describeError(thrown)] as const;
  };

  it.each([...sending, '--fault loss=1', '--seed 5'])('replay %s without --to-multicast is refused', async (option) => {
    const [name = ''] = option.split(' ');
    expect(await refused(['replay', DAY, ...ITCH, ...option.split(' ')])).toEqual([
      2,
      expect.stringContaining(`VW_USAGE: ${name} means nothing without --to-multicast`),
    ]);
  });
  it.each([...reading, '--symbol A', '--limit 5', '--publish zmq:tcp://127.0.0.1:1'])(
    'replay --to-multicast %s is refused',
    async (option) => {
      const [name = ''] = option.split(' ');
      const [code, err] = await refused(['replay', DAY, '--to-multicast', '--speed', '0', ...option.split(' ')]);
      expect([code, err]).toEqual([2, expect.stringContaining(`${name} and --to-multicast exclude each other`)]);
    },
  );
  it('so is what belongs to another option that was not given', async () => {
    const alone = ['replay', DAY, '--to-multicast', '--speed', '0', '--seed', '5'];
    expect(await refused(alone)).toEqual([2, expect.stringContaining('--seed means nothing without --fault')]);
    expect(await refused(['replay', DAY, ...ITCH, '--wait-subscriber'])).toEqual([
      2,
      expect.stringContaining('--wait-subscriber means nothing without --publish'),
    ]);
    expect(await refused(['events', DAY, ...ITCH, '--schema', 'mbo'])).toEqual([
      2,
      expect.stringContaining('--schema means nothing without --format dbn'),
    ]);
  });
});

describe('a command line that is not right', () => {
  it.each([
    [['replay', DAY, '--to-multicast', '--speed', 'fast'], '--speed'],
    [['replay', DAY, ...ITCH, '--line', 'A=999.1.1.1:99999'], '--line'],
    [['replay', DAY, ...ITCH, '--line', 'A=239.1.1.1:99999'], '--line'],
    [['replay', DAY, '--to-multicast', '--map', '1.2.3.4:5=1.2.3.4:70000'], '--map'],
    [['simulate', '--burst', 'x'], '--burst'],
    [['simulate', '--burst', '0.5'], '--burst'],
    [['gaps', DAY, ...ITCH, '--pair', 'a'], '--pair'],
    [['gaps', DAY, ...ITCH, '--pair', '239.1.1.1:1'], '--pair'],
    [['gaps', DAY], '--decoder'],
    [['decode', DAY], '--decoder'],
    [['certify', '--all', '--scenario', 'none'], 'scenario'],
    [['run', fileWith('bad.yaml', 'a: [\n')], 'VW_VENUE_SYNTAX'],
    [['certify', fileWith('bad2.yaml', 'a: b: c\n')], 'VW_VENUE_SYNTAX'],
    [['replay', DAY, '--venue', fileWith('bad3.yaml', '- 1\n -2')], 'VW_VENUE'],
    [['run', fileWith('throws.mjs', "throw new Error('no')")], 'VW_MODULE'],
    [['run', fileWith('syntax.mjs', 'export const = 1')], 'VW_MODULE'],
    [['decode', DAY, '--decoder', fileWith('empty.mjs', 'export {}')], 'VW_MODULE'],
    [['decode', DAY, '--decoder', join(folder, 'none.mjs')], 'VW_MODULE'],
    [['decode', DAY, ...ITCH, '--framing', join(folder, 'none.yaml')], 'VW_VENUE_FILE'],
    [['run', folder], 'VW_VENUE_FILE'],
  ])('ends with 2: %j', async (args, says) => {
    const ran = await venuewire(args);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/^venuewire: VW_[A-Z_]+: /m);
    expect(ran.err).toContain(says);
    expect(ran.err).not.toMatch(STACK);
    expect(ran.out).toBe('');
  });
  it('ends with 2 and waits for nothing where a venue file is no file', async () => {
    if (!existsSync('/dev/zero')) return;
    const ran = await venuewire(['run', '/dev/zero']);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('VW_VENUE_FILE: /dev/zero could not be read: it is not a regular file');
  });
});

describe('--out', () => {
  const pipe = join(folder, 'out.pipe');
  execFileSync('mkfifo', [pipe]);
  const EVENTS = ['events', DAY, ...ITCH, '--out', pipe, '--format'];
  it.each([
    [...EVENTS, 'ndjson'],
    [...EVENTS, 'parquet'],
    [...EVENTS, 'dbn'],
  ])('does not wait for somebody to read a pipe: %s', async (...args) => {
    const { code, err } = await venuewire(args);
    expect(err).toContain(`VW_OUTPUT: ${pipe} is a pipe that nobody reads`);
    expect(code).toBe(3);
  });
  it('of import neither', async () => {
    const schema = fileWith('schema.xml', SBE);
    const { code, err } = await venuewire(['import', 'sbe', schema, '--id', 'a-b-1', '--out', pipe]);
    expect(err).toContain(`VW_OUTPUT: ${pipe} is a pipe that nobody reads`);
    expect(code).toBe(3);
  });
  it('writes into a pipe that is read', async () => {
    const reader = spawn('wc', ['-l', pipe]);
    let lines = '';
    reader.stdout.on('data', (text) => {
      lines += text;
    });
    const closed = once(reader, 'close');
    // Whether it has begun to read shows in the answer.
    for (;;) {
      const { code } = await venuewire([...EVENTS, 'ndjson']);
      if (code === 0) break;
    }
    await closed;
    expect(Number.parseInt(lines, 10)).toBeGreaterThan(1_000);
  });
});

describe('an id from the command line', () => {
  it.each(['__proto__', 'constructor', 'toString'])(
    "takes no name of JavaScript's own for one of ours: %s",
    async (id) => {
      for (const args of [
        ['certify', id, '--seeds', '1'],
        ['replay', DAY, '--venue', id],
        ['decode', DAY, '--decoder', id],
        ['gaps', DAY, ...ITCH, '--framing', id],
        ['decode', DAY, ...ITCH, '--message', id],
        ['run', id],
      ]) {
        const { code, err } = await venuewire(args);
        expect(err, args.join(' ')).toMatch(/^venuewire: VW_(?!INTERNAL)/);
        expect(code, args.join(' ')).toBe(2);
      }
    },
  );
});

describe('an error without a code of ours', () => {
  it('of a system call says so, and has no stack', () => {
    const error = Object.assign(new Error('EACCES: permission denied, open x'), { code: 'EACCES', syscall: 'open' });
    expect(describeError(error)).toMatch(/^venuewire: VW_SYSTEM: EACCES: permission denied, open x\n {2}Check/);
  });
  it('is a fault of the program, told without its stack unless that is asked for', () => {
    const text = describeError(new TypeError('x is undefined'));
    expect(text).toMatch(/^venuewire: VW_INTERNAL: x is undefined\n {2}Please report this/);
    expect(text).not.toMatch(STACK);
  });
});
