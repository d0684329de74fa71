// Files of events that `venuewire events --format` writes: what they hold, and how writing them ends where it cannot go on.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { EVENT_BYTES, EVENT_KIND, EVENT_KIND_AT } from '../../src/contract.js';
import { EVENT_TABLE, EventColumns, type Naming } from '../../src/events/index.js';
import { DbnWriter, toArrow } from '../../src/formats/index.js';
import type { EventRoles } from '../../src/layout/index.js';
import { fixture, main, venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-events-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);
const CLEAN = [fixture('itch50-clean.pcap'), '--decoder', 'nasdaq-totalview-itch-5.0'] as const;

const NAMES: Naming = { of: (n) => ({ key: `${n}`, symbol: `S${n}`, book: 'real' }), told: () => {} };
const NONE = 0x7fff_ffff_ffff_ffffn;

interface Fields {
  readonly kind?: string;
  readonly action?: number;
  readonly side?: number;
  readonly instrument?: number;
  readonly id?: bigint;
  readonly price?: bigint;
  readonly size?: bigint;
  readonly exponent?: number;
  readonly sizeExponent?: number;
  readonly sequence?: bigint;
  readonly channel?: number;
}
/** Records as the core writes them; places are those of the contract. */
function records(...events: Fields[]): Uint8Array {
  const out = new Uint8Array(events.length * EVENT_BYTES);
  events.forEach((e, i) => {
    const view = new DataView(out.buffer, i * EVENT_BYTES, EVENT_BYTES);
    view.setBigInt64(0, 1_700_000_000_000_000_000n, true);
    view.setBigInt64(8, 1_700_000_000_000_000_001n, true);
    view.setBigUint64(16, e.sequence ?? 1n, true);
    view.setBigUint64(24, e.id ?? 0n, true);
    view.setBigInt64(32, e.price ?? NONE, true);
    view.setBigInt64(40, e.size ?? NONE, true);
    view.setUint32(48, e.instrument ?? 0, true);
    view.setUint16(52, e.channel ?? 0, true);
    view.setUint8(EVENT_KIND_AT, EVENT_KIND.indexOf((e.kind ?? 'order') as 'order'));
    view.setUint8(55, e.action ?? 1);
    view.setUint8(56, e.side ?? 0);
    view.setInt8(58, e.exponent ?? -4);
    view.setInt8(59, e.sizeExponent ?? 0);
  });
  return out;
}

const ORDERS: EventRoles = {
  priceExponent: -4,
  messages: { add: { does: 'add', id: 'id', side: 'bid', price: 'price', size: 'size' } },
};
const LEVELS: EventRoles = {
  priceExponent: -4,
  messages: { set: { does: 'levelSet', side: 'bid', price: 'price', size: 'size' } },
};
const dbn = (schema: ConstructorParameters<typeof DbnWriter>[0], roles = ORDERS) => {
  const chunks: Uint8Array[] = [];
  const writer = new DbnWriter(schema, roles, NAMES, (bytes) => {
    chunks.push(bytes.slice());
    return undefined;
  });
  return { writer, bytes: () => Buffer.concat(chunks) };
};

describe('columns', () => {
  it('are batches of as many rows as there is room for, with texts that grow', () => {
    const columns = new EventColumns(NAMES, 3);
    const all = records({ instrument: 0 }, { instrument: 1 }, { instrument: 0, price: 5n }, { instrument: 2 });
    expect(columns.add(all, 0, 4)).toBe(3);
    expect(columns.full).toBe(true);
    const first = columns.take();
    expect(columns.add(all, 3, 4)).toBe(4);
    const second = columns.take();
    expect([first.length, second.length]).toEqual([3, 1]);
    expect([...(first.columns.price as BigInt64Array)]).toEqual([NONE, NONE, 5n]);
    const names = (batch: typeof first) =>
      [...(batch.columns.symbol as Int32Array)].map((code) => batch.texts.symbol?.[code]);
    expect([names(first), names(second)]).toEqual([['S0', 'S1', 'S0'], ['S2']]);
  });

  it('become an Arrow batch over the same memory; what is missing is null', async () => {
    const columns = new EventColumns(NAMES);
    columns.add(records({ price: 7n, id: 3n }, { size: 4n }), 0, 2);
    const batch = columns.take();
    const arrow = await toArrow(batch);
    for (const { name } of EVENT_TABLE.fields) {
      const values = arrow.getChild(name)?.data[0]?.values as Uint8Array;
      expect(values.buffer, name).toBe(batch.columns[name]?.buffer);
    }
    expect([...(arrow.getChild('price') ?? [])]).toEqual([7n, null]);
    expect([...(arrow.getChild('orderId') ?? [])]).toEqual([3n, null]);
    expect([...(arrow.getChild('kind') ?? [])]).toEqual(['order', 'order']);
  });
});

