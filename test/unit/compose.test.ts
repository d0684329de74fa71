// The compose file names what is there, and gives the feed every secret that its venue file asks for.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadVenue } from '../../src/venues/load.js';

const folder = new URL('../../deploy/compose/', import.meta.url).pathname;
interface Service {
  readonly image: string;
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[];
}
const text = readFileSync(join(folder, 'compose.yaml'), 'utf8');
const { services, volumes } = parse(text, { merge: true }) as {
  services: Readonly<Record<string, Service>>;
  volumes: object;
};

test('every image is a variable, every file that is mounted is there, every volume is declared', () => {
  for (const [name, { image, volumes: mounted = [] }] of Object.entries(services)) {
    expect(image, name).toMatch(/^\$\{[A-Z]+_IMAGE:-[a-z0-9./:-]+\}$/i);
    for (const mount of mounted) {
      const source = mount.split(':', 1)[0] as string;
      expect(source.startsWith('.') ? existsSync(join(folder, source)) : Object.hasOwn(volumes, source), mount).toBe(
        true,
      );
    }
  }
});

test('the venue file is sound, its sinks are services, and each secret is given to it by reference', async () => {
  const { pipelines = {} } = await loadVenue(join(folder, 'venue.yaml'));
  const { environment = {}, depends_on: needed = [] } = services.feed as Service;
  const types = Object.values(pipelines).map(({ sink }) => sink.type);
  expect(types.filter((type) => type !== 'parquet').sort()).toEqual([...needed].sort());
  for (const [, variable] of readFileSync(join(folder, 'venue.yaml'), 'utf8').matchAll(/env:([A-Z_]+)/g))
    expect(Object.keys(environment)).toContain(variable);
  // No secret is written out: each is asked for where it is not set.
  expect(text.match(/(PASSWORD|TOKEN|PASS)[A-Z_]*: (?!["']?\$\{[A-Z_]+:\?)/g)).toBeNull();
});
