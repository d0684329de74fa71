import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Decoder } from '../../src/layout/index.js';
import { givesOf } from '../../src/layout/roles.js';

const folder = fileURLToPath(new URL('../../src/decoders/', import.meta.url));
const file = `${folder}registry.ts`;

async function rendered(): Promise<string> {
  const entries: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.ts') || name === 'registry.ts') continue;
    // Another name of a decoder's file.
    if (readFileSync(`${folder}${name}`, 'utf8').startsWith('/** The decoder by its id. */')) continue;
    const module = (await import(`${folder}${name}`)) as Record<string, unknown>;
    for (const [ident, d] of Object.entries(module)) {
      if (!(d instanceof Decoder)) continue;
      const row = [d.id, d.venue, d.feed, d.version, d.framing].map((t) => `'${t.replaceAll("'", "\\'")}'`).join(', ');
      const gives = `[${givesOf(d.events)
        .map((kind) => `'${kind}'`)
        .join(', ')}]`;
      entries.push(
        `  entry(${row}, ${d.names.length}, ${gives}, async () => (await import('./${name.slice(0, -3)}.js')).${ident}),`,
      );
    }
  }
  return entries.join('\n');
}

// VENUEWIRE_WRITE=1 writes the list anew after a decoder was added.
describe('the decoder registry', () => {
  it('lists what the decoders say of themselves', async () => {
    const source = readFileSync(file, 'utf8');
    const begin = source.indexOf('] = [\n') + '] = [\n'.length;
    const head = source.slice(0, begin);
    const rest = source.slice(source.indexOf('\n];', begin - 1));
    const wanted = `${head}${await rendered()}${rest}`;
    if (process.env.VENUEWIRE_WRITE === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });
});