describe('columns as the core writes them', () => {
  it('become an Arrow batch over the same memory, whatever their widths', async () => {
    const table = {
      length: 3,
      schema: [
        { name: 'price', dtype: 'f64', scale: -4, nullable: true },
        { name: 'id', dtype: 'u64', unit: 'identifier', nullable: false },
        { name: 'shares', dtype: 'i16', nullable: false },
        { name: 'stock', dtype: 'text', nullable: true },
      ],
      columns: {
        price: Float64Array.of(1.5, Number.NaN, 2.5),
        id: BigUint64Array.of(1n, 2n, 2n ** 64n - 1n),
        shares: Int16Array.of(-1, 0, 1),
        stock: ['A', null, 'B'],
      },
      nulls: { price: Uint8Array.of(0b101), stock: undefined },
    } as const;
    const arrow = await toArrow(table);
    const column = (name: string) => [...(arrow.getChild(name) ?? [])];
    expect(column('price')).toEqual([1.5, null, 2.5]);
    expect(column('id')).toEqual([1n, 2n, 2n ** 64n - 1n]);
    expect(column('shares')).toEqual([-1, 0, 1]);
    expect(column('stock')).toEqual(['A', null, 'B']);
    for (const name of ['price', 'id', 'shares'] as const) {
      const { values } = (arrow.getChild(name) as unknown as { data: { values: Uint8Array }[] }).data[0] as {
        values: Uint8Array;
      };
      expect(values.buffer).toBe(table.columns[name].buffer);
    }
    expect(arrow.schema.fields[0]?.metadata.get('scale')).toBe('-4');
  });
});

