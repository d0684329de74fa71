// Scripts and benches are JavaScript that no compiler reads: what they take from the library has to be there.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it.each(['scripts', 'bench'])('what %s imports of the built library is exported there', async (folder) => {
  const missing: string[] = [];
  let seen = 0;
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.mjs')) continue;
    const path = join(root, folder, file);
    for (const [, names, from] of readFileSync(path, 'utf8').matchAll(
      /^import \{([^}]+)\} from '([./]+\/dist\/[^']+)'/gm,
    )) {
      const module = (await import(pathToFileURL(join(dirname(path), from as string)).href)) as object;
      for (const name of (names as string).split(',').map((one) => one.trim().split(' as ')[0] as string)) {
        if (name !== '' && !(name in module)) missing.push(`${folder}/${file}: ${name} of ${from}`);
        seen++;
      }
    }
    for (const [, names, from] of readFileSync(path, 'utf8').matchAll(
      /const \{([^}]+)\} = await library\('([^']+)'\)/g,
    )) {
      const module = (await import(pathToFileURL(join(root, 'dist', from as string)).href)) as object;
      for (const name of (names as string).split(',').map((one) => one.trim().split(':')[0] as string)) {
        if (name !== '' && !(name in module)) missing.push(`${folder}/${file}: ${name} of ${from}`);
        seen++;
      }
    }
  }
  expect(missing).toEqual([]);
  expect(seen).toBeGreaterThan(5);
});
