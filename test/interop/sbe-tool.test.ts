/** SBE messages that this library writes, read by the reference implementation (`uk.co.real-logic:sbe-tool`). */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decoderFromSbe } from '../../src/import.js';
import { encode } from '../../src/layout/index.js';
import { Random } from '../../src/simulator/random.js';
import { built, folder } from './harness.js';

const SEED = Number(process.env.VENUEWIRE_SEED ?? 2026);
const MESSAGES = 500;

const SCHEMA = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="witness" id="9" version="2" byteOrder="littleEndian">
  <types>
    <composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>
    <composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint16"/></composite>
    <composite name="varStringEncoding"><type name="length" primitiveType="uint32" maxValue="1073741824"/><type name="varData" primitiveType="uint8" length="0" characterEncoding="UTF-8"/></composite>
    <type name="Symbol" primitiveType="char" length="6" characterEncoding="US-ASCII"/>
    <enum name="Side" encodingType="char"><validValue name="Buy">1</validValue><validValue name="Sell">2</validValue></enum>
  </types>
  <sbe:message name="Order" id="1">
    <field name="number" id="1" type="uint16"/>
    <field name="side" id="2" type="Side"/>
    <field name="symbol" id="3" type="Symbol"/>
    <field name="price" id="4" type="int64"/>
    <field name="ratio" id="5" type="double"/>
    <field name="later" id="6" type="uint16" offset="28" sinceVersion="1"/>
    <field name="last" id="7" type="int32" offset="32" sinceVersion="2"/>
    <group name="rows" id="8" dimensionType="groupSizeEncoding">
      <field name="x" id="9" type="uint8"/><field name="y" id="10" type="uint32" offset="4" sinceVersion="2"/>
      <data name="note" id="11" type="varStringEncoding"/></group>
    <data name="memo" id="12" type="varStringEncoding"/>
    <data name="added" id="13" type="varStringEncoding" sinceVersion="2"/>
  </sbe:message>
</sbe:messageSchema>`;

const SIDES = { 1: 'Buy', 2: 'Sell' };
const WORDS = ['', 'A', 'hello', 'é€', 'a longer text with spaces in it'];

/** Values of a message of that version: what the version does not have is left out. */
function values(random: Random, version: number) {
  const from = (since: number, value: unknown) => (version >= since ? value : undefined);
  return {
    number: random.below(60000),
    side: random.pick(['1', '2'] as const),
    symbol: random.pick(['', 'AB', 'ABCDEF']),
    price: random.below(2_000_000) - 1_000_000,
    ratio: random.below(1000) / 8,
    later: from(1, random.below(60000)),
    last: from(2, random.below(2000) - 1000),
    rows: Array.from({ length: random.below(4) }, () => ({
      x: random.below(250),
      y: from(2, random.below(1_000_000)),
      note: random.pick(WORDS),
    })),
    memo: random.pick(WORDS),
    added: from(2, random.pick(WORDS)),
  };
}

/** The lines of JSON that sbe-tool makes of messages. */
function readBySbeTool(messages: readonly Uint8Array[]): unknown[] {
  const schema = join(folder(), 'schema.xml');
  writeFileSync(schema, SCHEMA);
  const input = `${messages.map((m) => Buffer.from(m).toString('hex')).join('\n')}\n`;
  const classes = `${join(built, 'classes')}:${join(built, 'lib/*')}`;
  const run = spawnSync('java', ['-cp', classes, 'SbeReader', schema], { input, encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('sbe-tool reads what this library writes', () => {
  it.each([0, 1, 2])(`messages of version %i, by seed ${SEED}`, (version) => {
    const decoder = decoderFromSbe(SCHEMA);
    const random = new Random(SEED + version);
    const given = Array.from({ length: MESSAGES }, () => values(random, version));
    const messages = given.map((v) => encode(decoder, 'order', { ...v, version, price: BigInt(v.price) }));
    const read = readBySbeTool(messages);
    expect(read).toHaveLength(MESSAGES);
    // sbe-tool prints what a version does not have as zeros: only what was written is compared.
    read.forEach((found, i) => {
      const { side, ...rest } = given[i] as (typeof given)[number];
      expect(found).toMatchObject(JSON.parse(JSON.stringify({ ...rest, side: SIDES[side] })));
    });
    // And this library reads its own bytes alike.
    const view = decoder.view('order');
    messages.forEach((bytes, i) => {
      const { price, ...rest } = given[i] as (typeof given)[number];
      const object = view.bind(new DataView(bytes.buffer), 0, bytes.length).toObject();
      expect(object).toMatchObject({ ...JSON.parse(JSON.stringify(rest)), price: BigInt(price) });
    });
  });
});
