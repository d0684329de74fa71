import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpack } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Subscriber } from 'zeromq';
import { fixture, manifest, readPcap, venuewire } from './cli-process.js';

const USER = { VENUEWIRE_SIMULATED_USER: 'SIMUSR', VENUEWIRE_SIMULATED_PASSWORD: 'SIMPASS' };
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('simulate and run', () => {
  it('understand each other: what run delivers is what simulate says', async () => {
    const file = join(folder, 'venue.yaml');
    let running: ReturnType<typeof venuewire> | undefined;
    const simulated = await venuewire(
      ['simulate', '--seed', '3', '--rate', '5000', '--messages', '5000', '--loss', '0.05,0.1', '--burst', '0.01,5'],
      {
        watch: (child, out) => {
          if (running !== undefined || !out.includes('glimpse')) return;
          expect(parse(out)).toMatchObject({ spec: { decoder: 'nasdaq-totalview-itch-5.0', join: 'beginning' } });
          writeFileSync(file, out);
          running = venuewire(['run', file, '--summary', '--once'], { env: USER });
          void running.then(() => child.kill('SIGINT'));
        },
      },
    );
    const ran = await running;
    const digest = /digest ([0-9a-f]{16})/.exec(simulated.out)?.[1];
    expect(simulated.code).toBe(0);
    expect(ran?.out).toContain(`digest ${digest} of 5,000 messages`);
    expect(ran?.out).toContain('abandoned 0 + in flight 0');
    expect(ran?.code).toBe(0);
  });

  it('end cleanly on an interrupt, with the ledger', async () => {
    const file = join(folder, 'interrupted.yaml');
    let interrupted = false;
    let running: ReturnType<typeof venuewire> | undefined;
    await venuewire(['simulate', '--rate', '1000', '--seconds', '600', '--no-replay', '--no-glimpse'], {
      watch: (child, out) => {
        if (running !== undefined || !out.includes('timeout')) return;
        writeFileSync(file, out);
        running = venuewire(['run', file], {
          watch: (run, lines) => {
            // A second interrupt would end it at once.
            if (lines.includes('"message"') && !interrupted) interrupted = run.kill('SIGINT');
          },
        });
        void running.then(() => child.kill('SIGTERM'));
      },
    });
    const ran = await running;
    expect(ran?.err).toContain('ledger: expected');
    expect(ran?.err).not.toContain('DOES NOT BALANCE');
    expect([0, 1]).toContain(ran?.code);
  });
});

describe('demo', () => {
  it('shows gaps that open and close, and ends with a ledger that balances', async () => {
    const ran = await venuewire(['demo', '--seconds', '2', '--rate', '5000', '--seed', '5', '--loss', '0.1']);
    expect(ran.out).toContain('gap opened');
    expect(ran.out).toContain('gap filled');
    expect(ran.out).toContain('what was delivered is what the venue said');
    expect(ran.code).toBe(0);
  });

  it('publishes a captured day', async () => {
    const ran = await venuewire(['demo', '--seconds', '1', '--capture', fixture('itch50.bin')]);
    expect(ran.out).toContain(`${(3000).toLocaleString('en')} messages)`);
    expect(ran.out).toContain('what was delivered is what the venue said');
    expect(ran.code).toBe(0);
  });
});

describe('replay', () => {
  it('sends the captured datagrams to multicast again', async () => {
    const { packets } = readPcap('itch50-vlan-us.pcap');
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.bind(0);
    await once(socket, 'listening');
    const group = '239.255.77.9';
    socket.addMembership(group, '127.0.0.1');
    const received: Buffer[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (bytes) => {
        received.push(bytes);
        if (received.length === packets.length) resolve();
      });
    });
    const to = `${group}:${socket.address().port}`;
    const ran = await venuewire([
      ...['replay', fixture('itch50-vlan-us.pcap'), '--to-multicast', '--speed', '0'],
      ...['--map', `233.54.12.111:26477=${to}`],
    ]);
    await all;
    socket.close();
    expect(received).toEqual(packets.map((p) => p.payload));
    expect(ran.err).toContain(`sent ${packets.length} datagrams to ${to}`);
    expect(ran.code).toBe(0);
  });

  it('publishes messages to subscribers, under their names', async () => {
    const subscriber = new Subscriber();
    subscriber.subscribe('addOrder', 'systemEvent');
    const endpoint = `ipc://${join(folder, 'publish')}`;
    subscriber.connect(endpoint);
    const running = venuewire([
      ...['replay', fixture('itch50.bin'), '--venue', 'nasdaq-totalview', '--summary'],
      ...['--publish', `zmq:${endpoint}`, '--wait-subscriber'],
    ]);
    const decoded = (
      await venuewire(['decode', fixture('itch50.bin'), '--decoder', 'nasdaq-totalview-itch-5.0'])
    ).json() as { message: string; sequence: string; fields: Record<string, unknown> }[];
    const wanted = decoded.filter((l) => l.message.startsWith('addOrder') || l.message === 'systemEvent');
    const got: { topic: string; value: Record<string, unknown> }[] = [];
    for await (const [topic, body] of subscriber) {
      got.push({ topic: String(topic), value: unpack(body as Buffer) as Record<string, unknown> });
      if (got.length === wanted.length) break;
    }
    subscriber.close();
    const ran = await running;
    expect(ran.out).toContain(`digest ${manifest('itch50.bin').digest}`);
    expect(got.map((g) => g.topic)).toEqual(wanted.map((l) => l.message));
    expect(got.map((g) => String(g.value.sequence))).toEqual(wanted.map((l) => l.sequence));
    const i = got.findIndex((g) => g.topic === 'addOrder');
    expect(got[i]?.value.fields).toMatchObject({ price: wanted[i]?.fields.price, stock: wanted[i]?.fields.stock });
  });

  it('says how to install what publishing needs when it is not there', async () => {
    const hook = `export async function resolve(s, c, next) { if (s === 'zeromq') throw new Error('not installed'); return next(s, c); }`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
    const ran = await venuewire(
      ['replay', fixture('itch50.bin'), '--venue', 'nasdaq-totalview', '--publish', 'zmq:tcp://127.0.0.1:0'],
      { node: ['--import', `data:text/javascript,${encodeURIComponent(register)}`] },
    );
    expect(ran.code).toBe(3);
    expect(ran.err).toContain('VW_PEER_MISSING');
    expect(ran.err).toContain('npm install zeromq');
  });
});
