// Books of internet venues from recordings, beside ccxt, a betfair client and a handler by hand: `npm run bench:internet`.
// Both install into a temporary folder. VENUEWIRE_BENCH_SECONDS for each run, VENUEWIRE_RECORDINGS for another folder.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SECONDS = process.env.VENUEWIRE_BENCH_SECONDS ?? '5';
const ROUNDS = Number(process.env.VENUEWIRE_BENCH_ROUNDS ?? 3);
const INSTALLED = ['ccxt@4.5.84', 'betfair-node@1.2.0'];
const CLIENTS = {
  kraken: ['venuewire', 'session', 'ccxt-checksums', 'ccxt', 'plain'],
  coinbase: ['venuewire', 'session', 'ccxt', 'plain'],
  binance: ['venuewire', 'session', 'ccxt', 'plain'],
  betfair: ['venuewire', 'session', 'betfair-node', 'plain'],
};
const contender = fileURLToPath(new URL('contender.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'venuewire-bench-'));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

try {
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, ...INSTALLED], {
    stdio: 'ignore',
  });
  for (const [venue, clients] of Object.entries(CLIENTS)) {
    const runs = Object.fromEntries(clients.map((client) => [client, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of clients) {
        const out = execFileSync(process.execPath, [contender, client, venue, SECONDS, folder], { encoding: 'utf8' });
        runs[client].push(JSON.parse(out.trim().split('\n').pop()));
      }
    }
    const [ours, ...others] = clients.map((client) => {
      const all = runs[client];
      return {
        client,
        wall: median(all.map((r) => r.updates / r.seconds)),
        cpu: median(all.map((r) => r.updates / r.cpu)),
        rss: median(all.map((r) => r.rss)) / 1e6,
        last: all[0],
      };
    });
    const books = ours.last.books;
    for (const { client, wall, cpu, rss, last } of [ours, ...others]) {
      const same =
        last.books && Object.entries(books).every(([s, b]) => JSON.stringify(last.books[s]) === JSON.stringify(b));
      const said = [
        `${Math.round(wall)} updates/s`,
        `${Math.round(cpu)} a second of processor time (ours ${(ours.cpu / cpu).toFixed(2)} times)`,
        `${Math.round(rss)} MB`,
        last.wrongChecksums > 0 ? `${last.wrongChecksums} of its checksums are wrong` : '',
        client === 'ccxt' && Object.keys(books).length > 0 ? (same ? 'same book' : 'ANOTHER BOOK') : '',
      ];
      process.stdout.write(`${venue.padEnd(9)} ${client.padEnd(15)} ${said.filter(Boolean).join(', ')}\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
