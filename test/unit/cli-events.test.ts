// `venuewire events`: what happened, line by line, and nothing else.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { venuewire } from './cli-process.js';

const file = fileURLToPath(new URL('../../fixtures/itch50-clean.pcap', import.meta.url));
const DECODER = ['--decoder', 'nasdaq-totalview-itch-5.0'] as const;

interface Row {
  readonly kind: string;
  readonly action: string;
  readonly symbol: string;
  readonly size: string | null;
  readonly price: string | null;
  readonly state: string | null;
}

describe('venuewire events', () => {
  it('adds up to the sizes that the books hold at the end', async () => {
    const rows = (await venuewire(['events', file, ...DECODER])).json() as unknown as Row[];
    const summary = (await venuewire(['book', file, ...DECODER])).json().at(-1) as { summary: { size: string } };
    const orders = rows.filter((r) => r.kind === 'order');
    const sum = orders.reduce((n, r) => {
      const size = BigInt(r.size ?? '0');
      return r.action === 'add' ? n + size : r.action === 'cancel' ? n - size : n;
    }, 0n);
    expect(orders.length).toBeGreaterThan(0);
    expect(sum.toString()).toBe(summary.summary.size);
  });

  it('tells definitions and states of trading, with names and exact decimal text', async () => {
    const rows = (await venuewire(['events', file, ...DECODER])).json() as unknown as Row[];
    expect(new Set(rows.map((r) => r.kind))).toContain('definition');
    for (const row of rows.filter((r) => r.kind === 'order')) expect(row.price).toMatch(/^\d+\.\d{4}$/);
    for (const row of rows.filter((r) => r.kind === 'status')) expect(row.state).toMatch(/^[a-zA-Z]+$/);
  });

  it('prints the same rows as CSV', async () => {
    const rows = (await venuewire(['events', file, ...DECODER])).json() as unknown as Record<string, unknown>[];
    const [head, ...lines] = (await venuewire(['events', file, ...DECODER, '--format', 'csv'])).out.trim().split('\n');
    expect(lines).toHaveLength(rows.length);
    const names = (head as string).split(',');
    expect(lines.map((l) => l.split(','))).toEqual(rows.map((r) => names.map((n) => String(r[n] ?? ''))));
  });

  it('keeps to one instrument', async () => {
    const all = (await venuewire(['events', file, ...DECODER])).json() as unknown as Row[];
    const symbol = all.find((r) => r.kind === 'order')?.symbol as string;
    const own = (await venuewire(['events', file, ...DECODER, '--instrument', symbol])).json() as unknown as Row[];
    expect(own).toEqual(all.filter((r) => r.symbol === symbol));
  });
});