describe('venuewire events --format', () => {
  it.each(['arrow', 'arrow-stream'])('%s holds the events of the lines, in order', async (format) => {
    const lines = (await venuewire(['events', ...CLEAN])).json();
    const ran = await venuewire(['events', ...CLEAN, '--format', format, '--out', file(format)]);
    expect(ran.code).toBe(0);
    const rows = tableFromIPC(readFileSync(file(format))).toArray() as Record<string, unknown>[];
    expect(rows).toHaveLength(lines.length);
    rows.forEach((row, i) => {
      const { kind, action, symbol, instrument, sequence } = lines[i] as Record<string, unknown>;
      expect([row.kind, row.action, row.symbol, row.instrumentKey, String(row.sequence)]).toEqual([
        ...[kind, action, symbol, instrument, sequence],
      ]);
    });
  });

  it.each(['arrow', 'parquet', 'dbn'])('%s is the same on standard output and in a file', async (format) => {
    await venuewire(['events', ...CLEAN, '--format', format, '--out', file('out')]);
    const out = execFileSync(process.execPath, [main, 'events', ...CLEAN, '--format', format], {
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 24,
    });
    expect(out.equals(readFileSync(file('out')))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('records'))).toEqual([]);
  });

  it('lines go into a file too', async () => {
    await venuewire(['events', ...CLEAN, '--format', 'csv', '--out', file('lines.csv')]);
    expect(readFileSync(file('lines.csv'), 'utf8')).toBe(
      (await venuewire(['events', ...CLEAN, '--format', 'csv'])).out,
    );
  });

  it('keeps to one instrument', async () => {
    const lines = (await venuewire(['events', ...CLEAN, '--instrument', 'ZAAC'])).json();
    await venuewire(['events', ...CLEAN, '--instrument', 'ZAAC', '--format', 'arrow', '--out', file('one')]);
    expect(tableFromIPC(readFileSync(file('one'))).numRows).toBe(lines.length);
  });

  it.each(['arrow', 'parquet', 'dbn', 'csv'])(
    '%s of a cut capture holds what came before the fault, which is told',
    async (format) => {
      const whole = readFileSync(fixture('itch50-clean.pcap'));
      writeFileSync(file('cut.pcap'), whole.subarray(0, whole.length - 7));
      const args = ['events', file('cut.pcap'), '--decoder', 'nasdaq-totalview-itch-5.0'];
      const ran = await venuewire([...args, '--format', format, '--out', file('cut')]);
      expect(ran.err).toContain('VW_CAPTURE_MALFORMED');
      expect(ran.code).toBe(1);
      const lines = (await venuewire(args)).out.trim().split('\n').length;
      const bytes = readFileSync(file('cut'));
      if (format === 'arrow') expect(tableFromIPC(bytes).numRows).toBe(lines);
      else if (format === 'csv') expect(bytes.toString().trim().split('\n')).toHaveLength(lines + 1);
      else expect(bytes.subarray(0, 3).toString()).toBe(format === 'dbn' ? 'DBN' : 'PAR');
      if (format === 'parquet') expect(bytes.subarray(-4).toString()).toBe('PAR1');
    },
  );

  it.runIf(existsSync('/dev/full')).each(['arrow', 'parquet', 'dbn', 'csv'])(
    '%s on a full disk ends with VW_OUTPUT',
    async (format) => {
      const ran = await venuewire(['events', ...CLEAN, '--format', format, '--out', '/dev/full']);
      expect(ran.err).toMatch(/VW_OUTPUT: .*\/dev\/full could not be written: ENOSPC/);
      expect(ran.code).toBe(3);
    },
  );

  it('a file that cannot be made is told with its path', async () => {
    const ran = await venuewire(['events', ...CLEAN, '--format', 'arrow', '--out', file('none/day.arrow')]);
    expect(ran.err).toContain('VW_OUTPUT');
    expect(ran.err).toContain('none/day.arrow');
  });
});

describe('DBN refuses what it has no room for', () => {
  it.each<[string, Fields, RegExp]>([
    ['a sequence number beyond 32 bits', { sequence: 1n << 32n }, /sequence number 4294967296 has more than 32 bits/],
    ['a price without a scale', { price: 1n, exponent: 127 }, /the scale of a price has not been told/],
    ['a price of more than nine decimals', { price: 1n, exponent: -10 }, /more than nine decimals/],
    ['a part of a share', { size: 15n, sizeExponent: -1 }, /size 15e-1 is no whole number/],
    ['a size beyond 32 bits', { size: 1n << 33n }, /size 8589934592 has more than 32 bits/],
    ['a channel beyond 8 bits', { channel: 256 }, /channel 256 has more than 8 bits/],
  ])('%s', (_, fields, what) => {
    const { writer } = dbn('mbo');
    expect(() => writer.events(records({ price: 1n, size: 1n, ...fields }), 1)).toThrow(
      expect.objectContaining({ code: 'VW_DBN_VALUE', message: expect.stringMatching(what) }),
    );
  });

  it('schemas that the feed has nothing for', () => {
    expect(() => dbn('mbo', LEVELS)).toThrow(expect.objectContaining({ code: 'VW_DBN_SCHEMA' }));
    const none: EventRoles = { priceExponent: 0, messages: { t: { does: 'trade', price: 'p', size: 's' } } };
    expect(() => dbn('mbp-10', none)).toThrow(expect.objectContaining({ code: 'VW_DBN_SCHEMA' }));
  });

  it('and counts what a schema does not carry', async () => {
    const { writer, bytes } = dbn('trades');
    writer.events(
      records({ kind: 'trade', action: 5, price: 1n, size: 1n }, { kind: 'status' }, { kind: 'trade', action: 3 }),
      3,
    );
    await writer.flush();
    expect(writer.leftOut).toBe(2);
    expect(bytes()).toHaveLength(48);
  });
});
