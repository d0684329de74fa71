// Metadata in a real PostgreSQL: what comes out of the table goes into files and back, and nothing else of the table changes.
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseRows, defineMapping, driftOf, resourcesOf, rowsOf, writeDatabase } from '../../src/metadata/index.js';
import { sameRow } from '../../src/metadata/mapping.js';
import { postgresServer, type Server } from './servers.js';

let server: Server;
let sql: postgres.Sql;
beforeAll(async () => {
  server = await postgresServer();
  process.env.VW_TEST_PG_USER = 'postgres';
  sql = postgres({ host: '127.0.0.1', port: server.port, database: 'postgres', username: 'postgres', max: 1 });
  await sql.unsafe(`CREATE SCHEMA amdb;
    CREATE TABLE amdb."Venues" ("VENUE_ID" text PRIMARY KEY, net_type text, address_a text, tries integer, fee numeric(10,2),
      live boolean, opened timestamptz, note text, changed integer DEFAULT 0);
    INSERT INTO amdb."Venues" VALUES
      ('tv', 'MCAST', '233.54.12.111:26477', 5, 10.50, true, '2026-11-27T17:00:00Z', 'a "quoted", note', 3),
      ('OLD_FEED', 'RRCP', '10.1.1.1:500', NULL, NULL, false, NULL, NULL, 4)`);
});
afterAll(async () => {
  await sql?.end();
  await server?.end();
});

const mapping = () =>
  defineMapping(
    {
      apiVersion: 'venuewire.io/v1alpha1',
      kind: 'MetadataMapping',
      metadata: { name: 'amdb' },
      spec: {
        key: 'VENUE_ID',
        columns: {
          net_type: { path: 'spec.lines.A.type', values: { MCAST: 'udpMulticast', RRCP: 'rrcp' } },
          address_a: { path: 'spec.lines.A.address' },
          tries: { path: 'spec.recovery[type=request,pattern=moldudp64-rerequest].tries', type: 'number' },
        },
        constants: { 'spec.decoder': 'nasdaq-totalview-itch-5.0' },
        postgresql: {
          server: `127.0.0.1:${server.port}`,
          database: 'postgres',
          username: 'env:VW_TEST_PG_USER',
          table: 'amdb.Venues',
        },
      },
    },
    'amdb',
  );

it('rows go there and back unchanged, values as PostgreSQL writes them', async () => {
  const amdb = mapping();
  const table = amdb.spec.postgresql as NonNullable<typeof amdb.spec.postgresql>;
  const rows = await databaseRows(table);
  expect(rows.find((r) => r.VENUE_ID === 'tv')).toMatchObject({ fee: '10.50', live: 'true', tries: '5' });
  const resources = resourcesOf(rows, amdb);
  const before = await sql.unsafe('SELECT * FROM amdb."Venues" ORDER BY 1');
  const back = resources.flatMap((r) => rowsOf(r, amdb));
  expect(await writeDatabase(table, back, amdb)).toBe(2);
  expect(await sql.unsafe('SELECT * FROM amdb."Venues" ORDER BY 1')).toEqual(before);
  const again = await databaseRows(table);
  for (const row of rows) expect(again.some((r) => sameRow(r, row))).toBe(true);
  expect(driftOf(again, resources, amdb)).toEqual([]);
});

it('what was changed in a file is changed in its column alone, and a new venue is a new row', async () => {
  const amdb = mapping();
  const table = amdb.spec.postgresql as NonNullable<typeof amdb.spec.postgresql>;
  await writeDatabase(
    table,
    [
      { VENUE_ID: 'tv', address_a: '233.54.12.112:26477' },
      { VENUE_ID: 'new', net_type: 'MCAST' },
    ],
    amdb,
  );
  const rows = await databaseRows(table);
  expect(rows.find((r) => r.VENUE_ID === 'tv')).toMatchObject({
    address_a: '233.54.12.112:26477',
    fee: '10.50',
    changed: '3',
  });
  expect(rows.find((r) => r.VENUE_ID === 'new')).toMatchObject({ net_type: 'MCAST', changed: '0' });
});

it('a row that the database refuses changes nothing, nor does what came before it', async () => {
  const amdb = mapping();
  const table = amdb.spec.postgresql as NonNullable<typeof amdb.spec.postgresql>;
  const wrong = [
    { VENUE_ID: 'tv', note: 'changed' },
    { VENUE_ID: 'tv', tries: 'many' },
  ];
  await expect(writeDatabase(table, wrong, amdb)).rejects.toMatchObject({ code: 'VW_METADATA_DATABASE' });
  expect((await databaseRows(table)).find((r) => r.VENUE_ID === 'tv')?.note).toBe('a "quoted", note');
  await expect(databaseRows({ ...table, table: 'amdb.nowhere' })).rejects.toMatchObject({
    code: 'VW_METADATA_DATABASE',
  });
});
