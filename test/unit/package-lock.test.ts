import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it.each(['package-lock.json', 'docs/site/package-lock.json'])(
  '%s states the contents of every package, and names no host',
  (file) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const { packages } = JSON.parse(text) as {
      packages: Record<string, { integrity?: string; resolved?: string; link?: boolean }>;
    };
    // Packages of this repository are links to its folders.
    const installed = Object.entries(packages).filter(
      ([path, { link }]) => path !== '' && link !== true && !path.startsWith('packages/'),
    );
    expect(installed.length).toBeGreaterThan(100);
    for (const [path, { integrity, resolved }] of installed) {
      expect(integrity, path).toMatch(/^sha512-/);
      expect(resolved, path).toBeUndefined();
    }
  },
);
