// What a real API server says of the kinds that deploy/ brings: node test/cluster/prepare.mjs, then npm run test:cluster.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ApiServer } from './api-server.js';
import { bad, good } from './corpus.js';

const server = new ApiServer();
const GOOD = await good();
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CONNECTIONS = '/apis/venuewire.io/v1alpha1/namespaces/default/venueconnections';
const definition = parse(
  readFileSync(fileURLToPath(new URL('../../deploy/crds/venueconnections.yaml', import.meta.url)), 'utf8'),
) as { metadata: { name: string } };

interface Condition {
  readonly type: string;
  readonly status: string;
}
const conditionsOf = async (): Promise<readonly Condition[]> => {
  const { body } = await server.send('GET', `${DEFINITIONS}/${definition.metadata.name}`);
  return (body.status as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];
};
const holds = (conditions: readonly Condition[], type: string): boolean =>
  conditions.some((c) => c.type === type && c.status === 'True');

beforeAll(async () => {
  await server.start();
}, 180_000);
afterAll(() => server.stop());

describe('the definition of VenueConnection', () => {
  it('is taken, with every rule within the cost that the server allows, and is structural', async () => {
    const { status, body } = await server.send('POST', DEFINITIONS, definition);
    expect([status, body.message]).toEqual([201, undefined]);
    await expect.poll(conditionsOf, { timeout: 60_000 }).toSatisfy((c: Condition[]) => holds(c, 'Established'));
    expect((await conditionsOf()).filter((c) => c.type === 'NonStructuralSchema')).toEqual([]);
    await expect.poll(async () => (await server.send('GET', CONNECTIONS)).status, { timeout: 60_000 }).toBe(200);
  });
});

describe('a VenueConnection', () => {
  it.each(GOOD)('%s is taken', async (_name, resource) => {
    const { status, body } = await server.send('POST', `${CONNECTIONS}?fieldValidation=Strict&dryRun=All`, resource);
    expect([status, status === 201 ? undefined : body.message]).toEqual([201, undefined]);
  });

  it.each(bad())('with %s is refused, and the server says why', async (_name, resource, says) => {
    const { status, body } = await server.send('POST', `${CONNECTIONS}?fieldValidation=Strict&dryRun=All`, resource);
    expect(status, body.message).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body.message).toMatch(says);
  });

  it('has a status of its own: who writes it does not change spec, and generation counts spec alone', async () => {
    const [, resource] = GOOD[0] as (typeof GOOD)[number];
    const made = await server.send('POST', CONNECTIONS, resource);
    const path = `${CONNECTIONS}/${resource.metadata.name}`;
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Good',
      message: 'all good',
      lastTransitionTime: '2026-01-05T14:30:00Z',
    };
    const status = { observedGeneration: 1, conditions: [condition] };
    const told = await server.send('PATCH', `${path}/status`, { status }, 'application/merge-patch+json');
    expect(told.status, told.body.message).toBe(200);
    expect(told.body.spec).toEqual(made.body.spec);
    expect((told.body.metadata as { generation: number }).generation).toBe(1);
    const changed = await server.send('PATCH', path, { spec: { join: 'beginning' } }, 'application/merge-patch+json');
    expect((changed.body.metadata as { generation: number }).generation).toBe(2);
    expect(changed.body.status).toEqual(status);
  });

  it('is shown in columns: decoder, ready, reason', async () => {
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await server.send('GET', CONNECTIONS, undefined, 'application/json', table);
    const shown = body as unknown as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] };
    const names = shown.columnDefinitions.map((c) => c.name);
    expect(names).toEqual(['Name', 'Decoder', 'Ready', 'Reason', 'Age']);
    expect(shown.rows[0]?.cells.slice(0, 4)).toEqual(['good-0', 'nasdaq-totalview-itch-5.0', 'True', 'Good']);
  });
});
