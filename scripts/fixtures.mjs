// Writes the captures of the fixtures folder and their manifest, each from its seed. Needs `npm run build:ts`.
//   node scripts/fixtures.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { fixtures, manifest } from '../dist/simulator/fixtures.js';

const folder = new URL('../fixtures/', import.meta.url);
const check = process.argv.includes('--check');
let different = 0;
for (const [name, bytes] of [
  ...fixtures.map((f) => [f.name, f.make().bytes]),
  ['manifest.json', Buffer.from(manifest())],
]) {
  const file = new URL(name, folder);
  if (!check) {
    writeFileSync(file, bytes);
    console.log(`${name}: ${bytes.length} bytes`);
  } else if (!readFileSync(file).equals(Buffer.from(bytes))) {
    different++;
    console.error(`${name}: the file is not what its seed gives`);
  }
}
process.exitCode = different === 0 ? 0 : 1;
