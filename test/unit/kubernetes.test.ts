// The kind that a cluster keeps is made from the schema of the venue file: both take and refuse the same.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { VenuewireError } from '../../src/errors.js';
import { venueConnectionDefinition } from '../../src/kubernetes/index.js';
import { structuralSchema } from '../../src/kubernetes/structural.js';
import { readVenue } from '../../src/venues/load.js';
import { bad, good } from '../cluster/corpus.js';
import { faultsOf } from '../cluster/structural-check.js';

interface Definition {
  spec: { versions: { schema: { openAPIV3Schema: { properties: Record<string, object>; [key: string]: unknown } } }[] };
}
const definition = venueConnectionDefinition() as unknown as Definition;
const schema = definition.spec.versions[0]?.schema.openAPIV3Schema as object;
const read = async (resource: object): Promise<string[]> => {
  try {
    return (await readVenue(JSON.stringify(resource))).faults.map((f) => f.message);
  } catch (error) {
    return [(error as VenuewireError).message];
  }
};
const asSent = (resource: object): object => JSON.parse(JSON.stringify(resource));
const GOOD = await good();

describe('the definition of VenueConnection', () => {
  it('stands in deploy/ as it is made', () => {
    const path = fileURLToPath(new URL('../../deploy/crds/venueconnections.yaml', import.meta.url));
    expect(parse(readFileSync(path, 'utf8'))).toEqual(asSent(definition));
  });

  it('is tried with at least 30 resources that are right, and 60 that are not', () => {
    expect(GOOD.length).toBeGreaterThanOrEqual(30);
    expect(bad().length).toBeGreaterThanOrEqual(60);
  });

  it.each(GOOD)('takes %s, as the venue file does', async (_name, resource) => {
    expect(await read(asSent(resource))).toEqual([]);
    expect(faultsOf(schema as never, asSent(resource))).toEqual([]);
  });

  // A server knows other versions and names of kinds itself; the schema is of one version of one kind.
  const OF_THE_SERVER = ['another version', 'a name with capital letters'];
  it.each(bad())('refuses %s, as the venue file does', async (name, resource) => {
    expect(await read(asSent(resource))).not.toEqual([]);
    if (!OF_THE_SERVER.includes(name)) expect(faultsOf(schema as never, asSent(resource))).not.toEqual([]);
  });

  it('repeats no secret and bounds every map and list', () => {
    const unbounded: string[] = [];
    const visit = (of: Record<string, unknown>, at: string): void => {
      if (of.type === 'array' && of.maxItems === undefined) unbounded.push(at);
      if (of.additionalProperties !== undefined && of.maxProperties === undefined) unbounded.push(at);
      for (const [key, inner] of Object.entries(of))
        if (typeof inner === 'object' && inner !== null) visit(inner as Record<string, unknown>, `${at}.${key}`);
    };
    visit(definition.spec.versions[0]?.schema.openAPIV3Schema.properties.spec as never, 'spec');
    expect(unbounded).toEqual([]);
  });
});

describe('a schema without a structural form', () => {
  it('is refused with its place', () => {
    const options = { definitions: {}, bounds: {}, rules: {} };
    const make = (): unknown => structuralSchema({ type: 'object', properties: { a: { $ref: '#/$defs/B' } } }, options);
    expect(make).toThrow(VenuewireError);
    expect(make).toThrow(/^a has no structural form/);
  });
});
